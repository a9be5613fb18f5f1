"""Two workers against one, beside what this machine gives two bare processes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import bare, cases
from benchmarks.harness import Options, Row, child, in_turn, speed, timed, times
from optospice.ngspice.pool import Pool
from optospice.sweep.local import run_scenario

FLOOR = 1.7


def measure(options: Options) -> list[Row]:
    """Run the same sweep with one and with two workers, and bare loops likewise."""
    count, rounds = options.of(2500, 500), options.of(7, 2)
    job = cases.job(cases.rc_bench())
    preload = "optospice.sweep.task"
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as name,
        Pool(workers=1, preload=preload) as one,
        Pool(workers=2, preload=preload) as two,
        child(bare.make) as left,
        child(bare.make) as right,
    ):
        loaded, runs = cases.load_sweep(Path(name), count)
        errors: list[float] = []

        def sweep(pool: Pool) -> Callable[[], float]:
            def run() -> float:
                result = run_scenario(loaded, runs, pool, keep_waveforms=False)
                if not errors:
                    errors.append(cases.amplitude_error(runs, cases.measured_amplitudes(result)))
                return result.seconds / count

            return run

        half = options.of(300, 100)

        def alone() -> float:
            return timed(lambda: left.ask(job.netlist, job.wanted, half)) / half

        def together() -> float:
            def both() -> None:
                for process in (left, right):
                    process.send(job.netlist, job.wanted, half)
                for process in (left, right):
                    process.receive()

            return timed(both) / (2 * half)

        pairs = in_turn(rounds, sweep(two), sweep(one))
        raw = in_turn(rounds, together, alone)
    own, other = pairs.medians
    return [
        Row(
            f"two workers over one, {count:,} runs of the paired-pulse sweep",
            speed(own),
            speed(other),
            times(pairs.ratio),
            f"{FLOOR:g}x",
            pairs.ratio >= FLOOR,
            errors[0],
            notes=(
                f"two bare processes over one on this machine at the same time: {times(raw.ratio)} "
                f"({raw.spread}); optospice {pairs.spread}",
            ),
        )
    ]
