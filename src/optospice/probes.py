"""What is read from a circuit: nodes and currents by name, with probes where they are needed.

A voltage source of 0 V measures the current into a terminal. It is put into the text of the
element's own line, so that nothing else of the circuit changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from optospice.circuit_text import GROUND, Element, Section, instances
from optospice.errors import InputError, close_matches

ACCEPTED = "'v(node)', 'i(source)', 'i(element)' or 'i(instance.terminal)'"
_SIGNAL = re.compile(r"^\s*([vi])\s*\(\s*([^\s(),]+)\s*\)\s*$", re.IGNORECASE)
_LISTED_SECTIONS = 2_000
_LISTED_NAMES = 30
#: Elements whose current is a vector of its own.
_BRANCHES = "vl"
#: Elements that carry no current between their first two nodes which a probe could measure.
_WITHOUT_CURRENT = "kto"


@dataclass(frozen=True)
class Probed:
    """A netlist that measures what is asked for.

    Parameters
    ----------
    netlist : str
        The text with its probes.
    vectors : mapping of str to str
        The simulator's vector for each signal, by the name that was asked for.
    """

    netlist: str
    vectors: Mapping[str, str]


@dataclass(frozen=True)
class _Place:
    """Where a current is measured: a node of an element's line."""

    line: int
    node: int


def saved_vector(vector: str) -> str:
    """Name a vector as ``.save`` wants it."""
    if vector.endswith("#branch"):
        return f"i({vector.removesuffix('#branch')})"
    return f"v({vector})"


def probe(netlist: str, circuit: Section, signals: Sequence[str]) -> Probed:
    """Find the signals that are asked for and put probes where they are needed.

    Parameters
    ----------
    netlist : str
        Text as the guard writes it.
    circuit : Section
        What `optospice.circuit_text.read_circuit` reads from it.
    signals : sequence of str
        ``"v(node)"``, ``"i(source)"``, ``"i(element)"``, ``"i(instance.terminal)"``; inside
        instances with their path, ``"v(x1.x2.node)"``.

    Raises
    ------
    InputError
        For a signal that the circuit does not have, with the names that it has.
    """
    stem = "probe"
    while stem in netlist.lower():
        stem += "_"
    vectors: dict[str, str] = {}
    places: dict[_Place, str] = {}
    for signal in signals:
        match = _SIGNAL.match(signal)
        if match is None:
            raise InputError(f"signal {signal!r}: accepted: {ACCEPTED}")
        name = match.group(2).lower()
        if match.group(1).lower() == "v":
            vectors[signal] = _node(name, signal, circuit)
            continue
        prefix, element, place = _current(name, signal, circuit)
        if place is None:
            vectors[signal] = f"{_flat(prefix, element.name)}#branch"
        else:
            own = places.setdefault(place, f"v{stem}{len(places) + 1}")
            vectors[signal] = f"{_flat(prefix, own)}#branch"
    return Probed(_with_probes(netlist, places), vectors)


def _with_probes(netlist: str, places: Mapping[_Place, str]) -> str:
    lines = netlist.splitlines()
    added: dict[int, list[str]] = {}
    for place, source in places.items():
        name, *words = lines[place.line].split(" ")
        outer, inner = words[place.node], source[1:]
        words[place.node] = inner
        lines[place.line] = " ".join((name, *words))
        added.setdefault(place.line, []).append(f"{source} {outer} {inner} 0")
    written: list[str] = []
    for index, line in enumerate(lines):
        written += [*added.get(index, ()), line]
    return "".join(f"{line}\n" for line in written)


def _flat(prefix: str, name: str) -> str:
    """Give the simulator's name of an element inside instances."""
    return f"{name[0]}.{prefix}{name}" if prefix else name


def _split(path: str, circuit: Section) -> tuple[str, str, Section, list[tuple[Section, Element]]]:
    """Follow a path through instances as far as it leads.

    Returns
    -------
    (str, str, Section, list)
        Prefix that was followed, the rest, the section there, and the instances on the way.
    """
    prefix, rest, section = "", path, circuit
    way: list[tuple[Section, Element]] = []
    while "." in rest:
        head, _, tail = rest.partition(".")
        element = section.elements.get(head)
        inner = None if element is None else section.called(element)
        if element is None or inner is None:
            break
        way.append((section, element))
        prefix, rest, section = f"{prefix}{head}.", tail, inner
    return prefix, rest, section, way


def _node(path: str, signal: str, circuit: Section) -> str:
    """Give the vector of a node; a terminal of an instance is the node that it connects."""
    if path not in circuit.nodes:
        _, rest, section, way = _split(path, circuit)
        while way and rest in section.terminals:
            section, instance = way.pop()
            rest = instance.nodes[_index(signal, instance, way, circuit, rest)]
        prefix = "".join(f"{instance.name}." for _, instance in way)
        if rest not in section.nodes or (way and rest in section.terminals):
            raise InputError(
                f"signal {signal!r}: the circuit has no node {path!r}; "
                + _known(path, _node_names(circuit))
            )
        if rest not in circuit.global_nodes and rest not in GROUND:
            rest = f"{prefix}{rest}"
        path = rest
    if path in GROUND:
        raise InputError(f"signal {signal!r}: is ground, 0 V; accepted: another node")
    return path


def _index(
    signal: str,
    instance: Element,
    way: Sequence[tuple[Section, Element]],
    circuit: Section,
    terminal: str,
) -> int:
    """Give the place of a terminal among the nodes of an instance."""
    holder = circuit
    for _, outer in way:
        holder = holder.called(outer) or holder
    inner = holder.called(instance)
    index = inner.terminals.index(terminal) if inner is not None else -1
    if not 0 <= index < len(instance.nodes):
        raise InputError(
            f"signal {signal!r}: {instance.name} connects {len(instance.nodes)} nodes, fewer than "
            "its subcircuit has terminals; accepted: one node for each terminal"
        )
    return index


def _current(path: str, signal: str, circuit: Section) -> tuple[str, Element, _Place | None]:
    """Find where a current is measured; no place for an element that tells it itself."""
    prefix, rest, section, way = _split(path, circuit)
    if way and rest in section.terminals:
        _, instance = way[-1]
        index = _index(signal, instance, way[:-1], circuit, rest)
        outer = prefix[: -len(instance.name) - 1]
        return outer, instance, _Place(instance.line, index)
    element = section.elements.get(rest)
    pin = 0
    if element is None and "." in rest:  # a terminal of a transistor
        name, _, last = rest.rpartition(".")
        transistor = section.elements.get(name)
        if transistor is not None and last and last in transistor.pins:
            element, pin = transistor, transistor.pins.index(last)
    if element is None or element.kind in _WITHOUT_CURRENT:
        raise InputError(
            f"signal {signal!r}: the circuit has no current {path!r}; "
            + _known(path, _current_names(circuit))
        )
    if element.kind == "x":
        inner = section.called(element)
        terminals = () if inner is None else inner.terminals
        raise InputError(
            f"signal {signal!r}: {path} is a subcircuit with several currents; accepted: "
            + ", ".join(f"i({path}.{terminal})" for terminal in terminals)
        )
    if element.kind in _BRANCHES:
        return prefix, element, None
    return prefix, element, _Place(element.line, pin)


def _known(name: str, names: Iterable[str]) -> str:
    """Say what a name may have meant, with a list that stays readable."""
    found = list(dict.fromkeys(names))
    if len(found) <= _LISTED_NAMES:
        return close_matches(name, found)
    near = close_matches(name, found)
    if near.startswith("did"):
        return near
    return f"accepted: {', '.join(found[:_LISTED_NAMES])} and {len(found) - _LISTED_NAMES} more"


def _node_names(circuit: Section) -> Iterable[str]:
    for prefix, section in instances(circuit, _LISTED_SECTIONS):
        outside = {*GROUND, *circuit.global_nodes, *(section.terminals if prefix else ())}
        yield from (f"{prefix}{node}" for node in sorted(section.nodes - outside))


def _current_names(circuit: Section) -> Iterable[str]:
    for prefix, section in instances(circuit, _LISTED_SECTIONS):
        for element in section.elements.values():
            inner = section.called(element)
            if inner is not None:
                yield from (f"{prefix}{element.name}.{name}" for name in inner.terminals)
            elif element.kind not in f"{_WITHOUT_CURRENT}x":
                yield f"{prefix}{element.name}"


def told_by_signals(message: str, vectors: Mapping[str, str]) -> str:
    """Write a message with the names that were asked for in place of the simulator's.

    Parameters
    ----------
    message : str
        What the engine says.
    vectors : mapping of str to str
        Vector of each signal.
    """
    for signal, vector in sorted(vectors.items(), key=lambda pair: -len(pair[1])):
        if vector.endswith("#branch"):
            message = message.replace(vector, signal)
            message = message.replace(f"i({vector.removesuffix('#branch')})", signal)
    return re.sub(r"(?:[a-z]\.)?([\w.]+)#branch", r"i(\1)", message)
