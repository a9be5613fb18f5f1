"""Series that a protocol reads, drawn: loops, conductance against pulse number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from optospice.drawing import style
from optospice.drawing.traces import scale_of
from optospice.protocols.base import Series
from optospice.report.numbers import pretty_unit
from optospice.stimulus import FloatArray
from optospice.sweep.record import RunRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Series of up to so many points are drawn with a mark at each.
_MOST_MARKS = 200


def series_of(record: RunRecord) -> Mapping[str, Series]:
    """Give the series of one run; none where what it gave was not kept."""
    if record.result is None:
        return {}
    return record.run.protocol.series(record.result, record.run.device)


def alike(series: Mapping[str, Series]) -> Iterator[tuple[str, Mapping[str, Series]]]:
    """Group the series that belong on the same axes, with a name for the file.

    Parameters
    ----------
    series : mapping of str to Series
        Series of one run by name.

    Yields
    ------
    name : str
        Name of the figure: of its only series, or of what all are drawn against.
    group : mapping of str to Series
        Series with the same places and units.
    """
    groups: dict[tuple[str, str, str], dict[str, Series]] = {}
    for name, one in series.items():
        groups.setdefault((one.x_name, one.x_unit, one.y_unit), {})[name] = one
    for (x_name, _, _), group in groups.items():
        name = next(iter(group)) if len(group) == 1 else f"against {x_name}"
        yield name.replace(" ", "_"), group


def draw_series(group: Mapping[str, Series], title: str) -> Figure:
    """Draw series with the same axes.

    Parameters
    ----------
    group : mapping of str to Series
        Series by name.
    title : str
        Title of the figure.
    """
    figure, ax = style.new_figure(style.SINGLE_COLUMN, 65)
    first = next(iter(group.values()))
    x_rows = [] if first.x_log else [one.x for one in group.values()]
    x_scale, x_unit = _scale(x_rows, first.x_unit)
    y_scale, y_unit = _scale([one.y for one in group.values()], first.y_unit)
    for (name, one), colour, line in zip(
        group.items(), _cycled(style.CATEGORIES), _cycled(style.LINE_STYLES), strict=False
    ):
        marked = one.x.size <= _MOST_MARKS and first.x_unit == "1"
        ax.plot(
            one.x * x_scale,
            one.y * y_scale,
            color=colour,
            linestyle="none" if marked else line,
            marker="." if marked else "none",
            label=style.plain(name),
        )
    _set_scales(ax, first)
    ax.set_xlabel(_label(first.x_name, x_unit))
    named = len(group) == 1 and first.x_unit == "1"
    quantity = next(iter(group)) if named else _quantity(first.y_unit)
    ax.set_ylabel(_label(quantity, y_unit))
    if len(group) > 1:
        ax.legend()
    if title:
        figure.suptitle(style.plain(title), x=0.01, ha="left", fontsize=7.5)
    return figure


def draw_rows(
    ax: Axes, rows: Sequence[Series], name: str, colours: Sequence[Any], styles: Sequence[Any]
) -> None:
    """Draw the same series of several runs.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    rows : sequence of Series
        One per run, with the same axes.
    name : str
        What is drawn.
    colours, styles : sequence
        Of each run.
    """
    first = rows[0]
    x_scale, x_unit = _scale([] if first.x_log else [one.x for one in rows], first.x_unit)
    y_scale, y_unit = _scale([one.y for one in rows], first.y_unit)
    for one, colour, line in zip(rows, colours, styles, strict=True):
        ax.plot(one.x * x_scale, one.y * y_scale, color=colour, linestyle=line)
    _set_scales(ax, first)
    ax.set_xlabel(_label(first.x_name, x_unit))
    ax.set_ylabel(_label(name, y_unit))
    if not first.y_log and min(float(one.y.min()) for one in rows) < 0:
        ax.axhline(0.0, color=style.INK, linewidth=0.4, zorder=1)


def _set_scales(ax: Axes, series: Series) -> None:
    if series.x_log:
        ax.set_xscale("log")
    if series.y_log:
        ax.set_yscale("log")


def _cycled(values: Sequence[Any]) -> Iterator[Any]:
    while True:
        yield from values


def _scale(rows: Sequence[FloatArray], unit: str) -> tuple[float, str]:
    import numpy as np

    if unit == "1":
        return 1.0, "1"
    largest = max((float(np.nanmax(np.abs(row))) for row in rows if row.size), default=1.0)
    return scale_of(largest, unit)


def _label(name: str, unit: str) -> str:
    return style.plain(name if unit == "1" else f"{name} ({pretty_unit(unit)})")


def _quantity(unit: str) -> str:
    return {"A": "current", "S": "conductance", "V": "voltage", "1": "value"}.get(unit, "value")
