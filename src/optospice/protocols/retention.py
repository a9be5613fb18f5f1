"""Retention: what is left of a change at given times after the pulses."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from optospice import units
from optospice.device import Device
from optospice.metrics import decay, levels
from optospice.metrics.value import MetricValue
from optospice.protocols.base import MOST_PULSES, Metrics, Options, PulsedProtocol, Series
from optospice.protocols.reading import read_current, repeat_resolution, resolved_fraction
from optospice.stimulus import FloatArray, PulseTrain, StimulusError
from optospice.waveforms import Waveforms


class RetentionDefinitions(Options):
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

    def trains(self) -> tuple[PulseTrain, ...]:
        """Give the pulses."""
        train = self.pulses(count=self.count, period=self.period, interval=self.interval)
        earliest = train.fall_time if self.read_delay is None else self.read_delay
        if not train.fall_time <= earliest < min(self.read_times()):
            raise StimulusError(
                f"read_delay = {earliest:g} s: must lie between the end of the falling edge, "
                f"{train.fall_time:g} s, and the first reading at {min(self.read_times()):g} s"
            )
        return (train,)

    @property
    def duration(self) -> float:
        """The last reading ends the record [s]."""
        return float(self.signal.offsets[-1] + self.read_times()[-1])

    def _levels(self, waveforms: Waveforms, device: Device) -> tuple[float, float, FloatArray]:
        """Give the current before the pulses, after them, and at every time of reading [A]."""
        end = float(self.signal.offsets[-1])
        fall = self.signal.end - end if self.read_delay is None else self.read_delay
        times = np.concatenate([[self.delay, end + fall], end + self.read_times()])
        current = read_current(waveforms, device, times, self.signal)
        return float(current[0]), float(current[1]), current[2:]

    def series(self, waveforms: Waveforms, device: Device) -> dict[str, Series]:
        """Give level and retained fraction against the time after the last pulse."""
        before, after, later = self._levels(waveforms, device)
        change = after - before
        fraction = (later - before) / (change if change else np.nan)
        name = "time after the last pulse"
        return {
            "level": Series(self.read_times(), later, name, "s", "A"),
            "retained fraction": Series(self.read_times(), fraction, name, "s", "1"),
        }

    def measure(self, waveforms: Waveforms, device: Device) -> Metrics:
        """Take what is left at the read time, and the decay up to the last reading."""
        chosen = self.definitions
        before, after, _ = self._levels(waveforms, device)
        end = float(self.signal.offsets[-1])
        current = waveforms.trace(f"i({device.drive_terminal.name})")
        later = float(read_current(waveforms, device, end + self.read_time, self.signal))
        error = repeat_resolution(waveforms, np.array([before, after]))
        fraction = resolved_fraction(before, after, later, error)
        return {
            "dark_current": MetricValue(before, "A", "current at the onset of the first pulse"),
            "level_after_pause": MetricValue(
                later, "A", f"current {self.read_time:g} s after the end of the last pulse"
            ),
            "retained_fraction": replace(
                fraction, definition=f"{fraction.definition}; pause {self.read_time:g} s"
            ),
            "residual_change": levels.residual_change(current, end, self.read_time, before),
            "decay_time_constant": decay.decay_time_constant(
                current,
                self.signal.end,
                chosen.decay,
                baseline=before if chosen.baseline == "before" else None,
                start=chosen.decay_start,
            ),
        }
