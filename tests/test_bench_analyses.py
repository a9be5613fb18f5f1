"""Operating points, DC sweeps, small signals and noise of testbenches against closed forms."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from scipy import constants
from scipy.special import lambertw

from bench_devices import bench_device
from optospice.accuracy import PROFILES
from optospice.analysis import DCSweep, Noise, OperatingPoint, SmallSignal, Sweep
from optospice.device import find_device
from optospice.ngspice.bench_analyses import analysis_netlist
from optospice.ngspice.worker import Failed, Finished
from optospice.stimulus import PulseTrain, Signal
from optospice.testbench import Testbench

ANALYSE = "bench_devices:analysed"
#: ngspice's constants are those of CODATA 2014.
BOLTZMANN, CHARGE = 1.38064852e-23, 1.6021766208e-19
TEMPERATURE = 300.15


@pytest.fixture(scope="session")
def analyse(pool):
    """Run an analysis of a bench in the shared pool."""

    def run(bench, analysis, parameter_sets: Sequence[Mapping[str, float]] = ({},)):
        [(_, outcome)] = pool.map(ANALYSE, [(bench, parameter_sets, analysis)])
        assert isinstance(outcome, Finished), outcome.message
        return outcome.result if len(parameter_sets) > 1 else outcome.result[0]

    return run


def device(name, tmp_path_factory, states=None):
    return bench_device(name, tmp_path_factory.mktemp(name), states)


@pytest.fixture(scope="module")
def solar(tmp_path_factory):
    return device("solar", tmp_path_factory)


@pytest.fixture(scope="module")
def lowpass(tmp_path_factory):
    return device("lowpass", tmp_path_factory)


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    return device("memory", tmp_path_factory, {"w": ""})


def solar_current(voltage, photo, i_s=1e-12, r=10.0, v_t=0.025865):
    """Diode, series resistance, photocurrent: Jain and Kapoor, with Lambert's W."""
    argument = i_s * r / v_t * np.exp((voltage + r * (i_s + photo)) / v_t)
    return v_t / r * lambertw(argument).real - i_s - photo


@pytest.mark.parametrize("profile", PROFILES)
def test_a_diode_with_a_resistor_to_a_millionth(analyse, solar, profile):
    """In the dark and at two irradiances, where the current is that of Lambert's W."""
    bench = Testbench(solar, {"p": Signal(0.3)}, 1.0, profile=PROFILES[profile])
    sweep = DCSweep(Sweep("p", -0.2, 0.8, 201), Sweep("light", 0.0, 20.0, 3))
    curve = analyse(bench, sweep)
    voltage = np.linspace(-0.2, 0.8, 201)
    assert curve.sweep == pytest.approx(voltage)
    assert curve.outer == pytest.approx([0, 10, 20])
    for row, irradiance in enumerate((0.0, 10.0, 20.0)):
        exact = solar_current(voltage, 1e-3 * irradiance / 10)
        assert curve["i(p)"][row] == pytest.approx(exact, abs=1e-6 * np.abs(exact).max())
        assert curve["v(p)"][row] == pytest.approx(voltage)
        assert curve["e(light)"][row] == pytest.approx(np.full(201, irradiance))
    assert curve.units == {"i(p)": "A", "v(p)": "V", "e(light)": "W/m^2"}
    assert curve.error_bound == PROFILES[profile].bound
    assert not curve.notes


def test_ngspices_own_diode_to_a_millionth(analyse, tmp_path_factory):
    bench = Testbench(device("junction", tmp_path_factory), {"p": Signal(0.0)}, 1.0)
    curve = analyse(bench, DCSweep(Sweep("p", 0.0, 0.7, 200)))
    thermal = BOLTZMANN * TEMPERATURE / CHARGE
    exact = 1e-12 * np.expm1(curve.sweep / thermal) + 1e-12 * curve.sweep
    assert curve["i(p)"] == pytest.approx(exact, rel=1e-6, abs=1e-18)


def test_an_open_circuit_and_a_load(analyse, solar):
    """Behind a load the voltage of the terminal is what the current leaves of the source's."""
    light = Signal(100.0)
    for resistance in (1.0, 50.0):
        bench = Testbench(solar, {"light": light}, 1.0, loads={"p": resistance})
        point = analyse(bench, OperatingPoint())
        exact = solar_current(0.0, 1e-2, r=10 + resistance)
        assert point["i(p)"] == pytest.approx(exact, rel=1e-6)
        assert point["v(p)"] == pytest.approx(-exact * resistance, rel=1e-6)
        assert point["v(p_source)"] == 0.0
        assert point.units["v(p_source)"] == "V"
    open_circuit = analyse(
        Testbench(solar, {"light": light}, 1.0, loads={"p": 1e12}), OperatingPoint()
    )
    assert open_circuit["v(p)"] == pytest.approx(0.025865 * np.log1p(1e-2 / 1e-12), rel=1e-9)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_low_pass_to_a_millionth(analyse, lowpass, profile):
    sets = [{"r": 1e3, "c": 1e-6}, {"r": 1e6, "c": 1e-12}, {"r": 10.0, "c": 1e-9}]
    bench = Testbench(lowpass, {"p": Signal(2.0)}, 1.0, profile=PROFILES[profile])
    spectra = analyse(bench, SmallSignal(1.0, 1e9, 10, source="p"), sets)
    for values, spectrum in zip(sets, spectra, strict=True):
        response = 1 / (1 + 2j * np.pi * spectrum.frequency * values["r"] * values["c"])
        assert np.abs(spectrum["v(out)"] - response).max() < 1e-6
        assert np.abs(spectrum["i(p)"] * values["r"] - (1 - response)).max() < 1e-6


def test_light_modulated_by_a_watt_per_square_metre(analyse, memory):
    """A state that follows the light: 1/(1 + j omega tau), 0.1 mW/cm^2 for 1 W/m^2."""
    bench = Testbench(memory, {"p": Signal(2.0), "light": Signal(3.0)}, 1.0)
    spectrum = analyse(bench, SmallSignal(1e-3, 1e3, 5, source="light"))
    exact = 0.1 / (1 + 2j * np.pi * spectrum.frequency)
    assert np.abs(spectrum["w"] - exact).max() < 1e-7
    assert np.abs(spectrum["i(p)"] - 2e-6 * exact).max() < 1e-6 * 2e-7


@pytest.mark.parametrize("capacitance", [1e-14, 1e-9])
@pytest.mark.parametrize("resistance", [1e3, 1e7])
def test_the_noise_of_a_capacitor_is_kt_over_c(analyse, lowpass, resistance, capacitance):
    corner = 1 / (2 * np.pi * resistance * capacitance)
    bench = Testbench(lowpass, {"p": Signal(0.0)}, 1.0, {"r": resistance, "c": capacitance})
    noise = analyse(
        bench,
        Noise("v(out)", "p", corner / 1e4, corner * 1e4, 20),
        [{"r": resistance, "c": capacitance}],
    )
    kt_over_c = constants.k * TEMPERATURE / capacitance
    assert noise.total() == pytest.approx(kt_over_c, rel=1e-3)
    # referred to the source: that of the resistor alone, at every frequency
    four_ktr = 4 * constants.k * TEMPERATURE * resistance
    assert noise["input"] == pytest.approx(np.full(noise.frequency.size, four_ktr), rel=1e-3)
    assert noise.units == {"output": "V^2/Hz", "input": "V^2/Hz"}


@pytest.mark.parametrize("resistance", [1e-3, 1e3, 1e15])
def test_the_noise_of_a_resistors_current(analyse, probe, resistance):
    bench = Testbench(probe, {"p": Signal(1.0)}, 1.0)
    noise = analyse(bench, Noise("i(p)", "p", 1.0, 1e3, 3), [{"r": resistance}])
    density = 4 * constants.k * TEMPERATURE / resistance
    assert noise["output"] == pytest.approx(np.full(noise.frequency.size, density), rel=1e-3)
    assert noise["input"] == pytest.approx(noise["output"] * resistance**2, rel=1e-6)
    assert noise.units == {"output": "A^2/Hz", "input": "V^2/Hz"}


@pytest.mark.parametrize("bias", [-0.5, 0.0, 0.026, 0.3])
def test_shot_noise_of_both_currents(analyse, tmp_path_factory, bias):
    """2qI far from zero bias, 4qI_s = 4kT/R at zero bias, and coth between."""
    made = device("noisy", tmp_path_factory)
    noise = analyse(Testbench(made, {"p": Signal(bias)}, 1.0), Noise("i(p)", "p", 1.0, 1e3, 2))
    both = 1e-9 * (np.exp(bias / 0.025865) + 1)
    expected = np.full(noise.frequency.size, 2 * constants.e * both)
    assert noise["output"] == pytest.approx(expected, rel=1e-4)
    if bias == 0:
        assert noise["output"] == pytest.approx(np.full(expected.size, 4 * constants.e * 1e-9),
                                                rel=1e-4)  # fmt: skip


def test_shot_noise_shows_nowhere_else(analyse, simulate, tmp_path_factory):
    made = device("noisy", tmp_path_factory)
    bench = Testbench(made, {"p": Signal(0.1)}, 1.0)
    exact = 1e-9 * np.expm1(0.1 / 0.025865)
    assert analyse(bench, OperatingPoint())["i(p)"] == pytest.approx(exact, rel=1e-9)
    assert simulate(bench)["i(p)"] == pytest.approx(np.full_like(simulate(bench).time, exact))
    slope = analyse(bench, SmallSignal(1.0, 10.0, 1, source="p"))["i(p)"]
    conductance = 1e-9 * np.exp(0.1 / 0.025865) / 0.025865
    assert slope == pytest.approx(np.full(slope.size, conductance), rel=1e-6)


def test_a_source_begins_where_it_stands_at_time_zero(analyse, probe):
    pulses = Signal(0.5, (PulseTrain(2.0, 1.0, 3, period=2.0, delay=0.5),))
    point = analyse(Testbench(probe, {"p": pulses}, 10.0, {"r": 2.0}), OperatingPoint(),
                    [{"r": 2.0}])  # fmt: skip
    assert point["i(p)"] == pytest.approx(0.25)
    assert point["v(p)"] == 0.5


def test_a_sweep_of_temperature(analyse, probe):
    bench = Testbench(probe, {"p": Signal(1.0)}, 1.0)
    sets = [{"r": 2.0, "tc1": 0.004}, {"r": 1.0, "tc1": -0.001}]
    curves = analyse(bench, DCSweep(Sweep("temperature", 250.15, 350.15, 11)), sets)
    for values, curve in zip(sets, curves, strict=True):
        warmer = np.linspace(250.15, 350.15, 11) - TEMPERATURE
        assert curve.sweep == pytest.approx(warmer + TEMPERATURE)
        assert curve["i(p)"] == pytest.approx(1 / (values["r"] * (1 + values["tc1"] * warmer)))


def test_copies_are_as_many_benches_alone(analyse, solar):
    sets = [{"i_s": 1e-12, "r": 10.0}, {"i_s": 1e-9, "r": 1.0}, {"i_s": 1e-15, "r": 100.0}]
    bench = Testbench(solar, {"p": Signal(0.4), "light": Signal(20.0)}, 1.0, loads={"p": 5.0})
    for analysis in (
        OperatingPoint(),
        DCSweep(Sweep("p", 0.0, 0.6, 7)),
        SmallSignal(1.0, 100.0, 2, source="light"),
        Noise("i(p)", "p", 1.0, 100.0, 2),
    ):
        for values, together in zip(sets, analyse(bench, analysis, sets), strict=True):
            alone = analyse(bench, analysis, [values])
            assert together.units == alone.units
            assert together.signals.keys() == alone.signals.keys()
            for name in alone.signals:
                assert together[name] == pytest.approx(alone[name], rel=1e-6, abs=1e-18), name


def test_a_programmed_state_is_held_and_moves_in_small_signals(analyse, memory):
    """Held at 0.3 in light that would leave it at 0: g w at rest, the light's response about it."""
    stimuli = {"p": Signal(2.0), "light": Signal(0.0)}
    bench = Testbench(memory, stimuli, 1.0, initial={"w": 0.3})
    point = analyse(bench, OperatingPoint())
    assert point["w"] == pytest.approx(0.3, rel=1e-9)
    assert point["i(p)"] == pytest.approx(2e-6 * 0.3, rel=1e-9)
    curve = analyse(bench, DCSweep(Sweep("light", 0.0, 50.0, 5)))
    assert curve["w"] == pytest.approx(np.full(5, 0.3), rel=1e-9)
    spectrum = analyse(bench, SmallSignal(1e-3, 1e3, 5, source="light"))
    exact = 0.1 / (1 + 2j * np.pi * spectrum.frequency)
    assert np.abs(spectrum["w"] - exact).max() < 1e-7
    admittance = analyse(bench, SmallSignal(1.0, 10.0, 1, source="p"))["i(p)"]
    assert admittance == pytest.approx(np.full(admittance.size, 0.3e-6), rel=1e-9)
    free = analyse(Testbench(memory, stimuli, 1.0), OperatingPoint())
    assert free["w"] == pytest.approx(0.0, abs=1e-12)


def test_a_state_of_the_card_is_held_too(analyse, tmp_path_factory):
    made = device("memory", tmp_path_factory, {"w": "initial = 0.7"})
    bench = Testbench(made, {"p": Signal(2.0)}, 1.0)
    assert analyse(bench, OperatingPoint())["w"] == pytest.approx(0.7, rel=1e-9)
    given = Testbench(made, {"p": Signal(2.0)}, 1.0, initial={"w": 0.1})
    assert analyse(given, OperatingPoint())["w"] == pytest.approx(0.1, rel=1e-9)


def asked(pool, bench, analysis):
    """What ngspice was asked to do for an analysis, and its result."""
    [(_, outcome)] = pool.map("bench_devices:commands", [(bench, [bench.parameters], analysis)])
    assert isinstance(outcome, Finished), outcome.message
    return outcome.result


def test_what_is_linear_is_solved_once(pool, lowpass):
    bench = Testbench(lowpass, {"p": Signal(1e-12)}, 1.0)
    for analysis in (OperatingPoint(), SmallSignal(1.0, 100.0, 5, source="p")):
        commands, _ = asked(pool, bench, analysis)
        assert len(commands) == 1


def test_a_signal_far_above_the_tolerance_is_solved_once(pool, solar):
    bench = Testbench(solar, {"p": Signal(0.5)}, 1.0)
    commands, result = asked(pool, bench, OperatingPoint())
    assert commands == ["op"]
    assert result.error_bound == bench.profile.bound


def test_a_signal_near_the_tolerance_is_solved_twice(pool, solar):
    """10 aA, of which the tolerance of currents is a tenth."""
    exact = 1e-17
    bench = Testbench(solar, {"p": Signal(0.0), "light": Signal(10.0)}, 1.0, {"k": exact})
    commands, result = asked(pool, bench, OperatingPoint())
    assert [text.split()[0] for text in commands] == ["op", "op", "option", "op"]
    assert abs(result["i(p)"] + exact) <= result.error_bound * exact


def test_small_signals_of_a_knee_are_seen_at_one_point_a_decade(pool, solar):
    bench = Testbench(solar, {"p": Signal(0.5)}, 1.0)
    commands, result = asked(pool, bench, SmallSignal(1.0, 1e3, 50, source="p"))
    assert [text.split()[:3] for text in commands[::2]] == [["ac", "dec", "1"], ["ac", "dec", "50"]]
    assert result.frequency.size == 151


@pytest.mark.skipif(shutil.which("ngspice") is None, reason="the program ngspice is not installed")
@pytest.mark.parametrize(
    ("analysis", "value"),
    [
        (OperatingPoint(), 0.25),
        (DCSweep(Sweep("p", 0.0, 0.5, 3)), 0.25),
        (SmallSignal(1.0, 10.0, 1, source="p"), 0.5),
        # V/sqrt(Hz) of the current behind 1e12 V/A
        (Noise("i(p)", "p", 1.0, 10.0, 1), 1e12 * np.sqrt(4 * BOLTZMANN * TEMPERATURE / 2.0)),
    ],
)
def test_plain_ngspice_runs_an_analysis(probe, tmp_path, analysis, value):
    bench = Testbench(probe, {"p": Signal(0.5)}, 1.0, {"r": 2.0})
    (tmp_path / "run.cir").write_text(analysis_netlist(bench, analysis))
    ran = subprocess.run(
        ["ngspice", "-b", "run.cir"],
        cwd=tmp_path, env={"HOME": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    printed = [
        abs(float(word.strip(","))) for word in re.findall(r"-?\d\.\d+e[-+]\d+,?", ran.stdout)
    ]
    assert any(found == pytest.approx(value, rel=1e-5) for found in printed), ran.stdout


@pytest.mark.parametrize(
    ("analysis", "words"),
    [
        (
            DCSweep(Sweep("q", 0, 1, 5)),
            "'q': no terminal of 'pbs_rc'.*accepted: light, n, p",
        ),
        (SmallSignal(1, 10, 5), "source: is missing"),
        (SmallSignal(1, 10, 5, source="lihgt"), "did you mean 'light'"),
        (Noise("i(n)", "p", 1, 10), r"noise of 'i\(n\)': the bench has no such signal"),
        (Noise("v(p)", "p", 1, 10), r"noise of 'v\(p\)'"),
        (Noise("i(p)", "out", 1, 10), "source 'out'"),
    ],
)
def test_what_a_bench_does_not_have(pool, analysis, words):
    bench = Testbench(find_device("pbs_rc"), {"p": Signal(1.0)}, 1.0)
    [(_, outcome)] = pool.map(ANALYSE, [(bench, [{}], analysis)])
    assert isinstance(outcome, Failed)
    assert re.search(words, outcome.message), outcome.message
