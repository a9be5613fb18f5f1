"""Waveforms of a block of runs that shared their time points: one matrix per signal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, overload

import numpy as np

from optospice.errors import close_matches
from optospice.interpolation import FloatArray
from optospice.trace_block import TraceBlock
from optospice.waveforms import Waveforms

if TYPE_CHECKING:
    from optospice.accuracy import Profile


@dataclass(frozen=True, eq=False)
class WaveformBlock(Sequence[Waveforms]):
    """Simulated signals of runs that differ in the values of their parameters only.

    Parameters
    ----------
    time : ndarray, shape (points,)
        Time points of the solver [s], see `Waveforms`.
    signals : mapping of str to ndarray, shape (runs, points)
        Signals by name in SI units. What is common to all runs is one row, broadcast.
    units : mapping of str to str
        SI unit of each signal.
    breakpoints : ndarray
        Times at which a stimulus changes its slope [s].
    error_bounds : ndarray, shape (runs,)
        Largest error of each run's signals as a fraction of their peak [1].
    notes : tuple of tuple of str
        What a reader of each run should know; empty where no run has a note.
    """

    time: FloatArray
    signals: Mapping[str, FloatArray]
    units: Mapping[str, str]
    breakpoints: FloatArray
    error_bounds: FloatArray
    notes: tuple[tuple[str, ...], ...] = field(default=())

    def __len__(self) -> int:
        """Count the runs."""
        return int(self.error_bounds.size)

    @overload
    def __getitem__(self, index: int) -> Waveforms: ...
    @overload
    def __getitem__(self, index: slice) -> list[Waveforms]: ...

    def __getitem__(self, index: int | slice) -> Waveforms | list[Waveforms]:
        """Give the waveforms of one run, or of some."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        return Waveforms(
            self.time,
            {name: values[place] for name, values in self.signals.items()},
            self.units,
            self.breakpoints,
            float(self.error_bounds[place]),
            self.notes[place] if self.notes else (),
        )

    @classmethod
    def of(cls, runs: Sequence[Waveforms]) -> WaveformBlock:
        """Join waveforms that share their time points.

        Raises
        ------
        ValueError
            When they do not share time points, breakpoints or signals.
        """
        first = runs[0]
        for one in runs[1:]:
            if (
                not (one.time is first.time or np.array_equal(one.time, first.time))
                or not np.array_equal(one.breakpoints, first.breakpoints)
                or list(one.signals) != list(first.signals)
            ):
                raise ValueError("the runs of a block share time points, breakpoints and signals")
        return cls(
            first.time,
            {name: joined([one.signals[name] for one in runs]) for name in first.signals},
            first.units,
            first.breakpoints,
            np.array([one.error_bound for one in runs]),
            tuple(one.notes for one in runs),
        )

    def trace(self, name: str) -> TraceBlock:
        """Give one signal of every run as curves that can be read between their points.

        Parameters
        ----------
        name : str
            Signal. One that is common to all runs has one row.

        Raises
        ------
        KeyError
            When there is none of this name.
        """
        if name not in self.signals:
            raise KeyError(f"no signal {name!r}; {close_matches(name, self.signals)}")
        values = self.signals[name]
        if values.strides[0] == 0:
            values = values[:1]
        return TraceBlock(self.time, values, self.breakpoints, self.error_bounds)

    def eased(self, profile: Profile, notes: tuple[str, ...]) -> WaveformBlock:
        """Give the same with the bounds and the notes of the profile that the runs took."""
        rows = [np.abs(v).max(axis=1) for name, v in self.signals.items() if name[:2] == "i("]
        peaks = np.max(rows, axis=0) if rows else np.zeros(len(self))
        bounds = np.array([profile.kept_bound(float(peak)) for peak in peaks])
        return self.within(bounds, notes)

    def within(self, error_bounds: float | FloatArray, notes: tuple[str, ...]) -> WaveformBlock:
        """Give the same with other bounds [1] and further notes of every run."""
        own = self.notes or ((),) * len(self)
        together = tuple((*known, *notes) for known in own) if notes else self.notes
        bounds = np.broadcast_to(np.asarray(error_bounds, dtype=np.float64), len(self))
        return replace(self, error_bounds=bounds, notes=together)


def joined(rows: Sequence[FloatArray]) -> FloatArray:
    """Give rows as a matrix; one row that stands for all is broadcast."""
    if len(rows) > 1 and all(row is rows[0] for row in rows):
        return np.broadcast_to(rows[0], (len(rows), rows[0].size))
    return np.stack(rows)
