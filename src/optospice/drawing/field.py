"""A quantity over two axes: a family of curves with a colour scale, or a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optospice.drawing import style
from optospice.interpolation import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize

#: So many values of the second axis have a tick of their own on the colour scale.
_MOST_TICKS = 8
_MOST_MARKS = 30
_CONTOURS = 6
_MISSING = "#d9d9d9"


@dataclass(frozen=True, eq=False)
class Field:
    """A quantity on a grid.

    Parameters
    ----------
    x, y : ndarray, shapes (nx,) and (ny,)
        Increasing places on both axes.
    z : ndarray, shape (ny, nx)
        The quantity; nan where there is none.
    x_label, y_label, z_label : str
        Labels, with units.
    x_log, y_log, z_log : bool
        Whether each is drawn logarithmically.
    """

    x: FloatArray
    y: FloatArray
    z: FloatArray
    x_label: str
    y_label: str
    z_label: str
    x_log: bool = False
    y_log: bool = False
    z_log: bool = False


def draw_family(ax: Axes, field: Field) -> None:
    """Draw one curve along x for each y, its colour by a scale beside the axes.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    field : Field
        What.
    """
    from matplotlib.cm import ScalarMappable

    colours, norm = _colours(0.82), _norm(field.y, field.y_log)
    few = field.y.size <= _MOST_TICKS
    for number, (place, row) in enumerate(zip(field.y, field.z, strict=True)):
        known = np.isfinite(row)  # a run that failed does not cut its curve
        ax.plot(
            field.x[known], row[known], color=colours(norm(place)), linewidth=0.9,
            linestyle=style.LINE_STYLES[number % len(style.LINE_STYLES)] if few else "-",
            marker="o" if field.x.size <= _MOST_MARKS else "none", markersize=2.4, zorder=3,
        )  # fmt: skip
    if field.x_log:
        ax.set_xscale("log")
    if field.z_log:
        ax.set_yscale("log")
    ax.set_xlabel(field.x_label)
    ax.set_ylabel(field.z_label)
    bar = ax.figure.colorbar(ScalarMappable(norm, colours), ax=ax, pad=0.02, aspect=28)
    bar.outline.set_linewidth(0.4)
    bar.set_label(field.y_label)
    if few:
        bar.set_ticks(list(field.y), labels=[f"{place:.4g}" for place in field.y])
        bar.ax.minorticks_off()


def draw_map(
    ax: Axes,
    field: Field,
    published: Sequence[tuple[float, float, float]] = (),
    words: str = "published",
) -> None:
    """Draw a map with contour lines; cells without a number are hatched.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    field : Field
        What.
    published : sequence of tuple of float
        Places on both axes and published numbers; each is a mark filled with its colour.
    words : str
        What the legend calls these.
    """
    from matplotlib.patches import Patch

    x_edges, y_edges = _edges(field.x, field.x_log), _edges(field.y, field.y_log)
    known = np.isfinite(field.z)
    handles: list[Any] = []
    if not known.all():  # a hatch is no colour of the scale, in grey either
        look = {"facecolor": _MISSING, "hatch": "////", "edgecolor": "#8c8c8c", "linewidth": 0.0}
        ax.patch.set(**look)
        handles.append(Patch(label="no value", **look))  # type: ignore[arg-type]
    norm = _norm(field.z[known], field.z_log)
    shown = np.ma.masked_invalid(field.z)
    mesh = ax.pcolormesh(x_edges, y_edges, shown, cmap=_colours(0.95), norm=norm, rasterized=True)
    if min(field.z.shape) >= 3 and known.any() and np.ptp(field.z[known]) > 0:
        _contours(ax, field, shown, norm)
    if field.x_log:
        ax.set_xscale("log")
        style.plain_ticks(ax.xaxis, field.x[0], field.x[-1])
    if field.y_log:
        ax.set_yscale("log")
        style.plain_ticks(ax.yaxis, field.y[0], field.y[-1])
    ax.set_xlim(x_edges[0], x_edges[-1])
    ax.set_ylim(y_edges[0], y_edges[-1])
    if published:
        x, y, z = zip(*published, strict=True)
        marks = ax.scatter(
            x, y, c=z, cmap=mesh.get_cmap(), norm=norm, marker="D", s=22, linewidth=1.0,
            edgecolor=style.VERMILION, label=words, zorder=5, clip_on=False,
        )  # fmt: skip
        handles.append(marks)
    ax.set_xlabel(field.x_label)
    ax.set_ylabel(field.y_label)
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.02, aspect=28)
    bar.outline.set_linewidth(0.4)
    bar.set_label(field.z_label)
    if field.z_log:
        style.plain_ticks(bar.ax.yaxis, float(norm.vmin or 0.0), float(norm.vmax or 0.0))
    if handles:
        ax.figure.legend(handles=handles, loc="outside upper left", ncols=2)
    for side in ("top", "right"):
        ax.spines[side].set_visible(True)


def _contours(ax: Axes, field: Field, shown: Any, norm: Normalize) -> None:
    from matplotlib.ticker import LogLocator, MaxNLocator

    locator: Any = (
        LogLocator(subs=(1.0, 2.0, 5.0), numticks=20) if field.z_log else MaxNLocator(_CONTOURS)
    )
    low, high = float(norm.vmin or 0.0), float(norm.vmax or 1.0)
    levels = [level for level in locator.tick_values(low, high) if low < level < high]
    if not levels:
        return
    # dark lines on the pale end of the scale and pale ones on its dark end
    tones = ["white" if norm(level) < 0.6 else style.INK for level in levels]
    lines = ax.contour(field.x, field.y, shown, levels, colors=tones, linewidths=0.6)
    ax.clabel(
        lines,
        fmt=lambda level: f"{level:.4g}".replace("-", "\N{MINUS SIGN}"),
        fontsize=5.5,
        inline_spacing=2,
    )


def _edges(places: FloatArray, log: bool) -> FloatArray:
    """Give the edges of cells around places: half-way between two, on the axis as drawn."""
    at = np.log(places) if log else places
    if at.size == 1:
        edges = np.array([at[0] - 0.5, at[0] + 0.5])
    else:
        middle = (at[1:] + at[:-1]) / 2
        edges = np.concatenate([[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]])
    return np.exp(edges) if log else edges


def _colours(palest: float) -> Colormap:
    """Give the scale for ordered values: viridis without its palest end, which white swallows."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    return ListedColormap(colormaps["viridis"](np.linspace(0.0, palest, 256)))


def _norm(values: FloatArray, log: bool) -> Normalize:
    from matplotlib.colors import LogNorm, Normalize

    if values.size == 0:
        return Normalize(0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    if low == high:
        return Normalize(low - 0.5 * abs(low) - 1e-300, high + 0.5 * abs(high) + 1e-300)
    return LogNorm(low, high) if log else Normalize(low, high)
