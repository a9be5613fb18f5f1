"""Numbers of a current-voltage curve under light: what a solar cell or a photodiode delivers.

The current is the one into the terminal; a device that delivers power at a positive voltage
has a negative one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optospice.metrics.registry import metric
from optospice.metrics.sweeps import rising_sweep
from optospice.metrics.through_points import top_of_parabola, zeros_between
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import FloatArray
from optospice.trace import Trace

GREEN = "M. A. Green, Solar Cells (1982), ch. 5"
_AT_ZERO = "minus the current into the terminal at 0 V"
_AT_OPEN = "voltage at which the current vanishes"
_LARGEST = "largest power delivered, from a parabola through the three points about it"


@metric(title="Short-circuit current", unit="A", display_unit="mA", source=GREEN)
def short_circuit_current(voltage: npt.ArrayLike, current: npt.ArrayLike) -> MetricValue:
    """Read the current that is delivered at zero voltage.

    Parameters
    ----------
    voltage, current : array_like, shape (n,)
        A curve of rising or falling voltage [V], current into the terminal [A].

    Returns
    -------
    MetricValue
        Current delivered [A]; nan with a note if the curve does not hold 0 V.
    """
    v, i = rising_sweep(voltage, current)
    if not v[0] <= 0 <= v[-1]:
        return missing("A", _AT_ZERO, "the curve does not hold 0 V")
    return MetricValue(-float(Trace.straight(v, i).at(0.0)), "A", _AT_ZERO)


@metric(title="Open-circuit voltage", unit="V", source=GREEN)
def open_circuit_voltage(voltage: npt.ArrayLike, current: npt.ArrayLike) -> MetricValue:
    """Find the voltage at which no current flows.

    Parameters
    ----------
    voltage, current : array_like, shape (n,)
        As for `short_circuit_current` [V], [A].

    Returns
    -------
    MetricValue
        Voltage [V], the current smooth between the points; nan with a note if the current does
        not change its sign.
    """
    v, i = rising_sweep(voltage, current)
    at = np.flatnonzero((i[:-1] < 0) & (i[1:] >= 0))
    if not at.size:
        return missing("V", _AT_OPEN, "the current does not change its sign on the curve")
    # the last one: at 0 V in the dark the current vanishes, too
    return MetricValue(_zero_between(v, i, int(at[-1])), "V", _AT_OPEN)


@metric(title="Largest power delivered", unit="W", display_unit="mW", source=GREEN)
def maximum_power(voltage: npt.ArrayLike, current: npt.ArrayLike) -> MetricValue:
    """Find the largest power that the device delivers.

    Parameters
    ----------
    voltage, current : array_like, shape (n,)
        As for `short_circuit_current` [V], [A].

    Returns
    -------
    MetricValue
        Power [W]; nan with a note if none is delivered, or if it is largest at an end.
    """
    v, i = rising_sweep(voltage, current)
    power = -v * i
    k = int(power.argmax())
    if not power[k] > 0:
        return missing("W", _LARGEST, "no power is delivered on the curve")
    if k in (0, v.size - 1):
        return missing("W", _LARGEST, "the power is largest at an end of the curve")
    return MetricValue(_peak(v[k - 1 : k + 2], power[k - 1 : k + 2]), "W", _LARGEST)


@metric(title="Fill factor", unit="1", display_unit="%", source=GREEN)
def fill_factor(voltage: npt.ArrayLike, current: npt.ArrayLike) -> MetricValue:
    """Compare the largest power with open-circuit voltage times short-circuit current.

    Parameters
    ----------
    voltage, current : array_like, shape (n,)
        As for `short_circuit_current` [V], [A].

    Returns
    -------
    MetricValue
        Share [1]; nan with a note where one of the three is missing.
    """
    text = "largest power over open-circuit voltage times short-circuit current"
    parts = (
        maximum_power(voltage, current),
        open_circuit_voltage(voltage, current),
        short_circuit_current(voltage, current),
    )
    for part in parts:
        if part.is_missing:
            return missing("1", text, part.note)
    power, volts, amperes = (part.value for part in parts)
    if not volts * amperes > 0:
        return missing("1", text, "no current is delivered at 0 V")
    return MetricValue(power / (volts * amperes), "1", text)


@metric(title="Power conversion efficiency", unit="1", display_unit="%", source=GREEN)
def power_conversion_efficiency(
    voltage: npt.ArrayLike, current: npt.ArrayLike, incident: float
) -> MetricValue:
    """Compare the largest power delivered with the light that it is counted against.

    Parameters
    ----------
    voltage, current : array_like, shape (n,)
        As for `short_circuit_current` [V], [A].
    incident : float
        Power of the light [W]: which one is for the caller to say.

    Returns
    -------
    MetricValue
        Share [1]; nan with a note where there is no power or no light.
    """
    text = "largest power delivered over the incident power"
    power = maximum_power(voltage, current)
    if power.is_missing:
        return missing("1", text, power.note)
    if not incident > 0:
        return missing("1", text, "no incident power is given")
    return MetricValue(power.value / incident, "1", f"{text} of {incident:.4g} W")


def _zero_between(v: FloatArray, i: FloatArray, k: int) -> float:
    """Give the zero of the cubic through four points about an interval, or of its chord."""
    chord = float(v[k] - i[k] * (v[k + 1] - v[k]) / (i[k + 1] - i[k]))
    if not 1 <= k <= v.size - 3:
        return chord
    own = slice(k - 1, k + 3)
    inside = zeros_between(v[own], i[own], float(v[k]), float(v[k + 1]))
    return chord if len(inside) != 1 else inside[0]


def _peak(x: FloatArray, y: FloatArray) -> float:
    """Give the largest value of the parabola through three points about a maximum."""
    top = top_of_parabola(x, y)
    return float(y.max()) if top is None else top[1]
