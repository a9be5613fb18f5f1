"""A curve or a spectrum against its golden, place by place."""

from __future__ import annotations

import numpy as np

from optospice.protocols.base import Series
from optospice.regression.stored import GoldenCurve
from optospice.units import format_human

#: Two places are the same within this share of the larger one, or of the whole span [1].
_SAME_PLACE = 1e-9


def compare_curve(golden: GoldenCurve, now: Series, bound: float) -> str:
    """Say where a curve differs most from its golden; empty where it does not.

    Parameters
    ----------
    golden : GoldenCurve
        Some of the points, as they were.
    now : Series
        All points, as they are.
    bound : float
        Accuracy bound of the profile [1]: a value may differ by twice it times the largest
        one, or, where the golden is `relative`, times its own size.
    """
    if (now.x_unit, now.y_unit) != (golden.against_unit, golden.unit):
        return (f"was in {golden.unit} against {golden.against_unit}, is in {now.y_unit} against "
                f"{now.x_unit}")  # fmt: skip
    x, y = golden.points()
    places = _places(x, now)
    missing = np.flatnonzero(places < 0)
    if missing.size:
        where = format_human(float(x[missing[0]]), golden.against_unit)
        return f"there is no point at {where} now"
    values = now.y[places]
    allowed = 2 * bound * (np.abs(y) if golden.relative else np.full(y.size, np.abs(y).max()))
    off = ~(np.abs(values - y) <= allowed)
    if not off.any():
        return ""
    share = np.where(allowed > 0, np.abs(values - y) / np.where(allowed > 0, allowed, 1), np.inf)
    worst = int(np.argmax(np.where(off, np.nan_to_num(share, nan=np.inf), -1.0)))
    return (
        f"{int(off.sum())} of {y.size} points moved, most at "
        f"{format_human(float(x[worst]), golden.against_unit)}: "
        f"{format_human(float(y[worst]), golden.unit)} -> "
        f"{format_human(float(values[worst]), golden.unit)}"
    )


def _places(x: np.ndarray, now: Series) -> np.ndarray:
    """Index of each golden place among those now, in order; -1 where there is none."""
    span = float(np.ptp(x))
    found, after = np.full(x.size, -1), 0
    for i, place in enumerate(x):
        apart = np.abs(now.x[after:] - place)
        near = np.flatnonzero(apart <= _SAME_PLACE * max(abs(place), 0 if now.x_log else span))
        if near.size:
            found[i] = after + int(near[0])
            after = int(found[i]) + 1
    return found
