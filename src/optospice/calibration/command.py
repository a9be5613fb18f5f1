"""`optospice calibrate`: from the options to the files."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from optospice.calibration.cards import prepare, write_device
from optospice.calibration.descent import Say
from optospice.calibration.fit import Fit, calibrate
from optospice.calibration.leave_one_out import Prediction, candidates, leave_one_out
from optospice.calibration.measurement import read_mapping, read_measurement
from optospice.calibration.problem import build
from optospice.calibration.report import document, markdown
from optospice.calibration.statistics import Statistics, judge_fit
from optospice.errors import InputError
from optospice.files import claimed, write_text, writing
from optospice.ngspice.pool import Pool


def run(
    scenarios: Sequence[str],
    free: Sequence[str],
    data: Sequence[Path] = (),
    mapping: Sequence[str] = (),
    start: Sequence[str] = (),
    multistart: int = 1,
    seed: int = 0,
    spread: float = 3.0,
    out: Path | None = None,
    device: str | None = None,
    workers: int = 0,
    predicts: bool = False,
    say: Say = lambda text: None,
) -> tuple[Fit, Statistics, list[Prediction], Path]:
    """Fit, judge and write; see the command's help for the options.

    Returns
    -------
    tuple of Fit, Statistics, list of Prediction and Path
        The fit, what it is worth, every number as the others predict it where that is asked for,
        and the folder with its files.

    Raises
    ------
    InputError
        For options that cannot be used, before anything is simulated.
    """
    records = [read_measurement(file, read_mapping(file, mapping)) for file in data]
    problem = build(scenarios, free, start, records, device)
    if predicts and not candidates(problem):
        raise InputError(
            "--leave-one-out: there is no number to leave out; accepted: a scenario with published "
            "targets, fitted to them and not to --data"
        )
    folder = out if out is not None else Path("results") / f"calibration-{problem.device.name}"
    with claimed(folder):
        prepare(folder, problem.device)
        with Pool(workers=workers, preload="optospice.sweep.task") as pool:
            fit = calibrate(problem, pool, multistart, seed, spread, say)
            predictions = (
                leave_one_out(
                    fit,
                    pool,
                    lambda less, pool: calibrate(less, pool, multistart, seed, spread, say, more=0),
                    say,
                )
                if predicts
                else []
            )
        statistics = judge_fit(fit)
        write_device(fit, statistics, folder)
        with writing(folder):
            report = markdown(
                fit, statistics, shlex.join(["optospice", *sys.argv[1:]]), predictions
            )
            write_text(folder / "calibration.md", report)
            text = json.dumps(document(fit, statistics, predictions), indent=2)
            write_text(folder / "calibration.json", text + "\n")
    return fit, statistics, predictions, folder
