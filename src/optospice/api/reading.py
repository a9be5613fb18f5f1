"""Numbers read from waveforms, of a simulation or of a measurement."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np

from optospice.errors import InputError
from optospice.metrics import plasticity, postsynaptic_current
from optospice.metrics.levels import dark_current
from optospice.metrics.value import MetricValue
from optospice.metrics.windows import edge_note
from optospice.stimulus import Signal
from optospice.waveforms import Waveforms


def amplitudes(waveforms: Waveforms, stimulus: Signal, definition: str = "step") -> list[float]:
    """Give the postsynaptic current amplitude of each pulse [A].

    In a measurement an edge need not meet a sample. The current just before such a pulse is
    the last sample before its onset, nothing is interpolated across the edge, and a warning
    says so; a pulse that no sample sees is nan.

    Parameters
    ----------
    waveforms : Waveforms
        From `simulate`, or ``Waveforms(time, {"i(p)": current})`` of a measurement.
    stimulus : Signal
        The pulses.
    definition : {"step", "raw", "baseline"}
        How it is taken, see `optospice list metrics`.
    """
    if note := _edge_note(waveforms, stimulus):
        warnings.warn(note, stacklevel=2)
    return _amplitudes(waveforms, stimulus, definition)


def _edge_note(waveforms: Waveforms, stimulus: Signal) -> str:
    return edge_note(
        waveforms.trace(waveforms.current_name), np.concatenate([stimulus.onsets, stimulus.offsets])
    )


def _amplitudes(waveforms: Waveforms, stimulus: Signal, definition: str) -> list[float]:
    current = waveforms.trace(waveforms.current_name)
    found = postsynaptic_current.postsynaptic_current_amplitudes(
        current,
        stimulus.onsets,
        stimulus.offsets,
        definition,
        baseline=dark_current(current, float(stimulus.onsets[0])).value,
    )
    return [float(value) for value in found]


def paired_pulse_index(
    waveforms: Waveforms, stimulus: Signal, definition: str = "ratio", amplitude: str = "step"
) -> MetricValue:
    """Give the paired-pulse index of the first two pulses.

    Edges that no sample meets are read as by `amplitudes`; the note of the value says so.

    Parameters
    ----------
    waveforms : Waveforms
        From `simulate`, or of a measurement as for `amplitudes`.
    stimulus : Signal
        The pulse pair.
    definition : {"ratio", "relative"}
        A2/A1 or (A2 - A1)/A1.
    amplitude : {"step", "raw", "baseline"}
        How each amplitude is taken.
    """
    if stimulus.onsets.size < 2:
        raise InputError("the paired-pulse index: accepted: a stimulus of at least two pulses")
    first, second = _amplitudes(waveforms, stimulus, amplitude)[:2]
    index = plasticity.paired_pulse_index(first, second, definition)
    edges = [*stimulus.onsets[:2], *stimulus.offsets[:2]]
    notes = filter(None, (index.note, edge_note(waveforms.trace(waveforms.current_name), edges)))
    return replace(index, note="; ".join(notes))
