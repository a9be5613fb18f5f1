"""When a signal crosses a threshold: located between accepted points, expected ahead."""

from __future__ import annotations

import math

import numpy as np

from optospice.cosim.actions import Crossing, When
from optospice.trace import Trace

#: A crossing is expected ahead when it lies within so many of the last step.
_HORIZON = 3.0
#: Part of the profile's bound by which a point that was expected aims beyond the threshold.
_BEYOND = 0.1
_KEPT = 4


class Watch:
    """One threshold, watched from accepted point to accepted point.

    Parameters
    ----------
    event : When
        What is watched.
    bound : float
        Error bound of the profile as a fraction of the peak [1].
    """

    def __init__(self, event: When, bound: float) -> None:
        self.event = event
        self._bound = bound
        self._peak = abs(event.threshold)
        self._times: list[float] = []
        self._values: list[float] = []

    def forget(self) -> None:
        """Begin a new stretch: an edge lies at the last point."""
        del self._times[:-1], self._values[:-1]

    def look(self, time: float, value: float) -> Crossing | None:
        """Take an accepted point; give the crossing if it lies since the one before."""
        times, values = self._times, self._values
        if times and time <= times[-1]:
            return None
        times.append(time)
        values.append(value)
        if len(times) > _KEPT:
            del times[0], values[0]
        self._peak = max(self._peak, abs(value))
        if len(times) < 2 or not self._passed(values[-2], value):
            return None
        return Crossing(self.event, self._locate(), time)

    def _passed(self, before: float, after: float) -> bool:
        threshold, direction = self.event.threshold, self.event.direction
        if before < threshold <= after:
            return direction != "falling"
        return before > threshold >= after and direction != "rising"

    def _locate(self) -> float:
        """Time of the crossing between the last two points, read through all that are kept [s]."""
        kept = Trace(np.array(self._times), np.array(self._values))
        found = kept.crossing(self.event.threshold, start=self._times[-2])
        return self._times[-1] if found is None else found  # it ends on the threshold

    def expected(self) -> float:
        """Time [s] at which a point should lie for the crossing; infinite when none is near."""
        times, values = self._times, self._values
        if len(times) < 2:
            return math.inf
        step = times[-1] - times[-2]
        slope = (values[-1] - values[-2]) / step
        margin = _BEYOND * self._bound * self._peak
        left = self.event.threshold - values[-1]
        left += math.copysign(margin, left)
        ahead = left / slope if slope and left / slope > 0 else math.inf
        if len(times) > 2:
            ahead = min(ahead, _parabola(times, values, left))
        return times[-1] + ahead if ahead < _HORIZON * step else math.inf


def _parabola(times: list[float], values: list[float], left: float) -> float:
    """Distance [s] at which the parabola through the last three points has gone `left` further."""
    t0, t1, t2 = times[-3:]
    v0, v1, v2 = values[-3:]
    first, second = (v1 - v0) / (t1 - t0), (v2 - v1) / (t2 - t1)
    curvature = (second - first) / (t2 - t0)
    slope = second + curvature * (t2 - t1)
    if curvature == 0:
        return math.inf
    roots = np.roots([curvature, slope, -left])
    real = roots[np.isreal(roots)].real
    real = real[real > 0]
    return float(real.min()) if real.size else math.inf
