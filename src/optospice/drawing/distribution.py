"""Many numbers drawn: histograms with quantile bands, and bands along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optospice.drawing import style
from optospice.interpolation import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FEWEST_BINS, _MOST_BINS = 8, 60
#: Greys of the bands from 5 % to 95 % and from 25 % to 75 %: they stay apart in print.
_WIDE, _NARROW = "#e4ecf3", "#bcd3e6"


@dataclass(frozen=True)
class Mark:
    """A claim on the axis of a histogram.

    Parameters
    ----------
    label : str
        What stands in the legend.
    place : float
        The claimed number.
    low, high : float
        Ends of what still meets it; infinite for a bound.
    """

    label: str
    place: float
    low: float
    high: float


def draw_histogram(
    ax: Axes, values: FloatArray, quantiles: Sequence[float], marks: Sequence[Mark] = ()
) -> None:
    """Draw a histogram over the bands between its quantiles, with claims.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    values : ndarray
        Finite numbers, at least two of which differ.
    quantiles : sequence of float
        Those at 5 %, 25 %, 50 %, 75 % and 95 %.
    marks : sequence of Mark
        Claims.
    """
    q05, q25, q50, q75, q95 = quantiles
    counts, edges = np.histogram(values, _bins(values, q75 - q25))
    ax.axvspan(q05, q95, color=_WIDE, linewidth=0, label="5–95 %", zorder=0)
    ax.axvspan(q25, q75, color=_NARROW, linewidth=0, label="25–75 %", zorder=0.1)
    ax.stairs(counts, edges, fill=True, color=style.BLUE, alpha=0.45, zorder=1)
    ax.stairs(counts, edges, color=style.BLUE, linewidth=0.7, zorder=2)
    ax.axvline(q50, color=style.INK, linewidth=0.9, label="median", zorder=3)
    styles = style.LINE_STYLES
    for number, mark in enumerate(marks):
        line = styles[(number + 1) % len(styles)]
        ax.axvline(
            mark.place, color=style.VERMILION, linewidth=1.0, linestyle=line,
            label=style.plain(mark.label), zorder=4,
        )  # fmt: skip
        ends = [end for end in (mark.low, mark.high) if np.isfinite(end) and end != mark.place]
        for end in ends:
            ax.axvline(end, color=style.VERMILION, linewidth=0.5, linestyle=line, zorder=4)
    places = [edges[0], edges[-1], *(mark.place for mark in marks)]
    room = 0.04 * (max(places) - min(places))
    ax.set_xlim(min(places) - room, max(places) + room)
    ax.set_ylim(0, 1.06 * counts.max())
    ax.set_ylabel("runs")


def draw_outlines(ax: Axes, groups: Sequence[tuple[str, FloatArray]]) -> None:
    """Draw the histograms of several groups as outlines, each as a share of its runs.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    groups : sequence of pairs of str and ndarray
        Name and finite numbers of each group.
    """
    together = np.concatenate([values for _, values in groups])
    spans = [np.subtract(*np.quantile(values, [0.75, 0.25])) for _, values in groups]
    edges = np.histogram_bin_edges(together, _bins(together, float(min(spans))))
    for number, (label, values) in enumerate(groups):
        shares = np.histogram(values, edges)[0] / values.size * 100
        ax.stairs(
            shares, edges, color=style.CATEGORIES[number % len(style.CATEGORIES)], linewidth=0.9,
            linestyle=style.LINE_STYLES[number % len(style.LINE_STYLES)], label=style.plain(label),
        )  # fmt: skip
    ax.set_ylim(bottom=0)
    ax.set_ylabel("share of the runs (%)")


def draw_bands(ax: Axes, places: FloatArray, quantiles: FloatArray) -> None:
    """Draw the median along an axis between the bands from 25 to 75 % and from 5 to 95 %.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    places : ndarray, shape (n,)
        Increasing places.
    quantiles : ndarray, shape (n, 5)
        Quantiles at 5 %, 25 %, 50 %, 75 % and 95 %; nan where there are none.
    """
    q05, q25, q50, q75, q95 = quantiles.T
    ax.fill_between(places, q05, q95, color=_WIDE, linewidth=0, label="5–95 %", zorder=1)
    ax.fill_between(places, q25, q75, color=_NARROW, linewidth=0, label="25–75 %", zorder=1.1)
    for edge in (q05, q95):  # the pale band has an edge that a copy in grey keeps
        ax.plot(places, edge, color=style.BLUE, linewidth=0.4, zorder=1.2)
    few = places.size <= 30
    ax.plot(
        places, q50, color=style.BLUE, linewidth=1.0, marker="o" if few else "none",
        label="median", zorder=3,
    )  # fmt: skip


def _bins(values: FloatArray, middle_half: float) -> int:
    """Choose the number of bins by the rule of Freedman and Diaconis."""
    width = 2 * middle_half / np.cbrt(values.size)
    if width <= 0:
        return _FEWEST_BINS
    return int(np.clip(np.ceil(np.ptp(values) / width), _FEWEST_BINS, _MOST_BINS))
