"""`optospice reference`: the pages and schemas made from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def reference(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for reference.md and schema/.")
    ] = Path("docs"),
) -> None:
    """Write the reference of every key, protocol and metric, and JSON Schemas for editors."""
    from optospice.reference.command import write_reference

    for file in write_reference(out):
        print(file)
