"""The MoSe2 device: passivity, bounds, symmetries, and variation as an option."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.device import find_device
from optospice.protocols import protocols
from optospice.stimulus import PulseTrain, Samples, Signal, voltage_sweep
from optospice.testbench import Testbench

STATES = ("x_fast", "x_weight", "x_noxious")


@pytest.fixture(scope="module")
def device():
    return find_device("mose2")


def drive(simulate, device, signal, duration, temperature=300.15, **parameters):
    bench = Testbench(device, {"p": signal}, duration, parameters, temperature=temperature)
    return simulate(bench)


@settings(max_examples=8)
@given(
    levels=st.lists(
        st.integers(-10_000, 10_000).map(lambda millivolt: millivolt / 1000),
        min_size=2,
        max_size=6,
    ),
    weight=st.floats(0, 1),
)
def test_it_only_takes_up_energy_and_its_states_stay_in_range(simulate, device, levels, weight):
    times = np.arange(1, len(levels) + 1) * 0.5
    signal = Samples(np.concatenate([[0.0], times]), np.concatenate([[0.0], levels]))
    seen = drive(simulate, device, signal, times[-1] + 1, weight=weight)
    power = seen["v(p)"] * seen["i(p)"]
    assert power.min() >= -1e-9 * max(power.max(), 1e-30)
    clear = np.abs(seen["v(p)"]) > 1e-6
    assert (np.sign(seen["i(p)"]) == np.sign(seen["v(p)"]))[clear].all()
    for state in STATES:
        assert seen[state].min() >= -1e-6
        assert seen[state].max() <= 1 + 1e-6


def test_no_current_flows_at_zero_volts_whatever_it_remembers(simulate, device):
    signal = Signal(0.0, (PulseTrain(7.0, 1.0, 3, interval=1.0, delay=0.1),))
    seen = drive(simulate, device, signal, 10.0)
    assert seen["x_fast"].max() > 0.1
    assert seen["x_weight"].max() > 0.1
    assert np.abs(seen["i(p)"][seen["v(p)"] == 0]).max() <= 1e-18


def test_states_hold_at_ten_volts_of_either_sign(simulate, device):
    for level in (10.0, -10.0):
        signal = Signal(0.0, (PulseTrain(level, 5.0, delay=0.1),))
        seen = drive(simulate, device, signal, 6.0)
        for state in STATES:
            assert -1e-6 <= seen[state].min() <= seen[state].max() <= 1 + 1e-6
        assert np.isfinite(seen["i(p)"]).all()


def test_fast_state_and_current_do_not_know_the_sign_of_the_voltage(simulate, device):
    # without weight and noxious state, both drives of which need a positive voltage
    off = {"rate_weight": 0.0, "rate_noxious": 0.0}
    pulses = [Signal(0.0, (PulseTrain(v, 0.2, 5, interval=0.2, delay=0.1),)) for v in (2.0, -2.0)]
    up, down = (drive(simulate, device, signal, 3.0, **off) for signal in pulses)
    t = np.linspace(0.15, 2.9, 300)
    peak = np.abs(up["i(p)"]).max()
    assert down.at("i(p)", t) == pytest.approx(-up.at("i(p)", t), abs=1e-3 * peak)
    assert down.at("x_fast", t) == pytest.approx(up.at("x_fast", t), abs=1e-3)


def test_pristine_device_has_states_at_rest(simulate, device):
    seen = drive(simulate, device, Signal(0.0), 1.0, weight=0.25)
    assert np.abs(seen["x_fast"]).max() <= 1e-9
    assert np.abs(seen["x_noxious"]).max() <= 1e-9
    assert seen["x_weight"] == pytest.approx(0.25, abs=1e-6)


@pytest.mark.parametrize("temperature", [233.15, 300.15, 398.15])
def test_operating_point_is_that_of_an_infinite_time_at_every_temperature(
    simulate, device, temperature
):
    p = device.defaults

    def hill(u, m):
        return u**m / (1 + u**m)

    seen = drive(simulate, device, Signal(2.0), 1.0, temperature)
    up = p["rate_weight"] * hill(2 / p["v_weight"], p["steepness"])
    hurt = p["rate_noxious"] * hill(2 / p["v_noxious"], p["steepness_noxious"])
    noxious = hurt / (hurt + 1 / p["retention"])
    fill = p["rate_fast"] * hill(2 / p["v_fast"], p["steepness"])
    fast = fill / (fill + 1 / (p["tau_fast"] * (1 + p["slowing"] * noxious)))
    weight = up / (up + 1 / p["retention"])
    assert seen["x_weight"] == pytest.approx(weight, rel=1e-4)
    assert seen["x_noxious"] == pytest.approx(noxious, rel=1e-4)
    assert seen["x_fast"] == pytest.approx(fast, rel=1e-4)
    current = p["i0"] * np.sinh(2 / p["v0"]) * (1 + p["gain_fast"] * fast)
    current *= np.exp(p["gain_weight"] * weight)
    assert seen["i(p)"] == pytest.approx(current, rel=1e-3)


def test_between_the_published_points_numbers_lie_between_their_neighbours(simulate, device):
    given = {"name": "nociceptor", "voltage": "2 V", "width": "0.5 s", "interval": "0.5 s"}
    given |= {"threshold": "80 nA", "count": 40, "noxious_voltage": "7 V", "delay": "0.1 s"}
    found = []
    for width in (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0):
        protocol = protocols()["nociceptor"].model_validate(
            {**given, "noxious_width": f"{width} s"}
        )
        seen = drive(simulate, device, protocol.stimuli(device)["p"], protocol.duration)
        found.append(protocol.measure(seen, device)["incubation_time"].value)
    assert (np.diff(found) < 0).all()


def test_cycle_spread_is_off_by_default_and_repeats_with_its_seed(simulate, device):
    signal = voltage_sweep([0, 4, 0, -4, 0], 4.0)

    def weight(**parameters):
        seen = drive(simulate, device, signal, 4.0, **parameters)
        return seen.at("x_weight", np.linspace(0, 4, 50))

    plain = weight()
    assert weight(cycle_seed=3.0) == pytest.approx(plain, abs=1e-6)
    noisy = weight(cycle_spread=0.5, cycle_seed=2.0)
    assert np.abs(noisy - plain).max() > 0.01
    assert weight(cycle_spread=0.5, cycle_seed=2.0) == pytest.approx(noisy, abs=1e-12)
    assert np.abs(weight(cycle_spread=0.5, cycle_seed=3.0) - noisy).max() > 0.01


@pytest.mark.parametrize("name", list(find_device("mose2").defaults))
def test_every_parameter_changes_something(simulate, device, name):
    signal = Signal(
        0.0,
        (
            PulseTrain(3.0, 0.5, delay=0.1),
            PulseTrain(7.0, 0.5, delay=1.1),
            PulseTrain(-3.0, 0.5, delay=2.1),
            PulseTrain(2.0, 0.5, 3, interval=0.5, delay=3.1),
        ),
    )
    noisy = {"cycle_spread": 0.3, "retention": 100.0}
    value = noisy.get(name, device.defaults[name])
    changed = {**noisy, name: 1.2 * value + (0.3 if value == 0 else 0.0)}
    t = np.linspace(0.2, 6.5, 200)
    before = drive(simulate, device, signal, 7.0, **noisy).at("i(p)", t)
    after = drive(simulate, device, signal, 7.0, **changed).at("i(p)", t)
    assert np.abs(after - before).max() > 1e-5 * np.abs(before).max()
