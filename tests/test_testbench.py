"""Testbenches: netlists that the library and plain ``ngspice -b`` run alike."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.accuracy import PROFILES
from optospice.device import find_device
from optospice.ngspice.worker import Finished
from optospice.stimulus import PulseTrain, Samples, Signal
from optospice.testbench import Testbench
from probe_device import RUN_COPIES

LIGHT = Signal(0.0, (PulseTrain(12.2, 1.0, 3, period=2.0, delay=0.5, rise=1e-3, fall=0.1),))


def bench(parameters=None, light=LIGHT, **changes):
    stimuli = {"p": Signal(1.0), "light": light}
    return Testbench(find_device("pbs_rc"), stimuli, 10.0, parameters or {}, **changes)


def read_raw(file: Path) -> dict[str, np.ndarray]:
    """Read ngspice's binary raw file of one real plot."""
    head, _, data = file.read_bytes().partition(b"Binary:\n")
    lines = head.decode().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Variables:"))
    names = [line.split()[1].lower() for line in lines[start + 1 :]]
    values = np.frombuffer(data, dtype="<f8").reshape(-1, len(names))
    return dict(zip(names, values.T, strict=True))


@pytest.mark.skipif(shutil.which("ngspice") is None, reason="the program ngspice is not installed")
@pytest.mark.parametrize(
    "light",
    [
        LIGHT,
        Signal(2.0, (PulseTrain(12.2, 0.3, 2, interval=0.2), PulseTrain(5.0, 1.0, delay=3.0))),
        Samples([0.5, 2.0, 2.5, 6.0], [0.0, 12.2, 3.0, 0.0]),
    ],
)
def test_plain_ngspice_gives_the_same_current(simulate, tmp_path, light):
    made = bench({"r3": 40e6}, light)
    waves = simulate(made)
    (tmp_path / "run.cir").write_text(made.netlist())
    ran = subprocess.run(
        ["ngspice", "-b", "-r", "out.raw", "run.cir"],
        cwd=tmp_path, env={"HOME": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    raw = read_raw(tmp_path / "out.raw")
    plain = -raw["i(vp)"]
    peak = np.abs(waves.current).max()
    assert raw["time"][-1] == pytest.approx(10.0)
    # where the two chose the same points; interpolation adds its own error elsewhere. Along
    # ramps the engine chooses its own.
    place = np.clip(np.searchsorted(raw["time"], waves.time), 0, raw["time"].size - 1)
    same = np.abs(raw["time"][place] - waves.time) < 1e-12
    if not made.courses:
        assert same.mean() > 0.9
        assert np.abs(plain[place][same] - waves.current[same]).max() <= 1e-6 * peak
    assert np.abs(np.interp(waves.time, raw["time"], plain) - waves.current).max() <= 1e-3 * peak


@settings(max_examples=15)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"r3": st.floats(5e6, 1e8), "c": st.floats(5e-8, 1e-6), "v_ac": st.floats(1, 10)}
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(["fast", "standard"]),
)
def test_a_batch_is_as_many_single_runs(pool, simulate, parameter_sets, profile):
    made = bench(profile=PROFILES[profile])
    [(_, outcome)] = pool.map(RUN_COPIES, [(made, parameter_sets)])
    assert isinstance(outcome, Finished), outcome.message
    together = outcome.result
    assert len(together) == len(parameter_sets)
    for parameters, one in zip(parameter_sets, together, strict=True):
        alone = simulate(bench(parameters, profile=PROFILES[profile]))
        peak = np.abs(alone.current).max()
        difference = np.abs(alone.at("i(p)", one.time) - one.current).max()
        assert difference <= 2 * PROFILES[profile].bound * peak  # each within its own bound
        assert one.units == alone.units
        assert set(one.signals) == set(alone.signals)


def test_a_batch_reads_states_and_light_too(pool, probe):
    light = Signal(1.0, (PulseTrain(5.0, 1.0, delay=1.0),))
    made = Testbench(probe, {"p": Signal(2.0), "light": light}, 4.0)
    [(_, outcome)] = pool.map(RUN_COPIES, [(made, [{"r": 1.0}, {"r": 4.0}])])
    first, second = outcome.result
    assert first.current == pytest.approx(np.full(first.time.size, 2.0))
    assert second.current == pytest.approx(np.full(first.time.size, 0.5))
    assert second["seen"] == pytest.approx(np.interp(first.time, *light.points) / 10, abs=1e-9)


def test_every_parameter_and_its_default_reach_the_circuit(simulate):
    dark = Signal(0.0)
    ohms = {"r1": 1e6, "r2": 2e6, "r3": 3e6}
    assert simulate(bench(ohms, dark)).current[-1] == pytest.approx(1 / 6e6, rel=1e-9)
    assert simulate(bench({}, dark)).current[-1] == pytest.approx(1 / 37e6, rel=1e-9)


def test_a_terminal_without_stimulus_is_dark_or_grounded(simulate):
    device = find_device("pbs_rc")
    waves = simulate(Testbench(device, {"p": Signal(1.0)}, 1.0))
    assert waves.current == pytest.approx(np.full(waves.time.size, 1 / 37e6), rel=1e-9)
    assert set(waves.signals) == {"i(p)", "v(p)"}
    # from the other side: p is grounded, the current flows in at n
    other = simulate(Testbench(device, {"n": Signal(2.0)}, 1.0))
    assert other["i(n)"][-1] == pytest.approx(2 / 37e6, rel=1e-9)
    both = simulate(Testbench(device, {"p": Signal(3.0), "n": Signal(1.0)}, 1.0))
    assert both["i(p)"][-1] == pytest.approx(2 / 37e6, rel=1e-9)
    assert both["i(n)"][-1] == pytest.approx(-2 / 37e6, rel=1e-9)


@pytest.mark.parametrize("temperature", [300.15, 350.15, 250.15])
def test_the_device_has_the_temperature_that_is_asked_for(simulate, probe, temperature):
    made = Testbench(
        probe, {"p": Signal(1.0)}, 1.0, {"r": 2.0, "tc1": 0.004}, temperature=temperature
    )
    expected = 1 / (2.0 * (1 + 0.004 * (temperature - 300.15)))
    assert simulate(made).current[-1] == pytest.approx(expected, rel=1e-9)


def test_signals_carry_their_units(simulate):
    waves = simulate(bench())
    assert dict(waves.units) == {"i(p)": "A", "v(p)": "V", "e(light)": "W/m^2"}
    assert waves["e(light)"].max() == 12.2
    assert (waves["v(p)"] == 1.0).all()
    assert (np.diff(waves.time) > 0).all()


def test_the_title_is_the_first_line():
    assert bench(title="a run").netlist().splitlines()[0].endswith("a run")


def test_a_title_cannot_add_a_line():
    netlist = bench(title="a run\n.control\nshell touch /tmp/owned\n.endc").netlist()
    assert not [
        line for line in netlist.splitlines() if line.lstrip().startswith((".control", "shell"))
    ]


def test_pyspice_sees_the_same_circuit():
    circuit = bench({"r3": 40e6}).circuit()
    assert {element.name for element in circuit.elements} == {"Xdevice", "Vp", "Vlight"}
    lines = bench({"r3": 40e6}).netlist().splitlines()
    assert set(str(circuit).splitlines()[1:]) <= set(lines)
