"""Rate at which a small rest of a change disappears."""

from __future__ import annotations

import math

import numpy as np

from optospice.metrics.registry import metric
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import (
    outside_note,
    trapezoidal_weights,
)
from optospice.trace import Trace

#: Fraction of the error bound that is left of it in a slow tail [1].
_NEAR = 0.1


@metric(
    title="Rate of the recovery in the dark",
    unit="1/s",
    source="Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, discussion of Fig. 5 (thermal "
    "release of trapped charge), put into a number here",
)
def recovery_rate(
    current: Trace,
    pulse_end: float,
    baseline: float,
    *,
    upper: float = 0.01,
    lower: float = 0.001,
) -> MetricValue:
    """Rate of the last, slowest part of a recovery.

    Parameters
    ----------
    current : Trace
        Current into the device [A].
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
    if note := outside_note(current, pulse_end, pulse_end):
        return missing("1/s", text, note)
    if not abs(baseline) > 0:
        return missing("1/s", text, "there is no dark current to compare with")
    tail = current.window(pulse_end, float(current.time[-1]))
    deficit = np.abs(1.0 - tail.values / baseline)
    above = np.flatnonzero(deficit >= upper)
    if above.size == 0:
        return missing("1/s", text, f"the deficit is at most {deficit.max():.3g} after the pulse")
    first = int(above[-1])
    below = np.flatnonzero(deficit[first:] <= lower)
    if below.size == 0:
        return missing("1/s", text, f"the record ends at a deficit of {deficit[-1]:.3g}")
    last = first + int(below[0])
    start = _crossing(tail, baseline, first, upper)
    end = _crossing(tail, baseline, last - 1, lower)
    inside = slice(first + 1, last)
    at = np.concatenate([[start], tail.time[inside], [end]])
    x = at - at.mean()
    y = np.log(np.concatenate([[upper], deficit[inside], [lower]]))
    weight = trapezoidal_weights(at)
    x = x - np.average(x, weights=weight)
    y = y - np.average(y, weights=weight)
    square = float(weight @ x**2)
    slope = float(weight @ (x * y)) / square
    rest = float(weight @ (y - slope * x) ** 2)
    error = math.sqrt(rest / (at.size - 2) / square) if at.size > 2 else None
    left = lower * abs(baseline)
    note = f"the window ends {left:.2g} A from the dark current, near the solver's error"
    near = left < _NEAR * current.resolution
    told = f"{note}: accuracy 'reference' resolves more" if near else ""
    return MetricValue(-slope, "1/s", text, error, told)


def _crossing(tail: Trace, baseline: float, before: int, level: float) -> float:
    """Time between two points at which the deficit passes a level [s]."""
    piece = tail.window(float(tail.time[before]), float(tail.time[before + 1]))
    signed = 1.0 - piece.values / baseline
    found = piece.crossing(baseline * (1.0 - math.copysign(level, signed[0])))
    if found is not None:
        return found
    # a point lies on the level but for rounding
    return float(piece.time[np.abs(np.abs(signed) - level).argmin()])
