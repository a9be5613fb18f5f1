"""Figures of a result, ready to print: waveforms, and metrics against what was swept."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from optospice.drawing import style
from optospice.drawing.traces import (
    annotate_peak,
    bar_colour,
    current_name,
    draw_bars,
    mark_dark_level,
    on_spans,
    plot_waveforms,
    points_to_draw,
    pulse_source,
    scale_of,
    shade,
    signal_scale,
    source_label,
)
from optospice.files import plain_name, write_in
from optospice.report.columns import limits_left, run_columns
from optospice.report.metric_figure import metrics_to_draw
from optospice.report.numbers import pretty_unit, short_key, swept_numbers
from optospice.report.pictures import chosen_pictures, metric_pictures
from optospice.report.series_figure import alike, draw_rows, draw_series, series_of
from optospice.sweep.record import RunRecord, ScenarioResult
from optospice.waveforms import Waveforms

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_waveforms", "save_figures"]

_MOST_TRACES = 12
_MOST_PANELS = 5
#: The series of so many runs are drawn, each by itself; those of all are saved as tables.
_MOST_SERIES = 4
#: Traces with more pulses than this hide each other; they are drawn one below the other.
_MOST_OVERLAID_PULSES = 8


def save_figures(result: ScenarioResult, folder: Path) -> list[Path]:
    """Draw a result: its waveforms, and every targeted metric against what was swept.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.
    folder : Path
        Where the PNG files go.

    Returns
    -------
    list of Path
        The files.
    """
    kept = [result.records[place] for place in run_columns(result).kept]
    drawn = [record for record in kept if record.waveforms is not None]
    analysed = [record for record in kept if record.analysed is not None]
    pictures = {name: chosen_pictures(result, name) for name in metrics_to_draw(result)}
    if not drawn and not analysed and not any(pictures.values()):
        return []  # matplotlib alone takes a tenth of a second
    files = []
    with style.house_style():
        if len(drawn) == 1:
            files.append(_save(_single_run(result, drawn[0]), folder, "waveforms"))
        elif drawn:
            files.append(_save(_overlay(result, drawn), folder, "waveforms"))
        for record in drawn if len(drawn) <= _MOST_SERIES else ():
            for name, group in alike(series_of(record)):
                if all(one.x.size < 2 for one in group.values()):
                    continue
                figure = draw_series(group, _marked(result.loaded.scenario.figure.title, [record]))
                own = name if len(drawn) == 1 else f"{name}_{record.run.id}"
                files.append(_save(figure, folder, own))
        for name, figure in _analyses(result, analysed):
            files.append(_save(figure, folder, name))
        for metric, chosen in pictures.items():
            for name, figure in metric_pictures(result, metric, chosen):
                _title(figure, "extrapolated" if limits_left(result) else "")
                files.append(_save(figure, folder, name))
    return files


def _analyses(
    result: ScenarioResult, analysed: Sequence[RunRecord]
) -> Iterator[tuple[str, Figure]]:
    """Draw the curves and spectra of analyses, those of several runs over each other."""
    chosen = [analysed[i] for i in _spread(len(analysed), _MOST_TRACES)]
    colours, styles = _colours(chosen)
    found = [series_of(record) for record in chosen]
    for name in found[0] if found else ():
        rows = [own[name] for own in found]
        if rows[0].x.size < 2:
            continue
        figure, ax = style.new_figure(
            style.SINGLE_COLUMN if len(rows) == 1 else style.DOUBLE_COLUMN, 65
        )
        draw_rows(ax, rows, name, colours, styles)
        if len(rows) > 1:
            _legend(ax, chosen, colours, styles, len(analysed))
        _title(figure, result.loaded.scenario.figure.title)
        yield name.replace(" ", "_"), figure


def _save(figure: Figure, folder: Path, name: str) -> Path:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=style.DPI)
    return write_in(folder, f"{plain_name(name)}.png", buffer.getvalue())


def _single_run(result: ScenarioResult, record: RunRecord) -> Figure:
    waveforms = record.waveforms
    assert waveforms is not None
    wanted = result.loaded.scenario.figure
    signal = _signal(result, waveforms)
    figure, ax = style.new_figure(style.SINGLE_COLUMN, 62)
    start = wanted.start if wanted.start is not None else 0.0
    stop = wanted.stop if wanted.stop is not None else float(waveforms.time[-1])
    time_scale, _ = scale_of(stop, "s")
    plot_waveforms(waveforms, signal, ax, _wavelength(record), (start, stop))
    _title(figure, _marked(wanted.title, [record]))
    if not signal.startswith("i(") or pulse_source(waveforms) is None:
        return figure
    scale, label = signal_scale(signal, waveforms, waveforms[signal])
    unit = label.rpartition("(")[2].rstrip(")")
    first = on_spans(waveforms, str(pulse_source(waveforms)))[0][0]
    dark = float(waveforms.at(signal, first)) * scale
    mark_dark_level(ax, dark, unit)
    annotate_peak(ax, waveforms.time * time_scale, waveforms[signal] * scale, dark, unit)
    return figure


def _overlay(result: ScenarioResult, drawn: Sequence[RunRecord]) -> Figure:
    """Draw the traces of a sweep over each other, the first pulse of each at time 0."""
    chosen = [drawn[i] for i in _spread(len(drawn), _MOST_TRACES)]
    if _is_dense(chosen):
        return _panels(result, drawn)
    figure, ax = style.new_figure(style.DOUBLE_COLUMN, 75)
    colours, styles = _colours(chosen)
    shown = [(record, record.waveforms) for record in chosen if record.waveforms is not None]
    sources = [pulse_source(waveforms) for _, waveforms in shown]
    spans = [on_spans(w, s) if s else [] for (_, w), s in zip(shown, sources, strict=True)]
    origins = [own[0][0] if own else 0.0 for own in spans]
    start, stop = _window(result, shown, origins)
    time_scale, time_unit = scale_of(max(abs(start), abs(stop)), "s")
    signal = _signal(result, shown[0][1])
    visible = np.concatenate([w[signal] for _, w in shown])
    scale, label = signal_scale(signal, shown[0][1], visible)
    rows = []
    for (_, waveforms), own, origin, colour, line in zip(
        shown, spans, origins, colours, styles, strict=True
    ):
        time, values = points_to_draw(waveforms, signal, start + origin, stop + origin)
        ax.plot((time - origin) * time_scale, values * scale, color=colour, linestyle=line, lw=0.9)
        moved = [((a - origin) * time_scale, (b - origin) * time_scale) for a, b in own]
        rows.append((moved, colour))
    ax.set_xlim(start * time_scale, stop * time_scale)
    ax.set_xlabel(
        f"time from the first pulse ({time_unit})" if any(spans) else f"time ({time_unit})"
    )
    ax.set_ylabel(style.plain(label))
    wavelengths = {_wavelength(record) for record in chosen}
    if any(spans):
        _overlay_bars(ax, rows, [w for _, w in shown], sources, wavelengths)
    _legend(ax, chosen, colours, styles, len(drawn))
    _title(figure, _marked(result.loaded.scenario.figure.title, chosen))
    return figure


def _is_dense(records: Sequence[RunRecord]) -> bool:
    counts = [
        len(on_spans(w, source))
        for w in (record.waveforms for record in records)
        if w is not None and (source := pulse_source(w)) is not None
    ]
    return max(counts, default=0) > _MOST_OVERLAID_PULSES


def _panels(result: ScenarioResult, drawn: Sequence[RunRecord]) -> Figure:
    """Draw the traces of a sweep one below the other, on the same axes."""
    keys = _varied(drawn)
    typical = list({_spell(record, keys): record for record in reversed(drawn)}.values())[::-1]
    apart = typical if len(typical) > 1 else drawn  # one draw for each point of the sweep
    chosen = [apart[i] for i in _spread(len(apart), _MOST_PANELS)]
    figure, axes = style.new_panels(style.DOUBLE_COLUMN, 12 + 25 * len(chosen), len(chosen))
    wanted = result.loaded.scenario.figure
    shown = [record.waveforms for record in chosen if record.waveforms is not None]
    start = wanted.start or 0.0
    stop = max(float(w.time[-1]) for w in shown) if wanted.stop is None else wanted.stop
    time_scale, time_unit = scale_of(stop, "s")
    signal = _signal(result, shown[0])
    scale, label = signal_scale(signal, shown[0], np.concatenate([w[signal] for w in shown]))
    for ax, record, waveforms in zip(axes, chosen, shown, strict=True):
        time, values = points_to_draw(waveforms, signal, start, stop)
        ax.plot(time * time_scale, values * scale, color=style.INK, linewidth=0.7, zorder=3)
        ax.set_xlim(start * time_scale, stop * time_scale)
        text = _spell(record, keys) or f"run {record.run.id}"
        ax.text(
            0.995,
            0.95,
            style.plain(text),
            transform=ax.transAxes,
            ha="right",
            va="top",
            weight="bold",
        )
        source = pulse_source(waveforms)
        if source is not None:
            moved = [(a * time_scale, b * time_scale) for a, b in on_spans(waveforms, source)]
            wavelength = _wavelength(record)
            note = source_label(waveforms, source, wavelength) if ax is axes[0] else ""
            draw_bars(ax, [(moved, bar_colour(source, wavelength))], note)
    figure.supxlabel(f"time ({time_unit})", fontsize=7.5)
    figure.supylabel(style.plain(label), fontsize=7.5)
    _title(figure, _marked(wanted.title, chosen))
    return figure


def _marked(title: str, records: Sequence[RunRecord]) -> str:
    """Give a title that says so when a run left the valid range of its device."""
    if not any(record.outside for record in records):
        return title
    return f"{title} (extrapolated)" if title else "extrapolated"


def _title(figure: Figure, title: str) -> None:
    if title:
        figure.suptitle(style.plain(title), x=0.01, ha="left", fontsize=7.5)


def _overlay_bars(
    ax: Axes,
    rows: Sequence[tuple[list[tuple[float, float]], Any]],
    shown: Sequence[Waveforms],
    sources: Sequence[str | None],
    wavelengths: set[float | None],
) -> None:
    source = sources[0]
    if source is None or any(other != source for other in sources):
        return
    wavelength = next(iter(wavelengths)) if len(wavelengths) == 1 else None
    labels = {source_label(w, source, wavelength) for w in shown}
    label = labels.pop() if len(labels) == len(wavelengths) == 1 else ""
    alike = all(
        len(spans) == len(rows[0][0]) and np.allclose(spans, rows[0][0], rtol=1e-4, atol=1e-6)
        for spans, _ in rows
    )
    if alike:
        colour = bar_colour(source, wavelength)
        shade(ax, rows[0][0], colour)
        draw_bars(ax, [(rows[0][0], colour)], label or ("light" if source[0] == "e" else "pulse"))
    else:
        draw_bars(ax, rows, label)


def _window(
    result: ScenarioResult,
    shown: Sequence[tuple[RunRecord, Waveforms]],
    origins: Sequence[float],
) -> tuple[float, float]:
    wanted = result.loaded.scenario.figure
    shift = min(origins)
    start = -shift if wanted.start is None else wanted.start - shift
    ends = [float(w.time[-1]) - origin for (_, w), origin in zip(shown, origins, strict=True)]
    stop = max(ends) if wanted.stop is None else wanted.stop - shift
    return start, max(stop, start + 1e-12)


def _signal(result: ScenarioResult, waveforms: Waveforms) -> str:
    wanted = result.loaded.scenario.figure.signal
    return wanted if wanted in waveforms.signals and wanted else current_name(waveforms)


def _wavelength(record: RunRecord) -> float | None:
    own = getattr(record.run.protocol, "wavelength", None)
    if isinstance(own, float):
        return own
    driven = record.waveforms.signals if record.waveforms is not None else {}
    for terminal in record.run.device.terminals("optical"):
        if f"e({terminal.name})" in driven and isinstance(terminal.wavelength, float):
            return terminal.wavelength
    return None


def _varied(records: Sequence[RunRecord]) -> list[str]:
    keys = dict.fromkeys(key for record in records for key in record.run.point)
    return [key for key in keys if len({str(r.run.point.get(key)) for r in records}) > 1]


def _colours(records: Sequence[RunRecord]) -> tuple[list[Any], list[Any]]:
    """Give a colour and a line style for each trace.

    The colour follows the swept key with most values, the line style the other keys.
    """
    keys = _varied(records)
    plain: list[Any] = ["-"] * len(records)
    if not keys:
        return list(style.sequential(len(records))), plain
    counts = {key: len({str(r.run.point.get(key)) for r in records}) for key in keys}
    main = max(keys, key=lambda key: counts[key])
    values = list(dict.fromkeys(str(record.run.point.get(main)) for record in records))
    numbers = swept_numbers(main, records)
    others = [tuple(str(r.run.point.get(key)) for key in keys if key != main) for r in records]
    groups = list(dict.fromkeys(others))
    styles = [style.LINE_STYLES[groups.index(other) % len(style.LINE_STYLES)] for other in others]
    if main == "protocol.wavelength" and numbers is not None:
        if len(groups) == 1:
            styles = [
                style.LINE_STYLES[values.index(str(r.run.point[main])) % len(style.LINE_STYLES)]
                for r in records
            ]
        return [style.light_colour(_wavelength(record)) for record in records], styles
    if numbers is not None and len(values) > 2:
        ordered = sorted(set(numbers[0]))
        palette = style.sequential(len(ordered))
        return [palette[ordered.index(number)] for number in numbers[0]], styles
    categories = style.CATEGORIES
    return [
        categories[values.index(str(r.run.point.get(main))) % len(categories)] for r in records
    ], styles


def _legend(
    ax: Axes, records: Sequence[RunRecord], colours: list[Any], styles: list[Any], total: int
) -> None:
    from matplotlib.lines import Line2D

    keys = _varied(records)
    if not keys:
        label = f"{len(records)} of {total} runs" if total > len(records) else f"{total} runs"
        ax.text(0.99, 0.98, label, transform=ax.transAxes, ha="right", va="top", fontsize=6.5)
        return
    labels = [style.plain(_spell(record, keys)) for record in records]
    handles = [
        Line2D([], [], color=colour, linestyle=line, label=label)
        for colour, line, label in zip(colours, styles, labels, strict=True)
    ]
    title = ", ".join(short_key(key).replace("_", " ") for key in keys)
    if total > len(records):
        title += f"\n({len(records)} of {total} runs)"
    legend = ax.figure.legend(
        handles=handles, title=style.plain(title), loc="outside right center", alignment="left"
    )
    legend.set_in_layout(True)


def _spell(record: RunRecord, keys: Sequence[str]) -> str:
    parts = []
    for key in keys:
        found = swept_numbers(key, [record])
        if found is None:
            parts.append(str(record.run.point.get(key)).replace("_", " "))
        else:
            parts.append(f"{found[0][0]:.4g} {pretty_unit(found[1])}".strip())
    return ", ".join(parts)


def _spread(count: int, most: int) -> list[int]:
    """Give at most so many places, evenly spread with both ends."""
    if count <= most:
        return list(range(count))
    return sorted({int(place) for place in np.round(np.linspace(0, count - 1, most))})
