"""The one rule for reading between points: monotone cubics that cross no corner.

Within a stretch between two corners the curve is the piecewise cubic of Fritsch and Butland
(SIAM J. Sci. Stat. Comput. 5, 300 (1984), doi:10.1137/0905021), as in SciPy's
``PchipInterpolator``: it has no overshoot, and it needs only its neighbours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def nearest_points(time: FloatArray, moments: FloatArray) -> tuple[IntArray, FloatArray]:
    """Give the point nearest to each moment, and how far it is.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Increasing times [s].
    moments : ndarray, shape (k,)
        Times [s], in any order.

    Returns
    -------
    indices : ndarray of int, shape (k,)
        Of the later point where two are as near.
    distances : ndarray, shape (k,)
        How far it is [s].
    """
    last = time.size - 1
    after = np.minimum(np.maximum(np.searchsorted(time, moments), min(1, last)), last)
    before = np.maximum(after - 1, 0)
    to_next, to_last = np.abs(time[after] - moments), np.abs(moments - time[before])
    return np.where(to_next <= to_last, after, before), np.minimum(to_next, to_last)


def corner_indices(time: FloatArray, corner_times: FloatArray) -> IntArray:
    """Give the points that stand for corners: the nearest one to each corner time.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Increasing times [s].
    corner_times : ndarray
        Times at which the slope may jump [s], in any order.

    Returns
    -------
    ndarray of int
        Indices in ``1 … n - 2``, increasing, each once.
    """
    return inner_points(nearest_points(time, corner_times)[0], time.size)


def inner_points(indices: IntArray, count: int) -> IntArray:
    """Give those of some indices that are neither the first nor the last, sorted, each once.

    Parameters
    ----------
    indices : ndarray of int
        Points, in any order.
    count : int
        How many points there are [1].
    """
    corners = np.unique(indices)
    return corners[(corners > 0) & (corners < count - 1)]


def monotone_slopes(
    time: FloatArray, values: FloatArray, corners: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Give the slopes of the curve on both sides of every point.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Increasing times [s].
    values : ndarray, shape (n,) or (n, m)
        One signal or several.
    corners : ndarray of int
        Points at which the slope may jump.

    Returns
    -------
    right, left : ndarray, shape of `values`
        Slope after and before each point [1/s times the unit of the values]; they differ
        at corners only.
    """
    shape = (-1,) + (1,) * (values.ndim - 1)
    h = np.diff(time).reshape(shape)
    slope = np.diff(values, axis=0) / h
    right = np.empty_like(values)
    h0, h1, m0, m1 = h[:-1], h[1:], slope[:-1], slope[1:]
    w0, w1 = 2 * h1 + h0, h1 + 2 * h0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # weighted harmonic mean, equation 5 of the paper; zero at an extremum
        mean = (w0 + w1) / (w0 / m0 + w1 / m1)
        right[1:-1] = np.where((np.sign(m0) * np.sign(m1)) > 0, mean, 0.0)
    left = right.copy()
    cut = np.zeros(time.size, dtype=bool)
    cut[corners] = True
    cut[0] = cut[-1] = True
    ends = np.flatnonzero(cut)
    for side, step in ((right, 1), (left, -1)):
        own = ends[:-1] if step == 1 else ends[1:]
        near = own if step == 1 else own - 1  # the interval at this end
        far = np.clip(near + step, 0, slope.shape[0] - 1)
        alone = (cut[own + step] | (far == near)).reshape(shape)  # one interval is straight
        side[own] = np.where(alone, slope[near], _end(h[near], h[far], slope[near], slope[far]))
    return right, left


def _end(h0: FloatArray, h1: FloatArray, m0: FloatArray, m1: FloatArray) -> FloatArray:
    """Slope at an end by three points, kept monotone."""
    d = ((2 * h0 + h1) * m0 - h0 * m1) / (h0 + h1)
    d = np.where(np.sign(d) != np.sign(m0), 0.0, d)
    steep = (np.sign(m0) != np.sign(m1)) & (np.abs(d) > 3 * np.abs(m0))
    return np.where(steep, 3 * m0, d)


def read_between(
    time: FloatArray,
    values: FloatArray,
    slopes: tuple[FloatArray, FloatArray],
    wanted: FloatArray,
) -> FloatArray:
    """Read the curve, held constant beyond its ends.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Increasing times [s].
    values : ndarray, shape (n,) or (n, m)
        One signal or several.
    slopes : pair of ndarray
        From `monotone_slopes`.
    wanted : ndarray, shape (k,)
        Times to read at [s].

    Returns
    -------
    ndarray, shape (k,) or (k, m)
    """
    right, left = slopes
    x = np.clip(wanted, time[0], time[-1])
    i = np.clip(np.searchsorted(time, x, side="right") - 1, 0, time.size - 2)
    step = time[i + 1] - time[i]
    shape = (-1,) + (1,) * (values.ndim - 1)
    share = np.divide(x - time[i], step, out=np.ones(x.shape), where=step > 0)  # a jump: its end
    s = share.reshape(shape)
    h = step.reshape(shape)
    rise = values[i + 1] - values[i]
    d0, d1 = right[i] * h, left[i + 1] * h
    result: FloatArray = values[i] + s * (
        d0 + s * (3 * rise - 2 * d0 - d1 + s * (d0 + d1 - 2 * rise))
    )
    return result


def interpolate(
    time: FloatArray, values: FloatArray, wanted: FloatArray, breakpoints: FloatArray
) -> FloatArray:
    """Interpolate within each stretch between breakpoints.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Points [s].
    values : ndarray, shape (n,)
        Values at the points.
    wanted : ndarray
        Times to read at [s], any shape.
    breakpoints : ndarray
        Times that no stretch crosses [s]. The solver places a point on each.
    """
    if time.size < 2:
        return np.full(wanted.shape, values[0])
    slopes = monotone_slopes(time, values, corner_indices(time, breakpoints))
    return read_between(time, values, slopes, wanted.ravel()).reshape(wanted.shape)
