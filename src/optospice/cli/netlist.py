"""`optospice netlist`: a device as plain SPICE."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def netlist(
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="Name of a device.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="A new file for it.")
    ] = None,
    library: Annotated[
        bool, typer.Option("--library", help="The subcircuit alone, for an .include.")
    ] = False,
) -> None:
    """Write a device as one stand-alone file that plain `ngspice -b` runs."""
    from optospice.authoring.files import write_new
    from optospice.device import find_device
    from optospice.netlist.guard import check_library
    from optospice.report.netlist_file import circuit_text, library_text

    found = find_device(device)
    check_library(found.text, str(found.file))
    text = library_text(found) if library else circuit_text(found)
    if out is None:
        print(text, end="")
        return
    print("\n".join(write_new({out: text})))
