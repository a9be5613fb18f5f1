"""One signal of many runs over the time that they share: a `Trace` for each, in one matrix."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from optospice.curve import Curve
from optospice.interpolation import FloatArray
from optospice.trace import Trace


@dataclass(frozen=True, eq=False)
class TraceBlock(Curve):
    """A signal of several runs; what `Trace` gives of one, it gives of each.

    Parameters
    ----------
    time : array_like, shape (n,)
        As for `Trace`.
    values : array_like, shape (runs, n)
        The signal of every run [any]. What is common to all runs is one row: whatever is taken
        of it has one row too, and joins with that of any number of runs.
    breakpoints : array_like
        As for `Trace`.
    bound : ndarray, shape (runs,)
        Largest error of each run's signal as a fraction of its peak [1].
    slopes : callable, optional
        As for `Trace`.

    Raises
    ------
    ValueError
        As for `Trace`.
    """

    bound: FloatArray = field(default_factory=lambda: np.zeros(1))

    def __post_init__(self) -> None:
        """Check that the points belong together."""
        super().__post_init__()
        if self.values.ndim != 2:
            raise ValueError(f"a block has a row of values for each run: {self.values.shape}")

    @classmethod
    def of(cls, trace: Trace) -> TraceBlock:
        """Give a block of one run."""
        return cls(
            trace.time,
            trace.values[None],
            trace.breakpoints,
            np.array([trace.bound]),
            lambda: (trace._slopes[0][None], trace._slopes[1][None]),
        )

    @property
    def runs(self) -> int:
        """Number of rows [1]."""
        return len(self.values)

    @property
    def minimum(self) -> FloatArray:
        """Lowest value of each run [any]."""
        found: FloatArray = self.values.min(axis=-1)
        return found

    @property
    def maximum(self) -> FloatArray:
        """Highest value of each run [any]."""
        found: FloatArray = self.values.max(axis=-1)
        return found

    @property
    def peak(self) -> FloatArray:
        """Value of largest magnitude of each run, with its sign [any]."""
        largest = np.abs(self.values).argmax(axis=-1)
        found: FloatArray = self.values[np.arange(self.runs), largest]
        return found

    @property
    def resolution(self) -> FloatArray:
        """Largest error of each run: the bound times the largest magnitude [any]."""
        return self.bound * np.abs(self.peak)

    def integral(self, factor: TraceBlock | FloatArray | float = 1.0) -> FloatArray:
        """Integrate the curve of every run over its whole time, exactly.

        Parameters
        ----------
        factor : TraceBlock, ndarray of shape (runs,), or float
            As for `Trace.integral`.

        Returns
        -------
        ndarray, shape (runs,)
        """
        if isinstance(factor, TraceBlock):
            return self._product(factor)
        return factor * self._integral()

    def shifted(self, offset: FloatArray) -> TraceBlock:
        """Give the same with a constant added to the values of each run, shape (runs,) [any]."""
        return replace(self, values=self.values + np.asarray(offset)[:, None])
