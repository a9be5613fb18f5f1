"""Range, nonlinearity and asymmetry of potentiation and depression."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.metrics.potentiation_depression import (
    dynamic_range,
    maximum_conductance,
    minimum_conductance,
    update_asymmetry,
    update_nonlinearity,
)

LINE = np.linspace(1e-9, 5e-9, 26)
BENT = 1e-9 + 4e-9 * (1 - np.exp(-np.arange(26) / 8)) / (1 - np.exp(-25 / 8))


def test_range():
    assert maximum_conductance(LINE).value == 5e-9
    assert minimum_conductance(LINE).value == 1e-9
    assert dynamic_range(LINE).value == pytest.approx(5)
    assert dynamic_range(LINE, "relative").value == pytest.approx(4)
    assert "not positive" in dynamic_range([0.0, 1.0]).note
    assert "not a number" in dynamic_range([math.nan, 1.0]).note
    with pytest.raises(ValueError, match="no conductances"):
        maximum_conductance([])


@pytest.mark.parametrize(
    ("definition", "of_a_line"), [("neurosim", 0.0), ("alpha", 1.0), ("r_squared", 1.0)]
)
def test_three_labels_of_a_line(definition, of_a_line):
    for branch, curve in {"potentiation": LINE, "depression": LINE[::-1]}.items():
        found = update_nonlinearity(curve, definition, branch=branch)
        assert found.value == pytest.approx(of_a_line, abs=1e-5)
        assert branch in found.definition


def test_labels_of_a_curve_that_slows_down():
    # P_max/A = 25/8: 0.347 above the diagonal, where the slope is one.
    label = 0.3470 / math.sqrt(2) / 0.07
    assert update_nonlinearity(BENT).value == pytest.approx(label, rel=1e-3)
    assert update_nonlinearity(BENT, "alpha").value > 1
    assert update_nonlinearity(BENT, "r_squared").value < 0.97
    # A depression that falls fast at first has a negative label.
    fall = update_nonlinearity(6e-9 - BENT, branch="depression")
    assert fall.value == pytest.approx(-update_nonlinearity(BENT).value, rel=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.floats(1e-3, 1e3), st.sampled_from(["neurosim", "alpha", "r_squared"]))
def test_scale_changes_nothing(scale, definition):
    plain = update_nonlinearity(BENT, definition).value
    assert update_nonlinearity(scale * BENT, definition).value == pytest.approx(plain, rel=1e-5)


def test_asymmetry_is_zero_when_depression_retraces():
    for definition in ("neurosim", "curves"):
        assert update_asymmetry(BENT, BENT[::-1], definition).value == pytest.approx(0, abs=1e-6)
    mirrored = update_asymmetry(BENT, 6e-9 - BENT)
    assert mirrored.value == pytest.approx(2 * update_nonlinearity(BENT).value, rel=1e-6)
    curves = update_asymmetry(BENT, 6e-9 - BENT, "curves")
    # Largest where both are half way: 2 (1 - exp(-25/16)) / (1 - exp(-25/8)) - 1.
    assert curves.value == pytest.approx(0.6535, abs=2e-3)


def test_what_the_data_do_not_hold_is_told():
    flat = np.full(9, 1e-9)
    assert "does not change" in update_nonlinearity(flat).note
    assert "does not change" in update_asymmetry(flat, flat, "curves").note
    assert "does not change" in update_asymmetry(flat, flat).note
    assert "positive" in update_nonlinearity(LINE - 2e-9, "alpha").note
    assert "other way" in update_nonlinearity(LINE[::-1]).note
    assert "not a number" in update_nonlinearity([1.0, math.nan, 2.0]).note


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: update_nonlinearity(LINE, "neurosym"), "did you mean 'neurosim'"),
        (lambda: update_nonlinearity(LINE, branch="ltp"), "unknown branch"),
        (lambda: update_asymmetry(LINE, LINE[:-1], "curves"), "one length"),
        (lambda: dynamic_range(LINE, "x"), "accepted: ratio, relative"),
    ],
)
def test_impossible_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
