"""Readings of the current at the read-out bias, between and after the pulses."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from optospice.device import Device
from optospice.metrics.retention import retained_fraction
from optospice.metrics.value import MetricValue, missing
from optospice.stimulus import FloatArray, StimulusError
from optospice.waveforms import Waveforms


def read_current(waveforms: Waveforms, device: Device, times: ArrayLike) -> FloatArray:
    """Read the current into the drive terminal [A] at given times [s]."""
    return waveforms.at(f"i({device.drive_terminal.name})", times)


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
