"""The shapes for behavioural sources: their formulas, limits and signs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def swept(run_cells, expressions, low, high):
    """Give z and each expression of z, where z sweeps from low to high."""
    lines = [f"Vz z 0 PWL(0 {low!r} 1 {high!r})"]
    lines += [f"B{k} out{k} 0 V={text}" for k, text in enumerate(expressions)]
    wanted = ["z", *(f"out{k}" for k in range(len(expressions)))]
    found = run_cells(["smooth"], lines, wanted, 1.0, largest_step=2e-3)
    return [found[name] for name in wanted]


@settings(max_examples=5)
@given(
    width=st.floats(0.01, 2), low=st.floats(-3, 0), span=st.floats(0.5, 4), power=st.floats(1.5, 14)
)
def test_each_function_is_its_formula(run_cells, width, low, span, power):
    high = low + span
    z, soft, step, limit, hill = swept(
        run_cells,
        [
            f"softplus(V(z),{width!r})",
            f"smooth_step(V(z),{width!r})",
            f"smooth_limit(V(z),{low!r},{high!r},{width!r})",
            f"hill(V(z),{power!r})",
        ],
        -10.0,
        10.0,
    )

    def softplus(x):
        return (x + np.sqrt(x**2 + width**2)) / 2

    assert soft == pytest.approx(softplus(z), rel=1e-5, abs=1e-5)
    assert step == pytest.approx((1 + z / np.sqrt(z**2 + width**2)) / 2, rel=1e-5, abs=1e-5)
    assert limit == pytest.approx(low + softplus(z - low) - softplus(z - high), abs=1e-5)
    positive = np.maximum(z, 0)
    assert hill == pytest.approx(positive**power / (1 + positive**power), rel=1e-5, abs=1e-7)
    assert (hill[z <= 0] == 0).all()
    # bounds and signs, whatever the parameters
    assert (soft >= 0).all()
    assert ((step >= 0) & (step <= 1)).all()
    assert ((limit >= low - width) & (limit <= high + width)).all()
    assert ((hill >= 0) & (hill <= 1)).all()


def test_exponentials_are_exact_inside_their_bounds_and_flat_outside(run_cells):
    z, exp, sinh = swept(
        run_cells, ["1e-30*bounded_exp(V(z))", "1e-30*bounded_sinh(V(z))"], -200.0, 200.0
    )
    held = np.clip(z, -80, 80)
    assert exp == pytest.approx(1e-30 * np.exp(held), rel=1e-4, abs=1e-9)
    assert sinh == pytest.approx(1e-30 * np.sinh(held), rel=1e-4, abs=1e-9)


def test_arguments_may_be_expressions(run_cells):
    z, sloped, bent = swept(run_cells, ["bounded_exp(1-2*V(z))", "softplus(V(z)-1,0.5+0.5)"], 0, 2)
    assert sloped == pytest.approx(np.exp(1 - 2 * z), rel=1e-6)
    assert bent == pytest.approx((z - 1 + np.sqrt((z - 1) ** 2 + 1)) / 2, rel=1e-6)


@pytest.mark.parametrize(("period", "seed"), [(7.0, 1.0), (2.0, 5.5)])
def test_wander_is_its_formula_and_repeats_with_its_seed(run_cells, period, seed):
    lines = [
        f"Ba a 0 V=wander({period!r},{seed!r})",
        f"Bb b 0 V=wander({period!r},{seed!r})",
        f"Bc c 0 V=wander({period!r},{seed + 1!r})",
    ]
    found = run_cells(["wander"], lines, ["a", "b", "c"], 400.0, largest_step=0.2)
    t, a = found["time"], found["a"]
    golden = (1 + np.sqrt(5)) / 2
    wave = sum(
        np.sin(2 * np.pi * (t / (period * golden**k) + seed * s))
        for k, s in enumerate([1.0, np.sqrt(5), np.sqrt(11)])
    )
    assert a == pytest.approx(np.sqrt(2 / 3) * wave, abs=2e-3)
    assert (a == found["b"]).all()
    assert np.abs(a - found["c"]).max() > 0.5
    even = np.interp(np.linspace(0, 400, 20_001), t, a)
    assert even.mean() == pytest.approx(0, abs=0.05)
    assert even.std() == pytest.approx(1, abs=0.05)
    assert np.abs(a).max() <= 2.45
