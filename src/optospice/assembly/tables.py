"""What the ``[circuit]`` table of a scenario says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from optospice import units
from optospice.netlist.reserved import VARIABLES
from optospice.validation import StrictModel, Value


def _not_of_ngspice(name: str) -> str:
    meaning = {"gnd": "the reference node, '0',", **VARIABLES}.get(name.lower())
    if meaning:
        raise ValueError(f"the name {name!r} is {meaning} to ngspice; accepted: another name")
    return name


#: Name of a node, an instance, an element or a link; it becomes a part of SPICE names.
Name = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=60),
    AfterValidator(_not_of_ngspice),
]
#: Name of a node; the reference node is ``"0"``.
Node = Annotated[
    str,
    StringConstraints(pattern=r"^([A-Za-z][A-Za-z0-9_]*|0)$", max_length=60),
    AfterValidator(_not_of_ngspice),
]
Role = Literal["drive", "ground", "control", "output"]
#: Instances, elements and links of one circuit [1].
MOST_PARTS = 10_000


class InstanceTable(StrictModel):
    """A device in the circuit.

    Parameters
    ----------
    device : str
        Name of the device.
    nodes : mapping of str to str
        Node of each electrical terminal; a ground or control terminal that is not named is
        grounded. Optical terminals are reached by lights and links.
    parameters : mapping of str to str or number
        Parameters that differ from the device's own.
    """

    device: str
    nodes: dict[str, Node] = {}
    parameters: dict[str, Value] = {}


#: Quantities that an element may have: SPICE letter, unit, meaning.
QUANTITIES = {
    "resistance": ("R", "ohm", "resistance"),
    "capacitance": ("C", "F", "capacitance"),
    "inductance": ("L", "H", "inductance"),
    "voltage": ("V", "V", "constant voltage"),
    "current": ("I", "A", "constant current, from the first node through the source"),
    "gain": ("E", "1", "voltage gain"),
}


class ElementTable(StrictModel):
    """An element between two nodes.

    Parameters
    ----------
    between : pair of str
        Its nodes.
    resistance, capacitance, inductance, voltage, current, gain : str or number
        One of them: what it is. A gain amplifies the voltage of `control`.
    control : pair of str
        Nodes whose voltage an amplifier takes.
    """

    between: tuple[Node, Node]
    resistance: Value | None = None
    capacitance: Value | None = None
    inductance: Value | None = None
    voltage: Value | None = None
    current: Value | None = None
    gain: Value | None = None
    control: tuple[Node, Node] | None = None

    @model_validator(mode="after")
    def _one_quantity(self) -> ElementTable:
        given = [name for name in QUANTITIES if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"an element has exactly one of {', '.join(QUANTITIES)}, not "
                + (" and ".join(given) or "none")
            )
        if (self.gain is None) != (self.control is None):
            raise ValueError("gain and control belong together: give both or none")
        if self.between[0] == self.between[1]:
            raise ValueError(f"between = {list(self.between)}: accepted: two different nodes")
        try:
            number = units.parse(self.value, self.unit)
        except units.UnitsError as error:
            raise ValueError(f"{given[0]}: {error}") from None
        if self.letter in "RCL" and not number > 0:
            raise ValueError(f"{given[0]} = {self.value!r}: must be above 0 {self.unit}")
        return self

    @property
    def quantity(self) -> str:
        """Key of the quantity that was given."""
        return next(name for name in QUANTITIES if getattr(self, name) is not None)

    @property
    def value(self) -> Value:
        """The quantity as written."""
        given: Value = getattr(self, self.quantity)
        return given

    @property
    def letter(self) -> str:
        """First letter of the SPICE element."""
        return QUANTITIES[self.quantity][0]

    @property
    def unit(self) -> str:
        """SI unit of the quantity."""
        return QUANTITIES[self.quantity][1]


class LinkTable(StrictModel):
    """Light that goes from a device that emits to one that absorbs.

    Parameters
    ----------
    source : str
        ``"instance"`` or ``"instance.terminal"`` that emits (key ``from``).
    to : str
        ``"instance"`` or ``"instance.terminal"`` that takes the light; the emission's wavelength
        has to be one that it takes.
    share : float
        Share of the emitted power that arrives [1]; all links of one emitter take up to 1.
    area : float
        Area on which it falls [m^2].
    delay : float
        Time from emission to arrival [s].
    """

    source: str = Field(alias="from")
    to: str
    share: units.Ratio = Field(gt=0, le=1)
    area: units.Area = Field(gt=0)
    delay: units.Time = Field(default=0.0, ge=0)


class CircuitTable(StrictModel):
    """Devices, elements and links, and the terminals that a protocol reaches.

    Parameters
    ----------
    name : str
        Name of the circuit, where a scenario would name a device.
    title : str
        What the circuit is.
    terminals : mapping of str to {"drive", "ground", "control", "output"}
        Nodes that are reached from outside: the first ``drive`` takes the read-out bias,
        ``control`` is grounded until it is biased, ``output`` is observed.
    instances, elements, links : mapping
        What the circuit is made of, by name.
    """

    name: Name
    title: Annotated[str, Field(min_length=1)]
    terminals: dict[Name, Role]
    instances: dict[Name, InstanceTable] = {}
    elements: dict[Name, ElementTable] = {}
    links: dict[Name, LinkTable] = {}

    @model_validator(mode="after")
    def _whole(self) -> CircuitTable:
        if "drive" not in self.terminals.values():
            raise ValueError("terminals: one needs the role 'drive'")
        names = [*self.instances, *self.elements, *self.links]
        if not self.instances and not self.elements:
            raise ValueError("a circuit has at least one of instances and elements")
        if len(names) > MOST_PARTS:
            raise ValueError(f"{len(names):,} parts; accepted: up to {MOST_PARTS:,}")
        for name, times in Counter(map(str.lower, names)).items():
            if times > 1:
                raise ValueError(f"the name {name!r} stands twice; SPICE knows no capitals")
        spelled: dict[str, str] = {}
        for node in self.nodes:
            other = spelled.setdefault(node.lower(), node)
            if other != node:
                raise ValueError(
                    f"the nodes {other!r} and {node!r} are one, as SPICE knows no capitals; "
                    "accepted: one spelling of a node"
                )
        return self

    @property
    def nodes(self) -> Iterable[str]:
        """Every electrical node that is named, as often as it is."""
        yield from self.terminals
        for instance in self.instances.values():
            yield from instance.nodes.values()
        for element in self.elements.values():
            yield from (*element.between, *(element.control or ()))
