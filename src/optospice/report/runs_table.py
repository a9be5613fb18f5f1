"""The runs of a result for a terminal, row by row where they are few."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from optospice import units
from optospice.report.columns import (
    drawn_parameters,
    limits_left,
    metric_column,
    metric_names,
    run_columns,
)
from optospice.report.draws_table import draws_table
from optospice.report.layout import MARK, cell, head, new_table, spelled, with_notes
from optospice.report.numbers import (
    asked_metrics,
    displayed,
    displayed_column,
    scaled,
    short_key,
    with_unit,
)
from optospice.report.statistics import statistics_lines
from optospice.sweep.record import RunRecord, ScenarioResult

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_SHOWN_LIMITS = 3


def runs_table(
    result: ScenarioResult, limit: int = 40, width: int = 100, blocks: bool = True
) -> RenderableType:
    """Give the runs with their swept and drawn values and metrics; of many draws the quantiles.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.
    limit : int
        Largest number of runs to show row by row [1].
    width : int
        Columns of the terminal [1]; metrics that no target asks for are left out, and
        named below the table, when they do not fit.
    blocks : bool
        Whether the terminal has block characters, for histograms.

    Returns
    -------
    rich renderable
        One row per run, in display units; for a single run one row per metric; for more draws
        than `limit` one row per metric and point.
    """
    records = result.records
    if len(records) == 1 and records[0].metrics:
        return _single_run_table(result, records[0])
    notes = [*across_lines(result), *statistics_lines(result), *extrapolated_lines(result)]
    if len(records) > limit and drawn_parameters(result):
        return draws_table(result, width, blocks, notes)
    return _rows_table(result, records[:limit], width, notes)


def _rows_table(
    result: ScenarioResult, shown: Sequence[RunRecord], width: int, notes: Sequence[str]
) -> RenderableType:
    table = new_table()
    keys = list(dict.fromkeys(key for record in shown for key in record.run.point))
    draws = any(record.run.draw is not None for record in shown)
    names = metric_names(result)
    own = {name: displayed_column(name, metric_column(result, name))[1] for name in names}
    table.add_column("run", no_wrap=True)
    swept = {key: _swept_column(key, shown) for key in keys}
    drawn = {
        name: scaled(one.values[: len(shown)], one.unit)
        for name, one in drawn_parameters(result).items()
    }
    for header, _ in swept.values():
        table.add_column(header, justify="right", overflow="fold")
    if draws:
        table.add_column("draw", justify="right")
    for name, (_, unit) in drawn.items():
        table.add_column(head(name, unit), justify="right", overflow="fold")
    table.add_column("status")
    taken = sum(max(map(len, str(column.header).split("\n"))) + 2 for column in table.columns)
    headers = {name: head(name, own[name]) for name in names}
    names, left_out = _fitting(result, headers, width - taken)
    same = {}
    if left_out:  # what no run changes makes room first
        same = _same_in_all(result, headers)
        changing = {name: header for name, header in headers.items() if name not in same}
        names, left_out = _fitting(result, changing, width - taken)
    for name in names:
        table.add_column(head(name, own[name]), justify="right", overflow="fold")
    for place, record in enumerate(shown):
        cells = [record.run.id, *(cells[record.run.id] for _, cells in swept.values())]
        if draws:
            cells.append("–" if record.run.draw is None else str(record.run.draw))
        cells += [units.short_number(float(values[place])) for values, _ in drawn.values()]
        row = [cell(text) for text in cells]
        row.append(cell(record.status, "" if record.status == "ok" else "bold red"))
        row += [cell(_metric(record, name)) for name in names]
        table.add_row(*row)
    lines = []
    if same:
        texts = (
            f"{spelled(name)} {with_unit(text.removesuffix(MARK), own[name])}"
            f"{MARK if text.endswith(MARK) else ''}"
            for name, text in same.items()
        )
        lines.append(f"the same in all runs: {', '.join(texts)}")
    if left_out:
        lines.append(f"also in runs.csv: {', '.join(spelled(name) for name in left_out)}")
    if len(result.records) > len(shown):
        lines.append(f"… and {len(result.records) - len(shown)} more runs, in runs.csv")
    return with_notes(table, [*lines, *notes])


def extrapolated_lines(result: ScenarioResult) -> list[str]:
    """Say what the mark behind a number means, and which limits were left."""
    reasons = limits_left(result)
    if not reasons:
        return []
    more = f"; and {len(reasons) - _SHOWN_LIMITS} more" if len(reasons) > _SHOWN_LIMITS else ""
    return [f"* extrapolated, outside the valid range: {'; '.join(reasons[:_SHOWN_LIMITS])}{more}"]


def _single_run_table(result: ScenarioResult, record: RunRecord) -> RenderableType:
    table = new_table()
    table.add_column("metric", overflow="fold", min_width=16)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("definition", overflow="fold")
    for name, value in record.metrics.items():
        number, error, unit = displayed(name, value)
        text = units.short_number(number)
        if error is not None:
            text += f" ± {units.short_number(error, 2)}"
        meaning = f"{value.definition}; {value.note}" if value.note else value.definition
        shown = with_unit(text, unit) + MARK * bool(record.outside)
        table.add_row(cell(spelled(name)), cell(shown), cell(meaning))
    return with_notes(
        table, [*across_lines(result), *statistics_lines(result), *extrapolated_lines(result)]
    )


def _fitting(
    result: ScenarioResult, headers: Mapping[str, Text], room: int
) -> tuple[list[str], list[str]]:
    """Choose the metrics that fit side by side, those that are asked for first."""
    widths = {name: max(map(len, header.plain.split("\n"))) + 2 for name, header in headers.items()}
    asked = asked_metrics(result)
    kept: list[str] = []
    for name in sorted(headers, key=lambda name: name not in asked):
        if name in asked or sum(widths[n] for n in [*kept, name]) <= room:
            kept.append(name)
    return [n for n in headers if n in kept], [n for n in headers if n not in kept]


def _swept_column(key: str, records: Sequence[RunRecord]) -> tuple[Text, dict[str, str]]:
    """Give the head of a swept key's column and its cells, the unit in the head if it is one."""
    texts = {record.run.id: str(record.run.point.get(key, "–")) for record in records}
    split = {run: text.rpartition(" ") for run, text in texts.items()}
    units_written = {unit for _, _, unit in split.values()}
    if len(units_written) == 1 and all(_is_number(number) for number, _, _ in split.values()):
        unit = units_written.pop()
        return head(short_key(key), unit), {run: number for run, (number, _, _) in split.items()}
    return head(short_key(key)), texts


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _same_in_all(result: ScenarioResult, names: Iterable[str]) -> dict[str, str]:
    """Give the metrics that nobody asks about and that no run changes, with their value."""
    asked = asked_metrics(result)
    runs = run_columns(result)
    done = np.flatnonzero(
        np.array([word == "ok" for word in runs.statuses.words])[runs.statuses.codes]
    )
    marked = {bool(runs.outside[int(place)]) for place in done}
    same: dict[str, str] = {}
    if done.size < 2 or len(marked) > 1:
        return same
    for name in names:
        if not asked or name in asked:
            continue
        values = displayed_column(name, metric_column(result, name))[0][done]
        ends = {units.short_number(float(end)) for end in (values.min(), values.max())}
        if len(ends) == 1 and (not np.isnan(values).any() or np.isnan(values).all()):
            same[name] = ends.pop() + MARK * marked.copy().pop()
    return same


def _metric(record: RunRecord, name: str) -> str:
    if name not in record.metrics:
        return "–"
    return units.short_number(displayed(name, record.metrics[name])[0]) + MARK * bool(
        record.outside
    )


def across_lines(result: ScenarioResult) -> Iterable[str]:
    """Say what was taken across the runs, a line each."""
    for name, value in result.across.items():
        number, error, unit = displayed(name.partition(" (")[0], value)
        text = units.short_number(number) + (
            "" if error is None else f" ± {units.short_number(error, 2)}"
        )
        meaning = f"{value.definition}; {value.note}" if value.note else value.definition
        mark = MARK * bool(limits_left(result))
        yield f"across the runs: {spelled(name)} {with_unit(text, unit)}{mark} ({meaning})"
