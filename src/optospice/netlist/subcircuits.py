"""What a ``.subckt`` declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from optospice.errors import InputError
from optospice.netlist.lines import logical_lines
from optospice.netlist.numbers import spice_number


@dataclass(frozen=True)
class Subcircuit:
    """What a ``.subckt`` line declares.

    Parameters
    ----------
    name : str
        Name of the subcircuit, lower case (ngspice folds case).
    nodes : tuple of str
        Terminals in order.
    parameters : mapping of str to float
        Parameters with their defaults, in the unit that the card names.
    """

    name: str
    nodes: tuple[str, ...]
    parameters: Mapping[str, float]


def find_subcircuit(text: str, name: str, file: Path | str = "") -> Subcircuit:
    """Read the header of one subcircuit.

    Parameters
    ----------
    text : str
        SPICE text, includes expanded.
    name : str
        Name of the subcircuit.
    file : Path or str
        Where the text comes from, for messages.

    Raises
    ------
    InputError
        When it is not there or a default is not a plain number.
    """
    found: list[str] = []
    for line in logical_lines(text):
        words = line.split()
        if words[0].lower() != ".subckt" or len(words) < 2:
            continue
        found.append(words[1].lower())
        if words[1].lower() == name.lower():
            return _read_header(line, file)
    listed = ", ".join(found) or "none"
    raise InputError(f"{file}: no .subckt named {name!r}; the file defines: {listed}")


def list_subcircuits(text: str) -> list[str]:
    """Names of all subcircuits that a text defines, in order."""
    heads = (line.split() for line in logical_lines(text))
    return [words[1].lower() for words in heads if words[0].lower() == ".subckt" and len(words) > 1]


def _read_header(line: str, file: Path | str) -> Subcircuit:
    spaced = re.sub(r" ?= ?", "=", " ".join(line.split()))
    spaced = re.sub(r"\bparams:", " ", spaced, flags=re.IGNORECASE)
    words = spaced.split()[1:]
    name = words[0].lower()
    nodes: list[str] = []
    parameters: dict[str, float] = {}
    for word in words[1:]:
        if "=" not in word:
            if parameters:
                raise InputError(
                    f"{file}: .subckt {name}: {word!r} stands after the parameters; "
                    "accepted: terminals first, then name=number"
                )
            nodes.append(word.lower())
            continue
        key, _, value = word.partition("=")
        number = spice_number(value.strip("{}'"))
        if number is None:
            raise InputError(
                f"{file}: .subckt {name}: {key}={value[:60]}: accepted: a plain number as default"
            )
        parameters[key.lower()] = number
    return Subcircuit(name, tuple(nodes), parameters)
