"""Polynomials through a few points: where they vanish, and where they are largest."""

from __future__ import annotations

import numpy as np

from optospice.metrics.windows import FloatArray

#: Imaginary part below which a root is real, and distance that counts as inside [1].
_ROUNDING = 1e-9


def polynomial(x: FloatArray, y: FloatArray) -> FloatArray:
    """Give the coefficients of the polynomial through points, that of the highest power first.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Places, all of them different and of the order of one, and values [any].
    """
    return np.asarray(np.linalg.solve(np.vander(x), y))


def zeros_between(x: FloatArray, y: FloatArray, low: float, high: float) -> list[float]:
    """Find where the polynomial through points vanishes between two places.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Places, all of them different, and values [any].
    low, high : float
        Where to look [unit of x].
    """
    span = high - low
    roots = np.roots(polynomial((x - low) / span, y / np.abs(y).max()))
    real = roots[np.abs(roots.imag) < _ROUNDING].real
    inside = real[(real >= -_ROUNDING) & (real <= 1 + _ROUNDING)]
    return [low + share * span for share in inside.tolist()]


def top_of_parabola(x: FloatArray, y: FloatArray) -> tuple[float, float] | None:
    """Give place and value of the extreme of the parabola through three points.

    Parameters
    ----------
    x, y : ndarray, shape (3,)
        Places, rising or falling, and values [any].

    Returns
    -------
    tuple of float or None
        None where there is no extreme between the outer points.
    """
    span = float(x[2] - x[0])
    a, b, c = polynomial((x - x[1]) / span, y).tolist()
    if a == 0:
        return None
    share = -b / (2 * a)
    top = float(x[1]) + share * span
    if not min(x[0], x[2]) <= top <= max(x[0], x[2]):
        return None
    return top, c + 0.5 * b * share
