"""One signal over time, and the one way to read it between its points."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, TypeAlias

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

Direction: TypeAlias = Literal["either", "rising", "falling"]

_SIDES = {"either": (-1, 1), "rising": (1,), "falling": (-1,)}
#: Halvings of an interval: all that double precision can tell apart.
_HALVINGS = 60
#: Times that differ by less than this share of the last one are the same but for rounding [1].
_SAME_TIME = 2e-15


@dataclass(frozen=True, eq=False)
class Trace:
    """A signal over time, a monotone cubic within each stretch between breakpoints.

    The curve is that of `optospice.interpolation`: it meets every point, overshoots nowhere,
    and rises or falls between two neighbours as they do. Its extremes are therefore among its
    points.

    Parameters
    ----------
    time : array_like, shape (n,)
        Times, never decreasing, at unequal distances [s]. A time that comes twice is a jump.
    values : array_like, shape (n,)
        The signal at these times [any].
    breakpoints : array_like
        Times at which the slope may jump [s]; the point nearest to each is a corner.
    bound : float
        Largest error of the signal as a fraction of its peak [1].
    slopes : tuple of ndarray, optional
        Slope after and before each point, where it is known already: a window keeps the curve
        of the whole.

    Raises
    ------
    ValueError
        If the shapes differ, there are no points, or time runs backwards.
    """

    time: FloatArray
    values: FloatArray
    breakpoints: FloatArray = field(default_factory=lambda: np.empty(0))
    bound: float = 0.0
    slopes: tuple[FloatArray, FloatArray] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Check that the points belong together."""
        for name in ("time", "values", "breakpoints"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        time, values = self.time, self.values
        if time.ndim != 1 or time.shape != values.shape:
            raise ValueError(
                "time and signal must be one-dimensional and of one length: "
                f"{time.shape}, {values.shape}"
            )
        if time.size == 0:
            raise ValueError("the waveform holds no samples")
        if not (time[1:] >= time[:-1]).all():
            raise ValueError("time must be finite and must not run backwards")

    @classmethod
    def straight(cls, time: ArrayLike, values: ArrayLike, bound: float = 0.0) -> Trace:
        """Give the straight lines between points, each of them a corner.

        For a record of which nothing is known but its points.

        Parameters
        ----------
        time, values : array_like, shape (n,)
            The points, times in [s].
        bound : float
            Largest error as a fraction of the peak [1].
        """
        own = np.asarray(time, dtype=np.float64)
        return cls(own, np.asarray(values, dtype=np.float64), own, bound)

    @property
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

    @property
    def minimum(self) -> float:
        """Lowest value [any]."""
        return float(self.values.min())

    @property
    def maximum(self) -> float:
        """Highest value [any]."""
        return float(self.values.max())

    @property
    def peak(self) -> float:
        """Value of largest magnitude, with its sign [any]."""
        return float(self.values[np.abs(self.values).argmax()])

    @property
    def resolution(self) -> float:
        """Largest error: the bound times the largest magnitude [any]."""
        return self.bound * abs(self.peak)

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
        ndarray, shape of `times`
            Values [any]; at a jump the later one.

        Raises
        ------
        ValueError
            Unless it is held, for a time outside by more than rounding.
        """
        wanted = np.asarray(times, dtype=np.float64)
        if not held:
            self._check_inside(wanted)
        if self.time.size == 1:
            return np.full(wanted.shape, self.values[0])
        # most instants are edges of a stimulus, where the solver placed a point
        slack = _SAME_TIME * abs(float(self.time[-1]))
        met = np.maximum(self.time.searchsorted(wanted + slack, side="right") - 1, 0)
        if (np.abs(self.time[met] - wanted) <= slack).all():
            found: FloatArray = self.values[met]
            return found
        read = read_between(self.time, self.values, self._slopes, wanted.ravel())
        read = np.where(wanted.ravel() >= self.time[-1], self.values[-1], read)
        return read.reshape(wanted.shape)

    def window(self, start: float, stop: float) -> Trace:
        """Cut a window out; within it the curve stays what it was.

        Parameters
        ----------
        start, stop : float
            Edges of the window [s].

        Returns
        -------
        Trace
            With the interpolated ends as its first and its last point, and every point
            strictly between; one point where the edges coincide.

        Raises
        ------
        ValueError
            If the end comes before the start, or an edge is outside by more than rounding.
        """
        self._check_inside(np.array([start, stop]))
        start, stop = np.clip([start, stop], self.time[0], self.time[-1]).tolist()
        if start > stop:
            raise ValueError(f"a window must not end before it starts: {start!r} s to {stop!r} s")
        if start == stop:
            return Trace(np.array([start]), self.at([start]), np.empty(0), self.bound)
        first = int(self.time.searchsorted(start, "right"))
        last = int(self.time.searchsorted(stop, "left"))
        inside = slice(first, last)
        right, left = self._slopes
        y0, d0 = self._point(first - 1, start)
        y1, d1 = self._point(last - 1, stop)
        inner = (self.breakpoints > start) & (self.breakpoints < stop)
        return Trace(
            np.concatenate([[start], self.time[inside], [stop]]),
            np.concatenate([[y0], self.values[inside], [y1]]),
            self.breakpoints[inner],
            self.bound,
            (
                np.concatenate([[d0], right[inside], [d1]]),
                np.concatenate([[d0], left[inside], [d1]]),
            ),
        )

    def crossing(
        self, level: float, direction: Direction = "either", *, start: float | None = None
    ) -> float | None:
        """Find the first time at which the curve crosses a level.

        The curve crosses where it leaves the level for the side that it did not come from; to
        touch the level is not to cross it. A curve that begins on the level comes from
        neither side. What is not a number is on neither side.

        Parameters
        ----------
        level : float
            The level [any].
        direction : {"either", "rising", "falling"}
            To which side it leaves.
        start : float, optional
            From when on it counts [s]; the first point by default.

        Returns
        -------
        float or None
            The time [s]; None where the curve does not cross.

        Raises
        ------
        ValueError
            For a start outside the record.
        """
        if start is not None:
            return self.window(start, float(self.time[-1])).crossing(level, direction)
        beyond = (self.values > level).astype(int) - (self.values < level).astype(int)
        known = np.maximum.accumulate(np.where(beyond != 0, np.arange(beyond.size), 0))
        side = beyond[known]  # on the level: the side that it came from
        changed = (side[1:] != side[:-1]) & np.isin(side[1:], _SIDES[direction])
        found = np.flatnonzero(changed)
        if not found.size:
            return None
        return self._crossing_within(int(found[0]), level, int(side[found[0] + 1]))

    def integral(self, factor: Trace | float = 1.0) -> float:
        """Integrate the curve over its whole time, exactly.

        Parameters
        ----------
        factor : Trace or float
            A constant, or another signal over the same time: the product is integrated.

        Returns
        -------
        float
            The integral [s times the unit of the values, and that of the factor].
        """
        if self.time.size == 1:
            return 0.0
        if not isinstance(factor, Trace):
            right, left = self._slopes
            h = np.diff(self.time)
            mean = 0.5 * (self.values[1:] + self.values[:-1])
            return factor * float(h @ mean + h**2 @ (right[:-1] - left[1:]) / 12.0)
        time = np.union1d(self.time, factor.time)
        places, weights = np.polynomial.legendre.leggauss(4)  # exact up to the seventh power
        half = 0.5 * np.diff(time)[:, None]
        nodes = time[:-1, None] + half * (1.0 + places)
        product = self.at(nodes, held=True) * factor.at(nodes, held=True)
        return float((half * product * weights).sum())

    def through(self, indices: IntArray) -> Trace:
        """Give the curve through some of the points, the corners among them still corners.

        Parameters
        ----------
        indices : ndarray of int
            The points, increasing.
        """
        kept = indices[np.isin(indices, self.corners)]
        return Trace(self.time[indices], self.values[indices], self.time[kept], self.bound)

    def shifted(self, offset: float) -> Trace:
        """Give the same with a constant added to its values [any]."""
        return replace(self, values=self.values + offset)

    @cached_property
    def _slopes(self) -> tuple[FloatArray, FloatArray]:
        """Slope after and before each point [any/s]."""
        if self.slopes is not None:
            return self.slopes
        with np.errstate(divide="ignore", invalid="ignore"):
            right, left = monotone_slopes(self.time, self.values, self.corners)
        repeated = self.time[1:] == self.time[:-1]
        right[:-1][repeated] = left[1:][repeated] = 0.0  # within a jump nothing is read
        return right, left

    def _check_inside(self, times: FloatArray) -> None:
        first, last, slack = self.time[0], self.time[-1], self.rounding
        if not ((times >= first - slack) & (times <= last + slack)).all():  # nan is outside
            raise ValueError(f"times must lie within {first:g} s to {last:g} s")

    def _cubic(self, index: int) -> tuple[float, float, float, float, float]:
        """Step [s] and coefficients of the cubic after a point, over the share of the step."""
        right, left = self._slopes
        h = float(self.time[index + 1] - self.time[index])
        y0 = float(self.values[index])
        rise = float(self.values[index + 1]) - y0
        d0, d1 = float(right[index]) * h, float(left[index + 1]) * h
        return h, y0, d0, 3 * rise - 2 * d0 - d1, d0 + d1 - 2 * rise

    def _point(self, index: int, time: float) -> tuple[float, float]:
        """Value and slope at a time between a point and the next."""
        if time == self.time[index + 1]:
            return float(self.values[index + 1]), float(self._slopes[1][index + 1])
        h, a, b, c, d = self._cubic(index)
        s = (time - float(self.time[index])) / h
        return a + s * (b + s * (c + s * d)), (b + s * (2 * c + s * 3 * d)) / h

    def _crossing_within(self, index: int, level: float, side: int) -> float:
        """Find where a monotone piece leaves a level for one side [s]."""
        h, a, b, c, d = self._cubic(index)
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            s = 0.5 * (low + high)
            if side * (a + s * (b + s * (c + s * d)) - level) > 0:
                high = s
            else:
                low = s
        return float(self.time[index]) + high * h
