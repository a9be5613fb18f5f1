"""A device as one stand-alone SPICE file, with where every number comes from."""

from __future__ import annotations

from collections.abc import Iterator

import optospice
from optospice import units
from optospice.device import Device, library_lines
from optospice.netlist.guard import safe_title
from optospice.report.listing import citation
from optospice.stimulus import constant
from optospice.testbench import Testbench

#: Bias and duration of the circuit that tries a device [V], [s].
_BIAS, _DURATION = 1.0, 1.0


def library_text(device: Device) -> str:
    """Give a device's subcircuit with all that it needs, for an ``.include``.

    Parameters
    ----------
    device : Device
        From `find_device`.

    Returns
    -------
    str
        Comments on terminals, parameters and equations, then what ngspice reads: nothing else
        has to be there.
    """
    return "".join(f"{line}\n" for line in _head(device)) + device.text


def circuit_text(device: Device) -> str:
    """Give a circuit that plain ``ngspice -b`` runs: the device in the dark, under its bias.

    Parameters
    ----------
    device : Device
        From `find_device`. The bias on its drive terminal is 1 V, or what it is valid for.
    """
    drive = device.drive_terminal.name
    low, high = device.card.valid.voltage.get(drive, (-_BIAS, _BIAS))
    bias = min(max(_BIAS, low), high)
    bench = Testbench(device, {drive: constant(bias)}, _DURATION, title=device.name)
    _, _, circuit = bench.netlist().partition("\n")  # the head begins with the title
    return "".join(f"{line}\n" for line in _head(device)) + circuit


def _head(device: Device) -> Iterator[str]:
    card = device.card
    origin = (
        f"{device.card_file.name}, family {device.family}"
        if device.family
        else (f"{device.file.name} and {device.card_file.name}")
    )
    yield f"* {device.name}: {safe_title(card.title)}"
    yield f"* written by optospice {optospice.__version__} from {origin}"
    for key in card.citations:
        yield f"* {safe_title(citation(key))}"
    yield "*"
    yield "* Values"
    for name, parameter in card.parameters.items():
        value = units.format_human(device.defaults[name], parameter.unit).replace("Ω", "ohm")
        about = f"{parameter.meaning} ({parameter.origin}: {parameter.source})"
        yield f"*   {name} = {safe_title(value)}  {safe_title(about.replace(';', ','))}"
    for limit in card.valid.lines():
        yield f"* valid: {safe_title(limit)}"
    yield from _comments(device)


def _comments(device: Device) -> Iterator[str]:
    """Comments at the head of the library itself, none of which ngspice takes for a command."""
    yield "*"
    for line in library_lines(device):
        text = line.text.strip()
        if line.place == str(device.card_file):  # the head of the subcircuit, from the set
            return
        if not line.place.startswith(f"{device.file}:") or not text:
            continue
        if not text.startswith("*"):
            return
        plain = "".join(letter if " " <= letter <= "~" else " " for letter in text[1:])
        # a blank behind the star: what begins with *# is a command
        yield f"*{plain}" if plain.startswith(" ") or not plain else f"* {plain}"
