"""What every spectral response can do: how much a colour counts on an optical terminal.

The node of an optical terminal carries the irradiance at the reference wavelength that
would act like the light: the sum of *weight* times irradiance over all lights. In the
weights the values of a response may be parameters of the device, which a fit can move.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping

import numpy as np

from optospice.errors import InputError
from optospice.light.filters import Colour
from optospice.light.spectrum import FloatArray, Spectrum, integral
from optospice.light.tabulated import Tabulated
from optospice.validation import StrictModel


class SpectralResponse(StrictModel):
    """What all kinds of response can do."""

    @property
    @abstractmethod
    def parameters(self) -> dict[str, str]:
        """Parameters of the card that it names, with the unit that each must have."""

    @abstractmethod
    def problem(self, colour: Colour) -> str | None:
        """Say why the device cannot take a colour; nothing when it can."""

    @property
    @abstractmethod
    def accepted(self) -> str:
        """What it takes, in words."""

    @property
    def ranges(self) -> list[tuple[float, float]]:
        """Ends of every range of wavelengths that it takes and may respond to [m]."""
        return [(0.0, np.inf)]

    @property
    @abstractmethod
    def probes(self) -> list[float]:
        """Wavelengths that between them show all of it [m], for who tests a device."""

    @property
    def knows_colour(self) -> bool:
        """Whether colours that it takes count differently."""
        return True

    def note(self, colour: Colour) -> str | None:
        """Say what was assumed for a colour, in one sentence; nothing when nothing was."""
        del colour
        return None

    @abstractmethod
    def renamed(self, name: Callable[[str], str]) -> SpectralResponse:
        """Give it with other names for the parameters that it names."""

    def expression(self, wavelength: float, name: Callable[[str], str]) -> str:
        """Write the weight of a wavelength as a SPICE expression.

        Parameters
        ----------
        wavelength : float
            Wavelength [m].
        name : callable
            What a parameter is called there.

        Raises
        ------
        InputError
            When the device does not take it, or the weight is no sum of parameters.
        """
        if self.parameters:
            raise InputError(
                "response: depends on parameters in a way that SPICE cannot follow; accepted: "
                "numbers in place of parameters"
            )
        return repr(self.weight(wavelength, {}))

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


def check_reference(reference: float | None, table: Tabulated | None) -> None:
    """Refuse a reference wavelength [m] that is none, or outside a table."""
    if reference is None:
        return
    if not reference > 0:
        raise ValueError(f"reference = '{reference * 1e9:g} nm': must be above 0 nm")
    if table is not None and not table.covers(reference, reference):
        raise ValueError(f"reference = '{reference * 1e9:g} nm': accepted: {table.accepted}")


def outside_of(table: Tabulated, colour: Colour, what: str) -> str | None:
    """Say that a colour leaves a table; nothing when it stays inside."""
    extent = colour.extent if isinstance(colour, Spectrum) else (colour, colour)
    if extent is None or table.covers(*extent):
        return None
    low, high = extent
    reaches = f" ({low * 1e9:.4g} nm to {high * 1e9:.4g} nm)" if high > low else ""
    return f"{said(colour)}{reaches} is outside its tabulated {what}; accepted: {table.accepted}"


def interpolated(table: Tabulated, colour: Colour) -> str | None:
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
