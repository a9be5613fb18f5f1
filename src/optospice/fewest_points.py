"""The fewest points that tell what a closer look saw: for circuits in which nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optospice.interpolation import (
    FloatArray,
    IntArray,
    corner_indices,
    monotone_slopes,
    read_between,
)
from optospice.resolution import JUMP, Look, shape_of

#: Where between the points of a closer look the fewest are checked [1].
_CHECKED = np.array([0.25, 0.5, 0.75])
#: How densely the fewest points may lie: weight of the harmonic term of `need_of_points`,
#: its power, and the least density as a fraction of the largest.
_DENSITIES = ((1.0, 1.0, 1e-3), (0.5, 0.75, 1e-2), (1.0, 0.75, 1e-3), (1.0, 0.6, 1e-3))


@dataclass(frozen=True)
class CloserLook:
    """A closer look, which stands for the truth: values at its points and between them.

    Parameters
    ----------
    look : Look
        What it saw of its points.
    slopes : pair of ndarray
        After and before each point, of polynomials through five points.
    values : ndarray, shape (n, m)
        Signals at its points.
    scale : ndarray, shape (m,)
        Peaks of the signals.
    check_times : ndarray, shape (k,)
        Its points and times between them [s].
    check_values : ndarray, shape (k, m)
        The signals there.
    """

    look: Look
    slopes: tuple[FloatArray, FloatArray]
    values: FloatArray
    scale: FloatArray
    check_times: FloatArray
    check_values: FloatArray

    @classmethod
    def of(cls, look: Look, values: FloatArray, scale: FloatArray) -> CloserLook:
        """Read a closer look at its points and between them."""
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
            while high - low > 0.5 and high > 1.015 * low:
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


def need_of_points(
    time: FloatArray,
    values: FloatArray,
    corners: IntArray,
    scale: FloatArray,
    harmonic: float = 1.0,
) -> FloatArray:
    """Tell how densely each interval wants its points, up to a common factor.

    The slope of the monotone cubic is a harmonic mean; with steps h it is off by
    h^2 (f'''/6 - f''^2 / (4 f')), and the curve by h times as much.

    Parameters
    ----------
    time, values, corners, scale
        As for `straight_line_errors`.
    harmonic : float
        Weight of the second term [1].

    Returns
    -------
    ndarray, shape (n - 1,)
        Points per time [1/s], times an unknown factor.
    """
    h = np.diff(time)[:, None]
    first = np.diff(values / scale, axis=0) / h
    second = np.empty_like(values)
    second[1:-1] = 2 * np.diff(first, axis=0) / (h[:-1] + h[1:])
    cut = np.zeros(time.size, dtype=bool)
    cut[corners] = True
    cut[0] = cut[-1] = True
    inner = ~cut[:-1] & ~cut[1:]
    third = np.diff(second, axis=0) / h
    bent = np.maximum(np.abs(second[:-1]), np.abs(second[1:]))
    floor = 1e-3 * np.abs(first).max(axis=0)
    steep = np.maximum(np.abs(first), np.where(floor > 0, floor, 1.0))
    need = (np.abs(third) / 6 + bent**2 / (4 * steep) * harmonic).max(axis=1)
    # next to a corner the differences would reach across it: the neighbour speaks
    own = np.where(inner, need, 0.0)
    from_left = np.where(cut[1:] & ~cut[:-1], np.concatenate([[0.0], own[:-1]]), 0.0)
    from_right = np.where(cut[:-1] & ~cut[1:], np.concatenate([own[1:], [0.0]]), 0.0)
    result: FloatArray = np.cbrt(np.maximum(own, np.maximum(from_left, from_right)))
    return result


def mesh(time: FloatArray, density: FloatArray, corners: IntArray) -> FloatArray:
    """Place points at a density.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Times that bound the intervals [s].
    density : ndarray, shape (n - 1,)
        Points per time in each interval [1/s].
    corners : ndarray of int
        Points that stay.

    Returns
    -------
    ndarray
        Times [s], the first and last of the run included.
    """
    counted = np.concatenate([[0.0], np.cumsum(np.diff(time) * density)])
    bounds = np.unique(np.concatenate([[0], corners, [time.size - 1]]))
    counts = np.maximum(1, np.ceil(np.diff(counted[bounds]) - 1e-9)).astype(np.int64)
    stretch = np.repeat(np.arange(counts.size), counts)
    place = np.arange(1, counts.sum() + 1) - np.repeat(np.cumsum(counts) - counts, counts)
    low, high = counted[bounds[:-1]][stretch], counted[bounds[1:]][stretch]
    points = np.interp(low + (high - low) * place / counts[stretch], counted, time)
    points[np.cumsum(counts) - 1] = time[bounds[1:]]
    result: FloatArray = np.concatenate([time[:1], points])
    return result
