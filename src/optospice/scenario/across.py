"""Metrics taken across the runs of a sweep, such as a fit over the interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optospice import units
from optospice.errors import InputError, close_matches
from optospice.metrics import over_draws
from optospice.metrics.registry import METRICS
from optospice.metrics.value import MetricValue, missing
from optospice.scenario.order import swept_number
from optospice.scenario.points import by_point
from optospice.scenario.sensitivity import SENSITIVITIES, take_index
from optospice.scenario.shape import SIGNIFICANT

if TYPE_CHECKING:
    from optospice.scenario.schema import Across
    from optospice.scenario.verdict import Observation

#: Metrics of a swept quantity and what each run gave: these can be taken across runs.
ACROSS_METRICS = (
    "paired_pulse_relaxation_time",
    "paired_pulse_fit_quality",
    "cutoff_frequency",
    "activation_energy",
    "spike_timing_time_constant",
    "spike_timing_amplitude",
    *SENSITIVITIES,
)


def check_across(across: Across) -> None:
    """Refuse a metric that cannot be taken across runs, or an unknown definition of it.

    Raises
    ------
    InputError
        Naming key, value and what is accepted.
    """
    if across.metric not in ACROSS_METRICS:
        known = "cannot be taken across runs" if across.metric in METRICS else "no such metric"
        raise InputError(
            f"metric = {across.metric!r}: {known}; {close_matches(across.metric, ACROSS_METRICS)}"
        )
    definitions = METRICS[across.metric].definitions
    if across.definition is not None and across.definition not in definitions:
        raise InputError(
            f"definition = {across.definition!r}: metric {across.metric!r} has no such definition; "
            + close_matches(across.definition, definitions)
        )


def take_across(across: Across, observations: Sequence[Observation]) -> MetricValue:
    """Take a metric across the runs of a sweep; `check_across` has found it fit for that.

    Of a Monte Carlo block it is taken for each draw by itself, which is one device at every point:
    the value is the mean over the draws with its interval.
    """
    if across.metric in SENSITIVITIES:
        return take_index(across, observations)
    draws = _draws(observations)
    if len(draws) == 1:
        return _take(across, draws[0])
    taken = [_take(across, draw) for draw in draws]
    info = METRICS[across.metric]
    values = [one.value for one in taken]
    unit = taken[0].unit
    found = over_draws.mean(values, unit)
    spread = over_draws.standard_deviation(values, unit)
    words = info.definitions.get(across.definition or next(iter(info.definitions), ""), "")
    parts = [words, f"{found.definition}; of {len(draws)} draws"]
    if not spread.is_missing:
        shown = units.convert(spread.value, unit, info.display_unit)
        parts.append(f"standard deviation {shown:.3g} {info.display_unit}".removesuffix(" 1"))
    return replace(found, definition="; ".join(filter(None, parts)))


def _draws(observations: Sequence[Observation]) -> list[list[Observation]]:
    """Part the runs by draw: the first run of every point, the second, and so on."""
    points = by_point(observations)
    if len({len(runs) for runs in points}) != 1:
        return [list(observations)]
    return [list(draw) for draw in zip(*points, strict=True)]


def _take(across: Across, observations: Sequence[Observation]) -> MetricValue:
    info = METRICS[across.metric]
    pairs = [
        (found[0], observation.metrics[across.of].value)
        for observation in observations
        if across.of in observation.metrics
        and (
            found := swept_number(
                across.over, observation.point[across.over], observation.parameters
            )
        )
    ]
    x, y = (
        (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
        if pairs
        else (
            np.empty(0),
            np.empty(0),
        )
    )
    if y.size and np.ptp(y) <= SIGNIFICANT * np.abs(y).max():
        note = f"{across.of} changes by less than the accuracy of the simulation"
        return missing(info.unit, across.definition or next(iter(info.definitions), ""), note)
    order = np.argsort(x, kind="stable")
    options = {} if across.definition is None else {"definition": across.definition}
    try:
        return info.function(x[order], y[order], **options)
    except ValueError as error:  # the runs do not hold it: say so, and keep them
        return missing(info.unit, across.definition or "", str(error))
