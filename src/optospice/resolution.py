"""Whether points are dense enough to be read between, and where more are needed.

The solver watches charges: where nothing is stored it takes steps as long as it likes, and
what lies between two points is a guess. Here the guess is judged on the points themselves.
Each interval gets an estimate of how far the curve through the points
(`optospice.interpolation`) may be from the truth, as a fraction of each signal's peak; from
these estimates follow the steps of the next look.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optospice.interpolation import FloatArray, IntArray, monotone_slopes

BoolArray = NDArray[np.bool_]

#: Signals below this share of the largest one of their kind are judged against that share:
#: a gate current of rounding errors has no shape.
SMALLEST_SHARE = 1e-9
#: What the solver itself takes for nothing, a thousandfold: currents [A] and voltages [V].
_NOTHING = {True: 1e-14, False: 1e-6}
#: A step shorter than this share of the run is a jump, not a curve: the solver tells no
#: times apart that are closer than 1e-10 of its largest step [1].
JUMP = 1e-9
#: Where charge is stored, what takes less than this share of the run is read at its ends: the
#: current of a capacitance is uncertain by its rounding over so short a step [1].
SHORTEST_SHOWN = 1e-6
#: Points of the polynomial that slopes are compared with [1].
_STENCIL = 5
#: By how much of the way between them the steps of two intervals may differ [1].
_GRADING = 0.2
#: The same for what is left of a step before a corner [1].
_SLIVER = 1e-8
#: Intervals of a stretch below which its shape is known only roughly [1], and the factor on
#: its estimated errors.
_FEW, _CAUTION = 8, 8.0
#: Where within an interval the two curves are compared [1].
_PLACES = np.array([0.2, 0.5, 0.8])


def peaks(values: FloatArray, is_current: BoolArray, largest_current: float = 0.0) -> FloatArray:
    """Give what errors are measured in: the largest absolute value of each signal.

    Parameters
    ----------
    values : ndarray, shape (n, m)
        Signals [A or V].
    is_current : ndarray of bool, shape (m,)
        Which of them are currents.
    largest_current : float
        Largest current elsewhere in the circuit [A].

    Returns
    -------
    ndarray, shape (m,)
        Above zero. What is a billion times smaller than the largest signal of its kind is
        measured against that one: it is rounding, and has no shape.
    """
    found: FloatArray = np.abs(values).max(axis=0)
    for current, elsewhere in ((True, largest_current), (False, 0.0)):
        kind = is_current == current
        if kind.any():
            floor = SMALLEST_SHARE * max(elsewhere, float(found[kind].max()))
            found[kind] = np.maximum(found[kind], max(floor, _NOTHING[current]))
    return found


def straight_line_errors(
    time: FloatArray, values: FloatArray, corners: IntArray, scale: FloatArray
) -> FloatArray:
    """Estimate the error of straight lines between points, from the change of slope.

    Cheap, and an upper bound for the monotone cubic wherever the points show the shape; where
    a stretch has few, with a margin.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Points [s].
    values : ndarray, shape (n, m)
        Signals.
    corners : ndarray of int
        Points at which a slope may jump.
    scale : ndarray, shape (m,)
        Peaks of the signals.

    Returns
    -------
    ndarray, shape (n - 1,)
        Largest error over the signals in each interval, as a fraction of the peak [1]. An
        interval between two corners shows nothing of its shape; its change counts instead.
    """
    h = time[1:] - time[:-1]
    change = values[1:] - values[:-1]
    slope = change / h[:, None]
    bend = np.abs(slope[1:] - slope[:-1])
    # h^2 |f''| / 8 with f'' = bend / ((h0 + h1) / 2)
    per_point = (bend / scale).max(axis=1) / (4 * (h[:-1] + h[1:]))
    cut = np.zeros(time.size, dtype=bool)
    cut[corners] = True
    cut[0] = cut[-1] = True
    at_point = np.zeros(time.size)
    at_point[1:-1] = per_point
    at_point[cut] = 0.0
    errors: FloatArray = h * h * np.maximum(at_point[:-1], at_point[1:])
    ends = np.flatnonzero(cut)
    counts = ends[1:] - ends[:-1]
    if counts.min() < _FEW:  # a handful of slopes may miss where the curve bends most
        errors[np.repeat(counts < _FEW, counts)] *= _CAUTION
    blind = np.flatnonzero(cut[:-1] & cut[1:])
    if blind.size:
        errors[blind] = (np.abs(change[blind]) / scale).max(axis=1) / 4
    return errors


@dataclass(frozen=True)
class Shape:
    """What polynomials through five points of a stretch tell of signals.

    Parameters
    ----------
    right, left : ndarray, shape (n, m)
        Slopes after and before each point, an order more exact than those of the monotone
        cubic.
    monotone_errors : ndarray, shape (n - 1,)
        Estimated error of the monotone cubic in each interval as a fraction of the peak [1].
    own_errors : ndarray, shape (n - 1,)
        The same of the cubic with the slopes given here.
    """

    right: FloatArray
    left: FloatArray
    monotone_errors: FloatArray
    own_errors: FloatArray


def shape_of(time: FloatArray, values: FloatArray, corners: IntArray, scale: FloatArray) -> Shape:
    """Estimate slopes and errors from the polynomials through five points each.

    Parameters
    ----------
    time, values, corners, scale
        As for `straight_line_errors`.
    """
    h = np.diff(time)
    right, left = monotone_slopes(time, values, corners)
    after, before = right.copy(), left.copy()
    bounds = np.unique(np.concatenate([[0], corners, [time.size - 1]]))
    monotone, own = np.zeros(time.size - 1), np.zeros(time.size - 1)
    lengths = np.diff(bounds) + 1
    for count in range(2, _STENCIL + 1):
        chosen = lengths == count if count < _STENCIL else lengths >= _STENCIL
        if not chosen.any():
            continue
        first, last = bounds[:-1][chosen], bounds[1:][chosen]
        if count == 2:
            rise = np.abs(values[last] - values[first]) / scale
            monotone[first] = own[first] = rise.max(axis=1) / 4
            continue
        intervals = _ranges(first, last - first)
        stretch = np.repeat(np.arange(first.size), last - first)
        lowest, highest = first[stretch], last[stretch] - count + 1
        start = np.clip(intervals - (count - 1) // 2, lowest, highest)
        nodes = start[:, None] + np.arange(count)
        t, y = time[nodes], values[nodes]
        after[intervals] = _slope(t, y, time[intervals])
        before[intervals + 1] = _slope(t, y, time[intervals + 1])
        step = h[intervals][:, None]
        d0 = step * (right[intervals] - after[intervals]) / scale
        d1 = step * (left[intervals + 1] - before[intervals + 1]) / scale
        s = _PLACES[:, None, None]
        wrong = np.abs(d0 * s * (1 - s) ** 2 - d1 * s**2 * (1 - s)).max(axis=0)
        # h^4 f'''' / 384 of the cubic through the true slopes. At the end of a stretch, where
        # all points lie to one side, what the fifth point changes; with fewer points than
        # five the highest difference that there is
        aside = (start != intervals - (count - 1) // 2)[:, None]
        share = np.where(aside, 1.0, 1 / 16) if count == _STENCIL else 1 / 8
        highest_difference = np.abs(_divided_difference(t, y)) / scale
        rest = highest_difference * step ** (count - 1) * share
        own[intervals] = rest.max(axis=1)
        monotone[intervals] = (wrong + rest).max(axis=1)
    doubt = _doubt(after, before, bounds, scale)
    of_slopes = 0.15 * h * np.maximum(doubt[:-1], doubt[1:])  # largest of s (1 - s)^2
    return Shape(after, before, monotone + of_slopes, own + of_slopes)


def _doubt(
    after: FloatArray, before: FloatArray, bounds: IntArray, scale: FloatArray
) -> FloatArray:
    """Tell how far the slopes from two sets of five points differ at each point, shape (n,).

    At the ends of a stretch there is one set only, and it lies to one side: twice what its
    neighbour says.
    """
    doubt: FloatArray = (np.abs(after - before) / scale).max(axis=1)
    right = np.minimum(bounds[:-1] + 1, bounds[1:])
    left = np.maximum(bounds[1:] - 1, bounds[:-1])
    ends = np.zeros(doubt.size)
    ends[bounds[:-1]] = 2 * np.where(right < bounds[1:], doubt[right], 0.0)
    at_left = 2 * np.where(left > bounds[:-1], doubt[left], 0.0)
    ends[bounds[1:]] = np.maximum(ends[bounds[1:]], at_left)
    doubt[bounds] = ends[bounds]
    return doubt


def _ranges(first: IntArray, counts: IntArray) -> IntArray:
    """Give ``first[k], first[k] + 1, …``, `counts[k]` of them, one after the other."""
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    result: IntArray = np.repeat(first, counts) + offset
    return result


def _slope(t: FloatArray, y: FloatArray, at: FloatArray) -> FloatArray:
    """Give the slope of the polynomial through the points of each row at one of them.

    Parameters
    ----------
    t : ndarray, shape (k, c)
        Times of each row.
    y : ndarray, shape (k, c, m)
        Values.
    at : ndarray, shape (k,)
        One of the times of each row.
    """
    count = t.shape[1]
    gap = t[:, :, None] - t[:, None, :]  # t_k - t_l
    gap[:, np.arange(count), np.arange(count)] = 1.0
    weight = 1.0 / gap.prod(axis=2)  # barycentric
    distance = at[:, None] - t
    here = np.argmin(np.abs(distance), axis=1)
    rows = np.arange(t.shape[0])
    distance[rows, here] = 1.0
    factor = (weight / weight[rows, here][:, None]) / distance
    factor[rows, here] = 0.0
    result: FloatArray = np.einsum("kc,kcm->km", factor, y - y[rows, here][:, None, :])
    return result


def _divided_difference(t: FloatArray, y: FloatArray) -> FloatArray:
    """Give the highest divided difference of each row, shape (k, m)."""
    order = 1
    while y.shape[1] > 1:
        y = np.diff(y, axis=1) / (t[:, order:] - t[:, :-order])[:, :, None]
        order += 1
    return y[:, 0]


@dataclass(frozen=True)
class Look:
    """How well the points of one run show its signals.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Points [s].
    errors : ndarray, shape (n - 1,)
        Estimated error in each interval as a fraction of the peak [1].
    corners : ndarray of int
        Points at which a slope may jump.
    jumps : ndarray
        Times on both sides of jumps [s]: intervals that no refinement makes a curve.
    """

    time: FloatArray
    errors: FloatArray
    corners: IntArray
    jumps: FloatArray

    @property
    def worst(self) -> float:
        """Largest error [1]."""
        return float(self.errors.max(initial=0.0))


def look_at(
    time: FloatArray,
    values: FloatArray,
    corners: IntArray,
    scale: FloatArray,
    enough: float,
    closely: bool = False,
) -> Look:
    """Judge the points of a run.

    Parameters
    ----------
    time, values, corners, scale
        As for `straight_line_errors`.
    enough : float
        Error below which nobody needs to look closer [1].
    closely : bool
        Whether to judge the cubic with the slopes of `shape_of` in place of the monotone
        one that waveforms are read by.
    """
    h = np.diff(time)
    before = corners - 1
    slivers = before[(h[before] < _SLIVER * time[-1]) & (h[before] < 1e-3 * h[before - 1])]
    if slivers.size:  # a step that ended just before a corner, and the rounding of the next
        corners = np.union1d(corners, slivers[slivers > 0])
    errors = straight_line_errors(time, values, corners, scale)
    errors[slivers] = 0.0
    if errors.max(initial=0.0) <= enough:
        return Look(time, errors, corners, np.empty(0))
    # an interval between two corners that is no longer is as short as its source made it
    jump = np.flatnonzero((h < JUMP * time[-1]) & (errors > enough))
    jump = jump[~(np.isin(jump, corners) & np.isin(jump + 1, corners))]
    if jump.size:
        corners = np.union1d(corners, np.concatenate([jump, jump + 1]))
        corners = corners[(corners > 0) & (corners < time.size - 1)]
    shape = shape_of(time, values, corners, scale)
    errors = np.minimum(errors, shape.own_errors if closely else shape.monotone_errors)
    errors[jump] = errors[slivers] = 0.0
    return Look(time, errors, corners, np.unique(time[np.concatenate([jump, jump + 1])]))


def wanted_steps(look: Look, target: float) -> FloatArray:
    """Give the longest step that each interval may be cut into [s], from its estimated error.

    Parameters
    ----------
    look : Look
        The run looked at.
    target : float
        Error to aim at [1].

    Returns
    -------
    ndarray, shape (n - 1,)
        No longer than the intervals. In a stretch with an interval to cut, neighbours
        differ by little: the slopes of the monotone cubic lose an order where they do.
    """
    steps = np.diff(look.time)
    coarse = look.errors > target
    ratio = target / look.errors[coarse]
    steps[coarse] *= np.clip(0.7 * ratio**0.5, 1 / 16, 0.5)
    bounds = np.concatenate([[0], look.corners, [look.time.size - 1]])
    stretches = np.unique(np.searchsorted(bounds, np.flatnonzero(coarse), side="right") - 1)
    for first, last in zip(bounds[stretches], bounds[stretches + 1], strict=True):
        time = look.time[first : last + 1]
        rise = _GRADING * (time[:-1] + time[1:] - 2 * time[0]) / 2
        own = steps[first:last]
        from_left = np.minimum.accumulate(own - rise) + rise
        from_right = np.minimum.accumulate((own + rise)[::-1])[::-1] - rise
        steps[first:last] = np.minimum(from_left, from_right)
    return steps
