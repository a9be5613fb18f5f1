"""Numbers of a response in the frequency domain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optospice.metrics.registry import metric
from optospice.metrics.through_points import zeros_between
from optospice.metrics.value import MetricValue, missing

_SMALL = "|H| of the small-signal analysis, per unit of the source"
_SOURCE = "half the power: |H| is 1/sqrt(2) of its value at the lowest frequency"


@metric(title="Voltage gain at the lowest frequency", unit="1", source=_SMALL)
def low_frequency_gain(frequency: npt.ArrayLike, response: npt.ArrayLike) -> MetricValue:
    """Give the voltage at the output per volt of the source, at the lowest frequency.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Frequencies, rising [Hz].
    response : array_like of complex, shape (n,)
        Voltage per volt [1].

    Returns
    -------
    MetricValue
        Magnitude [1].
    """
    return _lowest(frequency, response, "1")


@metric(title="Admittance at the lowest frequency", unit="S", display_unit="uS", source=_SMALL)
def low_frequency_admittance(frequency: npt.ArrayLike, response: npt.ArrayLike) -> MetricValue:
    """Give the current per volt of the source, at the lowest frequency.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Frequencies, rising [Hz].
    response : array_like of complex, shape (n,)
        Current per volt [S].

    Returns
    -------
    MetricValue
        Magnitude [S].
    """
    return _lowest(frequency, response, "S")


@metric(
    title="Photocurrent per irradiance at the lowest frequency", unit="A*m^2/W",
    display_unit="nA*cm^2/mW", source=_SMALL,
)  # fmt: skip
def low_frequency_photoresponse(frequency: npt.ArrayLike, response: npt.ArrayLike) -> MetricValue:
    """Give the current per irradiance of the source, at the lowest frequency.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Frequencies, rising [Hz].
    response : array_like of complex, shape (n,)
        Current per irradiance [A*m^2/W].

    Returns
    -------
    MetricValue
        Magnitude [A*m^2/W].
    """
    return _lowest(frequency, response, "A*m^2/W")


def _lowest(frequency: npt.ArrayLike, response: npt.ArrayLike, unit: str) -> MetricValue:
    f, h = np.asarray(frequency, float), np.abs(np.asarray(response))
    return MetricValue(float(h[0]), unit, f"|H| at {f[0]:.4g} Hz")


@metric(title="Corner frequency (-3 dB)", unit="Hz", source=_SOURCE)
def corner_frequency(frequency: npt.ArrayLike, response: npt.ArrayLike) -> MetricValue:
    """Find the frequency at which the response has lost half of its power.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Frequencies, rising [Hz].
    response : array_like of complex, shape (n,)
        Response per unit of the source.

    Returns
    -------
    MetricValue
        Frequency [Hz], by a parabola of log |H|^2 against log f about the crossing; nan with a
        note if the response does not fall so far.
    """
    text = "frequency at which |H| is 1/sqrt(2) of that at the lowest frequency"
    f, h = np.asarray(frequency, float), np.abs(np.asarray(response))
    if not h[0] > 0:
        return missing("Hz", text, "there is no response at the lowest frequency")
    below = np.flatnonzero(h < h[0] / np.sqrt(2))
    if not below.size:
        return missing("Hz", text, f"the response does not fall so far up to {f[-1]:.4g} Hz")
    k = int(below[0])
    own = slice(max(k - 2, 0), min(k + 2, f.size))
    x, y = np.log(f[own]), 2 * np.log(h[own] / h[0]) + np.log(2.0)
    low, high = float(np.log(f[k - 1])), float(np.log(f[k]))
    roots = zeros_between(x, y, low, high)
    if len(roots) != 1:
        share = y[x < high][-1] / (y[x < high][-1] - y[x >= high][0])
        roots = [low + share * (high - low)]
    return MetricValue(float(np.exp(roots[0])), "Hz", text)


@metric(
    title="Phase at the corner frequency", unit="rad", display_unit="deg",
    source="argument of H; -45 degrees for one pole",
)  # fmt: skip
def phase_at_corner(frequency: npt.ArrayLike, response: npt.ArrayLike) -> MetricValue:
    """Give the phase of the response at its corner frequency.

    Parameters
    ----------
    frequency : array_like, shape (n,)
        Frequencies, rising [Hz].
    response : array_like of complex, shape (n,)
        Response per unit of the source.

    Returns
    -------
    MetricValue
        Phase against that at the lowest frequency [rad]; -pi/4 for one pole.
    """
    text = "phase against that at the lowest frequency"
    corner = corner_frequency(frequency, response)
    if corner.is_missing:
        return missing("rad", text, corner.note)
    phase = np.unwrap(np.angle(np.asarray(response)))
    at = np.interp(np.log(corner.value), np.log(np.asarray(frequency, float)), phase)
    return MetricValue(float(at - phase[0]), "rad", text)
