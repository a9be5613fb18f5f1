"""Learning, forgetting and relearning on a memristive state with an exact solution."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.optimize import curve_fit
from small_devices import make, memristor, memristor_current, rates, resistor, run

from optospice.device import find_device

MOSE2 = {
    "voltage": "4 V",
    "width": "50 ms",
    "interval": "50 ms",
    "count": 25,
    "pause": "0.5 s",
    "delay": "1 s",
    "cycles": 3,
}


def exact_levels(protocol):
    """Currents [A] before each cycle and after the last, and after each pulse."""
    starts = protocol.signal.onsets[:: protocol.count]
    before = memristor_current(protocol.signal, np.append(starts, protocol.duration))
    after = memristor_current(protocol.signal, protocol.signal.offsets + 0.01)
    return before, after.reshape(protocol.cycles, protocol.count)


@pytest.mark.parametrize("gain", ["cycle", "net", "total", "kept"])
@pytest.mark.parametrize("retained", ["initial", "cycle"])
def test_gains_and_retained_fractions(simulate, tmp_path, gain, retained):
    device = memristor(tmp_path)
    protocol = make(
        "learning_forgetting", **MOSE2, definitions={"gain": gain, "retained": retained}
    )
    assert protocol.duration == pytest.approx(1 + 3 * (25 * 0.05 + 24 * 0.05 + 0.5))
    waveforms, metrics = run(simulate, device, protocol)
    before, after = exact_levels(protocol)
    found = protocol.levels(waveforms, device)
    assert found[0] == pytest.approx(before, rel=1e-3)
    assert found[1] == pytest.approx(after, rel=1e-3)
    learned = after[:, -1]
    gains = {
        "cycle": learned - before[:3],
        "net": before[1:] - before[:3],
        "total": learned - before[0],
        "kept": before[1:] - before[0],
    }[gain]
    scale = 1e-3 * learned.max()
    assert metrics["first_gain"].value == pytest.approx(gains[0], abs=scale)
    assert metrics["last_gain"].value == pytest.approx(gains[2], abs=scale)
    rises = np.diff(gains) > 1e-5 * learned.max()
    assert metrics["rising_steps"].value == pytest.approx(rises.mean())
    start = before[0] if retained == "initial" else before[:3]
    fractions = (before[1:] - start) / (learned - start)
    assert metrics["retained_fraction"].value == pytest.approx(fractions[0], rel=2e-3)
    assert metrics["smallest_retained_fraction"].value == pytest.approx(min(fractions), rel=3e-3)
    assert metrics["largest_retained_fraction"].value == pytest.approx(max(fractions), rel=3e-3)
    assert metrics["level_after_pause"].value == pytest.approx(before[-1], rel=1e-3)


def test_relearning_counts_the_pulses_to_the_first_level(simulate, tmp_path):
    device = memristor(tmp_path)
    counted = {}
    for pulses in ("interpolated", "whole"):
        given = {**MOSE2, "voltage": "2 V"}
        protocol = make("learning_forgetting", **given, definitions={"pulses": pulses})
        _, metrics = run(simulate, device, protocol)
        counted[pulses] = metrics["pulses_to_level"].value
        assert metrics["savings"].value == pytest.approx(1 - counted[pulses] / 25)
    before, after = exact_levels(protocol)
    exact = np.interp(after[0, -1], [before[1], *after[1]], np.arange(26))
    assert 2 < exact < 23
    assert counted["interpolated"] == pytest.approx(exact, abs=0.1)
    assert counted["whole"] == np.ceil(exact)


def test_forgetting_is_the_relaxation_at_the_read_out_bias(simulate, tmp_path):
    device = memristor(tmp_path)
    for which, end in (("first", None), ("last", "1.5 s")):
        chosen = {"forgetting_cycle": which}
        if end:
            chosen |= {"forgetting_end": end, "forgetting_start": "0.1 s"}
        protocol = make("learning_forgetting", **{**MOSE2, "pause": "2.5 s"}, definitions=chosen)
        waveforms, metrics = run(simulate, device, protocol)
        tau = metrics["decay_time_constant"]
        assert tau.value == pytest.approx(1 / sum(rates(0.5)), rel=3e-3)
        assert "offset fitted" in tau.definition
    curve = protocol.series(waveforms, device)["forgetting, cycle 3"]
    fit, _ = curve_fit(
        lambda t, offset, height, tau: offset + height * np.exp(-t / tau),
        curve.x,
        curve.y * 1e9,
        p0=(10, 5, 1),
    )
    assert tau.value == pytest.approx(fit[2], rel=3e-3)
    assert curve.x[0] == pytest.approx(0, abs=1e-5)
    assert curve.x[-1] == pytest.approx(2.5, abs=1e-5)
    levels = protocol.series(waveforms, device)["level, cycle 2"]
    before, after = exact_levels(protocol)
    assert levels.y == pytest.approx([before[1], *after[1]], rel=1e-3)


def test_higher_pulses_leave_a_higher_level(simulate, tmp_path):
    device = memristor(tmp_path)
    left = []
    for voltage in ("3 V", "4 V", "5 V"):
        _, metrics = run(
            simulate,
            device,
            make("learning_forgetting", **{**MOSE2, "voltage": voltage, "cycles": 1}),
        )
        left.append(metrics["level_after_pause"].value)
        assert metrics["pulses_to_level"].note == "relearning needs two cycles"
        assert metrics["savings"].is_missing
        assert metrics["rising_steps"].is_missing
    assert (np.diff(left) > 0).all()


def test_resistor_learns_nothing(simulate, tmp_path):
    _, metrics = run(simulate, resistor(tmp_path), make("learning_forgetting", **MOSE2))
    assert metrics["first_gain"].value == pytest.approx(0, abs=1e-14)
    assert "nothing can be retained" in metrics["smallest_retained_fraction"].note
    assert metrics["decay_time_constant"].is_missing
    assert "did not rise" in metrics["pulses_to_level"].note


def test_light_can_teach(simulate):
    given = {"irradiance": "1.22 mW/cm^2", "wavelength": "740 nm", "readout": "1 V"}
    timing = {"width": "0.5 s", "interval": "0.5 s", "count": 5, "cycles": 2, "pause": "10 s"}
    _, metrics = run(
        simulate, find_device("pbs_rc"), make("learning_forgetting", **given, **timing)
    )
    assert metrics["first_gain"].value < 0  # it inhibits
    assert metrics["decay_time_constant"].value == pytest.approx(1.6216, rel=2e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pause": "0 s"}, "pause = 0 s: must be above 0 s"),
        ({"read_delay": "60 ms"}, "must lie between two pulses"),
        ({"definitions": {"forgetting_end": "1 s"}}, "must lie within the pause"),
        ({"definitions": {"forgetting_start": "0.5 s"}}, "must lie within the pause"),
        ({"tail": "1 s"}, "tail"),
    ],
)
def test_bad_input_names_the_field(change, message):
    with pytest.raises(ValidationError, match=message):
        make("learning_forgetting", **{**MOSE2, **change})
