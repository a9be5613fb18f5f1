"""Memory growth of a worker over 20,000 runs."""

from __future__ import annotations

import tempfile
from pathlib import Path

import psutil

from benchmarks import cases
from benchmarks.harness import Options, Row
from optospice.ngspice.pool import Pool
from optospice.ngspice.worker import Finished
from optospice.sweep.task import Task

FLOOR = 5.0


def measure(options: Options) -> list[Row]:
    """Watch the resident size of one worker; the first tenth of the runs is warm-up."""
    count = options.of(20_000, 2_000)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name, Pool(workers=1) as pool:
        _, runs = cases.load_sweep(Path(name), min(count, 2_000))
        tasks = [Task.of([run], keep_results=False) for run in runs]
        resident = []
        last: list[tuple[float, float]] = []
        for _ in range(10):
            part = tasks[: count // 10]
            for _, outcome in pool.map("optospice.sweep.task:perform", part, chunk=25):
                assert isinstance(outcome, Finished), outcome.message
                metrics = outcome.result.runs()[0].metrics
                first = metrics["postsynaptic_current_amplitude"].value
                last.append((first, metrics["last_amplitude"].value))
            (worker,) = pool.process_ids()
            resident.append(psutil.Process(worker).memory_info().rss / 2**20)
            error = cases.amplitude_error(runs[:200], last[-len(part) :][:200])
    growth = resident[-1] - resident[0]
    return [
        Row(
            f"memory growth of a worker from run {count // 10:,} to run {count:,}",
            f"{growth:.2f} MB",
            "",
            f"{growth:.2f} MB",
            f"< {FLOOR:g} MB",
            growth < FLOOR,
            error,
            notes=(f"resident size {resident[0]:.1f} to {resident[-1]:.1f} MB, one run at a time",),
        )
    ]
