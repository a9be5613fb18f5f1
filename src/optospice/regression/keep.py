"""What of a result goes into a golden."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from optospice.metrics.value import MetricValue
from optospice.protocols.base import Series
from optospice.regression.settings import settings_of
from optospice.regression.stored import (
    GoldenCurve,
    GoldenDevice,
    GoldenMetric,
    GoldenWaveform,
    Point,
)
from optospice.regression.thin import thinned
from optospice.sweep.record import RunRecord, ScenarioResult
from optospice.trace import Trace

#: Significant digits of a metric and of a waveform's values.
DIGITS = 7
#: Significant digits of a place [1].
_PLACE_DIGITS = 12
#: Largest number of points that are kept of a curve [1].
MOST_PLACES = 60


def golden_device(result: ScenarioResult) -> GoldenDevice:
    """Give what a scenario gave on a device as a golden."""
    records = result.records
    names = dict.fromkeys(name for record in records for name in record.metrics)
    kept = [record for record in records if record.result is not None]
    ends = list({record.run.id: record for record in (kept[:1] + kept[-1:])}.values())
    return GoldenDevice(
        settings=settings_of([record.run for record in records]),
        runs={record.run.id: dict(record.run.point) for record in records},
        metrics={name: _metric([r.metrics.get(name) for r in records]) for name in names},
        across={name: _metric([value]) for name, value in result.across.items()},
        waveforms=tuple(_waveform(result, r) for r in ends if r.waveforms is not None),
        curves=tuple(
            _curve(record.run.id, name, one)
            for record in ends
            for name, one in curves_of(record).items()
            if one.x.size > 1 and np.isfinite(one.y).all()
        ),
    )


def curves_of(record: RunRecord) -> Mapping[str, Series]:
    """Give what an analysis of a run gave, by name; nothing where it was another experiment."""
    if record.analysed is None:
        return {}
    return record.run.protocol.series(record.analysed, record.run.device)


def signal_of(result: ScenarioResult, signals: Mapping[str, object]) -> str:
    """Name the signal that is kept: that of the figure, else the first current."""
    wanted = result.loaded.scenario.figure.signal
    if wanted in signals:
        return str(wanted)
    return next(name for name in signals if name.startswith("i("))


def rounded(number: float, digits: int = DIGITS) -> float | None:
    """Round to significant digits; None for what is no number."""
    return float(f"{number:.{digits}g}") if math.isfinite(number) else None


def _waveform(result: ScenarioResult, record: RunRecord) -> GoldenWaveform:
    assert record.waveforms is not None
    signal = signal_of(result, record.waveforms.signals)
    segments = thinned(record.waveforms, signal, record.run.profile.bound / 2)
    if record.run.is_closed_loop:
        del segments[1:]  # each event depends on those before it: small errors add up
    return GoldenWaveform(
        run=record.run.id,
        signal=signal,
        unit=record.waveforms.units.get(signal, "1"),
        segments=tuple(_points(segment) for segment in segments),
    )


def _points(trace: Trace) -> tuple[Point, ...]:
    corners = set(trace.corners.tolist())
    pairs = [
        (rounded(t, _PLACE_DIGITS) or 0.0, rounded(v) or 0.0)
        for t, v in zip(trace.time, trace.values, strict=True)
    ]
    return tuple((*p, "corner") if i in corners else p for i, p in enumerate(pairs))


def _curve(run: str, name: str, series: Series) -> GoldenCurve:
    """Keep some of the points; those that an analysis gives are the same each time."""
    most = min(series.x.size, MOST_PLACES)
    chosen = np.unique(np.linspace(0, series.x.size - 1, most).round().astype(int))
    row = tuple(
        (rounded(float(series.x[i]), _PLACE_DIGITS) or 0.0, rounded(float(series.y[i])) or 0.0)
        for i in chosen
    )
    return GoldenCurve(
        run=run, name=name, unit=series.y_unit, against=series.x_name,
        against_unit=series.x_unit, relative=series.y_log, segments=(row,),
    )  # fmt: skip


def _metric(values: list[MetricValue | None]) -> GoldenMetric:
    unit = next((value.unit for value in values if value is not None), "1")
    return GoldenMetric(
        unit=unit, values=tuple(None if v is None else rounded(v.value) for v in values)
    )
