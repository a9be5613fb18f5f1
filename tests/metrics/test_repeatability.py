"""Spread and distinguishable states of known sets."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.metrics.repeatability import (
    cycle_to_cycle_spread,
    device_to_device_spread,
    distinguishable_states,
    end_point_repeatability,
)


def test_states_of_a_staircase():
    steps = np.arange(11) * 1.0
    assert distinguishable_states(steps, 0.5).value == 11
    assert distinguishable_states(steps, 0.75).value == 6  # 1.5 apart: every second step
    assert distinguishable_states(steps, 0.75, "range").value == 7
    assert distinguishable_states(steps, 100.0).value == 1
    assert distinguishable_states(steps, 0.5, multiple=6).value == 4
    assert "2 x 0.5 S" in distinguishable_states(steps, 0.5).definition


def test_states_count_as_they_are_met():
    assert distinguishable_states([0.0, 0.6, 1.2, 1.3, 2.4], 0.5).value == 3
    assert distinguishable_states([0.0, -2.0, 0.0], 0.5).value == 3  # both ways
    assert distinguishable_states([math.nan, 1.0], 0.5).is_missing


@settings(deadline=None)
@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30), st.floats(0.01, 5))
def test_larger_noise_leaves_no_more_states(levels, deviation):
    few = distinguishable_states(levels, 2 * deviation, "range").value
    assert 1 <= few <= distinguishable_states(levels, deviation, "range").value


def test_spread_is_the_deviation_that_made_it():
    rng = np.random.default_rng(5)
    curve = np.linspace(1, 3, 50)
    cycles = curve + rng.normal(0, 0.02, (200, 50))
    # Noise widens the range a little; the change between pulses has sqrt(2) the deviation.
    assert cycle_to_cycle_spread(cycles).value == pytest.approx(0.01, rel=0.05)
    assert cycle_to_cycle_spread(cycles, "update").value == pytest.approx(0.01414, rel=0.05)
    assert device_to_device_spread(cycles).value == cycle_to_cycle_spread(cycles).value
    assert "200 devices" in device_to_device_spread(cycles).definition


def test_drift_counts_as_level_and_not_as_update():
    cycles = np.linspace(0, 1, 5) + np.array([[0.0], [0.1], [0.2]])
    assert cycle_to_cycle_spread(cycles).value == pytest.approx(0.1)
    assert cycle_to_cycle_spread(cycles, "update").value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("definition", "expected"), [("spread", 0.04), ("from_mean", 0.02), ("consecutive", 0.03)]
)
def test_end_points_from_the_second_cycle_on(definition, expected):
    lower = [9.0, 1.0, 1.0, 1.0]  # the first cycle starts from a fresh device
    upper = [9.0, 1.98, 2.01, 2.02]
    lower[1:] = [1.0, 1.0, 1.0]
    found = end_point_repeatability(lower, upper, definition)
    span = np.mean(upper[1:]) - 1
    scale = {"spread": 0.04, "from_mean": np.mean(upper[1:]) - 1.98, "consecutive": 0.03}
    assert found.value == pytest.approx(scale[definition] / span)
    assert found.value == pytest.approx(expected, rel=0.2)
    assert "cycles 2" in found.definition


def test_what_the_data_do_not_hold_is_told():
    assert "coincide" in end_point_repeatability([1.0, 1, 1], [1.0, 1, 1]).note
    assert "does not change" in cycle_to_cycle_spread(np.ones((3, 4))).note


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: distinguishable_states([1.0], 0.0), "positive"),
        (lambda: distinguishable_states([], 1.0), "one row"),
        (lambda: distinguishable_states([1.0], 1.0, "x"), "state definition"),
        (lambda: cycle_to_cycle_spread([[1.0, 2.0]]), "two cycles"),
        (lambda: device_to_device_spread([1.0, 2.0]), "two devices"),
        (lambda: end_point_repeatability([1, 2], [3, 4]), "two cycles or more"),
        (lambda: end_point_repeatability([1, 2], [3, 4], first_cycle=0), "from 1"),
    ],
)
def test_impossible_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
