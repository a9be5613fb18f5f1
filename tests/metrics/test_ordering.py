"""Orders and shapes."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.metrics.ordering import is_concave, is_monotonic, is_ordered

values = st.lists(st.integers(-1000, 1000), min_size=2, max_size=20)


@settings(deadline=None)
@given(values)
def test_sorted_is_rising_and_reversed_is_falling(sequence):
    distinct = sorted(set(sequence))
    assert is_monotonic(distinct)
    assert is_monotonic(distinct[::-1], "falling")
    assert is_monotonic(sorted(sequence), strict=False)
    assert is_monotonic(sequence) == (sequence == distinct)


@settings(deadline=None)
@given(values, st.integers(1, 50), st.integers(-50, 50))
def test_scale_and_shift_change_nothing(sequence, scale, shift):
    moved = [scale * v + shift for v in sequence]
    assert is_monotonic(moved) == is_monotonic(sequence)
    assert is_concave(moved) == is_concave(sequence)


def test_equal_neighbours_are_refused_only_when_strict():
    assert not is_monotonic([1, 1, 2])
    assert is_monotonic([1, 1, 2], strict=False)


def test_tolerance_is_a_fraction_of_the_range():
    assert is_monotonic([0, 100, 99, 200], strict=False, tolerance=0.01)
    assert not is_monotonic([0, 100, 97, 200], strict=False, tolerance=0.01)
    assert not is_monotonic([0, 1, 200], tolerance=0.01)


def test_short_and_broken_sequences():
    assert is_monotonic([1.0])
    assert is_concave([1.0, 2.0])
    assert not is_monotonic([1.0, math.nan, 3.0])
    assert not is_monotonic([math.nan])
    assert not is_concave([1.0, math.nan, 3.0])


def test_concave_means_ever_more_slowly():
    x = np.arange(1.0, 12)
    assert is_concave(np.sqrt(x))
    assert not is_concave(x**2)
    assert is_concave(x)
    assert is_concave([0, 1, 4], at=[0, 1, 4])
    assert not is_concave([0, 1, 2.1])
    assert is_concave([0, 1, 2.1], tolerance=0.1)


def test_named_values_stand_in_order():
    amplitude = {"740 nm": 0.4, "450 nm": 0.55, "550 nm": 0.5}
    assert is_ordered(amplitude, ["450 nm", "550 nm", "740 nm"])
    assert not is_ordered(amplitude, ["740 nm", "450 nm"])
    with pytest.raises(ValueError, match="did you mean '450 nm'"):
        is_ordered(amplitude, ["450nm", "550 nm"])


@pytest.mark.parametrize(
    "call",
    [
        lambda: is_monotonic([1, 2], "up"),
        lambda: is_monotonic([1, 2], tolerance=-1),
        lambda: is_monotonic([[1, 2]]),
        lambda: is_concave([1, 2, 3], at=[1, 1, 2]),
        lambda: is_concave([1, 2, 3], tolerance=-1),
    ],
)
def test_impossible_arguments_are_refused(call):
    with pytest.raises(ValueError, match=r"direction|tolerance|dimension|positions"):
        call()
