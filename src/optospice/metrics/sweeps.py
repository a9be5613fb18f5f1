"""Sweeps of the voltage: reading them at given points and voltages."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optospice.metrics.windows import FloatArray
from optospice.trace import Trace


def resample_sweep(
    voltage: npt.ArrayLike, current: npt.ArrayLike, points: int = 200
) -> tuple[FloatArray, FloatArray]:
    """Read a sweep at points that lie equally far apart along its voltage path.

    Parameters
    ----------
    voltage, current : array_like, shape (n,)
        The sweep in the order in which it was taken [V], [A].
    points : int
        Number of points, both ends included.

    Returns
    -------
    tuple of ndarray
        Voltage [V] and current [A] at the points. Where the voltage rests, the last
        current counts.

    Raises
    ------
    ValueError
        If the arrays do not belong together, the voltage never moves, or there are fewer
        than three points.
    """
    v, i = checked_sweep(voltage, current)
    if points < 3:
        raise ValueError(f"a sweep has three points or more, not {points!r}")
    path = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(v)))])
    if not path[-1] > 0:
        raise ValueError("the voltage never moves: this is no sweep")
    kept = np.append(np.diff(path) > 0, True)
    at = np.linspace(0.0, path[-1], points)
    volts, amperes = (Trace.straight(path[kept], row[kept]) for row in (v, i))
    return volts.at(at), amperes.at(at)


def checked_sweep(voltage: npt.ArrayLike, current: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return a sweep as two arrays after checking that they belong together.

    Parameters
    ----------
    voltage, current : array_like, shape (n,)
        The sweep in the order in which it was taken [V], [A].

    Returns
    -------
    tuple of ndarray
        Voltage [V] and current [A], both float64.

    Raises
    ------
    ValueError
        If the shapes differ or there are fewer than three points.
    """
    v = np.asarray(voltage, dtype=np.float64)
    i = np.asarray(current, dtype=np.float64)
    if v.ndim != 1 or v.shape != i.shape or v.size < 3:
        raise ValueError(
            f"voltage and current must be rows of one length, three or more: {v.shape}, {i.shape}"
        )
    return v, i


def currents_at(voltage: FloatArray, current: FloatArray, level: float) -> FloatArray:
    """Return the current at every passage of a voltage; a rest there counts as one.

    Parameters
    ----------
    voltage, current : ndarray, shape (n,)
        A sweep as `checked_sweep` returns it [V], [A].
    level : float
        The voltage [V].

    Returns
    -------
    ndarray, shape (m,)
        Interpolated currents [A], those between samples first.
    """
    beside = voltage - level
    at = np.flatnonzero(beside[1:] * beside[:-1] < 0)
    share = beside[at] / (beside[at] - beside[at + 1])
    on = beside == 0.0
    last_of_rest = np.flatnonzero(on & ~np.append(on[1:], False))
    found = np.concatenate(
        [current[at] + share * (current[at + 1] - current[at]), current[last_of_rest]]
    )
    return found


def rising_sweep(voltage: npt.ArrayLike, current: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return a sweep in the order of rising voltage.

    Parameters
    ----------
    voltage, current : array_like, shape (n,)
        A sweep of one branch, rising or falling [V], [A].

    Returns
    -------
    tuple of ndarray
        Voltage [V] and current [A], both float64.

    Raises
    ------
    ValueError
        If the arrays do not belong together.
    """
    v, i = checked_sweep(voltage, current)
    order = np.argsort(v, kind="stable")
    return v[order], i[order]
