"""What many draws gave: per metric, and per point of a sweep, quantiles and a small histogram."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optospice import units
from optospice.interpolation import FloatArray
from optospice.report.columns import (
    drawn_parameters,
    metric_column,
    metric_names,
    points,
    run_columns,
    unit_of,
)
from optospice.report.layout import cell, head, new_table, spelled, with_notes
from optospice.report.numbers import (
    asked_metrics,
    displayed_column,
    pretty_unit,
    scaled,
    short_key,
)
from optospice.report.quantiles import LEVELS, Spreads, histogram_line, spreads_of
from optospice.sweep.record import ScenarioResult

if TYPE_CHECKING:
    from rich.console import RenderableType

#: Lines of quantiles that are shown [1]; the metrics that are asked for come first.
_MOST_LINES = 40
_BINS = 16
_NAME_WIDTH = 18
#: What is left out, in this order, where a terminal is narrow.
_FIRST_OUT = ("mean", "25 %", "75 %")


@dataclass(frozen=True, eq=False)
class _Row:
    """One quantity: its name and unit, its numbers, what they are like at each point."""

    name: str
    unit: str
    values: FloatArray
    spreads: Spreads
    is_drawn: bool = False


def draws_table(
    result: ScenarioResult, width: int, blocks: bool, notes: Sequence[str]
) -> RenderableType:
    """Give the quantiles of what draws gave, one line per metric and point.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.
    width : int
        Columns of the terminal [1]; columns that do not fit are left out and named below.
    blocks : bool
        Whether the terminal has block characters.
    notes : sequence of str
        What else is said below the table.
    """
    groups = points(result)
    size = int(groups.max(initial=0)) + 1
    rows = list(_rows(result, groups, size))
    asked = asked_metrics(result)
    metrics = [row for row in rows if not row.is_drawn]
    most = max(1, _MOST_LINES // size)
    chosen = sorted(metrics, key=lambda row: row.name not in asked)[:most]
    shown = [row for row in rows if row.is_drawn or row in chosen]
    heads, where = _points(result, groups)
    texts = [line for row in shown for line in _lines(row, where)]
    titles = ["", *heads, *(f"{100 * level:g} %" for level in LEVELS), "mean", "sd", "missing"]
    titles[titles.index("50 %")] = "median"
    out = {"missing"} if not any(line[-1] for line in texts) else set()
    bins, beside = _fit(titles, texts, out, width, size == 1)
    kept = [place for place, title in enumerate(titles) if title not in out]
    table = new_table()
    for place in kept:
        table.add_column(titles[place], justify="right" if place else "left", no_wrap=True)
    if beside:
        table.add_column("", no_wrap=True)
    numbers = (own for row in shown for own in _numbers_of(row, groups))
    for line, values in zip(texts, numbers, strict=True):
        cells = [line[place] for place in kept]
        picture = histogram_line(values, bins, blocks) if bins else ""
        if beside:
            cells.append(picture)
        elif picture:
            cells[0] = f"{cells[0]}\n{picture}"
        table.add_row(*(cell(text) for text in cells))
    left = [title for title in _FIRST_OUT if title in out]
    rest = [row.name for row in metrics if row not in chosen]
    return with_notes(table, [*_below(result, size, bins, left, rest), *notes])


def _fit(
    titles: Sequence[str], texts: Sequence[Sequence[str]], out: set[str], width: int, stacked: bool
) -> tuple[int, bool]:
    """Choose the columns that are left out, the bins of a histogram, and whether it is a column."""

    def room() -> int:
        return width - sum(
            max(len(part) for text in (title, *own) for part in text.split("\n")) + 2
            for title, *own in zip(titles, *texts, strict=True)
            if title not in out
        )

    if room() >= _BINS:
        return _BINS, True
    for title in ("", *_FIRST_OUT):
        out |= {title} if title else set()
        if stacked and room() >= 0:
            return _BINS, False
        if not stacked and room() >= _BINS // 2:
            return min(room(), _BINS), True
    return (_BINS, False) if stacked else (0, False)


def quantiles_json(result: ScenarioResult) -> list[dict[str, Any]]:
    """Give the quantiles of every metric at every point as plain data, in SI units.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.

    Returns
    -------
    list of dict
        Empty where nothing was drawn at random. A number that does not exist is None.
    """
    if not drawn_parameters(result):
        return []
    groups = points(result)
    size = int(groups.max(initial=0)) + 1
    _, places = np.unique(groups, return_index=True)
    documents = []
    for name in metric_names(result):
        column = metric_column(result, name)
        spreads = spreads_of(column.values, groups, size)
        for point in range(size):
            quantiles = zip(LEVELS, spreads.quantiles[point], strict=True)
            documents.append(
                {
                    "metric": name,
                    "unit": unit_of(column),
                    "where": dict(result.records[int(places[point])].run.point),
                    "runs": int(spreads.counts[point] + spreads.missing[point]),
                    "missing": int(spreads.missing[point]),
                    "quantiles": {f"{level:g}": _finite(number) for level, number in quantiles},
                    "mean": _finite(spreads.means[point]),
                    "standard_deviation": _finite(spreads.sds[point]),
                }
            )
    return documents


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def _rows(result: ScenarioResult, groups: NDArray[Any], size: int) -> Iterator[_Row]:
    """Give the metrics at each point, then what was drawn, of all points together."""
    for name in metric_names(result):
        values, unit = displayed_column(name, metric_column(result, name))
        yield _Row(name, unit, values, spreads_of(values, groups, size))
    for name, drawn in drawn_parameters(result).items():
        values, unit = scaled(drawn.values, drawn.unit)
        yield _Row(name, unit, values, spreads_of(values, np.zeros_like(groups), 1), is_drawn=True)


def _points(result: ScenarioResult, groups: NDArray[Any]) -> tuple[list[str], list[list[str]]]:
    """Give the heads of the swept keys and, for every point, their values as written."""
    _, places = np.unique(groups, return_index=True)
    columns = run_columns(result).swept
    texts = [
        ["–" if (value := one[int(place)]) is None else str(value) for one in columns.values()]
        for place in places
    ]
    return [head(short_key(key)).plain for key in columns], texts


def _lines(row: _Row, where: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """Give the cells of a quantity, point by point; what was drawn has one line for all."""
    unit = pretty_unit(row.unit)
    name = f"{'drawn ' * row.is_drawn}{spelled(row.name)}{f' ({unit})' if unit else ''}"
    places = [["all"] * len(where[0])] if row.is_drawn else where[:_MOST_LINES]
    spreads = row.spreads
    named = textwrap.wrap(name, _NAME_WIDTH)
    for point, place in enumerate(places):  # a long name goes on in the line of the next point
        last = point == len(places) - 1
        numbers = [*spreads.quantiles[point], spreads.means[point], spreads.sds[point]]
        yield [
            "\n".join(named[point:] if last else named[point : point + 1]),
            *place,
            *(units.short_number(float(number)) for number in numbers),
            str(spreads.missing[point] or ""),
        ]


def _numbers_of(row: _Row, groups: NDArray[Any]) -> Iterator[FloatArray]:
    """Give the numbers behind each line of a quantity."""
    if row.is_drawn:
        yield row.values
        return
    for point in range(min(row.spreads.counts.size, _MOST_LINES)):
        yield row.values[groups == point]


def _below(
    result: ScenarioResult, size: int, bins: int, left: Sequence[str], rest: Sequence[str]
) -> Iterator[str]:
    """Say what the lines are made of and what is not shown."""
    runs = len(result.records)
    draws = f"{runs} draws" if size == 1 else f"{runs} draws at {size} points"
    ends = "; histograms from the smallest to the largest value" if bins else ""
    yield f"quantiles of {draws}{ends}"
    hidden = [*left, *map(spelled, rest)]
    if hidden:
        yield f"also with --json: {', '.join(hidden)}"
    if size > _MOST_LINES:
        yield f"… and {size - _MOST_LINES} more points, with --json"
