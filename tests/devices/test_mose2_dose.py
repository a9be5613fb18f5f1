"""The dose memristors: passivity, bounds, signs, limits, and what their numbers hang on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.device import find_device
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.stimulus import PulseTrain, Samples, Signal
from optospice.sweep.local import run_scenario
from optospice.testbench import Testbench

DEVICES = ("mose2_dose", "mose2_dose_sublinear", "mose2_dose_seven")
STATES = ("x_volatile", "x_weight", "x_dose")
#: What the paper prints: scenarios with the claims that are numbers in it.
PRINTED = {
    "mose2/forgetting": ("M16a", "M16b", "M16c"),
    "mose2/learning_forgetting": ("M15",),
    "mose2/sensitisation": ("M19a", "M19b", "M19c", "M19d"),
}


@pytest.fixture(scope="module", params=DEVICES)
def device(request):
    return find_device(request.param)


@pytest.fixture(scope="module")
def nine():
    return find_device("mose2_dose")


def drive(simulate, device, signal, duration, temperature=300.15, **parameters):
    bench = Testbench(device, {"p": signal}, duration, parameters, temperature=temperature)
    return simulate(bench)


def pulses(level, width, count=1, interval=0.5):
    return Signal(0.0, (PulseTrain(level, width, count, interval=interval, delay=0.1),))


@settings(max_examples=6)
@given(
    name=st.sampled_from(DEVICES),
    levels=st.lists(
        st.integers(-10_000, 10_000).map(lambda millivolt: millivolt / 1000),
        min_size=2,
        max_size=6,
    ),
    weight=st.floats(0, 1),
)
def test_it_only_takes_up_energy_and_its_states_stay_in_range(simulate, name, levels, weight):
    times = np.arange(1, len(levels) + 1) * 0.5
    signal = Samples(np.concatenate([[0.0], times]), np.concatenate([[0.0], levels]))
    seen = drive(simulate, find_device(name), signal, times[-1] + 1, weight=weight)
    power = seen["v(p)"] * seen["i(p)"]
    assert power.min() >= -1e-9 * max(power.max(), 1e-30)
    clear = np.abs(seen["v(p)"]) > 1e-6
    assert (np.sign(seen["i(p)"]) == np.sign(seen["v(p)"]))[clear].all()
    for state in STATES:
        assert seen[state].min() >= -1e-6
        assert seen[state].max() <= 1 + 1e-6


def test_no_current_flows_at_zero_volts_whatever_it_remembers(simulate, device):
    seen = drive(simulate, device, pulses(7.0, 1.0, 3), 10.0)
    assert seen["x_weight"].max() > 0.5
    assert seen["x_dose"].max() * device.defaults["cap_dose"] > 100
    assert np.abs(seen["i(p)"][seen["v(p)"] == 0]).max() <= 1e-18


def test_current_and_volatile_state_do_not_know_the_sign_of_the_voltage(simulate, device):
    # without weight and dose, which a positive voltage alone drives up
    off = {"rate_weight": 0.0, "rate_dose": 0.0}
    up, down = (drive(simulate, device, pulses(v, 0.2, 5), 4.0, **off) for v in (2.0, -2.0))
    t = np.linspace(0.15, 3.9, 300)
    peak = np.abs(up["i(p)"]).max()
    assert down.at("i(p)", t) == pytest.approx(-up.at("i(p)", t), abs=1e-3 * peak)
    assert down.at("x_volatile", t) == pytest.approx(up.at("x_volatile", t), abs=1e-6)


def test_a_negative_voltage_takes_weight_and_dose_back(simulate, nine):
    signal = Signal(0.0, (PulseTrain(6.0, 0.5, delay=0.1), PulseTrain(-6.0, 0.5, delay=1.1)))
    seen = drive(simulate, nine, signal, 2.0)
    for state in ("x_weight", "x_dose"):
        up, down = seen.at(state, np.array([1.0, 1.9]))
        assert 0 <= down < 0.05 * up


def test_pristine_device_has_states_at_rest(simulate, device):
    seen = drive(simulate, device, Signal(0.0), 1.0, weight=0.25)
    assert np.abs(seen["x_volatile"]).max() <= 1e-9
    assert np.abs(seen["x_dose"]).max() <= 1e-9
    assert seen["x_weight"] == pytest.approx(0.25, abs=1e-6)


@pytest.mark.parametrize("temperature", [233.15, 300.15, 398.15])
@pytest.mark.parametrize("voltage", [0.5, 2.0, -3.0])
def test_operating_point_is_that_of_an_infinite_time_at_every_temperature(
    simulate, nine, voltage, temperature
):
    p, size = nine.defaults, abs(voltage)
    seen = drive(simulate, nine, Signal(voltage), 1.0, temperature)
    harm = p["rate_dose"] * (np.sinh(size / 2 / p["v_dose"]) / np.sinh(2.5 / p["v_dose"])) ** 2
    push = p["rate_weight"] * (size / 3) ** p["exponent_weight"]
    up = float(voltage > 0)
    dose = up * harm / p["cap_dose"] / (harm / p["cap_dose"] + 1 / p["retention"])
    weight = up * push / (push + 1 / p["retention"])
    fill = p["rate_volatile"] * size / 2 / p["cap_volatile"]
    leak = 1 / (p["lifetime"] * (1 + p["cap_dose"] * dose)) + 1 / p["retention"]
    assert seen["x_dose"] == pytest.approx(dose, rel=1e-3, abs=1e-9)
    assert seen["x_weight"] == pytest.approx(weight, rel=1e-4, abs=1e-9)
    assert seen["x_volatile"] == pytest.approx(fill / (fill + leak), rel=2e-3)


def test_pristine_current_is_a_hyperbolic_sine_and_i0_at_two_volts(simulate, nine):
    p = nine.defaults
    signal = Samples(np.array([0.0, 1e-3, 2e-3]), np.array([0.0, 2.0, 2.0]))
    still = {"rate_volatile": 0.0, "rate_weight": 0.0, "rate_dose": 0.0}
    seen = drive(simulate, nine, signal, 2e-3, **still)
    assert seen["i(p)"][-1] == pytest.approx(p["i0"], rel=1e-3)
    t = np.linspace(1e-4, 1e-3, 30)
    exact = p["i0"] * np.sinh(2e3 * t / p["v0"]) / np.sinh(2 / p["v0"])
    assert seen.at("i(p)", t) == pytest.approx(exact, rel=1e-3, abs=1e-3 * p["i0"])


def test_a_dose_lengthens_the_lifetime_in_proportion(simulate, nine):
    """After 5 V for one second the dose is rate_dose: the decay is 1 + rate_dose times slower."""
    p = nine.defaults
    seen = drive(simulate, nine, pulses(5.0, 1.0), 4.0, gain_dose=0.0)
    early, late = seen.at("x_volatile", np.array([1.2, 3.2]))
    assert -2 / np.log(late / early) == pytest.approx(
        p["lifetime"] * (1 + p["rate_dose"]), rel=5e-3
    )


def test_the_cooperation_of_the_dose_is_half_after_time_dose_at_seven_volts(simulate, nine):
    p = nine.defaults
    ratios = []
    for width in (p["time_dose"], 0.3 * p["time_dose"]):
        one = pulses(7.0, width)
        with_it, without = (
            drive(simulate, nine, one, width + 1, gain_dose=gain) for gain in (p["gain_dose"], 0.0)
        )
        at = np.array([0.1 + 0.999 * width])
        ratios.append(with_it.at("i(p)", at)[0] / without.at("i(p)", at)[0] - 1)
    assert ratios[0] == pytest.approx(p["gain_dose"] / 2, rel=0.03)
    assert 0 <= ratios[1] < 0.01 * p["gain_dose"]


def verdicts(pool, name, *settings_):
    loaded = load_scenario(name, list(settings_))
    found = run_scenario(loaded, expand(loaded), pool).verdicts
    return {verdict.target.id: verdict for verdict in found}


@pytest.mark.parametrize("name", DEVICES)
def test_forgetting_times_differ_as_printed(pool, name):
    """540 ms less 512 ms, within half of that, which 3 % of each would not ask for."""
    loaded = load_scenario("mose2/forgetting", [f"device={name}"])
    result = run_scenario(loaded, expand(loaded), pool)
    found = [record.metrics["decay_time_constant"].value for record in result.records]
    assert found[2] - found[0] == pytest.approx(28e-3, abs=12e-3)
    assert (np.diff(found) > 0).all()


def test_incubation_falls_with_the_width_between_the_printed_points_too(pool, device):
    loaded = load_scenario("mose2/sensitisation", [f"device={device.name}", "accuracy=standard"])
    result = run_scenario(loaded, expand(loaded), pool)
    found = [record.metrics["incubation_time"].value for record in result.records]
    assert len(found) == 7
    assert (np.diff(found) < 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", DEVICES[:2])
@pytest.mark.parametrize("parameter", ["cap_volatile", "cap_dose", "retention", "v_smooth"])
@pytest.mark.parametrize("factor", [0.5, 1.5])
def test_no_printed_number_hangs_on_an_assumed_cap(pool, name, parameter, factor):
    value = factor * find_device(name).defaults[parameter]
    unit = {"retention": " s", "v_smooth": " V"}.get(parameter, "")
    text = f"'{value!r}{unit}'" if unit else repr(value)
    for scenario, ids in PRINTED.items():
        found = verdicts(pool, scenario, f"device={name}", f"parameters.{parameter}={text}")
        assert all(found[one].met for one in ids), (scenario, parameter, factor)


@pytest.mark.slow
@pytest.mark.parametrize("name", DEVICES[:2])
@pytest.mark.parametrize("factor", [0.99, 1.01])
def test_no_printed_number_is_lost_by_one_per_cent_of_a_fitted_parameter(pool, name, factor):
    device = find_device(name)
    fitted = [key for key, one in device.card.parameters.items() if one.origin == "fitted"]
    assert len(fitted) == {"mose2_dose": 9, "mose2_dose_sublinear": 10}[name]
    for parameter in fitted:
        unit = device.card.parameters[parameter].unit
        value = f"{factor * device.defaults[parameter]!r}"
        text = value if unit == "1" else f"'{value} {unit}'"
        for scenario, ids in PRINTED.items():
            found = verdicts(pool, scenario, f"device={name}", f"parameters.{parameter}={text}")
            assert all(found[one].met for one in ids), (scenario, parameter, factor)


@pytest.mark.parametrize("name", list(find_device("mose2_dose").defaults))
def test_every_parameter_changes_something(simulate, nine, name):
    signal = Signal(
        0.0,
        (
            PulseTrain(3.0, 0.5, delay=0.1),
            PulseTrain(7.0, 1.0, delay=1.1),
            PulseTrain(2.0, 0.5, 3, interval=0.5, delay=2.6),
            PulseTrain(-3.0, 0.5, delay=5.6),
        ),
    )
    near = {"retention": 100.0, "cap_volatile": 10.0, "cap_dose": 3000.0, "v_smooth": 0.5}
    value = near.get(name, nine.defaults[name])
    changed = {**near, name: 1.2 * value + (0.3 if value == 0 else 0.0)}
    t = np.linspace(0.2, 6.5, 200)
    before = drive(simulate, nine, signal, 7.0, **near).at("i(p)", t)
    after = drive(simulate, nine, signal, 7.0, **changed).at("i(p)", t)
    assert np.abs(after - before).max() > 1e-5 * np.abs(before).max()
