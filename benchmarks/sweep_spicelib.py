"""Paired-pulse sweep of 5,000 parameter sets, end to end, against spicelib's SimRunner."""

from __future__ import annotations

import logging
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import cases, whole_sweep
from benchmarks.harness import Options, Pairs, Row, child, speed, times
from optospice.light import total_of
from optospice.scenario.runs import Run
from optospice.stimulus import Signal

FLOOR = 80.0
PARALLEL = (2, 4)


def measure(options: Options) -> list[Row]:
    """Give the sweep to optospice and a part of it to spicelib, round by round."""
    count, part = options.of(5000, 500), options.of(80, 30)
    rounds = options.of(5, 1)
    ours: list[float] = []
    theirs: dict[int, list[float]] = {parallel: [] for parallel in PARALLEL}
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as name,
        child(make_spicelib) as spicelib,
    ):
        folder = Path(name)
        _, runs = cases.load_sweep(folder, count)
        for number in range(rounds):
            for parallel in PARALLEL:
                place = folder / f"{number}_{parallel}"
                answer = spicelib.ask(place, runs[:part], parallel)
                theirs[parallel].append(float(answer["wall"]) / part)
            sweep = whole_sweep.run(folder, count)
            ours.append(sweep.seconds / count)
        drawn = whole_sweep.run(folder, count, figures=True)
        error_theirs = cases.amplitude_error(runs[:part], answer["amplitudes"])
        error_ours = cases.amplitude_error(runs, sweep.amplitudes)
    best = min(PARALLEL, key=lambda parallel: statistics.median(theirs[parallel]))
    pairs = Pairs(ours, theirs[best])
    own, other = pairs.medians
    both = ", ".join(f"parallel_sims={p}: {speed(statistics.median(theirs[p]))}" for p in PARALLEL)
    return [
        Row(
            f"paired-pulse sweep of {count:,} parameter sets, end to end, against spicelib's "
            "SimRunner",
            f"{own * count:.2f} s ({speed(own)})",
            f"{other * count:.0f} s, scaled from {part} runs ({speed(other)})",
            times(pairs.ratio),
            f"{FLOOR:g}x",
            pairs.ratio >= FLOOR,
            error_ours,
            error_theirs,
            notes=(
                f"spicelib at its best parallelism ({both}), without its own import; same "
                "netlists and options, both amplitudes as metric; "
                f"ratio {pairs.spread}; processor time of all processes: "
                f"{sweep.processor / count * 1e3:.2f} and "
                f"{answer['processor'] / part * 1e3:.1f} ms per run",
                "optospice: fresh interpreter, two workers, imports and files included: "
                + ", ".join(f"{name} {spent:.2f} s" for name, spent in sweep.stages.items()),
                "no side draws figures; with those that optospice draws unless it is told not to "
                f"it takes {drawn.seconds:.2f} s ({other * count / drawn.seconds:.0f}x)",
            ),
        )
    ]


def make_spicelib() -> Callable[[Path, list[Run], int], dict[str, Any]]:
    """Import spicelib and give the sweep; for a process of its own, since ngspice writes to it."""
    from spicelib import RawRead, SimRunner
    from spicelib.simulators.ngspice_simulator import NGspiceSimulator

    logging.disable(logging.WARNING)
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(silence, stream)

    def sweep(folder: Path, runs: list[Run], parallel: int) -> dict[str, Any]:
        """Write the netlists, run them with SimRunner, read both peaks from the raw files."""
        used = time.process_time() + whole_sweep.processor_of_children()
        started = time.perf_counter()
        folder.mkdir()
        runner = SimRunner(
            simulator=NGspiceSimulator, parallel_sims=parallel, output_folder=str(folder / "out")
        )
        tasks = []
        for run in runs:
            file = folder / f"{run.id}.net"
            file.write_text(run.testbench().netlist())
            tasks.append(runner.run(file))
        runner.wait_completion()
        amplitudes = []
        for run, task in zip(runs, tasks, strict=True):
            raw = RawRead(str(task.raw_file), dialect="ngspice", verbose=False)
            moments = np.asarray(raw.get_trace("time").get_wave())
            current = -np.asarray(raw.get_trace("i(vp)").get_wave())
            light = total_of(run.testbench().stimuli["light"])
            assert isinstance(light, Signal)
            train = light.trains[0]
            first, second = (
                cases.peak_in(moments, current, onset, onset + train.width)
                for onset in train.onsets
            )
            amplitudes.append((first, second))
        return {
            "wall": time.perf_counter() - started,
            "processor": time.process_time() + whole_sweep.processor_of_children() - used,
            "amplitudes": amplitudes,
        }

    return sweep
