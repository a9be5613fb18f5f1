"""A second look where the solver's points do not show the shape of a signal.

ngspice chooses its steps by the truncation error of charges. A circuit that stores nothing,
or whose currents bend more than its charges do, gets too few points, and what is read
between them is wrong without a word. Here every run is judged (`optospice.resolution`) and
repeated with steps of our choosing until the error between the points is below the bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from optospice.fewest_points import CloserLook
from optospice.interpolation import (
    FloatArray,
    corner_indices,
    inner_points,
    nearest_points,
)
from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.steps import LongestSteps, MeshSteps, Steps
from optospice.ngspice.storage import SAME_TIME, stores_nothing
from optospice.resolution import (
    JUMP,
    SHORTEST_SHOWN,
    BoolArray,
    Look,
    look_at,
    peaks,
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
_FEWEST = (0.78, 0.66, 0.5, 0.25)
#: How much longer than asked a step along a ramp may be before anybody looks closer [1].
_SLACK = 2.5
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
    is_current = np.array([names_current(name) for name in wanted])
    elsewhere = max((float(np.abs(vectors[name]).max()) for name in demand.currents), default=0.0)
    scale = peaks(values, is_current, elsewhere)
    nearest, distances = nearest_points(time, demand.corners)
    look = look_at(time, values, inner_points(nearest, time.size), scale, demand.bound * _SHARE)
    longest = _longest_of(demand.courses, float(time[-1]))
    met = bool((distances <= SAME_TIME * time[-1]).all())
    if look.worst <= demand.bound * _SHARE and met and _is_fine(time, longest, _SLACK):
        return Resolved(vectors, look.jumps)
    start = _Start(values, scale, is_current, elsewhere, look, longest)
    if demand.without_charge or stores_nothing(time, demand.corners):
        found = _without_charge(simulate, wanted, demand, start)
        if found is not None:
            return found
    start = replace(start, look=_at_rest(look))
    if start.look.worst <= demand.bound * _SHARE and met and _is_fine(time, longest, _SLACK):
        return Resolved(vectors, look.jumps)
    _, _, look, vectors, runs = _closer(simulate, wanted, demand, start, _AGAIN, False)
    return Resolved(vectors, look.jumps, runs)


def names_current(vector: str) -> bool:
    """Whether a vector is a current: of a source, or inside an element."""
    return vector.startswith("i(") or vector.endswith(("#branch", "]"))


def _at_rest(look: Look) -> Look:
    """Leave out what is too short for the current of a capacitance."""
    short = np.diff(look.time) < SHORTEST_SHOWN * look.time[-1]
    return replace(look, errors=np.where(short, 0.0, look.errors))


@dataclass(frozen=True)
class _Start:
    """What the solver's own steps gave, and what they have to show."""

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
    moved = points.copy()
    moved[nearest_points(points, own)[0]] = own
    return np.unique(moved)


def _longest_of(courses: Sequence[Course], duration: float) -> tuple[FloatArray, FloatArray]:
    """Give the longest steps along courses: edges [s] and the step between each two [s]."""
    if not courses:
        return np.array([0.0, duration]), np.array([np.inf])
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
    close = CloserLook.of(look, values, scale)
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
