"""`optospice check`: the conformance suite."""

from __future__ import annotations

from typing import Annotated

import typer

from optospice.cli.options import AsJson, Workers


def check(
    devices: Annotated[
        list[str] | None, typer.Argument(metavar="DEVICE", help="Names of devices.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every device that is found.")] = False,
    voltage: Annotated[
        str, typer.Option(help="Amplitude of the bias, both signs; hard drive is three times it.")
    ] = "1 V",
    irradiance: Annotated[
        str, typer.Option(help="Amplitude of the light; the device's own reference by default.")
    ] = "",
    json: AsJson = False,
    workers: Workers = 0,
) -> None:
    """Run the conformance suite on devices, yours or the packaged ones."""
    from optospice.conformance.command import check_devices

    text, is_sound = check_devices(devices or [], every, voltage, irradiance, json, workers)
    print(text)
    raise typer.Exit(0 if is_sound else 1)
