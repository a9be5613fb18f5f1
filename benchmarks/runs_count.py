"""Speed and memory of the parent against the number of runs.

Run as ``python -m benchmarks.runs_count FOLDER RUNS``, it runs the sweep of `cases` in a process of
its own, metrics only and without a store, and prints one JSON line.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import Options, Row, speed, times

#: From so many runs on the speed is held against that of so many [1].
REFERENCE = 1_000
#: Largest departure from it [1].
FLAT = 0.15
#: Largest memory of the parent [MB].
LARGEST_MEMORY = 500.0
_QUICK = (10, 100, 1_000, 2_000)
_FULL = (10, 100, 1_000, 10_000, 100_000)
_WORKERS = 2


def measure(options: Options) -> list[Row]:
    """Run ever more, the reference in turn with each."""
    counts = _QUICK if options.quick else _FULL
    counts += (1_000_000,) if options.million else ()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        return [
            row
            for count in counts
            for row in _rows(folder, count, options.of(3, 1) if count <= 10_000 else 1)
        ]


def _rows(folder: Path, count: int, rounds: int) -> list[Row]:
    reference: list[dict[str, float]] = []
    own: list[dict[str, float]] = []
    for _ in range(rounds):
        reference.append(_ask(folder, REFERENCE))
        own.append(_ask(folder, count))
    if count > 10 * REFERENCE:  # what else the machine does changes in the meantime
        reference.append(_ask(folder, REFERENCE))
    usual = statistics.median(one["seconds"] for one in reference) / REFERENCE
    spent = statistics.median(one["seconds"] for one in own) / count
    used, written, before = (
        max(one[key] for one in own) / 2**20 for key in ("memory", "written", "before")
    )
    smallest = max(one["memory"] for one in reference) / 2**20
    counted = count >= REFERENCE
    begun = statistics.median(one["begun"] for one in own)
    return [
        Row(
            f"{count:,} runs, metrics only, against {REFERENCE:,}",
            speed(spent),
            speed(usual),
            times(usual / spent),
            f"within {FLAT:.0%}" if counted else "",
            abs(usual / spent - 1) <= FLAT if counted else None,
            notes=(
                f"run_scenario with {_WORKERS} workers that have loaded; expansion besides takes "
                f"{begun:.2f} s; processor time of all processes "
                f"{statistics.median(one['processor'] for one in own) / count * 1e3:.3f} ms per "
                f"run, for {REFERENCE:,} runs "
                f"{statistics.median(one['processor'] for one in reference) / REFERENCE * 1e3:.3f}"
                " ms",
            ),
        ),
        Row(
            f"memory of the parent of {count:,} runs, against {REFERENCE:,}",
            f"{used:.0f} MB",
            f"{smallest:.0f} MB",
            times(used / smallest),
            f"< {LARGEST_MEMORY:g} MB",
            used < LARGEST_MEMORY,
            notes=(
                f"largest resident size; {before:.0f} MB before the runs, {written:.0f} MB when "
                "the tables are written too",
            ),
        ),
    ]


def _ask(folder: Path, count: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.runs_count", str(folder), str(count)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
    )
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _used() -> float:
    """Largest resident size of this process so far [bytes]."""
    with Path("/proc/self/status").open() as told:  # ru_maxrss begins with the process before
        return next(1024.0 * int(line.split()[1]) for line in told if line.startswith("VmHWM"))


def main() -> None:
    """Do what `measure` measures."""
    import psutil

    from benchmarks import cases
    from optospice.ngspice.pool import Pool
    from optospice.report.folder import write_results
    from optospice.sweep.local import run_scenario

    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    with Pool(workers=_WORKERS, preload="optospice.sweep.task") as pool:
        warm, few = cases.load_sweep(folder, 2 * _WORKERS)
        run_scenario(warm, few, pool, keep_waveforms=False)
        workers = [psutil.Process(one) for one in pool.process_ids()]

        def processor() -> float:
            others = (sum(one.cpu_times()[:2]) for one in workers)
            return time.process_time() + sum(others)

        before, started = _used(), time.perf_counter()
        loaded, runs = cases.load_sweep(folder, count)
        begun, used = time.perf_counter() - started, processor()
        result = run_scenario(loaded, runs, pool, keep_waveforms=False)
        used, memory = processor() - used, _used()
    if not result.count("ok") == count:
        raise RuntimeError(f"{count - result.count('ok')} of {count} runs failed")
    write_results(result, folder / f"out_{count}", sys.argv, figures=False)
    said = {
        "seconds": result.seconds, "begun": begun, "processor": used,
        "before": before, "memory": memory, "written": _used(),
    }  # fmt: skip
    print(json.dumps(said))


if __name__ == "__main__":
    main()
