"""A row of points over time, and the one way to read between them: for one signal or for many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from optospice.interpolation import (
    FloatArray,
    IntArray,
    corner_indices,
    inner_points,
    monotone_slopes,
    read_between,
)

Slopes: TypeAlias = tuple[FloatArray, FloatArray]

#: Times that differ by less than this share of the last one are the same but for rounding [1].
_SAME_TIME = 2e-15


@dataclass(frozen=True, eq=False)
class Curve:
    """What `optospice.trace.Trace` and `optospice.trace_block.TraceBlock` have in common.

    Parameters
    ----------
    time : array_like, shape (n,)
        Times, never decreasing, at unequal distances [s]. A time that comes twice is a jump.
    values : array_like, shape (..., n)
        One signal or several at these times [any].
    breakpoints : array_like
        Times at which the slope may jump [s]; the point nearest to each is a corner.
    bound : float or ndarray
        Largest error of each signal as a fraction of its peak [1].
    slopes : callable, optional
        Gives the slope after and before each point, where it is known already: a window keeps
        the curve of the whole. It is asked only where something is read between points.

    Raises
    ------
    ValueError
        If the shapes differ, there are no points, or time runs backwards.
    """

    time: FloatArray
    values: FloatArray
    breakpoints: FloatArray = field(default_factory=lambda: np.empty(0))
    bound: float | FloatArray = 0.0
    slopes: Callable[[], Slopes] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Check that the points belong together."""
        for name in ("time", "values", "breakpoints"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        time, values = self.time, self.values
        if time.ndim != 1 or values.ndim == 0 or time.size != values.shape[-1]:
            raise ValueError(
                f"time and signal must be of one length: shapes {time.shape}, {values.shape}"
            )
        if time.size == 0:
            raise ValueError("the waveform holds no samples")
        if not (time[1:] >= time[:-1]).all():
            raise ValueError("time must be finite and must not run backwards")

    @cached_property
    def rounding(self) -> float:
        """Difference of two times that counts as rounding: a billionth of the record [s]."""
        first, last = float(self.time[0]), float(self.time[-1])
        return 1e-9 * max(last - first, abs(last), abs(first))

    @cached_property
    def corners(self) -> IntArray:
        """Inner points at which the slope may jump, by index."""
        found = corner_indices(self.time, self.breakpoints)
        repeated = np.flatnonzero(self.time[1:] == self.time[:-1])
        if repeated.size:
            found = inner_points(np.concatenate([found, repeated, repeated + 1]), self.time.size)
        return found

    def at(self, times: ArrayLike, *, held: bool = False) -> FloatArray:
        """Read the curve.

        Parameters
        ----------
        times : array_like
            Times [s], any shape.
        held : bool
            Whether the signal keeps its first and its last value beyond its ends.

        Returns
        -------
        ndarray, shape (..., shape of `times`)
            Values [any]; at a jump the later one.

        Raises
        ------
        ValueError
            Unless it is held, for a time outside by more than rounding.
        """
        wanted = np.asarray(times, dtype=np.float64)
        if not held:
            self._check_inside(wanted)
        # most instants are edges of a stimulus, where the solver placed a point
        slack = _SAME_TIME * abs(float(self.time[-1]))
        met = np.maximum(self.time.searchsorted(wanted + slack, side="right") - 1, 0)
        if self.time.size == 1 or (np.abs(self.time[met] - wanted) <= slack).all():
            found: FloatArray = self.values[..., met]
            return found
        right, left = self._slopes
        flat = wanted.ravel()
        read = read_between(self.time, self.values.T, (right.T, left.T), flat).T
        read = np.where(flat >= self.time[-1], self.values[..., -1:], read)
        return read.reshape((*self.values.shape[:-1], *wanted.shape))

    def window(self, start: float, stop: float) -> Self:
        """Cut a window out; within it the curve stays what it was.

        Parameters
        ----------
        start, stop : float
            Edges of the window [s].

        Returns
        -------
        Trace or TraceBlock
            With the interpolated ends as its first and its last point, and every point
            strictly between; one point where the edges coincide.

        Raises
        ------
        ValueError
            If the end comes before the start, or an edge is outside by more than rounding.
        """
        self._check_inside(np.array([start, stop]))
        begin, end = float(self.time[0]), float(self.time[-1])
        start, stop = min(max(start, begin), end), min(max(stop, begin), end)
        if start > stop:
            raise ValueError(f"a window must not end before it starts: {start!r} s to {stop!r} s")
        if start == stop:
            return self._with(np.array([start]), self.at([start]), np.empty(0))
        first = int(self.time.searchsorted(start, "right"))
        last = int(self.time.searchsorted(stop, "left"))
        values = np.empty((*self.values.shape[:-1], last - first + 2))
        values[..., 1:-1] = self.values[..., first:last]
        values[..., 0] = self._value(first - 1, start)
        values[..., -1] = self._value(last - 1, stop)

        def slopes() -> Slopes:
            after, before = np.empty_like(values), np.empty_like(values)
            for side, whole in zip((after, before), self._slopes, strict=True):
                side[..., 1:-1] = whole[..., first:last]
                side[..., 0] = self._slope(first - 1, start)
                side[..., -1] = self._slope(last - 1, stop)
            return after, before

        inner = (self.breakpoints > start) & (self.breakpoints < stop)
        time = np.concatenate([[start], self.time[first:last], [stop]])
        return self._with(time, values, self.breakpoints[inner], slopes)

    def through(self, indices: IntArray) -> Self:
        """Give the curve through some of the points, the corners among them still corners.

        Parameters
        ----------
        indices : ndarray of int
            The points, increasing.
        """
        kept = indices[np.isin(indices, self.corners)]
        return self._with(self.time[indices], self.values[..., indices], self.time[kept])

    def _with(
        self,
        time: FloatArray,
        values: FloatArray,
        breakpoints: FloatArray,
        slopes: Callable[[], Slopes] | None = None,
    ) -> Self:
        return replace(self, time=time, values=values, breakpoints=breakpoints, slopes=slopes)

    def _integral(self) -> FloatArray:
        """Integrate over the whole time, exactly."""
        right, left = self._slopes
        h = np.diff(self.time)
        mean = 0.5 * (self.values[..., 1:] + self.values[..., :-1])
        found: FloatArray = mean @ h + (right[..., :-1] - left[..., 1:]) @ h**2 / 12.0
        return found

    def _product(self, factor: Curve) -> FloatArray:
        """Integrate the product with another signal over the same time, exactly."""
        time = np.union1d(self.time, factor.time)
        places, weights = np.polynomial.legendre.leggauss(4)  # exact up to the seventh power
        half = 0.5 * np.diff(time)[:, None]
        nodes = time[:-1, None] + half * (1.0 + places)
        product = self.at(nodes, held=True) * factor.at(nodes, held=True)
        found: FloatArray = (half * product * weights).sum(axis=(-2, -1))
        return found

    @cached_property
    def _slopes(self) -> Slopes:
        """Slope after and before each point [any/s]."""
        if self.slopes is not None:
            return self.slopes()
        with np.errstate(divide="ignore", invalid="ignore"):
            found = monotone_slopes(self.time, self.values.T, self.corners)
        right, left = found[0].T, found[1].T
        repeated = self.time[1:] == self.time[:-1]
        # within a jump nothing is read
        right[..., :-1][..., repeated] = left[..., 1:][..., repeated] = 0.0
        return right, left

    def _check_inside(self, times: FloatArray) -> None:
        first, last, slack = self.time[0], self.time[-1], self.rounding
        if not ((times >= first - slack) & (times <= last + slack)).all():  # nan is outside
            raise ValueError(f"times must lie within {first:g} s to {last:g} s")

    def _cubic(self, index: int) -> tuple[FloatArray, ...]:
        """Step [s] and coefficients of the cubic after a point, over the share of the step."""
        right, left = self._slopes
        h = self.time[index + 1] - self.time[index]
        y0 = self.values[..., index]
        rise = self.values[..., index + 1] - y0
        d0, d1 = right[..., index] * h, left[..., index + 1] * h
        return h, y0, d0, 3 * rise - 2 * d0 - d1, d0 + d1 - 2 * rise

    def _value(self, index: int, time: float) -> FloatArray:
        """Value at a time from a point to the next."""
        for place in (index + 1, index):
            if time == self.time[place]:
                value: FloatArray = self.values[..., place]
                return value
        h, a, b, c, d = self._cubic(index)
        s = (time - self.time[index]) / h
        read: FloatArray = a + s * (b + s * (c + s * d))
        return read

    def _slope(self, index: int, time: float) -> FloatArray:
        """Slope at a time from a point to the next."""
        if time == self.time[index + 1]:
            slope: FloatArray = self._slopes[1][..., index + 1]
            return slope
        h, _, b, c, d = self._cubic(index)
        s = (time - self.time[index]) / h
        inner: FloatArray = (b + s * (2 * c + s * 3 * d)) / h
        return inner
