"""What runs in a loop: devices, sources, passives and what is measured, as a netlist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from optospice.accuracy import PROFILES, Profile
from optospice.capacitances import smallest_capacitance
from optospice.device import IRRADIANCE_UNIT, Device
from optospice.errors import InputError
from optospice.netlist.guard import check_library, cleaned, safe_title
from optospice.probes import saved_vector
from optospice.separation import separated
from optospice.sources import number, sources
from optospice.stimulus import DEFAULT_EDGE, Signal, Stimulus
from optospice.units import convert

Kind = Literal["voltage", "current", "light"]
_UNITS = {"voltage": "V", "current": "A", "light": "W/m^2"}
_MOST_STEPS = 10_000_000
_MERGED_BREAKPOINTS = 1e-10  # of the largest step: ngspice takes nearer ones for one


@dataclass(frozen=True)
class Instance:
    """A device in a circuit.

    Parameters
    ----------
    device : Device
        From `find_device`.
    nodes : mapping of str to str
        Node of each terminal; one that is not named is grounded or dark.
    parameters : mapping of str to float
        Parameters in the card's units.
    """

    device: Device
    nodes: Mapping[str, str]
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A source: what it does by itself, and whether controllers may add to it.

    Parameters
    ----------
    node : str
        Node that it drives, against `reference`. A current source drives its current
        into the node.
    kind : {"voltage", "current", "light"}
        What it is.
    base : Signal or Samples
        What it does without a controller [V, A or W/m^2].
    controlled : bool
        Whether it is an actuator.
    reference : str
        The other node.
    """

    node: str
    kind: Kind = "voltage"
    base: Stimulus = field(default_factory=Signal)
    controlled: bool = True
    reference: str = "0"

    @property
    def scale(self) -> float:
        """Volts or amperes of the source per unit of its level."""
        return convert(1.0, "W/m^2", IRRADIANCE_UNIT) if self.kind == "light" else 1.0

    @property
    def unit(self) -> str:
        """SI unit of its level."""
        return _UNITS[self.kind]


@dataclass(frozen=True)
class PassiveElement:
    """A resistor or a capacitor between two nodes."""

    kind: Literal["R", "C"]
    first: str
    second: str
    value: float


@dataclass(frozen=True)
class Circuit:
    """Devices with sources, ready to be closed into a loop.

    Parameters
    ----------
    devices : mapping of str to Instance
        Devices by name. In a circuit of one device the name may be empty.
    sources : mapping of str to Source
        Sources by name.
    passives : mapping of str to PassiveElement
        Resistors and capacitors by name.
    measured : tuple of str
        Further nodes whose voltage is measured.
    duration : float
        Simulated time [s].
    profile : Profile
        How exact.
    temperature : float
        Temperature [K].
    shortest_edge : float
        Shortest edge of an action [s]; a shorter one makes the run's steps smaller.
    elements : str
        Further element lines and ``.subckt`` of a netlist, which have to pass the guard.
    title : str
        First line of the netlist.
    """

    devices: Mapping[str, Instance] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    passives: Mapping[str, PassiveElement] = field(default_factory=dict)
    measured: tuple[str, ...] = ()
    duration: float = 1.0
    profile: Profile = PROFILES["standard"]
    temperature: float = 300.15
    shortest_edge: float = DEFAULT_EDGE
    elements: str = ""
    title: str = "optospice closed loop"

    def __post_init__(self) -> None:
        for name in self.devices:
            if not name and len(self.devices) > 1:
                raise InputError("devices: with more than one, each needs a name")
        if not self.duration > 0:
            raise InputError(f"duration = {self.duration:g} s: must be above 0 s")
        if not self.shortest_edge > 0:
            raise InputError(f"shortest_edge = {self.shortest_edge:g} s: must be above 0 s")

    @cached_property
    def actuators(self) -> dict[str, Source]:
        """Sources that controllers may drive."""
        return {name: source for name, source in self.sources.items() if source.controlled}

    @cached_property
    def vectors(self) -> dict[str, tuple[str, float]]:
        """Measured signals: ngspice vector and factor of each."""
        found: dict[str, tuple[str, float]] = {}
        for name, source in self.sources.items():
            if source.kind == "voltage":
                found[f"i({name})"] = (f"v{name}#branch".lower(), -1.0)
        for name, placed in self.devices.items():
            for terminal in placed.device.terminals("electrical"):
                if name and terminal.role == "drive" and terminal.name in placed.nodes:
                    found[f"i({name}.{terminal.name})"] = (
                        f"vsense_{name}_{terminal.name}#branch".lower(), 1.0,
                    )  # fmt: skip
            for state, entry in placed.device.card.states.items():
                signal = f"{name}.{state}" if name else state
                found[signal] = (f"{_instance(name)}.{entry.node}".lower(), 1.0)
        for node in self.measured:
            found[f"v({node})"] = (node.lower(), 1.0)
        return found

    @cached_property
    def units(self) -> dict[str, str]:
        """SI unit of every signal."""
        found = {
            name: "A" if name.startswith("i(") else "V" if name.startswith("v(") else "1"
            for name in self.vectors
        }
        found.update({self.level_name(name): s.unit for name, s in self.sources.items()})
        return found

    def level_name(self, source: str) -> str:
        """Name of the signal that holds a source's own level."""
        letter = {"voltage": "v", "current": "i", "light": "e"}[self.sources[source].kind]
        return f"{letter}({source})"

    @cached_property
    def largest_step(self) -> float:
        """Largest time step [s] at which the shortest edge is still resolved."""
        share = self.profile.bound / 3
        return min(self.duration, share / _MERGED_BREAKPOINTS * self.shortest_edge)

    @property
    def tolerance(self) -> float:
        """How far an accepted point may lie from the time asked for [s]."""
        return 2 * _MERGED_BREAKPOINTS * self.largest_step

    def check(self) -> None:
        """Refuse library text that did not pass the guard, and a run of too many steps.

        Raises
        ------
        InputError
            Naming the line, or how many steps there would be.
        """
        steps = self.duration / self.largest_step
        if steps > _MOST_STEPS:
            raise InputError(
                f"{self.duration:.3g} s with steps of at most {self.largest_step:.3g} s, which the "
                f"shortest edge asks for, are {steps:.2g} steps; accepted: up to "
                f"{_MOST_STEPS:.0e}: a shorter run or longer edges"
            )
        for placed in self.devices.values():
            check_library(placed.device.text, str(placed.device.file))

    def netlist(self, external: bool = True) -> str:
        """Write the circuit with its analysis.

        Parameters
        ----------
        external : bool
            Whether the engine answers for the sources, or they do what they do without
            a controller.
        """
        largest = self.largest_step
        saved = " ".join(saved_vector(vector) for vector, _ in self.vectors.values())
        elements = cleaned(self.elements, "elements of the circuit") if self.elements else ""
        placed = list(self.devices.values())
        libraries = separated([(one.device.name, one.device.text) for one in placed], elements)
        called = dict(zip(self.devices, (one.subcircuit for one in libraries), strict=True))
        lines = [safe_title(self.title), *dict.fromkeys(one.text for one in libraries)]
        if elements:
            lines.append(elements)
        lines += self._elements(external, called)
        smallest = smallest_capacitance("\n".join(line.rstrip("\n") for line in lines))
        lines += [
            f".temp {number(convert(self.temperature, 'K', 'degC'))}",
            self.profile.down_to(smallest).options,
            f".save {saved}",
            f".tran {number(min(self.duration / 1000, largest))} {number(self.duration)} 0 "
            f"{number(largest)}",
            ".end",
        ]
        return "\n".join(line.rstrip("\n") for line in lines) + "\n"

    def _elements(self, external: bool, called: Mapping[str, str]) -> Iterator[str]:
        for name, placed in self.devices.items():
            nodes = []
            for terminal in placed.device.card.terminals:
                node = placed.nodes.get(terminal.name, "0")
                if name and terminal.role == "drive" and terminal.name in placed.nodes:
                    own = f"{name}_{terminal.name}_in"
                    yield f"Vsense_{name}_{terminal.name} {node} {own} 0"
                    node = own
                nodes.append(node)
            spelled = "".join(f" {k}={number(v)}" for k, v in placed.parameters.items())
            yield f"{_instance(name)} {' '.join(nodes)} {called[name]}{spelled}"
        for name, passive in self.passives.items():
            yield f"{passive.kind}{name} {passive.first} {passive.second} {number(passive.value)}"
        for name, source in self.sources.items():
            yield from _source_lines(name, source, external)


def _instance(name: str) -> str:
    return f"Xdevice_{name}" if name else "Xdevice"


def base_name(name: str) -> str:
    """Name of the ngspice source that does what an actuator does by itself."""
    return f"{name}_base"


def _source_lines(name: str, source: Source, external: bool) -> Iterator[str]:
    """Write an actuator as its own source with the controllers' in series or in parallel."""
    stack = sources(source.base, source.scale, tabulated=external)
    changes = bool(stack[0].table)
    base = "EXTERNAL" if external and changes else stack[0].value
    if source.kind == "current":
        upper, lower = source.reference, source.node  # SPICE: from the first through to the second
        yield f"I{base_name(name)} {upper} {lower} {base}"
        if source.controlled and external:
            yield f"I{name} {upper} {lower} EXTERNAL"
    elif source.controlled and external:
        middle = f"{name}_middle"
        yield f"V{name} {source.node} {middle} EXTERNAL"
        yield f"V{base_name(name)} {middle} {source.reference} {base}"
    elif external or len(stack) == 1:
        yield f"V{name} {source.node} {source.reference} {base}"
    else:
        nodes = [source.node, *(f"{name}_stack{k}" for k in range(1, len(stack))), source.reference]
        for k, part in enumerate(stack):
            yield f"V{name}{f'_stack{k}' if k else ''} {nodes[k]} {nodes[k + 1]} {part.value}"
