"""Spike trains in the forms of the network simulators, to and from stimuli.

Brian2's `SpikeMonitor` keeps two flat arrays, neuron indices and spike times; NIR and the
frameworks around it take frames, one row per time step and one column per neuron. Both are
plain arrays here, so neither package is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from optospice.errors import InputError
from optospice.stimulus import FloatArray, PulseTrain, Signal, StimulusError


def from_indices(
    indices: npt.ArrayLike, times: npt.ArrayLike, neurons: int | None = None
) -> list[FloatArray]:
    """Split flat arrays into one train per neuron.

    Parameters
    ----------
    indices : array_like of int, shape (n,)
        Neuron of each spike, as Brian2's ``SpikeMonitor.i``.
    times : array_like, shape (n,)
        Time of each spike [s], as ``SpikeMonitor.t`` (a Brian2 quantity counts in seconds).
    neurons : int, optional
        Number of neurons [1]; by default up to the largest index.

    Returns
    -------
    list of ndarray
        Increasing spike times of each neuron [s].

    Raises
    ------
    InputError
        When the arrays do not belong together.
    """
    which, when = np.asarray(indices), np.asarray(times, dtype=float)
    if which.ndim != 1 or which.shape != when.shape:
        raise InputError(
            f"spikes: indices {which.shape} and times {when.shape}: accepted: lists of one length"
        )
    if which.size and (not np.issubdtype(which.dtype, np.integer) or which.min() < 0):
        raise InputError("spikes: indices: accepted: whole numbers from 0")
    if not np.isfinite(when).all() or (when.size and when.min() < 0):
        raise InputError("spikes: times: accepted: finite times from 0 s")
    count = int(which.max()) + 1 if neurons is None and which.size else neurons or 0
    if which.size and which.max() >= count:
        raise InputError(f"spikes: index {int(which.max())}: accepted: below {count} neurons")
    return [np.sort(when[which == neuron]) for neuron in range(count)]


def to_indices(trains: Sequence[npt.ArrayLike]) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Give flat arrays, ordered in time, as Brian2's ``SpikeGeneratorGroup`` takes them.

    Parameters
    ----------
    trains : sequence of array_like
        Spike times of each neuron [s].

    Returns
    -------
    indices, times : ndarray, shape (n,)
        Neuron and time [s] of each spike.
    """
    rows = [np.asarray(train, dtype=float).ravel() for train in trains]
    indices = np.concatenate(
        [np.full(row.size, neuron, dtype=np.int64) for neuron, row in enumerate(rows)]
        or [np.empty(0, dtype=np.int64)]
    )
    times = np.concatenate([*rows, np.empty(0)])
    order = np.argsort(times, kind="stable")
    return indices[order], times[order]


def from_frames(frames: npt.ArrayLike, step: float) -> list[FloatArray]:
    """Read frames: a spike stands at the start of its time step.

    Parameters
    ----------
    frames : array_like, shape (steps, neurons)
        0 or 1: whether a neuron spikes in a step.
    step : float
        Duration of a step [s].

    Returns
    -------
    list of ndarray
        Spike times of each neuron [s].

    Raises
    ------
    InputError
        When the frames are no such table, or a step is not positive.
    """
    table = np.asarray(frames)
    if table.ndim != 2 or not np.isin(table, (0, 1)).all():
        raise InputError("frames: accepted: a table of 0 and 1, steps by neurons")
    if not step > 0:
        raise InputError(f"step = {step:g} s: must be above 0 s")
    return [np.asarray(np.flatnonzero(column) * step, dtype=np.float64) for column in table.T]


def to_frames(
    trains: Sequence[npt.ArrayLike], step: float, duration: float
) -> npt.NDArray[np.uint8]:
    """Give frames of 0 and 1; two spikes of a neuron in one step are an error.

    Parameters
    ----------
    trains : sequence of array_like
        Spike times of each neuron [s].
    step, duration : float
        Duration of a step and of all [s].

    Returns
    -------
    ndarray of uint8, shape (steps, neurons)
        Whether a neuron spikes in a step.

    Raises
    ------
    InputError
        When a spike lies outside, or two share a step.
    """
    if not (step > 0 and duration > 0):
        raise InputError(f"step = {step:g} s, duration = {duration:g} s: must be above 0 s")
    steps = int(np.ceil(duration / step - 1e-9))
    frames = np.zeros((steps, len(trains)), dtype=np.uint8)
    for neuron, train in enumerate(trains):
        places = np.floor(np.asarray(train, dtype=float) / step + 1e-9).astype(int)
        if places.size and (places.min() < 0 or places.max() >= steps):
            raise InputError(f"neuron {neuron}: a spike lies outside 0 s to {duration:g} s")
        if np.unique(places).size < places.size:
            raise InputError(f"neuron {neuron}: two spikes in one step of {step:g} s")
        frames[places, neuron] = 1
    return frames


def stimulus(
    times: npt.ArrayLike, level: float, width: float, base: float = 0.0, edge: float | None = None
) -> Signal:
    """Make a pulse of each spike.

    Parameters
    ----------
    times : array_like
        Spike times [s].
    level, base : float
        Level during and between the pulses [V or W/m^2].
    width : float
        Width of a pulse [s].
    edge : float, optional
        Rise and fall time [s].

    Raises
    ------
    InputError
        When pulses overlap.
    """
    try:
        trains = tuple(
            PulseTrain(level=level, width=width, delay=float(time), rise=edge, fall=edge)
            for time in np.sort(np.asarray(times, dtype=float))
        )
        return Signal(base, trains)
    except StimulusError as error:
        raise InputError(f"spikes: {error}") from None


def spikes_of(
    time: npt.ArrayLike, signals: Mapping[str, npt.ArrayLike], threshold: float
) -> list[FloatArray]:
    """Find the rising crossings of each signal: the spikes that go back to a network.

    Parameters
    ----------
    time : array_like, shape (n,)
        Times [s].
    signals : mapping of str to array_like, shape (n,)
        One signal per neuron.
    threshold : float
        Level that a spike crosses [unit of the signals].

    Returns
    -------
    list of ndarray
        Times of the crossings [s], interpolated, in the order of `signals`.
    """
    t = np.asarray(time, dtype=float)
    found = []
    for values in signals.values():
        v = np.asarray(values, dtype=float)
        k = np.flatnonzero((v[:-1] < threshold) & (v[1:] >= threshold))
        found.append(t[k] + (threshold - v[k]) / (v[k + 1] - v[k]) * (t[k + 1] - t[k]))
    return found
