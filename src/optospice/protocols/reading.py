"""Readings of the current at the read-out bias, between and after the pulses."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from optospice.device import Device
from optospice.metrics.retention import retained_fraction
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import off_the_samples
from optospice.stimulus import FloatArray, Signal, StimulusError
from optospice.waveforms import Waveforms


def read_current(
    waveforms: Waveforms, device: Device, times: ArrayLike, pulses: Signal | None = None
) -> FloatArray:
    """Read the current into the drive terminal at given times outside the pulses.

    A measurement need not have a sample on each edge. Where an edge lies between a time and
    its neighbouring sample, nothing is interpolated across it: the other neighbour is taken.

    Parameters
    ----------
    waveforms : Waveforms
        From a simulation, or of a measurement.
    device : Device
        Whose current.
    times : array_like
        Times [s].
    pulses : Signal, optional
        The pulses that the readings lie between.

    Returns
    -------
    ndarray
        Current [A]; nan where the pulses on both sides come before the next sample.
    """
    trace = waveforms.trace(f"i({device.drive_terminal.name})")
    found = trace.at(times)
    if pulses is None:
        return found
    time, current = trace.time, trace.values
    onsets = np.sort(pulses.onsets[off_the_samples(trace, pulses.onsets)])
    offsets = np.sort(pulses.offsets[off_the_samples(trace, pulses.offsets)])
    if not onsets.size + offsets.size:
        return found
    at = np.asarray(times, dtype=np.float64)
    slack = trace.rounding
    left = np.maximum(time.searchsorted(at + slack, "right") - 1, 0)
    right = np.minimum(time.searchsorted(at - slack), time.size - 1)
    rises = np.append(onsets, np.inf)[onsets.searchsorted(at - slack)]
    falls = np.append(-np.inf, offsets)[offsets.searchsorted(at + slack, "right")]
    before, after = rises < time[right], falls > time[left]
    read = np.where(before, current[left], np.where(after, current[right], found))
    return np.where(before & after, np.nan, read)


def repeat_resolution(waveforms: Waveforms, values: FloatArray) -> float:
    """Give the difference that repeated readings of one thing may show [unit of the values].

    A hundredth of the error bound: equal stimuli repeat nearly the same solver steps, so that
    most of the error is common to all repetitions.
    """
    return 0.01 * waveforms.error_bound * float(np.abs(values).max(initial=0.0))


def resolved_fraction(
    initial: float, learned: float, later: float, resolution: float
) -> MetricValue:
    """Give the retained fraction of a change that stands out from the solver's error.

    Parameters
    ----------
    initial, learned, later : float
        Level before the pulses, right after them, and after the pause [A].
    resolution : float
        Smallest change that counts [A].
    """
    value = retained_fraction(initial, learned, later)
    if abs(learned - initial) > resolution:
        return value
    note = f"the pulses changed nothing: {learned - initial:.2g} A, so nothing can be retained"
    return missing(value.unit, value.definition, note)


def checked_read_delay(read_delay: float, interval: float, fall: float) -> None:
    """Refuse a reading that does not lie between two pulses.

    Parameters
    ----------
    read_delay : float
        From the end of a pulse to its reading [s].
    interval : float
        From the end of a pulse to the start of the next [s].
    fall : float
        Duration of the falling edge [s].

    Raises
    ------
    StimulusError
        Naming what is accepted.
    """
    if not fall <= read_delay <= interval:
        raise StimulusError(
            f"read_delay = {read_delay:g} s: must lie between two pulses; accepted: {fall:g} s "
            f"(the falling edge) to {interval:g} s (the interval)"
        )
