"""Cut-off frequencies of first-order filters."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.metrics.filtering import cutoff_frequency

RATES = np.geomspace(0.05, 200, 80)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.5, 20), st.floats(0.01, 100))
def test_first_order_filters(corner, gain):
    low = gain / np.sqrt(1 + (RATES / corner) ** 2)
    high = gain / np.sqrt(1 + (corner / RATES) ** 2)
    for shape, kind in ((low, "low_pass"), (high, "high_pass")):
        assert cutoff_frequency(RATES, shape, kind).value == pytest.approx(corner, rel=2e-2)
        assert cutoff_frequency(RATES, shape, f"{kind}_fit").value == pytest.approx(corner)


def test_interpolation_is_exact_for_a_power_law():
    rates = np.array([1.0, 4.0, 16.0])
    found = cutoff_frequency(rates, rates**-0.5)
    assert found.value == pytest.approx(2.0)
    assert found.unit == "Hz"


def test_gain_that_stays_up_has_no_cutoff_but_a_fit():
    rates = np.array([1.0, 2.0, 3.0, 4.0])
    gains = 1 / np.sqrt(1 + (rates / 6.0) ** 2)
    found = cutoff_frequency(rates, gains)
    assert "stays above -3 dB: its lowest value is 0.844" in found.note
    assert cutoff_frequency(rates, gains, "low_pass_fit").value == pytest.approx(6.0)
    assert cutoff_frequency(rates, [1.0, 1.0, 1.0, 1.0], "low_pass_fit").is_missing
    assert "zero, negative" in cutoff_frequency(rates, [1.0, math.nan, 1.0, 1.0]).note


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cutoff_frequency([2.0, 1.0], [1, 1]), "rising"),
        (lambda: cutoff_frequency([1.0, 2.0], [1, 1, 1]), "one per frequency"),
        (lambda: cutoff_frequency([1.0, 2.0], [1, 1], "lowpass"), "did you mean 'low_pass'"),
    ],
)
def test_impossible_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
