"""Setting up as many runs as took CACE half an hour.

Run as ``python -m benchmarks.setup_time FOLDER RUNS``, it does what `measure` times.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import whole_sweep
from benchmarks.harness import Options, Row, times

#: What github.com/efabless/cace/issues/150 (now github.com/fossi-foundation/cace/issues/19)
#: reports: so many runs, set up in so long [s].
RUNS, REPORTED = 3_870, 1_800.0
FLOOR = 1_000.0


def measure(options: Options) -> list[Row]:
    """Set up the runs in fresh interpreters, and run them."""
    rounds = options.of(5, 2)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        answers = [_ask(folder) for _ in range(rounds)]
        sweep = whole_sweep.run(folder, RUNS)
    own = statistics.median(answer["seconds"] for answer in answers)
    stages = ", ".join(f"{name} {spent:.2f} s" for name, spent in answers[-1]["stages"].items())
    note = (
        "theirs is what one user reports in the project's issue 150, of a circuit of their own on "
        "a machine of their own: not measured here, it gives the order of magnitude only"
    )
    return [
        Row(
            f"set-up of {RUNS:,} runs with different parameters, until the first task is sent, "
            "against what CACE's issue 150 reports",
            f"{own:.2f} s",
            f"{REPORTED:,.0f} s (reported)",
            times(REPORTED / own),
            f"{FLOOR:,.0f}x",
            REPORTED / own >= FLOOR,
            notes=(note, f"fresh interpreter; {stages}"),
        ),
        Row(
            f"the whole of {RUNS:,} runs, with simulation and tables, against that set-up alone",
            f"{sweep.seconds:.2f} s",
            f"{REPORTED:,.0f} s (reported)",
            times(REPORTED / sweep.seconds),
        ),
    ]


def _ask(folder: Path) -> dict[str, Any]:
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.setup_time", str(folder), str(RUNS)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
    )
    whole = time.perf_counter() - started
    said: dict[str, Any] = json.loads(done.stdout)
    return {"seconds": whole, "stages": said}


class FirstTask:
    """Stands in for a pool: takes the first task, packed as it travels, and stops."""

    size, timeout, version, installation = 2, 1.0, "39", None

    def start(self) -> None:
        """Have no workers."""

    def close(self) -> None:
        """Have nothing to end."""

    def map(self, function: str, items: Sequence[Any], chunk: int = 1) -> Iterator[Any]:
        """Pack the first chunk of tasks."""
        import pickle

        pickle.dumps((function, [items[place] for place in range(chunk)]))
        raise KeyboardInterrupt
        yield


def main() -> None:
    """Say how long each stage took."""
    mark = time.perf_counter()
    stages: dict[str, float] = {}

    def stage(name: str) -> None:
        nonlocal mark
        now = time.perf_counter()
        stages[name], mark = now - mark, now

    from benchmarks.cases import load_text, sweep_text
    from optospice.sweep.local import run_scenario

    stage("imports")
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    loaded, runs = load_text(folder, f"sweep_{count}", sweep_text(count))
    stage("reading and expansion")
    result = run_scenario(loaded, runs, FirstTask())  # type: ignore[arg-type]
    stage("planning and first tasks")
    if result.count("not run") != count:
        raise RuntimeError("a run has begun")
    print(json.dumps(stages))


if __name__ == "__main__":
    main()
