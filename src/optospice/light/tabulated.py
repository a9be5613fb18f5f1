"""Numbers of a spectral response: tables, and values that may be parameters of a device."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, model_validator

from optospice import units
from optospice.errors import echo
from optospice.light.spectrum import PHOTON, FloatArray
from optospice.validation import SpiceName, StrictModel

#: Two wavelengths are the same when they differ by less than this share [1].
SAME = 1e-6


def _photon_energy(value: Any) -> Any:
    """Read an energy or a wavelength as an energy [eV]; leave a parameter's name as it is."""
    if not isinstance(value, str) or value.isidentifier():
        if isinstance(value, str):
            return value
        raise ValueError(f"{echo(value)} has no unit; write an energy '1.2 eV' or '1033 nm'")
    try:
        energy = units.parse(value, "eV")
    except units.UnitsError:
        length = units.parse(value, "m")
        if not length > 0:
            raise ValueError(f"{echo(value)}: must be above 0 nm") from None
        energy = PHOTON / length
    if not energy > 0:
        raise ValueError(f"{echo(value)}: must be above 0 eV")
    return energy


def _share(value: Any) -> Any:
    """Read a number; leave a parameter's name as it is."""
    return value if isinstance(value, str) and value.isidentifier() else units.parse(value, "1")


#: A number, or the name of a parameter of the card that holds it.
Value = Annotated[float | SpiceName, BeforeValidator(_share)]
#: A photon energy [eV], or the name of a parameter in eV.
PhotonEnergy = Annotated[float | SpiceName, BeforeValidator(_photon_energy)]


def value_of(given: float | str, parameters: Mapping[str, float]) -> float:
    """Give a number, or that of the parameter that is named."""
    return given if isinstance(given, float) else parameters[given]


def named_in(values: Sequence[float | str], unit: str) -> dict[str, str]:
    """Give the names among some values, each with the unit that its parameter must have."""
    return {value: unit for value in values if isinstance(value, str)}


def renamed_in(values: Sequence[float | str], name: Callable[[str], str]) -> list[float | str]:
    """Give values with other names for the parameters among them."""
    return [name(value) if isinstance(value, str) else value for value in values]


class Tabulated(StrictModel):
    """Values over wavelength; the part that a table and a quantum efficiency share.

    Parameters
    ----------
    wavelengths : list of str
        Tabulated wavelengths.
    values : list of number or str
        A value for each: a number, or the name of a parameter that holds it.
    """

    wavelengths: list[units.Length]
    values: list[Value]

    @model_validator(mode="after")
    def _paired(self) -> Tabulated:
        if len(self.wavelengths) != len(self.values) or not self.values:
            raise ValueError(
                f"{len(self.wavelengths)} wavelengths and {len(self.values)} values: accepted: "
                "as many values as wavelengths, at least one"
            )
        if not all(length > 0 for length in self.wavelengths):
            raise ValueError("wavelengths: must be above 0 nm")
        if len(set(self.wavelengths)) < len(self.wavelengths):
            raise ValueError("wavelengths: each may stand once")
        for value in self.values:
            if isinstance(value, float) and value < 0:
                raise ValueError(f"values: {value:g}: must not be below 0")
        return self

    @property
    def ordered(self) -> tuple[FloatArray, list[float | str]]:
        """Wavelengths in increasing order [m], and their values."""
        order = np.argsort(self.wavelengths)
        return np.array(self.wavelengths)[order], [self.values[index] for index in order]

    @property
    def ends(self) -> tuple[float, float]:
        """First and last wavelength [m]."""
        return min(self.wavelengths), max(self.wavelengths)

    def read(self, wavelength: FloatArray, parameters: Mapping[str, float]) -> FloatArray:
        """Values at wavelengths [m]: straight lines inside, 0 outside."""
        at, values = self.ordered
        numbers = [value_of(value, parameters) for value in values]
        first, last = self.ends
        clipped = np.clip(wavelength, first, last)
        inside = np.abs(clipped - wavelength) <= SAME * wavelength
        read: FloatArray = np.where(inside, np.interp(clipped, at, numbers), 0.0)
        return read

    def covers(self, low: float, high: float) -> bool:
        """Whether all wavelengths from *low* to *high* [m] lie within it."""
        first, last = self.ends
        return low >= first * (1 - SAME) and high <= last * (1 + SAME)

    def holds(self, wavelength: float) -> bool:
        """Whether a wavelength [m] is one of the tabulated ones."""
        return any(abs(at - wavelength) <= SAME * at for at in self.wavelengths)

    def neighbours(self, wavelength: float) -> tuple[float, float]:
        """Tabulated wavelengths on both sides of another one inside [m]."""
        at, _ = self.ordered
        after = int(np.searchsorted(at, wavelength))
        return float(at[after - 1]), float(at[after])

    def line(self, wavelength: float, name: Callable[[str], str]) -> str:
        """Write the value at a wavelength [m] inside as a sum of tabulated ones, for SPICE."""
        at, values = self.ordered
        shares = [float(np.interp(wavelength, at, row)) for row in np.eye(at.size)]
        terms = [
            f"{share!r}*{value if isinstance(value, float) else name(value)}"
            for share, value in zip(shares, values, strict=True)
            if share
        ]
        return f"({'+'.join(terms)})"

    @property
    def accepted(self) -> str:
        """Its range in words."""
        first, last = self.ends
        return f"{first * 1e9:g} nm" + (f" to {last * 1e9:g} nm" if last > first else "")
