"""How many draws of a Monte Carlo block meet a claim."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from optospice import units
from optospice.metrics.over_draws import yield_interval
from optospice.metrics.value import MetricValue
from optospice.scenario.claim import excess
from optospice.scenario.schema import Target

#: Confidence of the interval of the share of draws that meets a claim [1].
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Share:
    """How many draws of a Monte Carlo block meet a claim.

    Parameters
    ----------
    meeting, count : int
        Draws that meet it, and all [1]; one without a value does not meet it.
    interval : pair of float
        Confidence interval of the share, of `CONFIDENCE` [1].
    worst : str
        Id of the run that misses it by most; empty where all meet it.
    shown : str
        What that run gave, with its unit.
    """

    meeting: int
    count: int
    interval: tuple[float, float]
    worst: str = ""
    shown: str = ""

    @property
    def share(self) -> float:
        """Share of the draws that meets the claim [1]."""
        return self.meeting / self.count

    def text(self, wanted: float | None = None) -> str:
        """Say it in a few words, and whether it leaves open if `wanted` is reached."""
        low, high = self.interval
        ends = f"{100 * CONFIDENCE:g} % interval {_percent(low)} to {_percent(high)} %"
        if wanted is not None and low <= wanted <= high:
            ends += f", which contains {100 * wanted:g} %"
        words = f"{_percent(self.share)} % of {self.count} draws meet it ({ends})"
        return words + (f"; worst: run {self.worst}, {self.shown}" if self.worst else "")


def share_of(
    target: Target, values: Mapping[str, MetricValue | None], claimed: float, unit: str
) -> Share | None:
    """Count the draws that meet a claim.

    Parameters
    ----------
    target : Target
        The claim.
    values : mapping of str to MetricValue or None
        What each run gave, by its id.
    claimed : float
        What is claimed, in `unit`.
    unit : str
        Unit of the claim.

    Returns
    -------
    Share or None
        None where there are no runs.
    """
    if not values:
        return None
    numbers = {
        run: math.nan if value is None else units.convert(value.value, value.unit, unit)
        for run, value in values.items()
    }
    off = {run: excess(target, number, claimed, unit) for run, number in numbers.items()}
    off = {run: math.inf if math.isnan(amount) else amount for run, amount in off.items()}
    meeting = int(sum(amount <= 0 for amount in off.values()))
    interval = yield_interval(meeting, len(values), CONFIDENCE)
    if meeting == len(values):
        return Share(meeting, len(values), interval)
    worst = max(off, key=lambda run: off[run])
    number = numbers[worst]
    shown = "no value" if math.isnan(number) else f"{number:.4g}{'' if unit == '1' else f' {unit}'}"
    return Share(meeting, len(values), interval, worst, shown)


def _percent(share: float) -> str:
    return f"{100 * share:.3g}"
