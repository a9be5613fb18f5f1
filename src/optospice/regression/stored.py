"""What a golden holds: swept values, metrics, and a few points of waveforms and curves."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from pydantic import FailFast, Field, model_validator

from optospice.interpolation import FloatArray
from optospice.trace import Trace
from optospice.validation import StrictModel

Number = Annotated[float, Field(allow_inf_nan=False)]
#: Id of a run; it becomes part of file names.
RunId = Annotated[str, Field(pattern=r"^[0-9]{4,12}$")]
#: Place, value, and ``"corner"`` where the slope may jump.
Point = tuple[Number, Number] | tuple[Number, Number, Literal["corner"]]
# the first wrong one is told: a list of a million of them fills the memory
Stretch = Annotated[tuple[Point, ...], Field(min_length=2), FailFast()]


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
        beginning and its end. They stand in another file than the rest.
    """

    run: RunId
    signal: str
    unit: str
    segments: Annotated[tuple[Stretch, ...], FailFast()] = ()

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


class GoldenCurve(StrictModel):
    """What an analysis of one run gave: values against a voltage or a frequency.

    Parameters
    ----------
    run : str
        Id of the run.
    name, unit : str
        What the values are, and their SI unit.
    against, against_unit : str
        What the places are, and their SI unit.
    relative : bool
        Whether each value is held to its own size, as for what spans decades, and not to the
        largest one.
    segments : tuple of tuple of points
        One row of places and values; it stands in another file than the rest.
    """

    run: RunId
    name: str
    unit: str
    against: str
    against_unit: str
    relative: bool = False
    segments: Annotated[tuple[Stretch, ...], Field(max_length=1), FailFast()] = ()

    @property
    def key(self) -> str:
        """Run and name."""
        return f"{self.run} {self.name}"

    def points(self) -> tuple[FloatArray, FloatArray]:
        """Give places and values."""
        (row,) = self.segments
        return np.array([point[0] for point in row]), np.array([point[1] for point in row])


class GoldenDevice(StrictModel):
    """What a scenario gave on one device.

    Parameters
    ----------
    settings : mapping of str to str
        What all runs have in common, for the reader of what moved: parameters of the device and
        keys of the experiment with their units.
    runs : mapping of str to mapping
        Swept values of each run, as written, by its id.
    metrics, across : mapping of str to GoldenMetric
        Metrics of the runs, and those taken across them.
    waveforms : tuple of GoldenWaveform
        Of the first and the last run.
    curves : tuple of GoldenCurve
        What analyses without a time axis gave, of the first and the last run.
    """

    settings: dict[str, str] = Field(default_factory=dict)
    runs: dict[RunId, dict[str, str | float | int]]
    metrics: dict[str, GoldenMetric]
    across: dict[str, GoldenMetric]
    waveforms: Annotated[tuple[GoldenWaveform, ...], FailFast()]
    curves: Annotated[tuple[GoldenCurve, ...], FailFast()] = ()

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
    """One golden.

    Parameters
    ----------
    format : {1, 2}
        Version of the file: in the first one the points stood among the metrics.
    scenario : str
        Name of the scenario.
    ngspice : str
        Version that gave it; for the reader, it is not compared.
    points : str
        Digest of the points, which stand in a file of their own; empty where there are none.
    devices : mapping of str to GoldenDevice
        By name of the device that the scenario was run on.
    """

    format: Literal[1, 2] = 2
    scenario: str
    ngspice: str
    points: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    devices: dict[str, GoldenDevice]

    @model_validator(mode="after")
    def _has_its_points(self) -> Golden:
        if self.format == 1 and not all(one.segments for one in self.drawn()):
            raise ValueError("a waveform or curve without points")
        return self

    def drawn(self) -> Iterator[GoldenWaveform | GoldenCurve]:
        """Give everything that has points, in order: of each device waveforms, then curves."""
        for device in self.devices.values():
            yield from device.waveforms
            yield from device.curves
