"""Optical filters: ideal edges, tabulated transmission, and their products."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optospice.errors import InputError
from optospice.light.spectrum import FloatArray, Spectrum

#: Light of one wavelength [m], or of many.
Colour = float | Spectrum


@dataclass(frozen=True)
class Transmission:
    """Measured transmission of a filter, joined by straight lines.

    Parameters
    ----------
    wavelengths : tuple of float
        Increasing wavelengths [m], at least two.
    shares : tuple of float
        Transmitted share at each [1], 0 to 1.

    Raises
    ------
    InputError
        When wavelengths do not increase, lengths differ or a share is not one.
    """

    wavelengths: tuple[float, ...]
    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.wavelengths) != len(self.shares) or len(self.shares) < 2:
            raise InputError("filter: accepted: as many transmissions as wavelengths, at least two")
        if not (np.diff(self.wavelengths, prepend=0.0) > 0).all():
            raise InputError("filter: accepted: increasing wavelengths above 0")
        if not all(0 <= share <= 1 for share in self.shares):
            raise InputError("filter: accepted: transmissions from 0 to 1")

    def at(self, wavelength: FloatArray) -> FloatArray:
        """Transmitted share [1] at wavelengths within the table [m]."""
        read: FloatArray = np.interp(wavelength, self.wavelengths, self.shares)
        return read

    def check(self, low: float, high: float) -> None:
        """Refuse light from *low* to *high* [m] that the table does not know.

        Raises
        ------
        InputError
            Naming the range of the table.
        """
        first, last = self.wavelengths[0], self.wavelengths[-1]
        if low < first * (1 - 1e-9) or high > last * (1 + 1e-9):
            raise InputError(
                f"filter: light of {_shown(low, high)} is outside the tabulated transmission; "
                f"accepted: {first * 1e9:g} nm to {last * 1e9:g} nm, or a band filter before it"
            )


@dataclass(frozen=True)
class Filter:
    """A pass band with ideal edges, and tables of what is transmitted within it.

    The product of two filters is one behind the other: the narrower edges hold.

    Parameters
    ----------
    low, high : float
        Ends of the pass band [m].
    tables : tuple of Transmission
        Tabulated transmissions, all of which act.

    Raises
    ------
    InputError
        When an end is not above zero.
    """

    low: float = 0.0
    high: float = np.inf
    tables: tuple[Transmission, ...] = ()

    def __post_init__(self) -> None:
        if not (self.low >= 0 and self.high > 0):
            raise InputError("filter: accepted: edges above 0 nm")

    def __mul__(self, other: Filter) -> Filter:
        """Give both filters, one behind the other."""
        return Filter(
            max(self.low, other.low), min(self.high, other.high), self.tables + other.tables
        )

    def share_at(self, wavelength: float) -> float:
        """Share of light of one wavelength [m] that passes [1].

        Raises
        ------
        InputError
            When a table does not know the wavelength.
        """
        if not self.low <= wavelength <= self.high:
            return 0.0
        share = 1.0
        for table in self.tables:
            table.check(wavelength, wavelength)
            share *= float(table.at(np.array([wavelength]))[0])
        return share

    def passed(self, spectrum: Spectrum) -> Spectrum:
        """Give what passes of a spectrum.

        Raises
        ------
        InputError
            When a table does not know a wavelength at which there is light.
        """
        part = spectrum.within(self.low, self.high)
        extent = part.extent
        if extent is None or not self.tables:
            return part
        points = part.points(more=np.concatenate([table.wavelengths for table in self.tables]))
        passing = part.at(points)
        for table in self.tables:
            table.check(*extent)
            passing = passing * table.at(points)
        return replace(part, wavelength=points, irradiance=passing)

    def share(self, colour: Colour) -> float:
        """Share of the irradiance that passes [1]; 0 of a spectrum that is dark.

        Raises
        ------
        InputError
            When a table does not know a wavelength at which there is light.
        """
        if not isinstance(colour, Spectrum):
            return self.share_at(colour)
        total = colour.total()
        return self.passed(colour).total() / total if total else 0.0


def long_pass(edge: float) -> Filter:
    """Give a filter that passes all wavelengths from its edge [m] on."""
    return Filter(low=edge)


def short_pass(edge: float) -> Filter:
    """Give a filter that passes all wavelengths up to its edge [m]."""
    return Filter(high=edge)


def band_pass(low: float, high: float) -> Filter:
    """Give a filter that passes the wavelengths between two edges [m].

    Raises
    ------
    InputError
        When the first edge is not below the second.
    """
    if not low < high:
        raise InputError(
            f"filter: band {low * 1e9:g} nm to {high * 1e9:g} nm: the first must be below the "
            "second"
        )
    return Filter(low, high)


def _shown(low: float, high: float) -> str:
    return f"{low * 1e9:g} nm" + (f" to {high * 1e9:g} nm" if high > low else "")
