"""What a device's card says: terminals, parameters with their origin, states."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from optospice import units
from optospice.device.valid import Valid
from optospice.light import Response
from optospice.validation import SpiceName, StrictModel

Origin = Literal["published", "fitted", "assumed"]
#: Unit in which an optical terminal of a subcircuit is driven: 1 V = 1 mW/cm^2.
IRRADIANCE_UNIT = "mW/cm^2"
#: Unit in which an optical terminal emits: 1 V = 1 mW.
EMISSION_UNIT = "mW"


class Terminal(StrictModel):
    """One terminal of a subcircuit.

    Parameters
    ----------
    name : str
        Node name in the ``.subckt`` line.
    kind : {"electrical", "optical"}
        Voltage [V]; or light: irradiance with 1 V = 1 mW/cm^2, emitted power with 1 V = 1 mW.
    role : {"drive", "ground", "control", "output"}
        For electrical terminals: ``drive`` takes the read-out bias, ``control`` (a gate, a
        second electrode) is grounded until a scenario biases it, ``output`` is observed and
        never driven.
    direction : {"in", "out"}
        For optical terminals: whether light comes in or is emitted.
    wavelength : str
        For optical terminals: the wavelength it takes (``"740 nm"``) or ``"any"``; of one that
        emits, that of the emission.
    response : table
        For optical terminals that take light, in place of the wavelength: how much each
        colour counts.
    description : str
        Meaning in words.
    """

    name: SpiceName
    kind: Literal["electrical", "optical"]
    role: Literal["drive", "ground", "control", "output"] | None = None
    direction: Literal["in", "out"] | None = None
    wavelength: Literal["any"] | units.Length | None = None
    response: Response | None = None
    description: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Terminal:
        colours = [self.wavelength, self.response]
        if self.kind == "electrical":
            if self.role is None or colours != [None, None] or self.direction is not None:
                raise ValueError(
                    "an electrical terminal has a role ('drive', 'ground', 'control' or "
                    "'output') and no wavelength, response or direction"
                )
        elif colours.count(None) != 1 or self.role is not None:
            raise ValueError(
                "an optical terminal has a wavelength ('740 nm' or 'any') or a response, and no "
                "role"
            )
        elif self.is_output and not isinstance(self.wavelength, float):
            raise ValueError("a terminal that emits has the wavelength of its emission ('530 nm')")
        return self

    @property
    def is_output(self) -> bool:
        """Whether the device drives it, and nobody else may."""
        return self.role == "output" or self.direction == "out"


class ParameterDefinition(StrictModel):
    """What a parameter of a subcircuit is, whatever its value.

    Parameters
    ----------
    unit : str
        Unit of the number in the ``.lib`` (``"1"`` for none).
    meaning : str
        What it is, in words.
    bounds : pair of str or number
        Range outside which a value is refused, with units.
    scale : {"linear", "log"}
        How a fit or a random draw should move the value.
    """

    unit: str
    meaning: str
    bounds: tuple[str | float, str | float]
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _ordered(self) -> ParameterDefinition:
        low, high = self.limits
        if not low < high:
            raise ValueError(f"bounds {list(self.bounds)!r}: the first must be below the second")
        return self

    @cached_property
    def limits(self) -> tuple[float, float]:
        """Bounds in the parameter's own unit."""
        low, high = (units.parse(bound, self.unit) for bound in self.bounds)
        return low, high


class Parameter(ParameterDefinition):
    """One parameter of a device.

    Parameters
    ----------
    origin : {"published", "fitted", "assumed"}
        Where the default comes from.
    source : str
        Figure, equation or text; for a fitted value the targets it was fitted to; for an
        assumed one the reason.
    interval : pair of str or number, optional
        Confidence interval of a fitted value (68 %).
    fitted_to : list of str
        Ids of the claims that were used to find the value. What counts as *used in the fit*
        follows from these lists alone; with an empty one at a fitted value every printed claim of
        the device does.
    value : str or number, optional
        Default of a parameter that only a spectral response names; the ``.lib`` holds that of
        every other one.
    """

    origin: Origin
    source: Annotated[str, Field(min_length=1)]
    interval: tuple[str | float, str | float] | None = None
    fitted_to: list[str] = []
    value: str | float | None = None

    @model_validator(mode="after")
    def _readable(self) -> Parameter:
        if self.interval is not None:
            for end in self.interval:
                units.parse(end, self.unit)
        if self.value is not None:
            units.parse(self.value, self.unit)
        return self


class State(StrictModel):
    """An internal state of a subcircuit and the range in which it must stay.

    Parameters
    ----------
    node : str
        Node inside the subcircuit whose voltage it is.
    meaning : str
        What it is, in words.
    minimum, maximum : float
        Range of the state [1].
    initial : float, optional
        Value that a run starts from [1]; the operating point's without one.
    """

    node: SpiceName
    meaning: str
    minimum: float = 0.0
    maximum: float = 1.0
    initial: float | None = None

    @model_validator(mode="after")
    def _within(self) -> State:
        if self.initial is not None and not self.minimum <= self.initial <= self.maximum:
            raise ValueError(
                f"initial = {self.initial:g}: accepted: {self.minimum:g} to {self.maximum:g}"
            )
        return self


class Card(StrictModel):
    """What the card of a device with its own ``.lib`` says. See `docs/cards.md` for every key."""

    title: Annotated[str, Field(min_length=1)]
    description: str = ""
    citations: list[str] = []
    range: str = ""
    passive: bool = False
    built_in_voltage: bool = False
    terminals: Annotated[list[Terminal], Field(min_length=1)]
    parameters: dict[str, Parameter] = {}
    states: dict[str, State] = {}
    valid: Valid = Valid()

    @model_validator(mode="after")
    def _valid_of_its_terminals(self) -> Card:
        self.valid.check_terminals(self.terminals)
        return self


def optical_parameters(terminals: Iterable[Terminal]) -> dict[str, str]:
    """Give the parameters that spectral responses name, each with the unit that it must have."""
    found: dict[str, str] = {}
    for terminal in terminals:
        if terminal.response is not None:
            found.update(terminal.response.parameters)
    return found
