"""A Dask cluster of two workers on this machine against the local pool of two."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import cases
from benchmarks.dask_processes import DaskProcesses
from benchmarks.harness import Options, Row, in_turn, speed, times
from optospice.ngspice.pool import Pool
from optospice.sweep.dask_executor import DaskExecutor
from optospice.sweep.executor import Executor
from optospice.sweep.local import run_scenario

#: What the way over a cluster may cost.
LIMIT = 1.3


def measure(options: Options) -> list[Row]:
    """Run the same sweep of short runs in both."""
    count, rounds = options.of(20_000, 2_000), options.of(5, 2)
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as name,
        DaskProcesses(Path(name)) as cluster,
        Pool(workers=2, preload="optospice.sweep.task") as pool,
    ):
        cluster.start_scheduler()
        for worker in ("first", "second"):
            cluster.start_worker(worker)
        loaded, runs = cases.load_sweep(Path(name), count)
        errors: list[float] = []
        dask = DaskExecutor(cluster.address)

        def sweep(executor: Executor) -> Callable[[], float]:
            def run() -> float:
                result = run_scenario(loaded, runs, executor, keep_waveforms=False)
                if not errors:
                    errors.append(cases.amplitude_error(runs, cases.measured_amplitudes(result)))
                return result.seconds / count

            return run

        try:
            pairs = in_turn(rounds, sweep(pool), sweep(dask))
        finally:
            dask.close()
    local, remote = pairs.medians
    return [
        Row(
            f"two Dask workers on this machine over the local pool of two, {count:,} short runs",
            speed(remote),
            speed(local),
            times(pairs.ratio),
            f"at most {LIMIT:g}x",
            pairs.ratio <= LIMIT,
            errors[0],
            notes=(
                f"time over the cluster by time in the pool: {pairs.spread}; scheduler, workers, "
                "simulators and the command share the processors of this machine",
            ),
        )
    ]
