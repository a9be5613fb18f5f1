"""One signal over time, and the one way to read it between its points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from optospice.curve import Curve

Direction: TypeAlias = Literal["either", "rising", "falling"]

_SIDES = {"either": (-1, 1), "rising": (1,), "falling": (-1,)}
#: Halvings of an interval: all that double precision can tell apart.
_HALVINGS = 60


@dataclass(frozen=True, eq=False)
class Trace(Curve):
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
    slopes : callable, optional
        Gives the slope after and before each point, see `optospice.curve.Curve`.

    Raises
    ------
    ValueError
        If the shapes differ, there are no points, or time runs backwards.
    """

    bound: float = 0.0

    def __post_init__(self) -> None:
        """Check that the points belong together."""
        super().__post_init__()
        if self.values.ndim != 1:
            raise ValueError(
                "time and signal must be one-dimensional and of one length: "
                f"{self.time.shape}, {self.values.shape}"
            )

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
        if isinstance(factor, Trace):
            return float(self._product(factor))
        return factor * float(self._integral())

    def shifted(self, offset: float) -> Trace:
        """Give the same with a constant added to its values [any]."""
        return replace(self, values=self.values + offset)

    def _crossing_within(self, index: int, level: float, side: int) -> float:
        """Find where a monotone piece leaves a level for one side [s]."""
        h, a, b, c, d = map(float, self._cubic(index))
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            s = 0.5 * (low + high)
            if side * (a + s * (b + s * (c + s * d)) - level) > 0:
                high = s
            else:
                low = s
        return float(self.time[index]) + high * h
