"""What a ``.subckt`` declares."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from optospice.errors import InputError
from optospice.netlist.lines import LogicalLine, SourceLine, logical_lines, split_comment
from optospice.netlist.numbers import spice_number

#: Defaults on one line of a head that is written [1].
_VALUES_IN_A_LINE = 4

L = TypeVar("L", bound=LogicalLine)


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


@dataclass(frozen=True)
class Body(Generic[L]):
    """A subcircuit with what stands between its ``.subckt`` and its ``.ends``.

    Parameters
    ----------
    name : str
        Name, lower case.
    nodes : tuple of str
        Terminals in order, lower case.
    lines : list of LogicalLine
        Elements and cards of its own.
    """

    name: str
    nodes: tuple[str, ...]
    lines: list[L]


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


def renamed_with_values(
    lines: Iterable[SourceLine], name: str, new_name: str, values: Mapping[str, float], place: str
) -> list[SourceLine]:
    """Give a library in which one subcircuit has another name and other defaults.

    Parameters
    ----------
    lines : iterable of SourceLine
        Physical lines, includes in their place; comments stay.
    name, new_name : str
        The subcircuit's name, and the one that it gets.
    values : mapping of str to float
        Its parameters with their defaults.
    place : str
        Where the new head comes from, for messages.
    """
    found: list[SourceLine] = []
    depth, place_of_head = 0, -1
    head = ""
    for line in lines:
        code = split_comment(line.text)[0].strip()
        words = code.lower().split()
        if place_of_head >= 0 and code.startswith("+"):
            head = f"{head} {code[1:]}"
            continue
        if place_of_head >= 0 and code:
            nodes = itertools.takewhile(lambda word: "=" not in word, _header(head)[1:])
            found[place_of_head:place_of_head] = _head(new_name, nodes, values, place)
            place_of_head = -1
        if words[:2] == [".subckt", name.lower()] and not depth:
            depth, head, place_of_head = 1, code, len(found)
            continue
        if depth and words[:1] == [".subckt"]:
            depth += 1
        elif depth and words[:1] == [".ends"]:
            depth -= 1
            if not depth:
                line = SourceLine(f".ends {new_name}", line.place)
        found.append(line)
    return found


def _head(
    name: str, nodes: Iterable[str], values: Mapping[str, float], place: str
) -> Iterator[SourceLine]:
    texts = [f"{key}={value!r}" for key, value in values.items()]
    mark = " params:" if texts else ""
    yield SourceLine(f".subckt {name} {' '.join(nodes)}{mark}", place)
    for index in range(0, len(texts), _VALUES_IN_A_LINE):
        yield SourceLine(f"+ {' '.join(texts[index : index + _VALUES_IN_A_LINE])}", place)


def subcircuit_bodies(lines: Iterable[L]) -> list[Body[L]]:
    """Give every subcircuit with its lines; those of a nested one belong to that alone.

    Parameters
    ----------
    lines : iterable of LogicalLine
        Logical lines of a library, includes in their place.
    """
    found: list[Body[L]] = []
    opened: list[Body[L]] = []
    for line in lines:
        words = line.low.split()
        header = _header(line.low) if words[0] == ".subckt" else []
        if header:
            name, *rest = header
            nodes = itertools.takewhile(lambda word: "=" not in word, rest)
            opened.append(Body(name, tuple(nodes), []))
            found.append(opened[-1])
        elif words[0] == ".ends":
            del opened[-1:]
        elif opened:
            opened[-1].lines.append(line)
    return found


def _header(line: str) -> list[str]:
    """Split a ``.subckt`` line into name, terminals and ``name=value``."""
    spaced = re.sub(r" ?= ?", "=", " ".join(line.split()))
    return re.sub(r"\bparams:", " ", spaced, flags=re.IGNORECASE).split()[1:]


def _read_header(line: str, file: Path | str) -> Subcircuit:
    words = _header(line)
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
