"""Spectra of light: spectral irradiance over wavelength, its power and its photons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from optospice.errors import InputError, close_matches

FloatArray = NDArray[np.float64]

#: Planck constant [J s], speed of light [m/s], elementary charge [C]: exact in the SI of 2019.
PLANCK = 6.62607015e-34
LIGHT_SPEED = 299792458.0
ELEMENTARY_CHARGE = 1.602176634e-19
#: Product of a photon's energy [eV] and its wavelength [m], 1239.84 nm eV.
PHOTON = PLANCK * LIGHT_SPEED / ELEMENTARY_CHARGE
#: Where the line of a light-emitting diode is taken to end, as a share of its peak [1].
_LINE_END = 1e-6
#: Points of a line [1].
_LINE_POINTS = 401


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Light of many wavelengths; straight lines join its points, and outside them it is dark.

    Parameters
    ----------
    wavelength : ndarray, shape (n,)
        Increasing wavelengths [m], at least two.
    irradiance : ndarray, shape (n,)
        Spectral irradiance [W/m^2/m], not negative.
    name : str
        What it is called.
    source : str
        Where the numbers come from.

    Raises
    ------
    InputError
        When wavelengths do not increase or a number is negative or not finite.
    """

    wavelength: FloatArray
    irradiance: FloatArray
    name: str = "spectrum"
    source: str = ""

    def __post_init__(self) -> None:
        for key in ("wavelength", "irradiance"):
            object.__setattr__(self, key, np.array(getattr(self, key), dtype=float))
        if self.wavelength.ndim != 1 or self.wavelength.shape != self.irradiance.shape:
            raise InputError(f"{self.name}: accepted: as many irradiances as wavelengths")
        if self.wavelength.size < 2 or not (np.diff(self.wavelength, prepend=0.0) > 0).all():
            raise InputError(f"{self.name}: accepted: two or more increasing wavelengths above 0")
        if not (np.isfinite(self.irradiance) & (self.irradiance >= 0)).all():
            raise InputError(f"{self.name}: accepted: finite irradiances of 0 or more")

    def at(self, wavelength: FloatArray) -> FloatArray:
        """Spectral irradiance [W/m^2/m] at wavelengths [m]."""
        read: FloatArray = np.interp(
            wavelength, self.wavelength, self.irradiance, left=0.0, right=0.0
        )
        return read

    @property
    def extent(self) -> tuple[float, float] | None:
        """Wavelengths between which there is light [m]; nothing where all is dark."""
        lit = np.flatnonzero(self.irradiance)
        if not lit.size:
            return None
        first, last = max(lit[0] - 1, 0), min(lit[-1] + 1, self.wavelength.size - 1)
        return float(self.wavelength[first]), float(self.wavelength[last])

    def total(self, low: float = 0.0, high: float = np.inf) -> float:
        """Irradiance of a band [W/m^2].

        Parameters
        ----------
        low, high : float
            Ends of the band [m]; they are points of the sum, which is the trapezoidal one.
        """
        return integral(self.points(low, high), self.at)

    def photon_flux(self, low: float = 0.0, high: float = np.inf) -> float:
        """Photons of a band [1/(m^2 s)].

        Parameters
        ----------
        low, high : float
            Ends of the band [m].
        """
        points = self.points(low, high)
        return integral(points, self.at, lambda wavelength: wavelength / (PLANCK * LIGHT_SPEED))

    def current_limit(self, low: float = 0.0, high: float = np.inf) -> float:
        """Current density of one electron per photon of a band [A/m^2].

        Parameters
        ----------
        low, high : float
            Ends of the band [m].
        """
        return ELEMENTARY_CHARGE * self.photon_flux(low, high)

    def points(
        self, low: float = 0.0, high: float = np.inf, more: FloatArray | None = None
    ) -> FloatArray:
        """Give the wavelengths within a band, its ends among them [m].

        Parameters
        ----------
        low, high : float
            Ends of the band [m].
        more : ndarray, optional
            Further wavelengths that are wanted [m].

        Returns
        -------
        ndarray
            Increasing; empty where the band holds nothing of the spectrum.
        """
        low, high = max(low, float(self.wavelength[0])), min(high, float(self.wavelength[-1]))
        if high <= low:
            return np.empty(0)
        wanted = self.wavelength if more is None else np.union1d(self.wavelength, more)
        inner = wanted[(wanted > low) & (wanted < high)]
        return np.concatenate([[low], inner, [high]])

    def scaled(self, factor: float) -> Spectrum:
        """Give the same light, so many times as strong [1]."""
        return replace(self, irradiance=self.irradiance * factor)

    def with_total(self, irradiance: float) -> Spectrum:
        """Give light of the same shape with another irradiance in all [W/m^2].

        Raises
        ------
        InputError
            When the spectrum is dark.
        """
        total = self.total()
        if total == 0:
            raise InputError(f"{self.name}: is dark; accepted: a spectrum with light in it")
        return self.scaled(irradiance / total)

    def within(self, low: float, high: float) -> Spectrum:
        """Give the part of the light in a band, darkness outside it.

        Parameters
        ----------
        low, high : float
            Ends of the band [m].
        """
        points = self.points(low, high)
        if not points.size:
            return self.scaled(0.0)
        return replace(self, wavelength=points, irradiance=self.at(points))


def integral(points: FloatArray, *factors: Callable[[FloatArray], FloatArray]) -> float:
    """Integrate a product over wavelength by Simpson's rule in every interval.

    It is exact where each of up to three factors is a straight line between two points.

    Parameters
    ----------
    points : ndarray
        Increasing wavelengths [m]; without any the integral is 0.
    *factors : callable
        Each gives its values at wavelengths.
    """
    if not points.size:
        return 0.0

    def product(wavelength: FloatArray) -> FloatArray:
        result = np.ones_like(wavelength)
        for factor in factors:
            result = result * factor(wavelength)
        return result

    ends, middles = product(points), product((points[1:] + points[:-1]) / 2)
    return float((np.diff(points) * (ends[:-1] + 4 * middles + ends[1:])).sum() / 6)


def led_line(
    centre: float, width: float, irradiance: float = 1.0, in_energy: bool = False
) -> Spectrum:
    """Give the line of a light-emitting diode: a Gaussian, down to a millionth of its peak.

    Parameters
    ----------
    centre : float
        Wavelength of the peak [m].
    width : float
        Full width at half maximum: of wavelength [m], or of photon energy [eV].
    irradiance : float
        In all [W/m^2].
    in_energy : bool
        Whether the line is a Gaussian in photon energy in place of wavelength.

    Raises
    ------
    InputError
        When the line would reach a wavelength or an energy of zero.
    """
    peak = PHOTON / centre if in_energy else centre
    sigma = width / np.sqrt(8 * np.log(2))
    reach = sigma * np.sqrt(-2 * np.log(_LINE_END))
    unit = "eV" if in_energy else "nm"
    shown = width if in_energy else width * 1e9
    if not 0 < reach < peak:
        raise InputError(
            f"width = {shown:g} {unit}: accepted: above 0 {unit} and so narrow that the line ends "
            "before zero"
        )
    offsets = np.linspace(-reach, reach, _LINE_POINTS)
    shape = np.exp(-((offsets / sigma) ** 2) / 2)
    wavelength = peak + offsets
    if in_energy:
        energy = wavelength[::-1]
        wavelength = PHOTON / energy
        shape = shape[::-1] * energy**2  # dE/dwavelength, of a constant factor
    name = f"LED {centre * 1e9:g} nm, {shown:g} {unit}"
    return Spectrum(wavelength, shape, name, "Gaussian line").with_total(irradiance)


#: Reference spectra that need pvlib, and what its tables call them.
_OF_PVLIB = {"AM1.5D": "direct", "AM0": "extraterrestrial"}


@cache
def reference_spectrum(name: str) -> Spectrum:
    """Give a reference spectrum by name.

    Parameters
    ----------
    name : {"AM1.5G", "AM1.5D", "AM0"}
        Columns of ASTM G173-03. The first is packaged; the others are read from pvlib, the
        optional extra ``spectra``.

    Raises
    ------
    InputError
        For an unknown name, or without pvlib where it is needed.
    """
    if name == "AM1.5G":
        text = files("optospice.light").joinpath("am15g.csv").read_text(encoding="utf-8")
        table = np.loadtxt(text.splitlines(), delimiter=",", ndmin=2)
        return _of_nanometres(table[:, 0], table[:, 1], name)
    if name not in _OF_PVLIB:
        raise InputError(
            f"spectrum = {name!r}: there is no such reference spectrum; "
            + close_matches(name, ["AM1.5G", *_OF_PVLIB])
        )
    try:
        from pvlib import spectrum as pvlib_spectrum
    except ImportError:
        raise InputError(
            f"spectrum = {name!r}: is read from pvlib, which is not installed; accepted: "
            "pip install 'optospice[spectra]', or the packaged 'AM1.5G'"
        ) from None
    column = pvlib_spectrum.get_reference_spectra(standard="ASTM G173-03")[_OF_PVLIB[name]]
    return _of_nanometres(column.index.to_numpy(float), column.to_numpy(float), name)


def _of_nanometres(wavelength: FloatArray, irradiance: FloatArray, name: str) -> Spectrum:
    return Spectrum(wavelength * 1e-9, irradiance * 1e9, name, "ASTM G173-03")
