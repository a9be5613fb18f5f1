"""Finding devices on the search path and loading them, each checked against its card."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from optospice import netlist
from optospice.device.card import Card
from optospice.device.device import Device
from optospice.errors import InputError, close_matches, echo
from optospice.library import is_file, lies_in, netlist_folders
from optospice.netlist import guard
from optospice.reading import read_text
from optospice.toml_text import TomlError, parse_toml
from optospice.validation import first_problem

#: Longest name of a device [1].
LONGEST_NAME = 100


def list_devices() -> list[str]:
    """Names of all devices on the search path, the user's own first."""
    files = [f for folder in netlist_folders() for f in sorted((folder / "devices").glob("*.lib"))]
    return list(dict.fromkeys(file.stem for file in files))


def find_device(name: str, where: str = "") -> Device:
    """Load a device by name from ``./netlists/devices`` or the packaged ones.

    Raises
    ------
    InputError
        When there is no such device or its card and its ``.lib`` disagree.
    """
    prefix = f"{where}: " if where else ""
    if len(name) > LONGEST_NAME or not name.isascii():
        # ngspice reads ASCII, and Python takes a Kelvin sign for the letter k
        raise InputError(
            f"{prefix}device = {echo(name)}: accepted: up to {LONGEST_NAME} ASCII characters"
        )
    is_name = name.isprintable() and Path(name).name == name
    for folder in netlist_folders() if is_name else ():
        file = folder / "devices" / f"{name}.lib"
        if is_file(file):
            return load_device(file)
        if is_file(file.with_suffix(".toml")):
            raise InputError(f"{file}: there is no such file beside the card {name}.toml")
    raise InputError(
        f"{prefix}device = {name!r}: there is no such device; {close_matches(name, list_devices())}"
    )


def load_device(file: Path) -> Device:
    """Load a device from its ``.lib`` and the card beside it."""
    folders = tuple(netlist_folders())
    libraries = (library for folder in folders for library in sorted(folder.rglob("*.lib")))
    files = (file, file.with_suffix(".toml"), *libraries)  # any of them may be included
    stamps = tuple(f.stat().st_mtime_ns if f.is_file() else 0 for f in files)
    return _load_device(file, stamps, folders)


@lru_cache(maxsize=256)
def _load_device(file: Path, stamps: tuple[int, ...], folders: tuple[Path, ...]) -> Device:
    if not file.stem.isascii():
        raise InputError(f"{file}: accepted: a file name of ASCII characters")
    lines = netlist.expand_lines(file, folders)
    places = tuple(line.place for line in lines)
    text = guard.cleaned("".join(f"{line.text}\n" for line in lines), str(file), places)
    subcircuit = netlist.find_subcircuit(text, file.stem, file)
    card_file = file.with_suffix(".toml")
    if not lies_in(card_file, folders):
        raise InputError(
            f"{card_file}: lies outside the netlist folders; accepted: a card beside its .lib"
        )
    card = _load_card(card_file)
    device = Device(file.stem, file, text, subcircuit, card)
    _check_agreement(device)
    return device


def _load_card(file: Path) -> Card:
    data = read_toml(file)
    try:
        return Card.model_validate(data)
    except ValidationError as error:
        raise InputError(first_problem(error, str(file), Card)) from None


def read_toml(file: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    InputError
        When it is missing or its syntax is wrong (with the line).
    """
    text = read_text(file).replace("\r\n", "\n")
    try:
        return parse_toml(text)
    except TomlError as error:
        raise InputError(f"{file}: {error}") from None


def _check_agreement(device: Device) -> None:
    card, declared = device.card, device.subcircuit
    named = tuple(terminal.name.lower() for terminal in card.terminals)
    if named != declared.nodes:
        raise InputError(
            f"{device.card_file}: terminals {list(named)} disagree with "
            f"{device.file.name}, which declares {list(declared.nodes)} in this order"
        )
    for missing in sorted(declared.parameters.keys() - card.parameters.keys()):
        raise InputError(
            f"{device.card_file}: parameter {missing!r} of {device.file.name} is not in the card; "
            f"accepted: a table [parameters.{missing}]"
        )
    for unknown in sorted(card.parameters.keys() - declared.parameters.keys()):
        raise InputError(
            f"{device.card_file}: [parameters.{unknown}] is not a parameter of "
            f"{device.file.name}; " + close_matches(unknown, declared.parameters)
        )
    for key, parameter in card.parameters.items():
        low, high = parameter.limits
        if not low <= declared.parameters[key] <= high:
            raise InputError(
                f"{device.card_file}: [parameters.{key}] bounds {list(parameter.bounds)} exclude "
                f"the default {declared.parameters[key]:g} {parameter.unit} of {device.file.name}"
            )
    if not any(terminal.role == "drive" for terminal in card.terminals):
        raise InputError(f"{device.card_file}: terminals: one needs role = 'drive'")
