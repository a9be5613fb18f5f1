"""Few points that give a waveform back, interpolated as optospice interpolates everywhere."""

from __future__ import annotations

import numpy as np

from optospice.interpolation import IntArray
from optospice.regression.hermite import Curve
from optospice.waveforms import Waveforms

#: Largest number of points of a golden waveform [1].
MOST_POINTS = 120


def thinned(
    waveforms: Waveforms, signal: str, error: float, most: int = MOST_POINTS
) -> list[Curve]:
    """Choose solver points from which PCHIP gives the others.

    Parameters
    ----------
    waveforms : Waveforms
        All points.
    signal : str
        Which signal.
    error : float
        Largest error at the points left out, as a fraction of the peak [1].
    most : int
        Largest number of points; where more are needed, the beginning and the end are
        kept, each with half of them.

    Returns
    -------
    list of Curve
        One stretch, or two.
    """
    curve = Curve.of(waveforms.time, waveforms[signal], waveforms.breakpoints)
    allowed = error * float(np.abs(curve.values).max())
    ends = np.array([0, curve.time.size - 1])
    kept = _refined(curve, np.union1d(ends, curve.corners), allowed)
    if kept.size <= most:
        return [curve.part(kept)]
    half = most // 2
    return [_window(curve, kept[:half], allowed), _window(curve, kept[-half:], allowed)]


def _window(curve: Curve, kept: IntArray, allowed: float) -> Curve:
    """Refine a stretch by itself: at a cut the slope is no longer that of the whole."""
    at_start, most = kept[0] == 0, kept.size
    while True:
        start, stop = int(kept[0]), int(kept[-1]) + 1
        own = start + _refined(curve.part(np.arange(start, stop)), kept - start, allowed)
        if own.size <= most or kept.size <= 2:
            return curve.part(own)
        kept = kept[:-1] if at_start else kept[1:]


def _refined(curve: Curve, kept: IntArray, allowed: float) -> IntArray:
    """Add the worst point of every interval until none is worse than allowed."""
    while kept.size < curve.time.size:
        error = np.abs(curve.part(kept)(curve.time) - curve.values)
        bad = np.flatnonzero(error > allowed)
        if not bad.size:
            break
        interval = np.searchsorted(kept, bad, side="right")
        order = np.lexsort((-error[bad], interval))
        firsts = np.unique(interval[order], return_index=True)[1]
        kept = np.union1d(kept, bad[order][firsts])
    return kept
