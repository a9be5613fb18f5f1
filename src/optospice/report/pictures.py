"""Which pictures of a metric suit the shape of a sweep, and drawing them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from optospice.drawing import style
from optospice.drawing.distribution import Mark, draw_bands, draw_histogram, draw_outlines
from optospice.drawing.field import Field, draw_family, draw_map
from optospice.drawing.indices import draw_indices
from optospice.drawing.tornado import MOST_BARS, draw_tornado
from optospice.interpolation import FloatArray
from optospice.metrics.sensitivity import NORMAL_95
from optospice.report.columns import joint_codes, metric_column, points, run_columns, swept_column
from optospice.report.metric_figure import (
    MetricAxis,
    claim_of,
    draw_published,
    metric_axis,
    metric_label,
    plot_metric,
    scale_axes,
)
from optospice.report.numbers import (
    claim_text,
    displayed_column,
    number_of,
    short_key,
    spans_decades,
)
from optospice.report.quantiles import spreads_of
from optospice.report.sensitivity import FEWEST_RUNS, rank_correlations
from optospice.report.verdicts import figure_label
from optospice.scenario.sensitivity import SENSITIVITIES
from optospice.sweep.record import ScenarioResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

Picture = Literal["curve", "family", "map", "bands", "histogram", "outlines", "tornado", "indices"]
#: Quantile bands of fewer draws would be drawn through single runs [1].
_FEWEST_DRAWS = 10
#: Values of the second key from which curves get a colour scale in place of a legend [1].
_FAMILY = 3
#: Values of both keys from which they make a map [1].
_MAP = 6
_MOST_OUTLINES = 7


def pictures_for(axes: Sequence[int], names: int, at_once: int, draws: int) -> list[Picture]:
    """Choose the pictures of a metric by the shape of its sweep.

    Parameters
    ----------
    axes : sequence of int
        Number of different values of each swept key that has numbers, those with one left out.
    names : int
        Combinations of swept values that are names, such as devices; 1 where there are none.
    at_once : int
        Points of the sweep; fewer than a grid of the axes has where keys move together.
    draws : int
        Draws at each point; 1 where nothing is drawn at random.

    Returns
    -------
    list of str
        Pictures in the order in which they are drawn; none for a single number.
    """
    enough = draws * at_once >= FEWEST_RUNS
    is_grid = at_once == math.prod(axes) * names
    if not axes:
        if draws < _FEWEST_DRAWS:
            return []
        chosen: list[Picture] = ["histogram" if names == 1 else "outlines"]
        return [*chosen, "tornado"] if enough and names == 1 else chosen
    if not is_grid:  # a design such as that of Sobol fills the space with single points
        scattered = len(axes) > 1 and enough and max(axes) > at_once // 2
        return ["tornado"] if scattered else ["curve"]
    if len(axes) == 2 and names == 1:
        if min(axes) >= _MAP:
            return ["map"]
        if min(axes) >= _FAMILY:
            return ["family"]
    if len(axes) == 1 and names == 1 and draws >= _FEWEST_DRAWS:
        return ["bands"]
    return ["curve"]


def metric_pictures(
    result: ScenarioResult, name: str, pictures: Sequence[Picture]
) -> Iterator[tuple[str, Figure]]:
    """Draw a metric.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.
    name : str
        Metric.
    pictures : sequence of str
        From `chosen_pictures`.

    Yields
    ------
    file : str
        Name of the figure.
    figure : matplotlib Figure
        The picture.
    """
    for number, picture in enumerate(pictures):
        figure = _DRAW[picture](result, name)
        if figure is not None:
            yield (name if number == 0 else f"{name}_{picture}"), figure


def chosen_pictures(result: ScenarioResult, name: str) -> list[Picture]:
    """Choose the pictures of a metric of a result by `pictures_for`."""
    known = np.isfinite(metric_column(result, name).values)
    if not known.any():
        return []
    axes, words = [], []
    for key, column in run_columns(
        result
    ).swept.items():  # of failed runs too: they belong to the grid
        found = swept_column(result, key)
        if found is None:
            words.append(column.codes)
        else:
            axes.append(int(np.unique(found[0]).size))
    names = int(joint_codes(words, known.size).max()) + 1
    groups = points(result)
    at_once = int(np.unique(groups).size)
    draws = int(np.bincount(groups).max())
    pictures = pictures_for([size for size in axes if size > 1], names, at_once, draws)
    if result.loaded.scenario.design is not None and pictures == ["curve"] and known.size > 1:
        # Saltelli's points share their values, as those of a grid do, and make no curves either
        pictures = ["tornado"] if len(axes) > 1 and known.sum() >= FEWEST_RUNS else pictures
    if len(_indices_of(result, name, SENSITIVITIES[0])[0]):
        pictures = ["indices", *(picture for picture in pictures if picture == "tornado")]
    fitted = any(across.of == name for across in result.loaded.scenario.across)
    # a fit is drawn through the points that it was made from
    return ["curve" if fitted and picture == "family" else picture for picture in pictures]


def _curve(result: ScenarioResult, name: str) -> Figure | None:
    axis = metric_axis(result, name)
    if axis is None:
        return None
    figure, ax = style.new_figure(style.SINGLE_COLUMN, 65)
    plot_metric(result, name, axis, ax)
    return figure


def _family(result: ScenarioResult, name: str) -> Figure | None:
    found = _field(result, name)
    if found is None:
        return None
    field, axis, _, unit = found
    figure, ax = style.new_figure(style.SINGLE_COLUMN, 65)
    draw_family(ax, field)
    drawn = draw_published(result, name, axis, unit, ax)
    known = field.z[np.isfinite(field.z)].tolist()
    scale_axes(ax, [*field.x.tolist(), *(x for x, _ in drawn)], [*known, *(y for _, y in drawn)])
    if drawn:
        figure.legend(loc="outside upper left")
    return figure


def _map(result: ScenarioResult, name: str) -> Figure | None:
    found = _field(result, name)
    if found is None:
        return None
    field, axis, other, unit = found
    record = result.records[0]
    marks: dict[str, list[tuple[float, float, float]]] = {}
    for verdict in result.verdicts:
        where, claim = verdict.target.where, claim_of(verdict, unit)
        if verdict.target.metric != name or verdict.target.claim != "published" or claim is None:
            continue
        if axis.key in where and other.key in where:
            x, y = (number_of(one.key, where[one.key], one.unit, record) for one in (axis, other))
            marks.setdefault(figure_label(verdict.target), []).append((x, y, claim[0]))
    figure, ax = style.new_figure(style.SINGLE_COLUMN, 70)
    label = "published" if "published" in marks else next(iter(marks), "")
    draw_map(ax, field, marks.get(label, []), label)
    return figure


def _field(result: ScenarioResult, name: str) -> tuple[Field, MetricAxis, MetricAxis, str] | None:
    """Give a metric on the grid of two swept keys, of several draws the median."""
    values, unit = displayed_column(name, metric_column(result, name))
    axis = metric_axis(result, name)
    if axis is None:
        return None
    other: MetricAxis | None = None
    for key, column in run_columns(result).swept.items():
        found = swept_column(result, key) if np.unique(column.codes).size > 1 else None
        if key != axis.key and found is not None:
            other = MetricAxis(key, found[1])
    first = swept_column(result, axis.key)
    second = None if other is None else swept_column(result, other.key)
    if first is None or second is None or other is None:
        return None
    x, columns = np.unique(first[0], return_inverse=True)
    y, rows = np.unique(second[0], return_inverse=True)
    medians = spreads_of(values, rows.reshape(-1) * x.size + columns.reshape(-1), x.size * y.size)
    z = medians.quantiles[:, 2].reshape(y.size, x.size)
    label = metric_label(name, unit)
    if np.bincount(points(result)).max() > 1:
        label = f"{label}, median"
    axis, other = MetricAxis(axis.key, first[1]), MetricAxis(other.key, second[1])
    logs = [_is_log(numbers) for numbers in (x, y)]
    field = Field(
        x, y, z, axis.label, other.label, label, logs[0], logs[1], spans_decades(z.ravel())
    )
    return field, axis, other, unit


def _is_log(places: FloatArray) -> bool:
    """Whether places belong on a logarithmic axis: they span decades, or their ratios are equal."""
    if places[0] <= 0:
        return False
    steps = np.diff(np.log(places))
    alike = places.size > 2 and places[-1] > 4 * places[0]
    return spans_decades(places) or bool(alike and np.ptp(steps) < 0.02 * steps.mean())


def _bands(result: ScenarioResult, name: str) -> Figure | None:
    axis = metric_axis(result, name)
    if axis is None:
        return None
    values, unit = displayed_column(name, metric_column(result, name))
    known = np.isfinite(values)
    found = swept_column(result, axis.key, known)
    assert found is not None
    places, groups = np.unique(found[0][known], return_inverse=True)
    quantiles = spreads_of(values[known], groups.reshape(-1), places.size).quantiles
    figure, ax = style.new_figure(style.SINGLE_COLUMN, 65)
    draw_bands(ax, places, quantiles)
    drawn = draw_published(result, name, axis, unit, ax)
    ys = [*quantiles.ravel().tolist(), *(y for _, y in drawn)]
    scale_axes(ax, [*places.tolist(), *(x for x, _ in drawn)], ys)
    ax.set_xlabel(axis.label)
    ax.set_ylabel(metric_label(name, unit))
    figure.legend(loc="outside upper left", ncols=4, columnspacing=1.0, handlelength=1.4)
    return figure


def _histogram(result: ScenarioResult, name: str) -> Figure | None:
    values, unit = displayed_column(name, metric_column(result, name))
    values = values[np.isfinite(values)]
    if values.size < 2 or np.ptp(values) == 0:
        return None
    quantiles = spreads_of(values, np.zeros(values.size, np.int64), 1).quantiles[0]
    figure, ax = style.new_figure(style.SINGLE_COLUMN, 65)
    draw_histogram(ax, values, quantiles.tolist(), _marks(result, name, unit))
    ax.set_xlabel(metric_label(name, unit).replace("\n", " "))
    figure.legend(loc="outside upper left", ncols=2, columnspacing=1.2, handlelength=1.8)
    return figure


def _marks(result: ScenarioResult, name: str, unit: str) -> list[Mark]:
    """Give the claims about a metric as marks on its axis."""
    marks: dict[str, Mark] = {}
    for verdict in result.verdicts:
        target = verdict.target
        claim = claim_of(verdict, unit) if target.metric == name and not target.shape else None
        if claim is None:
            continue
        place, error = claim
        text = claim_text(target)
        label = text if target.kind == "own" else f"{figure_label(target)} {text}"
        marks[label] = Mark(label, place, place - error, place + error)
    return list(marks.values())


def _outlines(result: ScenarioResult, name: str) -> Figure | None:
    values, unit = displayed_column(name, metric_column(result, name))
    columns = [one for one in run_columns(result).swept.values() if np.unique(one.codes).size > 1]
    codes = joint_codes([one.codes for one in columns], values.size)
    groups: list[tuple[str, NDArray[np.float64]]] = []
    for code in range(min(int(codes.max()) + 1, _MOST_OUTLINES)):
        members = np.flatnonzero(codes == code)
        own = values[members]
        label = ", ".join(str(one[int(members[0])]).replace("_", " ") for one in columns)
        if np.isfinite(own).any():
            groups.append((label, own[np.isfinite(own)]))
    if not groups or np.ptp(np.concatenate([own for _, own in groups])) == 0:
        return None
    figure, ax = style.new_figure(style.SINGLE_COLUMN, 65)
    draw_outlines(ax, groups)
    ax.set_xlabel(metric_label(name, unit).replace("\n", " "))
    legend = figure.legend(loc="outside upper left", ncols=2, columnspacing=1.2)
    if int(codes.max()) + 1 > _MOST_OUTLINES:
        legend.set_title(f"{_MOST_OUTLINES} of {int(codes.max()) + 1} groups")
    return figure


def _tornado(result: ScenarioResult, name: str) -> Figure | None:
    effects = rank_correlations(result, name)
    if effects is None:
        return None
    bars = min(len(effects.names), MOST_BARS)
    figure, ax = style.new_figure(style.SINGLE_COLUMN, 28 + 6 * bars)
    names = [short_key(one).replace("_", " ") for one in effects.names]
    label = f"rank correlation with\n{name.replace('_', ' ')} ({effects.runs} runs)"
    nothing = np.zeros(len(names))
    draw_tornado(
        ax, names, np.minimum(effects.correlations, 0), np.maximum(effects.correlations, nothing),
        0.0, label, effects.chance, ("falls with it", "rises with it"),
    )  # fmt: skip
    figure.legend(loc="outside upper left", ncols=2, columnspacing=1.2, handlelength=1.4)
    return figure


def _indices_of(result: ScenarioResult, name: str, kind: str) -> tuple[list[str], FloatArray]:
    """Give the keys of a Saltelli design with their indices and the reach of the intervals."""
    keys, rows = [], []
    for across in result.loaded.scenario.across:
        found = result.across.get(across.name)
        asked = across.metric == kind and across.of == name
        if asked and found is not None and not found.is_missing:
            keys.append(across.over)
            rows.append((found.value, NORMAL_95 * (found.standard_error or 0.0)))
    return keys, np.array(rows, dtype=float).reshape(len(keys), 2)


def _indices(result: ScenarioResult, name: str) -> Figure | None:
    keys, first = _indices_of(result, name, SENSITIVITIES[0])
    same, total = _indices_of(result, name, SENSITIVITIES[1])
    if not keys or keys != same:
        return None
    figure, ax = style.new_figure(style.SINGLE_COLUMN, 28 + 7 * min(len(keys), MOST_BARS))
    names = [short_key(key).replace("_", " ") for key in keys]
    metric = name.replace("_", " ")
    words = f"share of the variance of\n{metric} ({len(result.records)} runs, 95 % intervals)"
    draw_indices(ax, names, first, total, words)
    figure.legend(loc="outside upper left", ncols=2, columnspacing=1.2, handlelength=1.4)
    return figure


_DRAW = {
    "curve": _curve,
    "family": _family,
    "map": _map,
    "bands": _bands,
    "histogram": _histogram,
    "outlines": _outlines,
    "tornado": _tornado,
    "indices": _indices,
}
