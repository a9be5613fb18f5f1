"""Finding states without a DC solution: a capacitor that only current sources charge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from optospice import netlist
from optospice.conformance.lines import Line, Pitfall, closings

#: Resistance above which a shunt decides the operating point without meaning to [ohm].
_SHUNT = 1e9
#: Stands for the voltage of the state that is looked at.
_STATE = "!"
_CONDITION = re.compile(
    rf"{_STATE}[<>]=?[a-z0-9_.{{}}+\-]+|(?<![a-z0-9_.{{}}])[a-z0-9_.{{}}]+[<>]=?{_STATE}"
)
_CALL = re.compile(r"(?<![a-z0-9_])([a-z_][a-z0-9_]*)\(")


@dataclass
class _Body:
    """What matters of one subcircuit."""

    name: str = ""
    terminals: set[str] = field(default_factory=set)
    paths: list[tuple[str, str]] = field(default_factory=list)
    shunts: dict[str, str] = field(default_factory=dict)
    capacitors: list[tuple[str, Line]] = field(default_factory=list)
    currents: dict[str, list[str]] = field(default_factory=dict)


def find_integrators(lines: Sequence[Line], functions: frozenset[str]) -> Iterator[Pitfall]:
    """Give capacitors whose node has no DC path and no rate of its own.

    Parameters
    ----------
    lines : sequence of Line
        Logical lines of a library.
    functions : set of str
        Names of its own functions: a state inside a window function holds nothing.
    """
    composed = {word for line in lines if line.low[0] == "x" for word in line.low.split()}
    for body in _bodies(lines):
        tied, rates = _tied_to_ground(body), dict[str, bool]()
        for node, line in body.capacitors:
            sources = body.currents.get(node, [])
            if sources and node in body.terminals and body.name not in composed:
                yield line.pitfall(
                    "exposed_state",
                    f"the state {node!r} is a terminal: whatever is connected there holds it",
                    "an inner node, declared under [states] in the card",
                )
            if node in tied or not sources:
                continue
            if node not in rates:
                rates[node] = _own_rate(node, sources, functions)
            if rates[node]:
                continue
            shunt = body.shunts.get(node)
            held = f"only the {shunt} ohm shunt" if shunt else "nothing"
            yield line.pitfall(
                "integrator",
                f"node {node!r} is an integrator: {held} sets its operating point",
                "the rate form a(v)*(1-x) - b(v)*x, or a logit state, each with one DC solution",
            )


def states_of(lines: Sequence[Line], subcircuit: str) -> list[str]:
    """Nodes that look like states: a capacitor to ground, charged by a current source."""
    return [
        node
        for body in _bodies(lines)
        if body.name == subcircuit.lower()
        for node, _ in body.capacitors
        if node not in body.terminals and node in body.currents
    ]


def _bodies(lines: Sequence[Line]) -> Iterator[_Body]:
    for subcircuit in netlist.subcircuit_bodies(lines):
        body = _Body(subcircuit.name, set(subcircuit.nodes))
        for line in subcircuit.lines:
            words = line.low.split()
            if len(words) > 2 and words[0][0] != ".":
                _add(body, line, words)
        yield body


def _add(body: _Body, line: Line, words: list[str]) -> None:
    kind, one, other = words[0][0], words[1], words[2]
    if kind == "c":
        if other == "0":
            body.capacitors.append((one, line))
        elif one == "0":
            body.capacitors.append((other, line))
    elif kind == "r":
        value = netlist.spice_number(words[3].strip("{}'")) if len(words) > 3 else None
        if value is not None and value >= _SHUNT:
            for node in {one, other} - {"0"}:
                body.shunts[node] = words[3]
        else:
            body.paths.append((one, other))
    elif kind in "gf" or (kind == "b" and re.search(r"(?<![a-z0-9_])i ?=", line.low)):
        for node in {one, other}:
            body.currents.setdefault(node, []).append(" ".join(words[3:]))
    elif kind in "bevhldsw":
        body.paths.append((one, other))
    else:  # transistors, instances: take them for conducting
        body.paths += [(one, node) for node in words[2:] if "=" not in node]


def _tied_to_ground(body: _Body) -> set[str]:
    beside: dict[str, list[str]] = {}
    for one, other in body.paths:
        beside.setdefault(one, []).append(other)
        beside.setdefault(other, []).append(one)
    tied, reached = {"0", *body.terminals}, ["0", *body.terminals]
    while reached:
        new = set(beside.get(reached.pop(), ())) - tied
        tied |= new
        reached += new
    return tied


def _own_rate(node: str, sources: list[str], functions: frozenset[str]) -> bool:
    """Whether the state itself slows or speeds its current, other than in a condition."""
    for text in sources:
        packed = text.replace(" ", "")
        if packed.startswith(f"{node}0"):  # a linear G source
            return True
        packed = packed.replace(f"v({node},0)", _STATE).replace(f"v({node})", _STATE)
        packed = _CONDITION.sub("", packed)
        if _STATE in _without_calls(packed, functions | {"u"}):
            return True
    return False


def _without_calls(text: str, names: frozenset[str]) -> str:
    """Leave the calls of some functions out of an expression without blanks."""
    closing, kept, done = closings(text), "", 0
    for match in _CALL.finditer(text):
        end = closing.get(match.end() - 1)
        if match[1] in names and end is not None and match.start() >= done:
            kept += text[done : match.start()]
            done = end + 1
    return kept + text[done:]
