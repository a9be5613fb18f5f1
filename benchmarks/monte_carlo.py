"""Monte Carlo runs of a single pulse with its default metrics, taken by blocks and run by run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import cases, metrics_share
from benchmarks.harness import Options, Pairs, Row, child, speed, times
from optospice.ngspice.pool import Pool
from optospice.ngspice.session import Session
from optospice.ngspice.worker import Failed, Finished
from optospice.protocols import Experiment
from optospice.sweep.local import run_scenario
from optospice.sweep.record import ScenarioResult
from optospice.sweep.task import Outcome, Task, perform

#: Longest time for 50,000 runs [s].
LONGEST, RUNS = 8.0, 50_000
#: Largest difference of a metric between both ways [1, relative].
SAME = 1e-6


class RunByRun(Pool):
    """A pool whose workers take the metrics of a block run by run."""

    def map(
        self, function: str, items: Sequence[Any], chunk: int = 1
    ) -> Iterator[tuple[int, Finished | Failed]]:
        """Hand the tasks out with the function that measures so."""
        del function
        return super().map("benchmarks.monte_carlo:perform_run_by_run", items, chunk)


def perform_run_by_run(session: Session, task: Task) -> Outcome:
    """Simulate a block, and measure each run by itself; in a worker."""
    kind = type(task.run.protocol)
    of_blocks = kind.measure_block
    kind.measure_block = Experiment.measure_block  # type: ignore[method-assign]
    try:
        return perform(session, task)
    finally:
        kind.measure_block = of_blocks  # type: ignore[method-assign]


def measure(options: Options) -> list[Row]:
    """Run both ways in turn; run by run fewer, each of which costs the same."""
    count, part = options.of(RUNS, 2_000), options.of(2_000, 500)
    rounds = options.of(3, 1)
    pairs, wholes = Pairs(), []
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as name,
        Pool(workers=2, preload="optospice.sweep.task") as blocks,
        RunByRun(workers=2, preload="benchmarks.monte_carlo") as loops,
    ):
        folder = Path(name)
        few = cases.load_text(folder, "few", cases.single_pulse_text(part))
        same = run_scenario(*few, blocks, keep_waveforms=False)
        wrong = _differ(same, run_scenario(*few, loops, keep_waveforms=False))
        for _ in range(rounds):
            started = time.perf_counter()
            many = cases.load_text(folder, "many", cases.single_pulse_text(count))
            by_blocks = run_scenario(*many, blocks, keep_waveforms=False)
            wholes.append((time.perf_counter() - started) / count)
            by_runs = run_scenario(*few, loops, keep_waveforms=False)
            pairs.first.append(by_blocks.seconds / count)
            pairs.second.append(by_runs.seconds / part)
        (folder / "one.toml").write_text(cases.single_pulse_text(metrics_share.BLOCK))
        with child(metrics_share.make_block) as process:
            costs = process.ask(str(folder / "one.toml"), options.of(7, 2))
    own, other = pairs.medians
    whole = sorted(wholes)[len(wholes) // 2] * RUNS
    metrics, simulation = costs["block"], costs["simulation"]
    return [
        Row(
            f"{count:,} Monte Carlo runs of a single pulse with its default metrics, against "
            "metrics taken run by run",
            f"{own * count:.2f} s ({speed(own)})",
            f"{other * count:.1f} s, scaled from {part:,} runs ({speed(other)})",
            times(pairs.ratio),
            f"{RUNS:,} in {LONGEST:g} s",
            whole <= LONGEST,
            wrong=wrong,
            notes=(
                f"with reading and expansion {whole:.2f} s for {RUNS:,} runs; two workers that "
                f"have loaded; ratio {pairs.spread}",
                f"in a block of {metrics_share.BLOCK} the metrics take {metrics * 1e3:.3f} ms of "
                f"processor time per run, the simulation {simulation * 1e3:.3f} ms: "
                f"{metrics / (metrics + simulation):.0%} of both are metrics, run by run "
                f"{costs['loop'] / (costs['loop'] + simulation):.0%}",
            ),
        )
    ]


def _differ(by_blocks: ScenarioResult, by_runs: ScenarioResult) -> str:
    """Say which metric differs between both ways; empty where none does."""
    for place in range(len(by_blocks.records)):
        ours, theirs = by_blocks.records[place].metrics, by_runs.records[place].metrics
        if list(ours) != list(theirs):
            return f"run {place + 1} has other metrics run by run"
        for name, value in ours.items():
            other = theirs[name].value
            if not (value.value == other or abs(value.value - other) <= SAME * abs(other)):
                if value.value != value.value and other != other:
                    continue
                return f"{name} of run {place + 1}: {value.value!r} and run by run {other!r}"
    return ""
