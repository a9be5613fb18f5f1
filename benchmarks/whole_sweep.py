"""A whole sweep in a process of its own: scenario text in, tables of metrics out.

Run as ``python -m benchmarks.whole_sweep FOLDER RUNS WORKERS [figures]``, it prints one JSON line
with the time of every stage. Imports are inside the stages, so that they count. Figures are drawn
where they are asked for: no alternative draws any.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class WholeSweep:
    """What one sweep took.

    Parameters
    ----------
    seconds : float
        From the start of the interpreter to its end [s].
    stages : dict of str to float
        Parts of it, measured inside [s].
    simulating : float
        Sum over the runs of the time that a worker spent on them [s].
    processor : float
        Processor time of the parent and its workers together [s].
    runs : int
        Number of runs [1].
    amplitudes : list of pair of float
        Both amplitudes of every run, read back from ``runs.parquet`` [A].
    """

    seconds: float
    stages: dict[str, float]
    simulating: float
    processor: float
    runs: int
    amplitudes: list[tuple[float, float]]


def run(folder: Path, runs: int, workers: int = 2, figures: bool = False) -> WholeSweep:
    """Run a sweep in a fresh interpreter and read its table back."""
    import numpy as np
    import pandas

    used, started = processor_of_children(), time.perf_counter()
    arguments = [str(folder), str(runs), str(workers), *(["figures"] if figures else [])]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.whole_sweep", *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
    )
    seconds = time.perf_counter() - started
    used = processor_of_children() - used
    said: dict[str, Any] = json.loads(done.stdout)
    table = pandas.read_parquet(folder / "out" / "runs.parquet")
    if len(table) != runs or not (table["status"] == "ok").all():
        raise RuntimeError(f"the sweep gave {len(table)} of {runs} runs, or some failed")
    columns = table[["postsynaptic_current_amplitude [A]", "last_amplitude [A]"]].to_numpy()
    pairs = [(float(first), float(second)) for first, second in np.asarray(columns)]
    return WholeSweep(seconds, said["stages"], said["simulating"], used, runs, pairs)


def processor_of_children() -> float:
    """Processor time of every descendant of this process that has ended [s]."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Do what `run` measures."""
    mark = time.perf_counter()
    stages: dict[str, float] = {}

    def stage(name: str) -> None:
        nonlocal mark
        now = time.perf_counter()
        stages[name], mark = now - mark, now

    from optospice.ngspice.pool import Pool

    folder, runs, workers = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    with Pool(workers=workers, preload="optospice.sweep.task") as pool:
        from benchmarks.cases import load_sweep
        from optospice.report.folder import write_results
        from optospice.sweep.local import run_scenario

        stage("imports")
        loaded, expanded = load_sweep(folder, runs)
        stage("expansion")
        result = run_scenario(loaded, expanded, pool)
        stage("runs, with what is left of the workers' start")
        write_results(result, folder / "out", sys.argv, figures=False)
        stage("writing of the tables")
        if sys.argv[4:] == ["figures"]:
            from optospice.report.figures import save_figures

            save_figures(result, folder / "out" / "figures")
            stage("figures")
    stage("end of the workers")
    simulating = sum(record.seconds for record in result.records)
    print(json.dumps({"stages": stages, "simulating": simulating}))


if __name__ == "__main__":
    main()
