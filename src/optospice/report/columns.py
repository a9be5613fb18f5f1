"""A result as columns over all its runs: the one place of the report that goes run by run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optospice import units
from optospice.device import Device
from optospice.interpolation import FloatArray
from optospice.metrics.column import MetricColumn, Words
from optospice.metrics.value import MetricValue
from optospice.report.coded import Coded, Codes, RunColumns
from optospice.report.collected import by_columns
from optospice.scenario.order import swept_quantity
from optospice.scenario.runs import Runs
from optospice.sweep.record import ScenarioResult
from optospice.sweep.records import Records
from optospice.validation import Value

#: Stands for the words of a run that did not give a metric at all.
_NOT_GIVEN = Words("", "", "the run did not give it")


@dataclass(frozen=True, eq=False)
class Drawn:
    """A parameter that was drawn at random.

    Parameters
    ----------
    values : ndarray, shape (runs,)
        Its values [unit]; nan where a run has none.
    unit : str
        Unit of the device's card.
    """

    values: FloatArray
    unit: str


def run_columns(result: ScenarioResult) -> RunColumns:
    """Give what is known of every run but its metrics, collected once for each result."""
    memory = vars(result)  # as `functools.cached_property` does: to make a run takes a while
    if "run_columns" not in memory:
        memory["run_columns"] = _collected(result)
    found: RunColumns = memory["run_columns"]
    return found


def _collected(result: ScenarioResult) -> RunColumns:
    records = result.records
    runs = records.runs if isinstance(records, Records) else None
    if isinstance(records, Records) and isinstance(runs, Runs) and not runs.are_marked:
        return by_columns(records, runs)
    size = len(result.records)
    ids, draws, kept = [], [], []
    texts: tuple[list[Any], ...] = ([], [], [])
    numbers = np.empty((2, size))
    devices: dict[str, Device] = {}
    found: dict[str, int] = {}
    which = np.zeros(size, np.int32)
    points: dict[str, list[Any]] = {}
    changed: dict[str, FloatArray] = {}
    for place, record in enumerate(result.records):
        run = record.run
        ids.append(run.id)
        draws.append(run.draw)
        row = (record.status, record.message, record.outside)
        for column, text in zip(texts, row, strict=True):
            column.append(text)
        numbers[:, place] = record.seconds, run.temperature
        devices.setdefault(run.device.name, run.device)
        which[place] = found.setdefault(run.device.name, len(found))
        for key, value in run.point.items():
            points.setdefault(key, [None] * size)[place] = value
        for name, number in run.parameters.items():
            if name not in changed:
                changed[name] = np.full(size, np.nan)
            changed[name][place] = number
        if record.result is not None:
            kept.append(place)
    statuses, messages, outside = (Coded.of(column) for column in texts)
    return RunColumns(
        ids,
        statuses,
        messages,
        outside,
        numbers[0],
        numbers[1],
        draws,
        tuple(devices.values()),
        which,
        {key: Coded.of(own) for key, own in points.items()},
        changed,
        kept,
    )


def limits_left(result: ScenarioResult) -> list[str]:
    """Give the limits of a valid range that any run left, in order of appearance."""
    words = run_columns(result).outside.words
    return list(dict.fromkeys(limit for limits in words for limit in limits))


def count_extrapolated(result: ScenarioResult) -> int:
    """Count the runs that left the valid range of their device."""
    outside = run_columns(result).outside
    return sum(
        int((outside.codes == code).sum()) for code, text in enumerate(outside.words) if text
    )


def points(result: ScenarioResult) -> Codes:
    """Give the point of the sweep of every run, as a number in order of appearance."""
    columns = run_columns(result).swept.values()
    return joint_codes([one.codes for one in columns], len(result.records))


def joint_codes(columns: Iterable[Codes], runs: int) -> Codes:
    """Number the combinations of several codes in order of appearance."""
    joined = np.zeros(runs, np.int64)
    for codes in columns:
        joined = np.unique(joined * (int(codes.max(initial=0)) + 1) + codes, return_inverse=True)[1]
        joined = joined.reshape(-1).astype(np.int64)
    _, first, inverse = np.unique(joined, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return order[inverse.reshape(-1)].astype(np.int32)


def swept_column(
    result: ScenarioResult, key: str, runs: NDArray[np.bool_] | None = None
) -> tuple[FloatArray, str] | None:
    """Give the values of a swept key as numbers in one unit, that of the first run.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.
    key : str
        Swept key.
    runs : ndarray of bool, shape (runs,), optional
        Which runs count; the others are nan.

    Returns
    -------
    tuple of ndarray and str, or None
        One number per run and their unit; None where one of the values is a name, is missing or
        has another dimension.
    """
    runs_of = run_columns(result)
    column, kinds, which = runs_of.swept.get(key), runs_of.devices, runs_of.which
    if column is None:
        return None
    chosen = np.ones(len(column), bool) if runs is None else runs
    pairs = column.codes.astype(np.int64) * len(kinds) + which
    found, inverse = np.unique(pairs[chosen], return_inverse=True)
    numbers: list[tuple[float, str]] = []
    for pair in found.tolist():
        value: Value | None = column.words[pair // len(kinds)]
        card = kinds[pair % len(kinds)].card.parameters
        number = None if value is None else swept_quantity(key, value, card)
        if number is None:
            return None
        numbers.append(number)
    if not numbers:
        return None
    unit = numbers[int(inverse.reshape(-1)[0])][1]
    try:
        alike = [units.convert(n, own, unit) if own != unit else n for n, own in numbers]
    except units.UnitsError:
        return None
    values = np.full(len(column), np.nan)
    values[chosen] = np.array(alike)[inverse.reshape(-1)]
    return values, unit


def metric_names(result: ScenarioResult) -> list[str]:
    """Names of all metrics, in the order of the first run that has some."""
    if isinstance(result.records, Records):
        return list(result.records.metric_names)
    return list(dict.fromkeys(name for record in result.records for name in record.metrics))


def metric_column(result: ScenarioResult, name: str) -> MetricColumn:
    """Give a metric over all runs; nan, with words without a unit, where a run did not give it."""
    if isinstance(result.records, Records):
        whole = result.records.column(name)
        used, inverse = np.unique(whole.codes, return_inverse=True)
        # the last words stand for runs without the metric
        words = [_NOT_GIVEN if code == len(whole.words) - 1 else whole.words[code] for code in used]
        codes: Codes = inverse.reshape(-1).astype(np.int32)
        return MetricColumn(whole.values, whole.standard_errors, tuple(words), codes)
    none = MetricValue(math.nan, "", _NOT_GIVEN.definition, None, _NOT_GIVEN.note)
    return MetricColumn.of([record.metrics.get(name, none) for record in result.records])


def unit_of(column: MetricColumn) -> str:
    """SI unit of a metric: that of the first run that gave it."""
    given = np.flatnonzero(is_given(column))
    return column.words[column.codes[given[0]]].unit if given.size else "1"


def is_given(column: MetricColumn) -> NDArray[np.bool_]:
    """Whether each run gave the metric at all, be it without a value."""
    given = np.array([bool(words.unit) for words in column.words])
    return np.asarray(given[column.codes])


def parameter_unit(kinds: Iterable[Device], name: str) -> str:
    """Unit of a parameter on the first card that has it."""
    cards: Iterable[Mapping[str, Any]] = (device.card.parameters for device in kinds)
    return next((str(card[name].unit) for card in cards if name in card), "1")


def drawn_parameters(result: ScenarioResult) -> dict[str, Drawn]:
    """Give the parameters that were drawn: those that differ between draws at one point."""
    runs = run_columns(result)
    if all(draw is None for draw in runs.draws):
        return {}
    place, kinds, found = points(result), runs.devices, {}
    for name, values in runs.changed.items():
        known = np.isfinite(values)
        low = np.full(int(place.max(initial=0)) + 1, np.inf)
        high = -low
        np.minimum.at(low, place[known], values[known])
        np.maximum.at(high, place[known], values[known])
        if bool((high > low).any()):
            found[name] = Drawn(values, parameter_unit(kinds, name))
    return found
