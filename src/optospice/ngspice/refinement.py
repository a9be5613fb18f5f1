"""A second look where the solver's points do not show the shape of a signal.

ngspice chooses its steps by the truncation error of charges. A circuit that stores nothing,
or whose currents bend more than its charges do, gets too few points, and what is read
between them is wrong without a word. Here every run is judged (`optospice.resolution`) and
repeated with steps of our choosing until the error between the points is below the bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from optospice.interpolation import (
    FloatArray,
    IntArray,
    corner_indices,
    monotone_slopes,
    read_between,
)
from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.steps import LongestSteps, MeshSteps, Steps
from optospice.resolution import Look, look_at, mesh, need_of_points, peaks, wanted_steps
from optospice.stimulus import Course

#: Share of the bound that reading between points may use up; the solver has the rest [1].
_SHARE = 0.6
#: Share of the bound at which a closer look is close enough to judge the points by [1].
_CLOSE = 0.4
#: Share of the bound that the fewest points may use up, by what a closer look shows [1].
_FEWEST = 0.8
#: How much longer than asked a step along a ramp may be before anybody looks closer [1].
_SLACK = 2.5
#: Times closer than this share of the run are the same: ngspice takes two breakpoints for
#: one when they are closer than 1e-10 of the largest step [1].
_SAME_TIME = 2e-10
#: Looks at one run [1]: each may shorten a step to a sixteenth.
_LOOKS = 14
#: Looks after which a closer look need not be as close as that [1].
_PATIENCE = 5
#: Points of one run [1].
MOST_POINTS = 5_000_000

Vectors = Mapping[str, FloatArray]


@dataclass(frozen=True)
class Demand:
    """What the points of a run have to show.

    Parameters
    ----------
    bound : float
        Largest error of every signal as a fraction of its peak [1].
    corners : ndarray
        Times at which a source changes its slope [s].
    courses : sequence of Course
        Ramps and curves.
    currents : sequence of str
        Vectors of currents that nobody asked for, which tell what a small current is.
    """

    bound: float
    corners: FloatArray
    courses: Sequence[Course] = ()
    currents: Sequence[str] = ()


@dataclass(frozen=True)
class Resolved:
    """A run whose points show its signals.

    Parameters
    ----------
    vectors : mapping of str to ndarray
        The run's vectors.
    jumps : ndarray
        Times [s] on both sides of jumps of a signal that no source makes.
    runs : int
        How often the circuit was simulated [1].
    """

    vectors: Vectors
    jumps: FloatArray = field(default_factory=lambda: np.empty(0))
    runs: int = 1


def resolve(
    simulate: Callable[[Steps | None], Vectors], wanted: Sequence[str], demand: Demand
) -> Resolved:
    """Simulate until the points show every wanted signal within the bound.

    Parameters
    ----------
    simulate : callable
        Runs the circuit, with the solver's own steps or with those given, and judges it.
    wanted : sequence of str
        Vectors that somebody will read.
    demand : Demand
        The bound, and what is known of the sources.

    Raises
    ------
    RunFailedError
        When the bound is not reached, naming the signal and the time.
    """
    vectors = simulate(None)
    time, values = _stacked(vectors, wanted)
    is_current = np.array(
        [name.startswith("i(") or name.endswith(("#branch", "]")) for name in wanted]
    )
    elsewhere = max((float(np.abs(vectors[name]).max()) for name in demand.currents), default=0.0)
    scale = peaks(values, is_current, elsewhere)
    corners = corner_indices(time, demand.corners)
    look = look_at(time, values, corners, scale, demand.bound * _SHARE)
    longest = _longest_of(demand.courses, float(time[-1]))
    met = corners_are_met(time, demand.corners)
    if look.worst <= demand.bound * _SHARE and met and _is_fine(time, longest, _SLACK):
        return Resolved(vectors, look.jumps)
    stores_nothing = met and _doubles(time, corners)
    aim = _CLOSE if stores_nothing else _SHARE
    for runs in range(2, _LOOKS):
        steps = np.minimum(wanted_steps(look, aim * demand.bound), _longest_in(time, longest))
        try:
            vectors = simulate(_steps(look, steps, demand, stores_nothing))
        except RunFailedError as error:
            raise RunFailedError(
                f"{_sentence(look, values, scale, wanted, demand)}, and with shorter steps: {error}"
            ) from None
        time, values = _stacked(vectors, wanted)
        scale = np.maximum(scale, peaks(values, is_current, elsewhere))
        corners = corner_indices(time, demand.corners)
        look = look_at(time, values, corners, scale, demand.bound * aim)
        # a steep step takes many looks until its steps are even; good is good enough then
        good = aim if runs <= _PATIENCE else _SHARE
        if look.worst <= demand.bound * good and _is_fine(time, longest, 1.1):
            break
    else:
        raise RunFailedError(
            f"{_sentence(look, values, scale, wanted, demand)}, after {_LOOKS} runs with ever "
            "shorter steps"
        )
    found = Resolved(vectors, look.jumps, runs)
    if stores_nothing and not look.jumps.size:
        return _fewest(simulate, wanted, demand, found, scale)
    return found


def _stacked(vectors: Vectors, wanted: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """Give the times and all wanted signals, shape (n, m)."""
    return vectors["time"], np.stack([vectors[name] for name in wanted], axis=1)


def _steps(look: Look, steps: FloatArray, demand: Demand, stores_nothing: bool) -> Steps:
    h = np.diff(look.time)
    parts = np.ceil(h / steps - 0.01)
    if parts.sum() > MOST_POINTS:
        raise RunFailedError(
            f"this accuracy takes about {parts.sum():.2g} points; accepted: up to "
            f"{MOST_POINTS:g}, by a shorter duration or another accuracy profile"
        )
    if not stores_nothing:
        return LongestSteps(look.time, steps, demand.corners)
    # points once taken stay, so that each look is closer than the one before
    counts = parts.astype(np.int64)
    interval = np.repeat(np.arange(h.size), counts)
    place = np.arange(1, counts.sum() + 1) - np.repeat(np.cumsum(counts) - counts, counts)
    points = look.time[interval] + h[interval] * place / counts[interval]
    points[np.cumsum(counts) - 1] = look.time[1:]
    return MeshSteps(np.concatenate([look.time[:1], points]))


def corners_are_met(time: FloatArray, corner_times: FloatArray) -> bool:
    """Whether the solver placed a point on every corner.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Points of a run [s].
    corner_times : ndarray
        Times within the run [s].
    """
    after = np.clip(np.searchsorted(time, corner_times), 1, time.size - 1)
    distance = np.minimum(
        np.abs(time[after] - corner_times), np.abs(time[after - 1] - corner_times)
    )
    return bool((distance <= _SAME_TIME * time[-1]).all())


def _doubles(time: FloatArray, corners: IntArray) -> bool:
    """Whether every step was twice the one before, or cut by a corner: nothing held it back.

    So it is in a circuit without charge, whose steps the solver's error estimate never
    shortens.
    """
    h = np.diff(time)
    free = np.ones(h.size, dtype=bool)
    free[:2] = False  # how a run begins
    free[corners] = False  # the first step after a corner is a tenth of what it could be
    free[corners - 1] = False  # the one before is cut
    free[-1] = False
    index = np.flatnonzero(free)
    if not index.size:
        return False
    return bool((np.abs(h[index] / h[index - 1] - 2) < 1e-3).all())


def _longest_of(courses: Sequence[Course], duration: float) -> tuple[FloatArray, FloatArray]:
    """Give the longest steps along courses: edges [s] and the step between each two [s]."""
    places = {0.0, duration}
    for course in courses:
        places |= {min(course.start, duration), min(course.stop, duration)}
    edges = np.array(sorted(places))
    longest = np.full(edges.size - 1, np.inf)
    for course in courses:
        first, last = np.searchsorted(edges, [course.start, min(course.stop, duration)])
        longest[first:last] = np.minimum(longest[first:last], course.longest)
    return edges, longest


def _longest_in(time: FloatArray, longest: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Give the longest step that each interval may be cut into [s]."""
    edges, steps = longest
    middle = (time[:-1] + time[1:]) / 2
    found: FloatArray = steps[np.clip(np.searchsorted(edges, middle) - 1, 0, steps.size - 1)]
    return found


def _is_fine(time: FloatArray, longest: tuple[FloatArray, FloatArray], slack: float) -> bool:
    """Whether no interval along a course is too long for a shape to be seen."""
    if longest[1].size == 1 and not np.isfinite(longest[1][0]):
        return True
    return bool((np.diff(time) <= slack * _longest_in(time, longest)).all())


def _fewest(
    simulate: Callable[[Steps | None], Vectors],
    wanted: Sequence[str],
    demand: Demand,
    close: Resolved,
    scale: FloatArray,
) -> Resolved:
    """Give a run with no more points than the bound needs, proved by those of the closer look.

    The points of the two runs differ, so each value of the closer look is an independent
    check of what is read between the points of the other.
    """
    time, values = _stacked(close.vectors, wanted)
    corners = corner_indices(time, demand.corners)
    points = _fewest_points(time, values, corners, scale, _FEWEST * demand.bound)
    if points.size > 0.8 * time.size:
        return close
    vectors = simulate(MeshSteps(points))
    error = _error_of(*_stacked(vectors, wanted), demand.corners, time, values, scale)
    if error > demand.bound:
        return close
    return Resolved(vectors, close.jumps, close.runs + 1)


def _error_of(
    time: FloatArray,
    values: FloatArray,
    corner_times: FloatArray,
    check_time: FloatArray,
    check_values: FloatArray,
    scale: FloatArray,
) -> float:
    """Give the largest distance of a curve through points from other points of the same run."""
    slopes = monotone_slopes(time, values, corner_indices(time, corner_times))
    between = read_between(time, values, slopes, check_time)
    return float((np.abs(between - check_values) / scale).max())


def _fewest_points(
    time: FloatArray, values: FloatArray, corners: IntArray, scale: FloatArray, bound: float
) -> FloatArray:
    """Choose the fewest points from which a closely looked at run can be read [s].

    The closer look stands for the truth: a mesh is good when the curve through its values
    at the mesh meets all of its points.
    """
    slopes = monotone_slopes(time, values, corners)
    need = need_of_points(time, values, corners, scale)
    best = time
    for power, least in ((1.0, 1e-3), (1.0, 3e-2), (0.75, 3e-2)):
        density = need**power + least * need.max() ** power
        density /= (density * np.diff(time)).sum()
        low, high = corners.size + 1.0, float(time.size)
        while high > 1.05 * low:
            count = float(np.sqrt(low * high))
            points = mesh(time, count * density, corners)
            at_points = read_between(time, values, slopes, points)
            if _error_of(points, at_points, time[corners], time, values, scale) <= bound:
                high = count
                if points.size < best.size:
                    best = points
            else:
                low = count
    return best


def _sentence(
    look: Look, values: FloatArray, scale: FloatArray, wanted: Sequence[str], demand: Demand
) -> str:
    """Say where the points do not show a signal."""
    place = int(look.errors.argmax())
    change = np.abs(np.diff(values[max(place - 1, 0) : place + 3], axis=0)) / scale
    worst = wanted[int(change.max(axis=0).argmax())]
    return (
        f"the points do not show {worst} to {demand.bound:.2g} of its peak: between "
        f"{look.time[place]:.9g} s and {look.time[place + 1]:.9g} s it may be off by "
        f"{look.errors[place]:.2g}"
    )
