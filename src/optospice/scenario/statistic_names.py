"""Whether what a scenario says of numbers over draws fits together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optospice.scenario.schema import Scenario, Target


def check_names(scenario: Scenario) -> None:
    """Hold the names of statistics and the targets that use them against the scenario.

    Raises
    ------
    ValueError
        For a name that stands twice, a number over draws without draws, or a target that does not
        say at which point of the sweep it is taken.
    """
    taken = [across.name or across.metric for across in scenario.across]
    names = scenario.statistic_names
    for name in names:
        if names.count(name) > 1 or name in taken:
            raise ValueError(f"statistics: the name {name!r} stands twice")
    if names and scenario.monte_carlo is None:
        raise ValueError("statistics: are taken over draws; there is no [monte_carlo]")
    for target in scenario.targets:
        where = f"targets, id {target.id!r}"
        if target.yield_at_least is not None:
            if scenario.monte_carlo is None:
                raise ValueError(f"{where}: yield_at_least: there is no [monte_carlo]")
            if target.metric in [*names, *taken]:
                raise ValueError(
                    f"{where}: yield_at_least: {target.metric!r} is no metric of a run"
                )
        loose = _loose(scenario, target) if target.metric in names else []
        if loose:
            raise ValueError(
                f"{where}: where: {target.metric!r} is taken over the draws of one point; "
                f"accepted: a value of {' and '.join(loose)}"
            )


def _loose(scenario: Scenario, target: Target) -> list[str]:
    """Give the swept keys that a target leaves open; those that move with `over` are not."""
    together = (group for group in scenario.zip if target.over in group)
    fixed = {*target.where, target.over, "device", *(key for group in together for key in group)}
    return [key for key in scenario.swept if key not in fixed]
