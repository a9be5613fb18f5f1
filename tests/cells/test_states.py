"""Memristive and volatile states against closed forms and scipy."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp


def hill(u, m):
    return np.where(u > 0, np.maximum(u, 0) ** m / (1 + np.maximum(u, 0) ** m), 0.0)


memristive = st.fixed_dictionaries(
    {
        "rate": st.floats(0.1, 100),
        "threshold": st.floats(0.5, 5),
        "steepness": st.floats(1.5, 12),
        "reset_ratio": st.floats(0, 4),
        "retention": st.floats(0.5, 1e5),
        "rest": st.floats(0, 1),
    }
)
volatile = st.fixed_dictionaries(
    {
        "rate": st.floats(0.1, 100),
        "threshold": st.floats(0.5, 5),
        "steepness": st.floats(1.5, 12),
        "lifetime": st.floats(0.05, 20),
        "slowing": st.floats(0, 20),
    }
)


def spelled(parameters):
    return " ".join(f"{name}={value!r}" for name, value in parameters.items())


def memristive_rates(p, v, noise=0.0):
    scale = p["rate"] * np.exp(noise)
    up = scale * hill(v / p["threshold"], p["steepness"])
    return up, p["reset_ratio"] * scale * hill(-v / p["threshold"], p["steepness"])


def steps(t, start, levels, width, rate, target):
    """Solve dx/dt = rate(v) (target(v) - x) for levels held for `width` each, exactly."""
    x = np.empty_like(t)
    for k, level in enumerate(levels):
        inside = (t >= k * width) & (t <= (k + 1) * width)
        fall = np.exp(-rate(level) * (t[inside] - k * width))
        x[inside] = target(level) + (start - target(level)) * fall
        start = target(level) + (start - target(level)) * np.exp(-rate(level) * width)
    return x


def staircase(levels, width):
    edge = 1e-6 * width
    points = [f"0 {levels[0]!r}"]
    for k, (old, new) in enumerate(itertools.pairwise(levels), start=1):
        points += [f"{k * width!r} {old!r}", f"{k * width + edge!r} {new!r}"]
    return f"PWL({' '.join(points)})"


@settings(max_examples=8)
@given(
    p=memristive,
    levels=st.lists(st.floats(-10, 10), min_size=2, max_size=4),
    noise=st.floats(-1, 1),
)
def test_memristive_state_is_exponential_at_constant_voltage(run_cells, p, levels, noise):
    levels = [0.0, *levels, 0.0]
    lines = [
        f"Vp p 0 {staircase(levels, 1.0)}",
        f"Ve e 0 {noise!r}",
        f"Xs p 0 x e memristive_state {spelled(p)}",
    ]
    found = run_cells(["memristive_state"], lines, ["x"], float(len(levels)))

    def rate(v):
        return sum(memristive_rates(p, v, noise)) + 1 / p["retention"]

    def target(v):
        return (memristive_rates(p, v, noise)[0] + p["rest"] / p["retention"]) / rate(v)

    exact = steps(found["time"], p["rest"], levels, 1.0, rate, target)
    assert found["x"] == pytest.approx(exact, abs=1e-3)
    assert found["x"].min() >= -1e-6
    assert found["x"].max() <= 1 + 1e-6


@settings(max_examples=8)
@given(
    p=volatile,
    levels=st.lists(st.floats(-10, 10), min_size=2, max_size=4),
    hold=st.floats(0, 1),
)
def test_volatile_state_is_exponential_at_constant_voltage(run_cells, p, levels, hold):
    levels = [0.0, *levels, 0.0]
    lines = [
        f"Vp p 0 {staircase(levels, 1.0)}",
        f"Vh h 0 {hold!r}",
        f"Xs p 0 x h volatile_state {spelled(p)}",
        "Vm m 0 0",
        f"Xm 0 p y h volatile_state {spelled(p)}",
    ]
    found = run_cells(["volatile_state"], lines, ["x", "y"], float(len(levels)))

    def filling(v):
        return p["rate"] * hill(abs(v) / p["threshold"], p["steepness"])

    def rate(v):
        return filling(v) + 1 / (p["lifetime"] * (1 + p["slowing"] * hold))

    exact = steps(found["time"], 0.0, levels, 1.0, rate, lambda v: filling(v) / rate(v))
    assert found["x"] == pytest.approx(exact, abs=1e-3)
    assert found["y"] == pytest.approx(exact, abs=1e-3)  # either polarity
    assert found["x"].min() >= -1e-6
    assert found["x"].max() <= 1 + 1e-6


@settings(max_examples=4)
@given(p=memristive, q=volatile, amplitude=st.floats(1, 8), frequency=st.floats(0.2, 2))
def test_states_under_a_sine_follow_scipy(run_cells, p, q, amplitude, frequency):
    lines = [
        f"Vp p 0 SIN(0 {amplitude!r} {frequency!r})",
        f"Xs p 0 x 0 memristive_state {spelled(p)}",
        f"Xf p 0 y x volatile_state {spelled(q)}",
    ]
    cells = ["memristive_state", "volatile_state"]
    found = run_cells(cells, lines, ["x", "y"], 4 / frequency, largest_step=0.02 / frequency)

    def slope(t, state):
        x, y = state
        v = amplitude * np.sin(2 * np.pi * frequency * t)
        up, down = memristive_rates(p, v)
        fill = q["rate"] * hill(abs(v) / q["threshold"], q["steepness"])
        return [
            up * (1 - x) - down * x + (p["rest"] - x) / p["retention"],
            fill * (1 - y) - y / (q["lifetime"] * (1 + q["slowing"] * x)),
        ]

    start = [p["rest"], 0.0]
    span = (0, float(found["time"][-1]))
    exact = solve_ivp(
        slope, span, start, "Radau", found["time"], rtol=1e-8, atol=1e-10, max_step=0.02 / frequency
    )
    assert found["x"] == pytest.approx(exact.y[0], abs=1e-3)
    assert found["y"] == pytest.approx(exact.y[1], abs=1e-3)


def test_operating_point_is_the_state_after_an_infinite_time(run_cells):
    lines = ["Vp p 0 2", "Xs p 0 x 0 memristive_state rate=1 threshold=2 retention=10 rest=0.5"]
    x = run_cells(["memristive_state"], lines, ["x"], 1.0)["x"]
    assert x == pytest.approx((0.5 + 0.05) / (0.5 + 0.1), rel=1e-6)


def test_states_keep_within_their_bounds_under_hard_drive(run_cells):
    lines = [
        "Vp p 0 PULSE(-20 20 1m 1u 1u 10m 20m)",
        "Xs p 0 x 0 memristive_state rate=1e4",
        "Xf p 0 y x volatile_state rate=1e4",
    ]
    found = run_cells(["memristive_state", "volatile_state"], lines, ["x", "y"], 0.1)
    for name in ("x", "y"):
        assert found[name].min() >= -1e-6
        assert 0.99 < found[name].max() <= 1 + 1e-6
