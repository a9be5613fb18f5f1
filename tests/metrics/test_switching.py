"""Loops whose area, window and jumps are known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.metrics.hysteresis import hysteresis_area, zero_bias_current
from optospice.metrics.sweeps import resample_sweep
from optospice.metrics.switching import largest_jump, on_off_ratio, switching_voltage

SWEEP = np.concatenate(
    [np.linspace(0, 5, 60), np.linspace(5, -5, 120)[1:], np.linspace(-5, 0, 60)[1:]]
)


def analogue_loop():
    """Return a pinched loop: 1 nS outward, 3 nS on the way back, and the reverse below zero."""
    phase = np.linspace(0, 1, SWEEP.size)
    high = np.where(phase < 0.25, 1 + 2 * (SWEEP / 5), 3 - 2 * np.clip(phase - 0.5, 0, 0.25) / 0.25)
    return SWEEP, 1e-9 * high * SWEEP


def digital_loop(set_at=2.0, reset_at=-3.0):
    current, on = [], False
    for voltage in SWEEP:
        on = (on or voltage > set_at) and voltage > reset_at
        current.append((100e-9 if on else 1e-9) * voltage)
    return SWEEP, np.array(current)


def test_area_of_an_ellipse_split_at_zero():
    phase = np.linspace(0, 2 * np.pi, 4001)
    voltage, current = 2 * np.cos(phase), 3e-9 * np.sin(phase)
    assert hysteresis_area(voltage, current).value == pytest.approx(6e-9 * np.pi, rel=1e-5)
    for side in ("positive", "negative"):
        assert hysteresis_area(voltage, current, side).value == pytest.approx(
            3e-9 * np.pi, rel=1e-5
        )


def test_area_of_a_triangle_is_exact():
    voltage, current = [0.0, 2.0, 2.0, 0.0], [0.0, 1.0, 3.0, 0.0]
    assert hysteresis_area(voltage, current).value == pytest.approx(2.0)
    assert hysteresis_area(voltage, current, "negative").note == "the sweep has no negative voltage"


def test_zero_crossing_between_samples_splits_the_area():
    # A square of current around zero: half of the area on either side.
    voltage, current = [-1.0, 1.0, 1.0, -1.0, -1.0], [0.0, 0.0, 1.0, 1.0, 0.0]
    assert hysteresis_area(voltage, current, "positive").value == pytest.approx(1.0)
    assert hysteresis_area(voltage, current).value == pytest.approx(2.0)


def test_a_line_encloses_nothing_and_an_open_sweep_is_told():
    assert hysteresis_area(SWEEP, 1e-9 * SWEEP).value == pytest.approx(0, abs=1e-20)
    assert "does not close" in hysteresis_area([0.0, 1.0, 2.0], [0.0, 1.0, 2.0]).note
    assert "not numbers" in hysteresis_area([0.0, 1.0, 0.0], [0.0, math.nan, 0.0]).note


@settings(deadline=None)
@given(st.floats(0.1, 10), st.floats(0.1, 10), st.booleans())
def test_area_scales_with_both_axes(volts, amperes, reverse):
    voltage, current = analogue_loop()
    plain = hysteresis_area(voltage, current).value
    order = slice(None, None, -1) if reverse else slice(None)
    scaled = hysteresis_area(volts * voltage[order], amperes * current[order]).value
    assert scaled == pytest.approx(volts * amperes * plain)


def test_on_off_ratio_reads_both_branches():
    assert on_off_ratio(*digital_loop(), 1.0).value == pytest.approx(100)
    assert on_off_ratio(*digital_loop(), -2.0).value == pytest.approx(100)
    assert on_off_ratio(*digital_loop(), 4.5).value == pytest.approx(1)
    assert "passes 7 V 0 times" in on_off_ratio(*digital_loop(), 7.0).note
    assert "is zero" in on_off_ratio([0.0, 2.0, 0.0], [0.0, 2.0, -2.0], 1.0).note
    # A sample right on the read voltage counts once, and so does a rest there.
    ratio = on_off_ratio([0.0, 1.0, 1.0, 2.0, 0.0], [0.0, 1.0, 2.0, 5.0, 3.0], 1.0)
    assert ratio.value == pytest.approx(2.0)


def test_pinched_loop_carries_no_current_at_zero():
    assert zero_bias_current(*analogue_loop()).value < 1e-4  # between samples
    phase = np.linspace(0, 2 * np.pi, 401)
    open_loop = zero_bias_current(np.cos(phase), np.sin(phase))
    assert open_loop.value == pytest.approx(1, rel=1e-3)
    assert "never passes" in zero_bias_current([1.0, 2.0, 3.0], [1.0, 1.0, 1.0]).note
    assert "no current" in zero_bias_current([0.0, 1.0, 0.0], [0.0, 0.0, 0.0]).note


def test_switching_voltages_of_a_digital_loop():
    step = 20 / 199
    found = switching_voltage(*digital_loop())
    assert found.value == pytest.approx(2.0, abs=2 * step)
    reset = switching_voltage(*digital_loop(), "reset")
    assert reset.value == pytest.approx(-3.0, abs=2 * step)


def test_analogue_loop_has_no_switching_voltage():
    for definition in ("set", "reset"):
        found = switching_voltage(*analogue_loop(), definition)
        assert found.is_missing
        assert found.note.startswith("analogue")
    assert largest_jump(*analogue_loop()).value < 0.05
    assert largest_jump(*digital_loop()).value > 0.3


def test_jump_does_not_depend_on_the_sampling():
    voltage, current = digital_loop()
    fine_voltage = np.interp(np.linspace(0, 1, 7001), np.linspace(0, 1, voltage.size), voltage)
    phase = np.linspace(0, 1, voltage.size)
    fine_current = np.interp(np.linspace(0, 1, 7001), phase, current)
    coarse = largest_jump(voltage, current).value
    assert largest_jump(fine_voltage, fine_current).value == pytest.approx(coarse, rel=0.1)


def test_branch_scale_sees_the_smaller_side():
    voltage = np.array([0.0, 1.0, 0.0, -1.0, 0.0])
    current = np.array([0.0, 100.0, 0.0, -1.0, 0.0])
    assert largest_jump(voltage, current, points=5).value == pytest.approx(1.0)
    assert largest_jump(voltage, current, "branch", points=9).value == pytest.approx(0.5)
    assert largest_jump(voltage, 0 * current).is_missing
    one_sided = largest_jump([0.0, 1.0, 0.0], [0.0, 1.0, 0.0], "branch", points=5)
    assert one_sided.value == pytest.approx(0.5)


def test_resampled_sweep_has_equal_steps_and_both_ends():
    voltage, current = resample_sweep([0.0, 2.0, 2.0, 0.0], [0.0, 1.0, 4.0, 0.0], 5)
    assert voltage == pytest.approx([0, 1, 2, 1, 0])
    assert current[2] == pytest.approx(4.0)  # the last current of the rest
    assert current[1] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hysteresis_area([0, 1], [0, 1]), "three or more"),
        (lambda: hysteresis_area([0, 1, 0], [0, 1, 0], "upper"), "area definition"),
        (lambda: on_off_ratio([0, 1, 0], [0, 1, 0], 0.0), "read voltage"),
        (lambda: resample_sweep([1, 1, 1], [0, 1, 2]), "never moves"),
        (lambda: resample_sweep([0, 1, 0], [0, 1, 2], 2), "three points"),
        (lambda: switching_voltage([0, 1, 0], [0, 1, 0], threshold=20), "between 0 and 1"),
        (lambda: largest_jump([0, 1, 0], [0, 1, 0], "fullscale"), "did you mean 'full_scale'"),
    ],
)
def test_impossible_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
