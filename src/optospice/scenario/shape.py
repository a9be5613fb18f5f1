"""A claim about a shape: how a metric changes along a swept key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optospice import units
from optospice.scenario.order import place_on_axis
from optospice.scenario.statistics import take_statistic

if TYPE_CHECKING:
    from optospice.scenario.schema import Scenario, Target
    from optospice.scenario.verdict import Observation
    from optospice.validation import Value

#: Relative change below which a "constant" shape holds [1].
_CONSTANT = 0.01
#: Relative change that a rise or a fall must exceed: less may be the solver's error [1].
SIGNIFICANT = 1e-3
#: Most numbers of a series that are shown [1].
_SHOWN = 6


def series_of(target: Target, observations: Sequence[Observation], unit: str) -> list[float]:
    """Give the metric along the swept key: of several draws at one value the median."""
    groups: dict[float | Value, list[float]] = {}
    for observation in observations:
        if target.metric in observation.metrics:
            value = observation.metrics[target.metric]
            number = units.convert(value.value, value.unit, unit)
            swept = observation.point[str(target.over)]
            place = place_on_axis(target, swept, observation.parameters)
            groups.setdefault(place, []).append(number)
    named = any(isinstance(place, str) for place in groups)
    places = list(groups) if named else sorted(groups)
    return [float(np.median(groups[place])) for place in places]


def with_statistics(
    target: Target, scenario: Scenario, observations: Sequence[Observation]
) -> Sequence[Observation]:
    """Give a statistic over the draws of each point as if it were a metric of one run.

    Observations of a metric of each run stay as they are.
    """
    statistic = next((one for one in scenario.statistics if one.name == target.metric), None)
    if statistic is None:
        return observations
    points: dict[tuple[object, ...], list[Observation]] = {}
    for one in observations:
        points.setdefault(tuple(one.point.values()), []).append(one)
    found = []
    for draws in points.values():
        value = take_statistic(statistic, scenario.monte_carlo, [one.metrics for one in draws])
        found.append(replace(draws[0], metrics={target.metric: value}))
    return found


def holds(target: Target, series: Sequence[float]) -> bool:
    """Whether a series, ordered along the swept key, has the shape that a target claims."""
    if len(series) < 2 or not np.isfinite(series).all():
        return False
    steps, scale = np.diff(series), max(map(abs, series)) or 1.0
    if target.shape == "increasing":
        return bool((steps > SIGNIFICANT * scale).all())
    if target.shape == "decreasing":
        return bool((steps < -SIGNIFICANT * scale).all())
    return bool(np.ptp(series) <= _CONSTANT * scale)


def shortened(series: Sequence[float]) -> list[float]:
    """Give the ends of a long series, else the whole."""
    half = _SHOWN // 2
    return list(series) if len(series) <= _SHOWN else [*series[:half], *series[-half:]]
