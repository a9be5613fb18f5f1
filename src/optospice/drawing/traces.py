"""Waveforms on paper: the trace, the light bar above it, the pulse behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from optospice.drawing import style
from optospice.interpolation import FloatArray, corner_indices
from optospice.resolution import straight_line_errors
from optospice.units import engineering_prefix, short_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from optospice.waveforms import Waveforms

#: Traces with more points are thinned to the extremes of each column of pixels.
MAX_POINTS = 20_000
_COLUMNS = 3000
_BAR_FLOOR, _BAR_HEIGHT = 1.03, 0.035
#: Share of the pulse's height above which the light counts as on.
_ON = 1e-3
_MANY_LEVELS = 50
#: Share of the run that the edges of pulses may take; a sweep takes more [1].
_LONGEST_CHANGE = 0.3
#: Bend between two points, as a fraction of the peak, above which a straight line shows [1].
_STRAIGHT = 2e-3


def plot_waveforms(
    waveforms: Waveforms,
    signal: str | None = None,
    ax: Axes | None = None,
    wavelength: float | None = None,
    window: tuple[float, float] | None = None,
) -> Axes:
    """Draw a signal against time with the light above it.

    Parameters
    ----------
    waveforms : Waveforms
        What came back from the simulator.
    signal : str, optional
        Signal to draw; the current into the first electrical terminal when left out.
    ax : Axes, optional
        Where to draw; a new figure when left out.
    wavelength : float, optional
        Wavelength of the light [m], for its colour and label.
    window : pair of float, optional
        Time axis [s]; the whole run when left out.

    Returns
    -------
    Axes
        With the trace.
    """
    if ax is None:
        with style.house_style():
            _, ax = style.new_figure(style.SINGLE_COLUMN, 60)
            return plot_waveforms(waveforms, signal, ax, wavelength, window)
    name = signal or current_name(waveforms)
    start, stop = window or (0.0, float(waveforms.time[-1]))
    time_scale, time_unit = scale_of(stop, "s")
    scale, label = signal_scale(name, waveforms, waveforms[name])
    time, drawn = points_to_draw(waveforms, name, start, stop)
    ax.plot(time * time_scale, drawn * scale, color=style.INK, linewidth=1.0, zorder=3)
    ax.set_xlabel(f"time ({time_unit})")
    ax.set_ylabel(style.plain(label))
    ax.set_xlim(start * time_scale, stop * time_scale)
    pulses = pulse_source(waveforms)
    if pulses is not None:
        spans = [(a * time_scale, b * time_scale) for a, b in on_spans(waveforms, pulses)]
        colour = bar_colour(pulses, wavelength)
        shade(ax, spans, colour)
        draw_bars(ax, [(spans, colour)], source_label(waveforms, pulses, wavelength))
    return ax


def current_name(waveforms: Waveforms) -> str:
    """Name of the current into the first electrical terminal."""
    return next(
        (name for name in waveforms.signals if name.startswith("i(")), next(iter(waveforms.signals))
    )


def scale_of(largest: float, unit: str) -> tuple[float, str]:
    """Give the factor and the unit with an engineering prefix for numbers up to *largest*."""
    if not largest > 0 or not math.isfinite(largest):
        return 1.0, unit
    power, prefix = engineering_prefix(largest, highest=0 if unit == "s" else 9)
    return 10.0**-power, f"{prefix}{unit}"


def signal_scale(name: str, waveforms: Waveforms, values: FloatArray) -> tuple[float, str]:
    """Give the factor from SI to the unit on the axis, and the label of the axis."""
    unit = waveforms.units.get(name, {"i": "A", "v": "V", "e": "W/m^2"}.get(name[:1], ""))
    if name.startswith("e("):
        return 0.1, "irradiance (mW/cm²)"
    what = {"i(": "current", "v(": "voltage"}.get(name[:2], name.replace("_", " "))
    if unit in ("", "1"):
        return 1.0, what
    scale, shown = scale_of(float(np.nanmax(np.abs(values), initial=0.0)), unit)
    return scale, f"{what} ({shown})"


def points_to_draw(
    waveforms: Waveforms, signal: str, start: float, stop: float
) -> tuple[FloatArray, FloatArray]:
    """Give the points of a trace: few enough to draw, and enough for straight lines.

    A curve that is told by few points is read between them, so that it looks like one.

    Parameters
    ----------
    waveforms : Waveforms
        What came back from the simulator.
    signal : str
        Which of its signals.
    start, stop : float
        Window [s].
    """
    time, values = waveforms.time, waveforms[signal]
    inside = (time >= start) & (time <= stop)
    peak = float(np.abs(values).max(initial=0.0))
    if 2 < time.size <= _COLUMNS and peak > 0:
        corners = corner_indices(time, waveforms.breakpoints)
        bent = straight_line_errors(time, values[:, None], corners, np.array([peak]))
        coarse = np.flatnonzero((bent > _STRAIGHT) & (np.diff(time) > 0))
        between = time[coarse] + np.linspace(0, 1, 17)[1:-1, None] * np.diff(time)[coarse]
        shown = np.union1d(time[inside], between[(between >= start) & (between <= stop)])
        return shown, waveforms.at(signal, shown)
    return thinned(time[inside], values[inside])


def thinned(time: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Keep the first, lowest, highest and last point of each column of pixels of a long trace."""
    if time.size <= MAX_POINTS:
        return time, values
    edges = np.linspace(time[0], time[-1], _COLUMNS + 1)[1:-1]
    column = np.searchsorted(edges, time, side="right")
    firsts = np.flatnonzero(np.diff(column, prepend=-1))
    lasts = np.append(firsts[1:], time.size) - 1
    order = np.lexsort((values, column))  # within a column from lowest to highest
    kept = np.unique(np.concatenate([firsts, lasts, order[firsts], order[lasts]]))
    return time[kept], values[kept]


def pulse_source(waveforms: Waveforms) -> str | None:
    """Name of what is pulsed: the light, else a voltage; None for sweeps and constants."""
    for prefix in ("e(", "v("):
        for name, values in waveforms.signals.items():
            if name.startswith(prefix) and np.ptp(values) > 0:
                few = np.unique(np.round(values / np.ptp(values), 3)).size <= _MANY_LEVELS
                changing = np.diff(waveforms.time)[np.diff(values) != 0].sum()
                pulsed = few and changing <= _LONGEST_CHANGE * waveforms.time[-1]
                return name if pulsed else None
    return None


def on_spans(waveforms: Waveforms, source: str) -> list[tuple[float, float]]:
    """Give the times from which and until which a source is on [s]."""
    values = waveforms[source]
    base = 0.0 if source.startswith("e(") else float(values[0])
    away = np.abs(values - base)
    on = away > _ON * float(away.max())
    steps = np.diff(on.astype(int), prepend=0, append=0)
    starts = np.maximum(np.flatnonzero(steps == 1) - 1, 0)
    stops = np.flatnonzero(steps == -1) - 1
    time = waveforms.time
    return list(zip(time[starts].tolist(), time[stops].tolist(), strict=True))


def bar_colour(source: str, wavelength: float | None) -> tuple[float, float, float]:
    """Colour of a bar: that of the light, or grey for voltage pulses."""
    return style.light_colour(wavelength) if source.startswith("e(") else (0.43, 0.43, 0.43)


def source_label(waveforms: Waveforms, source: str, wavelength: float | None) -> str:
    """Say what a bar stands for: ``"740 nm, 1.22 mW/cm²"`` or ``"3 V"``."""
    values = waveforms[source]
    if not source.startswith("e("):
        far = values[int(np.argmax(np.abs(values - values[0])))]
        return f"{far:.4g} V"
    level = f"{0.1 * float(values.max()):.4g} mW/cm²"
    return f"{wavelength * 1e9:.4g} nm, {level}" if wavelength is not None else f"light, {level}"


def shade(ax: Axes, spans: Sequence[tuple[float, float]], colour: Any) -> None:
    """Tint the background while the stimulus is on."""
    ax.broken_barh(
        [(a, b - a) for a, b in spans],
        (0, 1),
        transform=ax.get_xaxis_transform(),
        facecolors=colour,
        alpha=0.10,
        linewidth=0,
        zorder=0,
    )


def draw_bars(
    ax: Axes, rows: Sequence[tuple[Sequence[tuple[float, float]], Any]], label: str
) -> None:
    """Draw one row of bars per stimulus above the axes, with a label above them."""
    height = _BAR_HEIGHT if len(rows) == 1 else 0.02
    low, high = ax.get_xlim()
    for index, (spans, colour) in enumerate(rows):
        floor = _BAR_FLOOR + (len(rows) - 1 - index) * height * 1.4
        ax.broken_barh(
            [(max(a, low), min(b, high) - max(a, low)) for a, b in spans if b > low and a < high],
            (floor, height),
            transform=ax.get_xaxis_transform(),
            facecolors=colour,
            linewidth=0,
            clip_on=False,
        )
    starts = [a for spans, _ in rows for a, _ in spans if a < high]
    if not label or not starts:
        return
    first = (max(min(starts), low) - low) / (high - low)
    right = first > 0.55
    ax.text(
        1.0 if right else first,
        _BAR_FLOOR + ((len(rows) - 1) * 1.4 + 1) * height + 0.015,
        label,
        transform=ax.transAxes,
        ha="right" if right else "left",
        va="bottom",
    )


def annotate_peak(ax: Axes, time: FloatArray, values: FloatArray, dark: float, unit: str) -> None:
    """Write the value at the point farthest from the dark level (numbers as on the axes)."""
    low, high = ax.get_xlim()
    seen = np.flatnonzero((time >= low) & (time <= high))
    if not seen.size:
        return
    place = int(seen[np.argmax(np.abs(values[seen] - dark))])
    if values[place] == dark:
        return
    above = values[place] > dark
    across = (time[place] - low) / (high - low)
    ax.annotate(
        f"{short_number(float(values[place]))} {unit}",
        (float(time[place]), float(values[place])),
        xytext=(0, 3 if above else -3),
        textcoords="offset points",
        ha="left" if across < 0.15 else "right" if across > 0.85 else "center",
        va="bottom" if above else "top",
    )
    ax.plot(time[place], values[place], "o", color=style.VERMILION, markersize=2.5, zorder=4)
    bottom, top = ax.get_ylim()
    room = 0.09 * (top - bottom)
    ax.set_ylim(bottom if above else bottom - room, top + room if above else top)


def mark_dark_level(ax: Axes, dark: float, unit: str) -> None:
    """Draw the dark level, its value in the right margin where no trace runs."""
    ax.axhline(dark, color=style.GREY, linewidth=0.6, linestyle=(0, (4, 2)), zorder=1)
    ax.text(
        1.01,
        dark,
        f"dark\n{short_number(dark)} {unit}",
        transform=ax.get_yaxis_transform(),
        ha="left",
        va="center",
        color=style.GREY,
        fontsize=6.5,
        linespacing=1.1,
    )
