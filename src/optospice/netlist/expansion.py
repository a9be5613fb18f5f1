"""How large a netlist becomes once its subcircuits and functions are expanded.

A subcircuit that holds itself never ends, and twenty lines can ask for more elements than
any memory holds. Both are found by counting, before ngspice starts to copy.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from optospice.errors import InputError
from optospice.netlist.functions import check_functions

#: Elements of an expanded netlist [1]: a crossbar of 256 x 256 memristors stays below.
LARGEST_CIRCUIT = 1_000_000
#: Characters of an expanded netlist [1].
LARGEST_EXPANSION = 400_000_000
#: Subcircuits inside subcircuits [1].
DEEPEST = 50


@dataclass
class _Part:
    """A subcircuit: what it holds itself and what it calls."""

    place: str
    own: int = 0
    calls: list[str] = field(default_factory=list)


def check_expansion(lines: Sequence[tuple[str, str]]) -> None:
    """Refuse text whose expansion does not end or does not fit.

    Parameters
    ----------
    lines : sequence of (str, str)
        Logical lines in lower case, each with its place for messages.

    Raises
    ------
    InputError
        For a subcircuit or function that calls itself, too deep a nesting, too large an
        expansion, or a ``.subckt`` without its ``.ends``.
    """
    _check_size(_subcircuits(lines), "subcircuit", LARGEST_CIRCUIT, "elements")
    written = _subcircuits(lines, by_text=True)
    _check_size(written, "subcircuit", LARGEST_EXPANSION, "characters")
    check_functions(lines)


def _subcircuits(lines: Sequence[tuple[str, str]], by_text: bool = False) -> dict[str, _Part]:
    """Give what every subcircuit holds, in elements or in characters."""
    names = {text.split()[1] for text, _ in lines if text.startswith(".subckt ")}
    top = _Part("the netlist")
    parts, open_parts = {"": top}, [top]
    for text, place in lines:
        word = text.split(" ", 1)[0]
        if word == ".subckt":
            # one name defined twice: what either holds counts for both
            open_parts.append(parts.setdefault(text.split()[1], _Part(place)))
            if len(open_parts) > DEEPEST:
                raise InputError(f"{place}: .subckt nested; accepted: up to {DEEPEST} levels")
        elif word == ".ends":
            if len(open_parts) == 1:
                raise InputError(f"{place}: .ends without .subckt; accepted: pairs of both")
            open_parts.pop()
        elif word[0] == "x":
            called = _called(text, names)
            open_parts[-1].own += (
                len(text) if by_text else 1
            )  # also the instance of an empty subcircuit is a line
            if called is not None:
                open_parts[-1].calls.append(called)
        elif word[0] != ".":
            open_parts[-1].own += len(text) if by_text else 1
    if len(open_parts) > 1:
        raise InputError(f"{open_parts[-1].place}: .subckt without .ends; accepted: pairs of both")
    return parts


def _called(instance: str, names: Container[str]) -> str | None:
    """Find the subcircuit of an instance as ngspice does: the last known name on the line."""
    words = re.sub(r" ?= ?", "=", instance).split()[1:]
    return next((word for word in reversed(words) if word in names), None)


def _check_size(parts: Mapping[str, _Part], kind: str, limit: int, unit: str) -> None:
    measured: dict[str, tuple[int, int]] = {}

    def measure(name: str, callers: tuple[str, ...]) -> tuple[int, int]:
        """Size and depth of a part with everything inside it."""
        part = parts[name]
        if name in callers:
            raise InputError(
                f"{part.place}: {kind} {name!r} holds itself; accepted: {kind}s that end"
            )
        if name not in measured:
            too_deep = len(callers) >= DEEPEST
            inside = [] if too_deep else [measure(call, (*callers, name)) for call in part.calls]
            size = part.own + sum(size for size, _ in inside)
            depth = 1 + max((depth for _, depth in inside), default=0)
            if too_deep or depth > DEEPEST:
                raise InputError(
                    f"{part.place}: {kind} {name!r} is nested too deeply; "
                    f"accepted: up to {DEEPEST} levels"
                )
            if size > limit:
                raise InputError(
                    f"{part.place}: {kind} {name!r} expands to {size:.2g} {unit}; "
                    f"accepted: up to {limit:,}"
                )
            measured[name] = size, depth
        return measured[name]

    for name in parts:
        measure(name, ())
