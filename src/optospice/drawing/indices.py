"""Sobol indices as bars: the share of each key by itself within its share with interactions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from optospice.drawing import style
from optospice.drawing.tornado import MOST_BARS
from optospice.interpolation import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PALE = "#a6cee3"


def draw_indices(
    ax: Axes, names: Sequence[str], first: FloatArray, total: FloatArray, label: str
) -> None:
    """Draw first-order and total indices of each key with their intervals, the largest on top.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    names : sequence of str
        Keys.
    first, total : ndarray, shape (keys, 2)
        Index and half-width of its interval [1]; nan where there is none.
    label : str
        Label of the axis.
    """
    order = np.argsort(-np.nan_to_num(total[:, 0]), kind="stable")[:MOST_BARS]
    places = np.arange(order.size)[::-1]
    bars = (
        (total, 0.18, _PALE, "////", "total, with interactions"),
        (first, -0.18, style.BLUE, "", "first order, by itself"),
    )
    for found, shift, colour, hatch, words in bars:
        ax.barh(
            places + shift, found[order, 0], height=0.34, xerr=found[order, 1], color=colour,
            edgecolor=style.INK, linewidth=0.4, hatch=hatch, label=words, zorder=2,
            error_kw={"elinewidth": 0.7, "capsize": 1.6, "capthick": 0.7, "ecolor": style.INK},
        )  # fmt: skip
    ax.axvline(0.0, color=style.INK, linewidth=0.7, zorder=3)
    ax.set_yticks(places, [style.plain(names[place]) for place in order])
    ax.set_ylim(-0.6, order.size - 0.4)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(label)
