"""PCHIP that does not cross corners, for whole trains at once.

`optospice.waveforms.interpolate` does the same stretch by stretch; a train has thousands.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from optospice.waveforms import FloatArray

IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Curve:
    """Points with a monotone cubic between them.

    Parameters
    ----------
    time, values : ndarray, shape (n,)
        Points; the times increase [s].
    corners : ndarray of int
        Indices of the points at which the slope may jump.
    """

    time: FloatArray
    values: FloatArray
    corners: IntArray

    @classmethod
    def of(cls, time: FloatArray, values: FloatArray, corner_times: FloatArray) -> Curve:
        """Take solver points, the nearest of them to each corner time as a corner."""
        time, first = np.unique(time, return_index=True)
        values = values[first]
        times = corner_times[(corner_times > time[0]) & (corner_times < time[-1])]
        after = np.clip(np.searchsorted(time, times), 1, time.size - 1)
        nearer = time[after] - times < times - time[after - 1]
        return cls(time, values, np.unique(np.where(nearer, after, after - 1)))

    def part(self, kept: IntArray) -> Curve:
        """Give the curve through some of the points."""
        corners = np.flatnonzero(np.isin(kept, self.corners))
        return Curve(self.time[kept], self.values[kept], corners)

    def __call__(self, wanted: FloatArray) -> FloatArray:
        """Interpolate, held constant beyond the ends."""
        t, v = self.time, self.values
        x = np.clip(wanted, t[0], t[-1])
        i = np.clip(np.searchsorted(t, x, side="right") - 1, 0, t.size - 2)
        h = t[i + 1] - t[i]
        s = (x - t[i]) / h
        right, left = self._slopes
        rise = v[i + 1] - v[i]
        d0, d1 = right[i] * h, left[i + 1] * h
        result: FloatArray = v[i] + s * (
            d0 + s * (3 * rise - 2 * d0 - d1 + s * (d0 + d1 - 2 * rise))
        )
        return result

    @cached_property
    def _slopes(self) -> tuple[FloatArray, FloatArray]:
        """Slope to the right and to the left of each point (Fritsch and Butland, 1984)."""
        h = np.diff(self.time)
        slope = np.diff(self.values) / h
        right = np.empty(self.time.size)
        h0, h1, m0, m1 = h[:-1], h[1:], slope[:-1], slope[1:]
        w0, w1 = 2 * h1 + h0, h1 + 2 * h0
        same = (m0 * m1) > 0
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            right[1:-1] = np.where(same, (w0 + w1) / (w0 / m0 + w1 / m1), 0.0)
        left = right.copy()
        cut = np.zeros(self.time.size, dtype=bool)
        cut[self.corners] = True
        cut[0] = cut[-1] = True
        ends = np.flatnonzero(cut)
        for side, step in ((right, 1), (left, -1)):
            own = ends[:-1] if step == 1 else ends[1:]
            near = own if step == 1 else own - 1  # the interval at this end
            far = np.clip(near + step, 0, slope.size - 1)
            alone = cut[own + step] | (far == near)  # a stretch of one interval is straight
            side[own] = np.where(alone, slope[near], _end(h[near], h[far], slope[near], slope[far]))
        return right, left


def _end(h0: FloatArray, h1: FloatArray, m0: FloatArray, m1: FloatArray) -> FloatArray:
    """Slope at an end by three points, kept monotone."""
    d = ((2 * h0 + h1) * m0 - h0 * m1) / (h0 + h1)
    d = np.where(np.sign(d) != np.sign(m0), 0.0, d)
    steep = (np.sign(m0) != np.sign(m1)) & (np.abs(d) > 3 * np.abs(m0))
    return np.where(steep, 3 * m0, d)
