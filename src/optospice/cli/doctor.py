"""`optospice doctor`: which ngspice is used."""

from __future__ import annotations

import typer

from optospice.cli.console import console


def doctor() -> None:
    """Say which ngspice is used, where it was found and what is missing."""
    from optospice.report.doctor import examine

    findings, sound = examine()
    out = console()
    for line in findings:
        out.print(line, highlight=False, soft_wrap=True)
    raise typer.Exit(0 if sound else 1)
