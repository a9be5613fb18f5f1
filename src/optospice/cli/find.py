"""`optospice find`: devices by what they are."""

from __future__ import annotations

from typing import Annotated

import typer

from optospice.cli.console import console


def find(
    conditions: Annotated[
        list[str],
        typer.Argument(
            metavar="CONDITION...",
            help='"r3 10..50 Mohm", "wavelength 550 nm", a metric, family=NAME, citation=KEY.',
        ),
    ],
) -> None:
    """Find devices by parameter, published metric, wavelength, family or citation."""
    from optospice.report.search import search, table

    console().print(table(search(conditions)))
