"""A result as tables of numbers: one row per run, one row per target, one row per time point."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from optospice import units
from optospice.protocols.base import Series
from optospice.report.numbers import shown_with_unit, swept_si
from optospice.scenario.verdict import Verdict
from optospice.sweep.record import RunRecord, ScenarioResult
from optospice.texts import csv_cell
from optospice.waveforms import Waveforms

if TYPE_CHECKING:
    import pyarrow

_TARGET_COLUMNS = [
    "id",
    "metric",
    "device",
    "where",
    "definition",
    "claim",
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


def runs_columns(result: ScenarioResult) -> dict[str, list[Any]]:
    """Give the columns of a table with one row per run.

    They come without pandas, whose import outlasts many a sweep.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.

    Returns
    -------
    dict of str to list
        Swept values as written and as numbers, every parameter in the unit of its card,
        every metric in SI; the unit closes the name of each column of numbers.
    """
    records = result.records
    columns: dict[str, list[Any]] = {
        "id": [record.run.id for record in records],
        "device": [record.run.device.name for record in records],
    }
    for key in dict.fromkeys(key for record in records for key in record.run.point):
        if key != "device":
            columns[key] = [record.run.point.get(key) for record in records]
            columns[key] = [None if v is None else str(v) for v in columns[key]]
        if key.startswith("parameters.") or key in ("device", "temperature"):
            continue  # stands below as a number
        numbers = swept_si(key, records)
        if numbers is not None:
            columns[f"{key} [{numbers[1]}]"] = list(numbers[0])
    columns.update(_parameters(records))
    columns["temperature [K]"] = [record.run.temperature for record in records]
    columns["draw"] = [record.run.draw for record in records]
    columns.update(_metrics(records))
    columns["extrapolated"] = ["; ".join(record.outside) for record in records]
    columns["status"] = [record.status for record in records]
    columns["message"] = [record.message for record in records]
    columns["seconds [s]"] = [record.seconds for record in records]
    columns["ngspice"] = [result.ngspice for _ in records]
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


def csv_bytes(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """Write a table as CSV; a number that does not exist is an empty cell.

    A text that a spreadsheet would take for a formula begins with ``'``.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([csv_cell(title) for title in columns])
    filled = [
        ["" if value is None or value != value else csv_cell(value) for value in values]
        for values in columns.values()
    ]
    writer.writerows(zip(*filled, strict=True))
    return text.getvalue().encode()


def runs_parquet(result: ScenarioResult, columns: Mapping[str, Sequence[Any]]) -> bytes:
    """Write the runs as parquet; metadata of each metric's column hold unit and definition."""
    definitions = {
        f"{name} [{value.unit}]": value.definition
        for record in reversed(result.records)
        for name, value in record.metrics.items()
    }
    metadata = {}
    for column in columns:
        unit = column.rpartition("[")[2].rstrip("]") if column.endswith("]") else ""
        notes = {"unit": unit, "definition": definitions.get(column, "")}
        metadata[column] = {key: text for key, text in notes.items() if text}
    return _parquet(dict(columns), metadata, {"scenario": result.loaded.name})


def waveforms_parquet(waveforms: Waveforms, run: str, outside: Sequence[str] = ()) -> bytes:
    """Write waveforms as parquet: time first, the unit in each column's metadata.

    Which limits of the device's valid range the run left stands in the file's metadata.
    """
    columns = {"time": waveforms.time, **waveforms.signals}
    metadata = {name: {"unit": waveforms.units.get(name, "1")} for name in columns}
    metadata["time"] = {"unit": "s"}
    breakpoints = json.dumps([float(time) for time in waveforms.breakpoints])
    about = {"run": run, "breakpoints [s]": breakpoints}
    return _parquet(columns, metadata, about | _mark(outside))


def _mark(outside: Sequence[str]) -> dict[str, str]:
    return {"extrapolated": "; ".join(outside)} if outside else {}


def _parquet(
    columns: dict[Any, Any], metadata: dict[str, dict[str, str]], about: dict[str, str]
) -> bytes:
    import pyarrow
    import pyarrow.parquet

    arrays = [_array(values) for values in columns.values()]
    fields = [
        pyarrow.field(name, array.type, metadata=metadata.get(name) or None)
        for name, array in zip(columns, arrays, strict=True)
    ]
    table = pyarrow.Table.from_arrays(arrays, schema=pyarrow.schema(fields, metadata=about))
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _array(values: Sequence[Any]) -> pyarrow.Array:
    """Make a column out of buffers: `pyarrow.array` imports pandas, a quarter of a second."""
    import pyarrow

    known = [value for value in values if value is not None]
    data: list[Any]
    if known and all(isinstance(value, str) for value in known):
        valid = np.array([value is not None for value in values])
        texts = [(value or "").encode() for value in values]
        offsets = np.cumsum([0, *map(len, texts)]).astype(np.int32)
        kind, data = pyarrow.string(), [offsets, b"".join(texts)]
    elif known and all(isinstance(value, int) for value in known):
        valid = np.array([value is not None for value in values])
        kind, data = pyarrow.int64(), [np.array([value or 0 for value in values], np.int64)]
    else:
        numbers = np.array([np.nan if value is None else value for value in values], np.float64)
        valid = ~np.isnan(numbers)
        kind, data = pyarrow.float64(), [numbers]
    bitmap = None if valid.all() else pyarrow.py_buffer(np.packbits(valid, bitorder="little"))
    buffers = [bitmap, *(pyarrow.py_buffer(part) for part in data)]
    return pyarrow.Array.from_buffers(kind, len(values), buffers)


def _parameters(records: Sequence[RunRecord]) -> dict[str, list[float | None]]:
    rows = []
    for record in records:
        device = record.run.device
        card = device.card.parameters
        rows.append(
            {
                f"parameters.{name} [{card[name].unit if name in card else '1'}]": float(number)
                for name, number in {**device.defaults, **record.run.parameters}.items()
            }
        )
    return _columns(rows)


def _metrics(records: Sequence[RunRecord]) -> dict[str, list[float | None]]:
    rows = []
    for record in records:
        row = {}
        for name, value in record.metrics.items():
            row[f"{name} [{value.unit}]"] = value.value
            if value.standard_error is not None:
                row[f"{name} standard error [{value.unit}]"] = value.standard_error
        rows.append(row)
    return _columns(rows)


def _columns(rows: Sequence[dict[str, float]]) -> dict[str, list[float | None]]:
    titles = dict.fromkeys(title for row in rows for title in row)
    return {title: [row.get(title) for row in rows] for title in titles}


def spell_parameters(record: RunRecord) -> str:
    """Say in words what differs in a run: swept keys and changed parameters."""
    parts = [f"{key} = {value}" for key, value in record.run.point.items()]
    card = record.run.device.card.parameters
    for name, number in record.run.parameters.items():
        if f"parameters.{name}" not in record.run.point:
            unit = card[name].unit if name in card else "1"
            parts.append(f"parameters.{name} = {units.format_human(number, unit)}")
    return ", ".join(parts)


def series_columns(
    group: Mapping[str, Series], outside: Sequence[str] = ()
) -> dict[str, Sequence[Any]]:
    """Give series with the same places as columns in SI units; shorter ones end in empty cells.

    Parameters
    ----------
    group : mapping of str to Series
        Series by name.
    outside : sequence of str
        Which limits of the device's valid range the run left; they mark every row.
    """
    rows = max(one.x.size for one in group.values())
    columns: dict[str, Sequence[Any]] = {}
    for name, one in group.items():
        fill = [None] * (rows - one.x.size)
        place = one.x_name if len(group) == 1 else f"{name}: {one.x_name}"
        columns[f"{place} [{one.x_unit}]"] = [*one.x.tolist(), *fill]
        columns[f"{name} [{one.y_unit}]"] = [*one.y.tolist(), *fill]
    return columns | {key: [text] * rows for key, text in _mark(outside).items()}
