"""The one model of what is simulated: devices, sources, passive elements, links, probes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from optospice.accuracy import PROFILES, Profile
from optospice.circuit.elements import Instance, OpticalLink, PassiveElement, Source
from optospice.circuit.signals import Reading, default_signals, readings
from optospice.circuit.smallest import smallest_capacitance_of
from optospice.circuit.writer import Answered, netlist, transient_card
from optospice.errors import InputError, close_matches
from optospice.netlist.guard import check_library, cleaned
from optospice.stimulus import DEFAULT_EDGE, constant

_MOST_STEPS = 10_000_000
#: ngspice takes two breakpoints for one when they are closer than 1e-10 of the largest
#: time step, and an edge that begins or ends late by as much is that much wrong.
MERGED_BREAKPOINTS = 1e-10


@dataclass(frozen=True)
class Circuit:
    """Devices with sources, ready for an analysis or to be closed into a loop.

    Parameters
    ----------
    devices : mapping of str to Instance
        Devices by name. In a circuit of one device the name may be empty.
    sources : mapping of str to Source
        Sources by name.
    passives : mapping of str to PassiveElement
        Resistors, capacitors and inductors by name.
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
    links : mapping of str to OpticalLink
        Light that devices send to each other, by name.
    probes : tuple of str or None
        Signals that are read, see `optospice.circuit.signals.readings`. None: the current of
        every voltage source and of every drive terminal, every output and every state,
        which a large array cannot afford.

    Raises
    ------
    InputError
        For several devices of which one has no name, for times that are not above 0 s, and
        for links that take more than all of an emitted power.
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
    links: Mapping[str, OpticalLink] = field(default_factory=dict)
    probes: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if len(self.devices) > 1 and "" in self.devices:
            raise InputError("devices: with more than one, each needs a name")
        if not self.duration > 0:
            raise InputError(f"duration = {self.duration:g} s: must be above 0 s")
        if not self.shortest_edge > 0:
            raise InputError(f"shortest_edge = {self.shortest_edge:g} s: must be above 0 s")
        shares: dict[str, float] = defaultdict(float)
        for link in self.links.values():
            shares[link.emitter] += link.share
        for emitter, share in shares.items():
            if share > 1 + 1e-9:
                raise InputError(
                    f"links from {emitter}: their shares are {share:g} in all; accepted: up to 1"
                )

    @cached_property
    def actuators(self) -> dict[str, Source]:
        """Sources that controllers may drive."""
        return {name: source for name, source in self.sources.items() if source.controlled}

    @cached_property
    def readings(self) -> dict[str, Reading]:
        """How every measured signal is read from a run."""
        probed = default_signals(self) if self.probes is None else self.probes
        return readings(self, (*probed, *(f"v({node})" for node in self.measured)))

    @cached_property
    def vectors(self) -> dict[str, tuple[str, float]]:
        """Measured signals: ngspice vector and factor of each."""
        return {name: (one.vector, one.factor) for name, one in self.readings.items()}

    @cached_property
    def wanted(self) -> tuple[str, ...]:
        """Vectors that a run must give, each once."""
        return tuple(dict.fromkeys(one.vector for one in self.readings.values()))

    def signals(self, vectors: Mapping[str, Any]) -> dict[str, Any]:
        """Name what the engine read: values of every measured signal in its SI unit."""
        return {
            name: vectors[one.vector] * one.factor if one.factor != 1.0 else vectors[one.vector]
            for name, one in self.readings.items()
        }

    @cached_property
    def units(self) -> dict[str, str]:
        """SI unit of every signal."""
        found = {name: one.unit for name, one in self.readings.items()}
        found.update({self.level_name(name): s.unit for name, s in self.sources.items()})
        return found

    def level_name(self, source: str) -> str:
        """Name of the signal that holds a source's own level."""
        letter = {"voltage": "v", "current": "i", "light": "e"}[self.sources[source].kind]
        return f"{letter}({source})"

    def at_rest(self, small_signal: str = "") -> Circuit:
        """Give the circuit with every source at its level at time zero.

        Parameters
        ----------
        small_signal : str
            Source with the AC amplitude of one unit of its level [V, A or W/m^2].

        Raises
        ------
        InputError
            When there is no such source.
        """
        if small_signal and small_signal not in self.sources:
            raise InputError(
                f"source {small_signal!r}: the circuit has none of this name; "
                + close_matches(small_signal, self.sources)
            )
        sources = {
            name: replace(
                source,
                base=constant(float(source.base.points[1][0])),
                controlled=False,
                small_signal=float(name == small_signal),
            )
            for name, source in self.sources.items()
        }
        return replace(self, sources=sources)

    @cached_property
    def largest_step(self) -> float:
        """Largest time step [s] at which the shortest edge is still resolved."""
        share = self.profile.bound / 3
        return min(self.duration, share / MERGED_BREAKPOINTS * self.shortest_edge)

    @property
    def tolerance(self) -> float:
        """How far an accepted point may lie from the time asked for [s]."""
        return 2 * MERGED_BREAKPOINTS * self.largest_step

    @cached_property
    def checked_elements(self) -> str:
        """Further element lines, as the guard writes them.

        Raises
        ------
        InputError
            When they hold what may not pass to the simulator.
        """
        return cleaned(self.elements, "elements of the circuit") if self.elements else ""

    @cached_property
    def smallest_capacitance(self) -> float:
        """Smallest capacitance of the circuit [F]; infinite where none can be told."""
        return smallest_capacitance_of(self.devices, self.passives, self.checked_elements)

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
        self.check_libraries()

    def check_libraries(self) -> None:
        """Refuse library text that did not pass the guard.

        Raises
        ------
        InputError
            Naming the line.
        """
        files = {placed.device.file: placed.device for placed in self.devices.values()}
        for file, device in files.items():
            check_library(device.text, str(file))

    def netlist(self, external: bool = True) -> str:
        """Write the circuit with a transient of its duration.

        Parameters
        ----------
        external : bool
            Whether the engine answers for the sources, or they do what they do without
            a controller.
        """
        card = transient_card(self.duration, self.largest_step)
        return netlist(self, card, Answered.ALL if external else Answered.NONE)
