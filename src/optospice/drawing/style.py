"""How figures look: journal widths, small type, colours that everybody can tell apart."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from optospice.texts import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

#: Widths of one and of two journal columns [mm].
SINGLE_COLUMN, DOUBLE_COLUMN = 89.0, 183.0
DPI = 300

#: Palette of Okabe and Ito (2008), safe for colour-blind readers.
INK = "#1a1a1a"
GREY = "#6e6e6e"
BLUE = "#0072B2"
VERMILION = "#D55E00"
AMBER = "#E69F00"
CATEGORIES = (BLUE, AMBER, "#009E73", "#CC79A7", "#56B4E9", INK, VERMILION)
LINE_STYLES = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)))

#: What a notebook decides about windows, not about how a figure looks.
_HOST_SETTINGS = frozenset(
    ("backend", "backend_fallback", "interactive", "toolbar", "webagg", "tk", "macosx")
)
_STYLE: Any = {  # matplotlib 3.11 lists every key in its type, earlier ones do not
    "font.family": "DejaVu Sans",
    "font.size": 7,
    "axes.labelsize": 7.5,
    "axes.titlesize": 7.5,
    "axes.titlelocation": "left",
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 6.5,
    "legend.title_fontsize": 6.5,
    "legend.frameon": False,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.facecolor": "white",
    "axes.formatter.useoffset": False,
    "axes.unicode_minus": True,
    "figure.facecolor": "white",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "xtick.direction": "out",
    "ytick.direction": "out",
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "lines.linewidth": 1.0,
    "lines.markersize": 3.5,
    "savefig.facecolor": "white",
    "savefig.bbox": None,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the style of the house; a notebook's own settings return afterwards.

    Settings of a ``matplotlibrc`` do not count: the figure is the same everywhere, and LaTeX
    never reads a text that somebody else wrote.
    """
    matplotlib = _matplotlib()
    defaults = {
        key: value
        for key, value in matplotlib.rcParamsDefault.items()
        if key.partition(".")[0] not in _HOST_SETTINGS
    }
    with matplotlib.rc_context({**defaults, **_STYLE}):
        yield


def plain(text: str) -> str:
    """Give a text for a figure that stands as it is: a ``$`` begins no formula."""
    return printable(text).replace("$", r"\$")


def _matplotlib() -> ModuleType:
    """Import matplotlib without the ``matplotlibrc`` of the working folder, which may be a pipe."""
    if "matplotlib" in sys.modules or not os.path.lexists("matplotlibrc"):
        return importlib.import_module("matplotlib")
    here = os.open(".", os.O_RDONLY | os.O_CLOEXEC)
    os.chdir(Path(__file__).parent)
    try:
        return importlib.import_module("matplotlib")
    finally:
        os.fchdir(here)
        os.close(here)


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """Give an empty figure with one pair of axes.

    Parameters
    ----------
    width, height : float
        Size [mm].
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 25.4, height / 25.4), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def new_panels(width: float, height: float, count: int) -> tuple[Figure, list[Axes]]:
    """Give an empty figure with axes one below the other that share both scales.

    Parameters
    ----------
    width, height : float
        Size [mm].
    count : int
        Number of panels [1].
    """
    figure, first = new_figure(width, height)
    first.remove()
    grid = figure.subplots(count, 1, sharex=True, sharey=True, squeeze=False)
    return figure, list(grid[:, 0])


def light_colour(wavelength: float | None) -> tuple[float, float, float]:
    """Give a colour for light of a wavelength [m], dark enough to be seen on white.

    Infrared is drawn as the darkest red and ultraviolet as the darkest violet; light
    whose wavelength is not known is amber.
    """
    if wavelength is None:
        return (0.90, 0.62, 0.0)
    corners = np.array([380, 420, 450, 490, 520, 555, 585, 630, 700, 780]) * 1e-9
    red = [0.35, 0.42, 0.05, 0.00, 0.00, 0.25, 0.85, 0.88, 0.72, 0.45]
    green = [0.00, 0.10, 0.25, 0.60, 0.62, 0.62, 0.62, 0.25, 0.05, 0.00]
    blue = [0.45, 0.75, 0.85, 0.70, 0.25, 0.10, 0.00, 0.05, 0.08, 0.05]
    r, g, b = (float(np.interp(wavelength, corners, channel)) for channel in (red, green, blue))
    return r, g, b


def sequential(count: int) -> list[tuple[float, float, float]]:
    """Give colours from dark to light for ordered values (viridis without its palest end)."""
    from matplotlib import colormaps

    places = np.linspace(0.0, 0.85, count) if count > 1 else np.zeros(1)
    return [tuple(colormaps["viridis"](place)[:3]) for place in places]


def plain_ticks(axis: Axis, low: float, high: float) -> None:
    """Write 1, 10, 100 instead of powers on a logarithmic axis where that stays short.

    Over less than two decades 2 and 5 are written as well.

    Parameters
    ----------
    axis : matplotlib Axis
        Of one direction, or of a colour scale.
    low, high : float
        Ends of what is drawn.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    if low < 1e-2 or high > 1e4:
        return
    if high < 100 * low:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
    axis.set_minor_formatter(NullFormatter())
