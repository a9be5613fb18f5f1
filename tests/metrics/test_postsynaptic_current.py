"""Amplitudes of currents with known shape, sign and sampling."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from optospice.metrics.postsynaptic_current import (
    postsynaptic_current_amplitude,
    postsynaptic_current_amplitudes,
    recovery_time_constant,
    undershoot,
)
from optospice.trace import Trace

DARK, PEAK, TAU = 27.03e-9, 526.7e-9, 1.62
EDGE = 1e-3


def rc_pulse(onset: float = 1.0, width: float = 10.0, last: float = 30.0):
    """Return the current of the published RC circuit: jump, decay, undershoot, recovery."""
    time = np.unique(
        np.concatenate(
            [
                np.linspace(0, last, 400),
                onset + EDGE * np.linspace(0, 1, 20),
                onset + width + EDGE * np.linspace(0, 1, 20),
                onset + EDGE + np.geomspace(1e-6, width - EDGE, 200),
            ]
        )
    )
    step = PEAK - DARK
    rise = np.clip((time - onset) / EDGE, 0, 1) - np.clip((time - onset - width) / EDGE, 0, 1)
    low = 0.4 * step

    def charge(start: float) -> np.ndarray:
        return -np.expm1(-np.maximum(time - start, 0) / TAU)

    return time, DARK + step * rise - low * (charge(onset + EDGE) - charge(onset + width + EDGE))


@pytest.mark.parametrize(
    ("definition", "expected"), [("raw", PEAK), ("step", PEAK - DARK), ("baseline", PEAK - 2e-9)]
)
def test_definitions_differ_by_what_they_subtract(definition, expected):
    time, current = rc_pulse()
    found = postsynaptic_current_amplitude(
        Trace.straight(time, current), 1.0, 11.0, definition, baseline=2e-9
    )
    assert found.value == pytest.approx(expected, rel=1e-9)
    assert found.unit == "A"
    assert found.definition


def test_peak_is_at_the_end_of_the_rising_edge():
    time, current = rc_pulse()
    assert time[current.argmax()] == pytest.approx(1.0 + EDGE)
    assert (
        postsynaptic_current_amplitude(Trace.straight(time, current), 1.0, 11.0, "raw").value
        == current.max()
    )


def test_nothing_outside_the_pulse_counts():
    time = np.array([0.0, 1.0, 2.0, 3.0])
    current = np.array([9.0, 1.0, 2.0, -9.0])
    assert postsynaptic_current_amplitude(Trace.straight(time, current), 1.0, 2.0).value == 1.0


def test_pulse_that_no_sample_sees_has_no_amplitude():
    time, current = np.array([0.0, 5.0, 10.0]), np.array([0.0, 5.0, 10.0])
    single = postsynaptic_current_amplitude(Trace.straight(time, current), 6.0, 8.0)
    assert single.is_missing
    assert single.note == "no sample lies within the pulse from 6 s to 8 s"
    train = postsynaptic_current_amplitudes(Trace.straight(time, current), [2.0, 6.0], [6.0, 8.0])
    assert train == pytest.approx([5.0, math.nan], nan_ok=True)


def test_polarity_overrules_the_larger_deviation():
    time, current = np.arange(4.0), np.array([0.0, 1.0, -3.0, 0.0])

    def amplitude(polarity):
        return postsynaptic_current_amplitude(
            Trace.straight(time, current), 0.0, 3.0, polarity=polarity
        ).value

    assert [amplitude(p) for p in ("either", "positive", "negative")] == [-3.0, 1.0, -3.0]
    train = postsynaptic_current_amplitudes(
        Trace.straight(time, current), [0.0], [3.0], polarity="positive"
    )
    assert train.tolist() == [1.0]


finite = st.floats(-1e3, 1e3, allow_nan=False, width=32)
samples = st.lists(finite, min_size=12, max_size=40)


@settings(deadline=None)
@given(samples, st.sampled_from(["raw", "step", "baseline"]))
def test_train_agrees_with_single_pulses(values, definition):
    time = np.sqrt(np.arange(len(values)))  # unequal distances
    onsets = np.array([0.0, 1.1, 1.9, 2.01])
    offsets = np.array([1.0, 1.15, 2.0, 3.1])
    train = postsynaptic_current_amplitudes(
        Trace.straight(time, values), onsets, offsets, definition, baseline=1.5
    )
    single = [
        postsynaptic_current_amplitude(
            Trace.straight(time, values), on, off, definition, baseline=1.5
        ).value
        for on, off in zip(onsets, offsets, strict=True)
    ]
    assert train == pytest.approx(single, abs=1e-9, nan_ok=True)


@settings(deadline=None)
@given(
    st.floats(0.02, 0.2),
    st.floats(0.0, 1.0),
    st.lists(st.booleans(), min_size=400, max_size=400),
    st.floats(-100, 100),
    st.sampled_from([50.0, -50.0]),
)
def test_steps_are_found_on_any_grid(interval, shift, missing, dark, height):
    # a square response: whatever the grid and whichever rows are lost, the step is the step
    onsets, offsets = np.array([2.0, 8.0]), np.array([5.0, 11.0])
    time = shift * interval + interval * np.arange(int(12 / interval))
    lost = np.array(missing)[: time.size]
    time = np.delete(time, np.flatnonzero(lost[: time.size]))
    edge = 1e-6
    lit = [(time > on + edge) & (time <= off) for on, off in zip(onsets, offsets, strict=True)]
    assume(time.size > 2 and time[0] < 2 and time[-1] > 11 and all(one.any() for one in lit))
    current = dark + height * (lit[0] | lit[1])
    assume(((time > 5) & (time <= 8)).any())
    found = postsynaptic_current_amplitudes(Trace.straight(time, current), onsets, offsets)
    assert found == pytest.approx([height, height])
    single = postsynaptic_current_amplitude(Trace.straight(time, current), 8.0, 11.0)
    assert single.value == pytest.approx(height)
    met = np.abs(time[:, None] - [8.0, 11.0]).min(axis=0) < 1e-8
    assert bool(single.note) == (not met.all())


@settings(deadline=None)
@given(samples, st.floats(0.01, 100), finite, st.booleans())
def test_step_scales_and_ignores_a_constant(values, scale, shift, flip):
    factor = -scale if flip else scale
    time, current = np.arange(float(len(values))), np.array(values)
    first = postsynaptic_current_amplitude(Trace.straight(time, current), 1.5, 9.5).value
    other = postsynaptic_current_amplitude(
        Trace.straight(time, factor * current + shift), 1.5, 9.5
    ).value
    # Two extremes of equal deviation may swap; their size may not change.
    assert abs(other) == pytest.approx(abs(factor * first), rel=1e-6, abs=1e-6 * (1 + abs(shift)))


def test_pulse_outside_the_waveform_is_told():
    time, current = rc_pulse()
    found = postsynaptic_current_amplitude(Trace.straight(time, current), 29.0, 31.0)
    assert math.isnan(found.value)
    assert "not inside" in found.note
    train = postsynaptic_current_amplitudes(
        Trace.straight(time, current), [1.0, 29.0], [11.0, 31.0]
    )
    assert np.isnan(train).tolist() == [False, True]


def test_train_without_pulses_is_empty():
    assert postsynaptic_current_amplitudes(Trace.straight([0.0, 1.0], [0.0, 1.0]), [], []).size == 0


def test_nan_in_the_pulse_is_told():
    found = postsynaptic_current_amplitude(
        Trace.straight([0.0, 1.0, 2.0], [0.0, math.nan, 1.0]), 0.0, 2.0
    )
    assert found.is_missing
    assert found.note


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"definition": "steps"}, "did you mean 'step'"),
        ({"definition": "baseline"}, "needs the argument baseline"),
        ({"polarity": "up"}, "accepted: either, positive, negative"),
        ({"offset": 1.0}, "must end after it starts"),
        ({"offset": math.nan}, "must end after it starts"),
    ],
)
def test_impossible_arguments_are_refused(change, message):
    current = Trace.straight([0.0, 1.0, 2.0], [0.0, 1.0, 0.0])
    arguments = {"current": current, "onset": 1.0, "offset": 2.0}
    with pytest.raises(ValueError, match=message):
        postsynaptic_current_amplitude(**{**arguments, **change})


@pytest.mark.parametrize(
    ("onsets", "offsets", "message"),
    [([0.0, 1.0], [1.5, 2.0], "before the next"), ([0.0], [1.0, 2.0], "as many onsets")],
)
def test_impossible_trains_are_refused(onsets, offsets, message):
    with pytest.raises(ValueError, match=message):
        postsynaptic_current_amplitudes(Trace.straight([0.0, 3.0], [0.0, 1.0]), onsets, offsets)


def test_undershoot_is_the_lowest_current_below_the_baseline():
    time, current = rc_pulse()
    found = undershoot(Trace.straight(time, current), 11.0, 30.0, DARK)
    assert found.value == current[time > 11].min() < DARK
    none = undershoot(Trace.straight(time, current), 1.0, 5.0, DARK)
    assert none.is_missing
    assert "no undershoot" in none.note
    assert undershoot(Trace.straight(time, current), 11.0, 60.0, DARK).is_missing


def test_recovery_from_the_undershoot_has_the_time_constant_of_the_circuit():
    time, current = rc_pulse()
    found = recovery_time_constant(Trace(time, current), 11.0, DARK, start=0.1)
    assert found.value == pytest.approx(TAU, rel=1e-6)
    assert "offset = baseline" in found.definition
