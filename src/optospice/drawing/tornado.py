"""Tornado charts: what moves a quantity most stands on top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from optospice.drawing import style
from optospice.interpolation import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Bars that are drawn; the smallest ones are left out.
MOST_BARS = 15


def draw_tornado(
    ax: Axes,
    names: Sequence[str],
    low: FloatArray,
    high: FloatArray,
    centre: float,
    label: str,
    noise: float = 0.0,
    ends: tuple[str, str] = ("low", "high"),
) -> None:
    """Draw what each parameter does to a quantity as bars from a centre, the longest on top.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    names : sequence of str
        Parameters.
    low, high : ndarray, shape (parameters,)
        The quantity where each parameter is low and where it is high; equal to the centre for
        a bar with one end only, such as a Sobol index or a correlation.
    centre : float
        The quantity where no parameter is moved.
    label : str
        Label of the axis, with its unit.
    noise : float
        Distance from the centre within which a bar says nothing; drawn as a band when above 0.
    ends : tuple of str
        What the two colours mean.
    """
    low, high = np.asarray(low, float), np.asarray(high, float)
    length = np.nan_to_num(np.maximum(abs(low - centre), abs(high - centre)))
    order = np.argsort(-length, kind="stable")[:MOST_BARS]
    places = np.arange(order.size)[::-1]
    if noise > 0:
        ax.axvspan(
            centre - noise, centre + noise, color="#e8e8e8", linewidth=0, zorder=0,
            label="as chance alone gives (95 %)",
        )  # fmt: skip
    for values, colour, hatch, end in zip(
        (low, high), (style.BLUE, style.AMBER), ("", "////"), ends, strict=True
    ):
        if np.nan_to_num(values - centre).any():
            ax.barh(
                places, values[order] - centre, height=0.62, left=centre, color=colour,
                edgecolor=style.INK, linewidth=0.4, hatch=hatch, label=style.plain(end), zorder=2,
            )  # fmt: skip
    ax.axvline(centre, color=style.INK, linewidth=0.7, zorder=3)
    ax.set_yticks(places, [style.plain(names[place]) for place in order])
    ax.set_ylim(-0.6, order.size - 0.4)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    reach = 1.12 * max(float(length.max(initial=0.0)), noise) or 1.0
    ax.set_xlim(centre - reach, centre + reach)
    ax.set_xlabel(label)
