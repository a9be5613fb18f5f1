"""A nociceptor: time to the alarm, and sensitisation after an injury."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optospice.metrics.registry import accepted_name, metric
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import (
    FloatArray,
    checked_row,
    outside_note,
)
from optospice.trace import Trace
from optospice.units import format_human

if TYPE_CHECKING:
    from collections.abc import Mapping

MOSE2_PAPER = (
    "Duan et al., Memristor based on 2D MoSe2 nanosheets as artificial synapse and nociceptor "
    "for neuromorphic computing"
)
HYPERALGESIA_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "ratio": "response after the injury over the response before, same stimulus",
        "relative": "(response after - response before) / response before, same stimulus",
    }
)


@metric(
    title="Incubation time",
    unit="s",
    source=f"{MOSE2_PAPER}, Fig. 5d and 5e: time taken to exceed the threshold current",
)
def incubation_time(current: Trace, threshold: float, start: float) -> MetricValue:
    """Time until the current first exceeds a threshold.

    Parameters
    ----------
    current : Trace
        Current into the device [A].
    threshold : float
        Threshold current, 80 nA for the MoSe2 nociceptor [A].
    start : float
        Start of the train, from which the time counts [s].

    Returns
    -------
    MetricValue
        Time of the first crossing [s]; nan with a note if the threshold is never exceeded.

    References
    ----------
    Duan et al., MoSe2 memristor, Fig. 5d and 5e.
    """
    level = format_human(threshold, "A", 6)
    text = f"time from the start of the train until the current exceeds {level}"
    if note := outside_note(current, start, start):
        return missing("s", text, note)
    train = current.window(start, float(current.time[-1]))
    if train.values[0] > threshold:
        return MetricValue(0.0, "s", text)
    crossing = train.crossing(threshold, "rising")
    if crossing is None:
        most = format_human(float(np.fmax.reduce(train.values)), "A", 6)
        return missing("s", text, f"never exceeded: the highest current is {most}")
    return MetricValue(crossing - start, "s", text)


@metric(
    title="Incubation pulse",
    unit="1",
    source=f"{MOSE2_PAPER}, Fig. 5d and 5e, counted in pulses",
)
def incubation_pulse(responses: npt.ArrayLike, threshold: float) -> MetricValue:
    """Find the first pulse whose response exceeds a threshold.

    Parameters
    ----------
    responses : array_like, shape (n,)
        Peak current of each pulse of the train [A].
    threshold : float
        Threshold current [A].

    Returns
    -------
    MetricValue
        Pulse number from 1 [1]; nan with a note if no pulse exceeds it.

    Raises
    ------
    ValueError
        If there are no responses.

    References
    ----------
    Duan et al., MoSe2 memristor, Fig. 5d and 5e.
    """
    text = f"number of the first pulse whose response exceeds {format_human(threshold, 'A', 6)}"
    row = checked_row(responses)
    above = np.flatnonzero(row > threshold)
    if above.size == 0:
        return missing("1", text, f"none of {row.size} pulses exceeds the threshold")
    return MetricValue(float(above[0] + 1), "1", text)


@metric(
    title="Hyperalgesia",
    unit="1",
    display_unit="%",
    definitions=HYPERALGESIA_DEFINITIONS,
    source=f"{MOSE2_PAPER}, text on Fig. 5: stronger response to the same stimulus after injury",
)
def hyperalgesia(before: float, after: float, definition: str = "ratio") -> MetricValue:
    """Growth of the response to the same stimulus after a noxious one.

    Parameters
    ----------
    before, after : float
        Response to the same stimulus before and after the injury [A].
    definition : {"ratio", "relative"}
        after/before, or (after - before)/before.

    Returns
    -------
    MetricValue
        Growth [1]; nan with a note if there was no response before.

    Raises
    ------
    ValueError
        For an unknown definition.

    References
    ----------
    Duan et al., MoSe2 memristor, text on Fig. 5.
    """
    accepted_name(definition, HYPERALGESIA_DEFINITIONS, "hyperalgesia definition")
    text = HYPERALGESIA_DEFINITIONS[definition]
    if math.isnan(before) or math.isnan(after) or before == 0.0:
        return missing("1", text, "there was no response before the injury to compare with")
    return MetricValue(after / before - (1.0 if definition == "relative" else 0.0), "1", text)


@metric(
    title="Allodynia",
    unit="1",
    display_unit="%",
    source=f"{MOSE2_PAPER}, text on Fig. 5: lower threshold after injury, put into a number here",
)
def allodynia(
    stimuli: npt.ArrayLike, before: npt.ArrayLike, after: npt.ArrayLike, threshold: float
) -> MetricValue:
    """Share by which the stimulus that hurts has become smaller after a noxious one.

    Parameters
    ----------
    stimuli : array_like, shape (n,)
        Strength of the stimuli, rising [V or W/m^2].
    before, after : array_like, shape (n,)
        Response to each before and after the injury [A].
    threshold : float
        Current that means pain [A].

    Returns
    -------
    MetricValue
        1 - (threshold stimulus after) / (threshold stimulus before) [1], each interpolated
        where the response first exceeds the threshold; nan with a note if it never does.

    Raises
    ------
    ValueError
        If the stimuli do not rise or the rows differ in length.

    References
    ----------
    Duan et al., MoSe2 memristor, text on Fig. 5.
    """
    level = format_human(threshold, "A", 6)
    text = f"1 - U_after/U_before, U the stimulus at which the response exceeds {level}"
    s, old, new = checked_row(stimuli), checked_row(before), checked_row(after)
    if not (s.shape == old.shape == new.shape and (np.diff(s) > 0).all()):
        raise ValueError("stimuli must rise and have one response each, before and after")
    hurts = [_first_crossing(s, response, threshold) for response in (old, new)]
    for stimulus, when in zip(hurts, ("before", "after"), strict=True):
        if math.isnan(stimulus):
            return missing("1", text, f"no stimulus exceeds the threshold {when} the injury")
    if hurts[0] == 0.0:
        return missing("1", text, "the smallest stimulus, zero, hurts already before the injury")
    return MetricValue(1.0 - hurts[1] / hurts[0], "1", text)


def _first_crossing(x: FloatArray, y: FloatArray, level: float) -> float:
    above = np.flatnonzero(y > level)
    if above.size == 0:
        return math.nan
    k = int(above[0])
    if k == 0:
        return float(x[0])
    share = (level - y[k - 1]) / (y[k] - y[k - 1])
    return float(x[k - 1] + share * (x[k] - x[k - 1]))
