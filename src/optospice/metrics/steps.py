"""Shape of a row of values: whether it rises, and ever more slowly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optospice.metrics.registry import metric
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import checked_row

SOURCE = (
    "Duan et al., MoSe2 memristor, Fig. 2c (repeated sweeps) and Fig. 4a (gain per cycle), put "
    "into a number here"
)


@metric(title="Share of the steps that rise", unit="1", display_unit="%", source=SOURCE)
def rising_steps(
    values: npt.ArrayLike, what: str = "values", *, resolution: float = 0.0
) -> MetricValue:
    """Share of the steps between neighbours that go up.

    Parameters
    ----------
    values : array_like, shape (n,)
        The row, in order [any].
    what : str
        What the values are, in words.
    resolution : float
        Difference that may be an error of the values [any]: a rise must exceed it.

    Returns
    -------
    MetricValue
        1 if every value exceeds the one before it [1]; nan with a note for fewer than two
        values or one that is not a number.
    """
    text = f"share of steps that rise, {what}"
    row = checked_row(values)
    if row.size < 2:
        return missing("1", text, "one value has no steps")
    if not np.isfinite(row).all():
        return missing("1", text, "a value is not a number")
    return MetricValue(float((np.diff(row) > resolution).mean()), "1", text)


@metric(title="Share of the steps that do not grow", unit="1", display_unit="%", source=SOURCE)
def slowing_steps(
    values: npt.ArrayLike, what: str = "values", *, resolution: float = 0.0
) -> MetricValue:
    """Share of the steps that are not larger than the step before: 1 for a concave row.

    Parameters
    ----------
    values : array_like, shape (n,)
        The row, in order [any].
    what : str
        What the values are, in words.
    resolution : float
        Difference that may be an error of the values [any]: it does not count as growth.

    Returns
    -------
    MetricValue
        1 if no step exceeds the one before it [1]; nan with a note for fewer than three
        values or one that is not a number.
    """
    text = f"share of steps not above the step before, {what}"
    row = checked_row(values)
    if row.size < 3:
        return missing("1", text, "fewer than three values have no two steps")
    if not np.isfinite(row).all():
        return missing("1", text, "a value is not a number")
    return MetricValue(float((np.diff(row, 2) <= resolution).mean()), "1", text)
