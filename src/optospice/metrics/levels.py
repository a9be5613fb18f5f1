"""Currents read at named instants of a pulse experiment."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optospice.metrics.column import MetricColumn
from optospice.metrics.registry import in_blocks, metric
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import FloatArray, edge_note, outside_note, read_at_edges
from optospice.trace import Trace
from optospice.trace_block import TraceBlock


def _current_at(current: Trace, instant: float, definition: str) -> MetricValue:
    if outside_note(current, instant, instant):
        return missing("A", definition, f"the waveform does not cover {instant:.6g} s")
    return MetricValue(float(current.at(instant)), "A", definition)


def _current_before(current: Trace, edge: float, definition: str) -> MetricValue:
    found = _current_at(current, edge, definition)
    if found.is_missing:
        return found
    value = float(read_at_edges(current, edge, "before"))
    return MetricValue(value, "A", definition, note=edge_note(current, edge))


def _currents_at(current: TraceBlock, instant: float, definition: str) -> MetricColumn:
    if outside_note(current, instant, instant):
        note = f"the waveform does not cover {instant:.6g} s"
        return MetricColumn.alike(np.full(current.runs, np.nan), "A", definition, note)
    return MetricColumn.alike(current.at(instant), "A", definition)


def _currents_before(current: TraceBlock, edge: float, definition: str) -> MetricColumn:
    if outside_note(current, edge, edge):
        return _currents_at(current, edge, definition)
    unknown, note = np.isnan(current.at(edge)), edge_note(current, edge)
    values = np.where(unknown, np.nan, read_at_edges(current, edge, "before"))
    notes = ["" if one else note for one in unknown] if note else note
    return MetricColumn.told(values, "A", definition, notes)


@metric(
    title="Current in the dark at the read-out bias, before the first pulse",
    unit="A",
    display_unit="nA",
    source="Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Fig. 5d",
    needs_stimulus=False,
)
def dark_current(current: Trace, onset: float) -> MetricValue:
    """Read the current just before the first pulse.

    It is read at the onset; where no sample meets the onset, the last sample before it is.

    Parameters
    ----------
    current : Trace
        Current into the device [A].
    onset : float
        Start of the first pulse [s].

    Returns
    -------
    MetricValue
        Current [A]; nan with a note if the waveform does not cover the onset.
    """
    return _current_before(current, onset, "current at the onset of the first pulse")


@in_blocks(dark_current)
def dark_currents(current: TraceBlock, onset: float) -> MetricColumn:
    """Read `dark_current` in every run of a block."""
    return _currents_before(current, onset, "current at the onset of the first pulse")


@metric(
    title="Current at the end of the pulse",
    unit="A",
    display_unit="nA",
    source="Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Fig. 5d",
)
def current_at_pulse_end(current: Trace, offset: float) -> MetricValue:
    """Read the current when the falling edge of a pulse begins.

    Where no sample meets that time, the last sample before it is read.

    Parameters
    ----------
    current : Trace
        Current into the device [A].
    offset : float
        Start of the falling edge [s].

    Returns
    -------
    MetricValue
        Current [A]; nan with a note if the waveform does not cover that time.
    """
    return _current_before(current, offset, "current at the start of the falling edge")


@in_blocks(current_at_pulse_end)
def currents_at_pulse_end(current: TraceBlock, offset: float) -> MetricColumn:
    """Read `current_at_pulse_end` in every run of a block."""
    return _currents_before(current, offset, "current at the start of the falling edge")


@metric(
    title="Amplitude of the last response of a train",
    unit="A",
    display_unit="nA",
    source="Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, A_n of Eq. 3",
)
def last_amplitude(amplitudes: npt.ArrayLike, definition: str) -> MetricValue:
    """Amplitude of the last pulse of a train.

    Parameters
    ----------
    amplitudes : array_like, shape (n,)
        Amplitude of each response [A].
    definition : str
        How they were taken, in words.

    Returns
    -------
    MetricValue
        The last of them [A].
    """
    return MetricValue(float(np.asarray(amplitudes, dtype=float)[-1]), "A", definition)


@in_blocks(last_amplitude)
def last_amplitudes(amplitudes: FloatArray, definition: str) -> MetricColumn:
    """Give `last_amplitude` of every run of a block, from amplitudes of shape (runs, n)."""
    return MetricColumn.alike(amplitudes[:, -1], "A", definition)


@metric(
    title="Relative change of the current that is left after a pause",
    unit="1",
    display_unit="%",
    source="Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Fig. 2c to 2f (short- to "
    "long-term memory), put into a number here",
)
def residual_change(current: Trace, pulse_end: float, delay: float, baseline: float) -> MetricValue:
    """Change against the current before the pulses that is left some time after them.

    Parameters
    ----------
    current : Trace
        Current into the device [A].
    pulse_end : float
        End of the last pulse [s].
    delay : float
        Pause after it [s].
    baseline : float
        Current before the first pulse under the same bias [A].

    Returns
    -------
    MetricValue
        (I - I_before) / I_before [1], negative for a deficit; nan with a note if the
        waveform does not reach so far or there is no current before.
    """
    text = f"(I - I_before) / I_before, I {delay:.6g} s after the end of the last pulse"
    later = _current_at(current, pulse_end + delay, text)
    if later.is_missing:
        return missing("1", text, later.note)
    if not abs(baseline) > 0:
        return missing("1", text, "there is no current before the pulses to compare with")
    return MetricValue((later.value - baseline) / baseline, "1", text)


@in_blocks(residual_change)
def residual_changes(
    current: TraceBlock, pulse_end: float, delay: float, baseline: FloatArray
) -> MetricColumn:
    """Give `residual_change` of every run of a block, from baselines of shape (runs,)."""
    text = f"(I - I_before) / I_before, I {delay:.6g} s after the end of the last pulse"
    later = _currents_at(current, pulse_end + delay, text)
    none = ~(np.abs(baseline) > 0)
    changes = (later.values - baseline) / np.where(none, np.nan, baseline)
    if outside_note(current, pulse_end + delay, pulse_end + delay) or not none.any():
        return MetricColumn.alike(changes, "1", text, later.words[0].note)
    note = "there is no current before the pulses to compare with"
    return MetricColumn.told(changes, "1", text, [note if one else "" for one in none])


@metric(
    title="Level after a pause",
    unit="A",
    display_unit="nA",
    source="Duan et al., MoSe2 memristor, Fig. 4c (level retained in the forgetting process)",
)
def level_after_pause(current: Trace, instant: float) -> MetricValue:
    """Read the current at the end of a pause.

    Parameters
    ----------
    current : Trace
        Current into the device [A].
    instant : float
        End of the pause [s].

    Returns
    -------
    MetricValue
        Current [A]; nan with a note if the waveform does not cover that time.
    """
    return _current_at(current, instant, "current at the read-out bias after the pause")


@in_blocks(level_after_pause)
def levels_after_pause(current: TraceBlock, instant: float) -> MetricColumn:
    """Read `level_after_pause` in every run of a block."""
    return _currents_at(current, instant, "current at the read-out bias after the pause")


@metric(
    title="Current at the operating point",
    unit="A",
    display_unit="nA",
    source="solution of the circuit at rest",
)
def current_at_rest(current: float, signal: str) -> MetricValue:
    """Give the current of a device at rest.

    Parameters
    ----------
    current : float
        Current [A].
    signal : str
        Which one.

    Returns
    -------
    MetricValue
        The current [A].
    """
    return MetricValue(float(current), "A", f"{signal} at the operating point")
