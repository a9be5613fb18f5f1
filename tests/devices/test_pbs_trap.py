"""The PbS device with traps: its limits, and what light and heat do to it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closed_form import rc_current
from optospice.device import find_device
from optospice.light import Beam, Illumination
from optospice.protocols import protocols
from optospice.stimulus import PulseTrain, Signal
from optospice.testbench import Testbench

FULL = 12.2  # W/m^2, 1.22 mW/cm^2
COLOURS = (740, 550, 450)


@pytest.fixture(scope="module")
def device():
    return find_device("pbs_trap")


def lit(simulate, device, light, duration, parameters=None, temperature=300.15, bias=1.0):
    """Run with light of each colour [nm] on top of a constant bias."""
    beams = tuple(Beam(signal, colour * 1e-9) for colour, signal in light.items())
    stimuli = {"p": Signal(bias), "light": Illumination(beams)}
    return simulate(Testbench(device, stimuli, duration, parameters or {}, temperature=temperature))


def pulse(width=10.0, level=FULL, **timing):
    return Signal(0.0, (PulseTrain(level, width, delay=1.0, **timing),))


@settings(max_examples=5)
@given(
    width=st.floats(0.1, 20),
    count=st.integers(1, 4),
    r3=st.floats(5e6, 1e8),
    bias=st.floats(-2, 2),
)
def test_without_traps_it_is_the_published_circuit(simulate, device, width, count, r3, bias):
    light = pulse(width, count=count, interval=width)
    off = {"trap_coupling": 0.0, "carrier_lifetime": 0.0, "r3": r3}
    seen = lit(simulate, device, {740: light}, 1 + 2.5 * width * count, off, bias=bias)
    circuit = find_device("pbs_rc")
    plain = {**circuit.defaults, "r3": r3}
    exact = rc_current(plain, bias, light, seen.time)
    assert np.abs(seen["i(p)"] - exact).max() <= 1e-3 * np.abs(exact).max()
    same = simulate(
        Testbench(circuit, {"p": Signal(bias), "light": light}, float(seen.time[-1]), {"r3": r3})
    )
    corners = light.points[0]
    far = np.abs(seen.time[:, None] - corners[None, :]).min(axis=1) > 1e-3
    again = np.interp(seen.time, same.time, same["i(p)"])
    assert np.abs(seen["i(p)"] - again)[far].max() <= 2e-3 * np.abs(exact).max()


def test_each_colour_acts_through_its_responsivity_alone(simulate, device):
    for colour in COLOURS:
        weight = device.defaults[f"responsivity_{colour}"]
        own = lit(simulate, device, {colour: pulse()}, 20.0)
        red = lit(simulate, device, {740: pulse(level=FULL * weight)}, 20.0)
        t = np.linspace(0, 20, 400)
        peak = np.abs(own["i(p)"]).max()
        assert red.at("i(p)", t) == pytest.approx(own.at("i(p)", t), abs=2e-3 * peak)


def test_colours_superpose_as_generation(simulate, device):
    weights = [device.defaults[f"responsivity_{colour}"] for colour in COLOURS]
    parts = {colour: pulse(level=FULL / 3) for colour in COLOURS}
    together = lit(simulate, device, parts, 20.0)
    alone = lit(simulate, device, {740: pulse(level=FULL * sum(weights) / 3)}, 20.0)
    t = np.linspace(0, 20, 400)
    peak = np.abs(alone["i(p)"]).max()
    assert together.at("i(p)", t) == pytest.approx(alone.at("i(p)", t), abs=2e-3 * peak)


def test_without_responsivity_nothing_happens(simulate, device):
    blind = {f"responsivity_{colour}": 0.0 for colour in COLOURS}
    seen = lit(simulate, device, {colour: pulse(20.0) for colour in COLOURS}, 60.0, blind)
    assert seen["i(p)"] == pytest.approx(1 / 37e6, rel=1e-6)
    assert np.abs(seen["n_fast"]).max() <= 1e-9
    assert np.abs(seen["n_slow"]).max() <= 1e-9


@pytest.mark.parametrize("temperature", [280.0, 300.15, 330.0])
def test_traps_release_by_arrhenius(simulate, device, temperature):
    seen = lit(simulate, device, {740: pulse(20.0)}, 121.0, temperature=temperature)
    faster = np.exp(-0.3 / 8.617333262e-5 * (1 / temperature - 1 / 300.15))
    start, end = 22.0, 22.0 + 10.0 / faster
    for state in ("n_fast", "n_slow"):
        lifetime = device.defaults[f"release_time_{state[2:]}"]
        first, last = seen.at(state, [start, min(end, 120.0)])
        rate = np.log(first / last) / (min(end, 120.0) - start)
        assert rate == pytest.approx(faster / lifetime, rel=2e-3)


def test_states_stay_within_their_range_under_a_hundred_suns(simulate, device):
    light = Signal(0.0, (PulseTrain(100 * FULL, 0.1, 50, interval=0.1, delay=1.0),))
    seen = lit(simulate, device, {450: light}, 15.0)
    for state in ("n_fast", "n_slow"):
        assert seen[state].min() >= -1e-6
        assert seen[state].max() <= 1 + 1e-6


def test_a_train_in_the_dark_is_ohmic(simulate, device):
    seen = simulate(Testbench(device, {"p": Signal(0.5)}, 1.0))
    assert seen["i(p)"] == pytest.approx(0.5 / 37e6, rel=1e-6)


def test_control_of_the_paper_gives_less_than_one_per_cent(simulate, device):
    given = {
        "name": "single_pulse",
        "irradiance": "1.22 mW/cm^2",
        "wavelength": "450 nm",
        "width": "20 s",
    }
    protocol = protocols()["single_pulse"].model_validate(given)
    blind = {f"responsivity_{colour}": 0.0 for colour in COLOURS}
    found = {}
    for name, parameters in (("device", {}), ("control", blind)):
        bench = Testbench(device, protocol.stimuli(device), protocol.duration, parameters)
        seen = simulate(bench)
        found[name] = np.ptp(seen["i(p)"])
    assert found["control"] < 0.01 * found["device"]


@pytest.mark.parametrize("temperature", [280.15, 300.15, 330.15])
def test_dark_current_by_its_activation_energy(simulate, device, temperature):
    """Through contacts and network alike; without one it does not depend on the temperature."""
    inverse = (1 / temperature - 1 / 300.15) / 8.617333262e-5
    for energy in (0.0, 0.2):
        bench = Testbench(
            device,
            {"p": Signal(1.0)},
            1.0,
            {"conduction_energy": energy},
            temperature=temperature,
        )
        expected = np.exp(-energy * inverse) / 37e6
        assert simulate(bench)["i(p)"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("temperature", [280.15, 330.15])
def test_dark_current_with_traps_that_heat_fills(simulate, device, temperature):
    """Fermi occupancy of both traps, and its barriers in series."""
    level = 0.05
    bench = Testbench(
        device,
        {"p": Signal(1.0)},
        1.0,
        {"thermal_filling": 1.0, "trap_level": level},
        temperature=temperature,
    )
    seen = simulate(bench)
    occupied = 1 / (1 + np.exp(level / 8.617333262e-5 / temperature))
    assert seen["n_fast"] == pytest.approx(occupied, rel=1e-5)
    assert seen["n_slow"] == pytest.approx(occupied, rel=1e-5)
    barrier = device.defaults["trap_coupling"] * occupied * 300.15 / temperature
    total = 12e6 * np.exp(2 * barrier) + 25e6 * np.exp(barrier)
    assert seen["i(p)"] == pytest.approx(1 / total, rel=1e-5)
