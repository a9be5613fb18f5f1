"""`optospice regress`: what moved since the goldens were written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optospice.cli.options import AsJson, Workers


def regress(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCENARIO]...", help="Names or TOML files; the project's own by default."
        ),
    ] = None,
    update: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help='Rewrite the golden of this one, or of "pbs/*"; may be repeated.'
        ),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write JUnit XML for CI.")
    ] = None,
    json: AsJson = False,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write Markdown for a pull request.")
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for the figures of what moved.")
    ] = Path("results/regress"),
    strict: Annotated[
        bool, typer.Option("--strict", help="A scenario without a golden is a failure.")
    ] = False,
    packaged: Annotated[
        bool, typer.Option("--packaged", help="The packaged scenarios besides the project's own.")
    ] = False,
    workers: Workers = 0,
) -> None:
    """Hold scenarios against their targets and what they gave before; say what moved."""
    from optospice.regression.command import Request
    from optospice.regression.command import regress as run_all

    request = Request(
        scenarios or [], update or [], out, junit, markdown, json, strict, workers, packaged
    )  # fmt: skip
    raise typer.Exit(run_all(request))
