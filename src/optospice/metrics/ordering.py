"""Orders and shapes of sequences, for targets that are a shape and not a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optospice.metrics.registry import accepted_name

if TYPE_CHECKING:
    from collections.abc import Mapping

DIRECTIONS: Mapping[str, str] = {"rising": "each above the last", "falling": "each below the last"}


def is_monotonic(
    values: npt.ArrayLike,
    direction: str = "rising",
    strict: bool = True,
    tolerance: float = 0.0,
) -> bool:
    """Tell whether a sequence only rises or only falls.

    Parameters
    ----------
    values : array_like, shape (n,)
        The sequence [any].
    direction : {"rising", "falling"}
        Which way it must go.
    strict : bool
        Whether equal neighbours are refused.
    tolerance : float
        Smallest step that counts, as a fraction of the range of the values [1]: a strict
        sequence must exceed it at every step, one that is not strict may fall back by it.

    Returns
    -------
    bool
        True if it does; a sequence with a nan never does, one of fewer than two values always.

    Raises
    ------
    ValueError
        For an unknown direction, a negative tolerance, or more than one dimension.
    """
    accepted_name(direction, DIRECTIONS, "direction")
    y = _sequence(values)
    if tolerance < 0:
        raise ValueError(f"tolerance must not be negative: {tolerance!r}")
    if y.size < 2:
        return not bool(np.isnan(y).any())
    steps = np.diff(y) if direction == "rising" else -np.diff(y)
    slack = tolerance * float(y.max() - y.min())
    return bool((steps > slack).all() if strict else (steps >= -slack).all())


def is_concave(
    values: npt.ArrayLike, at: npt.ArrayLike | None = None, tolerance: float = 0.0
) -> bool:
    """Tell whether a sequence changes ever more slowly upwards (or faster downwards).

    Parameters
    ----------
    values : array_like, shape (n,)
        The sequence [any].
    at : array_like, shape (n,), optional
        Where the values were taken, rising [any]; equal distances if left out.
    tolerance : float
        Increase of the slope that is forgiven, as a fraction of the largest slope [1].

    Returns
    -------
    bool
        True if no slope between neighbours exceeds the one before it; always for fewer
        than three values, never with a nan.

    Raises
    ------
    ValueError
        If `at` does not rise or has another length, or the tolerance is negative.
    """
    y = _sequence(values)
    if tolerance < 0:
        raise ValueError(f"tolerance must not be negative: {tolerance!r}")
    x = np.arange(y.size, dtype=np.float64) if at is None else _sequence(at)
    if x.shape != y.shape or not (np.diff(x) > 0).all():
        raise ValueError("the positions must rise and be as many as the values")
    if y.size < 3:
        return not bool(np.isnan(y).any())
    slopes = np.diff(y) / np.diff(x)
    return bool((np.diff(slopes) <= tolerance * np.abs(slopes).max()).all())


def is_ordered(
    values: Mapping[str, float], expected: list[str] | tuple[str, ...], strict: bool = True
) -> bool:
    """Tell whether named values stand in an order, the highest first.

    Parameters
    ----------
    values : mapping of str to float
        Values by name, for instance amplitudes by wavelength [any].
    expected : sequence of str
        The names from the highest value to the lowest.
    strict : bool
        Whether equal values are refused.

    Returns
    -------
    bool
        True if they do.

    Raises
    ------
    ValueError
        If a name is not among the values; the message lists close matches.
    """
    row = [float(values[accepted_name(name, values, "value")]) for name in expected]
    return is_monotonic(row, "falling", strict)


def _sequence(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    y = np.asarray(values, dtype=np.float64)
    if y.ndim != 1:
        raise ValueError(f"a sequence has one dimension, this one has shape {y.shape}")
    return y
