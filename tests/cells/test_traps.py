"""Light, carriers and traps against their closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

BOLTZMANN = 8.617333262e-5  # eV/K
rates = st.floats(0.01, 20)
times = st.floats(0.05, 50)


def arrhenius(energy, reference, temperature):
    return np.exp(-energy / BOLTZMANN * (1 / (temperature + 273.15) - 1 / (reference + 273.15)))


@settings(max_examples=6)
@given(energy=st.floats(0, 1), reference=st.floats(-20, 100), temperature=st.floats(-40, 125))
def test_arrhenius_factor(run_cells, energy, reference, temperature):
    lines = [
        f"Ba a 0 V=log(arrhenius({energy!r},{reference!r}))",
        f"Bb b 0 V=arrhenius({energy!r},{temperature!r})",
    ]
    found = run_cells(["arrhenius"], lines, ["a", "b"], 1.0, temperature)
    assert found["a"][-1] == pytest.approx(
        np.log(arrhenius(energy, reference, temperature)), rel=1e-4, abs=1e-5
    )
    assert found["b"][-1] == pytest.approx(1.0, abs=1e-6)


@settings(max_examples=8)
@given(
    capture=rates,
    release=times,
    carriers=st.floats(0.05, 3),
    energy=st.floats(0, 0.6),
    temperature=st.floats(0, 60),
)
def test_trap_fills_and_empties_as_two_exponentials(
    run_cells, capture, release, carriers, energy, temperature
):
    width, stop = 5.0, 20.0
    lines = [
        f"Vg g 0 PULSE(0 {carriers!r} 1 1u 1u {width!r} 1000)",
        f"Xtrap n g trap capture_rate={capture!r} release_time={release!r} "
        f"activation_energy={energy!r} temperature_ref=27",
    ]
    found = run_cells(["trap"], lines, ["n"], stop, temperature)
    t, n = found["time"], found["n"]
    out = arrhenius(energy, 27, temperature) / release
    both = capture * carriers + out
    full = capture * carriers / both
    lit = full * -np.expm1(-both * np.clip(t - 1, 0, width))
    exact = lit * np.exp(-out * np.clip(t - 1 - width, 0, None))
    assert n == pytest.approx(exact, abs=1e-3 * exact.max())
    assert n.min() >= -1e-6
    assert n.max() <= 1


def fermi(level, degeneracy, temperature):
    return 1 / (1 + np.exp(level / BOLTZMANN / (temperature + 273.15)) / degeneracy)


@settings(max_examples=8)
@given(
    release=times,
    degeneracy=st.floats(0.1, 4),
    level=st.floats(0, 0.3),
    energy=st.floats(0, 0.6),
    temperature=st.floats(-20, 80),
    carriers=st.floats(0.05, 1),
)
def test_heat_fills_a_trap_to_its_fermi_occupancy(
    run_cells, release, degeneracy, level, energy, temperature, carriers
):
    """At rest, and again after light: an excess decays with emission and capture together."""
    stop = 40.0
    lines = [
        f"Vg g 0 PULSE(0 {carriers!r} 1 1u 1u 5 1000)",
        f"Xtrap n g trap capture_rate=0.5 release_time={release!r} activation_energy={energy!r} "
        f"temperature_ref=27 thermal_filling={degeneracy!r} trap_level={level!r}",
    ]
    found = run_cells(["trap"], lines, ["n"], stop, temperature)
    t, n = found["time"], found["n"]
    rest = fermi(level, degeneracy, temperature)
    assert n[0] == pytest.approx(rest, rel=1e-5)
    assert n.max() <= 1 + 1e-6
    emission = arrhenius(energy, 27, temperature) / release
    capture = emission * rest / (1 - rest)  # detailed balance
    both = 0.5 * carriers + capture + emission
    full = (0.5 * carriers + capture) / both
    lit = full + (rest - full) * np.exp(-both * np.clip(t - 1, 0, 5))
    exact = rest + (lit - rest) * np.exp(-(capture + emission) * np.clip(t - 6, 0, None))
    assert n == pytest.approx(exact, abs=1e-3 * exact.max())


def test_thermal_capture_and_emission_have_the_slopes_of_their_energies(run_cells):
    """Emission by its activation energy; capture by that and the level above the Fermi level."""
    energy, level, kelvin = 0.4, 0.15, np.array([260.0, 300.0, 340.0])
    emission, capture = [], []
    for temperature in (kelvin - 273.15).tolist():
        given = f"release_time=10 activation_energy={energy} thermal_filling=1 trap_level={level}"
        lines = [f"Xtrap n 0 trap {given}", "Vfull m 0 1", "Vempty o 0 0"]
        # the same right-hand side at a full and at an empty trap: currents of held copies
        lines += [f"Xfull m 0 trap {given}", f"Xempty o 0 trap {given}"]
        wanted = ["n", "vfull#branch", "vempty#branch"]
        found = run_cells(["trap"], lines, wanted, 1.0, temperature)
        emission.append(-found["vfull#branch"][-1] / 1e-9)
        capture.append(found["vempty#branch"][-1] / 1e-9)
        assert found["n"][-1] == pytest.approx(1 / (1 + emission[-1] / capture[-1]), rel=1e-5)
    places = -1 / (BOLTZMANN * kelvin)
    assert np.polyfit(places, np.log(emission), 1)[0] == pytest.approx(energy, rel=1e-4)
    assert np.polyfit(places, np.log(capture), 1)[0] == pytest.approx(energy + level, rel=1e-4)


@pytest.mark.parametrize("temperature", [7.0, 27.0, 57.0])
def test_without_thermal_filling_the_trap_is_what_it_was(run_cells, temperature):
    """Digit for digit the equation without heat in the dark."""
    lines = [
        ".subckt plain n carriers params: capture_rate=1 release_time=10",
        "Cn n 0 1e-9",
        "Bn 0 n I=1e-9*(({capture_rate})*V(carriers)*(1-V(n))"
        "-({1/release_time})*arrhenius(0.3,27)*V(n))",
        ".ends plain",
        "Vg g 0 PULSE(0 0.7 1 1u 1u 5 1000)",
        "Xa a g plain capture_rate=0.5 release_time=7",
        "Xb b g trap capture_rate=0.5 release_time=7 activation_energy=0.3 temperature_ref=27 "
        "thermal_filling=0 trap_level=0.37",
    ]
    found = run_cells(["trap"], lines, ["a", "b"], 20.0, temperature)
    assert found["a"].max() > 0.3
    assert found["b"] == pytest.approx(found["a"], rel=1e-12, abs=1e-15)


def test_trap_keeps_within_its_bounds_under_hard_drive(run_cells):
    lines = ["Vg g 0 PULSE(0 1e4 1m 1u 1u 10m 20m)", "Xtrap n g trap capture_rate=1000"]
    n = run_cells(["trap"], lines, ["n"], 0.1)["n"]
    assert n.min() >= -1e-6
    assert 0.99 < n.max() <= 1 + 1e-6


@settings(max_examples=6)
@given(
    lifetime=st.just(0.0) | st.floats(1e-3, 2),
    first=st.floats(0, 3),
    second=st.floats(0, 3),
    light=st.floats(0.1, 5),
)
def test_colours_add_up_and_carriers_follow_with_one_lifetime(
    run_cells, lifetime, first, second, light
):
    def circuit(name, colours):
        rows = [f"Xc{name} g{name} photocarriers lifetime={lifetime!r}"]
        return rows + [
            f"Xp{name}{k} g{name} {node} photogeneration "
            f"responsivity={weight!r} irradiance_ref=1.22"
            for k, (node, weight) in enumerate(colours)
        ]

    lines = [
        f"Vl l 0 PULSE(0 {light!r} 1 1u 1u 2 1000)",
        *circuit("a", [("l", first)]),
        *circuit("b", [("l", second)]),
        *circuit("ab", [("l", first), ("l", second), ("open", 5.0)]),
    ]
    found = run_cells(["photogeneration", "photocarriers"], lines, ["ga", "gb", "gab"], 6.0)
    t = found["time"]
    inside = (np.abs(t - 1) > 1e-4) & (np.abs(t - 3) > 1e-4)
    if lifetime:
        lit = -np.expm1(-np.clip(t - 1, 0, 2) / lifetime)
        shape = lit * np.exp(-np.clip(t - 3, 0, None) / lifetime)
    else:
        shape = ((t > 1) & (t < 3)).astype(float)
    for name, weight in (("ga", first), ("gb", second), ("gab", first + second)):
        exact = weight * light / 1.22 * shape
        allowed = 1e-3 * exact.max() + 1e-9
        assert np.abs(found[name] - exact)[inside].max() <= allowed


@settings(max_examples=6)
@given(
    resistance=st.floats(1e3, 1e9),
    coupling=st.floats(0, 20),
    first=st.floats(0, 1),
    second=st.floats(0, 1),
    energy=st.just(0.0) | st.floats(0, 0.5),
    temperature=st.just(27.0) | st.floats(-40, 120),
)
def test_resistor_is_raised_by_the_barrier_of_both_traps(
    run_cells, resistance, coupling, first, second, energy, temperature
):
    """The barrier is fixed: in units of kT it falls with the temperature."""
    lines = [
        "Va a 0 PWL(0 -5 1 5)",
        f"Vn n1 0 {first!r}",
        f"Vm n2 0 {second!r}",
        f"Xr a 0 n1 n2 trap_resistor resistance={resistance!r} coupling={coupling!r} "
        f"activation_energy={energy!r} temperature_ref=27",
        "Vb b 0 PWL(0 -5 1 5)",
        f"Xo b 0 n1 n2 trap_resistor resistance={resistance!r}",
    ]
    wanted = ["a", "va#branch", "vb#branch"]
    found = run_cells(["trap_resistor"], lines, wanted, 1.0, temperature, largest_step=0.02)
    ohmic = found["a"] / resistance
    barrier = coupling * (first + second) * 300.15 / (temperature + 273.15)
    raised = ohmic * arrhenius(energy, 27, temperature) * np.exp(-barrier)
    scale = np.abs(raised).max()
    assert -found["va#branch"] == pytest.approx(raised, rel=1e-4, abs=1e-6 * scale + 1e-17)
    assert -found["vb#branch"] == pytest.approx(ohmic, rel=1e-4, abs=1e-6 * np.abs(ohmic).max())


@settings(max_examples=5)
@given(
    series=st.floats(1e6, 1e8),
    resistance=st.floats(1e6, 1e8),
    capacitance=st.floats(1e-9, 1e-6),
    coupling=st.floats(0, 5),
    trapped=st.floats(0, 1),
    energy=st.just(0.0) | st.floats(0, 0.5),
    temperature=st.just(27.0) | st.floats(0, 60),
)
def test_network_is_a_leak_parallel_to_a_capacitor(
    run_cells, series, resistance, capacitance, coupling, trapped, energy, temperature
):
    barrier = coupling * trapped * 300.15 / (temperature + 273.15)
    leak = resistance * math.exp(barrier) / float(arrhenius(energy, 27, temperature))
    tau = capacitance * series * leak / (series + leak)
    stop = 6 * tau
    lines = [
        f"Va a 0 PULSE(1 -3 {tau!r} {1e-6 * tau!r} {1e-6 * tau!r} {stop!r} {10 * stop!r})",
        f"Rs a b {series!r}",
        f"Vn n 0 {trapped!r}",
        f"Xnet b 0 n 0 trap_network resistance={resistance!r} capacitance={capacitance!r} "
        f"coupling={coupling!r} activation_energy={energy!r}",
    ]
    found = run_cells(["trap_network"], lines, ["b"], stop, temperature)
    gain = leak / (series + leak)
    after = np.clip(found["time"] / tau - 1, 0, None)
    exact = gain * (-3 + 4 * np.exp(-after))
    assert found["b"] == pytest.approx(exact, abs=1e-3 * np.abs(exact).max())


def test_network_with_a_barrier_that_moves(run_cells):
    lines = [
        "Va a 0 5",
        "Rs a b 1e7",
        "Vn n 0 SIN(0.5 0.5 0.5)",
        "Xnet b 0 n 0 trap_network resistance=25e6 capacitance=200e-9 coupling=2",
    ]
    found = run_cells(["trap_network"], lines, ["b"], 8.0)

    def slope(t, v):
        n = 0.5 + 0.5 * np.sin(np.pi * t)
        return ((5 - v) / 1e7 - v / 25e6 * np.exp(-2 * n)) / 200e-9

    start = 5 / (1 + 1e7 / 25e6 * np.exp(-1))
    exact = solve_ivp(slope, (0, 8), [start], "Radau", found["time"], rtol=1e-9, atol=1e-12)
    assert found["b"] == pytest.approx(exact.y[0], abs=1e-3 * exact.y[0].max())
