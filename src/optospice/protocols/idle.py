"""Runs in which nothing happens: nothing is applied to the device, or nothing answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optospice.device import Device
from optospice.protocols.base import Experiment
from optospice.protocols.pulsed import PulsedProtocol
from optospice.protocols.timeline.experiment import TimelineProtocol
from optospice.waveform_block import WaveformBlock
from optospice.waveforms import Waveforms

#: What is said of runs in which nothing happens.
NOTHING_APPLIED = "nothing is applied: the pulses have no amplitude"
NOTHING_ANSWERS = "nothing answers: the signal stays within the solver's error of its start"


def idle_runs(
    experiment: Experiment,
    results: Sequence[Waveforms],
    device: Device,
    is_programmed: bool = False,
) -> dict[int, str]:
    """Say in which runs nothing happens, and why, by their places.

    Parameters
    ----------
    experiment : Experiment
        What was done; only one with pulses or sweeps can be idle.
    results : sequence of Waveforms, such as WaveformBlock
        What the runs gave.
    device : Device
        What was simulated.
    is_programmed : bool
        Whether states were programmed before the run: they may relax without any pulse.
    """
    if not isinstance(experiment, TimelineProtocol):
        return {}
    if not any(window.kind in ("pulses", "sweep") for window in experiment.course.windows):
        return {}
    if not is_programmed and not is_stimulated(experiment):
        return dict.fromkeys(range(len(results)), NOTHING_APPLIED)
    still = np.ones(len(results), np.bool_)
    read = {one.response or experiment.signal_read(device) for one in experiment.bound().values()}
    for name in read or {experiment.signal_read(device)}:
        still &= _is_still(experiment, results, name)
    return dict.fromkeys(np.flatnonzero(still).tolist(), NOTHING_ANSWERS)


def is_stimulated(protocol: TimelineProtocol) -> bool:
    """Whether anything changes on any channel; a pulsed protocol's pulses of 0 V are none."""
    course = protocol.course
    for channel in course.channels:
        levels = course.stimulus(channel).points[1]
        if np.ptp(levels) == 0:
            continue
        trains = course.trains(channel) if isinstance(protocol, PulsedProtocol) else ()
        if not trains or any(train.level not in (0.0, float(levels[0])) for train in trains):
            return True
    return False


def _is_still(
    protocol: TimelineProtocol, results: Sequence[Waveforms], name: str
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Say in which runs a signal stays where it is, within the error bound of the run."""
    if isinstance(results, WaveformBlock):
        if name not in results.signals:
            return np.zeros(len(results), np.bool_)
        # with a start at rest the read-out bias comes first, and is no stimulus
        is_at_rest = isinstance(protocol, PulsedProtocol) and protocol.initial == "rest"
        onset = protocol.course.first_onset if is_at_rest else None
        first = 0 if onset is None else int(results.time.searchsorted(onset))
        values = results.signals[name]
        away = np.abs(values[:, first:] - values[:, first : first + 1]).max(axis=1)
        found = away <= results.error_bounds * np.abs(values).max(axis=1)
        return np.asarray(found, np.bool_)
    each = [_is_still(protocol, WaveformBlock.of([one]), name)[0] for one in results]
    return np.array(each, np.bool_)
