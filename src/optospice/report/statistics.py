"""What was taken over the draws of each point of a sweep, as lines, as a table and as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optospice import units
from optospice.metrics.value import MetricValue
from optospice.report.numbers import finite, pretty_unit, with_unit
from optospice.scenario.monte_carlo import Statistic
from optospice.scenario.statistics import RATIOS, take_statistic
from optospice.scenario.verdict import display_unit
from optospice.sweep.record import ScenarioResult
from optospice.validation import Value

#: Most lines of numbers over draws [1]; the rest stands in the table.
_SHOWN = 12


@dataclass(frozen=True)
class TakenStatistic:
    """A number over the draws of one point.

    Parameters
    ----------
    statistic : Statistic
        What was taken.
    device : str
        Device of the draws.
    point : mapping
        Swept keys with their values as written.
    value : MetricValue
        The number with its interval.
    done, planned : int
        Draws that gave metrics, and all [1].
    """

    statistic: Statistic
    device: str
    point: Mapping[str, Value]
    value: MetricValue
    done: int
    planned: int


def statistics_of(result: ScenarioResult) -> list[TakenStatistic]:
    """Take every statistic of a scenario at every point of its sweep."""
    scenario = result.loaded.scenario
    points: dict[tuple[object, ...], list[Any]] = {}
    for record in result.records if scenario.statistics else ():
        key = (record.run.device.name, *record.run.point.values())
        points.setdefault(key, []).append(record)
    return [
        TakenStatistic(
            statistic,
            records[0].run.device.name,
            records[0].run.point,
            take_statistic(statistic, scenario.monte_carlo, [record.metrics for record in records]),
            sum(bool(record.metrics) for record in records),
            len(records),
        )
        for statistic in scenario.statistics
        for records in points.values()
    ]


def statistics_lines(result: ScenarioResult) -> Iterator[str]:
    """Say each number with its interval; where draws are missing, of how many it is."""
    taken = statistics_of(result)
    several = len({one.device for one in taken}) > 1
    for one in taken[:_SHOWN]:
        where = [f"{key} = {value}" for key, value in one.point.items()]
        where += [one.device] if several and "device" not in one.point else []
        place = f" at {', '.join(where)}" if where else ""
        part = f", {one.done} of {one.planned} draws" if one.done < one.planned else ""
        note = f"; {one.value.note}" if one.value.note else ""
        number = _with_interval(one)
        yield f"{one.statistic.name}{place}: {number}{part} ({one.value.definition}{note})"
    if len(taken) > _SHOWN:
        yield f"… and {len(taken) - _SHOWN} more numbers over draws, in statistics.csv"


def _with_interval(one: TakenStatistic) -> str:
    value = one.value
    is_ratio = one.statistic.statistic in RATIOS
    unit = "%" if is_ratio else display_unit(one.statistic.metrics[0], value.unit)

    def shown(number: float) -> str:
        return units.short_number(units.convert(number, value.unit, unit))

    text = with_unit(shown(value.value), unit)
    if value.interval is None:
        return text
    low, high = map(shown, value.interval)
    return f"{text}, {low} to {high} {pretty_unit(unit)}".rstrip()


def statistics_columns(result: ScenarioResult) -> dict[str, list[Any]]:
    """Give the columns of a table with one row per statistic and point, in SI units."""
    rows = [_row(one) for one in statistics_of(result)]
    titles = dict.fromkeys(title for row in rows for title in row)
    return {title: [row.get(title) for row in rows] for title in titles}


def _row(one: TakenStatistic) -> dict[str, Any]:
    low, high = one.value.interval or (None, None)
    return {
        "name": one.statistic.name,
        "statistic": one.statistic.statistic,
        "of": ", ".join(one.statistic.metrics),
        "device": one.device,
        **{key: str(value) for key, value in one.point.items() if key != "device"},
        "value": finite(one.value.value),
        "low": low,
        "high": high,
        "confidence": one.statistic.confidence,
        "unit": one.value.unit,
        "draws": one.done,
        "planned": one.planned,
        "definition": one.value.definition,
        "note": one.value.note,
    }


def statistics_json(result: ScenarioResult) -> Sequence[Mapping[str, Any]]:
    """Give every statistic as plain data, in SI units."""
    return [
        {
            "name": one.statistic.name,
            "statistic": one.statistic.statistic,
            "of": list(one.statistic.metrics),
            "device": one.device,
            "where": dict(one.point),
            "value": finite(one.value.value),
            "unit": one.value.unit,
            "interval": list(one.value.interval) if one.value.interval else None,
            "confidence": one.statistic.confidence,
            "draws": {"done": one.done, "planned": one.planned},
            "definition": one.value.definition,
            "note": one.value.note,
        }
        for one in statistics_of(result)
    ]
