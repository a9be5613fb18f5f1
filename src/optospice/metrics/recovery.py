"""Rate at which a small rest of a change disappears."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from optospice.metrics.registry import metric
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import (
    FloatArray,
    checked_waveform,
    outside_note,
    trapezoidal_weights,
    window_samples,
)


@metric(
    title="Rate of the recovery in the dark",
    unit="1/s",
    source="Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, discussion of Fig. 5 (thermal "
    "release of trapped charge), put into a number here",
)
def recovery_rate(
    time: npt.ArrayLike,
    current: npt.ArrayLike,
    pulse_end: float,
    baseline: float,
    *,
    upper: float = 0.01,
    lower: float = 0.001,
) -> MetricValue:
    """Rate of the last, slowest part of a recovery.

    Parameters
    ----------
    time, current : array_like, shape (n,)
        Sample times, never decreasing [s], and current [A].
    pulse_end : float
        End of the pulse [s].
    baseline : float
        Current in the dark before the pulse [A].
    upper, lower : float
        Deficit at which the window begins and ends [1].

    Returns
    -------
    MetricValue
        -slope of ln|1 - I/I_dark| against time [1/s] with its standard error; nan with a
        note if the deficit does not pass through the window.

    Raises
    ------
    ValueError
        Unless 0 < lower < upper.

    Notes
    -----
    The window begins when the deficit is above `upper` for the last time, and ends when it
    first reaches `lower` after that. A single exponential gives the inverse of its time
    constant in any window, several give the slowest if the window lies late enough.
    """
    if not 0 < lower < upper:
        raise ValueError(f"a window falls from an upper to a lower deficit: {upper!r}, {lower!r}")
    text = f"-slope of ln|1 - I/I_dark| while it falls from {upper:g} to {lower:g}"
    t, i = checked_waveform(time, current)
    if note := outside_note(t, pulse_end, pulse_end):
        return missing("1/s", text, note)
    if not abs(baseline) > 0:
        return missing("1/s", text, "there is no dark current to compare with")
    t, i = window_samples(t, i, pulse_end, float(t[-1]))
    deficit = np.abs(1.0 - i / baseline)
    above = np.flatnonzero(deficit >= upper)
    if above.size == 0:
        return missing("1/s", text, f"the deficit is at most {deficit.max():.3g} after the pulse")
    first = int(above[-1])
    below = np.flatnonzero(deficit[first:] <= lower)
    if below.size == 0:
        return missing("1/s", text, f"the record ends at a deficit of {deficit[-1]:.3g}")
    last = first + int(below[0])
    start = _crossing(t, deficit, first, upper)
    end = _crossing(t, deficit, last - 1, lower)
    inside = slice(first + 1, last)
    at = np.concatenate([[start], t[inside], [end]])
    x = at - at.mean()
    y = np.log(np.concatenate([[upper], deficit[inside], [lower]]))
    weight = trapezoidal_weights(at)
    x = x - np.average(x, weights=weight)
    y = y - np.average(y, weights=weight)
    square = float(weight @ x**2)
    slope = float(weight @ (x * y)) / square
    rest = float(weight @ (y - slope * x) ** 2)
    error = math.sqrt(rest / (at.size - 2) / square) if at.size > 2 else None
    return MetricValue(-slope, "1/s", text, error)


def _crossing(time: FloatArray, deficit: FloatArray, before: int, level: float) -> float:
    """Time at which the logarithm of the deficit, straight between samples, is at a level [s]."""
    high, low = float(deficit[before]), max(float(deficit[before + 1]), 1e-300)
    share = math.log(high / level) / math.log(high / low) if high > low else 0.0
    return float(time[before] + share * (time[before + 1] - time[before]))
