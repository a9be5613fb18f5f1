"""Paired pulses and trains against the numbers and equations of the PbS paper."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.metrics.plasticity import (
    paired_pulse_fit_quality,
    paired_pulse_index,
    paired_pulse_relaxation,
    paired_pulse_relaxation_time,
    synaptic_weight_change,
    synaptic_weight_changes,
)

amplitudes = st.floats(1e-12, 1e-3)


@settings(deadline=None)
@given(amplitudes, amplitudes, st.floats(1e-3, 1e3), st.booleans())
def test_index_ignores_scale_and_sign(first, second, scale, flip):
    factor = -scale if flip else scale
    ratio = paired_pulse_index(first, second)
    assert paired_pulse_index(factor * first, factor * second).value == pytest.approx(ratio.value)
    relative = paired_pulse_index(first, second, "relative")
    assert relative.value == pytest.approx(ratio.value - 1)
    assert relative.definition == "(A2 - A1) / A1"


def test_no_plasticity_is_one_or_zero():
    assert paired_pulse_index(2e-9, 2e-9).value == 1.0
    assert paired_pulse_index(2e-9, 2e-9, "relative").value == 0.0
    assert synaptic_weight_change([2e-9] * 5).value == 0.0


def test_vanishing_first_response_is_told():
    assert "zero" in paired_pulse_index(0.0, 1e-9).note
    assert "not a number" in paired_pulse_index(math.nan, 1e-9).note
    assert synaptic_weight_change([0.0, 1.0]).is_missing
    assert np.isnan(synaptic_weight_changes([0.0, 1.0])).all()


def test_weight_change_takes_first_and_last():
    train = [400e-9, 300e-9, 207.6e-9]
    assert synaptic_weight_change(train).value == pytest.approx(-0.481)
    assert synaptic_weight_change(train, "ratio").value == pytest.approx(0.519)
    assert "n = 3" in synaptic_weight_change(train).definition


def test_weight_changes_hold_every_pulse_of_every_train():
    trains = np.array([[2.0, 1.0, 0.5], [4.0, 4.0, 8.0]])
    assert synaptic_weight_changes(trains).tolist() == [[0, -0.5, -0.75], [0, 0, 1]]
    assert synaptic_weight_changes(trains[0], "ratio").tolist() == [1, 0.5, 0.25]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: paired_pulse_index(1, 2, "ration"), "did you mean 'ratio'"),
        (lambda: synaptic_weight_change([1.0]), "two pulses"),
        (lambda: synaptic_weight_change([1.0, 2.0], "x"), "accepted: relative, ratio"),
        (lambda: synaptic_weight_changes(1.0), "no pulses"),
        (lambda: paired_pulse_relaxation([1, 2], [1]), "as many indices"),
        (lambda: paired_pulse_relaxation([-1, 2], [1, 2]), "negative"),
        (lambda: paired_pulse_relaxation([1, 2], [1, 2], "mono"), "unknown relaxation model"),
    ],
)
def test_impossible_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_recovery_reads_equation_2_as_its_data_go():
    # End points 55.1 % and 93.4 % with 10.4 s give P_inf = 94.3 % and C = 43.2 %.
    rise = (0.934 - 0.551) / (math.exp(-1 / 10.4) - math.exp(-40 / 10.4))
    intervals = np.array([1.0, 2, 5, 10, 15, 20, 30, 40])
    level = 0.551 + rise * math.exp(-1 / 10.4)
    fit = paired_pulse_relaxation(intervals, level - rise * np.exp(-intervals / 10.4))
    assert fit["tau"].value == pytest.approx(10.4, rel=1e-6)
    assert fit["P_inf"].value == pytest.approx(0.943, abs=1e-3)
    assert fit["C"].value == pytest.approx(0.432, abs=1e-3)
    assert fit.r_squared == pytest.approx(1.0)
    assert fit.predict(np.array([1.0, 40.0])) == pytest.approx([0.551, 0.934])


@settings(max_examples=20, deadline=None)
@given(st.floats(0.05, 2.0), st.floats(0.1, 2.0), st.integers(0, 1000))
def test_facilitation_round_trip(tau, size, seed):
    intervals = np.geomspace(0.1, 4, 24) * tau
    noise = np.random.default_rng(seed).normal(0, 0.01 * size, intervals.size)
    fit = paired_pulse_relaxation(intervals, size * np.exp(-intervals / tau) + noise, "exponential")
    assert fit["tau"].value == pytest.approx(tau, abs=6 * fit["tau"].standard_error)
    assert fit["C"].value == pytest.approx(size, abs=6 * fit["C"].standard_error)
    assert fit.r_squared > 0.98


def test_double_exponentials_come_in_rising_order():
    intervals = np.geomspace(0.02, 20, 16)
    index = 0.4 * np.exp(-intervals / 0.1) + 0.2 * np.exp(-intervals / 3)
    fit = paired_pulse_relaxation(intervals, index, "double_exponential")
    expected = {"C1": 0.4, "C2": 0.2, "tau1": 0.1, "tau2": 3.0}
    assert {name: fit[name].value for name in expected} == pytest.approx(expected, rel=1e-4)
    recovery = paired_pulse_relaxation_time(intervals, 0.9 - index, "double_recovery")
    assert recovery.value == pytest.approx(3.0, rel=1e-3)


def test_too_few_or_constant_points_are_told():
    few = paired_pulse_relaxation_time([1.0, 2.0], [0.5, 0.6])
    assert few.is_missing
    assert "2 points are too few for 3 parameters" in few.note
    assert "constant" in paired_pulse_relaxation_time(np.arange(1.0, 9), np.ones(8)).note


def test_straight_line_has_no_relaxation_time():
    intervals = np.arange(1.0, 9)
    found = paired_pulse_relaxation_time(intervals, 0.5 + 0.01 * intervals)
    assert found.is_missing
    assert "not identifiable" in found.note


def test_fit_quality_tells_a_law_from_another():
    intervals = np.linspace(0.02, 2.0, 15)
    exponential = 0.16 * np.exp(-intervals / 0.5)
    good = paired_pulse_fit_quality(intervals, exponential, "exponential")
    wave = 0.1 + 0.05 * np.sin(9 * intervals)
    bad = paired_pulse_fit_quality(intervals, wave, "exponential")
    assert good.value == pytest.approx(1.0, abs=1e-6)
    assert bad.is_missing or bad.value < 0.9
