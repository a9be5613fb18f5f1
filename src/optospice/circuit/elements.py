"""What a circuit is made of: devices, sources, passive elements, optical links."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from optospice.device import EMISSION_UNIT, IRRADIANCE_UNIT, Device
from optospice.errors import InputError, close_matches
from optospice.stimulus import Signal, Stimulus
from optospice.units import convert

Kind = Literal["voltage", "current", "light"]
_UNITS = {"voltage": "V", "current": "A", "light": "W/m^2"}


@dataclass(frozen=True)
class Instance:
    """A device in a circuit.

    Parameters
    ----------
    device : Device
        From `find_device`.
    nodes : mapping of str to str
        Node of each terminal; one that is not named is grounded or dark, and an output that
        is not named has a node of its own.
    parameters : mapping of str to float
        Parameters in the card's units.
    initial : mapping of str to float
        Value that a declared state starts from [1]: a transient begins with it, and every
        other analysis takes it for the state's operating point. A state that is not named
        has the card's `initial`, and without one its own operating point.

    Raises
    ------
    InputError
        When `initial` names no declared state, or a value outside its declared range.
    """

    device: Device
    nodes: Mapping[str, str]
    parameters: Mapping[str, float] = field(default_factory=dict)
    initial: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_initial(self.device, self.initial)

    @cached_property
    def held(self) -> Mapping[str, float]:
        """Initial value of each node inside the subcircuit that has one [1]."""
        states = self.device.card.states
        values = {name: self.initial.get(name, state.initial) for name, state in states.items()}
        return {states[name].node: value for name, value in values.items() if value is not None}


def check_initial(device: Device, initial: Mapping[str, float]) -> None:
    """Refuse initial values that a device's card does not allow.

    Raises
    ------
    InputError
        When a name is no declared state, or a value lies outside its declared range.
    """
    for name, value in initial.items():
        state = device.card.states.get(name)
        if state is None:
            known = device.card.states
            raise InputError(
                f"initial.{name}: device {device.name!r} has no such state; "
                + (close_matches(name, known) if known else "its card declares none")
            )
        if not state.minimum <= value <= state.maximum:
            raise InputError(
                f"initial.{name} = {value:g}: accepted: {state.minimum:g} to {state.maximum:g}"
            )


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
    small_signal : float
        Amplitude in an AC analysis, in the unit of its level [V, A or W/m^2].
    shines_on : mapping of str to float
        Nodes of optical terminals that a light adds to, each with the weight that its
        colour has there [1]; its own node then carries the irradiance as it is.
    """

    node: str
    kind: Kind = "voltage"
    base: Stimulus = field(default_factory=Signal)
    controlled: bool = True
    reference: str = "0"
    small_signal: float = 0.0
    shines_on: Mapping[str, float] = field(default_factory=dict)

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
    """A resistor [ohm], a capacitor [F] or an inductor [H] between two nodes."""

    kind: Literal["R", "C", "L"]
    first: str
    second: str
    value: float


@dataclass(frozen=True)
class OpticalLink:
    """A share of an emitted power that falls onto an area.

    The irradiance ``share * P(emitter) / area`` adds to what else shines on the receiver's
    node. A delay is an ideal transmission line: exact for slow and for fast signals, with
    its own breakpoints, and without noise.

    Parameters
    ----------
    emitter : str
        Node of an emitted power, 1 V = 1 mW.
    receiver : str
        Node of an irradiance, 1 V = 1 mW/cm^2.
    share : float
        Part of the power that arrives [1], above 0 and up to 1.
    area : float
        Area that it falls onto [m^2].
    delay : float
        Time that the light takes [s].
    weight : float
        What the emission counts at the receiver, by its spectral response [1].

    Raises
    ------
    InputError
        For a share, an area or a delay that cannot be.
    """

    emitter: str
    receiver: str
    share: float
    area: float
    delay: float = 0.0
    weight: float = 1.0

    def __post_init__(self) -> None:
        where = f"link from {self.emitter} to {self.receiver}"
        if not 0 < self.share <= 1:
            raise InputError(f"{where}: share = {self.share:g}; accepted: above 0, up to 1")
        if not (self.area > 0 and math.isfinite(self.area)):
            raise InputError(f"{where}: area = {self.area:g} m^2; accepted: above 0 m^2")
        if not (self.delay >= 0 and math.isfinite(self.delay)):
            raise InputError(f"{where}: delay = {self.delay:g} s; accepted: 0 s or more")

    @property
    def gain(self) -> float:
        """Volts at the receiver per volt at the emitter: [mW/cm^2] per [mW]."""
        power = convert(self.share * self.weight, EMISSION_UNIT, "W")
        return convert(power / self.area, "W/m^2", IRRADIANCE_UNIT)


def base_name(name: str) -> str:
    """Name of the ngspice source that does what an actuator does by itself."""
    return f"{name}_base"
