"""Amplitude, undershoot and recovery of the current that a pulse evokes."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from optospice.metrics.registry import accepted_name, metric
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
from optospice.units import format_human

PBS_PAPER = "Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, doi:10.1039/d5tc03487f"

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
    checked_window(onset, offset)
    peak_definition, text = _definition_text(definition, baseline, polarity)
    if note := outside_note(current, onset, offset) or unresolved_note(current, onset, offset):
        return missing("A", text, note)
    inside = current.window(onset, offset).values.copy()
    inside[[0, -1]] = read_at_edges(current, (onset, offset), "before")
    before = float(inside[0])
    high, low = float(inside.max()), float(inside.min())
    if math.isnan(high):
        return missing("A", text, "the current is not a number somewhere inside the pulse")
    if polarity == "either":
        peak = high if high - before >= before - low else low
    else:
        peak = high if polarity == "positive" else low
    if peak_definition == "step":
        peak -= before
    elif peak_definition == "baseline" and baseline is not None:
        peak -= baseline
    return MetricValue(peak, "A", text, note=edge_note(current, (onset, offset)))


def postsynaptic_current_amplitudes(
    current: Trace,
    onsets: npt.ArrayLike,
    offsets: npt.ArrayLike,
    definition: str = "step",
    *,
    baseline: float | None = None,
    polarity: str = "either",
) -> FloatArray:
    """Amplitudes of the currents that the pulses of a train evoke.

    Parameters
    ----------
    current : Trace
        Current into the device [A].
    onsets, offsets : array_like, shape (m,)
        Start of the rising and of the falling edge of each pulse; pulses follow one
        another without overlap [s].
    definition, baseline, polarity
        As for `postsynaptic_current_amplitude`.

    Returns
    -------
    ndarray, shape (m,)
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
    peak_definition, _ = _definition_text(definition, baseline, polarity)
    start = np.atleast_1d(np.asarray(onsets, dtype=np.float64))
    end = np.atleast_1d(np.asarray(offsets, dtype=np.float64))
    if start.ndim != 1 or start.shape != end.shape:
        raise ValueError(f"as many onsets as offsets are needed: {start.shape}, {end.shape}")
    if not ((end > start).all() and (start[1:] >= end[:-1]).all()):
        raise ValueError("every pulse must end after it starts and before the next one starts")
    if start.size == 0:
        return np.empty(0)
    before = read_at_edges(current, start, "before")
    after = read_at_edges(current, end, "before")
    # Extremes of the samples inside each pulse; the odd results, between the pulses, are dropped.
    edges = np.empty(2 * start.size, dtype=np.intp)
    t, i = current.time, current.values
    edges[::2] = t.searchsorted(start, "left")
    edges[1::2] = t.searchsorted(end, "right")
    empty = edges[1::2] <= edges[::2]
    padded = np.append(i, i[-1])  # an index one past the end is then still valid
    high = np.maximum.reduceat(padded, edges)[::2]
    low = np.minimum.reduceat(padded, edges)[::2]
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
    elif peak_definition == "baseline" and baseline is not None:
        peak = peak - baseline
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
    text = f"lowest current after the pulse, below the baseline of {format_human(baseline, 'A', 6)}"
    if note := outside_note(current, offset, end):
        return missing("A", text, note)
    after = current.window(offset, end).values.copy()
    after[0] = read_at_edges(current, offset, "after")
    lowest = float(after.min())
    if math.isnan(lowest):
        return missing("A", text, "the current is not a number after the pulse")
    # a difference of rounding is none
    if lowest >= baseline - 1e-9 * abs(baseline):
        least = format_human(lowest, "A", 6)
        return missing("A", text, f"no undershoot: the lowest current, {least}, is not below it")
    return MetricValue(lowest, "A", text)


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
    note = (
        f"{start:g} s after the pulse {left:.2g} A are left, below the {current.resolution:.2g} A "
        "to which the current is simulated"
    )
    return missing(value.unit, value.definition, note)


def _definition_text(definition: str, baseline: float | None, polarity: str) -> tuple[str, str]:
    accepted_name(definition, AMPLITUDE_DEFINITIONS, "amplitude definition")
    text = AMPLITUDE_DEFINITIONS[definition]
    if polarity != "either":
        text += f"; peak: {POLARITIES[accepted_name(polarity, POLARITIES, 'polarity')]}"
    if definition == "baseline":
        if baseline is None:
            raise ValueError("definition 'baseline' needs the argument baseline [A]")
        text += f", {format_human(baseline, 'A', 6)}"
    return definition, text
