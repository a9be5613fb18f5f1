"""Decay fits: what generated the data comes back, and what the data do not hold is not claimed."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.metrics.decay import choose_decay, decay_time_constant, fit_decay
from optospice.metrics.windows import trapezoidal_weights
from optospice.trace import Trace

END = 2.0


def adaptive(last: float, seed: int = 0, count: int = 300):
    """Return times that crowd behind the pulse end, as a simulator's steps do."""
    rng = np.random.default_rng(seed)
    crowd = END + np.geomspace(1e-6, 1e-2, 120) * last
    return np.unique(
        np.concatenate([[0.0, END], crowd, END + last * rng.random(count), [END + last]])
    )


def noisy(shape, size, seed):
    return shape + np.random.default_rng(seed).normal(0.0, size, shape.size)


@settings(max_examples=25, deadline=None)
@given(
    st.floats(0.05, 50),
    st.floats(1e-9, 1e-6),
    st.booleans(),
    st.floats(1.5, 6),
    st.integers(0, 10_000),
)
def test_exponential_round_trip(tau, size, rising, constants, seed):
    amplitude = -size if rising else size
    t = adaptive(constants * tau, seed)
    offset = 0.3 * size
    i = noisy(offset + amplitude * np.exp(-(t - END) / tau), 0.01 * size, seed)
    fit = fit_decay(Trace(t, i), END)
    for name, true in {"tau": tau, "A": amplitude, "offset": offset}.items():
        assert abs(fit[name].value - true) < 6 * fit[name].standard_error
    known = fit_decay(Trace(t, i), END, baseline=offset)
    assert known["tau"].standard_error < fit["tau"].standard_error
    assert abs(known["tau"].value - tau) < 6 * known["tau"].standard_error


def test_interval_holds_the_truth_as_often_as_it_says():
    t = adaptive(5.0)
    hits = 0
    for seed in range(200):
        fit = fit_decay(Trace(t, noisy(np.exp(-(t - END) / 1.3), 0.02, seed)), END)
        low, high = fit.interval("tau")
        hits += low < 1.3 < high
    assert 180 <= hits <= 199  # 95 % of 200 is 190


@pytest.mark.parametrize("tau", [0.512, 0.540, 0.826])
def test_forgetting_over_2500_ms(tau):
    t = adaptive(2.5)
    fit = fit_decay(Trace(t, 1e-7 + 2e-7 * np.exp(-(t - END) / tau)), END, end=2.5)
    assert fit["tau"].value == pytest.approx(tau, rel=1e-6)
    assert fit.r_squared == pytest.approx(1.0)


def test_double_exponential_round_trip():
    t = adaptive(30.0)
    i = noisy(5 + 2 * np.exp(-(t - END) / 0.8) + np.exp(-(t - END) / 9), 2e-3, 1)
    fit = fit_decay(Trace(t, i), END, "double_exponential")
    for name, true in {"A1": 2, "A2": 1, "tau1": 0.8, "tau2": 9, "offset": 5}.items():
        assert abs(fit[name].value - true) < 5 * fit[name].standard_error
    assert choose_decay(fit, fit_decay(Trace(t, i), END)) is fit


@settings(max_examples=15, deadline=None)
@given(st.floats(0.35, 0.95), st.floats(0.5, 5), st.integers(0, 1000))
def test_stretched_exponential_round_trip(beta, tau, seed):
    t = adaptive(8 * tau, seed)
    i = noisy(np.exp(-(((t - END).clip(0) / tau) ** beta)), 1e-3, seed)
    fit = fit_decay(Trace(t, i), END, "stretched_exponential", baseline=0.0)
    assert abs(fit["beta"].value - beta) < 6 * fit["beta"].standard_error
    assert abs(fit["tau"].value - tau) < 6 * fit["tau"].standard_error


@settings(max_examples=15, deadline=None)
@given(st.floats(0.1, 2), st.integers(0, 1000))
def test_power_law_round_trip(m, seed):
    t = adaptive(100.0, seed)
    i = noisy(0.2 + np.maximum(t - END, 1e-9) ** -m, 1e-4, seed)
    fit = fit_decay(Trace(t, i), END, "power_law", start=0.5)
    for name, true in {"A": 1.0, "m": m, "offset": 0.2}.items():
        assert abs(fit[name].value - true) < 6 * fit[name].standard_error


def test_dense_samples_do_not_dominate():
    # Two time constants: the fit to the whole must not depend on where the samples crowd.
    def law(t):
        return np.exp(-(t - END) / 0.5) + np.exp(-(t - END) / 5)

    even = np.linspace(END, END + 20, 4000)
    crowded = np.unique(np.concatenate([np.linspace(END, END + 0.2, 20_000), even[::4]]))
    tau = [decay_time_constant(Trace(t, law(t)), END).value for t in (even, crowded)]
    assert tau[0] == pytest.approx(tau[1], rel=2e-3)
    weights = trapezoidal_weights([0.0, 1.0, 1.0, 3.0])
    assert weights == pytest.approx(np.array([0.5, 0.5, 1.0, 1.0]) * 4 / 3)


@pytest.mark.parametrize(("baseline", "expected"), [(None, "nan"), (0.0, "value")])
def test_short_window_holds_no_free_offset(baseline, expected):
    t = adaptive(0.3)
    found = decay_time_constant(Trace(t, np.exp(-(t - END))), END, baseline=baseline)
    if expected == "nan":
        assert found.is_missing
        assert found.note == "not identifiable: the window holds 0.3 time constants"
    else:
        assert found.value == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("shape", "model", "why"),
    [
        (lambda s: 1 - 0.01 * s, "exponential", "bound"),
        (lambda s: 0 * s, "exponential", "constant"),
        (lambda s: np.exp(-s), "double_exponential", ""),
        (lambda s: np.random.default_rng(0).normal(size=s.size), "stretched_exponential", ""),
    ],
)
def test_parameters_that_the_data_do_not_hold_are_not_claimed(shape, model, why):
    t = adaptive(5.0)
    fit = fit_decay(Trace(t, noisy(shape(t - END), 0.0, 0)), END, model)
    assert not fit.is_identifiable
    assert all(math.isnan(p.value) for p in fit.parameters.values())
    assert "not identifiable" in fit.note
    assert why in fit.note
    assert all(math.isnan(end) for end in fit.interval(next(iter(fit.parameters))))


def test_windows_that_do_not_exist_are_told_or_refused():
    t = adaptive(5.0)
    i = np.exp(-t)
    assert "not inside" in decay_time_constant(Trace(t, i), END, end=9.0).note
    assert "ends before the window" in decay_time_constant(Trace(t, i), 50.0).note
    with pytest.raises(ValueError, match="must end after"):
        fit_decay(Trace(t, i), END, start=2.0, end=1.0)
    with pytest.raises(ValueError, match="before the pulse ends"):
        fit_decay(Trace(t, i), END, start=-1.0)
    with pytest.raises(ValueError, match="power law"):
        fit_decay(Trace(t, i), END, "power_law")
    with pytest.raises(ValueError, match="did you mean 'exponential'"):
        fit_decay(Trace(t, i), END, "exponental")
    fit = fit_decay(Trace(t, i), END)
    with pytest.raises(ValueError, match="unknown parameter"):
        fit["tao"]
    with pytest.raises(ValueError, match="level"):
        fit.interval("tau", 95)


def test_power_law_needs_decades():
    t = adaptive(10.0)
    fit = fit_decay(
        Trace(t, np.maximum(t - END, 1e-3) ** -0.5), END, "power_law", start=5.0, end=8.0
    )
    assert "decades" in fit.note


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("double_exponential_fast", 0.8),
        ("double_exponential_slow", 9.0),
        ("double_exponential_mean", (2 * 0.8 + 9) / 3),
    ],
)
def test_definitions_of_a_double_exponential(definition, expected):
    t = adaptive(40.0)
    i = noisy(2 * np.exp(-(t - END) / 0.8) + np.exp(-(t - END) / 9), 1e-3, 4)
    found = decay_time_constant(Trace(t, i), END, definition, baseline=0.0)
    assert found.standard_error is not None
    assert abs(found.value - expected) < 5 * found.standard_error


def test_mean_of_a_stretched_exponential_is_its_area():
    t = adaptive(200.0, count=3000)
    i = np.exp(-np.sqrt((t - END).clip(0) / 2.0))
    found = decay_time_constant(Trace(t, i), END, "stretched_exponential_mean", baseline=0.0)
    assert found.value == pytest.approx(4.0, rel=1e-4)  # tau/beta Gamma(1/beta) = 2/0.5
    assert "area over amplitude" in found.definition
    lost = decay_time_constant(Trace(t, np.ones_like(t)), END, "stretched_exponential_mean")
    assert lost.is_missing
    assert lost.note


def test_choice_prefers_fewer_parameters_within_the_resolution():
    t = adaptive(6.0)
    i = np.exp(-(t - END)) + 1e-5 * np.exp(-(t - END) / 0.1)
    models = ("exponential", "double_exponential", "stretched_exponential")
    assert (
        choose_decay(*(fit_decay(Trace(t, i), END, m) for m in models)).model
        == "double_exponential"
    )
    coarse = (fit_decay(Trace(t, i), END, m, resolution=1e-3) for m in models)
    assert choose_decay(*coarse).model == "exponential"


def test_choice_refuses_what_cannot_be_compared():
    t = adaptive(6.0)
    with pytest.raises(ValueError, match="different samples"):
        choose_decay(
            fit_decay(Trace(t, np.exp(-t)), END), fit_decay(Trace(t, np.exp(-t)), END, start=1.0)
        )
    with pytest.raises(ValueError, match="no fits"):
        choose_decay()


@settings(max_examples=15, deadline=None)
@given(st.floats(1e-12, 1e3), st.floats(-10, 10), st.floats(-100, 100), st.floats(1e-6, 1e6))
def test_units_change_nothing(scale, shift, delay, stretch):
    t = adaptive(6.0)
    i = noisy(np.exp(-(t - END) / 1.5), 0.01, 3)
    plain = decay_time_constant(Trace(t, i), END).value
    moved = decay_time_constant(
        Trace(stretch * (t + delay), scale * (i + shift)), stretch * (END + delay)
    ).value
    assert moved == pytest.approx(stretch * plain, rel=1e-4)
