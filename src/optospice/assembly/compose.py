"""From a ``[circuit]`` table to a subcircuit that runs like one device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from optospice import units
from optospice.assembly.links import Route, routes, share_left
from optospice.assembly.tables import QUANTITIES, CircuitTable, ElementTable, InstanceTable
from optospice.assembly.valid import common_range
from optospice.device import Card, Device, Parameter, Terminal, find_device, list_devices
from optospice.errors import InputError, close_matches
from optospice.netlist import Subcircuit
from optospice.netlist.guard import cleaned
from optospice.separation import separated
from optospice.sources import number

#: Widest bounds of an element's value, in its SI unit.
_BOUNDS = {
    "R": (1e-6, 1e18), "C": (1e-21, 1e3), "L": (1e-15, 1e6),
    "V": (-1e4, 1e4), "I": (-1e3, 1e3), "E": (-1e9, 1e9),
}  # fmt: skip
_ORIGIN = "the scenario's circuit"


@dataclass(frozen=True)
class _Part:
    """An instance: its device, and the node of each terminal in order."""

    label: str
    device: Device
    nodes: Mapping[str, str]
    given: Mapping[str, float]

    def named(self, name: str) -> str:
        """Name that something of the instance has in the circuit."""
        return f"{self.label}_{name}"


def assembled(table: CircuitTable, file: Path) -> Device:
    """Make a device of a circuit: its outer terminals, and the parameters of all its parts.

    Parameter ``r`` of instance ``synapse`` becomes ``synapse_r``, the value of element ``load``
    is ``load``, the share of link ``glow`` is ``glow_share``. States, optical terminals and
    outputs of instances that no node is given for are named like parameters.

    Parameters
    ----------
    table : CircuitTable
        What stands in the scenario.
    file : Path
        The scenario, for messages.

    Raises
    ------
    InputError
        For a device, terminal or parameter that does not exist, two names that meet, or links
        that share more light than is emitted.
    """
    where = f"{file}: circuit"
    kinds: dict[str, Device] = {}  # each is looked up once, however often it stands here
    for label, one in table.instances.items():
        if one.device not in kinds:
            kinds[one.device] = find_device(one.device, f"{where}.instances.{label}")
    devices = {label: kinds[one.device] for label, one in table.instances.items()}
    links = routes(table.links, devices, where)
    parts = [
        _part(label, one, devices[label], links, f"{where}.instances.{label}")
        for label, one in table.instances.items()
    ]
    terminals = [*_outer(table), *chain.from_iterable(map(_exposed, parts))]
    _check_apart([terminal.name for terminal in terminals], where, "terminals")
    _check_light_nodes(parts, links, table, where)
    entries = [*_parameters(parts), *_values(table.elements, where), *_shares(links)]
    _check_apart([key for key, _, _ in entries], where, "parameters")
    defaults = {key: default for key, _, default in entries}
    libraries = separated([(part.device.name, part.device.text) for part in parts])
    called = [library.subcircuit for library in libraries]
    own = table.name
    if own.lower() in chain(map(str.lower, called), (name.lower() for name in list_devices())):
        raise InputError(f"{where}.name = {own!r}: a device is called so; accepted: another name")
    lines = [
        *dict.fromkeys(library.text.rstrip("\n") for library in libraries),
        f".subckt {own} {' '.join(terminal.name for terminal in terminals)}"
        + "".join(f" {key}={number(value)}" for key, value in defaults.items()),
        *map(_instance_line, parts, called),
        *(_element_line(label, element) for label, element in table.elements.items()),
        *_light_lines(parts, links),
        f".ends {own}",
    ]
    states = {
        part.named(state): entry.model_copy(update={"node": f"x{part.label}.{entry.node}"})
        for part in parts
        for state, entry in part.device.card.states.items()
    }
    card = Card(
        title=table.title,
        citations=list(dict.fromkeys(chain(*(part.device.card.citations for part in parts)))),
        terminals=terminals,
        parameters={key: parameter for key, parameter, _ in entries},
        states=states,
        valid=common_range(
            [(part.label, part.device, part.nodes) for part in parts],
            terminals,
            ["0", *(terminal.name for terminal in terminals if terminal.role == "ground")],
            where,
        ),
    )
    header = Subcircuit(own.lower(), tuple(t.name.lower() for t in terminals), defaults)
    try:
        text = cleaned("\n".join(lines) + "\n", "its netlist")
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    return Device(own, file, text, header, card)


def _part(
    label: str, one: InstanceTable, device: Device, links: Sequence[Route], where: str
) -> _Part:
    """Connect the terminals of an instance; light comes from outside, from links or from both."""
    electrical = [terminal.name for terminal in device.terminals("electrical")]
    for name in one.nodes:
        if name not in electrical:
            raise InputError(
                f"{where}.nodes: device {device.name!r} has no electrical terminal {name!r}; "
                + close_matches(name, electrical)
            )
    lit = {route.absorbing.name for route in links if route.receiver == label}
    nodes = {}
    for terminal in device.card.terminals:
        own = f"{label}_{terminal.name}"
        free = {"ground": "0", "control": "0", "output": own, None: own}
        node = one.nodes.get(terminal.name, free.get(terminal.role))
        if node is None:
            raise InputError(
                f"{where}.nodes.{terminal.name}: is missing; accepted: the node of this "
                "terminal, '0' for ground"
            )
        nodes[terminal.name] = f"{own}_in_all" if terminal.name in lit else node
    resolved = device.resolve(one.parameters, where)
    return _Part(label, device, nodes, {name: resolved[name] for name in one.parameters})


def _outer(table: CircuitTable) -> list[Terminal]:
    return [
        Terminal(name=name, kind="electrical", role=role) for name, role in table.terminals.items()
    ]


def _exposed(part: _Part) -> list[Terminal]:
    """Terminals of an instance that are reached from outside without a node of their own."""
    return [
        terminal.model_copy(
            update={
                "name": part.named(terminal.name),
                "response": terminal.response
                and terminal.response.renamed(lambda name: part.named(name).lower()),
            }
        )
        for terminal in part.device.card.terminals
        if terminal.kind == "optical" or part.nodes[terminal.name] == part.named(terminal.name)
    ]


def _parameters(parts: Sequence[_Part]) -> list[tuple[str, Parameter, float]]:
    """Parameters of the devices, in the cards' units."""
    return [
        (
            part.named(name).lower(),
            parameter.model_copy(update={"value": None}),  # the circuit's text holds it
            part.given.get(name, part.device.defaults[name]),
        )
        for part in parts
        for name, parameter in part.device.card.parameters.items()
    ]


def _values(elements: Mapping[str, ElementTable], where: str) -> list[tuple[str, Parameter, float]]:
    """Values of the elements, in SI units."""
    found = []
    for label, element in elements.items():
        low, high = _BOUNDS[element.letter]
        _, unit, meaning = QUANTITIES[element.quantity]
        parameter = Parameter(
            unit=unit,
            meaning=f"{meaning} of {label}",
            bounds=(f"{low} {unit}", f"{high} {unit}"),
            origin="assumed",
            source=_ORIGIN,
            scale="log" if element.letter in "RCL" else "linear",
        )
        value = units.parse(element.value, unit)
        if not low <= value <= high:
            raise InputError(
                f"{where}.elements.{label}.{element.quantity} = {element.value!r} is out of "
                f"bounds; accepted: {low:g} {unit} to {high:g} {unit}"
            )
        found.append((label.lower(), parameter, value))
    return found


def _shares(links: Sequence[Route]) -> list[tuple[str, Parameter, float]]:
    """Shares of the links, each up to what the others of its emitter leave."""
    return [
        (
            f"{route.name}_share".lower(),
            Parameter(
                unit="1",
                meaning=f"share of the light of {route.emitter} that {route.name} carries",
                bounds=(0.0, max(share_left(route, links), route.link.share)),
                origin="assumed",
                source=_ORIGIN,
            ),
            route.link.share,
        )
        for route in links
    ]


def _instance_line(part: _Part, called: str) -> str:
    nodes = " ".join(part.nodes[terminal.name] for terminal in part.device.card.terminals)
    values = "".join(
        f" {name}={{{part.named(name).lower()}}}"
        for name in part.device.card.parameters
        if name not in part.device.optical_values
    )
    return f"X{part.label} {nodes} {called}{values}"


def _element_line(label: str, element: ElementTable) -> str:
    control = f" {' '.join(element.control)}" if element.control else ""
    nodes = f"{element.between[0]} {element.between[1]}{control}"
    return f"{element.letter}{label} {nodes} {'DC ' * (element.letter in 'VI')}{{{label.lower()}}}"


def _light_lines(parts: Sequence[_Part], links: Sequence[Route]) -> Iterator[str]:
    """Write the links; what arrives on a terminal and what shines on it stand in series."""
    nodes = {part.label: part.nodes for part in parts}
    for part in parts:
        for terminal in part.device.terminals("optical"):
            arriving = [
                route
                for route in links
                if (route.receiver, route.absorbing.name) == (part.label, terminal.name)
            ]
            if not arriving:
                continue
            own, upper = part.named(terminal.name), part.nodes[terminal.name]
            for place, route in enumerate(arriving, start=1):
                lower = f"{own}_sum{place}"
                yield from route.lines(nodes[route.emitter][route.emitting.name], (upper, lower))
                upper = lower
            yield f"E{own}_outside {upper} 0 {own} 0 1.0"


def _check_light_nodes(
    parts: Sequence[_Part], links: Sequence[Route], table: CircuitTable, where: str
) -> None:
    """No electrical node is one that carries light: 1 V on it would be 1 mW/cm^2."""
    light = {f"{route.name}_{end}".lower() for route in links for end in ("near", "line", "far")}
    for part in parts:
        for terminal in part.device.terminals("optical"):
            own = part.named(terminal.name).lower()
            light |= {own, f"{own}_in_all"}
            light |= {f"{own}_sum{place}" for place in range(1, len(links) + 1)}
    for node in table.nodes:
        if node.lower() in light:
            raise InputError(
                f"{where}: the node {node!r} is called as one that carries light; accepted: "
                "another name (lights and links reach optical terminals)"
            )


def _check_apart(names: Sequence[str], where: str, what: str) -> None:
    for name, times in Counter(map(str.lower, names)).items():
        if times > 1:
            raise InputError(
                f"{where}: two {what} are called {name!r}; accepted: names of instances, elements "
                "and nodes that keep them apart"
            )
