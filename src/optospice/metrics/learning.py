"""Learning and relearning."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optospice.metrics.registry import accepted_name, metric
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import checked_row

if TYPE_CHECKING:
    from collections.abc import Mapping

MOSE2_PAPER = (
    "Duan et al., Memristor based on 2D MoSe2 nanosheets as artificial synapse and nociceptor "
    "for neuromorphic computing"
)
PULSE_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "interpolated": "pulse number at which the level is reached, linear between pulses",
        "whole": "number of the first pulse after which the level is reached",
    }
)


@metric(
    title="Pulses to reach a level",
    unit="1",
    definitions=PULSE_DEFINITIONS,
    source=f"{MOSE2_PAPER}, Fig. 4b (13 pulses in the relearning process)",
)
def pulses_to_level(
    levels: npt.ArrayLike,
    target: float,
    definition: str = "interpolated",
    *,
    initial: float | None = None,
) -> MetricValue:
    """Count the pulses that it takes to reach a level from below.

    Parameters
    ----------
    levels : array_like, shape (n,)
        Level after pulse 1, 2, ... n [any].
    target : float
        The level to reach [any].
    definition : {"interpolated", "whole"}
        With or without linear interpolation between pulses.
    initial : float, optional
        Level before pulse 1, needed to interpolate below pulse 1 [any].

    Returns
    -------
    MetricValue
        Pulse number [1]; nan with a note if the level is never reached.

    Raises
    ------
    ValueError
        For an unknown definition or no levels.

    References
    ----------
    Duan et al., MoSe2 memristor, Fig. 4b.
    """
    text = PULSE_DEFINITIONS[accepted_name(definition, PULSE_DEFINITIONS, "pulse definition")]
    row = checked_row(levels)
    reached = np.flatnonzero(row >= target)
    if reached.size == 0:
        return missing(
            "1",
            text,
            f"not reached in {row.size} pulses: the highest level is {np.nanmax(row):.6g}, "
            f"the target {target:.6g}"
            if not np.isnan(row).all()
            else "the levels are not numbers",
        )
    k = int(reached[0])
    before = float(row[k - 1]) if k else initial
    if definition == "whole" or before is None:
        return MetricValue(float(k + 1), "1", text)
    if before >= target:  # only the level before the first pulse can be so high already
        return MetricValue(0.0, "1", text)
    return MetricValue(k + (target - before) / (float(row[k]) - before), "1", text)


@metric(
    title="Savings in relearning",
    unit="1",
    display_unit="%",
    source=f"Ebbinghaus, Über das Gedächtnis (1885): work saved; {MOSE2_PAPER}, Fig. 4b: 1 - 13/25",
)
def savings(first: float, second: float) -> MetricValue:
    """Share of the effort that relearning saves.

    Parameters
    ----------
    first, second : float
        Pulses (or time) to reach the same level the first and the second time [1] or [s].

    Returns
    -------
    MetricValue
        1 - second/first [1]: 0 if nothing is saved, 1 if all is; nan with a note if one of
        the two was never reached.

    Raises
    ------
    ValueError
        If the first effort is not positive or the second is negative.

    References
    ----------
    Ebbinghaus, Über das Gedächtnis (1885). Duan et al., MoSe2 memristor, Fig. 4b.
    """
    text = "1 - N2/N1, N the pulses to reach the same level"
    if math.isnan(first) or math.isnan(second):
        return missing("1", text, "the level was not reached in one of the two processes")
    if not (first > 0 and second >= 0):
        raise ValueError(f"efforts must be positive: {first!r} and {second!r}")
    return MetricValue(1.0 - second / first, "1", text)
