"""A metric against what was swept, with the published points and the fit."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from optospice import units
from optospice.drawing import style
from optospice.interpolation import FloatArray
from optospice.report.columns import (
    joint_codes,
    metric_column,
    metric_names,
    run_columns,
    swept_column,
    unit_of,
)
from optospice.report.numbers import (
    converted,
    displayed,
    displayed_column,
    number_of,
    pretty_unit,
    short_key,
    spans_decades,
)
from optospice.report.quantiles import LEVELS, spreads_of
from optospice.report.verdicts import figure_label
from optospice.scenario.order import swept_quantity
from optospice.scenario.schema import Across
from optospice.scenario.verdict import Verdict, display_unit
from optospice.sweep.record import RunRecord, ScenarioResult
from optospice.validation import Value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Change of a metric that is drawn as no change: less than the simulation is good for.
_FLAT = 0.005
_MARKERS = "osv^<>P"
_MOST_SERIES = 7
#: Metrics that are drawn where no target names one [1].
_MOST_UNNAMED = 4
_MOST_TICKS = 9
_LONGEST_LABEL = 26


@dataclass(frozen=True)
class MetricAxis:
    """What a metric is drawn against.

    Parameters
    ----------
    key : str
        Swept key.
    unit : str
        Unit of the axis, that in which the scenario writes the key.
    """

    key: str
    unit: str

    @property
    def label(self) -> str:
        """Label of the axis, with its unit."""
        label = short_key(self.key).replace("_", " ")
        unit = pretty_unit(self.unit)
        return style.plain(f"{label} ({unit})" if unit else label)


def metrics_to_draw(result: ScenarioResult) -> list[str]:
    """Metrics of the runs that a target or a fit across the runs names, in order.

    Where none is named: the first ones that the runs change.
    """
    scenario = result.loaded.scenario
    named = [target.metric for target in scenario.targets] + [a.of for a in scenario.across]
    given = metric_names(result)
    if named:
        return [name for name in dict.fromkeys(named) if name in given]
    changed = []
    for name in given:
        values = metric_column(result, name).values
        known = values[np.isfinite(values)]
        if known.size > 1 and not _is_flat(known):
            changed.append(name)
    return changed[:_MOST_UNNAMED]


def metric_axis(result: ScenarioResult, name: str) -> MetricAxis | None:
    """Choose the swept key for the horizontal axis; None when no number was swept.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.
    name : str
        Metric.
    """
    scenario = result.loaded.scenario
    measured = np.isfinite(metric_column(result, name).values)
    wanted = [across.over for across in scenario.across if across.of == name]
    for target in scenario.targets:
        if target.metric == name:
            wanted += [key for key in (target.over, *target.where) if key is not None]
    for key in dict.fromkeys([*wanted, *run_columns(result).swept]):
        found = swept_column(result, key, measured) if measured.any() else None
        if found is not None and np.unique(found[0][measured]).size > 1:
            return MetricAxis(key, found[1])
    return None


def plot_metric(result: ScenarioResult, name: str, axis: MetricAxis, ax: Axes) -> None:
    """Draw a metric against a swept key.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.
    name : str
        Metric.
    axis : MetricAxis
        From `metric_axis`.
    ax : Axes
        Where to draw.
    """
    column = metric_column(result, name)
    values, unit = displayed_column(name, column)
    measured = np.isfinite(values)
    found = swept_column(result, axis.key, measured)
    assert found is not None
    places = found[0]
    series = _series(result, axis.key, measured)
    xs: list[float] = []
    ys: list[float] = []
    for index, (label, members) in enumerate(list(series.items())[:_MOST_SERIES]):
        colour = style.CATEGORIES[index]
        members = members[np.argsort(places[members], kind="stable")]
        x, y = places[members], values[members]
        curve = _fit(result, members, name, axis, places, column.values)
        if np.unique(x).size < x.size:  # draws of a Monte Carlo block
            ax.plot(x, y, ".", color=colour, alpha=0.25, markersize=3, markeredgewidth=0, zorder=1)
            x, y = _medians(x, y)
            label = f"{label}, median" if label else "simulated, median"
        ax.plot(
            x,
            y,
            _MARKERS[index],
            color=colour,
            linestyle="none" if curve is not None else "-",
            linewidth=0.8,
            label=style.plain(label or "simulated"),
            zorder=3,
        )
        if curve is not None:
            ax.plot(
                *curve[:2], "--", color=colour, linewidth=0.8, label=style.plain(curve[2]), zorder=2
            )
        xs += x.tolist()
        ys += y.tolist()
    drawn = draw_published(result, name, axis, unit, ax)
    scale_axes(ax, xs + [point[0] for point in drawn], ys + [point[1] for point in drawn])
    ax.set_xlabel(axis.label)
    ax.set_ylabel(metric_label(name, unit))
    if len(series) > 1 or drawn or ax.get_legend_handles_labels()[1] != ["simulated"]:
        legend = ax.figure.legend(
            loc="outside upper left", ncols=2, columnspacing=1.2, handlelength=1.6
        )
        if len(series) > _MOST_SERIES:
            legend.set_title(f"{_MOST_SERIES} of {len(series)} series")


def metric_label(name: str, unit: str) -> str:
    """Give the label of an axis of a metric, folded, with its unit."""
    label = textwrap.fill(name.replace("_", " "), _LONGEST_LABEL)
    return style.plain(f"{label} ({pretty_unit(unit)})" if pretty_unit(unit) else label)


def _series(
    result: ScenarioResult, key: str, measured: NDArray[np.bool_]
) -> dict[str, NDArray[np.intp]]:
    """Group the measured runs by the other swept keys; of each group the places of its runs."""
    others = {
        other: column
        for other, column in run_columns(result).swept.items()
        if other != key and np.unique(column.codes[measured]).size > 1
    }
    groups = joint_codes([column.codes for column in others.values()], measured.size)
    order = np.argsort(groups, kind="stable")
    order = order[measured[order]]
    cuts = np.flatnonzero(np.diff(groups[order])) + 1
    found = {}
    for members in np.split(order, cuts):
        first = int(members[0])
        label = ", ".join(_spelled(other, column[first]) for other, column in others.items())
        found[label] = members
    return found


def _spelled(key: str, value: Value) -> str:
    """Spell a swept value for a legend: four digits and a unit for people, or a name."""
    quantity = swept_quantity(key, value, {})
    if quantity is None or isinstance(value, (int, float)):
        return f"{value:.4g}" if isinstance(value, float) else str(value)
    return f"{quantity[0]:.4g} {pretty_unit(quantity[1])}".strip()


def _medians(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    places, groups = np.unique(x, return_inverse=True)
    return places, spreads_of(y, groups, places.size).quantiles[:, LEVELS.index(0.5)]


def _fit(
    result: ScenarioResult,
    members: NDArray[np.intp],
    name: str,
    axis: MetricAxis,
    places: FloatArray,
    values: FloatArray,
) -> tuple[FloatArray, FloatArray, str] | None:
    """Give the curve of a fit over this key and what it says."""
    for across in result.loaded.scenario.across:
        if across.of == name and across.over == axis.key:
            value = _across_value(result, across, result.records[int(members[0])])
            if value is None:
                return None
            curve = _curve(across, places[members], values[members], name, axis, result)
            return None if curve is None else (*curve, value)
    return None


def _across_value(result: ScenarioResult, across: Across, record: RunRecord) -> str | None:
    device = record.run.device.name
    name = across.name or across.metric
    value = result.across.get(name, result.across.get(f"{name} ({device})"))
    if value is None or value.is_missing:
        return None
    number, error, unit = displayed(across.metric, value)
    text = units.short_number(number)
    if error is not None and error > 5e-4 * abs(number):
        text += f" ± {units.short_number(error, 2)}"
    words = across.metric.replace("_", " ").replace("paired pulse ", "")
    return f"fit: {words} {text} {pretty_unit(unit)}".rstrip()


def _curve(
    across: Across,
    x: FloatArray,
    values: FloatArray,
    name: str,
    axis: MetricAxis,
    result: ScenarioResult,
) -> tuple[FloatArray, FloatArray] | None:
    """Give the fitted curve through values in SI units at increasing places."""
    if across.metric != "paired_pulse_relaxation_time":
        return None
    from optospice.metrics.plasticity import paired_pulse_relaxation

    si = units.si_unit(axis.unit)
    seconds = converted(x, axis.unit, si)
    fit = paired_pulse_relaxation(seconds, values, across.definition or "recovery")
    if not fit.is_identifiable or _is_flat(values):
        return None
    fine = np.geomspace(x[0], x[-1], 200) if spans_decades(x) else np.linspace(x[0], x[-1], 200)
    unit = unit_of(metric_column(result, name))
    return fine, converted(
        fit.predict(converted(fine, axis.unit, si)), unit, display_unit(name, unit)
    )


def draw_published(
    result: ScenarioResult, name: str, axis: MetricAxis, unit: str, ax: Axes
) -> list[tuple[float, float]]:
    """Draw the claims about a metric at their places; give all places that they take."""
    drawn: list[tuple[float, float]] = []
    seen: set[tuple[str, str]] = set()
    first_record = next(record for record in result.records if name in record.metrics)
    for verdict in result.verdicts:
        target = verdict.target
        if target.metric != name or axis.key not in target.where or target.shape is not None:
            continue
        x = number_of(axis.key, target.where[axis.key], axis.unit, first_record)
        claim = claim_of(verdict, unit)
        if claim is None or not math.isfinite(x) or (target.id, name) in seen:
            continue
        seen.add((target.id, name))
        y, error = claim
        kind, marker = figure_label(target), "D"
        if target.published is None:
            up = target.at_least is not None
            kind, marker = (f"{kind}, at least", "^") if up else (f"{kind}, at most", "v")
        first = kind not in ax.get_legend_handles_labels()[1]
        ax.errorbar(
            x,
            y,
            yerr=error or None,
            fmt=marker,
            color=style.VERMILION,
            markerfacecolor="white",
            markersize=4.5,
            markeredgewidth=0.9,
            elinewidth=0.9,
            capsize=2.2,
            capthick=0.9,
            label=kind if first else "_nolegend_",
            zorder=4,
        )
        drawn.append((x, y))
        if error:
            drawn += [(x, y - error), (x, y + error)]
    return drawn


def claim_of(verdict: Verdict, unit: str) -> tuple[float, float] | None:
    """Give the published number and its tolerance in the unit of the figure."""
    try:
        number, written = units.split_unit(str(verdict.target.claimed))
        zero = units.convert(0.0, written, unit)
        value = units.convert(number, written, unit)
        size = units.convert(1.0, written, unit) - zero
    except Exception:  # pint raises many kinds; a claim that cannot be drawn is left out
        return None
    if verdict.tolerance_percent is not None:
        return value, abs(number) * verdict.tolerance_percent / 100 * abs(size)
    return value, 0.0


def _is_flat(numbers: Sequence[float] | FloatArray) -> bool:
    return bool(np.ptp(numbers) <= _FLAT * np.max(np.abs(numbers)))


def scale_axes(ax: Axes, xs: Sequence[float], ys: Sequence[float]) -> None:
    """Make an axis logarithmic where its numbers span decades, with ticks at swept values."""
    finite = [number for number in ys if math.isfinite(number)]
    if spans_decades(xs):
        ax.set_xscale("log")
        style.plain_ticks(ax.xaxis, min(xs), max(xs))
    _swept_ticks(ax, xs)
    if spans_decades(finite):
        ax.set_yscale("log")
        style.plain_ticks(ax.yaxis, min(finite), max(finite))
    elif finite and _is_flat(finite):
        middle = float(np.mean(finite))
        room = 0.1 * abs(middle) or 1.0
        ax.set_ylim(middle - room, middle + room)


def _swept_ticks(ax: Axes, numbers: Sequence[float]) -> None:
    """Put the ticks on the swept values where they are few and far enough apart."""
    places = np.unique([number for number in numbers if math.isfinite(number)])
    if not 2 <= places.size <= _MOST_TICKS:
        return
    at = np.log(places) if ax.get_xscale() == "log" else places
    if np.diff(at).min() < 0.09 * (at[-1] - at[0]):
        return
    ax.set_xticks(places, [f"{place:.4g}" for place in places])
    ax.set_xticks([], minor=True)
