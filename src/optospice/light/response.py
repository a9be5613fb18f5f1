"""Spectral responses of optical terminals: how much a colour counts.

The node of an optical terminal carries the irradiance at the reference wavelength that
would act like the light: the sum of *weight* times irradiance over all lights. In the
weights the values of a response may be parameters of the device, which a fit can move.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Discriminator, Tag, model_validator

from optospice import units
from optospice.errors import InputError
from optospice.light.filters import Colour
from optospice.light.spectrum import PHOTON, FloatArray, Spectrum, integral
from optospice.light.tabulated import PhotonEnergy, Tabulated, Value, named_in, value_of
from optospice.validation import StrictModel, form_of

#: Points in which an edge is followed: of its tail and of the light above it [1].
_EDGE_POINTS = 200
#: How far a tail is followed, in Urbach energies [1]: there it has fallen to 2e-9.
_TAIL_REACH = 20.0


class SpectralResponse(StrictModel):
    """What all kinds of response can do."""

    @property
    @abstractmethod
    def parameters(self) -> dict[str, str]:
        """Parameters of the card that it names, with the unit that each must have."""

    @abstractmethod
    def problem(self, colour: Colour) -> str | None:
        """Say why the device cannot take a colour; nothing when it can."""

    def note(self, colour: Colour) -> str | None:
        """Say what was assumed for a colour, in one sentence; nothing when nothing was."""
        del colour
        return None

    def weight(self, colour: Colour, parameters: Mapping[str, float]) -> float:
        """Response to a colour, relative to that at the reference wavelength [1].

        Of a spectrum it is the mean over its irradiance: weight times total irradiance is
        the equivalent irradiance at the reference wavelength.

        Parameters
        ----------
        colour : float or Spectrum
            A wavelength [m], or light of many.
        parameters : mapping of str to float
            Parameters of the device in the card's units.

        Raises
        ------
        InputError
            When the device does not take the colour, or does not respond at its reference.
        """
        problem = self.problem(colour)
        if problem is not None:
            raise InputError(problem)
        reference = self._reference_value(parameters)
        if not reference > 0:
            raise InputError("response: is zero at its reference wavelength; accepted: above 0")
        if not isinstance(colour, Spectrum):
            return float(self._values(np.array([colour]), parameters)[0]) / reference
        total = colour.total()
        if total == 0:
            return 0.0
        low, high, nodes = self._support(parameters)
        points = colour.points(low, high, nodes)
        equivalent = integral(points, colour.at, lambda at: self._values(at, parameters))
        return equivalent / total / reference

    @abstractmethod
    def _reference_value(self, parameters: Mapping[str, float]) -> float:
        """Response at the reference wavelength [1]."""

    @abstractmethod
    def _values(self, wavelength: FloatArray, parameters: Mapping[str, float]) -> FloatArray:
        """Response at wavelengths [m], in a unit of its own."""

    @abstractmethod
    def _support(self, parameters: Mapping[str, float]) -> tuple[float, float, FloatArray]:
        """Ends of the range in which it may differ from 0, and points it is read at [m]."""


def said(colour: Colour) -> str:
    """Give the name of a colour: its wavelength, or what its spectrum is called."""
    return colour.name if isinstance(colour, Spectrum) else f"{colour * 1e9:g} nm"


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
        _check_reference(self.reference, self)
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
        return None if self.outside is not None else _outside_of(self, colour, "response")

    def note(self, colour: Colour) -> str | None:
        """Say between which tabulated wavelengths the response was interpolated."""
        return _interpolated(self, colour)

    def _reference_value(self, parameters: Mapping[str, float]) -> float:
        if self.reference is None:
            return 1.0
        return float(self.read(np.array([self.reference]), parameters)[0])

    def _values(self, wavelength: FloatArray, parameters: Mapping[str, float]) -> FloatArray:
        return self.read(wavelength, parameters)

    def _support(self, parameters: Mapping[str, float]) -> tuple[float, float, FloatArray]:
        return (*self.ends, np.array(self.wavelengths))


class AbsorptionEdge(SpectralResponse):
    """Absorption of a thin layer near its band edge, with an Urbach tail below it.

    Carriers per irradiance go with the absorbed photons, that is with
    ``alpha(E) * wavelength`` as long as the layer is thin (alpha times thickness far
    below 1). Above the edge ``alpha ~ sqrt(E - edge)``, the direct allowed transition;
    below it ``alpha ~ exp(E / urbach_energy)`` (Urbach, Phys. Rev. 92, 1324 (1953),
    doi:10.1103/PhysRev.92.1324). Both meet at ``edge + urbach_energy / 2``, the only
    energy at which value and slope agree, so that the curve has no corner.

    Parameters
    ----------
    kind : {"absorption_edge"}
        Which response this is.
    edge : str
        Band edge, as an energy or a wavelength, or the name of a parameter in eV.
    urbach_energy : str
        Energy over which the tail falls to 1/e, or the name of a parameter in eV.
    reference : str
        Wavelength at which 1 V is 1 mW/cm^2.
    """

    kind: Literal["absorption_edge"]
    edge: PhotonEnergy
    urbach_energy: PhotonEnergy
    reference: units.Length

    @model_validator(mode="after")
    def _referred(self) -> AbsorptionEdge:
        _check_reference(self.reference, None)
        return self

    @property
    def parameters(self) -> dict[str, str]:
        """Parameters of the card that it names, with the unit that each must have."""
        return named_in([self.edge, self.urbach_energy], "eV")

    def problem(self, colour: Colour) -> str | None:
        """Every colour is taken: the tail says how little the far ones count."""
        del colour
        return None

    def _reference_value(self, parameters: Mapping[str, float]) -> float:
        return float(self._values(np.array([self.reference]), parameters)[0])

    def _values(self, wavelength: FloatArray, parameters: Mapping[str, float]) -> FloatArray:
        edge, tail = value_of(self.edge, parameters), value_of(self.urbach_energy, parameters)
        above = (PHOTON / wavelength - edge) / tail  # in Urbach energies
        band = np.sqrt(np.maximum(above, 0.5))
        absorbed: FloatArray = np.sqrt(0.5) * np.exp(np.minimum(above - 0.5, 0.0))
        return np.where(above > 0.5, band, absorbed) * wavelength

    def _support(self, parameters: Mapping[str, float]) -> tuple[float, float, FloatArray]:
        edge, tail = value_of(self.edge, parameters), value_of(self.urbach_energy, parameters)
        joint = edge + tail / 2
        near = joint + tail * np.linspace(-_TAIL_REACH, _TAIL_REACH, 2 * _EDGE_POINTS + 1)
        far = np.geomspace(joint, 20 * joint, _EDGE_POINTS)
        energies = np.concatenate([near[near > 0], far])
        return 0.0, np.inf, np.sort(PHOTON / energies)


Efficiency = Annotated[
    Annotated[Value, Tag("[text]")] | Annotated[Tabulated, Tag("[table]")], Discriminator(form_of)
]


class QuantumEfficiency(SpectralResponse):
    """Electrons per photon, times photons per energy: ``efficiency * wavelength / 1239.84 nm``.

    Parameters
    ----------
    kind : {"quantum_efficiency"}
        Which response this is.
    efficiency : number, str or table
        A number or the name of a parameter [1], or a table of ``wavelengths`` and ``values``.
    edge : str, optional
        With a constant efficiency: wavelength (or photon energy, or the name of a parameter
        in eV) beyond which it is 0.
    reference : str
        Wavelength at which 1 V is 1 mW/cm^2.
    outside : {0}, optional
        Efficiency outside a table, where it is known to be none; else such light is refused.
    """

    kind: Literal["quantum_efficiency"]
    efficiency: Efficiency
    edge: PhotonEnergy | None = None
    reference: units.Length
    outside: Literal[0] | None = None

    @model_validator(mode="after")
    def _complete(self) -> QuantumEfficiency:
        table = self._table
        if table is None and (self.edge is None or self.outside is not None):
            raise ValueError("efficiency: a constant one needs an edge, and no key 'outside'")
        if table is not None and self.edge is not None:
            raise ValueError("edge: goes with a constant efficiency; accepted: outside = 0")
        if isinstance(self.efficiency, float) and not self.efficiency > 0:
            raise ValueError(f"efficiency = {self.efficiency:g}: must be above 0")
        _check_reference(self.reference, table)
        return self

    @property
    def _table(self) -> Tabulated | None:
        return self.efficiency if isinstance(self.efficiency, Tabulated) else None

    @property
    def parameters(self) -> dict[str, str]:
        """Parameters of the card that it names, with the unit that each must have."""
        efficiency = self.efficiency
        values = efficiency.values if isinstance(efficiency, Tabulated) else [efficiency]
        return named_in(values, "1") | named_in([] if self.edge is None else [self.edge], "eV")

    def problem(self, colour: Colour) -> str | None:
        """Say why the device cannot take a colour; nothing when it can."""
        if self._table is None or self.outside is not None:
            return None
        return _outside_of(self._table, colour, "quantum efficiency")

    def note(self, colour: Colour) -> str | None:
        """Say between which tabulated wavelengths the efficiency was interpolated."""
        return None if self._table is None else _interpolated(self._table, colour)

    def _reference_value(self, parameters: Mapping[str, float]) -> float:
        return float(self._values(np.array([self.reference]), parameters)[0])

    def _values(self, wavelength: FloatArray, parameters: Mapping[str, float]) -> FloatArray:
        efficiency = self.efficiency
        if isinstance(efficiency, Tabulated):
            return efficiency.read(wavelength, parameters) * wavelength / PHOTON
        share = value_of(efficiency, parameters)
        return np.where(wavelength <= self._longest(parameters), share * wavelength / PHOTON, 0.0)

    def _longest(self, parameters: Mapping[str, float]) -> float:
        longest = np.inf if self.edge is None else PHOTON / value_of(self.edge, parameters)
        return longest * (1 + 1e-12)  # light at the edge itself counts

    def _support(self, parameters: Mapping[str, float]) -> tuple[float, float, FloatArray]:
        table = self._table
        if table is None:
            return 0.0, self._longest(parameters), np.empty(0)
        return (*table.ends, np.array(table.wavelengths))


def _check_reference(reference: float | None, table: Tabulated | None) -> None:
    """Refuse a reference wavelength [m] that is none, or outside a table."""
    if reference is None:
        return
    if not reference > 0:
        raise ValueError(f"reference = '{reference * 1e9:g} nm': must be above 0 nm")
    if table is not None and not table.covers(reference, reference):
        raise ValueError(f"reference = '{reference * 1e9:g} nm': accepted: {table.accepted}")


def _outside_of(table: Tabulated, colour: Colour, what: str) -> str | None:
    """Say that a colour leaves a table; nothing when it stays inside."""
    extent = colour.extent if isinstance(colour, Spectrum) else (colour, colour)
    if extent is None or table.covers(*extent):
        return None
    low, high = extent
    reaches = f" ({low * 1e9:.4g} nm to {high * 1e9:.4g} nm)" if high > low else ""
    return f"{said(colour)}{reaches} is outside its tabulated {what}; accepted: {table.accepted}"


def _interpolated(table: Tabulated, colour: Colour) -> str | None:
    """Say between which tabulated wavelengths a colour lies; nothing where it is one of them."""
    if isinstance(colour, Spectrum):
        return (
            f"{colour.name}: the response is interpolated between {len(table.values)} "
            "tabulated wavelengths"
        )
    if table.holds(colour) or not table.covers(colour, colour):
        return None
    below, above = table.neighbours(colour)
    return (
        f"{said(colour)}: the response is interpolated between the tabulated "
        f"{below * 1e9:g} nm and {above * 1e9:g} nm"
    )


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
