"""Windows of waveforms whose samples lie at unequal distances in time."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from optospice.curve import Curve
from optospice.interpolation import nearest_points

FloatArray: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


def off_the_samples(trace: Curve, edges: npt.ArrayLike) -> BoolArray:
    """Say which edges no sample meets.

    A solver places a point on every edge of its stimulus; an instrument does not.

    Parameters
    ----------
    trace : Trace or TraceBlock
        The signal.
    edges : array_like, shape (m,)
        Times of edges [s].

    Returns
    -------
    ndarray of bool, shape (m,)
        True where the nearest sample is further away than rounding.
    """
    _, distances = nearest_points(trace.time, np.asarray(edges, dtype=np.float64))
    return np.asarray(distances > trace.rounding)


def read_at_edges(
    trace: Curve, edges: npt.ArrayLike, side: Literal["before", "after"]
) -> FloatArray:
    """Read a signal on one side of edges of its stimulus.

    Where a sample meets the edge the signal is read there. Where none does, a curve between
    its neighbours would mix the two sides of the edge: the last sample before it, or the first
    one after it, is taken as it is.

    Parameters
    ----------
    trace : Trace or TraceBlock
        The signal.
    edges : array_like, shape (m,)
        Times of edges [s]; beyond the record its first or its last sample is read.
    side : {"before", "after"}
        Which side of an edge that no sample meets.

    Returns
    -------
    ndarray, shape (m,)
        Signal [any]; of a block of runs with a row for each, shape (runs, m).
    """
    at = np.asarray(edges, dtype=np.float64)
    after = trace.time.searchsorted(at)
    index = np.clip(after - (side == "before"), 0, trace.time.size - 1)
    read = trace.at(at, held=True)
    return np.where(off_the_samples(trace, at), trace.values[..., index], read)


def edge_note(trace: Curve, before: npt.ArrayLike = (), after: npt.ArrayLike = ()) -> str:
    """Say in words how edges were read that no sample meets, or return nothing.

    Parameters
    ----------
    trace : Trace or TraceBlock
        The signal.
    before, after : array_like
        Edges that were read on the side before, and after them [s].

    Returns
    -------
    str
        The note; empty where a sample meets every edge, as in every simulation.
    """
    notes = []
    for edges, sample in ((before, "last sample before"), (after, "first sample after")):
        at = np.atleast_1d(np.asarray(edges, dtype=np.float64))
        off = at[off_the_samples(trace, at)] if at.size else at
        if off.size:
            more = f" and {off.size - 1} more" if off.size > 1 else ""
            notes.append(f"no sample at the edge at {off[0]:.6g} s{more}: read at the {sample} it")
    return "; ".join(notes)


def unresolved(trace: Curve, onsets: npt.ArrayLike, offsets: npt.ArrayLike) -> BoolArray:
    """Say which pulses no sample sees.

    Parameters
    ----------
    trace : Trace or TraceBlock
        The signal.
    onsets, offsets : array_like, shape (m,)
        Start of the rising and of the falling edge of each pulse [s].

    Returns
    -------
    ndarray of bool, shape (m,)
        True where no sample lies after the onset and up to the offset.
    """
    time, slack = trace.time, trace.rounding
    first = time.searchsorted(np.asarray(onsets, dtype=np.float64) + slack, "right")
    last = time.searchsorted(np.asarray(offsets, dtype=np.float64) + slack, "right")
    return np.asarray(last <= first)


def unresolved_note(trace: Curve, onset: float, offset: float) -> str:
    """Say in words that no sample sees a pulse, or return nothing.

    Parameters
    ----------
    trace : Trace or TraceBlock
        The signal.
    onset, offset : float
        Start of the rising and of the falling edge [s].
    """
    if unresolved(trace, onset, offset):
        return f"no sample lies within the pulse from {onset:.6g} s to {offset:.6g} s"
    return ""


def outside_note(trace: Curve, start: float, end: float) -> str:
    """Say in words that a window reaches beyond the waveform, or return nothing.

    Parameters
    ----------
    trace : Trace or TraceBlock
        The signal.
    start, end : float
        Edges of the window [s].

    Returns
    -------
    str
        The note; empty if the waveform covers the window. A billionth of the record is
        forgiven for rounding.
    """
    first, last, slack = float(trace.time[0]), float(trace.time[-1]), trace.rounding
    if start < first - slack or end > last + slack:
        return (
            f"the waveform covers {first:.6g} s to {last:.6g} s, "
            f"the window {start:.6g} s to {end:.6g} s is not inside it"
        )
    return ""


def checked_window(start: float, end: float) -> None:
    """Refuse a window without duration.

    Parameters
    ----------
    start, end : float
        Edges of the window [s].

    Raises
    ------
    ValueError
        If the end does not come after the start, or one of them is not a number.
    """
    if not end > start:
        raise ValueError(f"a window must end after it starts: {start!r} s to {end!r} s")


def trapezoidal_weights(time: npt.ArrayLike) -> FloatArray:
    """Return the weight of each sample so that their sum stands for an integral over time.

    Half the distance to the sample before plus half the distance to the sample after
    (trapezoidal rule), scaled to a mean of one. A least-squares sum with these weights
    approximates the integral of the squared deviation over time, so that the many short
    steps which a simulator takes after an edge do not dominate a fit.

    Parameters
    ----------
    time : array_like, shape (n,)
        Sample times, never decreasing [s].

    Returns
    -------
    ndarray, shape (n,)
        Weights with a mean of one [1].
    """
    t = np.asarray(time, dtype=np.float64)
    if t.size < 2 or t[-1] == t[0]:
        return np.ones(t.size)
    weights = np.empty(t.size)
    weights[1:-1] = 0.5 * (t[2:] - t[:-2])
    weights[0] = 0.5 * (t[1] - t[0])
    weights[-1] = 0.5 * (t[-1] - t[-2])
    weights *= t.size / weights.sum()
    return weights


def checked_row(values: npt.ArrayLike) -> FloatArray:
    """Return a row of values after checking that it is one.

    Parameters
    ----------
    values : array_like, shape (n,)
        The values [any].

    Returns
    -------
    ndarray, shape (n,)
        The same as float64 [any].

    Raises
    ------
    ValueError
        If there are none or they have more than one dimension.
    """
    row = np.asarray(values, dtype=np.float64)
    if row.ndim != 1 or row.size == 0:
        raise ValueError(f"one row of values is needed, not the shape {row.shape}")
    return row
