"""Fits of many runs at once: against another solver, against the truth, and one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares
from scipy.special import stdtrit

from optospice.metrics.decay_models import decay_model
from optospice.metrics.fitting import fit_block
from optospice.metrics.separable import SeparableModel

T = np.unique(np.concatenate([[0.0], np.geomspace(1e-5, 6.0, 70), np.linspace(0.0, 6.0, 60)]))
WEIGHTS = np.gradient(T) / np.gradient(T).mean()
LAWS = ("exponential", "double_exponential", "stretched_exponential", "power_law")


def law(name: str, free: bool = True) -> tuple[SeparableModel, np.ndarray, np.ndarray]:
    """A law, the times at which it is fitted, and the weight of each."""
    inside = T > 0.05 if name == "power_law" else np.full(T.size, fill_value=True)
    return decay_model(name, free, 6.0), T[inside], WEIGHTS[inside]


def theta_of(name: str, rng: np.random.Generator) -> np.ndarray:
    if name == "double_exponential":
        fast = rng.uniform(0.1, 0.3)
        return np.array([fast, fast * rng.uniform(5, 10)])
    if name == "stretched_exponential":
        return np.array([rng.uniform(0.4, 1.5), rng.uniform(0.5, 1.4)])
    return np.array([rng.uniform(0.3, 2.0)])


def drawn(name: str, free: bool, seed: int, noise: float, runs: int = 4):
    """A law with its data for several runs, and the truth of each."""
    model, x, w = law(name, free)
    rng = np.random.default_rng(seed)
    theta = np.array([theta_of(name, rng) for _ in range(runs)])
    linear = rng.uniform(0.5, 2.0, (runs, len(model.linear)))
    y = np.einsum("rm,rmp->rp", linear, model.basis(theta, x))
    y += noise * rng.normal(size=y.shape)
    return model, x, w, y, np.concatenate([linear, theta], axis=1)


def another_solution(model: SeparableModel, x, y, w, begin):
    """All parameters at once by SciPy, with its sandwich from its own numerical Jacobian."""
    split = len(model.linear)

    def predicted(p):
        return p[:split] @ model.basis(p[None, split:], x)[0]

    found = least_squares(
        lambda p: np.sqrt(w) * (predicted(p) - y),
        begin,
        jac="3-point",
        x_scale=np.abs(begin),
        xtol=3e-16,
        ftol=3e-16,
        gtol=3e-16,
        max_nfev=2000,
    )
    jacobian = found.jac / np.sqrt(w)[:, None]
    inverse = np.linalg.inv(found.jac.T @ found.jac)
    centre = (jacobian.T * w**2) @ jacobian
    effective = w.sum() ** 2 / (w @ w)
    square = found.fun @ found.fun / y.size / (1 - begin.size / effective)
    return found.x, np.sqrt(np.diag(inverse @ centre @ inverse) * square)


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("free", [True, False])
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), decade=st.floats(-6, -2.5))
def test_another_solver_ends_at_the_same_place(name, free, seed, decade):
    model, x, w, y, truth = drawn(name, free, seed, 10.0**decade)
    fits = fit_block(model, x, y, w)
    for run in range(len(y)):
        values, errors = another_solution(model, x, y[run], w, truth[run])
        # the solver itself stops within a small share of an error
        assert fits.estimates[run] == pytest.approx(values, abs=1e-4 * errors.min(), rel=1e-6)
        assert fits.errors[run] == pytest.approx(errors, rel=1e-4)


@pytest.mark.parametrize("name", LAWS)
def test_derivatives_of_the_laws_are_those_of_their_differences(name):
    for free in (True, False):
        model, x, _ = law(name, free)
        theta = np.array([theta_of(name, np.random.default_rng(seed)) for seed in range(5)])
        plain = SeparableModel(
            **{
                key: getattr(model, key)
                for key in SeparableModel.__dataclass_fields__
                if key != "slopes"
            }
        )
        exact, rough = model.derivatives(theta, x), plain.derivatives(theta, x)
        assert exact.shape == rough.shape
        assert exact == pytest.approx(rough, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", LAWS)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(1e-12, 1e6))
def test_what_generated_the_data_comes_back(name, seed, scale):
    model, x, w, y, truth = drawn(name, True, seed, 0.0)
    fits = fit_block(model, x, scale * y, w)
    split = len(model.linear)
    expected = np.concatenate([scale * truth[:, :split], truth[:, split:]], axis=1)
    assert not fits.lost.any()
    assert fits.estimates == pytest.approx(expected, rel=1e-5)


def test_intervals_of_a_block_hold_the_truth_as_often_as_they_say():
    model, x, w = law("exponential")
    rng = np.random.default_rng(5)
    tau, runs = 1.3, 2000
    y = 0.3 + np.exp(-x / tau) + 0.02 * rng.normal(size=(runs, x.size))
    fits = fit_block(model, x, y, w)
    quantile = stdtrit(fits.sample_counts - 3, 0.975)
    distance = np.abs(fits.of("tau") - tau) / fits.errors[:, 2]
    share = float((distance < quantile).mean())
    assert abs(share - 0.95) < 4 * np.sqrt(0.95 * 0.05 / runs)


@settings(max_examples=15, deadline=None)
@given(
    name=st.sampled_from(LAWS[:1] + LAWS[2:]),
    seed=st.integers(0, 10_000),
    kinds=st.lists(st.sampled_from(["law", "constant", "nan", "line", "infinite"]), min_size=2),
)
def test_a_run_does_not_feel_its_neighbours(name, seed, kinds):
    model, x, w, y, _ = drawn(name, True, seed, 1e-3, len(kinds))
    for row, kind in zip(y, kinds, strict=True):
        if kind == "constant":
            row[:] = 1.0
        elif kind == "line":
            row[:] = 1.0 - 1e-3 * x
        elif kind != "law":
            row[3] = np.nan if kind == "nan" else np.inf
    fits = fit_block(model, x, y, w)
    for run, kind in enumerate(kinds):
        alone = fit_block(model, x, y[run : run + 1], w)
        assert fits.notes[run] == alone.notes[0]
        assert bool(fits.lost[run]) == bool(alone.lost[0])
        if not fits.lost[run]:
            assert fits.estimates[run] == pytest.approx(alone.estimates[0], rel=1e-9)
        if kind == "constant":
            assert "constant" in fits.notes[run]
        if kind in ("nan", "infinite"):
            assert "not numbers" in fits.notes[run]


def test_too_few_points_are_told_for_every_run():
    model, x, w = law("double_exponential")
    fits = fit_block(model, x[:5], np.ones((3, 5)), w[:5])
    assert set(fits.notes) == {"not identifiable: 5 points are too few for 5 parameters"}
    assert fits.lost.all()
    assert np.isnan(fits.estimates).all()


def test_a_line_is_no_exponential():
    model, x, w = law("exponential")
    fits = fit_block(model, x, np.stack([1 - 1e-3 * x, np.exp(-x)]), w)
    assert fits.lost.tolist() == [True, False]
    assert "bound of its search" in fits.notes[0]


def test_a_faint_second_exponential_is_found():
    # far from it the best place is one where both time constants are the same
    model, x, w = law("double_exponential")
    y = np.exp(-x) + 1e-5 * np.exp(-x / 0.1)
    fits = fit_block(model, x, np.stack([y, 2 * y]), w)
    assert fits.of("tau1") == pytest.approx(np.full(2, 0.1), rel=1e-6)
    assert fits.of("A1") == pytest.approx([1e-5, 2e-5], rel=1e-6)
