"""Programmed states and loads of testbenches and of closed loops against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from bench_devices import bench_device
from optospice.circuit import Circuit, Instance, Source
from optospice.cosim import Every
from optospice.cosim import simulate as simulate_loop
from optospice.errors import InputError
from optospice.ngspice.worker import Finished
from optospice.stimulus import PulseTrain, Signal
from optospice.testbench import Testbench
from probe_device import RUN_COPIES


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    return bench_device("memory", tmp_path_factory.mktemp("memory"), {"w": ""})


@pytest.fixture(scope="module")
def programmed(tmp_path_factory):
    """The same device whose card says where its state starts."""
    states = {"w": "initial = 0.6"}
    return bench_device("memory", tmp_path_factory.mktemp("programmed"), states)


@pytest.fixture(scope="module")
def lowpass(tmp_path_factory):
    return bench_device("lowpass", tmp_path_factory.mktemp("lowpass"))


def relaxed(time, begin, tau=1.0):
    """A state that is left alone in the dark."""
    return begin * np.exp(-time / tau)


@pytest.mark.parametrize("begin", [0.0, 0.3, 10.0])
def test_a_transient_starts_from_a_programmed_state(simulate, memory, begin):
    waves = simulate(Testbench(memory, {"p": Signal(2.0)}, 5.0, initial={"w": begin}))
    assert waves["w"][0] == pytest.approx(begin, rel=1e-9, abs=1e-9)
    assert waves["i(p)"][0] == pytest.approx(2e-6 * begin, rel=1e-9, abs=1e-15)
    exact = relaxed(waves.time, begin)
    assert waves["w"] == pytest.approx(exact, abs=1e-3 * max(begin, 1e-9))


def test_a_transient_starts_where_the_card_says(simulate, programmed):
    waves = simulate(Testbench(programmed, {"p": Signal(2.0)}, 5.0))
    assert waves["w"][0] == pytest.approx(0.6, rel=1e-9)
    assert waves["w"] == pytest.approx(relaxed(waves.time, 0.6), abs=6e-4)
    other = simulate(Testbench(programmed, {"p": Signal(2.0)}, 5.0, initial={"w": 0.2}))
    assert other["w"][0] == pytest.approx(0.2, rel=1e-9)


def test_every_copy_starts_from_the_programmed_state(pool, memory):
    bench = Testbench(memory, {"p": Signal(1.0)}, 5.0, initial={"w": 0.4})
    [(_, outcome)] = pool.map(RUN_COPIES, [(bench, [{"tau": 1.0}, {"tau": 2.0}, {"tau": 10.0}])])
    assert isinstance(outcome, Finished), outcome.message
    for tau, waves in zip((1.0, 2.0, 10.0), outcome.result, strict=True):
        assert waves["w"][0] == pytest.approx(0.4, rel=1e-9)
        assert waves["w"] == pytest.approx(relaxed(waves.time, 0.4, tau), abs=4e-4)


def test_a_closed_loop_starts_from_programmed_states(memory):
    """Two devices, one with a state of its own; what the controller sees first is that state."""

    class Reader:
        def start(self, context):
            self.context = context
            return Every(1.0, first=0.0)

        def sample(self, time, signals):
            self.context.record("a", signals["a.w"])

    nodes = {"p": "bias"}
    circuit = Circuit(
        {
            "a": Instance(memory, nodes, initial={"w": 0.5}),
            "b": Instance(memory, nodes, {"tau": 2.0}, {"w": 0.25}),
        },
        {"bias": Source("bias", base=Signal(1.0), controlled=False)},
        duration=4.0,
    )
    result = simulate_loop(circuit, Reader())
    waves = result.waveforms
    for name, begin, tau in (("a.w", 0.5, 1.0), ("b.w", 0.25, 2.0)):
        assert waves[name][0] == pytest.approx(begin, rel=1e-9)
        assert waves[name] == pytest.approx(relaxed(waves.time, begin, tau), abs=1e-3 * begin)
    times, seen = result.notes["controller.a"]
    assert seen == pytest.approx(relaxed(times, 0.5), abs=5e-4)


def test_a_load_is_a_resistor_in_front_of_the_terminal(simulate, lowpass):
    """A voltage step charges C through load and R: its own voltage, its current, the source's."""
    step = Signal(0.0, (PulseTrain(1.0, 9.0, delay=1.0),))
    waves = simulate(Testbench(lowpass, {"p": step}, 5.0, {"r": 1e3, "c": 1e-3}, loads={"p": 1e3}))
    since = np.maximum(waves.time - 1.0, 0.0)
    current = np.where(waves.time > 1.0, 1 / 2e3 * np.exp(-since / 2.0), 0.0)
    away = np.abs(waves.time - 1.0) > 0.01
    assert waves["i(p)"][away] == pytest.approx(current[away], abs=1e-3 / 2e3)
    assert waves["v(p)"] == pytest.approx(waves["v(p_source)"] - 1e3 * waves["i(p)"], abs=1e-9)
    assert waves["v(p_source)"].max() == 1.0
    assert waves.units["v(p_source)"] == "V"


def test_every_copy_has_a_load_of_its_own(pool, lowpass):
    bench = Testbench(lowpass, {"p": Signal(1.0)}, 1.0, loads={"p": 500.0, "n": 500.0})
    sets = [{"r": 1e3, "c": 1e-6}, {"r": 5e3, "c": 1e-6}]
    [(_, outcome)] = pool.map(RUN_COPIES, [(bench, sets)])
    assert isinstance(outcome, Finished), outcome.message
    [(_, single)] = pool.map(RUN_COPIES, [(bench, sets[:1])])
    for waves in (*outcome.result, *single.result):
        # the capacitor is charged: no current, and no voltage across any load
        assert waves["i(p)"] == pytest.approx(np.zeros(waves.time.size), abs=1e-12)
        assert waves["v(p)"] == pytest.approx(np.ones(waves.time.size), rel=1e-9)
        assert waves["v(n)"] == pytest.approx(np.zeros(waves.time.size), abs=1e-9)
        assert waves["i(n)"] == pytest.approx(-waves["i(p)"], abs=1e-15)
        assert waves["v(n_source)"] == pytest.approx(np.zeros(waves.time.size))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"initial": {"x": 0.1}}, "initial.x: device 'memory' has no such state; accepted: w"),
        ({"initial": {"w": 11.0}}, "initial.w = 11: accepted: 0 to 10"),
        ({"loads": {"light": 1e3}}, "loads.light: no terminal of 'memory' that takes one"),
        ({"loads": {"p": 0.0}}, "loads.p = 0 ohm: accepted: above 0 ohm"),
        ({"loads": {"p": float("inf")}}, "accepted: above 0 ohm"),
    ],
)
def test_what_no_bench_can_have(memory, changes, words):
    with pytest.raises(InputError, match=words):
        Testbench(memory, {"p": Signal(1.0)}, 1.0, **changes)


def test_a_device_without_states_has_none_to_program(lowpass):
    with pytest.raises(InputError, match="its card declares none"):
        Instance(lowpass, {}, initial={"w": 0.1})
