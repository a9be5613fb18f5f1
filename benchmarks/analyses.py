"""Analyses without a time axis, and large circuits, against the bare library."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks import bare, cases
from benchmarks.harness import (
    Child,
    Options,
    Pairs,
    Row,
    child,
    in_turn,
    processor_seconds,
    timed,
    times,
)
from benchmarks.references import percent_of_peak, sinh_current
from optospice.analysis import Analysis, DCSweep, Noise, OperatingPoint, SmallSignal, Sweep
from optospice.circuit import Circuit, array
from optospice.device import find_device
from optospice.ngspice.analyses import DENSITIES, AnalysisJob
from optospice.ngspice.bench_analyses import analysis_job
from optospice.ngspice.pool import Pool
from optospice.ngspice.simulate import Job
from optospice.ngspice.worker import Finished
from optospice.sources import number
from optospice.stimulus import FloatArray, PulseTrain, Signal, constant
from optospice.testbench import Testbench

FLOOR, FLOOR_OF_MANY, FLOOR_OF_WRITING = 0.9, 0.95, 1.0
INSTANCES, COPIES, WRITTEN = 64, 16, 100
_ANALYSE = "optospice.ngspice.analyses:run_analysis"
#: Boltzmann constant [J/K] and temperature [K].
_THERMAL = 1.380649e-23 * 300.15


def measure(options: Options) -> list[Row]:
    """Run each analysis through a pool of one worker and through the bare library."""
    with Pool(workers=1, preload="optospice.ngspice.simulate") as pool, child(bare.make) as loop:
        _ = pool.version
        rows = [_row(pool, loop, options, *case) for case in _cases(options)]
        rows.append(_many(pool, loop, options))
    return [*rows, _written(options)]


Case = tuple[str, AnalysisJob, str, Callable[[Any], float], int]


def _cases(options: Options) -> list[Case]:
    """Give what, the job, its axis, the error in per cent, and how many runs."""
    rc = Testbench(find_device("pbs_rc"), {"p": Signal(1.0), "light": constant(12.2)}, 1.0)
    sinh = replace(cases.sinh_bench(), profile=rc.profile)
    sinh = replace(sinh, stimuli={"p": constant(1.0)})
    voltages = np.linspace(-1.0, 1.0, 200)
    grid = [{"r3": 25e6 * (1 + k / INSTANCES)} for k in range(INSTANCES)]

    def job(bench: Testbench, analysis: Analysis, sets: Any = None) -> AnalysisJob:
        return analysis_job(bench, analysis, sets)

    return [
        (
            f"operating point of {INSTANCES} devices", job(rc, OperatingPoint(), grid), "",
            lambda v: _op_error(v, grid), options.of(200, 50),
        ),
        (
            f"DC sweep of 200 points, {COPIES} devices",
            job(sinh, DCSweep(Sweep("p", -1.0, 1.0, 200)), [{}] * COPIES), "v-sweep",
            lambda v: percent_of_peak(v["vsense_0_p#branch"], sinh_current(voltages)),
            options.of(100, 40),
        ),
        (
            "AC sweep of 8 decades, 500 points each",
            job(rc, SmallSignal(1e-4, 1e4, 500, source="light")), "frequency",
            _ac_error, options.of(60, 25),
        ),
        (
            "noise of 8 decades, 500 points each",
            job(rc, Noise("i(p)", "p", 1e-4, 1e4, 500)), "noise1.frequency",
            _noise_error, options.of(60, 25),
        ),
    ]  # fmt: skip


def _op_error(vectors: Any, grid: list[dict[str, float]]) -> float:
    """Current of the published circuit: (V + drive) / (r1 + r2 + r3)."""
    exact = np.array([7.0 / (12e6 + one["r3"]) for one in grid])
    found = np.array([vectors[f"vsense_{k}_p#branch"][0] for k in range(len(grid))])
    return percent_of_peak(found, exact)


def _impedance(frequency: FloatArray) -> Any:
    return 12e6 + 25e6 / (1 + 2j * np.pi * frequency * 25e6 * 200e-9)


def _complex(values: Any) -> Any:
    return values if values.ndim == 1 else values[:, 0] + 1j * values[:, 1]


def _ac_error(vectors: Any) -> float:
    frequency = _complex(vectors["frequency"]).real
    exact = 6.0 / 12.2 / _impedance(frequency)  # [A per W/m^2]
    return 100 * float(np.abs(-_complex(vectors["vp#branch"]) - exact).max() / np.abs(exact).max())


def _noise_error(vectors: Any) -> float:
    frequency = vectors["noise1.frequency"]
    impedance = _impedance(frequency)
    exact = 4 * _THERMAL * impedance.real / np.abs(impedance) ** 2
    return percent_of_peak(vectors[DENSITIES["output"]] * 1e-24, exact)


def _row(
    pool: Pool, loop: Child, options: Options, what: str, job: AnalysisJob, axis: str,
    error: Callable[[Any], float], count: int,
) -> Row:  # fmt: skip
    seen: dict[str, Any] = {}
    names = (axis,) if axis else ()
    pairs, by_processor = _in_turn(
        pool, loop, options.of(9, 3), (_ANALYSE, job, count), (job.netlist, job.wanted, names), seen
    )
    ratio = min(pairs.ratio, by_processor.ratio)
    own, other = pairs.medians
    found = seen["ours"]
    vectors = {**found.vectors, **({axis: found.axis} if axis else {})}
    return Row(
        f"{what}, against a bare-library loop",
        f"{own * 1e3:.3f} ms",
        f"{other * 1e3:.3f} ms",
        times(ratio),
        f"{FLOOR:g}x",
        ratio >= FLOOR,
        error(vectors),
        error(seen["theirs"]),
        notes=(
            "same netlist; optospice solves with a tighter tolerance, looks at its error, judges "
            f"and sends the vectors to the parent; {_both(pairs, by_processor)}",
        ),
    )


def _in_turn(
    pool: Pool,
    loop: Child,
    rounds: int,
    ours: tuple[str, Any, int],
    theirs: tuple[str, Any, tuple[str, ...]],
    seen: dict[str, Any],
) -> tuple[Pairs, Pairs]:
    """Measure a job in a worker against a text in the bare loop: wall clock and processor time."""
    function, job, count = ours
    processor: dict[str, list[float]] = {"ours": [], "theirs": []}

    def run() -> float:
        (worker,) = pool.process_ids()
        used, started = processor_seconds(worker), time.perf_counter()
        for _, outcome in pool.map(function, [job] * count, chunk=25):
            assert isinstance(outcome, Finished), outcome.message
            seen["ours"] = outcome.result
        wall = time.perf_counter() - started
        processor["ours"].append((processor_seconds(worker) - used) / count)
        return wall / count

    def bare_run() -> float:
        text, wanted, axis = theirs
        answer = loop.ask(text, wanted, count, axis)
        seen["theirs"] = answer["vectors"]
        processor["theirs"].append(float(answer["processor"]) / count)
        return float(answer["wall"]) / count

    pairs = in_turn(rounds, run, bare_run)
    # the first entry of each is the warm-up
    return pairs, Pairs(processor["ours"][1:], processor["theirs"][1:])


def _both(pairs: Pairs, by_processor: Pairs) -> str:
    return (
        f"by wall clock {times(pairs.ratio)} ({pairs.spread}), by processor time "
        f"{times(by_processor.ratio)} ({by_processor.spread}); the smaller one counts"
    )


def _many(pool: Pool, loop: Child, options: Options) -> Row:
    """64 devices in one transient: the writer's text against one written by hand."""
    light = Signal(0.0, (PulseTrain(12.2, 10.0, delay=5.0),))
    bench = Testbench(find_device("pbs_rc"), {"p": Signal(1.0), "light": light}, 50.0)
    sets = [{"r3": 25e6 * (1 + k / INSTANCES)} for k in range(INSTANCES)]
    text, wanted = bench.batch_netlist(sets), tuple(bench.batch_vectors(INSTANCES))
    job = Job(text, wanted, bench.duration)
    by_hand = _by_hand(bench, sets)
    senses = [f"v{k}#branch" for k in range(INSTANCES)]
    count = options.of(20, 6)
    seen: dict[str, Any] = {}
    pairs, by_processor = _in_turn(
        pool, loop, options.of(9, 3), (cases.RUN_JOB, job, count), (by_hand, senses, ("time",)),
        seen,
    )  # fmt: skip
    ratio = min(pairs.ratio, by_processor.ratio)
    own, other = pairs.medians
    waves = bench.batch_waveforms(seen["ours"], INSTANCES)
    single = [replace(bench, parameters=one) for one in sets]
    return Row(
        f"{INSTANCES} devices in one transient, against the same text written by hand",
        f"{own * 1e3:.1f} ms",
        f"{other * 1e3:.1f} ms",
        times(ratio),
        f"{FLOOR_OF_MANY:g}x",
        ratio >= FLOOR_OF_MANY,
        max(cases.rc_error(b, w.time, w.current) for b, w in zip(single, waves, strict=True)),
        max(
            cases.rc_error(b, seen["theirs"]["time"], seen["theirs"][name])
            for b, name in zip(single, senses, strict=True)
        ),
        notes=(
            "same options and steps; optospice also judges the run and sends it to the parent; "
            f"{_both(pairs, by_processor)}",
        ),
    )


def _by_hand(bench: Testbench, sets: list[dict[str, float]]) -> str:
    """The batch as somebody would write it who does not know optospice."""
    cards = bench.engine_netlist().splitlines()
    kept = [line for line in cards if line.startswith((".temp", ".options", ".tran"))]
    devices = [
        f"V{k} p p{k} 0\nX{k} p{k} 0 light {bench.device.name} r3={number(one['r3'])}"
        for k, one in enumerate(sets)
    ]
    saved = " ".join(f"i(v{k})" for k in range(len(sets)))
    return "\n".join(
        [
            "by hand", bench.device.text, "Vp p 0 1",
            "Vlight light 0 PULSE(0 1.22 5 10u 10u 9.99999 100)",
            *devices, *kept[:2], f".save {saved}", kept[2], ".end", "",
        ]
    )  # fmt: skip


def _written(options: Options) -> Row:
    """Writing 10,000 devices, each with parameters of its own."""
    device = find_device("pbs_rc")
    lines = [constant(1.0)] * WRITTEN

    def build() -> Circuit:
        sets = {
            (i, j): {"r3": 25e6 + i * WRITTEN + j} for i in range(WRITTEN) for j in range(WRITTEN)
        }
        return array(device, lines, lines, line_resistance=1.0, parameters=sets)

    circuits = [build() for _ in range(options.of(5, 2))]
    written = sorted(timed(circuit.netlist) for circuit in circuits)
    built = timed(build)
    cost = written[len(written) // 2]
    return Row(
        f"writing the netlist of an array of {WRITTEN**2:,} devices with line resistances",
        f"{cost:.2f} s",
        "",
        f"{cost:.2f} s",
        f"< {FLOOR_OF_WRITING:g} s",
        cost < FLOOR_OF_WRITING,
        notes=(f"building the model of the circuit before takes {built:.2f} s",),
    )
