"""Currents read at named instants of a pulse experiment."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optospice.metrics.registry import metric
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import checked_waveform, edge_note, read_at_edges


def _current_at(
    time: npt.ArrayLike, current: npt.ArrayLike, instant: float, definition: str
) -> MetricValue:
    t, i = checked_waveform(time, current)
    if not t[0] <= instant <= t[-1] * (1 + 1e-9):
        return missing("A", definition, f"the waveform does not cover {instant:.6g} s")
    return MetricValue(float(np.interp(instant, t, i)), "A", definition)


def _current_before(
    time: npt.ArrayLike, current: npt.ArrayLike, edge: float, definition: str
) -> MetricValue:
    found = _current_at(time, current, edge, definition)
    if found.is_missing:
        return found
    t, i = checked_waveform(time, current)
    value = float(read_at_edges(t, i, edge, "before"))
    return MetricValue(value, "A", definition, note=edge_note(t, edge))


@metric(
    title="Current in the dark at the read-out bias, before the first pulse",
    unit="A",
    display_unit="nA",
    source="Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Fig. 5d",
)
def dark_current(time: npt.ArrayLike, current: npt.ArrayLike, onset: float) -> MetricValue:
    """Read the current just before the first pulse.

    It is read at the onset; where no sample meets the onset, the last sample before it is.

    Parameters
    ----------
    time, current : array_like, shape (n,)
        Sample times, never decreasing [s], and current [A].
    onset : float
        Start of the first pulse [s].

    Returns
    -------
    MetricValue
        Current [A]; nan with a note if the waveform does not cover the onset.
    """
    return _current_before(time, current, onset, "current at the onset of the first pulse")


@metric(
    title="Current at the end of the pulse",
    unit="A",
    display_unit="nA",
    source="Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Fig. 5d",
)
def current_at_pulse_end(time: npt.ArrayLike, current: npt.ArrayLike, offset: float) -> MetricValue:
    """Read the current when the falling edge of a pulse begins.

    Where no sample meets that time, the last sample before it is read.

    Parameters
    ----------
    time, current : array_like, shape (n,)
        Sample times, never decreasing [s], and current [A].
    offset : float
        Start of the falling edge [s].

    Returns
    -------
    MetricValue
        Current [A]; nan with a note if the waveform does not cover that time.
    """
    return _current_before(time, current, offset, "current at the start of the falling edge")


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


@metric(
    title="Relative change of the current that is left after a pause",
    unit="1",
    display_unit="%",
    source="Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Fig. 2c to 2f (short- to "
    "long-term memory), put into a number here",
)
def residual_change(
    time: npt.ArrayLike, current: npt.ArrayLike, pulse_end: float, delay: float, baseline: float
) -> MetricValue:
    """Change against the current before the pulses that is left some time after them.

    Parameters
    ----------
    time, current : array_like, shape (n,)
        Sample times, never decreasing [s], and current [A].
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
    later = _current_at(time, current, pulse_end + delay, text)
    if later.is_missing:
        return missing("1", text, later.note)
    if not abs(baseline) > 0:
        return missing("1", text, "there is no current before the pulses to compare with")
    return MetricValue((later.value - baseline) / baseline, "1", text)


@metric(
    title="Level after a pause",
    unit="A",
    display_unit="nA",
    source="Duan et al., MoSe2 memristor, Fig. 4c (level retained in the forgetting process)",
)
def level_after_pause(time: npt.ArrayLike, current: npt.ArrayLike, instant: float) -> MetricValue:
    """Read the current at the end of a pause.

    Parameters
    ----------
    time, current : array_like, shape (n,)
        Sample times, never decreasing [s], and current [A].
    instant : float
        End of the pause [s].

    Returns
    -------
    MetricValue
        Current [A]; nan with a note if the waveform does not cover that time.
    """
    return _current_at(time, current, instant, "current at the read-out bias after the pause")
