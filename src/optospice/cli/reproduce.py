"""`optospice reproduce`: the table paper vs simulation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optospice.cli.options import AsJson, Workers


def reproduce(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for reproduction.md and .csv.")
    ] = Path("results/reproduction"),
    json: AsJson = False,
    check: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A reproduction.md to compare with.")
    ] = None,
    workers: Workers = 0,
) -> None:
    """Run every packaged scenario and write the table paper vs simulation."""
    from optospice.reproduce import reproduce as run_all

    raise typer.Exit(run_all(out, json, check, workers))
