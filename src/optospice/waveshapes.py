"""When each kind of SPICE source turns a corner and where it follows a ramp or a curve.

Times and defaults are those of ngspice's own source functions: a field that is missing or
zero takes the step or the end of the ``.tran`` card.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optospice.errors import InputError
from optospice.stimulus import Course, FloatArray

#: Most corners that the sources of one circuit may have [1].
MOST_CORNERS = 200_000
#: Times that differ by this fraction of the run differ by rounding only [1].
SAME_CORNER = 1e-12
#: Longest interval on a curve, as a fraction of its period, time constant or ramp [1].
PER_PERIOD = 1 / 16
PER_TIME_CONSTANT = 1 / 8
PER_RAMP = 1 / 64
#: Ramps that are shorter than this fraction of the run are edges [1].
SHORTEST_RAMP = 1e-3
#: After so many time constants nothing is left of an exponential [1].
LAST_TIME_CONSTANT = 12.0
#: A damped sine is over when it has decayed by this many time constants [1].
_DAMPED_AWAY = 30.0


class UnknownShapeError(ValueError):
    """What a source does cannot be told from its fields."""


@dataclass(frozen=True)
class Shape:
    """What one source does.

    Parameters
    ----------
    corners : ndarray
        Times at which its slope or value changes abruptly [s], within the run.
    courses : tuple of Course
        Its ramps and curves within the run.
    """

    corners: FloatArray
    courses: tuple[Course, ...] = ()


@dataclass(frozen=True)
class Run:
    """What the fields of a source refer to.

    Parameters
    ----------
    duration : float
        Simulated time [s].
    step : float
        Step of the ``.tran`` card [s].
    """

    duration: float
    step: float

    def corners(self, times: Sequence[float] | FloatArray) -> FloatArray:
        """Give the times that lie within the run."""
        array = np.asarray(times, dtype=float)
        rounding = SAME_CORNER * self.duration
        return array[(array > rounding) & (array < self.duration - rounding)]

    def curve(self, start: float, stop: float, longest: float) -> tuple[Course, ...]:
        """Give the part of a curve that lies within the run."""
        start, stop = max(start, 0.0), min(stop, self.duration)
        return (Course(start, stop, longest),) if stop > start else ()

    def ramp(self, start: float, stop: float) -> tuple[Course, ...]:
        """Give the curve of a straight ramp; a short one is an edge and has none."""
        start, stop = max(float(start), 0.0), min(float(stop), self.duration)
        if stop - start <= SHORTEST_RAMP * self.duration:
            return ()
        return (Course(start, stop, (stop - start) * PER_RAMP),)


def shape(kind: str, fields: Sequence[float], options: Mapping[str, float], run: Run) -> Shape:
    """Tell what a source function does.

    Parameters
    ----------
    kind : str
        ``"pulse"``, ``"pwl"``, ``"sin"``, ``"exp"``, ``"sffm"`` or ``"am"``.
    fields : sequence of float
        Its fields in order, in SI units.
    options : mapping of str to float
        ``r`` and ``td`` of a PWL source [s].
    run : Run
        What missing fields refer to.

    Raises
    ------
    UnknownShapeError
        When there is no such function or the fields do not make sense.
    InputError
        When it has more than `MOST_CORNERS` corners.
    """
    if kind not in _SHAPES:
        raise UnknownShapeError(f"there is no source function {kind!r} that could be read")
    if kind == "pwl":
        return _piecewise_linear(fields, options, run)
    return _SHAPES[kind](fields, run)


def _field(fields: Sequence[float], index: int, default: float, zero: bool = False) -> float:
    """Give a field; a missing one and, unless `zero` counts, one of 0 take the default."""
    if index >= len(fields) or (fields[index] == 0 and not zero):
        return default
    return fields[index]


def _repetitions(first: float, period: float, corners: int, run: Run, last: float) -> FloatArray:
    """Give the starts of the periods that touch the run."""
    begin = math.floor(max(-first, 0.0) / period)
    end = math.ceil(min((run.duration - first) / period, last))
    count = max(end - begin, 0)
    if count * corners > MOST_CORNERS:
        raise InputError(
            f"a source that repeats every {period:g} s has {count * corners:,} corners in "
            f"{run.duration:g} s; accepted: up to {MOST_CORNERS:,}, so a shorter duration"
        )
    starts: FloatArray = first + period * np.arange(begin, begin + count, dtype=np.float64)
    return starts


def _pulse(fields: Sequence[float], run: Run) -> Shape:
    low, high = _field(fields, 0, 0.0), _field(fields, 1, 0.0)
    delay = _field(fields, 2, 0.0)
    rise, fall = (_field(fields, index, run.step) for index in (3, 4))
    width, period = (_field(fields, index, run.duration) for index in (5, 6))
    if min(rise, fall, width, period) < 0:
        raise UnknownShapeError("a negative time")
    if low == high:
        return Shape(np.empty(0))
    count = _field(fields, 7, math.inf)
    last = count if count > 0 else math.inf
    offsets: FloatArray = np.array([0.0, rise, rise + width, rise + width + fall])
    whole = offsets[-1] <= period * (1 + 1e-12)
    offsets = offsets[offsets <= period * (1 + 1e-12)]
    starts = _repetitions(delay, period, offsets.size, run, last)
    corners: FloatArray = (starts[:, np.newaxis] + offsets).ravel()
    end = delay + last * period
    if math.isfinite(last):
        corners = corners[corners <= end * (1 + 1e-12)]
        if not (whole and last == round(last)):
            corners = np.append(corners, end)  # it is cut off where its last period ends
    courses: list[Course] = []
    for first, length in ((0.0, rise), (rise + width, fall)):
        shown = min(length, period - first)
        if shown > SHORTEST_RAMP * run.duration:
            for start in starts:
                courses += run.ramp(start + first, min(start + first + shown, end))
    return Shape(run.corners(corners), tuple(courses))


def _piecewise_linear(fields: Sequence[float], options: Mapping[str, float], run: Run) -> Shape:
    if len(fields) < 2 or len(fields) % 2 or not set(options) <= {"r", "td"}:
        raise UnknownShapeError("a PWL source of pairs is needed")
    times, levels = np.array(fields[::2]), np.array(fields[1::2])
    if (np.diff(times) < 0).any():
        raise UnknownShapeError("times that go back")
    delay, back = options.get("td", 0.0), options.get("r", -1.0)
    tables = [(times + delay, levels)]
    if back >= 0:
        first = int(np.searchsorted(times, back))
        period = float(times[-1] - back)
        if first >= times.size or times[first] != back or period <= 0:
            raise UnknownShapeError("it repeats from a time that is not in its table")
        count = times.size - first
        starts = _repetitions(float(times[-1]) + delay, period, count, run, math.inf)
        tables += [(times[first:] - back + start, levels[first:]) for start in starts]
    elif times.size > MOST_CORNERS:
        raise InputError(f"a PWL source has {times.size:,} corners; accepted: {MOST_CORNERS:,}")
    courses: list[Course] = []
    for at, level in tables:
        long = (np.diff(at) > SHORTEST_RAMP * run.duration) & (np.diff(level) != 0)
        for index in np.flatnonzero(long):
            courses += run.ramp(float(at[index]), float(at[index + 1]))
    return Shape(run.corners(np.concatenate([at for at, _ in tables])), tuple(courses))


def _sine(fields: Sequence[float], run: Run) -> Shape:
    if _field(fields, 1, 0.0) == 0:
        return Shape(np.empty(0))
    frequency = abs(_field(fields, 2, 1 / run.duration))
    delay, damping = _field(fields, 3, 0.0), _field(fields, 4, 0.0)
    stop = delay + _DAMPED_AWAY / damping if damping > 0 else run.duration
    return Shape(run.corners([delay]), run.curve(delay, stop, PER_PERIOD / frequency))


def _exponential(fields: Sequence[float], run: Run) -> Shape:
    if _field(fields, 0, 0.0) == _field(fields, 1, 0.0):
        return Shape(np.empty(0))
    delay, rise = _field(fields, 2, run.step), _field(fields, 3, run.step)
    back, fall = _field(fields, 4, delay + run.step), _field(fields, 5, run.step)
    if min(rise, fall) < 0:
        raise UnknownShapeError("a negative time constant")
    courses = [
        curve
        for start, constant in ((delay, rise), (back, fall))
        for curve in run.curve(
            start, start + LAST_TIME_CONSTANT * constant, constant * PER_TIME_CONSTANT
        )
    ]
    return Shape(run.corners([delay, back]), tuple(courses))


def _frequency_modulated(fields: Sequence[float], run: Run) -> Shape:
    # Versions of ngspice differ: the fields that are missing, and whether the sixth is a
    # delay or a phase. What both may do is covered.
    if _field(fields, 1, 0.0) == 0 and len(fields) < 6:
        return Shape(np.empty(0))
    carrier = abs(_field(fields, 2, 5 / run.duration))
    modulation = abs(_field(fields, 4, 500 / run.duration))
    index = abs(_field(fields, 3, carrier / modulation, zero=True))
    highest = carrier + (index + 1) * modulation if index else carrier
    return _modulated(highest, [0.0, _field(fields, 5, 0.0)], run)


def _amplitude_modulated(fields: Sequence[float], run: Run) -> Shape:
    # Before ngspice 46 AM(VA VO MF FC TD), since then AM(VO VMO VMA FM FC TD).
    earlier = abs(_field(fields, 2, 1 / run.duration)) + abs(_field(fields, 3, 0.0))
    later = abs(_field(fields, 3, 5 / run.duration)) + abs(_field(fields, 4, 500 / run.duration))
    delays = [_field(fields, 4, 0.0), _field(fields, 5, 0.0)]
    # with less than five fields the later reading would take its own carrier
    return _modulated(max(earlier, later if len(fields) > 4 else 0.0), delays, run)


def _modulated(highest: float, delays: Sequence[float], run: Run) -> Shape:
    courses = run.curve(min(delays), run.duration, PER_PERIOD / highest)
    return Shape(run.corners(delays), courses)


_SHAPES: Mapping[str, Callable[[Sequence[float], Run], Shape]] = {
    "pulse": _pulse,
    "sin": _sine,
    "sine": _sine,
    "exp": _exponential,
    "sffm": _frequency_modulated,
    "am": _amplitude_modulated,
    "pwl": lambda fields, run: _piecewise_linear(fields, {}, run),
}
