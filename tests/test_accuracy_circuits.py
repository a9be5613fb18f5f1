"""The accuracy profiles on other circuits: a diode, slow traps, tiny currents, long trains.

The RC circuit for random parameters and pulse shapes is in `test_accuracy`.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from benchmarks import cases
from benchmarks.references import memristor_current
from scipy.integrate import solve_ivp

from closed_form import rc_current
from optospice.accuracy import PROFILES
from optospice.device import find_device, load_device
from optospice.stimulus import PulseTrain, Samples, Signal
from optospice.testbench import Testbench
from probe_device import write_device

LIGHT = 12.2
BOLTZMANN_OVER_CHARGE = 8.617333262e-5


def error(found, exact):
    return np.abs(found - exact).max() / np.abs(exact).max()


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_memristor_with_traps_from_a_millisecond_to_100_s(simulate, profile):
    """Against Radau at 1e-10, at the points and between them."""
    bench = replace(cases.memristor_bench(), profile=PROFILES[profile])
    waves = simulate(bench)
    between = np.linspace(0, bench.duration, 2001)
    moments = np.unique(np.concatenate([waves.time[:: max(1, waves.time.size // 2000)], between]))
    exact = memristor_current(bench.stimuli["p"], moments)
    assert error(waves.at("i(p)", moments), exact) <= PROFILES[profile].bound


DIODE_LIB = """* a resistor into a diode with a capacitor across it
.subckt rectifier p n params: r=1e6 c=1e-9
R1 p a {r}
D1 a n junction
C1 a n {c}
.model junction d(is=1e-12 n=1.5)
.ends
"""
DIODE_CARD = """
title = "rectifier"
terminals = [
  { name = "p", kind = "electrical", role = "drive" },
  { name = "n", kind = "electrical", role = "ground" },
]
[parameters.r]
unit = "ohm"
meaning = "series resistance"
bounds = ["1 ohm", "1 Tohm"]
origin = "assumed"
source = "test"
[parameters.c]
unit = "F"
meaning = "capacitance"
bounds = ["1 fF", "1 F"]
origin = "assumed"
source = "test"
"""


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("resistance", [1e3, 1e6, 1e9])
def test_diode_and_capacitor(simulate, tmp_path, monkeypatch, profile, resistance):
    """C dv/dt = (u - v)/R - I_s (exp(v/(n kT/q)) - 1) - gmin v, by Radau at 1e-10."""
    monkeypatch.chdir(tmp_path)
    device = load_device(write_device(tmp_path, "rectifier", DIODE_LIB, DIODE_CARD))
    tau = resistance * 1e-9
    edge = 0.05 * tau
    drive = Signal(
        0.1,
        (PulseTrain(1.0, 8 * tau, count=2, interval=8 * tau, delay=2 * tau, rise=edge, fall=edge),),
    )
    bench = Testbench(device, {"p": drive}, 40 * tau, {"r": resistance}, PROFILES[profile])
    waves = simulate(bench)
    thermal = 1.5 * BOLTZMANN_OVER_CHARGE * 300.15

    def slope(time, voltage):
        applied = np.interp(time, *drive.points)
        leak = 1e-12 * np.expm1(voltage / thermal) + 1e-12 * voltage
        return ((applied - voltage) / resistance - leak) / 1e-9

    moments = np.unique(np.concatenate([waves.time, np.linspace(0, bench.duration, 1001)]))
    corners = np.unique(np.append(drive.points[0], [0.0, bench.duration]))
    settled = solve_ivp(
        lambda _, v: slope(0.0, v), (0, 1000 * tau), [0.0], method="Radau", rtol=1e-10, atol=1e-14
    )
    state, voltage = settled.y[:, -1], np.empty(moments.size)
    for start, stop in itertools.pairwise(corners):
        here = (moments >= start) & (moments <= stop)
        solved = solve_ivp(
            slope, (start, stop), state, method="Radau", dense_output=True, rtol=1e-10, atol=1e-14
        )
        voltage[here] = solved.sol(moments[here])[0]
        state = solved.y[:, -1]
    exact = (np.interp(moments, *drive.points) - voltage) / resistance
    assert error(waves.at("i(p)", moments), exact) <= PROFILES[profile].bound


@pytest.mark.parametrize("decade", range(-12, -2))
def test_currents_from_a_picoampere_to_a_milliampere(simulate, decade):
    """The same circuit, its impedance scaled: the error is relative, whatever the current."""
    device = find_device("pbs_rc")
    scale = 5e-7 / 10.0**decade
    parameters = {
        name: value * (scale if name in ("r1", "r2", "r3") else 1 / scale if name == "c" else 1)
        for name, value in device.defaults.items()
    }
    light = Signal(0.0, (PulseTrain(LIGHT, 10.0, delay=5.0),))
    waves = simulate(Testbench(device, {"p": Signal(1.0), "light": light}, 50.0, parameters))
    assert error(waves.current, rc_current(parameters, 1.0, light, waves.time)) <= 1e-3


@pytest.mark.parametrize("edge", [1e-6, 1e-4, 1e-2, 1.0])
@pytest.mark.parametrize("count", [1, 100])
def test_edges_from_a_microsecond_to_a_second(simulate, edge, count):
    light = Signal(
        0.0,
        (PulseTrain(LIGHT, 2.0, count=count, interval=3.0, delay=1.0, rise=edge, fall=edge),),
    )
    device = find_device("pbs_rc")
    bench = Testbench(device, {"p": Signal(1.0), "light": light}, light.end + 10)
    waves = simulate(bench)
    exact = rc_current(device.defaults, 1.0, light, waves.time)
    assert error(waves.current, exact) <= 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("regular", [True, False])
def test_ten_thousand_pulses(simulate, regular):
    """Every pulse is there, at its time, as exact as the first."""
    train = PulseTrain(LIGHT, 0.2, count=10_000, period=1.0, delay=1.0)
    light = Signal(0.0, (train,))
    if not regular:
        shift = np.random.default_rng(0).uniform(0, 0.5, train.count)
        times, levels = light.points
        moved = times.copy()
        moved[1:] += np.repeat(shift, 4)
        light = Samples(moved, levels)
    device = find_device("pbs_rc")
    bench = Testbench(
        device, {"p": Signal(1.0), "light": light}, light.end + 5, profile=PROFILES["fast"]
    )
    waves = simulate(bench)
    exact = rc_current(device.defaults, 1.0, light, waves.time)
    assert error(waves.current, exact) <= PROFILES["fast"].bound
    onsets = train.onsets if regular else light.points[0][1::4]
    peaks = waves.at("i(p)", onsets + train.rise_time)
    assert error(peaks, rc_current(device.defaults, 1.0, light, onsets + train.rise_time)) <= 1e-2
