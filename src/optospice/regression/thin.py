"""Few points that give a waveform back, interpolated as optospice interpolates everywhere."""

from __future__ import annotations

import numpy as np

from optospice.interpolation import IntArray
from optospice.trace import Trace
from optospice.waveforms import Waveforms

#: Largest number of points of a golden waveform [1].
MOST_POINTS = 120


def thinned(
    waveforms: Waveforms, signal: str, error: float, most: int = MOST_POINTS
) -> list[Trace]:
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
    list of Trace
        One stretch, or two.
    """
    trace = waveforms.trace(signal)
    allowed = error * abs(trace.peak)
    ends = np.array([0, trace.time.size - 1])
    kept = _refined(trace, np.union1d(ends, trace.corners), allowed)
    if kept.size <= most:
        return [trace.through(kept)]
    half = most // 2
    return [_window(trace, kept[:half], allowed), _window(trace, kept[-half:], allowed)]


def _window(trace: Trace, kept: IntArray, allowed: float) -> Trace:
    """Refine a stretch by itself: at a cut the slope is no longer that of the whole."""
    at_start, most = kept[0] == 0, kept.size
    while True:
        start, stop = int(kept[0]), int(kept[-1]) + 1
        own = start + _refined(trace.through(np.arange(start, stop)), kept - start, allowed)
        if own.size <= most or kept.size <= 2:
            return trace.through(own)
        kept = kept[:-1] if at_start else kept[1:]


def _refined(trace: Trace, kept: IntArray, allowed: float) -> IntArray:
    """Add the worst point of every interval until none is worse than allowed."""
    while kept.size < trace.time.size:
        error = np.abs(trace.through(kept).at(trace.time) - trace.values)
        bad = np.flatnonzero(error > allowed)
        if not bad.size:
            break
        interval = np.searchsorted(kept, bad, side="right")
        order = np.lexsort((-error[bad], interval))
        firsts = np.unique(interval[order], return_index=True)[1]
        kept = np.union1d(kept, bad[order][firsts])
    return kept
