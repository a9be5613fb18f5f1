"""Statistics over the draws of a Monte Carlo block."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from optospice import units
from optospice.errors import InputError, close_matches
from optospice.metrics import over_draws
from optospice.metrics.registry import METRICS
from optospice.metrics.repeatability import device_to_device_spread
from optospice.metrics.value import MetricValue, annotated, missing
from optospice.protocols import Experiment
from optospice.scenario.monte_carlo import MonteCarlo, Statistic
from optospice.scenario.schema import Scenario
from optospice.validation import Value

#: Statistics without a unit, whatever the metric has.
RATIOS = ("coefficient_of_variation", "yield", "device_to_device_spread")


def statistic_unit(statistic: Statistic, experiment: Experiment) -> str | None:
    """SI unit of a statistic; None where only a run shows that of its metric."""
    if statistic.statistic in RATIOS:
        return "1"
    return experiment.metric_unit(statistic.metrics[0])


def check_statistics(scenario: Scenario, experiment: Experiment) -> None:
    """Refuse a statistic of a metric that there is not, or a specification that does not fit.

    Raises
    ------
    InputError
        Naming key, value and what is accepted, without the file.
    """
    own = list(experiment.metric_names())
    for index, statistic in enumerate(scenario.statistics):
        where = f"statistics[{index}]"
        if statistic.name in own:
            raise InputError(
                f"{where}.name = {statistic.name!r}: is a metric of each run; accepted: another"
            )
        for name in statistic.metrics:
            if name not in own:
                raise InputError(
                    f"{where}.of = {name!r}: protocol {experiment.name!r} does not give it; "
                    + close_matches(name, own)
                )
        for key in ("at_least", "at_most"):
            unit, bound = experiment.metric_unit(statistic.metrics[0]), getattr(statistic, key)
            try:
                if bound is not None:
                    units.parse(bound, unit or units.si_unit(units.split_unit(str(bound))[1]))
            except units.UnitsError as error:
                raise InputError(f"{where}.{key}: {error}") from None


def take_statistic(
    statistic: Statistic, block: MonteCarlo | None, draws: Sequence[Mapping[str, MetricValue]]
) -> MetricValue:
    """Take a statistic over the draws of one point of the sweep.

    Parameters
    ----------
    statistic : Statistic
        What is taken; `check_statistics` has found it fit.
    block : MonteCarlo or None
        How the draws were made.
    draws : sequence of mapping
        Metrics of each draw; empty where it failed.
    """
    names = statistic.metrics
    rows = [[draw[name] for name in names] for draw in draws if all(n in draw for n in names)]
    info = METRICS.get(names[0])
    unit = rows[0][0].unit if rows else info.unit if info else "1"
    try:
        taken = _taken(statistic, [[value.value for value in row] for row in rows], unit)
    except (ValueError, units.UnitsError) as error:  # the draws do not hold it: say so
        taken = missing("1" if statistic.statistic in RATIOS else unit, "", str(error))
    how = f"{taken.definition}; of {' and '.join(names)}, {len(rows)} draws"
    return annotated(replace(taken, definition=how), notes_on_independence(block, taken.interval))


def _taken(statistic: Statistic, rows: Sequence[Sequence[float]], unit: str) -> MetricValue:
    first, confidence = [row[0] for row in rows], statistic.confidence
    match statistic.statistic:
        case "mean":
            return over_draws.mean(first, unit, confidence)
        case "standard_deviation":
            return over_draws.standard_deviation(first, unit, confidence)
        case "coefficient_of_variation":
            return over_draws.coefficient_of_variation(first, confidence)
        case "quantile":
            return over_draws.quantile(first, unit, statistic.quantile or 0.5, confidence)
        case "yield":
            low = _bound(statistic.at_least, unit, -math.inf)
            high = _bound(statistic.at_most, unit, math.inf)
            return over_draws.yield_within(first, low, high, confidence)
        case "device_to_device_spread":
            return device_to_device_spread(rows, statistic.definition or "level")


def _bound(bound: Value | None, unit: str, absent: float) -> float:
    return absent if bound is None else units.parse(bound, unit)


def notes_on_independence(
    block: MonteCarlo | None, interval: tuple[float, float] | None
) -> tuple[str, ...]:
    """Say that an interval is too narrow where draws share a component of their variation."""
    if block is None or interval is None or not block.shared:
        return ()
    return (
        f"devices of one {' or '.join(block.shared)} are alike: the interval takes the draws as "
        "independent and is too narrow",
    )
