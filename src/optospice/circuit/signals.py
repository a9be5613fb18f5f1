"""What is read from a circuit: the simulator's vector behind every signal by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optospice.circuit.elements import Instance
from optospice.device import EMISSION_UNIT, Terminal
from optospice.errors import InputError, close_matches
from optospice.units import convert

if TYPE_CHECKING:
    from optospice.circuit.model import Circuit


@dataclass(frozen=True)
class Reading:
    """How a signal is read from a run.

    Parameters
    ----------
    vector : str
        The simulator's vector.
    factor : float
        Of the vector's values.
    unit : str
        SI unit of the signal.
    sensed : pair of str or None
        Device and terminal into whose line a current probe is put.
    """

    vector: str
    factor: float
    unit: str
    sensed: tuple[str, str] | None = None


def instance_name(name: str) -> str:
    """Name of a device's line in the netlist."""
    return f"Xdevice_{name}" if name else "Xdevice"


def node_of(name: str, placed: Instance, terminal: Terminal) -> str:
    """Give the node of a terminal: its own where an output is left open."""
    node = placed.nodes.get(terminal.name)
    if node is not None:
        return node
    if terminal.is_output:
        return f"{name}_{terminal.name}" if name else terminal.name
    return "0"


def default_signals(circuit: Circuit) -> Iterator[str]:
    """Give what is read where nothing is named: currents, states and outputs."""
    for name, source in circuit.sources.items():
        if source.kind == "voltage":
            yield f"i({name})"
    for name, placed in circuit.devices.items():
        path = f"{name}." if name else ""
        for terminal in placed.device.terminals("electrical"):
            if name and terminal.role == "drive" and terminal.name in placed.nodes:
                yield f"i({path}{terminal.name})"
        for terminal in placed.device.outputs:
            yield f"{'v' if terminal.kind == 'electrical' else 'p'}({path}{terminal.name})"
        yield from (f"{path}{state}" for state in placed.device.card.states)


def readings(circuit: Circuit, names: Iterable[str]) -> dict[str, Reading]:
    """Find the vectors of signals.

    Parameters
    ----------
    circuit : Circuit
        Where they are.
    names : iterable of str
        ``i(source)``, ``i(inductor)``, ``i(device.terminal)``, ``v(node)``,
        ``v(device.terminal)``, ``p(device.terminal)`` of one that emits, ``device.state``;
        without the device where it has no name.

    Raises
    ------
    InputError
        For a signal that the circuit does not have.
    """
    found = {}
    for name in names:
        letter, _, rest = name.partition("(")
        inner = rest.removesuffix(")")
        if not rest:
            reading = _state(circuit, name)
        elif letter == "i":
            reading = _current(circuit, inner)
        elif letter == "p":
            reading = _power(circuit, inner)
        else:
            place = _terminal(circuit, inner) if letter == "v" else None
            node = inner if place is None else node_of(*place)
            reading = None if letter != "v" else Reading(node.lower(), 1.0, "V")
        if reading is None:
            raise InputError(
                f"signal {name!r}: the circuit has none; "
                + close_matches(name, [*default_signals(circuit)])
            )
        found[name] = reading
    return found


def _split(circuit: Circuit, path: str) -> tuple[str, Instance, str] | None:
    """Split ``device.inner``, or take the device without a name."""
    if "" in circuit.devices:
        return "", circuit.devices[""], path
    name, _, inner = path.rpartition(".")
    placed = circuit.devices.get(name)
    return None if placed is None else (name, placed, inner)


def _terminal(circuit: Circuit, path: str) -> tuple[str, Instance, Terminal] | None:
    parts = _split(circuit, path)
    if parts is None:
        return None
    name, placed, inner = parts
    terminals = {terminal.name: terminal for terminal in placed.device.card.terminals}
    terminal = terminals.get(inner)
    if terminal is None:
        return None
    if not name and inner not in placed.nodes and not terminal.is_output:
        return None  # a node of the circuit that is called like a terminal left alone
    return name, placed, terminal


def _state(circuit: Circuit, path: str) -> Reading | None:
    parts = _split(circuit, path)
    if parts is None or parts[2] not in parts[1].device.card.states:
        return None
    name, placed, inner = parts
    node = placed.device.card.states[inner].node
    return Reading(f"{instance_name(name)}.{node}".lower(), 1.0, "1")


def _current(circuit: Circuit, path: str) -> Reading | None:
    source = circuit.sources.get(path)
    if source is not None:
        # SPICE counts the current through a voltage source from its first node to its second
        return Reading(f"v{path}#branch".lower(), -1.0, "A") if source.kind == "voltage" else None
    passive = circuit.passives.get(path)
    if passive is not None:
        return Reading(f"l{path}#branch".lower(), 1.0, "A") if passive.kind == "L" else None
    place = _terminal(circuit, path)
    if place is None or place[2].kind != "electrical":
        return None
    name, _, terminal = place
    own = sense_name(name, terminal.name)
    return Reading(f"v{own}#branch".lower(), 1.0, "A", (name, terminal.name))


def sense_name(name: str, terminal: str) -> str:
    """Name of the source of 0 V that measures the current into a terminal."""
    return f"sense_{name}_{terminal}"


def _power(circuit: Circuit, path: str) -> Reading | None:
    place = _terminal(circuit, path)
    if place is None or place[2].kind != "optical" or not place[2].is_output:
        return None
    return Reading(node_of(*place).lower(), convert(1.0, EMISSION_UNIT, "W"), "W")
