"""The number that a claim is about: of one run, of all draws, or taken across the runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from optospice.metrics.registry import METRICS
from optospice.metrics.value import MetricValue, missing
from optospice.scenario.across import take_across
from optospice.scenario.claim import si_of_claim
from optospice.scenario.statistics import take_statistic

if TYPE_CHECKING:
    from optospice.scenario.schema import Scenario, Target
    from optospice.scenario.verdict import Observation


def take_claimed(target: Target, scenario: Scenario, chosen: Sequence[Observation]) -> MetricValue:
    """Take the number that a claim is about.

    Parameters
    ----------
    target : Target
        The claim.
    scenario : Scenario
        Its scenario.
    chosen : sequence of Observation
        The runs that it is about.
    """
    for across in scenario.across:
        if (across.name or across.metric) == target.metric:
            return take_across(across, chosen)
    for statistic in scenario.statistics:
        if statistic.name == target.metric:
            return take_statistic(statistic, scenario.monte_carlo, [o.metrics for o in chosen])
    values = [o.metrics[target.metric] for o in chosen if target.metric in o.metrics]
    if not values:
        info = METRICS.get(target.metric)
        unit = info.unit if info else si_of_claim(target)
        return missing(unit, "", "no run gave this metric")
    if len(values) > 1:  # a Monte Carlo block: the published number is that of the typical device
        # a draw without a value meets no bound: it counts as beyond it
        absent = {"at_least": -math.inf, "at_most": math.inf}.get(target.claim, math.nan)
        numbers = [absent if value.is_missing else value.value for value in values]
        numbers = [number for number in numbers if not math.isnan(number)]
        text = f"{values[0].definition}; median of {len(numbers)} runs"
        middle = float(np.median(numbers)) if numbers else math.nan
        if not math.isfinite(middle) or 2 * len(numbers) <= len(values):
            return missing(values[0].unit, text, "half of the runs or more gave no value")
        return MetricValue(middle, values[0].unit, text)
    return values[0]
