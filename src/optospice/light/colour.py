"""The colour of a light as TOML says it: a wavelength or a spectrum, and filters before it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, reduce
from operator import mul
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from optospice import units
from optospice.errors import InputError, close_matches, echo
from optospice.light.filters import (
    Colour,
    Filter,
    Transmission,
    band_pass,
    long_pass,
    short_pass,
)
from optospice.light.spectrum import Spectrum, led_line, reference_spectrum
from optospice.validation import StrictModel, form_of

_FILTER = re.compile(r"(\w+)\s+(.+?)(?:\s+to\s+(.+))?")
#: Filters before one light [1].
MOST_FILTERS = 100
_FILTERS = ("longpass", "shortpass", "band")
_EXAMPLES = "'longpass 1100 nm', 'shortpass 700 nm' or 'band 500 nm to 600 nm'"


class LedLine(StrictModel):
    """Line of a light-emitting diode, a Gaussian.

    Parameters
    ----------
    led : str
        Wavelength of the peak.
    width : str
        Full width at half maximum: of wavelength (``"30 nm"``), or of photon energy
        (``"100 meV"``); the line is a Gaussian in the same quantity.
    """

    led: units.Length
    width: str

    @model_validator(mode="after")
    def _readable(self) -> LedLine:
        if not self.led > 0:
            raise ValueError(f"led = '{self.led * 1e9:g} nm': must be above 0 nm")
        self.line()
        return self

    def line(self) -> Spectrum:
        """Give the line, of 1 W/m^2 in all."""
        try:
            width, in_energy = units.parse(self.width, "eV"), True
        except units.UnitsError:
            try:
                width, in_energy = units.parse(self.width, "m"), False
            except units.UnitsError:
                raise InputError(
                    f"width = {echo(self.width)}: accepted: a width such as '30 nm' or '100 meV'"
                ) from None
        return led_line(self.led, width, in_energy=in_energy)


class TransmissionTable(StrictModel):
    """Measured transmission of a filter.

    Parameters
    ----------
    wavelengths : list of str
        Increasing wavelengths.
    transmission : list of number
        Transmitted share at each [1].
    """

    wavelengths: list[units.Length]
    transmission: list[units.Ratio]

    @model_validator(mode="after")
    def _readable(self) -> TransmissionTable:
        self.as_filter()
        return self

    def as_filter(self) -> Filter:
        """Give the filter."""
        return Filter(tables=(Transmission(tuple(self.wavelengths), tuple(self.transmission)),))


def parse_filter(text: str) -> Filter:
    """Read an ideal filter such as ``"longpass 1100 nm"`` or ``"band 500 nm to 600 nm"``.

    Parameters
    ----------
    text : str
        ``longpass``, ``shortpass`` or ``band`` with its edge or edges.

    Raises
    ------
    InputError
        When it is none of them.
    """
    match = _FILTER.fullmatch(text.strip())
    if match is None:
        raise InputError(f"filter = {echo(text)}: accepted: {_EXAMPLES}")
    kind, first, second = match.groups()
    if kind not in _FILTERS:
        raise InputError(f"filter = {echo(text)}: {close_matches(kind, _FILTERS)}")
    if (kind == "band") != (second is not None):
        raise InputError(f"filter = {echo(text)}: accepted: {_EXAMPLES}")
    try:
        edges = [units.parse(edge, "m") for edge in (first, second) if edge is not None]
    except units.UnitsError as error:
        raise InputError(f"filter = {echo(text)}: {error}") from None
    if not all(edge > 0 for edge in edges):
        raise InputError(f"filter = {echo(text)}: accepted: edges above 0 nm")
    if kind == "band":
        return band_pass(*edges)
    return long_pass(*edges) if kind == "longpass" else short_pass(*edges)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, (str, Mapping, TransmissionTable)) else value


def _readable_filter(value: Any) -> Any:
    if isinstance(value, str):
        parse_filter(value)
    return value


FilterText = Annotated[
    Annotated[str, BeforeValidator(_readable_filter), Tag("[text]")]
    | Annotated[TransmissionTable, Tag("[table]")],
    Discriminator(form_of),
]
SpectrumText = Annotated[
    Annotated[str, Tag("[text]")] | Annotated[LedLine, Tag("[table]")], Discriminator(form_of)
]


class LightColour(StrictModel):
    """Which light it is: one wavelength or a spectrum, behind any filters.

    Parameters
    ----------
    wavelength : str, optional
        Of light of one wavelength.
    spectrum : str or table, optional
        Name of a reference spectrum (``"AM1.5G"``), or an LED line
        (``{led = "530 nm", width = "30 nm"}``); either this or the wavelength.
    filter : str, table or list
        Filters before the device: ``"longpass 1100 nm"``, ``"shortpass 700 nm"``,
        ``"band 500 nm to 600 nm"``, a table of ``wavelengths`` and ``transmission``; of
        several all act.
    """

    wavelength: units.Length | None = None
    spectrum: SpectrumText | None = None
    filter: Annotated[
        list[FilterText], Field(max_length=MOST_FILTERS), BeforeValidator(_listed)
    ] = []

    @model_validator(mode="after")
    def _one_colour(self) -> LightColour:
        if (self.wavelength is None) == (self.spectrum is None):
            raise ValueError("wavelength and spectrum: give one of the two")
        if self.wavelength is not None and not self.wavelength > 0:
            raise ValueError(f"wavelength = '{self.wavelength * 1e9:g} nm': must be above 0 nm")
        self.transmitted  # noqa: B018 - refuses here what cannot be read later
        return self

    @cached_property
    def unfiltered(self) -> Colour:
        """The light before the filters: a wavelength [m] or a spectrum."""
        if self.wavelength is not None:
            return self.wavelength
        if isinstance(self.spectrum, LedLine):
            return self.spectrum.line()
        return reference_spectrum(str(self.spectrum))

    @cached_property
    def filters(self) -> Filter:
        """All filters as one."""
        single = (
            parse_filter(part) if isinstance(part, str) else part.as_filter()
            for part in self.filter
        )
        return reduce(mul, single, Filter())

    @cached_property
    def colour(self) -> Colour:
        """The light that reaches the device: a wavelength [m] or a spectrum."""
        light = self.unfiltered
        return self.filters.passed(light) if isinstance(light, Spectrum) else light

    @cached_property
    def transmitted(self) -> float:
        """Share of the irradiance that passes the filters [1]."""
        return self.filters.share(self.unfiltered)
