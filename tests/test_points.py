"""The bound holds between the solver's points where nothing is stored: closed forms of the voltage.

ngspice chooses its steps by charges. Every element here gives its current from the voltage of
the moment, so nothing holds a step back but the engine's own look at the points.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from benchmarks.references import fewest_points
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import constants

import optospice
from optospice.accuracy import PROFILES
from optospice.device import Device, load_device
from optospice.errors import SimulationError
from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.refinement import Demand, resolve
from optospice.protocols import protocols
from optospice.stimulus import PulseTrain, Samples, Signal, voltage_sweep
from optospice.testbench import Testbench
from probe_device import write_device

THERMAL = constants.k * 300.15 / constants.e


def junction(voltage: np.ndarray) -> np.ndarray:
    """1 pA, as ngspice has it: Shockley's law, and below -3 V_T a cubic approach to -I_s."""
    reverse = np.minimum(voltage, -3 * THERMAL)
    below = -1e-12 * (1 + (3 * THERMAL / (reverse * np.e)) ** 3)
    forward = 1e-12 * np.expm1(voltage / THERMAL)
    return np.where(voltage < -3 * THERMAL, below, forward) + 1e-12 * voltage


def series_diode(voltage: np.ndarray) -> np.ndarray:
    """1 pA junction behind 10 kohm, by Newton's method on the junction's voltage."""
    inner = np.minimum(voltage, 0.5)
    for _ in range(200):
        wrong = junction(inner) - (voltage - inner) / 1e4
        slope = 1e-12 * np.exp(inner / THERMAL) / THERMAL + 1e-12 + 1e-4
        inner = inner - np.clip(wrong / slope, -0.05, 0.05)
    return junction(inner)


def transfer(gate: np.ndarray) -> np.ndarray:
    """Level 1, drain at 3 V: Shichman and Hodges, saturated and ohmic."""
    over = np.maximum(gate - 1.0, 0.0)
    drain = 3.0
    ohmic = over > drain
    current = np.where(ohmic, (over - drain / 2) * drain, over**2 / 2)
    return 5e-4 * current * (1 + 0.02 * drain) + 1e-12 * drain + 1e-14


def output(drain: np.ndarray) -> np.ndarray:
    """Level 1, gate at 3 V, drain at 0 V or above."""
    over = 2.0
    current = np.where(drain < over, (over - drain / 2) * drain, over**2 / 2)
    leak = -1e-14 * np.expm1(-drain / THERMAL)  # the drain's junction to the bulk
    return 5e-4 * current * (1 + 0.02 * drain) + 1e-12 * drain + leak


@dataclass(frozen=True)
class Element:
    """Lines between p and n, and the current into p at a voltage within low … high."""

    lines: str
    current: Callable[[np.ndarray], np.ndarray]
    low: float
    high: float


ELEMENTS = {
    "sinh": Element("B1 p n I=1e-9*sinh(V(p,n)/0.3)", lambda v: 1e-9 * np.sinh(v / 0.3), -3, 3),
    "tanh": Element(
        "B1 p n I=1e-6*tanh((V(p,n)-0.4)/0.01)", lambda v: 1e-6 * np.tanh((v - 0.4) / 0.01), -2, 2
    ),
    "switch": Element(
        "B1 p n I=1e-6*V(p,n)*0.5*(1+tanh((V(p,n)-1.1)/0.02))",
        lambda v: 1e-6 * v * 0.5 * (1 + np.tanh((v - 1.1) / 0.02)),
        -2,
        3,
    ),
    "exponentials": Element(
        "B1 p n I=1e-9*(exp(2*(exp(V(p,n))-1))-1)",
        lambda v: 1e-9 * np.expm1(2 * np.expm1(v)),
        -1,
        1.6,
    ),
    "diode": Element(
        "D1 p n dd\n.model dd d(is=1e-12)",
        junction,
        -1,
        0.65,
    ),
    "diode and resistor": Element(
        "R1 p a 10k\nD1 a n dd\n.model dd d(is=1e-12)", series_diode, -1, 5
    ),
    "transfer": Element(
        "Vd d n 3\nM1 d p n n mm w=10u l=1u\nRg p n 1e12\n"
        ".model mm nmos(level=1 vto=1 kp=50u lambda=0.02)\n"
        "H1 x n Vd -1\nG1 p n x n 1",
        lambda v: transfer(v) + v * 1e-12,
        0,
        5,
    ),
    "output": Element(
        "Vg g n 3\nM1 p g n n mm w=10u l=1u\n.model mm nmos(level=1 vto=1 kp=50u lambda=0.02)",
        output,
        0,
        5,
    ),
}

CARD = """
title = "{name}"
terminals = [
  {{ name = "p", kind = "electrical", role = "drive" }},
  {{ name = "n", kind = "electrical", role = "ground" }},
]
"""


@pytest.fixture(scope="session")
def device_of(tmp_path_factory) -> Callable[[str], Device]:
    """Each element as a device without parameters."""
    folder = tmp_path_factory.mktemp("elements")
    found = {}
    with contextlib.chdir(folder):
        for number, (name, element) in enumerate(ELEMENTS.items()):
            own = f"element_{number}"
            library = f"* {name}\n.subckt {own} p n\n{element.lines}\n.ends\n"
            found[name] = load_device(write_device(folder, own, library, CARD.format(name=name)))
    return found.__getitem__


def decades(low, high):
    return st.floats(np.log10(low), np.log10(high)).map(lambda power: float(10.0**power))


@st.composite
def drives(draw):
    """A drive between 0 and 1, over microseconds to hours, and its duration."""
    duration = draw(decades(1e-6, 1e4))
    level = st.floats(0, 1)
    kind = draw(st.sampled_from(["ramp", "triangle", "steps", "pulses", "samples"]))
    if kind == "ramp":
        levels, times = [draw(level), draw(level)], [0.0, duration]
    elif kind == "triangle":
        low, high = draw(level), draw(level)
        count = draw(st.integers(1, 4))
        levels = [low, *[high, low] * count]
        times = np.linspace(0, duration, len(levels))
    elif kind == "steps":
        edge = draw(decades(1e-5, 1e-2))
        places = np.linspace(0, 1, draw(st.integers(2, 5)) + 1)[1:]
        levels, times = [draw(level)], [0.0]
        for place in places:
            times += [(place - edge) * duration, place * duration]
            levels += [levels[-1], draw(level)]
    elif kind == "pulses":
        train = PulseTrain(
            draw(level), 0.2, count=draw(st.integers(1, 3)), interval=0.11, delay=0.01,
            rise=draw(decades(1e-5, 0.19)), fall=draw(decades(1e-5, 0.1)),
        )  # fmt: skip
        times, levels = Signal(draw(level), (train,)).points
        times = np.append(times, 1.0) * duration
        levels = np.append(levels, levels[-1])
    else:
        count = draw(st.integers(3, 40))
        gaps = np.array(draw(st.lists(decades(1e-3, 1), min_size=count, max_size=count)))
        times = np.concatenate([[0.0], np.cumsum(gaps)])
        times *= duration / times[-1]
        levels = draw(st.lists(level, min_size=count + 1, max_size=count + 1))
    return np.asarray(times, float), np.asarray(levels, float), float(duration)


def between(times, duration):
    """Instants anywhere, and near every corner over decades."""
    generator = np.random.default_rng(7)
    near = times[:, None] + 10.0 ** generator.uniform(-8, 0, (times.size, 60)) * duration
    inside = generator.uniform(0, 1, (times.size - 1, 60)) * np.diff(times)[:, None]
    anywhere = generator.uniform(0, duration, 2000)
    everything = np.concatenate([near.ravel(), (times[:-1, None] + inside).ravel(), anywhere])
    return everything[everything <= duration]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", ELEMENTS)
@settings(max_examples=12)
@given(drive=drives())
def test_elements_without_charge(simulate, device_of, name, profile, drive):
    times, levels, duration = drive
    element = ELEMENTS[name]
    voltages = element.low + (element.high - element.low) * levels
    samples = Samples(times, voltages)
    waves = simulate(
        Testbench(device_of(name), {"p": samples}, duration, profile=PROFILES[profile])
    )
    instants = between(times, duration)
    exact = element.current(np.interp(instants, *samples.points))
    scale = max(np.abs(exact).max(), np.abs(element.current(voltages)).max(), 1e-14)
    wrong = np.abs(waves.at("i(p)", instants) - exact).max() / scale
    assert wrong <= PROFILES[profile].bound
    assert waves.error_bound == PROFILES[profile].bound


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("rate", [1e-3, 1.0, 1e6])
def test_junction_with_capacitance_on_a_ramp(profile, rate):
    """I_s (exp(v / V_T) - 1) + C(v) dv/dt with C = C_jo (1 - v / V_j)^-M below F_c V_j."""
    end = 0.45 / rate
    text = (
        f"junction\nV1 a 0 PWL(0 -0.15 {end / 3!r} 0.15 {end!r} 0.45)\nD1 a 0 dd\n"
        ".model dd d(is=2e-9 n=1.05 cjo=72p vj=0.95 m=0.45)\n"
    )
    waves = optospice.simulate_circuit(
        text, duration=f"{end!r} s", signals=["i(d1)"], accuracy=profile
    )
    instants = np.linspace(end * 1e-3, end, 4001)
    corners = [0, end / 3, end]
    v = np.interp(instants, corners, [-0.15, 0.15, 0.45])
    slope = np.where(instants < end / 3, 0.9 / end, 0.45 / end)
    exact = 2e-9 * np.expm1(v / (1.05 * THERMAL)) + 1e-12 * v
    exact += 72e-12 * (1 - v / 0.95) ** -0.45 * slope
    off_the_corner = np.abs(instants - end / 3) > end * 2e-3
    wrong = np.abs(waves.at("i(d1)", instants) - exact)[off_the_corner].max()
    assert wrong <= PROFILES[profile].bound * np.abs(exact).max()


@pytest.mark.parametrize("profile", PROFILES)
@settings(max_examples=6)
@given(frequency=decades(1e-2, 1e6), periods=st.floats(0.3, 30), drive=st.floats(0.05, 4))
def test_sines_in_the_text(profile, frequency, periods, drive):
    duration = periods / frequency
    waves = optospice.simulate_circuit(
        f"sine\nV1 a 0 SIN(0.1 1 {frequency!r})\nB1 a 0 I=sinh({drive!r}*V(a))\n",
        duration=f"{duration!r} s",
        signals=["i(b1)"],
        accuracy=profile,
    )
    instants = np.random.default_rng(3).uniform(0, duration, 5000)
    exact = np.sinh(drive * (0.1 + np.sin(2 * np.pi * frequency * instants)))
    wrong = np.abs(waves.at("i(b1)", instants) - exact).max()
    assert wrong <= PROFILES[profile].bound * np.abs(exact).max()


@pytest.mark.parametrize("profile", ["fast", "standard"])
def test_a_thousand_periods_and_an_expression_of_time(profile):
    """Neither an even sine nor an unknown expression is met at the same phase every time."""
    for source in ("V1 a 0 SIN(0 1 1k)", "B1 a 0 V=sin(6283.185307179586*time)"):
        waves = optospice.simulate_circuit(
            f"sine\n{source}\nR1 a 0 1k\n",
            duration="0.1 s",
            signals=["v(a)"],
            accuracy=profile,
        )
        instants = np.random.default_rng(3).uniform(0, 0.1, 20_000)
        exact = np.sin(2e3 * np.pi * instants)
        assert np.abs(waves.at("v(a)", instants) - exact).max() <= PROFILES[profile].bound


@pytest.mark.parametrize("profile", PROFILES)
def test_no_hysteresis_without_memory(simulate, device_of, profile):
    """The report that began this: 1293 nA V and an on/off ratio of 2.8 from a plain sinh."""
    protocol = protocols()["voltage_sweep"](
        name="voltage_sweep", turning_points=["0 V", "3 V", "0 V"], rate="0.3 V/s", readout="1.5 V"
    )
    device = device_of("sinh")
    waves = simulate(
        Testbench(device, protocol.stimuli(device), protocol.duration, profile=PROFILES[profile])
    )
    found = protocol.measure(waves, device)
    bound, peak = PROFILES[profile].bound, 1e-9 * np.sinh(10)
    assert abs(found["hysteresis_area"].value) <= 2 * bound * peak * 3
    at_readout = 1e-9 * np.sinh(5)
    assert abs(found["on_off_ratio"].value - 1) <= 2.1 * bound * peak / at_readout


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", ["sinh", "exponentials", "switch"])
def test_no_more_points_than_needed(simulate, device_of, name, profile):
    element = ELEMENTS[name]
    sweep = voltage_sweep((0, element.high, 0), 0.1)
    waves = simulate(Testbench(device_of(name), {"p": sweep}, sweep.end, profile=PROFILES[profile]))
    fewest = fewest_points(element.current, 0, element.high, PROFILES[profile].bound)
    assert waves.time.size <= 1.3 * fewest


def test_a_jump_between_two_states_is_refused(simulate):
    """A Schmitt trigger that stores nothing has no waveform where it jumps."""
    with pytest.raises(SimulationError, match=r"the points do not show b to .*shorter steps"):
        optospice.simulate_circuit(
            "trigger\nV1 a 0 PWL(0 -1 10 1 20 -1)\nB1 b 0 V=tanh(20*(V(a)+0.5*V(b)))\nR1 b 0 1k\n",
            duration="20 s",
            signals=["v(b)"],
        )


def test_a_bound_out_of_reach_is_no_result():
    """Noise has no shape: whatever the steps, the points do not show it."""
    generator = np.random.default_rng(1)

    def noise(steps):
        time = np.linspace(0, 1, 200)
        return {"time": time, "x": generator.normal(size=200)}

    with pytest.raises(RunFailedError, match=r"do not show x to 0\.001 of its peak: between .* s"):
        resolve(noise, ["x"], Demand(1e-3, np.empty(0)))


def test_a_circuit_without_charge_has_one_solution():
    """Two runs that differ for no reason but their points: neither of them is the waveform."""
    runs = []

    def drifting(steps):
        runs.append(steps)
        time = np.linspace(0, 1, 3) if steps is None else np.array(points_of(steps))
        return {"time": time, "x": (1 + 0.01 * len(runs)) * np.sin(2 * time)}

    def points_of(steps):
        points = [0.0]
        while points[-1] < 1.0:
            points.append(points[-1] + steps.step(points[-1], 1.0 - points[-1]))
        return points

    with pytest.raises(RunFailedError, match=r"two runs of a circuit that stores nothing differ"):
        resolve(drifting, ["x"], Demand(1e-3, np.empty(0), without_charge=True))
