"""What remains of a change after a pause."""

from __future__ import annotations

import math

import numpy as np

from optospice.metrics.column import MetricColumn
from optospice.metrics.registry import in_blocks, metric
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import FloatArray, edge_note, outside_note, read_at_edges
from optospice.trace import Trace

SOURCE = (
    "Duan et al., MoSe2 memristor, Fig. 4a and 4c (the current does not recover to the initial "
    "level after 2.5 s), put into a number here"
)


@metric(title="Retained fraction of a change", unit="1", display_unit="%", source=SOURCE)
def retained_fraction(
    initial: float, learned: float, later: float, *, resolution: float = 0.0
) -> MetricValue:
    """Fraction of a change that is left after a pause.

    Parameters
    ----------
    initial : float
        Level before the pulses [A or S].
    learned : float
        Level right after the pulses [A or S].
    later : float
        Level after the pause [A or S].
    resolution : float
        Largest change that counts as none [A or S].

    Returns
    -------
    MetricValue
        (later - initial) / (learned - initial) [1]: 1 if nothing is forgotten, 0 if all
        is; nan with a note if there was no change.

    References
    ----------
    Duan et al., MoSe2 memristor, Fig. 4a and 4c.
    """
    text = "(level after the pause - initial level) / (level after the pulses - initial level)"
    change = learned - initial
    if math.isnan(change) or math.isnan(later) or abs(change) <= resolution:
        return missing("1", text, _nothing_retained(change, later))
    return MetricValue((later - initial) / change, "1", text)


@in_blocks(retained_fraction)
def retained_fractions(
    initial: FloatArray,
    learned: FloatArray,
    later: FloatArray,
    *,
    resolution: FloatArray | float = 0.0,
) -> MetricColumn:
    """Give `retained_fraction` of every run of a block, from levels of shape (runs,)."""
    text = "(level after the pause - initial level) / (level after the pulses - initial level)"
    change = learned - initial
    lost = np.isnan(change) | np.isnan(later) | (np.abs(change) <= resolution)
    values = (later - initial) / np.where(lost, np.nan, change)
    if not lost.any():
        return MetricColumn.alike(values, "1", text)
    notes = [
        _nothing_retained(float(one), float(left)) if gone else ""
        for one, left, gone in zip(change, later, lost, strict=True)
    ]
    return MetricColumn.told(values, "1", text, notes)


def _nothing_retained(change: float, later: float) -> str:
    """Say why no fraction of a change is retained."""
    if math.isnan(change) or math.isnan(later):
        return "a level is not a number"
    told = "" if change == 0.0 else f": {change:.2g} A"
    return f"the pulses changed nothing{told}, so nothing can be retained"


@metric(
    title="Retained fraction of the current after a pause",
    unit="1",
    display_unit="%",
    source=SOURCE,
)
def retained_current_fraction(
    current: Trace,
    pulse_end: float,
    delay: float,
    baseline: float,
) -> MetricValue:
    """Fraction of the current above the baseline that is left some time after the pulses.

    Parameters
    ----------
    current : Trace
        Current into the device [A].
    pulse_end : float
        Time at which nothing is forgotten yet, after the falling edge [s].
    delay : float
        Pause after it [s].
    baseline : float
        Current before the first pulse under the same bias [A].

    Returns
    -------
    MetricValue
        Retained fraction [1]; nan with a note if the waveform does not reach so far.

    Raises
    ------
    ValueError
        If the delay is not positive.

    References
    ----------
    Duan et al., MoSe2 memristor, Fig. 4a and 4c.
    """
    if not delay > 0:
        raise ValueError(f"the delay must be positive: {delay!r} s")
    text = f"current {delay:.6g} s after the pulses over the one at their end, above the baseline"
    if note := outside_note(current, pulse_end, pulse_end + delay):
        return missing("1", text, note)
    learned = float(read_at_edges(current, pulse_end, "after"))
    later = float(current.at(pulse_end + delay))
    found = retained_fraction(baseline, learned, later)
    note = "; ".join(filter(None, (found.note, edge_note(current, after=pulse_end))))
    return MetricValue(found.value, "1", text, None, note)
