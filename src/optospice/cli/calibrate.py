"""`optospice calibrate`: parameters from targets or measured currents."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from optospice.cli.console import console
from optospice.cli.options import Scenarios, Workers
from optospice.texts import printable


def calibrate(
    scenarios: Scenarios,
    free: Annotated[
        list[str],
        typer.Option(metavar="PARAM", help="A parameter to fit; offset, drift of a record."),
    ],
    data: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE.csv", help="A measured current to fit, in place of targets."),
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="KEY=VALUE", help='How to read it, e.g. current_unit="nA".'),
    ] = None,
    start: Annotated[
        list[str] | None, typer.Option(metavar="PARAM=VALUE", help='First value, e.g. r3="9 Mohm".')
    ] = None,
    multistart: Annotated[int, typer.Option(min=1, help="Number of starts.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the starts.")] = 0,
    spread: Annotated[
        float, typer.Option(min=1.001, help="Factor around the first start that the others cover.")
    ] = 3.0,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="New folder for the files.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(metavar="NAME", help="Device in place of the scenarios' own.")
    ] = None,
    leave_one_out: Annotated[
        bool,
        typer.Option("--leave-one-out", help="Fit anew without each number, and predict it."),
    ] = False,
    workers: Workers = 0,
) -> None:
    """Fit parameters of a device to claims or measured currents."""
    from optospice.calibration.command import run as fit_and_write
    from optospice.calibration.report import print_report

    fit, statistics, predictions, folder = fit_and_write(
        scenarios, free, data or [], mapping or [], start or [], multistart, seed, spread, out,
        device, workers, leave_one_out,
        say=lambda text: print(f"calibrate: {text}", file=sys.stderr, flush=True),
    )  # fmt: skip
    out_console = console()
    print_report(out_console, fit, statistics, predictions)
    out_console.print(f"results: {printable(folder)}", soft_wrap=True, markup=False)
    raise typer.Exit(0 if fit.converged else 1)
