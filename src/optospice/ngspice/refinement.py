"""A second look where the solver's points do not show the shape of a signal.

ngspice chooses its steps by the truncation error of charges. A circuit that stores nothing,
or whose currents bend more than its charges do, gets too few points, and what is read
between them is wrong without a word. Here every run is judged (`optospice.resolution`) and
repeated with steps of our choosing until the error between the points is below the bound.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from optospice.interpolation import (
    FloatArray,
    corner_indices,
    monotone_slopes,
    read_between,
)
from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.steps import LongestSteps, MeshSteps, Steps
from optospice.resolution import (
    JUMP,
    SHORTEST_SHOWN,
    BoolArray,
    Look,
    look_at,
    mesh,
    need_of_points,
    peaks,
    shape_of,
    wanted_steps,
)
from optospice.stimulus import Course

#: Share of the bound that reading between points may use up; the solver has the rest [1].
_SHARE = 0.4
#: The same once a run is repeated: where a curve has a kink, an estimate says a quarter of it.
_AGAIN = 0.15
#: Share of the bound that a closer look may be off by [1].
_CLOSE = 0.1
#: Shares of the bound that the fewest points may use up, one after the other [1].
_FEWEST = (0.72, 0.5, 0.25)
#: Where between the points of a closer look the fewest are checked [1].
_CHECKED = np.array([0.25, 0.5, 0.75])
#: How densely the fewest points may lie: weight of the harmonic term of `need_of_points`,
#: its power, and the least density as a fraction of the largest.
_DENSITIES = ((1.0, 1.0, 1e-3), (1.0, 1.0, 3e-2), (1.0, 0.75, 1e-3), (1.0, 0.6, 1e-3))
#: How much longer than asked a step along a ramp may be before anybody looks closer [1].
_SLACK = 2.5
#: Times closer than this share of the run are the same: ngspice takes two breakpoints for
#: one when they are closer than 1e-10 of the largest step [1].
_SAME_TIME = 2e-10
#: Looks at one run [1]: each may shorten a step to a sixteenth. After half of them what a first
#: look would pass is enough: rounding can hide the rest.
_LOOKS = 14
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
    without_charge : bool
        Whether the circuit's text holds nothing that stores charge.
    """

    bound: float
    corners: FloatArray
    courses: Sequence[Course] = ()
    currents: Sequence[str] = ()
    without_charge: bool = False


_CHARGE = re.compile(
    r"^[ \t]*[cltojmqzk][\w.:+\-]*[ \t]|\b(?:cjo|cj0|cj|tt|cjp|cjsw)[ \t]*=|\bddt\b",
    re.IGNORECASE | re.MULTILINE,
)


def is_without_charge(text: str) -> bool:
    """Whether SPICE text holds nothing that stores charge or flux.

    Parameters
    ----------
    text : str
        Element lines and models that the guard wrote.
    """
    return _CHARGE.search(text) is None


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
    start = _Start(time, values, scale, is_current, elsewhere, look, longest)
    if demand.without_charge or stores_nothing(time, demand.corners):
        found = _without_charge(simulate, wanted, demand, start)
        if found is not None:
            return found
    start = replace(start, look=_at_rest(look))
    if start.look.worst <= demand.bound * _SHARE and met and _is_fine(time, longest, _SLACK):
        return Resolved(vectors, look.jumps)
    _, _, look, vectors, runs = _closer(simulate, wanted, demand, start, _AGAIN, False)
    return Resolved(vectors, look.jumps, runs)


def _at_rest(look: Look) -> Look:
    """Leave out what is too short for the current of a capacitance."""
    short = np.diff(look.time) < SHORTEST_SHOWN * look.time[-1]
    return replace(look, errors=np.where(short, 0.0, look.errors))


@dataclass(frozen=True)
class _Start:
    """What the solver's own steps gave, and what they have to show."""

    time: FloatArray
    values: FloatArray
    scale: FloatArray
    is_current: BoolArray
    largest_current: float
    look: Look
    longest: tuple[FloatArray, FloatArray]


def _closer(
    simulate: Callable[[Steps | None], Vectors],
    wanted: Sequence[str],
    demand: Demand,
    start: _Start,
    share: float,
    stores_nothing: bool,
) -> tuple[FloatArray, FloatArray, Look, Vectors, int]:
    """Look closer until a share of the bound is reached.

    Returns
    -------
    values, scale : ndarray
        Signals and their peaks.
    look : Look
        The last look.
    vectors : mapping of str to ndarray
        The last run.
    runs : int
        How many there were [1].

    Raises
    ------
    RunFailedError
        When it is not reached.
    """
    values, scale, look = start.values, start.scale, start.look
    aim = share * demand.bound
    for runs in range(2, _LOOKS):
        steps = np.minimum(wanted_steps(look, aim), _longest_in(look.time, start.longest))
        after = np.empty(0) if stores_nothing else _after_jumps(look, values, aim)
        try:
            try:
                vectors = simulate(_steps(look, steps, demand, stores_nothing, after))
            except RunFailedError:
                if not after.size:
                    raise
                # rounding can make a charge look restless in so short a step
                nowhere = np.empty(0)
                vectors = simulate(_steps(look, steps, demand, stores_nothing, nowhere))
        except RunFailedError as error:
            raise RunFailedError(
                f"{_sentence(look, values, scale, wanted, demand)}, and with shorter steps: {error}"
            ) from None
        time, values = _stacked(vectors, wanted)
        scale = np.maximum(scale, peaks(values, start.is_current, start.largest_current))
        corners = corner_indices(time, demand.corners)
        look = look_at(time, values, corners, scale, aim, closely=stores_nothing)
        if not stores_nothing:
            look = _at_rest(look)
        enough = aim if stores_nothing or runs < _LOOKS // 2 else demand.bound * _SHARE
        if look.worst <= enough and _is_fine(time, start.longest, 1.1):
            return values, scale, look, vectors, runs
    raise RunFailedError(
        f"{_sentence(look, values, scale, wanted, demand)}, after {_LOOKS} runs with ever "
        "shorter steps"
    )


def _stacked(vectors: Vectors, wanted: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """Give the times and all wanted signals, shape (n, m)."""
    return vectors["time"], np.stack([vectors[name] for name in wanted], axis=1)


def _steps(
    look: Look,
    steps: FloatArray,
    demand: Demand,
    stores_nothing: bool,
    after: FloatArray,
) -> Steps:
    h = np.diff(look.time)
    parts = np.ceil(h / steps - 0.01)
    if parts.sum() > MOST_POINTS:
        raise RunFailedError(
            f"this accuracy takes about {parts.sum():.2g} points; accepted: up to "
            f"{MOST_POINTS:g}, by a shorter duration or another accuracy profile"
        )
    if not stores_nothing:
        return LongestSteps(look.time, steps, np.concatenate([demand.corners, after]))
    # points once taken stay, so that each look is closer than the one before
    counts = parts.astype(np.int64)
    interval = np.repeat(np.arange(h.size), counts)
    place = np.arange(1, counts.sum() + 1) - np.repeat(np.cumsum(counts) - counts, counts)
    points = look.time[interval] + h[interval] * place / counts[interval]
    points[np.cumsum(counts) - 1] = look.time[1:]
    return MeshSteps(_through(demand.corners, np.concatenate([look.time[:1], points])))


def _after_jumps(look: Look, values: FloatArray, aim: float) -> FloatArray:
    """Give times just after those corners at which a signal jumps [s].

    The current of a capacitance follows the slope of its voltage and jumps with it.
    """
    first = look.corners[look.corners < look.time.size - 2]
    h = np.diff(look.time)
    first = first[(look.errors[first] > aim) & (h[first] > JUMP * look.time[-1])]
    change = np.abs(np.diff(values, axis=0)) / h[:, None]
    jumps = (change[first] > 4 * change[first + 1]).any(axis=1)
    found: FloatArray = look.time[first[jumps]] + 0.5 * JUMP * look.time[-1]
    return found


def _through(corner_times: FloatArray, points: FloatArray) -> FloatArray:
    """Move the points that stand for corners onto them: the solver may be late by a little."""
    own = corner_times[(corner_times > points[0]) & (corner_times < points[-1])]
    after = np.clip(np.searchsorted(points, own), 1, points.size - 1)
    nearest = np.where(points[after] - own < own - points[after - 1], after, after - 1)
    moved = points.copy()
    moved[nearest] = own
    return np.unique(moved)


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


def stores_nothing(time: FloatArray, corner_times: FloatArray) -> bool:
    """Whether every step was twice the one before, or cut by a corner: nothing held it back.

    So it is in a circuit without charge, whose steps the solver's error estimate never
    shortens, and whose values follow from the sources of the moment.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Points of a run with the solver's own steps [s].
    corner_times : ndarray
        Times at which a source changes its slope [s].
    """
    if not corners_are_met(time, corner_times):
        return False
    corners = corner_indices(time, corner_times)
    h = np.diff(time)
    free = np.ones(h.size, dtype=bool)
    free[:2] = False  # how a run begins
    free[corners] = False  # the first step after a corner is a tenth of what it could be
    free[corners - 1] = False  # the one before is cut
    free[-1] = False
    index = np.flatnonzero(free)
    return bool(index.size and (np.abs(h[index] / h[index - 1] - 2) < 1e-3).all())


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


def _without_charge(
    simulate: Callable[[Steps | None], Vectors],
    wanted: Sequence[str],
    demand: Demand,
    start: _Start,
) -> Resolved | None:
    """Give a run with no more points than the bound needs, proved by those of a closer look.

    The points of the two runs differ, so each value of the closer look is an independent
    check of what is read between the points of the other. None when the two do not agree
    and the text may hold a charge: then something is stored after all.

    Raises
    ------
    RunFailedError
        When they do not agree, and the text holds nothing that stores charge.
    """
    try:
        values, scale, look, _, runs = _closer(simulate, wanted, demand, start, _CLOSE, True)
    except RunFailedError:
        # a charge that hardly changes within the run holds no step back either
        if start.look.worst > _at_rest(start.look).worst and not demand.without_charge:
            return None
        raise
    close = _Close.of(look, values, scale)
    corner_times = np.union1d(demand.corners, look.jumps)
    for share in _FEWEST:
        points = _through(corner_times, close.fewest_points(share * demand.bound))
        vectors = simulate(MeshSteps(points))
        runs += 1
        time, found = _stacked(vectors, wanted)
        apart = close.error_of(time, found, corner_times)
        if apart <= (1 - _CLOSE) * demand.bound:
            return Resolved(vectors, look.jumps, runs)
    if demand.without_charge:
        raise RunFailedError(
            f"the points do not show {', '.join(wanted)} to {demand.bound:.2g} of the peak: two "
            f"runs of a circuit that stores nothing differ by {apart:.2g} where their points do"
        )
    return None


@dataclass(frozen=True)
class _Close:
    """A closer look, which stands for the truth: values at its points and between them."""

    look: Look
    slopes: tuple[FloatArray, FloatArray]
    values: FloatArray
    scale: FloatArray
    check_times: FloatArray
    check_values: FloatArray

    @classmethod
    def of(cls, look: Look, values: FloatArray, scale: FloatArray) -> _Close:
        time = look.time
        shape = shape_of(time, values, look.corners, scale)
        slopes = (shape.right, shape.left)
        # within a jump there is nothing to check
        curves = np.flatnonzero(np.diff(time) >= JUMP * time[-1])
        inside = time[curves] + _CHECKED[:, None] * np.diff(time)[curves]
        between = read_between(time, values, slopes, inside.ravel())
        times = np.concatenate([time, inside.ravel()])
        return cls(look, slopes, values, scale, times, np.concatenate([values, between]))

    def error_of(self, time: FloatArray, values: FloatArray, corner_times: FloatArray) -> float:
        """Give the largest distance of a curve through points from the closer look [1]."""
        slopes = monotone_slopes(time, values, corner_indices(time, corner_times))
        between = read_between(time, values, slopes, self.check_times)
        return float((np.abs(between - self.check_values) / self.scale).max())

    def fewest_points(self, bound: float) -> FloatArray:
        """Choose the fewest times [s] at which values tell everything within a bound [1]."""
        time, corners = self.look.time, self.look.corners
        quarters = time[:-1] + np.concatenate([[0.0], _CHECKED])[:, None] * np.diff(time)
        best = np.append(quarters.T.ravel(), time[-1])
        for harmonic, power, least in _DENSITIES:
            need = need_of_points(time, self.values, corners, self.scale, harmonic)
            if not need.max() > 0:
                need = np.ones_like(need)
            bounds = np.concatenate([[0], corners])
            largest = np.maximum.reduceat(need, bounds)
            width = np.diff(np.append(bounds, need.size))
            density = need**power + least * np.repeat(largest**power, width)
            density /= (density * np.diff(time)).sum()
            low, high = corners.size + 1.0, float(2 * time.size)
            while high > 1.04 * low:
                count = float(np.sqrt(low * high))
                points = mesh(time, count * density, corners)
                at_points = read_between(time, self.values, self.slopes, points)
                if self.error_of(points, at_points, time[corners]) <= bound:
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
