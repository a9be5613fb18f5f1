"""Retention: what is left of a change at given times after the pulses."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from optospice import units
from optospice.device import Device
from optospice.protocols.base import Series
from optospice.protocols.limits import MOST_PULSES
from optospice.protocols.pulsed import PulsedProtocol
from optospice.protocols.timeline.binding import Bound, signal_unit
from optospice.protocols.timeline.course import Course, spacing
from optospice.protocols.timeline.experiment import DRIVE_CURRENT, by_name
from optospice.stimulus import FloatArray, StimulusError
from optospice.validation import StrictModel
from optospice.waveforms import Waveforms


class RetentionDefinitions(StrictModel):
    """How the decay after the pulses is fitted.

    Parameters
    ----------
    decay : str
        Law of the decay and which of its time constants.
    baseline : {"before", "fitted"}
        Final current of the fit: that before the pulses, or a free one.
    decay_start : float
        Start of the fit's window after the last pulse [s].
    """

    decay: Literal[
        "exponential",
        "stretched_exponential",
        "double_exponential_fast",
        "double_exponential_slow",
    ] = "exponential"
    baseline: Literal["before", "fitted"] = "before"
    decay_start: units.Time = Field(default=0.0, ge=0)


class Retention(PulsedProtocol):
    """One pulse or a train, then readings at the read-out bias (PbS paper, Fig. 2c to 2f).

    Parameters
    ----------
    read_time : float
        Time of the metrics' reading after the end of the last pulse [s]; sweep it to hold
        targets against several.
    times : list of float
        Further times of readings for the series, rising [s].
    count : int
        Number of pulses [1].
    period, interval : float, optional
        From start to start, or from end to start; one of the two for more than one pulse [s].
    read_delay : float, optional
        When nothing is forgotten yet, after the end of the last pulse (start of its falling
        edge) [s]; the end of that edge if left out.
    """

    title: ClassVar[str] = "what is left of a change at given times after the pulses"
    measures: ClassVar[tuple[str, ...]] = (
        "dark_current",
        "level_after_pause",
        "retained_fraction",
        "residual_change",
        "decay_time_constant",
    )
    positive: ClassVar[tuple[str, ...]] = ("delay", "read_time")

    name: Literal["retention"] = "retention"
    read_time: units.Time
    times: list[units.Time] = []
    count: int = Field(default=1, ge=1, le=MOST_PULSES)
    period: units.Time | None = None
    interval: units.Time | None = None
    read_delay: units.Time | None = None
    definitions: RetentionDefinitions = Field(default_factory=RetentionDefinitions)

    @model_validator(mode="after")
    def _window(self) -> Retention:
        if not self.definitions.decay_start < max(self.read_times()):
            raise ValueError(
                f"definitions.decay_start = {self.definitions.decay_start:g} s: must be before the "
                f"last reading at {max(self.read_times()):g} s"
            )
        return self

    def read_times(self) -> FloatArray:
        """Give every time of reading after the last pulse [s], rising."""
        return np.unique([self.read_time, *self.times])

    def place(self, course: Course) -> None:
        """Add the pulses, the pause after them and every reading."""
        timing = spacing(self.count, period=self.period, interval=self.interval)
        train = self.train(course, "pulses", count=self.count, **timing)
        earliest = train.fall_time if self.read_delay is None else self.read_delay
        if not train.fall_time <= earliest < min(self.read_times()):
            raise StimulusError(
                f"read_delay = {earliest:g} s: must lie between the end of the falling edge, "
                f"{train.fall_time:g} s, and the first reading at {min(self.read_times()):g} s"
            )
        course.pause("pause", float(max(self.read_times())), course.begin())
        for name, times in (
            ("reading", [self.read_time]),
            ("kept", [earliest, self.read_time]),
            ("series", self.read_times().tolist()),
        ):
            course.read(name, "pulses", None, times, course.begin())

    def bound(self) -> dict[str, Bound]:
        """What is left at the read time, and the decay up to the last reading."""
        chosen = self.definitions
        fit: dict[str, object] = {"start": chosen.decay_start}
        if chosen.baseline == "fitted":
            fit["baseline"] = None
        return by_name(
            Bound("dark_current", "pulses"),
            Bound("level_after_pause", "reading"),
            Bound("retained_fraction", "kept"),
            Bound("residual_change", "reading"),
            Bound("decay_time_constant", "pause", chosen.decay, options=fit),
        )

    def series(self, waveforms: Waveforms, device: Device) -> dict[str, Series]:
        """Give level and retained fraction against the time after the last pulse."""
        seen = self.view("series", waveforms, device)
        learned = float(self.view("kept", waveforms, device).readings[0])
        change = learned - seen.baseline
        fraction = (seen.readings - seen.baseline) / (change if change else np.nan)
        name, unit = "time after the last pulse", signal_unit(self.response or DRIVE_CURRENT)
        return {
            "level": Series(self.read_times(), seen.readings, name, "s", unit),
            "retained fraction": Series(self.read_times(), fraction, name, "s", "1"),
        }
