"""The state between two rates, and the drives, against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp


@settings(max_examples=8)
@given(
    first=st.tuples(st.floats(0, 50), st.floats(0, 50)),
    second=st.tuples(st.floats(0, 50), st.floats(0, 50)),
    retention=st.floats(0.5, 1e5),
    rest=st.floats(0, 1),
)
def test_driven_state_is_exponential_between_constant_rates(
    run_cells, first, second, retention, rest
):
    lines = [
        f"Vu u 0 PWL(0 {first[0]!r} 1 {first[0]!r} 1.000001 {second[0]!r})",
        f"Vd d 0 PWL(0 {first[1]!r} 1 {first[1]!r} 1.000001 {second[1]!r})",
        f"Xs x u d driven_state retention={retention!r} rest={rest!r}",
    ]
    found = run_cells(["driven_state"], lines, ["x"], 2.0)
    rates = [sum(both) + 1 / retention for both in (first, second)]
    start, end = (
        (up + rest / retention) / rate for (up, _), rate in zip((first, second), rates, strict=True)
    )
    since = np.maximum(found["time"] - 1.0, 0)
    exact = end + (start - end) * np.exp(-rates[1] * since)
    assert found["x"] == pytest.approx(exact, abs=1e-3)
    assert found["x"].min() >= -1e-6
    assert found["x"].max() <= 1 + 1e-6


def test_driven_state_with_rates_that_move(run_cells):
    lines = ["Vu u 0 SIN(2 2 0.5)", "Vd d 0 SIN(1 1 0.3)", "Xs x u d driven_state retention=5"]
    found = run_cells(["driven_state"], lines, ["x"], 8.0)

    def slope(t, x):
        up, down = 2 + 2 * np.sin(np.pi * t), 1 + np.sin(0.6 * np.pi * t)
        return up * (1 - x) - down * x - x / 5

    exact = solve_ivp(slope, (0, 8), [2 / 3.2], "Radau", found["time"], rtol=1e-9, atol=1e-12)
    assert found["x"] == pytest.approx(exact.y[0], abs=1e-3)


@settings(max_examples=6)
@given(
    power=st.floats(0.25, 4),
    width=st.floats(1e-3, 0.1),
    slope=st.floats(0.15, 2),
    reference=st.floats(2, 8),
)
def test_each_drive_is_its_formula(run_cells, power, width, slope, reference):
    expressions = [
        f"power_drive(V(z),{power!r},{width!r})",
        f"forward_power(V(z),{power + 1!r})",
        f"forward_sinh(V(z),{reference!r},{slope!r})",
    ]
    lines = ["Vz z 0 PWL(0 -2 1 2)"]
    lines += [f"B{k} out{k} 0 V={text}" for k, text in enumerate(expressions)]
    wanted = ["z", "out0", "out1", "out2"]
    found = run_cells(["drives"], lines, wanted, 1.0, largest_step=2e-3)
    z, even, forward, sinh = (found[name] for name in wanted)
    assert even == pytest.approx(z**2 * (z**2 + width**2) ** (power / 2 - 1), rel=1e-5, abs=1e-9)
    assert forward == pytest.approx(np.maximum(z, 0) ** (power + 1), rel=1e-5, abs=1e-9)
    exact = (np.sinh(np.maximum(z, 0) / (2 * slope)) / np.sinh(reference / (2 * slope))) ** 2
    assert sinh == pytest.approx(exact, rel=1e-5, abs=1e-12)
    # signs, and the limits that the header names
    assert (even >= 0).all()
    assert (forward[z <= 0] == 0).all()
    assert (sinh[z <= 0] == 0).all()
    far = np.abs(z) > 10 * width
    limit = np.abs(z[far]) ** power
    assert np.abs(even[far] / limit - 1).max() <= 1.1 * abs(1 - power / 2) * 0.01 + 1e-5


def test_a_power_below_one_has_no_corner_at_zero_volts(run_cells):
    """|u|^0.44 rises infinitely steeply at 0; the drive is a parabola there."""
    lines = ["Vz z 0 PWL(0 -1e-3 1 1e-3)", "B0 out 0 V=power_drive(V(z),0.44,0.01)"]
    found = run_cells(["drives"], lines, ["z", "out"], 1.0, largest_step=5e-3)
    parabola = found["z"] ** 2 * 0.01 ** (0.44 - 2)
    assert found["out"] == pytest.approx(parabola, rel=0.02, abs=1e-9)


def test_drives_stay_finite_far_outside_their_range(run_cells):
    lines = ["Vz z 0 PWL(0 -1e4 1 1e4)", "B0 out 0 V=1e-60*forward_sinh(V(z),5,0.1)"]
    found = run_cells(["drives"], lines, ["out"], 1.0)
    assert np.isfinite(found["out"]).all()
    assert found["out"].min() >= 0
