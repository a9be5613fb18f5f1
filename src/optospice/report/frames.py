"""A result as tables of numbers: one row per run, one row per target, one row per time point."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from optospice import units
from optospice.interpolation import FloatArray
from optospice.metrics.column import MetricColumn
from optospice.protocols.base import Series
from optospice.report.coded import Coded, Column
from optospice.report.columns import (
    metric_column,
    metric_names,
    parameter_unit,
    run_columns,
    swept_column,
)
from optospice.report.numbers import converted, shown_with_unit
from optospice.scenario.verdict import Verdict
from optospice.sweep.record import RunRecord, ScenarioResult
from optospice.texts import csv_cell

#: Rows that are spelled at a time [1].
_ROWS = 16_384
_TARGET_COLUMNS = [
    "id",
    "metric",
    "device",
    "where",
    "definition",
    "claim",
    "kind",
    "category",
    "unit",
    "published",
    "tolerance",
    "simulated",
    "shown",
    "error_percent",
    "tolerance_percent",
    "met",
    "expected_miss",
    "verdict",
    "draws_meeting",
    "draws",
    "share_low",
    "share_high",
    "worst_run",
    "extrapolated",
    "source",
    "note",
]


def runs_columns(result: ScenarioResult) -> dict[str, Column]:
    """Give the columns of a table with one row per run.

    They come without pandas, whose import outlasts many a sweep. What all runs share, and texts
    of which few differ, take no memory per run.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.

    Returns
    -------
    dict of str to sequence
        Swept values as written and as numbers, every parameter in the unit of its card,
        every metric in SI; the unit closes the name of each column of numbers.
    """
    runs = run_columns(result)
    columns: dict[str, Column] = {
        "id": runs.ids,
        "device": Coded(tuple(device.name for device in runs.devices), runs.which),
    }
    for key, column in runs.swept.items():
        if key != "device":
            texts = tuple(None if value is None else str(value) for value in column.words)
            columns[key] = Coded(texts, column.codes)
        if key.startswith("parameters.") or key in ("device", "temperature"):
            continue  # stands below as a number
        numbers = swept_column(result, key)
        if numbers is not None:
            values, unit = numbers
            si = units.si_unit(unit)
            columns[f"{key} [{si}]"] = converted(values, unit, si)
    columns.update(_parameters(result))
    columns["temperature [K]"] = runs.temperatures
    columns["draw"] = runs.draws
    for name in metric_names(result):
        columns.update(_metric(name, metric_column(result, name)))
    limits = tuple("; ".join(words) for words in runs.outside.words)
    columns["extrapolated"] = Coded(limits, runs.outside.codes)
    columns["status"] = runs.statuses
    columns["message"] = runs.messages
    columns["seconds [s]"] = runs.seconds
    columns["ngspice"] = Coded((result.ngspice,), np.zeros(len(runs.ids), np.int32))
    return columns


def target_columns(result: ScenarioResult) -> dict[str, list[Any]]:
    """Give the columns of a table with one row per target and device, numbers in SI units."""
    rows: list[dict[str, Any]] = [
        {
            "id": verdict.target.id,
            "metric": verdict.target.metric,
            "device": verdict.device,
            "where": verdict.where,
            "definition": verdict.definition,
            "claim": verdict.target.claim,
            "kind": verdict.target.kind,
            "category": str(verdict.category),
            "unit": verdict.si_unit,
            "published": verdict.claimed_si,
            "tolerance": verdict.target.tolerance,
            "simulated": verdict.simulated_si,
            "shown": shown_with_unit(verdict),
            "error_percent": verdict.error_percent,
            "tolerance_percent": verdict.tolerance_percent,
            "met": verdict.met,
            "expected_miss": verdict.expected_miss,
            "verdict": verdict.word,
            **_share(verdict),
            "extrapolated": verdict.is_extrapolated,
            "source": verdict.target.source,
            "note": verdict.note,
        }
        for verdict in result.verdicts
    ]
    return {name: [row[name] for row in rows] for name in _TARGET_COLUMNS}


def _share(verdict: Verdict) -> dict[str, Any]:
    share = verdict.share
    if share is None:
        return dict.fromkeys(("draws_meeting", "draws", "share_low", "share_high", "worst_run"))
    return {
        "draws_meeting": share.meeting,
        "draws": share.count,
        "share_low": share.interval[0],
        "share_high": share.interval[1],
        "worst_run": share.worst or None,
    }


def csv_bytes(columns: Mapping[str, Column]) -> bytes:
    """Write a table as CSV; a number that does not exist is an empty cell.

    A text that a spreadsheet would take for a formula begins with ``'``.
    """
    return b"".join(csv_parts(columns))


def csv_parts(columns: Mapping[str, Column]) -> Iterator[bytes]:
    """Write a table as `csv_bytes` does, part by part."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([csv_cell(title) for title in columns])
    yield text.getvalue().encode()
    size = max((len(values) for values in columns.values()), default=0)
    words = {title: _cells(one.words) for title, one in columns.items() if isinstance(one, Coded)}
    for start in range(0, size, _ROWS):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        filled = [
            [words[title][code] for code in values.codes[start : start + _ROWS].tolist()]
            if isinstance(values, Coded)
            else _cells(values[start : start + _ROWS])
            for title, values in columns.items()
        ]
        writer.writerows(zip(*filled, strict=True))
        yield text.getvalue().encode()


def _cells(values: Column) -> list[Any]:
    if isinstance(values, np.ndarray):
        return ["" if value != value else value for value in values.tolist()]
    return ["" if value is None or value != value else csv_cell(value) for value in values]


def _parameters(result: ScenarioResult) -> dict[str, Column]:
    """Give every parameter of every run: what it changes, else the default of its device."""
    runs = run_columns(result)
    kinds, which, changed = runs.devices, runs.which, runs.changed
    names = dict.fromkeys([*(name for one in kinds for name in one.defaults), *changed])
    columns: dict[str, Column] = {}
    for name in names:
        for unit in dict.fromkeys(parameter_unit([device], name) for device in kinds):
            own = [
                float(device.defaults[name])
                if name in device.defaults and parameter_unit([device], name) == unit
                else None
                for device in kinds
            ]
            column: Column = Coded(tuple(own), which)
            if name in changed:
                known = np.array([parameter_unit([device], name) == unit for device in kinds])
                default = np.array([np.nan if value is None else value for value in own])[which]
                values = np.where(known[which], changed[name], np.nan)
                column = np.where(np.isnan(values), default, values)
            columns[f"parameters.{name} [{unit}]"] = column
    return columns


def _metric(name: str, column: MetricColumn) -> dict[str, Column]:
    """Give a metric and its standard error, apart for each unit that it has."""
    columns: dict[str, Column] = {}
    for unit in dict.fromkeys(words.unit for words in column.words if words.unit):
        own = np.array([words.unit == unit for words in column.words])[column.codes]
        values, errors = (
            np.where(own, numbers, np.nan) for numbers in (column.values, column.standard_errors)
        )
        whole = all(words.whole for words in column.words if words.unit == unit)
        columns[f"{name} [{unit}]"] = _whole(values) if whole else values
        if np.isfinite(errors).any():
            columns[f"{name} standard error [{unit}]"] = errors
    return columns


def _whole(values: FloatArray) -> Sequence[Any]:
    return [None if np.isnan(value) else int(value) for value in values]


def spell_parameters(record: RunRecord) -> str:
    """Say in words what differs in a run: swept keys and changed parameters."""
    parts = [f"{key} = {value}" for key, value in record.run.point.items()]
    card = record.run.device.card.parameters
    for name, number in record.run.parameters.items():
        if f"parameters.{name}" not in record.run.point:
            unit = card[name].unit if name in card else "1"
            parts.append(f"parameters.{name} = {units.format_human(number, unit)}")
    return ", ".join(parts)


def series_columns(group: Mapping[str, Series], outside: Sequence[str] = ()) -> dict[str, Column]:
    """Give series with the same places as columns in SI units; shorter ones end in empty cells.

    Parameters
    ----------
    group : mapping of str to Series
        Series by name.
    outside : sequence of str
        Which limits of the device's valid range the run left; they mark every row.
    """
    rows = max(one.x.size for one in group.values())
    columns: dict[str, Column] = {}
    for name, one in group.items():
        fill = [None] * (rows - one.x.size)
        place = one.x_name if len(group) == 1 else f"{name}: {one.x_name}"
        columns[f"{place} [{one.x_unit}]"] = [*one.x.tolist(), *fill]
        columns[f"{name} [{one.y_unit}]"] = [*one.y.tolist(), *fill]
    return columns | ({"extrapolated": ["; ".join(outside)] * rows} if outside else {})
