"""Windows of waveforms whose samples lie at unequal distances in time."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


def checked_waveform(time: npt.ArrayLike, signal: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return a waveform as two arrays after checking that they belong together.

    Parameters
    ----------
    time : array_like, shape (n,)
        Sample times, never decreasing [s].
    signal : array_like, shape (n,)
        Samples [any].

    Returns
    -------
    tuple of ndarray
        Time [s] and signal [any], both float64.

    Raises
    ------
    ValueError
        If the shapes differ, there are no samples, or time runs backwards.
    """
    t = np.asarray(time, dtype=np.float64)
    y = np.asarray(signal, dtype=np.float64)
    if t.ndim != 1 or t.shape != y.shape:
        raise ValueError(
            f"time and signal must be one-dimensional and of one length: {t.shape}, {y.shape}"
        )
    if t.size == 0:
        raise ValueError("the waveform holds no samples")
    if not (t[1:] >= t[:-1]).all():
        raise ValueError("time must be finite and must not run backwards")
    return t, y


def rounding(time: FloatArray) -> float:
    """Give the difference of two times that counts as rounding: a billionth of the record [s].

    Parameters
    ----------
    time : ndarray, shape (n,)
        Sample times [s].
    """
    first, last = float(time[0]), float(time[-1])
    return 1e-9 * max(last - first, abs(last), abs(first))


def off_the_samples(time: FloatArray, edges: npt.ArrayLike) -> BoolArray:
    """Say which edges no sample meets.

    A solver places a point on every edge of its stimulus; an instrument does not.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Sample times, never decreasing [s].
    edges : array_like, shape (m,)
        Times of edges [s].

    Returns
    -------
    ndarray of bool, shape (m,)
        True where the nearest sample is further away than rounding.
    """
    at = np.asarray(edges, dtype=np.float64)
    after = time.searchsorted(at)
    right = np.minimum(after, time.size - 1)
    left = np.maximum(after - 1, 0)
    nearest = np.minimum(np.abs(time[right] - at), np.abs(at - time[left]))
    return np.asarray(nearest > rounding(time))


def read_at_edges(
    time: FloatArray, signal: FloatArray, edges: npt.ArrayLike, side: Literal["before", "after"]
) -> FloatArray:
    """Read a signal on one side of edges of its stimulus.

    Where a sample meets the edge the signal is read there. Where none does, a straight line
    between its neighbours would mix the two sides of the edge: the last sample before it, or
    the first one after it, is taken as it is.

    Parameters
    ----------
    time, signal : ndarray, shape (n,)
        A waveform as `checked_waveform` returns it, time in [s].
    edges : array_like, shape (m,)
        Times of edges, inside the waveform [s].
    side : {"before", "after"}
        Which side of an edge that no sample meets.

    Returns
    -------
    ndarray, shape (m,)
        Signal [any].
    """
    at = np.asarray(edges, dtype=np.float64)
    after = time.searchsorted(at)
    index = np.maximum(after - 1, 0) if side == "before" else np.minimum(after, time.size - 1)
    read = np.interp(at, time, signal)
    return np.asarray(np.where(off_the_samples(time, at), signal[index], read))


def edge_note(time: FloatArray, before: npt.ArrayLike = (), after: npt.ArrayLike = ()) -> str:
    """Say in words how edges were read that no sample meets, or return nothing.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Sample times, never decreasing [s].
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
        off = at[off_the_samples(time, at)] if at.size else at
        if off.size:
            more = f" and {off.size - 1} more" if off.size > 1 else ""
            notes.append(f"no sample at the edge at {off[0]:.6g} s{more}: read at the {sample} it")
    return "; ".join(notes)


def window_samples(
    time: FloatArray, signal: FloatArray, start: float, end: float
) -> tuple[FloatArray, FloatArray]:
    """Cut a window out of a waveform, its two edges interpolated.

    That is right for an integral. Where a level counts, `read_at_edges` reads the two ends.

    Parameters
    ----------
    time, signal : ndarray, shape (n,)
        A waveform as `checked_waveform` returns it, time in [s].
    start, end : float
        Edges of the window, inside the waveform [s].

    Returns
    -------
    tuple of ndarray
        Time [s] and signal [any] with `start` first, `end` last, and every sample
        strictly between.
    """
    first = int(time.searchsorted(start, "right"))
    stop = int(time.searchsorted(end, "left"))
    inside = max(stop - first, 0)
    t = np.empty(inside + 2)
    y = np.empty(inside + 2)
    t[0], t[-1] = start, end
    t[1:-1] = time[first : first + inside]
    y[0], y[-1] = np.interp((start, end), time, signal)
    y[1:-1] = signal[first : first + inside]
    return t, y


def unresolved(time: FloatArray, onsets: npt.ArrayLike, offsets: npt.ArrayLike) -> BoolArray:
    """Say which pulses no sample sees.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Sample times, never decreasing [s].
    onsets, offsets : array_like, shape (m,)
        Start of the rising and of the falling edge of each pulse [s].

    Returns
    -------
    ndarray of bool, shape (m,)
        True where no sample lies after the onset and up to the offset.
    """
    slack = rounding(time)
    first = time.searchsorted(np.asarray(onsets, dtype=np.float64) + slack, "right")
    last = time.searchsorted(np.asarray(offsets, dtype=np.float64) + slack, "right")
    return np.asarray(last <= first)


def unresolved_note(time: FloatArray, onset: float, offset: float) -> str:
    """Say in words that no sample sees a pulse, or return nothing.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Sample times, never decreasing [s].
    onset, offset : float
        Start of the rising and of the falling edge [s].
    """
    if unresolved(time, onset, offset):
        return f"no sample lies within the pulse from {onset:.6g} s to {offset:.6g} s"
    return ""


def outside_note(time: FloatArray, start: float, end: float) -> str:
    """Say in words that a window reaches beyond the waveform, or return nothing.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Sample times [s].
    start, end : float
        Edges of the window [s].

    Returns
    -------
    str
        The note; empty if the waveform covers the window. A billionth of the record is
        forgiven for rounding.
    """
    first, last = float(time[0]), float(time[-1])
    slack = rounding(time)
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
