"""Measurements whose samples do not meet the edges of the pulses."""

from __future__ import annotations

import numpy as np
import pytest

import optospice
from optospice.device import find_device
from optospice.metrics.energy import energy_per_event
from optospice.metrics.postsynaptic_current import undershoot
from optospice.metrics.retention import retained_current_fraction
from optospice.protocols import protocols
from optospice.protocols.timeline.view import read_between
from optospice.trace import Trace
from optospice.waveforms import Waveforms

DARK, STEP, TAU = 50e-9, 494e-9, 0.8
TRAIN = optospice.pulse_train("1 mW/cm^2", width="1 s", count=4, interval="2 s", delay="2 s")


def measured(times: np.ndarray) -> Waveforms:
    """An instantaneous step that relaxes in the light, and a deficit that recovers after it."""
    current = np.full(times.size, DARK)
    for onset, offset in zip(TRAIN.onsets, TRAIN.offsets, strict=True):
        lit = (times > onset + 1e-9) & (times <= offset + 1e-9)
        current[lit] += STEP * (0.6 + 0.4 * np.exp(-(times[lit] - onset) / TAU))
        later = times > offset + 1e-9
        current[later] -= 0.2 * STEP * np.exp(-(times[later] - offset) / 0.1)
    return Waveforms(times, {"i(p)": current})


GRID = np.arange(0, 13, 0.05)
FIRST = TRAIN.onsets[0]


@pytest.mark.parametrize(
    ("times", "met"),
    [
        (GRID, True),
        (np.delete(GRID, 100), False),  # the row at the onset of the second pulse
        (GRID + 0.013, False),
        (np.delete(GRID + 0.013, np.arange(98, 101)), False),
    ],
)
def test_amplitudes_do_not_mix_the_sides_of_an_edge(times: np.ndarray, met: bool) -> None:
    waveforms = measured(times)
    assert GRID[100] == pytest.approx(TRAIN.onsets[1])
    if met:
        found = optospice.amplitudes(waveforms, TRAIN)
    else:
        with pytest.warns(UserWarning, match="no sample at the edge at .*last sample before it"):
            found = optospice.amplitudes(waveforms, TRAIN)
    # the first sample of the light stands at most 0.1 s, 0.125 time constants, after the onset
    assert found == pytest.approx([STEP] * 4, rel=0.05)
    index = optospice.paired_pulse_index(waveforms, TRAIN)
    assert index.value == pytest.approx(1, rel=0.05)
    assert bool(index.note) == (not met)


def test_protocols_say_how_a_measurement_was_read() -> None:
    protocol = protocols()["paired_pulse"](
        irradiance="1 mW/cm^2", wavelength="740 nm", width="1 s", interval="2 s", delay="2 s"
    )
    times = np.arange(0.013, 10, 0.05)
    seen = Waveforms(times, {"i(p)": measured(times).current, "v(p)": np.ones(times.size)})
    metrics = protocol.measure(seen, find_device("pbs_rc"))
    for name, value in metrics.items():
        edges = 1 if name == "postsynaptic_current_amplitude" else 3  # of one pulse, or of both
        assert f"no sample at the edge at 2 s and {edges} more" in value.note
    assert metrics["paired_pulse_index"].value == pytest.approx(1, rel=0.05)


def test_readings_between_pulses_stay_between_them() -> None:
    waveforms = measured(GRID + 0.013)
    trace, current = waveforms.trace("i(p)"), waveforms.current
    edges, ends = (TRAIN.onsets, TRAIN.offsets), TRAIN.offsets
    after = read_between(trace, ends + 0.005, *edges)
    assert after.tolist() == [current[waveforms.time > end][0] for end in ends]
    before = read_between(trace, TRAIN.onsets, *edges)
    assert before.tolist() == [current[waveforms.time < onset][-1] for onset in TRAIN.onsets]
    free = TRAIN.onsets - 0.5  # far from any edge: as everywhere else
    assert read_between(trace, free, *edges) == pytest.approx(waveforms.at("i(p)", free))


def test_level_after_the_pulse_is_not_the_level_in_it() -> None:
    times, level = np.array([0.0, 1.0, 2.0, 3.0, 4.0]), np.array([1.0, 1.0, -9.0, 0.8, 0.9])
    assert (
        undershoot(Trace.straight(times, level), 2.5, 4.0, 1.0).value == 0.8
    )  # -9 is in the pulse
    kept = retained_current_fraction(Trace(times, np.array([1.0, 1, 9, 3, 2])), 2.5, 1.5, 1.0)
    assert kept.value == pytest.approx(0.5)
    assert "first sample after it" in kept.note


def test_energy_says_that_its_edges_are_between_samples() -> None:
    times = np.arange(0.0, 4.0, 0.25)
    value = energy_per_event(2.0, Trace.straight(times, np.ones(times.size)), 1.1, 2.3, "integral")
    assert value.value == pytest.approx(2.4)
    assert value.note.startswith("no sample at an edge of the pulse")
    assert (
        energy_per_event(2.0, Trace.straight(times, np.ones(times.size)), 1.0, 2.5, "integral").note
        == ""
    )
    assert energy_per_event(
        2.0, Trace.straight(times, np.ones(times.size)), 1.05, 1.2, "integral"
    ).is_missing
