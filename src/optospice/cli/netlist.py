"""`optospice netlist`: a device as plain SPICE."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def netlist(
    device: Annotated[
        str,
        typer.Argument(metavar="NAME", help="A device; with --run a scenario or its results."),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="A new file for it.")
    ] = None,
    library: Annotated[
        bool, typer.Option("--library", help="The subcircuit alone, for an .include.")
    ] = False,
    run_id: Annotated[
        str | None,
        typer.Option("--run", metavar="ID", help="A run of a scenario, e.g. 0003."),
    ] = None,
) -> None:
    """Write a device, or a run of a scenario, as one file that plain `ngspice -b` runs."""
    from optospice.authoring.files import write_new
    from optospice.device import find_device
    from optospice.netlist.guard import check_library
    from optospice.report.netlist_file import circuit_text, library_text

    if run_id is not None:
        text = _of_run(device, run_id, library)
    else:
        found = find_device(device)
        check_library(found.text, str(found.file))
        text = library_text(found) if library else circuit_text(found)
    if out is None:
        print(text, end="")
        return
    print("\n".join(write_new({out: text})))


def _of_run(scenario: str, run_id: str, library: bool) -> str:
    """Write the circuit of a run, as it was, or will be, simulated."""
    from optospice.errors import InputError
    from optospice.scenario.expand import expand, only_run
    from optospice.scenario.load import load_scenario

    if library:
        raise InputError("--library and --run: give one of the two")
    resolved = Path(scenario) / "scenario.toml"
    loaded = load_scenario(str(resolved) if resolved.is_file() else scenario)
    _, run = only_run(loaded, expand(loaded), run_id)
    if run.is_closed_loop:
        raise InputError(
            f"--run {run_id}: what a controller does is known after the run; accepted: "
            f"optospice run {scenario} --run {run_id}, whose results hold the circuit"
        )
    return run.netlist()
