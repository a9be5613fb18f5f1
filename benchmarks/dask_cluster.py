"""A Dask cluster of two workers on this machine against the local pool of two."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.dask_processes import DaskProcesses
from benchmarks.harness import Options, Row, in_turn, speed, times
from optospice.ngspice.pool import Pool
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.sweep.dask_executor import DaskExecutor
from optospice.sweep.executor import Executor
from optospice.sweep.local import run_scenario
from optospice.sweep.record import RunRecord

#: What the way over a cluster may cost.
LIMIT = 1.3
#: One pulse on devices that differ, the cheapest transient with metrics that there is.
_SHORT = """
title = "One pulse on devices that differ"
device = "pbs_rc"
accuracy = "fast"

[protocol]
name = "single_pulse"
readout = "1 V"
wavelength = "740 nm"
irradiance = "1.22 mW/cm^2"
width = "5 s"

[monte_carlo]
runs = {runs}
seed = 1

[monte_carlo.parameters]
r3 = {{ spread = 0.2 }}
c = {{ spread = 0.2 }}
"""


def measure(options: Options) -> list[Row]:
    """Run the same sweep of short runs in both."""
    count, rounds = options.of(20_000, 4_000), options.of(3, 2)
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as name,
        DaskProcesses(Path(name)) as cluster,
        Pool(workers=2, preload="optospice.sweep.task") as pool,
    ):
        cluster.start_scheduler()
        for worker in ("first", "second"):
            cluster.start_worker(worker)
        file = Path(name) / "short.toml"
        file.write_text(_SHORT.format(runs=count))
        loaded = load_scenario(str(file))
        runs = expand(loaded)
        found: dict[str, list[dict[str, float]]] = {}
        dask = DaskExecutor(cluster.address)

        def sweep(where: str, executor: Executor) -> Callable[[], float]:
            def run() -> float:
                result = run_scenario(loaded, runs, executor, keep_waveforms=False)
                found[where] = [_values(record) for record in result.records]
                return result.seconds / count

            return run

        try:
            pairs = in_turn(rounds, sweep("pool", pool), sweep("cluster", dask))
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
            wrong="" if found["pool"] == found["cluster"] else "the metrics differ",
            notes=(
                f"time over the cluster by time in the pool: {pairs.spread}; scheduler, workers, "
                "simulators and the command share the processors of this machine",
            ),
        )
    ]


def _values(record: RunRecord) -> dict[str, float]:
    if record.status != "ok":
        raise RuntimeError(record.message)
    return {name: metric.value for name, metric in record.metrics.items()}
