"""Update laws: closed forms, NeuroSim's own table, and round trips."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.metrics.update_curve import (
    fit_conductance_exponent,
    fit_exponential_update,
    line_r_squared,
    nonlinearity_label,
    update_constants,
)


# Entries 1, 100, 500, and 900 of the table in formula.cpp of MLP+NeuroSim V3.0.
@pytest.mark.parametrize(
    ("label", "normalised_a"),
    [(0.01, 126.268958), (1.0, 1.251653), (5.0, 0.192406), (9.0, 0.02281)],
)
def test_label_is_that_of_neurosim(label, normalised_a):
    assert nonlinearity_label(1 / normalised_a) == pytest.approx(label, rel=1e-5)
    assert nonlinearity_label(-1 / normalised_a) == pytest.approx(-label, rel=1e-5)


def test_label_has_its_limits():
    assert nonlinearity_label(0.0) == 0.0
    assert nonlinearity_label(1e-3) == pytest.approx(10 * nonlinearity_label(1e-4), rel=1e-3)
    assert nonlinearity_label(1e6) == pytest.approx(math.sqrt(0.5) / 0.07, rel=1e-3)


@settings(deadline=None)
@given(st.floats(0.0, 40), st.floats(0.01, 10))
def test_label_grows_with_curvature(bend, more):
    assert nonlinearity_label(bend + more) > nonlinearity_label(bend)


def update(bend, count=26, low=1e-9, span=4e-9):
    x = np.linspace(0, 1, count)
    shape = x if bend == 0 else np.expm1(-bend * x) / np.expm1(-bend)
    return low + span * shape


@settings(max_examples=30, deadline=None)
@given(st.floats(-12, 12), st.booleans(), st.integers(0, 1000))
def test_exponential_update_round_trip(bend, backwards, seed):
    clean = update(bend)
    noisy = clean + np.random.default_rng(seed).normal(0, 2e-11, clean.size)
    branch = "depression" if backwards else "potentiation"
    fit = fit_exponential_update(noisy[::-1] if backwards else noisy, branch)
    for name, true in {"curvature": bend, "G_min": 1e-9, "G_range": 4e-9}.items():
        assert abs(fit[name].value - true) < 6 * fit[name].standard_error


def test_constants_are_those_of_the_printed_law():
    a, b, low, pulses = 9.0, 3e-9, 1e-9, 25
    p = np.arange(pulses + 1)
    fit = fit_exponential_update(b * (1 - np.exp(-p / a)) + low)
    assert update_constants(fit, pulses) == pytest.approx((a, b), rel=1e-6)
    line = fit_exponential_update(update(0.0))
    assert abs(line["curvature"].value) < 1e-5


def test_wrong_direction_and_step_are_told():
    falling = fit_exponential_update(update(2.0)[::-1])
    assert not falling.is_identifiable
    assert "other way" in falling.note
    step = fit_exponential_update([0.0] + [1.0] * 20)
    assert "bound" in step.note


@settings(max_examples=30, deadline=None)
@given(st.floats(-3, 4), st.floats(2, 50), st.booleans())
def test_exponent_round_trip(alpha, ratio, backwards):
    w = np.linspace(0, 1, 31)
    if abs(alpha) < 0.05:
        alpha, g = 0.0, ratio**w
    else:
        g = ((ratio**alpha - 1) * w + 1) ** (1 / alpha)
    branch = "depression" if backwards else "potentiation"
    fit = fit_conductance_exponent(2e-9 * (g[::-1] if backwards else g), branch)
    assert fit["alpha"].value == pytest.approx(alpha, abs=1e-4)
    assert fit["G_min"].value == pytest.approx(2e-9, rel=1e-4)


def test_line_has_exponent_one_and_r_squared_one():
    assert fit_conductance_exponent(update(0.0))["alpha"].value == pytest.approx(1, abs=1e-6)
    assert line_r_squared(update(0.0)) == pytest.approx(1.0)
    rng = np.random.default_rng(1)
    y = rng.normal(size=40)
    assert line_r_squared(y) == pytest.approx(np.corrcoef(np.arange(40), y)[0, 1] ** 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit_exponential_update([1.0, 2.0]), "three values"),
        (lambda: fit_exponential_update([1.0, 2.0, 3.0], "up"), "unknown branch"),
        (lambda: fit_conductance_exponent([0.0, 1.0, 2.0]), "positive"),
    ],
)
def test_impossible_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
