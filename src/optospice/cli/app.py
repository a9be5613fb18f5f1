"""The commands of the command line, in the order of its help."""

from __future__ import annotations

from typing import Annotated

import typer

from optospice import __version__
from optospice.cli import cache, new
from optospice.cli.adopt import adopt
from optospice.cli.calibrate import calibrate
from optospice.cli.check import check
from optospice.cli.doctor import doctor
from optospice.cli.evidence import evidence
from optospice.cli.find import find
from optospice.cli.listing import list_, show
from optospice.cli.netlist import netlist
from optospice.cli.reference import reference
from optospice.cli.regress import regress
from optospice.cli.reproduce import reproduce
from optospice.cli.run import run

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Circuit-level co-simulation of optoelectronic synaptic devices with ngspice.",
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"optospice {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Circuit-level co-simulation of optoelectronic synaptic devices with ngspice."""


app.command()(run)
app.command(name="list")(list_)
for _command in (
    show, find, netlist, doctor, check, adopt, calibrate, evidence, reproduce, regress, reference,
):  # fmt: skip
    app.command()(_command)
app.add_typer(new.app, name="new")
app.add_typer(cache.app, name="cache")
