"""`optospice new`: a working starting point of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Write a working starting point of your own.")


@app.command()
def device(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new device.")],
    family: Annotated[
        str, typer.Option(metavar="FAMILY", help="Write values of this family, one TOML.")
    ] = "",
) -> None:
    """Write a subcircuit, its card, a first scenario and a test; or a parameter set."""
    from optospice.authoring.new import new_device, new_parameter_set

    print("\n".join(new_parameter_set(name, family) if family else new_device(name)))


@app.command()
def scenario(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new scenario.")],
    device: Annotated[str, typer.Option(help="Device that it runs on.")],
    protocol: Annotated[str, typer.Option(help="Experiment, see `optospice list protocols`.")],
) -> None:
    """Write a scenario of a device under a protocol."""
    from optospice.authoring.new import new_scenario

    print("\n".join(new_scenario(name, device, protocol)))


@app.command()
def project(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")],
) -> None:
    """Write a project folder with a device, a scenario and CI workflows."""
    from optospice.authoring.new import new_project

    print("\n".join(new_project(folder)))
