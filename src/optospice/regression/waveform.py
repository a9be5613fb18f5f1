"""Two waveforms against each other: the same, shifted in time, or at another level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optospice.interpolation import FloatArray
from optospice.trace import Trace
from optospice.units import format_human

#: How far edges may lie apart, as a fraction of the accuracy bound times the duration [1].
TIME_SHARE = 1e-2
#: Stretches that differ, of which an edge is looked for [1].
_MOST_CLUSTERS = 8
#: A shift is told beside a level where it takes away this share of the deviation [1].
_EXPLAINED = 0.5
#: Below this share of the peak a deviation is given relative to the peak [1].
_SMALL = 0.1


@dataclass(frozen=True)
class Difference:
    """How a waveform differs from its golden.

    Parameters
    ----------
    message : str
        In words: ``"shifted by 1.2 ms"``, ``"level changed by 3 % ..."``.
    shift : float
        How much later it is [s]; 0 where a shift explains nothing.
    level : float
        Largest deviation that no shift explains, as a fraction of the peak [1].
    """

    message: str
    shift: float
    level: float


@dataclass(frozen=True)
class _Pair:
    """A golden stretch, a waveform now, and what is tolerated."""

    golden: Trace
    now: Trace
    value_tolerance: float
    time_tolerance: float

    def grid(self) -> FloatArray:
        start, stop = self.golden.time[0], self.golden.time[-1]
        inside = (self.now.time >= start) & (self.now.time <= stop)
        return np.union1d(self.now.time[inside], self.golden.time)

    def excess(self, grid: FloatArray, shift: float = 0.0) -> FloatArray:
        """Signed distance of the waveform from the golden's envelope, 0 within it."""
        now = self.now.at(grid, held=True)
        low, high = self._envelope(grid - shift)
        excess = np.where(now > high, now - high, np.where(now < low, now - low, 0.0))
        start, stop = self.golden.time[0], self.golden.time[-1]
        return np.where((grid - shift < start) | (grid - shift > stop), 0.0, excess)

    def is_out(self, excess: FloatArray) -> np.ndarray:
        return np.abs(excess) > self.value_tolerance

    def _envelope(self, times: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Least and greatest golden value within the time tolerance.

        PCHIP is monotone between its points: the extremes lie at the ends or at a point.
        """
        early = self.golden.at(times - self.time_tolerance, held=True)
        late = self.golden.at(times + self.time_tolerance, held=True)
        low, high = np.minimum(early, late), np.maximum(early, late)
        first = np.searchsorted(times, self.golden.time - self.time_tolerance, side="left")
        last = np.searchsorted(times, self.golden.time + self.time_tolerance, side="right")
        for value, a, b in zip(self.golden.values, first, last, strict=True):
            low[a:b] = np.minimum(low[a:b], value)
            high[a:b] = np.maximum(high[a:b], value)
        return low, high


def compare(golden: Trace, now: Trace, bound: float, unit: str) -> Difference | None:
    """Compare a waveform with a golden stretch.

    Parameters
    ----------
    golden : Trace
        The stretch that is kept.
    now : Trace
        The waveform now, at the solver's points.
    bound : float
        Accuracy bound of the profile [1]: values may differ by twice it times the peak, edges
        by a hundredth of it times the duration.
    unit : str
        Unit of the values.

    Returns
    -------
    Difference or None
        None where they agree.
    """
    if not np.isfinite(now.values).all():
        return Difference("holds values that are no numbers", 0.0, 1.0)
    peak = max(float(np.abs(golden.values).max()), float(np.abs(now.values).max()), 1e-300)
    slack = bound * TIME_SHARE * float(max(now.time[-1], golden.time[-1]))
    if now.time[-1] < golden.time[-1] - slack:
        ends = f"ends at {_seconds(now.time[-1])}, the golden at {_seconds(golden.time[-1])}"
        return Difference(ends, 0.0, 1.0)
    pair = _Pair(golden, now, 2 * bound * peak, slack)
    grid = pair.grid()
    excess = pair.excess(grid)
    if not pair.is_out(excess).any():
        return None
    return _explained(pair, grid, excess, peak, unit)


def _explained(
    pair: _Pair, grid: FloatArray, excess: FloatArray, peak: float, unit: str
) -> Difference:
    worst = float(np.abs(excess).max())
    places = _clusters(pair, excess)
    own = [_shift_at(pair, grid, place) for place in places]
    left = {s: np.abs(pair.excess(grid, s)).max() for s in dict.fromkeys(own) if s is not None}
    if left:
        shift = min(left, key=lambda s: left[s])
        if left[shift] <= pair.value_tolerance:
            return Difference(f"shifted by {_seconds(shift)}", shift, 0.0)
    local = _local_shifts(pair, grid, excess, places, own)
    if local:
        low, high = min(local), max(local)
        span = _seconds(low) if low == high else f"{_seconds(low)} to {_seconds(high)}"
        text = f"{len(local)} edge{'s' * (len(local) > 1)} shifted by {span}"
        return Difference(text, max(local, key=abs), 0.0)
    if left and left[shift] <= _EXPLAINED * worst:
        level = _level(pair, grid, pair.excess(grid, shift), peak, unit, shift)
        text = f"shifted by {_seconds(shift)} and {level}"
        return Difference(text, shift, float(left[shift] / peak))
    return Difference(_level(pair, grid, excess, peak, unit), 0.0, worst / peak)


def _level(
    pair: _Pair, grid: FloatArray, excess: FloatArray, peak: float, unit: str, shift: float = 0.0
) -> str:
    """Say by how much the level changed where it changed most."""
    place = int(np.argmax(np.abs(excess)))
    now = float(pair.now.at(grid[place : place + 1], held=True)[0])
    then = float(pair.golden.at(grid[place : place + 1] - shift, held=True)[0])
    small = abs(then) < _SMALL * peak
    change = (now - then) / (peak if small else abs(then))
    of_peak = " of the peak" if small else ""
    return (
        f"level changed by {100 * change:+.3g} %{of_peak} at {_seconds(grid[place])}: "
        f"{format_human(then, unit)} -> {format_human(now, unit)}"
    )


def _clusters(pair: _Pair, excess: FloatArray) -> list[int]:
    """Index of the largest deviation in each stretch that differs, the largest first."""
    out = np.flatnonzero(pair.is_out(excess))
    groups = np.split(out, np.flatnonzero(np.diff(out) > 1) + 1)
    peaks = [int(group[np.argmax(np.abs(excess[group]))]) for group in groups]
    return sorted(peaks, key=lambda i: -abs(excess[i]))[:_MOST_CLUSTERS]


def _shift_at(pair: _Pair, grid: FloatArray, place: int) -> float | None:
    """How much later the waveform crosses the level between both, near a deviation [s]."""
    at = grid[place : place + 1]
    middle = float(pair.now.at(at, held=True)[0] + pair.golden.at(at, held=True)[0]) / 2
    fine = np.union1d(grid, pair.golden.time)
    before = _crossings(fine, pair.golden.at(fine, held=True), middle)
    after = _crossings(pair.now.time, pair.now.values, middle)
    pairs = [
        (max(abs(t - at[0]), abs(u - at[0])), t - u)
        for t, rising in _nearest(after, at[0])
        for u, rose in _nearest(before, at[0])
        if rising == rose
    ]
    return float(min(pairs)[1]) if pairs else None


def _nearest(crossings: list[tuple[float, bool]], at: float) -> list[tuple[float, bool]]:
    return sorted(crossings, key=lambda crossing: abs(crossing[0] - at))[:4]


def _crossings(time: FloatArray, values: FloatArray, level: float) -> list[tuple[float, bool]]:
    above = values > level
    index = np.flatnonzero(above[1:] != above[:-1])
    share = (level - values[index]) / (values[index + 1] - values[index])
    times = time[index] + share * (time[index + 1] - time[index])
    return list(zip(times.tolist(), above[index + 1].tolist(), strict=True))


def _local_shifts(
    pair: _Pair, grid: FloatArray, excess: FloatArray, places: list[int], own: list[float | None]
) -> list[float]:
    """Shift of each edge by itself, where these alone explain everything; else nothing."""
    out = pair.is_out(excess)
    shifts = []
    for place, shift in zip(places, own, strict=True):
        if shift is None:
            return []
        there = np.abs(grid - grid[place]) <= abs(shift) + pair.time_tolerance
        if pair.is_out(np.where(there, pair.excess(grid, shift), 0.0)).any():
            return []
        out &= ~there
        shifts.append(shift)
    return [] if out.any() else shifts


def _seconds(time: float) -> str:
    return format_human(float(f"{time:.3g}"), "s", 3)
