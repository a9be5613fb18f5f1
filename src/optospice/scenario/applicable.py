"""Claims that are about nothing: no pulse, no light, or no answer in any of their runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from optospice.metrics.registry import METRICS

if TYPE_CHECKING:
    from optospice.scenario.schema import Scenario, Target
    from optospice.scenario.verdict import Observation


def inapplicable(target: Target, scenario: Scenario, observations: Sequence[Observation]) -> str:
    """Say why a claim does not apply to its runs; empty where it does.

    A claim that nothing happens applies always, and so does one about a metric that needs no
    stimulus.

    Parameters
    ----------
    target : Target
        The claim.
    scenario : Scenario
        Its scenario.
    observations : sequence of Observation
        The runs that it is about.
    """
    if target.of_absence:
        return ""
    if not any(_needs_stimulus(name, scenario) for name in _taken_of(target.metric, scenario)):
        return ""
    reasons = [one.idle for one in observations if one.metrics]
    return reasons[0] if reasons and all(reasons) else ""


def _taken_of(name: str, scenario: Scenario) -> list[str]:
    """Name the metrics of single runs that a metric is taken of."""
    for across in scenario.across:
        if (across.name or across.metric) == name:
            return [across.of]
    for statistic in scenario.statistics:
        if statistic.name == name:
            return list(statistic.metrics)
    return [name]


def _needs_stimulus(name: str, scenario: Scenario) -> bool:
    own = scenario.protocol.get("metrics", {}).get(name, {}).get("metric", name)
    info = METRICS.get(own)
    return info is None or info.needs_stimulus
