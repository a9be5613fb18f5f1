"""Arrays and links: Kirchhoff's laws, closed forms, and netlists that save what is asked for."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from bench_devices import bench_device
from optospice.analysis import DCSweep, Noise, OperatingPoint, SmallSignal, Sweep
from optospice.circuit import Circuit, Instance, OpticalLink, Source, array
from optospice.device import Device
from optospice.errors import InputError
from optospice.ngspice.simulate import Job
from optospice.ngspice.worker import Finished
from optospice.stimulus import PulseTrain, Samples, Signal, constant
from probe_device import RUN_JOB

ANALYSE = "bench_devices:analysed_model"
CELL = 1e-4  # 1 cm^2 [m^2]


@pytest.fixture(scope="session")
def analyse(pool):
    """Run an analysis of a circuit in the shared pool."""

    def run(circuit, analysis):
        [(_, outcome)] = pool.map(ANALYSE, [(circuit, analysis)])
        assert isinstance(outcome, Finished), outcome.message
        return outcome.result

    return run


@pytest.fixture(scope="session")
def transient(pool):
    """Run the transient of a circuit in the shared pool and give its signals."""

    def run(circuit):
        job = Job(circuit.netlist(external=False), circuit.wanted, circuit.duration)
        [(_, outcome)] = pool.map(RUN_JOB, [job])
        assert isinstance(outcome, Finished), outcome.message
        return {"time": outcome.result["time"], **circuit.signals(outcome.result)}

    return run


@pytest.fixture(scope="module")
def memory(tmp_path_factory) -> Device:
    return bench_device("memory", tmp_path_factory.mktemp("memory"), {"w": ""})


@pytest.fixture(scope="module")
def lamp(tmp_path_factory) -> Device:
    """1 mW of light per milliampere, 1 kohm."""
    return bench_device("lamp", tmp_path_factory.mktemp("lamp"))


def nodal_currents(conductances, rows, columns, line):
    """Currents into the lines by solving Kirchhoff's equations of every node."""
    m, n = conductances.shape
    size = 2 * m * n
    matrix, right = np.zeros((size, size)), np.zeros(size)
    row = np.arange(m * n).reshape(m, n)
    column = row + m * n

    def join(first, second, conductance):
        for a, b in ((first, second), (second, first)):
            matrix[a, a] += conductance
            matrix[a, b] -= conductance

    def drive(node, level):
        matrix[node, node] += 1 / line
        right[node] += level / line

    for i in range(m):
        for j in range(n):
            join(row[i, j], column[i, j], conductances[i, j])
            if j:
                join(row[i, j - 1], row[i, j], 1 / line)
            if i:
                join(column[i - 1, j], column[i, j], 1 / line)
        drive(row[i, 0], rows[i])
    for j in range(n):
        drive(column[m - 1, j], columns[j])
    voltage = np.linalg.solve(matrix, right)
    into_rows = (rows - voltage[row[:, 0]]) / line
    into_columns = (columns - voltage[column[m - 1]]) / line
    return into_rows, into_columns


def crossbar(probe, conductances, rows, columns, line, **further):
    m, n = conductances.shape
    return array(
        probe,
        [constant(level) for level in rows],
        [constant(level) for level in columns],
        line_resistance=line,
        parameters={(i, j): {"r": 1 / conductances[i, j]} for i in range(m) for j in range(n)},
        **further,
    )


@pytest.mark.parametrize("line", [0.0, 10.0])
def test_a_crossbar_obeys_kirchhoff(analyse, probe, line):
    generator = np.random.default_rng(7)
    conductances = generator.uniform(1e-4, 1e-3, (3, 4))
    rows, columns = generator.uniform(-1, 1, 3), generator.uniform(-0.1, 0.1, 4)
    cells = [f"i({i}_{j}.p)" for i in range(3) for j in range(4)]
    circuit = crossbar(probe, conductances, rows, columns, line, probes=cells)
    point = analyse(circuit, OperatingPoint())
    into_rows = np.array([point[f"i(row_{k})"] for k in range(3)])
    into_columns = np.array([point[f"i(column_{k})"] for k in range(4)])
    assert into_rows.sum() + into_columns.sum() == pytest.approx(0.0, abs=1e-15)
    through = np.array([point[name] for name in cells]).reshape(3, 4)
    assert through.sum(axis=1) == pytest.approx(into_rows, rel=1e-9)
    assert through.sum(axis=0) == pytest.approx(-into_columns, rel=1e-9)
    exact_rows, exact_columns = (
        nodal_currents(conductances, rows, columns, line)
        if line
        else (
            (conductances * (rows[:, None] - columns)).sum(axis=1),
            -(conductances * (rows[:, None] - columns)).sum(axis=0),
        )
    )
    assert into_rows == pytest.approx(exact_rows, rel=1e-9, abs=1e-15)
    assert into_columns == pytest.approx(exact_columns, rel=1e-9, abs=1e-15)


def test_an_array_of_states_sees_an_image(analyse, transient, memory):
    """Each cell starts from its own state and follows its own light."""
    lights = {(0, 0): constant(10.0), (1, 1): constant(40.0)}
    circuit = array(
        memory,
        [constant(1.0), constant(1.0)],
        [constant(0.0), constant(0.0)],
        initial={(0, 1): {"w": 0.5}},
        lights=lights,
        probes=("0_0.w", "0_1.w", "1_1.w"),
        duration=4.0,
    )
    point = analyse(circuit, OperatingPoint())
    assert [point[name] for name in ("0_0.w", "0_1.w", "1_1.w")] == pytest.approx([1.0, 0.5, 4.0])
    assert point["i(row_0)"] == pytest.approx(1e-6 * (1.0 + 0.5))
    assert point["i(column_1)"] == pytest.approx(-1e-6 * (0.5 + 4.0))
    signals = transient(circuit)
    exact = 0.5 * np.exp(-signals["time"])
    assert signals["0_1.w"] == pytest.approx(exact, abs=5e-4)
    assert signals["i(row_0)"] == pytest.approx(1e-6 * (1.0 + exact), abs=2e-9)


def test_an_array_saves_what_is_asked_for(memory):
    rows = [constant(1.0)] * 16
    circuit = array(memory, rows, rows, probes=("3_5.w",))
    saved = [word for line in circuit.netlist().splitlines() if line.startswith(".save")
             for word in line.split()[1:]]  # fmt: skip
    assert len(saved) == 33
    assert "v(xdevice_3_5.w)" in saved
    everything = Circuit(circuit.devices, circuit.sources)
    assert len(everything.wanted) == 32 + 2 * 256


def test_ten_thousand_instances_are_written_in_no_time(memory):
    lines = [constant(1.0)] * 100
    parameters = {(i, j): {"tau": 1 + i + j / 100} for i in range(100) for j in range(100)}
    circuit = array(memory, lines, lines, parameters=parameters, line_resistance=1.0)
    started = time.perf_counter()
    text = circuit.netlist()
    assert time.perf_counter() - started < 5.0  # 0.3 s on a machine with nothing else to do
    assert text.count("\nXdevice_") == 10_000


def linked(emitter, receiver, drive, link, *lights, duration=1.0) -> Circuit:
    """Let a device read at 1 V take a share of the light of another one."""
    sources = {
        "drive": Source("drive", base=drive, controlled=False),
        "readout": Source("readout", base=constant(1.0), controlled=False),
    }
    for k, light in enumerate(lights):
        sources[f"background_{k}"] = Source("received", "light", light, controlled=False)
    return Circuit(
        {
            "emitter": Instance(emitter, {"p": "drive", "light_out": "emitted"}),
            "receiver": Instance(receiver, {"p": "readout", "light": "received"}),
        },
        sources,
        links={"light": link},
        duration=duration,
    )


@pytest.mark.parametrize("background", [None, 5.0])
def test_a_link_carries_a_share_of_the_power_onto_an_area(analyse, lamp, memory, background):
    """2 mA at 2 V emit 2 mW; 30 % of it on 0.5 cm^2 are 1.2 mW/cm^2, besides what else shines."""
    lights = [] if background is None else [constant(background)]
    link = OpticalLink("emitted", "received", 0.3, 0.5 * CELL)
    circuit = linked(lamp, memory, constant(2.0), link, *lights)
    point = analyse(circuit, OperatingPoint())
    assert point["p(emitter.light_out)"] == pytest.approx(2e-3)
    expected = 1.2 + (background or 0.0) / 10
    assert point["receiver.w"] == pytest.approx(expected, rel=1e-9)
    assert point["i(readout)"] == pytest.approx(1e-6 * expected, rel=1e-9)
    curve = analyse(circuit, DCSweep(Sweep("drive", 0.0, 4.0, 5)))
    assert curve["receiver.w"] == pytest.approx(
        0.6 * np.linspace(0, 4, 5) + (background or 0.0) / 10
    )
    assert curve.units["p(emitter.light_out)"] == "W"


def test_light_of_two_emitters_adds_up(analyse, lamp, memory):
    circuit = Circuit(
        {
            "a": Instance(lamp, {"p": "first", "light_out": "from_a"}),
            "b": Instance(lamp, {"p": "second", "light_out": "from_b"}),
            "eye": Instance(memory, {"p": "bias", "light": "seen"}),
        },
        {
            "first": Source("first", base=constant(1.0), controlled=False),
            "second": Source("second", base=constant(3.0), controlled=False),
            "bias": Source("bias", base=constant(1.0), controlled=False),
            "lamp": Source("seen", "light", constant(7.0), controlled=False),
        },
        links={
            "one": OpticalLink("from_a", "seen", 0.5, CELL),
            "two": OpticalLink("from_b", "seen", 0.25, CELL),
        },
    )
    point = analyse(circuit, OperatingPoint())
    assert point["eye.w"] == pytest.approx(0.5 * 1.0 + 0.25 * 3.0 + 0.7, rel=1e-9)


def test_a_delay_is_a_delay(analyse, transient, lamp, probe):
    """What arrives is what was sent 0.2 s before, at all frequencies, and without noise."""
    ramps = Samples([0.0, 0.5, 1.0, 1.5], [0.0, 2.0, 2.0, 0.5])
    link = OpticalLink("emitted", "received", 1.0, CELL, 0.2)
    circuit = linked(lamp, probe, ramps, link, duration=3.0)
    signals = transient(circuit)
    sent = np.interp(signals["time"] - 0.2, *ramps.points)
    assert signals["receiver.seen"] == pytest.approx(sent, abs=2e-3)
    spectrum = analyse(circuit, SmallSignal(0.01, 100.0, 5, source="drive"))
    exact = np.exp(-2j * np.pi * spectrum.frequency * 0.2)
    assert np.abs(spectrum["receiver.seen"] - exact).max() < 1e-6
    # the lamp's own noise arrives, and nothing is added to it: 1 mW on 1 cm^2 is 1 V
    quiet = replace(circuit, measured=("received",))
    sent = analyse(quiet, Noise("p(emitter.light_out)", "drive", 1.0, 10.0, 2))
    arrived = analyse(quiet, Noise("v(received)", "drive", 1.0, 10.0, 2))
    assert sent.units["output"] == "W^2/Hz"
    assert sent["output"] == pytest.approx(1e-6 * arrived["output"], rel=1e-9)


def test_several_trains_of_a_current_source_all_flow(transient, probe):
    """Each train is a source of its own, side by side."""
    trains = (PulseTrain(1.0, 1.0, delay=1.0), PulseTrain(2.0, 1.0, delay=3.0))
    source = Source("a", "current", Signal(0.0, trains), controlled=False)
    circuit = Circuit(
        {"load": Instance(probe, {"p": "a"})}, {"drive": source}, measured=("a",), duration=5.0
    )
    signals = transient(circuit)
    exact = np.interp(signals["time"], *source.base.points)
    assert signals["v(a)"] == pytest.approx(exact, abs=1e-9)
    assert signals["v(a)"].max() == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda d: array(d, [], [constant(0)]), "at least one row and one column"),
        (lambda d: array(d, [constant(0)], [constant(0)], line_resistance=-1.0), "0 ohm or more"),
        (
            lambda d: array(d, [constant(0)], [constant(0)], parameters={(0, 1): {}}),
            r"cell \(0, 1\): accepted: \(0, 0\) to \(0, 0\)",
        ),
        (lambda _: OpticalLink("a", "b", 1.5, 1.0), "share = 1.5; accepted: above 0, up to 1"),
        (lambda _: OpticalLink("a", "b", 0.5, 0.0), "area = 0 m"),
        (lambda _: OpticalLink("a", "b", 0.5, 1.0, -1.0), "delay = -1 s"),
        (
            lambda _: Circuit(
                links={"x": OpticalLink("a", "b", 0.7, 1.0), "y": OpticalLink("a", "c", 0.4, 1.0)}
            ),
            "links from a: their shares are 1.1 in all; accepted: up to 1",
        ),
        (
            lambda d: Circuit({"a": Instance(d, {"p": "x"})}, probes=("a.q",)).readings,
            "signal 'a.q': the circuit has none",
        ),
    ],
)
def test_what_no_circuit_is(memory, made, words):
    with pytest.raises(InputError, match=words):
        made(memory)
