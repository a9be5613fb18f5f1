"""What a sweep of 1,000 runs costs besides simulating."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from benchmarks import cases, whole_sweep
from benchmarks.harness import Options, Row

FLOOR = 1.0
RUNS = 1000
WORKERS = 2


def measure(options: Options) -> list[Row]:
    """Take what the workers spent on runs off the wall-clock time of a fresh process."""
    fixed: list[float] = []
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        _, runs = cases.load_sweep(folder, RUNS)
        whole_sweep.run(folder, RUNS, WORKERS)
        sweeps = [whole_sweep.run(folder, RUNS, WORKERS) for _ in range(options.of(5, 2))]
        fixed = [sweep.seconds - sweep.simulating / WORKERS for sweep in sweeps]
        error = cases.amplitude_error(runs, sweeps[-1].amplitudes)
    cost = statistics.median(fixed)
    middle = sweeps[fixed.index(sorted(fixed)[len(fixed) // 2])]
    inside = sum(middle.stages.values())
    besides = statistics.median(sweep.processor - sweep.simulating for sweep in sweeps)
    parts = {"interpreter": middle.seconds - inside, **middle.stages}
    return [
        Row(
            f"fixed cost of a sweep of {RUNS:,} runs",
            f"{cost:.2f} s",
            "",
            f"{cost:.2f} s",
            f"< {FLOOR:g} s",
            cost < FLOOR,
            error,
            notes=(
                "wall-clock time of a fresh process (interpreter, imports, workers, expansion, "
                "files) less the time that the runs took in a worker, shared by "
                f"{WORKERS} workers ({middle.simulating / WORKERS:.2f} s); stages: "
                + ", ".join(f"{name} {spent:.2f} s" for name, spent in parts.items())
                + f"; processor time besides the runs {besides:.2f} s, two cores shared by "
                f"parent and workers; {min(fixed):.2f} to {max(fixed):.2f} s over "
                f"{len(fixed)} rounds",
            ),
        )
    ]
