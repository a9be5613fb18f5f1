"""Hysteresis of a current-voltage loop."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optospice.metrics.registry import accepted_name, metric
from optospice.metrics.sweeps import checked_sweep, currents_at
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import FloatArray

if TYPE_CHECKING:
    from collections.abc import Mapping

MOSE2_PAPER = (
    "Duan et al., Memristor based on 2D MoSe2 nanosheets as artificial synapse and nociceptor "
    "for neuromorphic computing"
)
AREA_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "total": "area at positive plus area at negative voltage",
        "positive": "area enclosed at positive voltage",
        "negative": "area enclosed at negative voltage",
    }
)


@metric(
    title="Area of the hysteresis loop",
    unit="A*V",
    display_unit="nA*V",
    definitions=AREA_DEFINITIONS,
    source=f"{MOSE2_PAPER}, Fig. 2b; the integral of I dV around the loop",
)
def hysteresis_area(
    voltage: npt.ArrayLike, current: npt.ArrayLike, definition: str = "total"
) -> MetricValue:
    """Area that a current-voltage loop encloses, per polarity of the voltage.

    Parameters
    ----------
    voltage, current : array_like, shape (n,)
        One closed sweep, for instance 0 to 5 to 0 to -5 to 0 V, in the order in which it
        was taken [V], [A].
    definition : {"total", "positive", "negative"}
        Which part of the loop.

    Returns
    -------
    MetricValue
        Area, never negative [A*V]; nan with a note if the sweep does not return to where
        it started or has no part of the polarity asked for. Parts that run in opposite
        senses within one polarity cancel.

    Raises
    ------
    ValueError
        For an unknown definition or arrays that do not belong together.

    References
    ----------
    Duan et al., MoSe2 memristor, Fig. 2b. Chua, Appl. Phys. A 102 (2011) 765 (lobe area).
    """
    text = AREA_DEFINITIONS[accepted_name(definition, AREA_DEFINITIONS, "area definition")]
    v, i = checked_sweep(voltage, current)
    if not (np.isfinite(v).all() and np.isfinite(i).all()):
        return missing("A*V", text, "the sweep holds values that are not numbers")
    if abs(v[-1] - v[0]) > 0.01 * np.ptp(v):
        return missing(
            "A*V", text, f"the sweep does not close: it runs from {v[0]:.6g} V to {v[-1]:.6g} V"
        )
    v, i = _with_zero_crossings(v, i)
    steps = 0.5 * (i[1:] + i[:-1]) * np.diff(v)
    middle = v[1:] + v[:-1]
    parts = {
        "positive": abs(float(steps[middle > 0].sum())) if (v > 0).any() else math.nan,
        "negative": abs(float(steps[middle < 0].sum())) if (v < 0).any() else math.nan,
    }
    area = float(np.nansum(list(parts.values()))) if definition == "total" else parts[definition]
    if math.isnan(area):
        return missing("A*V", text, f"the sweep has no {definition} voltage")
    return MetricValue(area, "A*V", text)


@metric(
    title="Current at zero bias over the largest current",
    unit="1",
    display_unit="%",
    source="Chua, Appl. Phys. A 102 (2011) 765: a memristor's loop is pinched at the origin",
)
def zero_bias_current(voltage: npt.ArrayLike, current: npt.ArrayLike) -> MetricValue:
    """Compare the current that remains at zero voltage with the largest one.

    Parameters
    ----------
    voltage, current : array_like, shape (n,)
        The sweep in the order in which it was taken [V], [A].

    Returns
    -------
    MetricValue
        Largest |I| at zero voltage over the largest |I| [1]; nan with a note if the sweep
        never passes zero or there is no current.

    Raises
    ------
    ValueError
        If the arrays do not belong together.

    References
    ----------
    Chua, Appl. Phys. A 102 (2011) 765.
    """
    text = "largest |I| where the sweep passes 0 V over the largest |I|"
    v, i = checked_sweep(voltage, current)
    scale = float(np.abs(i).max())
    if not scale > 0:
        return missing("1", text, "there is no current, or it is not a number")
    passed = np.abs(currents_at(v, i, 0.0))
    if passed.size == 0:
        return missing("1", text, "the sweep never passes 0 V")
    return MetricValue(float(passed.max()) / scale, "1", text)


def _with_zero_crossings(v: FloatArray, i: FloatArray) -> tuple[FloatArray, FloatArray]:
    at = np.flatnonzero(v[1:] * v[:-1] < 0)
    share = v[at] / (v[at] - v[at + 1])
    return np.insert(v, at + 1, 0.0), np.insert(i, at + 1, i[at] + share * (i[at + 1] - i[at]))
