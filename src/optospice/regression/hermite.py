"""A waveform as a curve: points, corners and the cubics between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optospice.interpolation import (
    FloatArray,
    IntArray,
    corner_indices,
    monotone_slopes,
    read_between,
)


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
        return cls(time, values, corner_indices(time, times))

    def part(self, kept: IntArray) -> Curve:
        """Give the curve through some of the points."""
        corners = np.flatnonzero(np.isin(kept, self.corners))
        return Curve(self.time[kept], self.values[kept], corners)

    def __call__(self, wanted: FloatArray) -> FloatArray:
        """Interpolate, held constant beyond the ends."""
        return read_between(self.time, self.values, self._slopes, wanted)

    @cached_property
    def _slopes(self) -> tuple[FloatArray, FloatArray]:
        """Slope to the right and to the left of each point."""
        return monotone_slopes(self.time, self.values, self.corners)
