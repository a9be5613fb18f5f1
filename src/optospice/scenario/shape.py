"""A claim about a shape: how a metric changes along a swept key."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from optospice import units
from optospice.interpolation import FloatArray
from optospice.scenario.order import place_on_axis
from optospice.scenario.points import by_point
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

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def joint_definition(definitions: Sequence[str]) -> str:
    """Give the definition of a metric of several runs; numbers that differ as ``"2 to 40"``.

    Parameters
    ----------
    definitions : sequence of str
        Those of the runs, in their order; at least one.

    Returns
    -------
    str
        The first one where they differ in more than numbers.
    """
    first = definitions[0]
    numbers = [_NUMBER.findall(one) for one in definitions]
    if len({_NUMBER.sub("#", one) for one in definitions}) > 1:
        return first
    ends = iter(zip(*numbers, strict=True))

    def spelled(match: re.Match[str]) -> str:
        found = sorted(set(next(ends)), key=float)
        return match.group() if len(found) == 1 else f"{found[0]} to {found[-1]}"

    return _NUMBER.sub(spelled, first)


@dataclass(frozen=True)
class Line:
    """A metric along the swept key, all other swept keys held.

    Parameters
    ----------
    where : str
        The other keys with their values; empty where no other key is swept.
    values : list of float
        The metric at each value of the key, of several draws at one value the median.
    errors : list of float
        How far each may be off for the solver's error; 0 where nobody knows.
    runs : list of tuple of str
        Ids of the runs behind each value.
    """

    where: str
    values: list[float]
    errors: list[float]
    runs: list[tuple[str, ...]]


def lines_of(target: Target, observations: Sequence[Observation], unit: str) -> list[Line]:
    """Give the metric along the swept key, one line for each point of all other keys.

    Keys that move together with the swept one belong to its line. Where no other point is met
    twice, as in a design of scattered points, all of them are one line.
    """
    over = str(target.over)
    points = [one.point for one in observations if target.metric in one.metrics]
    others = [key for key in (points[0] if points else ()) if _is_axis(key, over, points)]
    groups: dict[tuple[Value, ...], list[Observation]] = {}
    for one in observations:
        if target.metric in one.metrics:
            groups.setdefault(tuple(one.point[key] for key in others), []).append(one)
    lines = [
        Line(
            ", ".join(f"{key} = {value}" for key, value in zip(others, held, strict=True)),
            *_series(target, members, unit),
        )
        for held, members in groups.items()
    ]
    long = [line for line in lines if len(line.values) > 1]
    return long or [Line("", *_series(target, observations, unit))]


def weakest(target: Target, lines: Sequence[Line]) -> Line:
    """Give the line that has the shape least, in the unit of its largest value."""
    return min(lines, key=lambda line: _margin(target, line.values))


def broken(target: Target, lines: Sequence[Line]) -> str:
    """Say of several lines how many have not the shape that a target claims, and which least."""
    if len(lines) < 2:
        return ""
    least, misses = weakest(target, lines), sum(not holds(target, line.values) for line in lines)
    if misses:
        return f"{misses} of {len(lines)} lines break it, the worst is {least.where}"
    return f"along all {len(lines)} lines, least at {least.where}"


def _is_axis(key: str, over: str, points: Sequence[Mapping[str, Value]]) -> bool:
    """Whether a key varies where the swept one does not."""
    first: dict[Value, Value] = {}
    return key != over and any(
        first.setdefault(point[over], point[key]) != point[key] for point in points
    )


def _series(
    target: Target, observations: Sequence[Observation], unit: str
) -> tuple[list[float], list[float], list[tuple[str, ...]]]:
    groups: dict[float | Value, list[float]] = {}
    errors: dict[float | Value, float] = {}
    runs: dict[float | Value, tuple[str, ...]] = {}
    for observation in observations:
        if target.metric in observation.metrics:
            value = observation.metrics[target.metric]
            number = units.convert(value.value, value.unit, unit)
            swept = observation.point[str(target.over)]
            place = place_on_axis(target, swept, observation.parameters)
            groups.setdefault(place, []).append(number)
            error = observation.errors.get(target.metric, 0.0) and abs(
                units.convert(value.value + observation.errors[target.metric], value.unit, unit)
                - number
            )
            errors[place] = max(errors.get(place, 0.0), error)
            runs[place] = (*runs.get(place, ()), observation.run)
    named = any(isinstance(place, str) for place in groups)
    places = list(groups) if named else sorted(groups)
    medians = [float(np.median(groups[place])) for place in places]
    return medians, [errors[place] for place in places], [runs[place] for place in places]


def _margin(target: Target, series: Sequence[float]) -> float:
    """Give by how much a series has a shape; negative infinity where a value is missing."""
    if len(series) < 2 or not np.isfinite(series).all():
        return -math.inf
    steps, scale = np.diff(series), max(map(abs, series)) or 1.0
    if target.shape == "constant":
        return float(-np.ptp(series) / scale)
    return float((steps if target.shape == "increasing" else -steps).min() / scale)


def with_statistics(
    target: Target, scenario: Scenario, observations: Sequence[Observation]
) -> Sequence[Observation]:
    """Give a statistic over the draws of each point as if it were a metric of one run.

    Observations of a metric of each run stay as they are.
    """
    statistic = next((one for one in scenario.statistics if one.name == target.metric), None)
    if statistic is None:
        return observations
    found = []
    for draws in by_point(observations):
        value = take_statistic(statistic, scenario.monte_carlo, [one.metrics for one in draws])
        found.append(replace(draws[0], metrics={target.metric: value}))
    return found


def holds(target: Target, series: Sequence[float]) -> bool:
    """Whether a series, ordered along the swept key, has the shape that a target claims."""
    if len(series) < 2 or not np.isfinite(series).all():
        return False
    least = -_CONSTANT if target.shape == "constant" else SIGNIFICANT
    margin = _margin(target, series)
    return margin >= least if target.shape == "constant" else margin > least


def doubtful_runs(target: Target, lines: Sequence[Line]) -> tuple[str, ...]:
    """Name the runs whose errors leave open if all lines have the shape; one sure miss decides.

    A difference has to be above the errors of both its ends.
    """
    found: list[str] = []
    for line in lines:
        values, errors = np.array(line.values), np.array(line.errors)
        if not errors.any() or len(values) < 2:
            doubtful = np.zeros(len(values), np.bool_)
        elif target.shape == "constant" or not np.isfinite(values).all():
            doubtful = np.full(len(values), _is_in_doubt(target, values, errors))
        else:
            doubtful = _ends_in_doubt(target, values, errors)
        if not holds(target, line.values) and not doubtful.any():
            return ()
        found += [run for runs, one in zip(line.runs, doubtful, strict=True) if one for run in runs]
    return tuple(dict.fromkeys(found))


def _is_in_doubt(target: Target, values: FloatArray, errors: FloatArray) -> bool:
    """Whether errors decide if values are constant, or if they are there at all."""
    if not np.isfinite(values).all():
        return not np.isfinite(errors).all()
    allowed = _CONSTANT * (float(np.abs(values).max()) or 1.0)
    low, high = values - errors, values + errors
    if holds(target, values.tolist()):
        return bool(high.max() - low.min() > allowed)
    return bool(low.max() - high.min() <= allowed)


def _ends_in_doubt(target: Target, values: FloatArray, errors: FloatArray) -> NDArray[np.bool_]:
    """Tell the ends of the steps that may go the right way, and may not."""
    steps = np.diff(values) if target.shape == "increasing" else -np.diff(values)
    least = SIGNIFICANT * (float(np.abs(values).max()) or 1.0)
    doubt = errors[1:] + errors[:-1]
    open_steps = (steps <= np.maximum(doubt, least)) & (steps + doubt > least)
    if (steps + doubt <= least).any():  # a step that surely goes the wrong way decides
        open_steps[:] = False
    found: NDArray[np.bool_] = np.append(open_steps, False) | np.append(False, open_steps)
    return found


def shown(series: Sequence[float]) -> str:
    """Write a series; of a long one its ends."""
    half = _SHOWN // 2
    words = [f"{number:.4g}" for number in series]
    cut = words if len(words) <= _SHOWN else [*words[:half], "…", *words[-half:]]
    return " → ".join(cut)
