"""Whether the metrics that a scenario names are given by its runs or taken over them."""

from __future__ import annotations

from optospice.errors import InputError, close_matches
from optospice.metrics import METRICS
from optospice.protocols import Experiment
from optospice.scenario.across import check_across
from optospice.scenario.claim import check_claim
from optospice.scenario.load import LoadedScenario
from optospice.scenario.statistics import check_statistics, statistic_unit


def check_metrics(loaded: LoadedScenario, protocol: Experiment) -> None:
    """Hold every metric that targets, fits and statistics name against what there is.

    Raises
    ------
    InputError
        For a metric that neither the protocol nor a fit or a statistic gives, or a claim that does
        not fit its unit.
    """
    scenario, where, name = loaded.scenario, str(loaded.file), protocol.name
    own = list(protocol.metric_names())
    for index, across in enumerate(scenario.across):
        if across.of not in own:
            raise InputError(
                f"{where}: {scenario.across_place(index)}.of = {across.of!r}: protocol "
                f"{name!r} does not give it; {close_matches(across.of, own)}"
            )
        try:
            check_across(across)
        except InputError as error:
            raise InputError(f"{where}: {scenario.across_place(index)}.{error}") from None
    try:
        check_statistics(scenario, protocol)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    statistics = {statistic.name: statistic for statistic in scenario.statistics}
    accepted = own + [across.name or across.metric for across in scenario.across]
    accepted += statistics
    for index, target in enumerate(scenario.targets):
        if target.metric not in accepted:
            raise InputError(
                f"{where}: {scenario.target_place(index)}.metric = {target.metric!r}: protocol "
                f"{name!r} does not give it; {close_matches(target.metric, accepted)}"
            )
        taken = {across.name or across.metric: across.metric for across in scenario.across}
        across_metric = taken.get(target.metric)
        if target.metric in statistics:
            unit = statistic_unit(statistics[target.metric], protocol)
        elif across_metric:
            unit = METRICS[across_metric].unit
        else:
            unit = protocol.metric_unit(target.metric)
        try:
            check_claim(target, unit)
        except InputError as error:
            raise InputError(f"{where}: {scenario.target_place(index)}.{error}") from None
