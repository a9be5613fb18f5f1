"""A second run, for which the store holds everything, against the first."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks import cases
from benchmarks.harness import Options, Pairs, Row, timed, times
from optospice.ngspice.pool import Pool
from optospice.scenario.load import LoadedScenario
from optospice.scenario.runs import Run
from optospice.store.store import Store
from optospice.sweep.local import run_scenario

FLOOR = 50.0
_COMMAND = [sys.executable, "-c", "from optospice.cli import main; main()"]


def measure(options: Options) -> list[Row]:
    """Run each scenario twice on a new store, as a library and as a command."""
    few, many = options.of(200, 20), options.of(5_000, 500)
    rounds = options.of(3, 1)
    rows = []
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as name,
        Pool(workers=2, preload="optospice.sweep.task") as pool,
    ):
        folder = Path(name)
        for what, count, text in (
            (f"{many:,} short runs", many, cases.sweep_text(many)),
            (f"{few:,} long runs", few, cases.endurance_text(few)),
        ):
            file = f"stored_{count}"
            loaded, runs = cases.load_text(folder, file, text)
            inside, whole = Pairs(), Pairs()
            for number in range(rounds):
                store = folder / f"store_{count}_{number}"
                inside.second.append(_library(loaded, runs, pool, store, taken=0))
                inside.first.append(_library(loaded, runs, pool, store, taken=count))
                shutil.rmtree(store)
                command = partial(_command, folder, file, store)
                whole.second.append(timed(command))
                whole.first.append(timed(command))
                shutil.rmtree(store)
            rows.append(_row(f"{what} from the store against the first time, run_scenario", inside))
            rows.append(
                _row(f"{what} from the store against the first time, `optospice run`", whole)
            )
    return rows


def _row(what: str, pairs: Pairs) -> Row:
    own, other = pairs.medians
    return Row(
        what,
        f"{own:.3g} s",
        f"{other:.3g} s",
        times(pairs.ratio),
        f"{FLOOR:g}x",
        pairs.ratio >= FLOOR,
        notes=(f"ratio {pairs.spread}; the first one writes the store",),
    )


def _library(
    loaded: LoadedScenario, runs: Sequence[Run], pool: Pool, folder: Path, taken: int
) -> float:
    """Time a scenario with a store, and see that so many runs come out of it."""
    with Store(folder) as store:
        result = run_scenario(loaded, runs, pool, keep_waveforms=False, store=store)
    if result.from_store != taken or result.count("ok") != len(runs):
        raise RuntimeError(f"{result.from_store} runs came out of the store, not {taken}")
    return result.seconds


def _command(folder: Path, name: str, store: Path) -> None:
    out = folder / f"out_{name}"
    subprocess.run(
        [*_COMMAND, "run", str(folder / f"{name}.toml"), "--out", str(out), "--cache", str(store)],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
    )
