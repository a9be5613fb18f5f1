"""Amplitude, undershoot and recovery of the current that a pulse evokes."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from optospice.metrics.column import MetricColumn
from optospice.metrics.registry import accepted_name, in_blocks, metric
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import (
    FloatArray,
    checked_window,
    edge_note,
    outside_note,
    read_at_edges,
    unresolved,
    unresolved_note,
)
from optospice.trace import Trace
from optospice.trace_block import TraceBlock
from optospice.units import format_human

PBS_PAPER = "Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, doi:10.1039/d5tc03487f"

#: What an undershoot is, in words.
_UNDERSHOOT = "lowest current after the pulse, below the baseline"
AMPLITUDE_DEFINITIONS: Mapping[str, str] = {
    "step": "peak current minus the current just before that pulse",
    "raw": "peak current as measured",
    "baseline": "peak current minus the baseline (dark or read-out) current before the first pulse",
}
POLARITIES: Mapping[str, str] = {
    "either": "the extreme with the largest deviation from the current just before the pulse",
    "positive": "the highest current",
    "negative": "the lowest current",
}


@metric(
    title="Amplitude of the postsynaptic current",
    unit="A",
    display_unit="nA",
    definitions=AMPLITUDE_DEFINITIONS,
    source=f"{PBS_PAPER}, Fig. 2a and Fig. 3a (inset)",
)
def postsynaptic_current_amplitude(
    current: Trace,
    onset: float,
    offset: float,
    definition: str = "step",
    *,
    baseline: float | None = None,
    polarity: str = "either",
) -> MetricValue:
    """Amplitude of the current that one pulse evokes.

    The peak is the extreme of the current within the closed window from onset to offset,
    by default the one that deviates most from the current at the onset. An edge of finite
    rise time belongs to the window, so a current that decays during the pulse peaks at the
    end of the rising edge. At an onset that no sample meets, as in a measurement, the
    current is that of the last sample before it; the pulse ends with the last sample up to
    its offset. The note of the value says so.

    Parameters
    ----------
    current : Trace
        Current into the device [A].
    onset, offset : float
        Start of the rising edge and start of the falling edge of the pulse [s].
    definition : {"step", "raw", "baseline"}
        What is subtracted from the peak: the current at the onset, nothing, or `baseline`.
    baseline : float, optional
        Dark or read-out current before the first pulse [A]; needed by ``"baseline"``.
    polarity : {"either", "positive", "negative"}
        Which extreme is the peak.

    Returns
    -------
    MetricValue
        Amplitude [A], negative for a current that goes down.

    Raises
    ------
    ValueError
        For an unknown or incomplete definition, or a window without duration.

    References
    ----------
    Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Fig. 2a and Fig. 3a (inset).
    """
    level = None if baseline is None else np.array([baseline])
    return amplitudes_of_one_pulse(
        TraceBlock.of(current), onset, offset, definition, baseline=level, polarity=polarity
    )[0]


@in_blocks(postsynaptic_current_amplitude)
def amplitudes_of_one_pulse(
    current: TraceBlock,
    onset: float,
    offset: float,
    definition: str = "step",
    *,
    baseline: FloatArray | None = None,
    polarity: str = "either",
) -> MetricColumn:
    """Give `postsynaptic_current_amplitude` of every run of a block."""
    checked_window(onset, offset)
    own = definition == "baseline" and baseline is not None
    texts = [
        _definition_text(definition, level, polarity)[1]
        for level in (baseline.tolist() if own and baseline is not None else [None])
    ]
    if note := outside_note(current, onset, offset) or unresolved_note(current, onset, offset):
        return MetricColumn.told(np.full(current.runs, np.nan), "A", _common(texts), note)
    inside = current.window(onset, offset).values
    inside[:, [0, -1]] = read_at_edges(current, (onset, offset), "before")
    before, high, low = inside[:, 0], inside.max(axis=1), inside.min(axis=1)
    if polarity == "either":
        peak = np.where(high - before >= before - low, high, low)
    else:
        peak = high if polarity == "positive" else low
    if definition == "step":
        peak = peak - before
    elif own:
        peak = peak - baseline
    read, lost = edge_note(current, (onset, offset)), np.isnan(high)
    if not lost.any():
        return MetricColumn.told(peak, "A", _common(texts), read)
    why = "the current is not a number somewhere inside the pulse"
    notes = [why if one else read for one in np.broadcast_to(lost, peak.shape)]
    return MetricColumn.told(np.where(lost, np.nan, peak), "A", _common(texts), notes)


def postsynaptic_current_amplitudes(
    current: Trace | TraceBlock,
    onsets: npt.ArrayLike,
    offsets: npt.ArrayLike,
    definition: str = "step",
    *,
    baseline: float | FloatArray | None = None,
    polarity: str = "either",
) -> FloatArray:
    """Amplitudes of the currents that the pulses of a train evoke, in one run or in a block.

    Parameters
    ----------
    current : Trace or TraceBlock
        Current into the device [A].
    onsets, offsets : array_like, shape (m,)
        Start of the rising and of the falling edge of each pulse; pulses follow one
        another without overlap [s].
    definition, baseline, polarity
        As for `postsynaptic_current_amplitude`; the baseline of each run of a block.

    Returns
    -------
    ndarray, shape (m,) or (runs, m)
        Amplitudes [A]; nan for a pulse that the waveform does not cover or no sample sees.
        `edge_note` says which edges were read from the sample before them.

    Raises
    ------
    ValueError
        As for `postsynaptic_current_amplitude`, and for pulses that overlap.

    References
    ----------
    Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Fig. 3 and 4.
    """
    level = None if baseline is None else np.asarray(baseline)[..., None]
    told = None if level is None else float(level.flat[0])  # which one, the words do not matter
    peak_definition, _ = _definition_text(definition, told, polarity)
    start = np.atleast_1d(np.asarray(onsets, dtype=np.float64))
    end = np.atleast_1d(np.asarray(offsets, dtype=np.float64))
    if start.ndim != 1 or start.shape != end.shape:
        raise ValueError(f"as many onsets as offsets are needed: {start.shape}, {end.shape}")
    if not ((end > start).all() and (start[1:] >= end[:-1]).all()):
        raise ValueError("every pulse must end after it starts and before the next one starts")
    if start.size == 0:
        return np.empty((*current.values.shape[:-1], 0))
    before = read_at_edges(current, start, "before")
    after = read_at_edges(current, end, "before")
    # Extremes of the samples inside each pulse; the odd results, between the pulses, are dropped.
    edges = np.empty(2 * start.size, dtype=np.intp)
    t, i = current.time, current.values
    edges[::2] = t.searchsorted(start, "left")
    edges[1::2] = t.searchsorted(end, "right")
    empty = edges[1::2] <= edges[::2]
    # an index one past the end is then still valid
    padded = np.concatenate([i, i[..., -1:]], axis=-1)
    high = np.maximum.reduceat(padded, edges, axis=-1)[..., ::2]
    low = np.minimum.reduceat(padded, edges, axis=-1)[..., ::2]
    ends_high, ends_low = np.maximum(before, after), np.minimum(before, after)
    high = np.where(empty, ends_high, np.maximum(high, ends_high))
    low = np.where(empty, ends_low, np.minimum(low, ends_low))
    if polarity == "either":
        peak = np.where(high - before >= before - low, high, low)
    else:
        peak = high if polarity == "positive" else low
    covered = (start >= t[0] - current.rounding) & (end <= t[-1] + current.rounding)
    covered &= ~unresolved(current, start, end)
    if peak_definition == "step":
        peak = peak - before
    elif peak_definition == "baseline" and level is not None:
        peak = peak - level
    amplitudes: FloatArray = np.where(covered, peak, np.nan)
    return amplitudes


@metric(
    title="Undershoot after the pulse",
    unit="A",
    display_unit="nA",
    source=f"{PBS_PAPER}, discussion of Fig. 5 (minimum when the light goes off)",
)
def undershoot(
    current: Trace,
    offset: float,
    end: float,
    baseline: float,
) -> MetricValue:
    """Lowest current after a pulse, where it goes below the baseline.

    Parameters
    ----------
    current : Trace
        Current into the device [A].
    offset : float
        End of the pulse [s].
    end : float
        End of the search [s].
    baseline : float
        Dark or read-out current before the first pulse [A].

    Returns
    -------
    MetricValue
        The lowest current itself [A]; nan with a note if it is not below the baseline.

    Raises
    ------
    ValueError
        For a window without duration.

    References
    ----------
    Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, discussion of Fig. 5.
    """
    checked_window(offset, end)
    text = _UNDERSHOOT
    if note := outside_note(current, offset, end):
        return missing("A", text, note)
    after = current.window(offset, end).values.copy()
    after[0] = read_at_edges(current, offset, "after")
    lowest = float(after.min())
    # a difference of rounding is none
    if math.isnan(lowest) or lowest >= baseline - 1e-9 * abs(baseline):
        return missing("A", text, _no_undershoot(lowest))
    return MetricValue(lowest, "A", text)


@in_blocks(undershoot)
def undershoots(
    current: TraceBlock, offset: float, end: float, baseline: FloatArray
) -> MetricColumn:
    """Give `undershoot` of every run of a block, from baselines of shape (runs,)."""
    checked_window(offset, end)
    texts = [_UNDERSHOOT] * baseline.size
    if note := outside_note(current, offset, end):
        return MetricColumn.told(np.full(len(texts), np.nan), "A", texts, note)
    after = current.window(offset, end).values
    after[:, 0] = read_at_edges(current, offset, "after")
    lowest = np.broadcast_to(after.min(axis=1), len(texts))
    none = lowest >= baseline - 1e-9 * np.abs(baseline)  # a difference of rounding is none
    notes = [
        _no_undershoot(least) if nothing or least != least else ""
        for least, nothing in zip(lowest.tolist(), none, strict=True)
    ]
    return MetricColumn.told(np.where(none, np.nan, lowest), "A", texts, notes)


def _no_undershoot(lowest: float) -> str:
    if math.isnan(lowest):
        return "the current is not a number after the pulse"
    return f"no undershoot: the lowest current, {format_human(lowest, 'A', 6)}, is not below it"


@metric(
    title="Time constant of the recovery after the pulse",
    unit="s",
    source=f"{PBS_PAPER}, Fig. 2b, read as a mono-exponential towards the dark current",
)
def recovery_time_constant(
    current: Trace,
    pulse_end: float,
    baseline: float,
    *,
    start: float = 0.0,
    end: float | None = None,
) -> MetricValue:
    """Time constant of the return to the baseline after a pulse.

    Fits ``baseline + A exp(-t/tau)``; A is negative for a recovery from an undershoot.

    Parameters
    ----------
    current : Trace
        Current into the device [A].
    pulse_end : float
        End of the pulse, from which t counts [s].
    baseline : float
        Dark or read-out current before the first pulse [A].
    start, end : float
        Window after the pulse end [s]; to the end of the record if `end` is left out. The
        value depends on it unless the recovery is one exponential.

    Returns
    -------
    MetricValue
        tau [s] with its standard error; nan with a note if it is not identifiable, or if what
        is left does not stand out from the error of the current.

    Raises
    ------
    ValueError
        For a window without duration.

    References
    ----------
    Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Fig. 2b.
    """
    from optospice.metrics.decay import decay_time_constant

    value = decay_time_constant(
        current, pulse_end, "exponential", baseline=baseline, start=start, end=end
    )
    left = abs(float(read_at_edges(current, pulse_end + start, "after")) - baseline)
    if not left < current.resolution:
        return value
    note = _nothing_left(start, left, current.resolution)
    return missing(value.unit, value.definition, note)


@in_blocks(recovery_time_constant)
def recovery_time_constants(
    current: TraceBlock,
    pulse_end: float,
    baseline: FloatArray,
    *,
    start: float = 0.0,
    end: float | None = None,
) -> MetricColumn:
    """Give `recovery_time_constant` of every run of a block, from baselines of shape (runs,)."""
    from optospice.metrics.decay import decay_time_constants

    column = decay_time_constants(
        current, pulse_end, "exponential", baseline=baseline, start=start, end=end
    )
    left = np.abs(read_at_edges(current, pulse_end + start, "after") - baseline)
    resolution = np.broadcast_to(current.resolution, left.shape)
    lost = left < resolution
    if not lost.any():
        return column
    values = list(column)
    for run in np.flatnonzero(lost):
        note = _nothing_left(start, float(left[run]), float(resolution[run]))
        values[run] = missing(values[run].unit, values[run].definition, note)
    return MetricColumn.of(values)


def _nothing_left(start: float, left: float, resolution: float) -> str:
    return (
        f"{start:g} s after the pulse {left:.2g} A are left, below the {resolution:.2g} A "
        "to which the current is simulated"
    )


def _common(texts: list[str]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else texts


def _definition_text(definition: str, baseline: float | None, polarity: str) -> tuple[str, str]:
    accepted_name(definition, AMPLITUDE_DEFINITIONS, "amplitude definition")
    text = AMPLITUDE_DEFINITIONS[definition]
    if polarity != "either":
        text += f"; peak: {POLARITIES[accepted_name(polarity, POLARITIES, 'polarity')]}"
    if definition == "baseline" and baseline is None:
        raise ValueError("definition 'baseline' needs the argument baseline [A]")
    return definition, text
