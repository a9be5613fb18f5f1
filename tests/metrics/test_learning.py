"""Learning, forgetting and the nociceptor on numbers that can be counted by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.metrics.learning import pulses_to_level, savings
from optospice.metrics.nociception import (
    allodynia,
    hyperalgesia,
    incubation_pulse,
    incubation_time,
)
from optospice.metrics.retention import retained_current_fraction, retained_fraction
from optospice.trace import Trace


def test_pulses_to_level():
    levels = [1.0, 2.0, 3.0, 4.0]
    assert pulses_to_level(levels, 2.5).value == pytest.approx(2.5)
    assert pulses_to_level(levels, 2.5, "whole").value == 3
    assert pulses_to_level(levels, 3.0).value == pulses_to_level(levels, 3.0, "whole").value == 3
    assert pulses_to_level(levels, 0.5).value == 1
    assert pulses_to_level(levels, 0.5, initial=0.0).value == pytest.approx(0.5)
    assert pulses_to_level(levels, 0.5, initial=0.7).value == 0
    assert "not reached in 4 pulses: the highest level is 4" in pulses_to_level(levels, 5.0).note
    assert "not numbers" in pulses_to_level([math.nan], 5.0).note


@settings(deadline=None)
@given(st.integers(2, 60), st.floats(0.01, 0.99))
def test_whole_pulse_follows_the_interpolated_one(count, share):
    levels = np.sqrt(np.arange(1, count + 1))
    target = 1 + share * (levels[-1] - 1)
    exact = pulses_to_level(levels, target).value
    assert math.ceil(exact - 1e-9) == pulses_to_level(levels, target, "whole").value
    assert np.interp(exact, np.arange(1, count + 1), levels) == pytest.approx(target)


def test_savings_of_the_mose2_paper():
    assert savings(25, 13).value == pytest.approx(0.48)
    assert savings(25, 25).value == 0
    assert savings(25, 0).value == 1
    assert "not reached" in savings(25, math.nan).note
    with pytest.raises(ValueError, match="positive"):
        savings(0, 1)


def test_retained_fraction():
    assert retained_fraction(1.0, 3.0, 2.0).value == 0.5
    assert retained_fraction(3.0, 1.0, 2.0).value == 0.5  # depression is retained likewise
    assert retained_fraction(1.0, 3.0, 1.0).value == 0
    assert "changed nothing" in retained_fraction(1.0, 1.0, 2.0).note
    assert "not a number" in retained_fraction(1.0, math.nan, 2.0).note


def test_retained_current_of_an_exponential():
    t = np.linspace(0, 10, 20_001)
    i = 5e-9 + 2e-9 * np.exp(-np.maximum(t - 1, 0) / 2)
    found = retained_current_fraction(Trace(t, i), 1.0, 2.5, 5e-9)
    assert found.value == pytest.approx(math.exp(-1.25), rel=1e-6)
    assert "not inside" in retained_current_fraction(Trace(t, i), 1.0, 25, 5e-9).note
    with pytest.raises(ValueError, match="delay"):
        retained_current_fraction(Trace(t, i), 1.0, 0.0, 5e-9)


def test_incubation_time_follows_the_curve():
    """A saturating rise at few points: straight lines between them come too late."""
    time = np.linspace(0.0, 5.0, 11)
    current = 100e-9 * (1 - np.exp(-time))
    exact = -math.log(0.3)  # 70 nA
    found = incubation_time(Trace(time, current), 70e-9, 0.0).value
    straight = incubation_time(Trace.straight(time, current), 70e-9, 0.0).value
    assert found == pytest.approx(exact, abs=2e-3)
    assert straight - exact > 5e-3


def test_incubation_time_is_interpolated():
    time, current = np.array([0.0, 2.0, 4.0, 6.0]), np.array([90e-9, 0.0, 40e-9, 120e-9])
    assert incubation_time(Trace.straight(time, current), 80e-9, 1.5).value == pytest.approx(3.5)
    assert incubation_time(Trace.straight(time, current), 80e-9, 0.0).value == 0.0
    assert incubation_time(Trace.straight(time, current), 80e-9, 4.5).value == pytest.approx(0.5)
    never = incubation_time(Trace.straight(time, current), 1e-6, 2.0)
    assert never.is_missing
    assert "highest current is 120 nA" in never.note
    assert "not inside" in incubation_time(Trace.straight(time, current), 1e-6, 9.0).note


def test_incubation_pulse_counts_from_one():
    assert incubation_pulse([50e-9, 79e-9, 81e-9, 90e-9], 80e-9).value == 3
    assert "none of 2 pulses" in incubation_pulse([1e-9, 2e-9], 80e-9).note
    with pytest.raises(ValueError, match="one row"):
        incubation_pulse([], 80e-9)


def test_sensitisation():
    assert hyperalgesia(40e-9, 100e-9).value == pytest.approx(2.5)
    assert hyperalgesia(40e-9, 100e-9, "relative").value == pytest.approx(1.5)
    assert hyperalgesia(0.0, 1.0).is_missing
    volts, before, after = [1.0, 2, 3, 4], [10.0, 20, 30, 100], [20.0, 100, 200, 300]
    # 80 is crossed at 3.714 V before and at 1.75 V after.
    assert allodynia(volts, before, after, 80.0).value == pytest.approx(1 - 1.75 / (3 + 50 / 70))
    assert "before the injury" in allodynia(volts, [1.0] * 4, after, 80.0).note
    assert "after the injury" in allodynia(volts, before, [1.0] * 4, 80.0).note
    assert "zero" in allodynia([0.0, 1.0], [9.0, 9.0], [9.0, 9.0], 1.0).note
    assert allodynia(volts, [99.0] * 4, [99.0] * 4, 80.0).value == 0
    with pytest.raises(ValueError, match="rise"):
        allodynia([2.0, 1.0], [1, 2], [1, 2], 1.0)
    with pytest.raises(ValueError, match="did you mean 'ratio'"):
        hyperalgesia(1.0, 2.0, "ratios")
