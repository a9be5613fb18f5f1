"""Golden files: what a scenario gave before, as text that a person can review in a diff."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import FailFast, Field, ValidationError, model_validator

from optospice.errors import InputError
from optospice.files import write_text, writing
from optospice.library import lies_in, packaged_folder, scenario_folders
from optospice.metrics.value import MetricValue
from optospice.reading import exists, read_text
from optospice.regression.thin import thinned
from optospice.sweep.record import ScenarioResult
from optospice.trace import Trace
from optospice.validation import StrictModel

#: Significant digits of a metric and of a waveform's values.
DIGITS = 7
#: Largest golden that is read or written [bytes]; what a person reviews is far smaller.
LARGEST_GOLDEN = 2_000_000
_SUFFIX = ".golden.json"

Number = Annotated[float, Field(allow_inf_nan=False)]
#: Id of a run; it becomes part of file names.
RunId = Annotated[str, Field(pattern=r"^[0-9]{4,12}$")]
#: Time [s], value, and ``"corner"`` where the slope may jump.
Point = tuple[Number, Number] | tuple[Number, Number, Literal["corner"]]


class GoldenMetric(StrictModel):
    """One metric over the runs.

    Parameters
    ----------
    unit : str
        SI unit.
    values : tuple of float or None
        One per run, in order; None where the run does not hold it.
    """

    unit: str
    values: Annotated[tuple[Number | None, ...], FailFast()]


class GoldenWaveform(StrictModel):
    """One signal of one run.

    Parameters
    ----------
    run : str
        Id of the run.
    signal, unit : str
        Name of the signal and its SI unit.
    segments : tuple of tuple of points
        Time [s] and value, and whether the slope may jump there; a long train keeps its
        beginning and its end.
    """

    run: RunId
    signal: str
    unit: str
    # the first wrong one is told: a list of a million of them fills the memory
    segments: Annotated[
        tuple[Annotated[tuple[Point, ...], Field(min_length=2), FailFast()], ...],
        Field(min_length=1),
        FailFast(),
    ]

    @model_validator(mode="after")
    def _increasing(self) -> GoldenWaveform:
        for segment in self.segments:
            if any(b[0] <= a[0] for a, b in itertools.pairwise(segment)):
                raise ValueError(f"waveform of run {self.run}: times must increase")
        return self

    def traces(self) -> list[Trace]:
        """Give the segments as traces."""
        return [
            Trace(
                np.array([point[0] for point in segment]),
                np.array([point[1] for point in segment]),
                np.array([point[0] for point in segment if len(point) > 2]),
            )
            for segment in self.segments
        ]


class GoldenDevice(StrictModel):
    """What a scenario gave on one device.

    Parameters
    ----------
    runs : mapping of str to mapping
        Swept values of each run, as written, by its id.
    metrics, across : mapping of str to GoldenMetric
        Metrics of the runs, and those taken across them.
    waveforms : tuple of GoldenWaveform
        Of the first and the last run.
    """

    runs: dict[RunId, dict[str, str | float | int]]
    metrics: dict[str, GoldenMetric]
    across: dict[str, GoldenMetric]
    waveforms: Annotated[tuple[GoldenWaveform, ...], FailFast()]

    @model_validator(mode="after")
    def _one_value_per_run(self) -> GoldenDevice:
        for name, metric in self.metrics.items():
            if len(metric.values) != len(self.runs):
                raise ValueError(f"metric {name!r}: {len(metric.values)} values of "
                                 f"{len(self.runs)} runs")  # fmt: skip
        for name, metric in self.across.items():
            if len(metric.values) != 1:
                raise ValueError(f"metric {name!r}, across the runs: one value is accepted")
        return self


class Golden(StrictModel):
    """One golden file.

    Parameters
    ----------
    format : int
        Version of this format.
    scenario : str
        Name of the scenario.
    ngspice : str
        Version that gave it; for the reader, it is not compared.
    devices : mapping of str to GoldenDevice
        By name of the device that the scenario was run on.
    """

    format: Literal[1] = 1
    scenario: str
    ngspice: str
    devices: dict[str, GoldenDevice]


def golden_file(scenario_file: Path) -> Path:
    """Give the file beside a scenario that holds its golden."""
    return scenario_file.with_suffix(_SUFFIX)


def read_golden(file: Path) -> Golden | None:
    """Read a golden file; None where there is none.

    Raises
    ------
    InputError
        When it cannot be read, is too large, is no golden, or is a link that leads out of the
        scenario folders and that of its scenario.
    """
    if not exists(file):
        return None
    if file.is_symlink() and not lies_in(file, [*scenario_folders(), file.parent]):
        raise InputError(
            f"{file}: a link leads out of the scenario folders; accepted: a file beside its "
            "scenario"
        )
    try:
        return Golden.model_validate_json(read_text(file, LARGEST_GOLDEN))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))[:200]
        reason = " ".join(first["msg"].split())[:200]
        raise InputError(
            f"{file}: {where + ': ' if where else ''}is not a golden ({reason}); accepted: what "
            "`optospice regress --update NAME` writes"
        ) from None


def golden_device(result: ScenarioResult) -> GoldenDevice:
    """Give what a scenario gave on a device as a golden."""
    records = result.records
    kept = [record for record in records if record.waveforms is not None]
    ends = {record.run.id: record for record in (kept[:1] + kept[-1:])}
    names = dict.fromkeys(name for record in records for name in record.metrics)
    waveforms = []
    for run, record in ends.items():
        assert record.waveforms is not None
        signal = signal_of(result, record.waveforms.signals)
        segments = thinned(record.waveforms, signal, record.run.profile.bound / 2)
        if record.run.is_closed_loop:
            del segments[1:]  # each event depends on those before it: small errors add up
        waveforms.append(
            GoldenWaveform(
                run=run,
                signal=signal,
                unit=record.waveforms.units.get(signal, "1"),
                segments=tuple(_points(segment) for segment in segments),
            )
        )
    return GoldenDevice(
        runs={record.run.id: dict(record.run.point) for record in records},
        metrics={name: _metric([r.metrics.get(name) for r in records]) for name in names},
        across={name: _metric([value]) for name, value in result.across.items()},
        waveforms=tuple(waveforms),
    )


def _points(trace: Trace) -> tuple[Point, ...]:
    corners = set(trace.corners.tolist())
    pairs = [
        (rounded(t, 12) or 0.0, rounded(v) or 0.0)
        for t, v in zip(trace.time, trace.values, strict=True)
    ]
    return tuple((*p, "corner") if i in corners else p for i, p in enumerate(pairs))


def signal_of(result: ScenarioResult, signals: Mapping[str, object]) -> str:
    """Name the signal that is kept: that of the figure, else the first current."""
    wanted = result.loaded.scenario.figure.signal
    if wanted in signals:
        return str(wanted)
    return next(name for name in signals if name.startswith("i("))


def rounded(number: float, digits: int = DIGITS) -> float | None:
    """Round to significant digits; None for what is no number."""
    return float(f"{number:.{digits}g}") if math.isfinite(number) else None


def write_golden(file: Path, golden: Golden) -> Path:
    """Write a golden file whole, or leave what stood there.

    Raises
    ------
    InputError
        When it cannot be written, is too large, or belongs to the installed package.
    """
    inside = packaged_folder()
    if inside.name == "_library" and file.resolve().is_relative_to(inside.resolve()):
        raise InputError(
            f"--update: {file}: belongs to the installed package; accepted: a scenario of your "
            "own, e.g. a copy in ./scenarios"
        )
    text = text_of(golden)
    if len(text.encode()) > LARGEST_GOLDEN:
        raise InputError(
            f"--update: {file}: {len(text.encode())} bytes; accepted: up to {LARGEST_GOLDEN}, a "
            "scenario of fewer runs"
        )
    with writing(file.parent):
        return write_text(file, text)


def text_of(golden: Golden) -> str:
    """Write a golden as JSON with one run, one metric and one point per line."""
    return "\n".join(_lines(golden)) + "\n"


def _lines(golden: Golden) -> Iterator[str]:
    yield "{"
    yield f' "format": {golden.format},'
    yield f' "scenario": {json.dumps(golden.scenario)},'
    yield f' "ngspice": {json.dumps(golden.ngspice)},'
    yield ' "devices": {'
    for name, device, end in _ended(golden.devices):
        yield f"  {json.dumps(name)}: {{"
        yield '   "runs": {'
        for run, point, comma in _ended(device.runs):
            yield f'    "{run}": {json.dumps(point, ensure_ascii=False)}{comma}'
        for title, table in (("metrics", device.metrics), ("across", device.across)):
            yield "   },"
            yield f'   "{title}": {{'
            for key, metric, comma in _ended(table):
                text = json.dumps({"unit": metric.unit, "values": metric.values})
                yield f"    {json.dumps(key)}: {text}{comma}"
        yield "   },"
        yield '   "waveforms": ['
        for number, waveform in enumerate(device.waveforms, start=1):
            head = {"run": waveform.run, "signal": waveform.signal, "unit": waveform.unit}
            yield f'    {json.dumps(head)[:-1]}, "segments": ['
            for index, segment in enumerate(waveform.segments, start=1):
                yield "     ["
                for place, point_ in enumerate(segment, start=1):
                    yield f"      {json.dumps(point_)}{',' * (place < len(segment))}"
                yield f"     ]{',' * (index < len(waveform.segments))}"
            yield f"    ]}}{',' * (number < len(device.waveforms))}"
        yield "   ]"
        yield f"  }}{end}"
    yield " }"
    yield "}"


def _ended(table: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    last = len(table) - 1
    for index, (key, value) in enumerate(table.items()):
        yield key, value, "," if index < last else ""


def _metric(values: list[MetricValue | None]) -> GoldenMetric:
    unit = next((value.unit for value in values if value is not None), "1")
    return GoldenMetric(
        unit=unit, values=tuple(None if v is None else rounded(v.value) for v in values)
    )
