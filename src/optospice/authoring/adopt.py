"""Taking a third-party subcircuit into a project: its text, a card, and what will hurt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from optospice import netlist
from optospice.authoring.files import check_name, write_new
from optospice.conformance.integrators import states_of
from optospice.conformance.lines import Line, Pitfall
from optospice.conformance.pitfalls import find_pitfalls
from optospice.errors import InputError, close_matches
from optospice.netlist import guard
from optospice.sources import number

#: Cards that say how a schematic was simulated, not what the device is.
_LEFT_OUT = frozenset((
    ".ic", ".nodeset", ".tran", ".ac", ".dc", ".op", ".options", ".option", ".save", ".print",
    ".plot", ".probe", ".backanno", ".end", ".temp", ".meas", ".measure", ".step", ".title",
    ".four", ".noise",
))  # fmt: skip
_UNITS = (
    (re.compile(r"r(on|off|init|s|p|min|max)?_?\d*"), "ohm"),
    (re.compile(r"v(t|th|p|n|on|off|set|reset|0)?_?\d*"), "V"),
    (re.compile(r"tau.*|t(on|off)"), "s"),
    (re.compile(r"c\d*|c(on|off|x)"), "F"),
    (re.compile(r"i\d*|i(on|off|s|min|max)"), "A"),
)
#: Names of terminals that are taken for light.
_OPTICAL = re.compile(
    r"(?:[pv]_?|in_?)?(?:light|lux|lumens?|phi|opt|optic|optical|photons?|irr\w*|illum\w*|laser|hv|hnu)"
    r"(?:_?(?:in|power|p|n|\d+|nm))*"
)


@dataclass(frozen=True)
class _Found:
    subcircuit: netlist.Subcircuit
    text: str
    pitfalls: list[Pitfall]
    left_out: list[Line]
    states: list[str]


def adopt_subcircuit(file: Path, subcircuit: str, name: str = "") -> list[str]:
    """Copy a subcircuit into ``./netlists/devices`` and write its card.

    Parameters
    ----------
    file : Path
        The third-party library. Files that it includes are not followed.
    subcircuit : str
        Which of its subcircuits.
    name : str
        Name of the device; the subcircuit's own, in lower case, when empty.

    Returns
    -------
    list of str
        What to print: what was written and each thing that will hurt.

    Raises
    ------
    InputError
        When the netlist guard refuses the text, the name is taken or nothing is there.
    """
    name = check_name(name or subcircuit.lower())
    found = _read(file, subcircuit, name)
    hurts = _hurts(found)
    try:
        guard.cleaned(found.text, str(file))
    except InputError as error:
        raise InputError("\n".join([f"{error}; nothing was written", *hurts])) from None
    devices = Path("netlists") / "devices"
    written = write_new(
        {
            devices / f"{name}.lib": found.text,
            devices / f"{name}.toml": _card(found, name, file),
        }
    )
    return [
        *written,
        f"{name}: terminals {' '.join(found.subcircuit.nodes)}; "
        f"{len(found.subcircuit.parameters)} parameters, all 'assumed' until you fill them in",
        *(
            f"{node}: taken for a terminal of light by its name, where 1 V is 1 mW/cm^2; "
            "change its kind in the card where that is wrong"
            for node in _optical(found.subcircuit.nodes)
        ),
        *hurts,
        f"next: fill in {devices / name}.toml, then optospice check {name}",
    ]


def _hurts(found: _Found) -> list[str]:
    told = [
        f"{line.place}: left_out: {line.text.split()[0]} belongs to a simulation, not to a "
        "device\n    cure: give the state a DC solution, or set it by a pulse"
        if line.low.startswith((".ic", ".nodeset"))
        else f"{line.place}: left_out: {line.text.split()[0]} says how to simulate"
        for line in found.left_out
    ]
    return told + [f"{p.place}: {p.rule}: {p.seen}\n    cure: {p.cure}" for p in found.pitfalls]


def _read(file: Path, subcircuit: str, name: str) -> _Found:
    physical = netlist.read_library(file).replace("\r\n", "\n").split("\n")
    numbered = netlist.numbered_lines(physical)
    every = [Line(" ".join(text.split()), f"{file}:{index + 1}") for index, text in numbered]
    defined = [body.name for body in netlist.subcircuit_bodies(every)]
    if subcircuit.lower() not in defined:
        raise InputError(
            f"{file}: no .subckt named {subcircuit!r}; {close_matches(subcircuit.lower(), defined)}"
        )
    if name != subcircuit.lower() and name in defined:
        raise InputError(f"{file}: defines {name!r} as well; accepted: another --name")
    kept, left_out = list(physical), []
    for (index, _), line in zip(numbered, every, strict=True):
        word = line.low.split()[0]
        if word in _LEFT_OUT:
            left_out.append(line)
            kept[index] = f"* left out: {physical[index]}"
            for follow in range(index + 1, len(kept)):  # its continuation lines
                if not kept[follow].lstrip().startswith("+"):
                    break
                kept[follow] = f"* {physical[follow]}"
        elif word in (".subckt", ".ends"):
            kept[index] = re.sub(
                rf"^(\s*\.\w+\s+){re.escape(subcircuit)}(?=\s|$)",
                rf"\g<1>{name}",
                kept[index],
                flags=re.IGNORECASE,
            )
        elif word == ".params":
            kept[index] = re.sub(r"\.params", ".param", kept[index], flags=re.IGNORECASE)
        elif word in (".include", ".inc", ".lib"):
            raise InputError(f"{line.place}: {line.text!r}: accepted: one file with all it needs")
    # every line keeps its number; ngspice wants the text in ASCII
    text = "\n".join(kept).rstrip("\n") + "\n"
    return _Found(
        netlist.find_subcircuit(text, name, file),
        text,
        find_pitfalls(every),
        left_out,
        list(dict.fromkeys(states_of(every, subcircuit))),
    )


def _unit(name: str) -> str:
    return next((unit for pattern, unit in _UNITS if pattern.fullmatch(name)), "1")


def _card(found: _Found, name: str, file: Path) -> str:
    parts = [
        f'title = "{name}, adopted from {guard.safe_title(file.name)}"\n'
        'description = "FILL IN: what it is, who published it, and what it leaves out."\n'
        'range = "FILL IN: voltages, times and temperatures in which it holds"\n'
        "# passive = true              # where it can only take up energy\n"
        "# built_in_voltage = true     # where current flows at zero bias\n"
    ]
    optical = _optical(found.subcircuit.nodes)
    electrical = [node for node in found.subcircuit.nodes if node not in optical]
    for node in found.subcircuit.nodes:
        parts.append(_terminal(node, node in optical, electrical[1:2] == [node]))
    for state in found.states:
        if state not in found.subcircuit.nodes:
            parts.append(
                f'[states.{state}]\nnode = "{state}"\nmeaning = "FILL IN"\n'
                "minimum = 0.0\nmaximum = 1.0\n"
            )
    for key, value in found.subcircuit.parameters.items():
        parts.append(_parameter(key, value))
    return "\n".join(parts)


def _optical(nodes: Sequence[str]) -> list[str]:
    """Choose the terminals that take light, by their names; one has to stay electrical."""
    found = [node for node in nodes if _OPTICAL.fullmatch(node.lower())]
    return found if len(found) < len(nodes) else []


def _terminal(node: str, is_optical: bool, is_ground: bool) -> str:
    if is_optical:
        return (
            f'[[terminals]]\nname = "{node}"\nkind = "optical"\nwavelength = "any"\n'
            'description = "FILL IN; taken for light by its name: 1 V here is 1 mW/cm^2; else kind '
            '= \\"electrical\\" and a role"\n'
        )
    role = "ground" if is_ground else "drive"
    return (
        f'[[terminals]]\nname = "{node}"\nkind = "electrical"\nrole = "{role}"\n'
        'description = "FILL IN; a terminal that takes light: kind = \\"optical\\" and a '
        'wavelength"\n'
    )


def _parameter(key: str, value: float) -> str:
    unit = _unit(key)
    ends = (0.0, 1.0) if value == 0 else sorted((value / 10, value * 10))

    def bound(end: float) -> str:
        return number(end) if unit == "1" else f'"{number(end)} {unit}"'

    scale = 'scale = "log"\n' if value > 0 else ""
    return (
        f'[parameters.{key}]\nunit = "{unit}"\nmeaning = "FILL IN"\n'
        f"bounds = [{bound(ends[0])}, {bound(ends[1])}]\n"
        f'origin = "assumed"\nsource = "FILL IN: taken over with the file"\n{scale}'
    )
