"""Stimuli: what is applied to a terminal over time, with its edges known exactly.

A signal is a base level with pulse trains on it, or samples joined by straight lines.
Levels are in SI units: [V] on an electrical terminal, [W/m^2] on an optical one.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: An edge that takes more than this share of its pulse is a ramp [1].
_LONGEST_EDGE = 0.25
#: Parts that a run is looked at in when nothing is known of what drives it [1].
_UNKNOWN_PARTS = 2000

#: Rise and fall time where none is given: this long [s] or this fraction of the width,
#: whichever is longer. ngspice finds the edges of a PULSE source only down to 1e-7 of it.
DEFAULT_EDGE = 1e-6
DEFAULT_EDGE_FRACTION = 1e-6


class StimulusError(ValueError):
    """A stimulus contradicts itself; the message says which number and what is accepted."""


@dataclass(frozen=True)
class PulseTrain:
    """Equal pulses at equal distances.

    Parameters
    ----------
    level : float
        Level during the pulse [V or W/m^2].
    width : float
        From the start of the rising edge to the start of the falling edge [s].
    count : int
        Number of pulses [1].
    period : float, optional
        From the start of one pulse to the start of the next [s].
    interval : float, optional
        From the end of one pulse (start of its falling edge) to the start of the next
        [s]; give either this or the period when there is more than one pulse.
    delay : float
        Start of the first pulse [s].
    rise, fall : float
        Duration of the edges [s]; where none is given 1 µs or a millionth of the width,
        whichever is longer.

    Raises
    ------
    StimulusError
        When a number is not positive, or pulses overlap.
    """

    level: float
    width: float
    count: int = 1
    period: float | None = None
    interval: float | None = None
    delay: float = 0.0
    rise: float | None = None
    fall: float | None = None

    def __post_init__(self) -> None:
        for name, value in (
            ("width", self.width),
            ("rise", self.rise_time),
            ("fall", self.fall_time),
        ):
            if not (value > 0 and np.isfinite(value)):
                raise StimulusError(f"{name} = {value:g} s: must be above 0 s")
        if not np.isfinite(self.level):
            raise StimulusError(f"level = {self.level:g}: must be finite")
        if not 0 <= self.delay < np.inf:
            raise StimulusError(f"delay = {self.delay:g} s: must not be below 0 s")
        if self.count < 1:
            raise StimulusError(f"count = {self.count}: must be at least 1")
        if self.rise_time >= self.width:
            raise StimulusError(
                f"rise = {self.rise_time:g} s: must be shorter than the width of {self.width:g} s"
            )
        if self.count == 1:
            return
        if (self.period is None) == (self.interval is None):
            raise StimulusError("period and interval: give one of the two")
        gap = self.interval if self.period is None else self.period - self.width
        if gap is None or not self.fall_time - 1e-12 * self.width <= gap < np.inf:
            raise StimulusError(
                f"{'period' if self.interval is None else 'interval'} = "
                f"{(self.spacing if self.interval is None else self.interval):g} s: the pulses "
                f"overlap; accepted: a period of at least width + fall = "
                f"{self.width + self.fall_time:g} s"
            )

    @property
    def rise_time(self) -> float:
        """Duration of the rising edge [s]."""
        return self._edge(self.rise)

    @property
    def fall_time(self) -> float:
        """Duration of the falling edge [s]."""
        return self._edge(self.fall)

    def _edge(self, given: float | None) -> float:
        if given is not None:
            return given
        return max(DEFAULT_EDGE, DEFAULT_EDGE_FRACTION * self.width)

    @property
    def spacing(self) -> float:
        """Period of the train [s]; of a single pulse its width and edge."""
        if self.period is not None:
            return self.period
        if self.interval is not None:
            return self.width + self.interval
        return self.width + self.fall_time

    @cached_property
    def onsets(self) -> FloatArray:
        """Start of each rising edge [s], shape (count,)."""
        return self.delay + self.spacing * np.arange(self.count, dtype=np.float64)

    @property
    def offsets(self) -> FloatArray:
        """Start of each falling edge [s], shape (count,)."""
        return self.onsets + self.width

    @property
    def end(self) -> float:
        """End of the last falling edge [s]."""
        return float(self.onsets[-1]) + self.width + self.fall_time


@dataclass(frozen=True)
class Signal:
    """What one terminal sees over time.

    Parameters
    ----------
    base : float
        Level between the pulses [V or W/m^2].
    trains : tuple of PulseTrain
        Pulse trains, in order of time and without overlap.

    Raises
    ------
    StimulusError
        When two trains overlap.
    """

    base: float = 0.0
    trains: tuple[PulseTrain, ...] = ()

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.trains, key=lambda train: train.delay))
        object.__setattr__(self, "trains", ordered)
        for earlier, later in itertools.pairwise(ordered):
            if later.delay < earlier.end:
                raise StimulusError(
                    f"pulse trains overlap: one starts at {later.delay:g} s before the other ends "
                    f"at {earlier.end:g} s"
                )

    @cached_property
    def onsets(self) -> FloatArray:
        """Start of every pulse [s]."""
        return np.concatenate([train.onsets for train in self.trains] or [np.empty(0)])

    @cached_property
    def offsets(self) -> FloatArray:
        """Start of every falling edge [s]."""
        return np.concatenate([train.offsets for train in self.trains] or [np.empty(0)])

    @cached_property
    def points(self) -> tuple[FloatArray, FloatArray]:
        """Corners of the signal: times [s] and levels, joined by straight lines."""
        times, levels = [np.zeros(1)], [np.array([self.base])]
        for train in self.trains:
            on, off = train.onsets, train.offsets
            corners = np.stack([on, on + train.rise_time, off, off + train.fall_time], axis=1)
            shape = np.array([self.base, train.level, train.level, self.base])
            times.append(corners.ravel())
            levels.append(np.tile(shape, train.count))
        time, level = np.concatenate(times), np.concatenate(levels)
        keep = np.concatenate([[True], np.diff(time) > 0])
        return time[keep], level[keep]

    @property
    def end(self) -> float:
        """Time after which nothing changes [s]."""
        return self.trains[-1].end if self.trains else 0.0

    @property
    def rests(self) -> FloatArray:
        """End of each train's last period [s], where the solver restarts its steps too."""
        return np.array([train.delay + train.count * train.spacing for train in self.trains])


@dataclass(frozen=True, eq=False)
class Samples:
    """Levels at given times, joined by straight lines (sweeps, measured stimuli).

    Parameters
    ----------
    times : array_like
        Strictly increasing times [s], the first not below 0.
    levels : array_like
        Levels at these times [V or W/m^2], same shape; held before and after.
    onsets, offsets : array_like, optional
        Where pulses begin and end [s], when the samples hold pulses.

    Raises
    ------
    StimulusError
        When times do not increase or shapes differ.
    """

    times: FloatArray
    levels: FloatArray
    onsets: FloatArray = field(default_factory=lambda: np.empty(0))
    offsets: FloatArray = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        for name in ("times", "levels", "onsets", "offsets"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=float))
        if self.times.ndim != 1 or self.times.shape != self.levels.shape or not self.times.size:
            raise StimulusError("samples: times and levels must be lists of the same length")
        if self.times[0] < 0 or np.any(np.diff(self.times) <= 0):
            raise StimulusError("samples: times must increase from 0 s or later")
        if not (np.isfinite(self.times).all() and np.isfinite(self.levels).all()):
            raise StimulusError("samples: every time and level must be finite")

    @property
    def points(self) -> tuple[FloatArray, FloatArray]:
        """Corners of the signal: times [s] and levels."""
        return self.times, self.levels

    @property
    def end(self) -> float:
        """Time after which nothing changes [s]."""
        return float(self.times[-1])


Stimulus = Signal | Samples


def constant(level: float) -> Signal:
    """Give a signal that never changes [V or W/m^2]."""
    return Signal(base=level)


def voltage_sweep(turning_points: Sequence[float], rate: float, delay: float = 0.0) -> Samples:
    """Give a triangular sweep through turning points at a constant rate.

    Parameters
    ----------
    turning_points : sequence of float
        Voltages [V] in order, e.g. ``(0, 5, 0, -5, 0)``.
    rate : float
        Sweep rate [V/s].
    delay : float
        Time at the first point [s].

    Raises
    ------
    StimulusError
        When the rate is not positive or two neighbouring points are equal.
    """
    levels = np.asarray(turning_points, dtype=float)
    if not rate > 0:
        raise StimulusError(f"rate = {rate:g} V/s: must be above 0 V/s")
    if levels.size < 2 or np.any(np.diff(levels) == 0):
        raise StimulusError("turning points: at least two, and neighbours must differ")
    times = delay + np.concatenate([[0.0], np.cumsum(np.abs(np.diff(levels)))]) / rate
    return Samples(times, levels)


def corner_times(stimuli: Sequence[Stimulus], duration: float) -> FloatArray:
    """Times at which a stimulus changes its slope [s], sorted, within (0, duration)."""
    times = np.concatenate([stimulus.points[0] for stimulus in stimuli] or [np.empty(0)])
    return np.unique(times[(times > 0) & (times < duration)])


def breakpoints(stimuli: Sequence[Stimulus], duration: float) -> FloatArray:
    """Times at which a stimulus makes the solver start its steps afresh [s].

    The corners of every stimulus and the ends of its trains, sorted, within
    (0, duration).
    """
    rests = [stimulus.rests for stimulus in stimuli if isinstance(stimulus, Signal)]
    times = np.concatenate([corner_times(stimuli, duration), *rests])
    return np.unique(times[(times > 0) & (times < duration)])


def ramps(stimulus: Stimulus) -> list[tuple[float, float]]:
    """Give where a stimulus passes through its levels, start and end of each ramp [s].

    All slopes of samples, and those edges of pulses that take a good part of the pulse.
    """
    times, levels = stimulus.points
    rising = np.flatnonzero(np.diff(levels))
    found = [(float(times[index]), float(times[index + 1])) for index in rising]
    if isinstance(stimulus, Samples):
        return found
    edges = [
        (train.delay, train.end)
        for train in stimulus.trains
        if max(train.rise_time, train.fall_time) > _LONGEST_EDGE * train.width
    ]
    return [(start, stop) for start, stop in found if any(a <= start <= b for a, b in edges)]


@dataclass(frozen=True)
class Course:
    """A part of a run in which a source follows a ramp or a curve.

    Parameters
    ----------
    start, stop : float
        When [s].
    longest : float
        Interval between points that a shape cannot hide in [s].
    """

    start: float
    stop: float
    longest: float


def unknown_courses(duration: float) -> tuple[Course, ...]:
    """Give courses for a circuit that something unknown drives, such as an expression of time.

    Their lengths are irregular, so that no period can hide by being met at the same phase.

    Parameters
    ----------
    duration : float
        Simulated time [s].
    """
    golden = (np.sqrt(5) - 1) / 2
    lengths = 0.5 + np.mod(golden * np.arange(_UNKNOWN_PARTS), 1.0)
    edges = np.concatenate([[0.0], np.cumsum(lengths)]) * duration / lengths.sum()
    return tuple(
        Course(float(start), float(stop), float(stop - start))
        for start, stop in itertools.pairwise(edges)
    )
