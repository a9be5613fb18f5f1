"""Devices that share a stimulus: one transient for many against one by one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import cases
from benchmarks.harness import Options, Row, in_turn, speed, times
from optospice.ngspice.pool import Pool
from optospice.sweep.blocks import LARGEST_BLOCK
from optospice.sweep.local import run_scenario

FLOOR = 2.0


def measure(options: Options) -> list[Row]:
    """Run the paired-pulse sweep with one worker, batched and one by one."""
    count = options.of(640, 256)
    errors: dict[int, float] = {}
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as name,
        Pool(workers=1, preload="optospice.sweep.task") as pool,
    ):
        loaded, runs = cases.load_sweep(Path(name), count)

        def with_batches_of(size: int) -> Callable[[], float]:
            def run() -> float:
                result = run_scenario(loaded, runs, pool, keep_waveforms=False, largest_block=size)
                errors[size] = cases.amplitude_error(runs, cases.measured_amplitudes(result))
                return result.seconds / count

            return run

        pairs = in_turn(options.of(7, 2), with_batches_of(LARGEST_BLOCK), with_batches_of(1))
    own, other = pairs.medians
    return [
        Row(
            f"RC devices that share a stimulus, {LARGEST_BLOCK} per transient against one by one",
            f"{own * 1e3:.3f} ms per device",
            f"{other * 1e3:.3f} ms per device",
            times(pairs.ratio),
            f"{FLOOR:g}x",
            pairs.ratio >= FLOOR,
            errors[LARGEST_BLOCK],
            errors[1],
            notes=(
                f"run_scenario, metrics included, one worker ({speed(own)} and {speed(other)}); "
                f"ratio {pairs.spread}",
            ),
        )
    ]
