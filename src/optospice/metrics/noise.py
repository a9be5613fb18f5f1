"""Numbers of a noise spectrum."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optospice.metrics.registry import metric
from optospice.metrics.value import MetricValue, missing

NYQUIST = "Nyquist, Phys. Rev. 32 (1928) 110"
_DENSITY = f"square root of the spectral density at one frequency; of a resistor 4kTR ({NYQUIST})"
_INPUT = "square root of the spectral density at the output over the gain, at one frequency"
_INTEGRAL = f"square root of the integral of the density; kT/C on a capacitor ({NYQUIST})"


@metric(title="Voltage noise density", unit="V/Hz^0.5", display_unit="nV/Hz^0.5", source=_DENSITY)
def voltage_noise_density(
    frequency: npt.ArrayLike, density: npt.ArrayLike, at: float
) -> MetricValue:
    """Give the root of the spectral density of a voltage at a frequency.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Frequencies, rising [Hz].
    density : array_like, shape (n,)
        Spectral density [V^2/Hz].
    at : float
        Frequency [Hz].

    Returns
    -------
    MetricValue
        Density [V/Hz^0.5], a power law between two frequencies; nan with a note outside.
    """
    return _root_density(frequency, density, at, "V/Hz^0.5")


@metric(title="Current noise density", unit="A/Hz^0.5", display_unit="pA/Hz^0.5", source=_DENSITY)
def current_noise_density(
    frequency: npt.ArrayLike, density: npt.ArrayLike, at: float
) -> MetricValue:
    """Give the root of the spectral density of a current at a frequency.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Frequencies, rising [Hz].
    density : array_like, shape (n,)
        Spectral density [A^2/Hz].
    at : float
        Frequency [Hz].

    Returns
    -------
    MetricValue
        Density [A/Hz^0.5], as for `voltage_noise_density`.
    """
    return _root_density(frequency, density, at, "A/Hz^0.5")


@metric(
    title="Noise density at the input, as a voltage", unit="V/Hz^0.5",
    display_unit="nV/Hz^0.5", source=_INPUT,
)  # fmt: skip
def input_voltage_noise_density(
    frequency: npt.ArrayLike, density: npt.ArrayLike, at: float
) -> MetricValue:
    """Give the density of the voltage at the input that would cause the noise at the output.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Frequencies, rising [Hz].
    density : array_like, shape (n,)
        Spectral density [V^2/Hz].
    at : float
        Frequency [Hz].

    Returns
    -------
    MetricValue
        Density [V/Hz^0.5], as for `voltage_noise_density`.
    """
    return _root_density(frequency, density, at, "V/Hz^0.5")


@metric(
    title="Noise-equivalent irradiance", unit="W/m^2/Hz^0.5", display_unit="nW/cm^2/Hz^0.5",
    source=_INPUT,
)  # fmt: skip
def noise_equivalent_irradiance(
    frequency: npt.ArrayLike, density: npt.ArrayLike, at: float
) -> MetricValue:
    """Give the density of the light that would cause the noise at the output.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Frequencies, rising [Hz].
    density : array_like, shape (n,)
        Spectral density [(W/m^2)^2/Hz].
    at : float
        Frequency [Hz].

    Returns
    -------
    MetricValue
        Density [W/m^2/Hz^0.5], as for `voltage_noise_density`.
    """
    return _root_density(frequency, density, at, "W/m^2/Hz^0.5")


@metric(
    title="Voltage noise over the band, root mean square", unit="V", display_unit="uV",
    source=_INTEGRAL,
)  # fmt: skip
def integrated_voltage_noise(total: float, start: float, stop: float) -> MetricValue:
    """Give the root mean square of a voltage's noise within a band.

    Parameters
    ----------
    total : float
        Integral of the spectral density [V^2].
    start, stop : float
        The band [Hz].

    Returns
    -------
    MetricValue
        Root mean square [V].
    """
    return _root_integral(total, start, stop, "V")


@metric(
    title="Current noise over the band, root mean square", unit="A", display_unit="pA",
    source=_INTEGRAL,
)  # fmt: skip
def integrated_current_noise(total: float, start: float, stop: float) -> MetricValue:
    """Give the root mean square of a current's noise within a band.

    Parameters
    ----------
    total : float
        Integral of the spectral density [A^2].
    start, stop : float
        The band [Hz].

    Returns
    -------
    MetricValue
        Root mean square [A].
    """
    return _root_integral(total, start, stop, "A")


def _root_density(
    frequency: npt.ArrayLike, density: npt.ArrayLike, at: float, unit: str
) -> MetricValue:
    f, s = np.asarray(frequency, float), np.asarray(density, float)
    text = f"square root of the density at {at:.4g} Hz"
    if not f[0] * (1 - 1e-9) <= at <= f[-1] * (1 + 1e-9):
        return missing(unit, text, f"the spectrum goes from {f[0]:.4g} to {f[-1]:.4g} Hz")
    place = np.log(f)
    if not (s > 0).all():
        return MetricValue(float(np.sqrt(np.interp(np.log(at), place, s))), unit, text)
    return MetricValue(float(np.exp(np.interp(np.log(at), place, np.log(s)) / 2)), unit, text)


def _root_integral(total: float, start: float, stop: float, unit: str) -> MetricValue:
    text = f"square root of the integral from {start:.4g} to {stop:.4g} Hz"
    return MetricValue(float(np.sqrt(max(total, 0.0))), unit, text)
