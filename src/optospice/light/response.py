"""The response of an optical terminal as a card says it: a table, an edge, or an efficiency."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Discriminator, Tag, model_validator

from optospice import units
from optospice.errors import InputError
from optospice.light.edge import AbsorptionEdge
from optospice.light.filters import Colour
from optospice.light.quantum import QuantumEfficiency
from optospice.light.responding import (
    SpectralResponse,
    check_reference,
    interpolated,
    outside_of,
    said,
)
from optospice.light.spectrum import FloatArray, Spectrum
from optospice.light.tabulated import Tabulated, named_in, renamed_in


class ResponseTable(Tabulated, SpectralResponse):
    """Responses at some wavelengths, joined by straight lines.

    Parameters
    ----------
    kind : {"table"}
        Which response this is.
    wavelengths : list of str
        Tabulated wavelengths, in any order.
    values : list of number or str
        Response at each [1], or the name of the parameter of the card that holds it.
    reference : str, optional
        Wavelength at which 1 V is 1 mW/cm^2; without one it is where the value is 1.
    interpolate : bool
        Whether wavelengths between the tabulated ones are taken.
    outside : {0}, optional
        Response outside the table, where it is known to be none; else such light is refused.
    """

    kind: Literal["table"]
    reference: units.Length | None = None
    interpolate: bool = True
    outside: Literal[0] | None = None

    @model_validator(mode="after")
    def _referred(self) -> ResponseTable:
        check_reference(self.reference, self)
        if not self.interpolate and self.outside is not None:
            raise ValueError("outside: needs a table that is interpolated")
        return self

    @property
    def parameters(self) -> dict[str, str]:
        """Parameters of the card that it names, with the unit that each must have."""
        return named_in(self.values, "1")

    @property
    def accepted(self) -> str:
        """Its range, or its wavelengths, in words."""
        if self.interpolate:
            return super().accepted
        return ", ".join(f"{at * 1e9:g} nm" for at in sorted(self.wavelengths))

    def problem(self, colour: Colour) -> str | None:
        """Say why the device cannot take a colour; nothing when it can."""
        if not self.interpolate:
            if not isinstance(colour, Spectrum) and self.holds(colour):
                return None
            return f"{said(colour)} is none of the wavelengths it knows; accepted: {self.accepted}"
        return None if self.outside is not None else outside_of(self, colour, "response")

    def renamed(self, name: Callable[[str], str]) -> ResponseTable:
        """Give it with other names for the parameters that it names."""
        return self.model_copy(update={"values": renamed_in(self.values, name)})

    def expression(self, wavelength: float, name: Callable[[str], str]) -> str:
        """Write the weight of a wavelength as a SPICE expression of its parameters."""
        problem = self.problem(wavelength)
        if problem is not None:
            raise InputError(problem)
        weight = self.line(wavelength, name)
        return weight if self.reference is None else f"{weight}/{self.line(self.reference, name)}"

    @property
    def ranges(self) -> list[tuple[float, float]]:
        """The table, or each wavelength of one that is not interpolated [m]."""
        return [self.ends] if self.interpolate else [(at, at) for at in self.wavelengths]

    @property
    def knows_colour(self) -> bool:
        """Whether colours that it takes count differently."""
        return any(value != 1.0 for value in self.values)

    @property
    def probes(self) -> list[float]:
        """All tabulated wavelengths [m]."""
        return self.wavelengths

    def note(self, colour: Colour) -> str | None:
        """Say between which tabulated wavelengths the response was interpolated."""
        return interpolated(self, colour)

    def _reference_value(self, parameters: Mapping[str, float]) -> float:
        if self.reference is None:
            return 1.0
        return float(self.read(np.array([self.reference]), parameters)[0])

    def _values(self, wavelength: FloatArray, parameters: Mapping[str, float]) -> FloatArray:
        return self.read(wavelength, parameters)

    def _support(self, parameters: Mapping[str, float]) -> tuple[float, float, FloatArray]:
        return (*self.ends, np.array(self.wavelengths))


def _kind(given: Any) -> str | None:
    kind = given.get("kind") if isinstance(given, dict) else getattr(given, "kind", None)
    return f"[{kind}]" if kind in ("table", "absorption_edge", "quantum_efficiency") else None


#: What stands in ``[terminals.response]``; the tags in brackets stay out of messages.
Response = Annotated[
    Annotated[ResponseTable, Tag("[table]")]
    | Annotated[AbsorptionEdge, Tag("[absorption_edge]")]
    | Annotated[QuantumEfficiency, Tag("[quantum_efficiency]")],
    Discriminator(
        _kind,
        custom_error_type="response_kind",
        custom_error_message="kind: accepted: 'table', 'absorption_edge' or 'quantum_efficiency'",
    ),
]
