"""A state on a few femtofarads is as exact as one on a nanofarad."""

from __future__ import annotations

import math

import numpy as np
import pytest

import optospice
from optospice.accuracy import PROFILES
from optospice.capacitances import smallest_capacitance, smallest_of_device
from optospice.device import load_device
from optospice.stimulus import Samples
from optospice.testbench import Testbench
from probe_device import write_device

LIBRARY = """* a state on a capacitor of any size
.subckt lowpass p n params: c=2f tau=1m
Rp p n 1meg
Cx x 0 {c}
Bx 0 x I=({c}/{tau})*(V(p,n)-V(x))
Bm p n I=1e-6*V(x)
.ends
"""
CARD = """title = "first-order low-pass"
[[terminals]]
name = "p"
kind = "electrical"
role = "drive"
[[terminals]]
name = "n"
kind = "electrical"
role = "ground"
[states.x]
node = "x"
meaning = "a state"
maximum = 1.0
[parameters.c]
unit = "F"
meaning = "capacitance of the state"
bounds = ["0.1 fF", "1 uF"]
origin = "assumed"
source = "a test"
[parameters.tau]
unit = "s"
meaning = "time constant"
bounds = ["1 ns", "1 ks"]
origin = "assumed"
source = "a test"
"""
TAU, EDGE, ON, OFF, END = 1e-3, 1e-6, 5e-3, 12e-3, 20e-3


def lowpass(time: np.ndarray) -> np.ndarray:
    """Four ramps through ``tau dx/dt = v - x``."""

    def ramp(start: float) -> np.ndarray:
        since = np.clip(time - start, 0, None)
        return (since - TAU * -np.expm1(-since / TAU)) / EDGE

    return ramp(ON) - ramp(ON + EDGE) - ramp(OFF) + ramp(OFF + EDGE)


@pytest.fixture(scope="module")
def device(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lowpass")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return load_device(write_device(folder, "lowpass", LIBRARY, CARD))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("capacitance", [1e-9, 1e-12, 2e-15, 1e-16])
def test_a_state_is_as_exact_on_any_capacitor(simulate, device, capacitance, profile):
    """On 2 fF it was off by more than the bound: that charge counted as none."""
    corners = np.array([0, ON, ON + EDGE, OFF, OFF + EDGE, END])
    pulse = Samples(corners, np.array([0, 0, 1.0, 1, 0, 0]))
    exact = PROFILES[profile]
    waves = simulate(Testbench(device, {"p": pulse}, END, {"c": capacitance}, profile=exact))
    instants = np.linspace(0, END, 5001)
    assert np.abs(waves.at("x", instants) - lowpass(instants)).max() <= exact.bound


@pytest.mark.parametrize("profile", PROFILES)
def test_a_circuit_as_text_too(profile):
    waves = optospice.simulate_circuit(
        f"rc\nV1 a 0 PWL(0 0 {ON} 0 {ON + EDGE} 1 {OFF} 1 {OFF + EDGE} 0)\n"
        "R1 a b 5e11\nC1 b 0 2f\n",
        duration=f"{END} s",
        signals=["v(b)"],
        accuracy=profile,
    )
    instants = np.linspace(0, END, 5001)
    bound = PROFILES[profile].bound + 1e-4  # gmin is no part of the closed form
    assert np.abs(waves.at("v(b)", instants) - lowpass(instants)).max() <= bound


def test_the_smallest_is_found_through_instances_and_expressions():
    text = (
        "title\n.param scale=2\n.func half(x) x/2\n"
        ".subckt inner a b params: c=1n\nC1 a b {half(c)*scale}\n.ends\n"
        ".subckt outer a b params: share=0.1\nX1 a b inner params: c={share*1e-12}\nC2 a b 1u\n"
        ".ends\nX1 a 0 outer\nX2 a 0 outer share=1e-3\nC3 a 0 c=1n\nC4 a 0 {agauss(1n,1,1)}\n"
    )
    assert smallest_capacitance(text) == pytest.approx(1e-15)
    assert smallest_capacitance("title\nR1 a 0 1k\n") == math.inf


def test_a_device_answers_for_its_parameters(device):
    def smallest(**given: float) -> float:
        return smallest_of_device(device.text, device.name, given)

    assert smallest() == pytest.approx(2e-15)
    assert smallest(c=3e-9, tau=1.0) == pytest.approx(3e-9)
    assert smallest_of_device("* none\n.subckt d a b\nR1 a b 1k\n.ends\n", "d", {}) == math.inf


def test_what_counts_as_no_charge_follows_it():
    usual = PROFILES["standard"]
    assert usual.down_to(1e-9) is usual
    assert usual.down_to(math.inf) is usual
    assert usual.down_to(2e-15).charge_tolerance == pytest.approx(2e-19)
    assert "chgtol=2e-19 " in usual.down_to(2e-15).options
