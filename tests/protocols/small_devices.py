"""Devices with known solutions, and one run of a protocol on them by real ngspice."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from optospice.accuracy import PROFILES
from optospice.device import Device, load_device
from optospice.metrics import METRICS
from optospice.protocols import Protocol, protocols
from optospice.protocols.base import Metrics
from optospice.stimulus import FloatArray, Stimulus
from optospice.testbench import Testbench
from optospice.waveforms import Waveforms

TERMINALS = """
[[terminals]]
name = "p"
kind = "electrical"
role = "drive"

[[terminals]]
name = "n"
kind = "electrical"
role = "ground"
"""
LIGHT = """
[[terminals]]
name = "light"
kind = "optical"
wavelength = "any"
"""
GATE = """
[[terminals]]
name = "gate"
kind = "electrical"
role = "control"

[[terminals]]
name = "light"
kind = "optical"
wavelength = "any"

[[terminals]]
name = "out"
kind = "electrical"
role = "output"

[states.x]
node = "x"
meaning = "the gate's voltage, seen through a low pass of 1 ms"
minimum = -100
maximum = 100
"""
#: Conductance 10 nS per volt on the gate and per mW/cm^2; half the drive voltage is observed.
TRANSISTOR = """* a gate and a light that add up, an output, a low pass
.subckt transistor p n gate light out
Bdrain p n I = 1e-8*V(p,n)*(V(gate,n)+V(light))
Rup p out 1e12
Rdown out n 1e12
Rx gate x 1e6
Cx x n 1e-9
.ends
"""
RESISTOR = """* a resistor
.subckt resistor p n
R1 p n 1e8
.ends
"""
# g V (1 + k x), dx/dt = a(V) (1 - x) - b(V) x: for constant V an exponential.
MEMRISTOR = """* conductance with one bounded state in rate form
.subckt memristor p n
Bread p n I = 1e-8*V(p,n)*(1+3*V(x))
Cx x 0 1e-9
Bx 0 x I = 1e-9*(0.2*exp(0.6*V(p,n))*(1-V(x))-0.8*exp(-0.6*V(p,n))*V(x))
.ends
"""
# Photocurrent and a state that the light fills; what is left blocks the dark current.
THERMAL = """* a thermally activated recovery, 0.3 eV
.subckt thermal p n light
Bread p n I = 1e-8*V(p,n)*(1-0.5*V(x)+V(light))
Cx x 0 1e-9
Bx 0 x I = 1e-9*(V(light)*(1-V(x))
+ -0.2*exp(-(0.3/8.617333262e-5)*(1/(temper+273.15)-1/300.15))*V(x))
.ends
"""


def resistor(folder: Path) -> Device:
    """100 Mohm."""
    return _load(folder, "resistor", RESISTOR, TERMINALS)


def memristor(folder: Path) -> Device:
    """See `MEMRISTOR`; current [A] and state from `memristor_current`."""
    return _load(folder, "memristor", MEMRISTOR, TERMINALS)


def thermal(folder: Path) -> Device:
    """See `THERMAL`."""
    return _load(folder, "thermal", THERMAL, TERMINALS + LIGHT)


def transistor(folder: Path) -> Device:
    """See `TRANSISTOR`."""
    return _load(folder, "transistor", TRANSISTOR, TERMINALS + GATE)


def _load(folder: Path, name: str, library: str, terminals: str) -> Device:
    file = folder / "netlists" / "devices" / f"{name}.lib"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(library)
    file.with_suffix(".toml").write_text(f'title = "{name}"\n{terminals}')
    with contextlib.chdir(folder):
        return load_device(file)


def rates(voltage: float) -> tuple[float, float]:
    """Rates of the memristor towards 1 and towards 0 [1/s]."""
    return 0.2 * math.exp(0.6 * voltage), 0.8 * math.exp(-0.6 * voltage)


def memristor_current(stimulus: Stimulus, times: FloatArray) -> FloatArray:
    """Current [A] of the memristor: exponentials where the voltage rests, scipy elsewhere."""
    corners, levels = (np.array(part) for part in stimulus.points)
    times = np.asarray(times, dtype=float)
    if corners[0] > 0:
        corners, levels = np.insert(corners, 0, 0.0), np.insert(levels, 0, levels[0])
    last = max(times.max(), corners[-1]) + 1.0
    corners, levels = np.append(corners, last), np.append(levels, levels[-1])
    up, down = rates(levels[0])
    state, found = up / (up + down), np.full(times.shape, np.nan)
    for start, end, low, high in zip(
        corners[:-1], corners[1:], levels[:-1], levels[1:], strict=True
    ):
        inside = (times >= start) & (times <= end)
        wanted = np.append(times[inside], end)
        voltage = low + (high - low) * (wanted - start) / (end - start)
        if low == high:
            up, down = rates(low)
            final = up / (up + down)
            states = final + (state - final) * np.exp(-(up + down) * (wanted - start))
        else:
            states = _ramp(start, end, low, high, state, wanted)
        found[inside] = (1e-8 * voltage * (1 + 3 * states))[:-1]
        state = states[-1]
    return found


def _ramp(
    start: float, end: float, low: float, high: float, state: float, wanted: FloatArray
) -> FloatArray:
    def slope(t: float, x: FloatArray) -> FloatArray:
        up, down = rates(low + (high - low) * (t - start) / (end - start))
        return up * (1 - x) - down * x

    at, place = np.unique(wanted, return_inverse=True)
    solved = solve_ivp(slope, (start, end), [state], "DOP853", t_eval=at, rtol=1e-11, atol=1e-13)
    states: FloatArray = solved.y[0][place]
    return states


def make(name: str, **given: Any) -> Protocol:
    """Give a protocol from what a scenario would say."""
    return protocols()[name].model_validate({"name": name, **given})


def run(
    simulate: Callable[[Testbench], Waveforms],
    device: Device,
    protocol: Protocol,
    temperature: float = 300.15,
    accuracy: str = "standard",
) -> tuple[Waveforms, Metrics]:
    """Simulate, measure, and check that every metric is one that exists."""
    bench = Testbench(
        device=device,
        stimuli=protocol.stimuli(device),
        duration=protocol.duration,
        profile=PROFILES[accuracy],
        temperature=temperature,
    )
    waveforms = simulate(bench)
    metrics = protocol.measure(waveforms, device)
    assert tuple(metrics) == protocol.metric_names()
    for name, value in metrics.items():
        assert METRICS[name].unit == value.unit, name
        assert value.definition, name
        assert value.note or not value.is_missing, name
    for series in protocol.series(waveforms, device).values():
        assert series.x.shape == series.y.shape
    return waveforms, metrics
