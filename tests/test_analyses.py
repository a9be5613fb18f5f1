"""Operating points, DC sweeps, small signals and noise against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import constants

import optospice
from optospice.accuracy import PROFILES
from optospice.analysis import DCSweep, Noise, OperatingPoint, SmallSignal, Sweep
from optospice.analysis.results import NoiseSpectrum
from optospice.errors import InputError, SimulationError

THERMAL = constants.k * 300.15 / constants.e
#: ngspice's Boltzmann constant is that of CODATA 2014: 3.5e-7 smaller.
DIODE = "diode\nV1 a 0 0.5\nD1 a 0 dd\n.model dd d(is=1e-12)\n"
RC = "rc\nV1 a 0 DC 0 AC 1\nR1 a b 1k\nC1 b 0 1u\n"


def shockley(voltage: np.ndarray) -> np.ndarray:
    """1 pA, with ngspice's gmin of 1 pS across the junction."""
    return 1e-12 * np.expm1(voltage / THERMAL) + 1e-12 * voltage


@pytest.mark.parametrize("profile", PROFILES)
def test_a_divider_at_rest(profile):
    point = optospice.analyse_circuit(
        "divider\nV1 a 0 3\nR1 a b 1k\nR2 b 0 2k\n",
        OperatingPoint(),
        signals=["v(b)", "i(v1)", "i(r2)"],
        accuracy=profile,
    )
    assert point["v(b)"] == pytest.approx(2.0, rel=1e-9)
    assert point["i(v1)"] == pytest.approx(-1e-3, rel=1e-9)
    assert point["i(r2)"] == pytest.approx(1e-3, rel=1e-9)
    assert point.units == {"v(b)": "V", "i(v1)": "A", "i(r2)": "A"}
    assert point.error_bound == PROFILES[profile].bound


@pytest.mark.parametrize("profile", PROFILES)
def test_a_diode_to_a_millionth(profile):
    curve = optospice.analyse_circuit(
        DIODE, DCSweep(Sweep("V1", -0.05, 0.7, 200)), signals=["i(d1)"], accuracy=profile
    )
    assert curve.sweep == pytest.approx(np.linspace(-0.05, 0.7, 200), abs=1e-12)
    forward = curve.sweep > 0.01
    exact = shockley(curve.sweep)
    assert curve["i(d1)"][forward] == pytest.approx(exact[forward], rel=2e-5)  # CODATA 2014
    scaled = 1e-12 * np.expm1(curve.sweep / THERMAL / (1 - 3.5e-7)) + 1e-12 * curve.sweep
    wrong = np.abs(curve["i(d1)"] - scaled).max() / exact.max()
    assert wrong < 1e-5


@settings(max_examples=30)
@given(
    start=st.floats(-3, 3),
    span=st.floats(0.01, 5) | st.floats(-5, -0.01),
    points=st.integers(2, 300),
)
def test_a_sweep_has_its_points(start, span, points):
    """However the steps round, none is left out and none is too many."""
    curve = optospice.analyse_circuit(
        "ohm\nV1 a 0 0\nR1 a 0 1k\n",
        DCSweep(Sweep("v1", start, start + span, points)),
        signals=["i(r1)"],
    )
    assert curve.sweep.shape == (points,)
    assert curve.sweep == pytest.approx(np.linspace(start, start + span, points), abs=1e-11)
    assert curve["i(r1)"] == pytest.approx(curve.sweep / 1e3, abs=1e-14)


def test_a_grid_of_two_sweeps():
    """Level 1: Shichman and Hodges, an output curve for each gate voltage."""
    curve = optospice.analyse_circuit(
        "nmos\nVd d 0 0\nVg g 0 0\nM1 d g 0 0 nm l=1u w=1u\n"
        ".model nm nmos(level=1 vto=1 kp=1e-3 is=0)\n",
        DCSweep(Sweep("vd", 0, 5, 51), Sweep("vg", 0, 4, 5)),
        signals=["i(vd)"],
        accuracy="reference",
    )
    drain, over = np.meshgrid(np.linspace(0, 5, 51), np.maximum(np.linspace(0, 4, 5) - 1, 0))
    ohmic = 1e-3 * (over - drain / 2) * drain
    exact = np.where(drain < over, ohmic, 5e-4 * over**2)
    assert curve["i(vd)"].shape == (5, 51)
    assert curve.outer == pytest.approx([0, 1, 2, 3, 4])
    assert -curve["i(vd)"] == pytest.approx(exact, abs=1e-6 * exact.max())


def test_a_sweep_of_temperature():
    curve = optospice.analyse_circuit(
        "resistor\nV1 a 0 1\nR1 a 0 1k tc1=1e-3 tc2=1e-6\n",
        DCSweep(Sweep("temperature", 250.15, 350.15, 11)),
        signals=["i(r1)"],
    )
    warmer = curve.sweep - 300.15
    assert curve.sweep == pytest.approx(np.linspace(250.15, 350.15, 11))
    assert curve["i(r1)"] == pytest.approx(1 / (1e3 * (1 + 1e-3 * warmer + 1e-6 * warmer**2)))


@pytest.mark.parametrize("profile", PROFILES)
@settings(max_examples=8)
@given(
    resistance=st.floats(1, 7).map(lambda x: 10**x),
    capacitance=st.floats(-14, -5).map(lambda x: 10**x),
)
def test_a_low_pass_to_a_millionth(profile, resistance, capacitance):
    corner = 1 / (2 * np.pi * resistance * capacitance)
    spectrum = optospice.analyse_circuit(
        f"rc\nV1 a 0 AC 1\nR1 a b {resistance!r}\nC1 b 0 {capacitance!r}\n",
        SmallSignal(corner / 1e3, corner * 1e3, 10),
        signals=["v(b)", "i(r1)"],
        accuracy=profile,
    )
    exact = 1 / (1 + 1j * spectrum.frequency / corner)
    assert spectrum.frequency[0] == pytest.approx(corner / 1e3)
    assert spectrum.frequency[-1] == pytest.approx(corner * 1e3, rel=1e-3)
    assert np.abs(spectrum["v(b)"] - exact).max() < 1e-6
    assert np.abs(spectrum["i(r1)"] * resistance - (1 - exact)).max() < 1e-6


def test_small_signals_start_from_the_operating_point():
    """The conductance of a diode is I / V_T where it is biased."""
    spectrum = optospice.analyse_circuit(
        "diode\nV1 a 0 DC 0.5 AC 1\nD1 a 0 dd\n.model dd d(is=1e-12)\n",
        SmallSignal(1, 1e3, 3),
        signals=["i(d1)"],
    )
    exact = 1e-12 * np.exp(0.5 / THERMAL) / THERMAL
    assert spectrum["i(d1)"] == pytest.approx(np.full(spectrum.frequency.shape, exact), rel=2e-5)


def test_noise_of_a_resistor():
    """4 k T R, also referred to the input, and at another temperature."""
    for kelvin in (300.15, 350.15):
        noise = optospice.analyse_circuit(
            "r\nI1 0 a DC 0 AC 1\nR1 a 0 1meg\n",
            Noise("v(a)", "I1", 1, 1e6, 5),
            temperature=f"{kelvin} K",
        )
        exact = 4 * constants.k * kelvin * 1e6
        assert noise["output"] == pytest.approx(np.full(noise.frequency.shape, exact), rel=1e-6)
        assert noise["input"] == pytest.approx(
            np.full(noise.frequency.shape, exact / 1e12), rel=1e-6
        )
        assert noise.units == {"output": "V^2/Hz", "input": "A^2/Hz"}
        assert noise.total() == pytest.approx(exact * (1e6 - 1), rel=1e-6)


def test_noise_of_a_capacitor_is_k_t_over_c():
    """Of any resistance, in a band that holds nearly all of it."""
    for resistance in (1e3, 1e6):
        corner = 1 / (2 * np.pi * resistance * 1e-12)
        noise = optospice.analyse_circuit(
            f"rc\nV1 a 0 AC 1\nR1 a b {resistance}\nC1 b 0 1p\n",
            Noise("v(b)", "v1", corner / 1e4, corner * 1e4, 40),
        )
        inside = 2 / np.pi * (np.arctan(1e4) - np.arctan(1e-4))
        assert noise.total() == pytest.approx(inside * constants.k * 300.15 / 1e-12, rel=1e-3)


def test_shot_noise_of_a_junction():
    """2 q I of the diode's current, across 1 kohm that has noise of its own."""
    noise = optospice.analyse_circuit(
        "shot\nI1 0 a DC 1u AC 1\nD1 a 0 dd\n.model dd d(is=1e-12)\n", Noise("v(a)", "i1", 1, 10, 3)
    )
    both = 2 * constants.e * (1e-6 + 1e-12)  # I + 2 I_s would count the reverse part as well
    assert noise["input"] == pytest.approx(np.full(noise.frequency.shape, both), rel=1e-4)


def test_power_laws_are_integrated_exactly():
    frequency = np.geomspace(0.1, 1e5, 30)
    for exponent in (-2.0, -1.0, -1 + 1e-10, 0.0, 1.5):
        density = 3e-9 * frequency**exponent
        found = NoiseSpectrum({"output": density}, {}, 0.0, (), frequency).total()
        grown = exponent + 1
        exact = 3e-9 * (np.log(1e6) if abs(grown) < 1e-6 else (1e5**grown - 0.1**grown) / grown)
        assert found == pytest.approx(exact, rel=1e-8)
    nothing = NoiseSpectrum({"output": np.zeros(30)}, {}, 0.0, (), frequency)
    assert nothing.total() == 0.0


@pytest.mark.parametrize(
    ("analysis", "words"),
    [
        (lambda: Sweep("1r", 0, 1, 5), "sweep of '1r': accepted: the name of a source"),
        (lambda: Sweep("v1", 0, 1, 1), "1 points; accepted: 2 to"),
        (lambda: Sweep("v1", 1, 1, 5), "from 1 to 1; accepted: two different"),
        (lambda: Sweep("v1", 0, float("inf"), 5), "accepted: two different numbers"),
        (lambda: Sweep("temperature", 0, 300, 5), "temperatures above 0 K"),
        (lambda: Sweep("v1 1 2 3\n.control", 0, 1, 5), "accepted: the name"),
        (lambda: DCSweep(Sweep("v1", 0, 1, 5), Sweep("V1", 0, 1, 5)), "given twice"),
        (lambda: DCSweep(Sweep("v1", 0, 1, 10**4), Sweep("v2", 0, 1, 10**4)), "in all"),
        (lambda: SmallSignal(0, 1), "above 0 Hz"),
        (lambda: SmallSignal(1, 10, 0), "points_per_decade = 0"),
        (lambda: Noise("q(v1)", "v1", 1, 10), r"accepted: 'v\(node\)'"),
        (lambda: Noise("v(a)", "1r", 1, 10), "noise referred to '1r'"),
        (lambda: SmallSignal(1, 10, 5, "v1 0"), "small signal of 'v1 0'"),
    ],
)
def test_what_is_no_analysis(analysis, words):
    with pytest.raises(InputError, match=words):
        analysis()


@pytest.mark.parametrize(
    ("analysis", "signals", "words"),
    [
        (DCSweep(Sweep("r1", 0, 1, 5)), ["v(a)"], "source 'r1': the circuit has none.*v1"),
        (Noise("i(v1)", "v1", 1, 10), [], "in a circuit as it stands"),
        (Noise("v(a)", "d1", 1, 10), [], "source 'd1': the circuit has none"),
        (SmallSignal(1, 10, 5, "v1"), ["v(a)"], "its sources say AC themselves"),
        (DCSweep(Sweep("v2", 0, 1, 5)), ["v(a)"], "source 'v2': the circuit has none.*v1"),
        (Noise("v(b)", "v1", 1, 10), [], r"v\(b\)"),
        (Noise("v(a)", "v7", 1, 10), [], "source 'v7'"),
        (OperatingPoint(), ["v(nowhere)"], "nowhere"),
        (OperatingPoint(), [], "signals: accepted"),
        (Noise("v(a)", "v1", 1, 10), ["v(a)"], "none for noise"),
    ],
)
def test_what_the_circuit_does_not_have(analysis, signals, words):
    with pytest.raises(InputError, match=words):
        optospice.analyse_circuit(DIODE, analysis, signals=signals)


def test_a_wrong_name_is_answered():
    point = optospice.analyse_circuit(DIODE, OperatingPoint(), signals=["v(a)"])
    with pytest.raises(KeyError, match=r"v\(a\)"):
        point["v(b)"]


def test_a_failure_says_ngspices_words():
    with pytest.raises(SimulationError, match="circuit: ngspice gave no data"):
        optospice.analyse_circuit(
            "two sources\nV1 a 0 1\nV2 a 0 2\n", OperatingPoint(), signals=["v(a)"]
        )
