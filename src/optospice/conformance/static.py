"""Checks that read the subcircuit's text: terminals, what instances share, pitfalls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from optospice import netlist
from optospice.conformance.context import Context
from optospice.conformance.finding import Finding
from optospice.conformance.lines import Line
from optospice.conformance.pitfalls import find_pitfalls
from optospice.device import Device, included_set
from optospice.library import netlist_folders
from optospice.netlist import Body, LogicalLine, subcircuit_bodies

_WORD = re.compile(r"[a-z0-9_.#+\-/\[\]]+")


def lines_of(device: Device) -> list[Line]:
    """Logical lines of a device's library, includes in their place, with file and number."""
    folders = (*netlist_folders(), *device.file.parents[1:2])
    physical = netlist.expand_lines(device.file, folders, written=included_set)
    return [
        Line(" ".join(text.split()), physical[index].place)
        for index, text in netlist.numbered_lines(line.text for line in physical)
    ]


def check_terminals(context: Context) -> Iterator[Finding]:
    """Every terminal is used by an element, or by a subcircuit that uses it."""
    lines = (LogicalLine(line, "") for line in context.device.text.splitlines())
    bodies = {body.name: body for body in subcircuit_bodies(lines)}
    known: dict[tuple[str, str], bool] = {}
    for terminal in context.device.subcircuit.nodes:
        if not _uses(bodies, context.device.name.lower(), terminal, known):
            yield context.finding(
                "terminals",
                f"terminal {terminal!r} is used by no element of the subcircuit",
                cure="connect it, or take it out of the .subckt line and the card",
            )


_Bodies = Mapping[str, Body[LogicalLine]]


def _uses(
    bodies: _Bodies,
    name: str,
    terminal: str,
    known: dict[tuple[str, str], bool],
) -> bool:
    if (name, terminal) not in known:
        known[name, terminal] = _is_used(bodies, name, terminal, known)
    return known[name, terminal]


def _is_used(
    bodies: _Bodies,
    name: str,
    terminal: str,
    known: dict[tuple[str, str], bool],
) -> bool:
    for line in (line.low for line in bodies[name].lines if not line.low.startswith(".")):
        words = _WORD.findall(line)[1:]
        if terminal not in words:
            continue
        if not line.startswith("x"):
            return True
        nodes = line.split()[1:]
        called = next((word for word in reversed(nodes) if word in bodies), "")
        inner = bodies[called].nodes if called else ()
        passed = [own for own, outer in zip(inner, nodes, strict=False) if outer == terminal]
        if not called or any(_uses(bodies, called, own, known) for own in passed):
            return True
    return False


def check_shared(context: Context) -> Iterator[Finding]:
    """No node belongs to more than one instance."""
    for line in lines_of(context.device):
        if line.low.startswith(".global"):
            yield context.finding(
                "instances",
                f"{line.text!r} makes a node that all instances share",
                line.place,
                cure="make it a terminal",
            )


def check_pitfalls(context: Context) -> Iterator[Finding]:
    """Nothing in the text is known to hurt."""
    for pitfall in find_pitfalls(lines_of(context.device)):
        yield context.finding(
            pitfall.rule, pitfall.seen, pitfall.place, severity="warning", cure=pitfall.cure
        )
