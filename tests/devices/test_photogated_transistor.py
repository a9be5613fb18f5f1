"""The photogated transistor: its channel, its photons, and the gain that follows from both."""

import numpy as np
import pytest
from characteristics import BOLTZMANN, CHARGE, PHOTON, THERMAL, characteristic, ln_one_plus_exp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from optospice.device import find_device
from optospice.stimulus import PulseTrain, Signal
from optospice.testbench import Testbench

NAME = "mos2_pbs_pak2018"
DEVICE = find_device(NAME)
CURRENT = ("i(x.d)",)
#: A channel of 1 um x 10 um of which most numbers are 1; dark, and without holes.
PLAIN = {
    "mobility": 10.0,
    "length": 1.0,
    "width": 10.0,
    "capacitance": 1e-8,
    "threshold": 0.5,
    "slope_factor": 1.5,
}


def channel(p, gate, drain, shift, source=0.0, thermal=THERMAL):
    """Current into the drain [A]: the equations of the header, written again."""
    total = 0.0
    for sign, mobility, threshold in (
        (1, p["mobility"], p["threshold"]),
        (-1, p["hole_mobility"], p["hole_threshold"]),
    ):
        width = 2 * p["slope_factor"] * thermal
        at = [
            ln_one_plus_exp(sign * (gate + shift - end - threshold) / width) ** 2
            for end in (source, drain)
        ]
        beta = mobility * p["capacitance"] * p["width"] / p["length"]
        total = total + sign * 0.5 * beta * width**2 * (at[0] - at[1])
    return total


def full(parameters):
    return {**DEVICE.defaults, **parameters}


def photons(p, irradiance):
    """Photons per area and time that leave a charge [1/cm^2/s]; irradiance [mW/cm^2]."""
    return p["efficiency"] * irradiance * 1e-3 * p["wavelength"] / (PHOTON * CHARGE)


@settings(max_examples=8)
@given(
    slope_factor=st.floats(1, 20),
    threshold=st.floats(-5, 5),
    hole_mobility=st.sampled_from([0.0, 3.0]),
    drain=st.floats(-3, 3),
    temperature=st.floats(250, 380),
)
def test_the_dark_transfer_curve(slope_factor, threshold, hole_mobility, drain, temperature):
    own = {"slope_factor": slope_factor, "threshold": threshold, "hole_mobility": hole_mobility}
    p = full({**PLAIN, **own})
    curve = characteristic(
        NAME, "g", (-8, 8, 41), {"d": drain}, {**PLAIN, **own}, CURRENT, f"{temperature!r} K"
    )
    exact = channel(p, curve.sweep, drain, 0.0, thermal=BOLTZMANN * temperature)
    assert curve["i(x.d)"] == pytest.approx(exact, rel=1e-5, abs=1e-18)


@pytest.mark.parametrize("slope_factor", [1.0, 1.5, 16.79])
def test_a_decade_below_threshold_is_m_vt_ln_10(slope_factor):
    swing = slope_factor * THERMAL * np.log(10)
    start = 0.5 - 9 * swing  # 10 fA, ten thousand times the tolerance of a current
    own = {**PLAIN, "slope_factor": slope_factor, "mobility": 1e5}
    curve = characteristic(NAME, "g", (start, start + 3 * swing, 7), {"d": 1}, own, CURRENT)
    decades = np.diff(np.log10(curve["i(x.d)"]))
    assert decades == pytest.approx(0.5, rel=1e-3)


def test_far_above_threshold_it_is_the_square_law():
    beta = 10 * 1e-8 * 10 / 1
    curve = characteristic(NAME, "d", (0, 4, 41), {"g": 5.5}, PLAIN, CURRENT)
    exact = beta * (5.0 - curve.sweep / 2) * curve.sweep
    assert curve["i(x.d)"] == pytest.approx(exact, abs=2e-4 * exact.max())
    beyond = characteristic(NAME, "d", (6, 9, 4), {"g": 5.5}, PLAIN, CURRENT)
    assert beyond["i(x.d)"] == pytest.approx(beta * 5.0**2 / 2, rel=1e-4)


@settings(max_examples=5)
@given(gate=st.floats(-3, 3), drain=st.floats(0.01, 2), light=st.floats(0, 10))
def test_drain_and_source_are_interchangeable(gate, drain, light):
    """The drain at V and the source at 0 is the source at V and the drain at 0, reversed."""
    own = {**PLAIN, "hole_mobility": 4.0, "hole_threshold": -0.5}
    lamp = {"light": light}
    one = characteristic(NAME, "d", (0, drain, 2), {"g": gate, **lamp}, own, CURRENT)
    other = characteristic(NAME, "s", (0, drain, 2), {"g": gate, **lamp}, own, CURRENT)
    assert one["i(x.d)"][-1] == pytest.approx(-other["i(x.d)"][-1], rel=1e-6)
    assert one["i(x.d)"][0] == 0.0


@pytest.mark.parametrize("light", [0.0, 1e-3, 100.0])
def test_without_a_drain_voltage_there_is_no_current_in_light_either(light):
    curve = characteristic(
        NAME, "g", (-60, 60, 25), {"light": light, "light_opposite": light},
        {"efficiency_opposite": 0.3, "hole_mobility": 5.0}, (*CURRENT, "i(x.g)"),
    )  # fmt: skip
    assert np.all(curve["i(x.d)"] == 0)
    assert np.all(curve["i(x.g)"] == 0)


def small_light(p, part):
    """Irradiance at which the traps are filled to a share [mW/cm^2]."""
    return part / (photons(p, 1.0) * p["release_time"] / p["trap_density"])


@settings(max_examples=5)
@given(
    release_time=st.floats(1e-4, 1.0),
    efficiency=st.floats(0.1, 1),
    mobility=st.floats(1, 1000),
    wavelength=st.floats(400, 1600),
)
def test_the_gain_is_lifetime_over_transit_time(release_time, efficiency, mobility, wavelength):
    """Electrons per absorbed photon, over six decades of power, and 1/P beyond the traps."""
    own = {
        "release_time": release_time, "efficiency": efficiency, "mobility": mobility,
        "wavelength": wavelength, "threshold": -30.0, "slope_factor": 1.0, "trap_density": 1e11,
    }  # fmt: skip
    p, drain = full(own), 0.05
    transit = (p["length"] * 1e-4) ** 2 / (p["mobility"] * drain)
    area = p["length"] * p["width"] * 1e-8
    dark = characteristic(NAME, "d", (0, drain, 2), {"g": 20.0}, own, CURRENT)["i(x.d)"][-1]
    for part in 10.0 ** np.arange(-4, 3):
        light = small_light(p, part)
        curve = characteristic(NAME, "d", (0, drain, 2), {"g": 20.0, "light": light}, own, CURRENT)
        gain = (curve["i(x.d)"][-1] - dark) / (CHARGE * area * photons(p, light))
        assert gain == pytest.approx(release_time / transit / (1 + part), rel=2e-3)


def test_responsivity_follows_the_transconductance():
    """R(V_G) = dI/dV_G times the shift per power, wherever the channel stands."""
    p, light = DEVICE.defaults, 1e-6
    dark = characteristic(NAME, "g", (-45, 60, 22), {"d": 1}, signals=CURRENT)
    lit = characteristic(NAME, "g", (-45, 60, 22), {"d": 1, "light": light}, signals=CURRENT)
    shift = CHARGE * photons(p, light) * p["release_time"] / p["capacitance"]
    step = 1e-3
    slope = (channel(p, dark.sweep + step, 1.0, 0.0) - channel(p, dark.sweep - step, 1.0, 0.0)) / (
        2 * step
    )
    assert lit["i(x.d)"] - dark["i(x.d)"] == pytest.approx(slope * shift, rel=2e-2)


@pytest.mark.parametrize(("gate", "printed"), [(60.0, 5e4), (-40.0, 2e2)])
def test_the_parameter_set_returns_what_it_was_set_to(gate, printed):
    """Both responsivities of the review: calibrated, not predicted."""
    p, light = DEVICE.defaults, 1e-5
    power = light * 1e-3 * p["length"] * p["width"] * 1e-8
    curve = [
        characteristic(NAME, "d", (0, 1, 2), {"g": gate, "light": level}, signals=CURRENT)
        for level in (0.0, light)
    ]
    seen = (curve[1]["i(x.d)"][-1] - curve[0]["i(x.d)"][-1]) / power
    assert seen == pytest.approx(printed, rel=5e-3)


def test_two_colours_shift_the_threshold_either_way_and_can_balance():
    own = {"efficiency_opposite": 0.25, "release_time_opposite": 1e-3, "trap_density": 3e12}
    p = full(own)
    gates = (-45.0, 20.0, 14)
    dark = characteristic(NAME, "g", gates, {"d": 1}, own, CURRENT)["i(x.d)"]
    more = characteristic(NAME, "g", gates, {"d": 1, "light": 0.1}, own, CURRENT)["i(x.d)"]
    less = characteristic(NAME, "g", gates, {"d": 1, "light_opposite": 0.1}, own, CURRENT)["i(x.d)"]
    assert np.all(more > dark)
    assert np.all(less < dark)
    # equal stored charge of either sign: the channel does not see the light, at any gate voltage
    held = 2e10
    first = held / ((1 - held / 3e12) * photons(p, 1.0) * p["release_time"])
    other = {"efficiency": 0.25, "wavelength": p["wavelength_opposite"]}
    second = held / ((1 - held / 1e12) * photons({**p, **other}, 1.0) * 1e-3)
    both = {"d": 1, "light": first, "light_opposite": second}
    null = characteristic(NAME, "g", gates, both, own, CURRENT)["i(x.d)"]
    assert null == pytest.approx(dark, rel=1e-4)


def test_the_sign_of_both_colours_changes_at_the_minimum_of_an_ambipolar_channel():
    own = {
        "mobility": 1000.0, "hole_mobility": 1000.0, "threshold": 2.0, "hole_threshold": 2.0,
        "slope_factor": 100.0, "efficiency_opposite": 0.5,
    }  # fmt: skip
    signs = {}
    for colour in ("light", "light_opposite"):
        gates = (-18.05, 21.95, 41)
        level = {"d": 0.01, colour: 1e-4}
        lit = characteristic(NAME, "g", gates, level, own, CURRENT)
        dark = characteristic(NAME, "g", gates, {"d": 0.01}, own, CURRENT)["i(x.d)"]
        assert abs(lit.sweep[dark.argmin()] - 2.0) < 1.0
        signs[colour] = np.sign(lit["i(x.d)"] - dark)
        assert np.count_nonzero(np.diff(signs[colour])) == 1
        assert abs(lit.sweep[np.flatnonzero(np.diff(signs[colour]))[0]] - 2.0) <= 1.0
    assert np.all(signs["light"] == -signs["light_opposite"])


@settings(max_examples=4)
@given(
    release_time=st.floats(0.05, 5),
    trap_density=st.floats(1e10, 1e12),
    efficiency=st.floats(0.05, 1),
    energy=st.floats(0, 0.5),
    temperature=st.floats(280, 340),
    light=st.floats(1e-5, 1e-2),
    width=st.floats(0.1, 2),
)
def test_a_pulse_pair_against_an_ode_solver(
    simulate, release_time, trap_density, efficiency, energy, temperature, light, width
):
    """Radau on the equations of the header; and never more charge than photons."""
    own = {
        "release_time": release_time, "trap_density": trap_density, "efficiency": efficiency,
        "activation_energy": energy,
    }  # fmt: skip
    p = full(own)
    train = PulseTrain(10 * light, width, 2, interval=width, delay=0.5)
    stimuli = {"d": Signal(1.0), "g": Signal(-35.0), "light": Signal(0.0, (train,))}
    duration = 0.5 + 6 * width
    seen = simulate(Testbench(DEVICE, stimuli, duration, own, temperature=temperature))
    faster = np.exp(-energy / BOLTZMANN * (1 / temperature - 1 / 300.15))
    flux = photons(p, light) / trap_density
    corners, levels = stimuli["light"].points
    corners, levels = np.append(corners, duration), np.append(levels, 0.0)
    n, last = np.zeros_like(seen.time), 0.0
    for start, stop, low, high in zip(corners, corners[1:], levels, levels[1:], strict=False):
        inside = (seen.time >= start) & (seen.time <= stop)

        def slope(t, y, ramp=(start, stop, low / (10 * light), high / (10 * light))):
            share = np.interp(t, ramp[:2], ramp[2:])
            return flux * share * (1 - y) - faster * y / release_time

        solved = solve_ivp(
            slope, (start, stop), [last], "Radau", rtol=1e-9, atol=1e-13, dense_output=True
        )
        n[inside] = solved.sol(seen.time[inside])[0]
        last = solved.y[0, -1]
    assert seen["n"] == pytest.approx(n, abs=2e-3 * n.max())
    current = channel(
        p, -35.0, 1.0, CHARGE * trap_density * n / p["capacitance"], thermal=BOLTZMANN * temperature
    )
    assert seen["i(d)"] == pytest.approx(current, abs=5e-3 * current.max())
    dose = np.cumsum(np.append(0.0, np.diff(corners) * (levels[1:] + levels[:-1]) / 20))
    absorbed = photons(p, np.interp(seen.time, corners, dose))
    assert np.all(seen["n"] * trap_density <= absorbed + 2e-3 * n.max() * trap_density)


def test_graphene_between_two_absorbers_has_the_printed_signs_and_one_gate_voltage_for_both():
    """Row N26: 980 nm lowers and 450 nm raises the conductance; both turn at the Dirac point."""
    name, drain, lamp = "graphene_pbs_hou2021", 0.01, 1e-5
    turned = []
    for colour, sign in (("light", 1), ("light_opposite", -1)):
        gates = (-40.0, 40.0, 81)
        lit = characteristic(name, "g", gates, {"d": drain, colour: lamp}, signals=CURRENT)
        dark = characteristic(name, "g", gates, {"d": drain}, signals=CURRENT)["i(x.d)"]
        change = lit["i(x.d)"] - dark
        assert np.sign(change[40]) == sign  # no gate voltage: the published device
        where = np.flatnonzero(np.diff(np.sign(change)))
        assert where.size == 1
        turned.append(float(lit.sweep[where[0]]))
    assert turned == pytest.approx([-10.0, -10.0], abs=1.5)  # less half of a small shift
