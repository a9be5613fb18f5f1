"""Learning, forgetting, relearning: trains of pulses with pauses between them."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator, model_validator

from optospice import units
from optospice.device import Device
from optospice.metrics import decay, learning, levels, selections, steps
from optospice.metrics.value import MetricValue, missing
from optospice.protocols.base import Metrics, Options, PulsedProtocol, Series, checked_pulses
from optospice.protocols.reading import (
    checked_read_delay,
    read_current,
    repeat_resolution,
    resolved_fraction,
)
from optospice.stimulus import FloatArray, PulseTrain
from optospice.waveforms import Waveforms

GAINS = {
    "cycle": "level after the last pulse of the cycle - level before its first pulse",
    "net": "level after the pause of the cycle - level before its first pulse",
    "total": "level after the last pulse of the cycle - level before the first of all pulses",
}
REFERENCES = {
    "initial": "against the level before the first of all pulses",
    "cycle": "against the level before the first pulse of that cycle",
}


class LearningForgettingDefinitions(Options):
    """How the numbers of learning and forgetting are taken.

    Parameters
    ----------
    gain : {"cycle", "net", "total"}
        From where to where the current of a cycle rises.
    retained : {"initial", "cycle"}
        Level against which a retained fraction counts.
    pulses : {"interpolated", "whole"}
        Relearning pulses with or without interpolation between pulses.
    forgetting : str
        Law of the forgetting curve and which of its time constants.
    forgetting_cycle : {"first", "last"}
        Pause over which it is fitted.
    forgetting_start, forgetting_end : float, optional
        Window after the last pulse [s]; the whole pause by default.
    """

    gain: Literal["cycle", "net", "total"] = "cycle"
    retained: Literal["initial", "cycle"] = "initial"
    pulses: Literal["interpolated", "whole"] = "interpolated"
    forgetting: Literal[
        "exponential",
        "stretched_exponential",
        "double_exponential_fast",
        "double_exponential_slow",
    ] = "exponential"
    forgetting_cycle: Literal["first", "last"] = "first"
    forgetting_start: units.Time = Field(default=0.0, ge=0)
    forgetting_end: units.Time | None = None


class LearningForgetting(PulsedProtocol):
    """Learning and forgetting (MoSe2 paper, Fig. 4).

    Levels are currents at the read-out bias, which holds between the pulses.

    Parameters
    ----------
    count : int
        Pulses per cycle [1].
    interval : float
        From the end of a pulse to the start of the next [s].
    cycles : int
        Number of cycles [1].
    pause : float
        From the end of the last pulse of a cycle to the next cycle, or the end [s].
    read_delay : float
        From the end of a pulse (start of its falling edge) to its reading [s].
    """

    title: ClassVar[str] = "trains with pauses: gain per cycle, forgetting, relearning"
    measures: ClassVar[tuple[str, ...]] = (
        "first_gain",
        "last_gain",
        "rising_steps",
        "retained_fraction",
        "smallest_retained_fraction",
        "largest_retained_fraction",
        "pulses_to_level",
        "savings",
        "decay_time_constant",
        "level_after_pause",
    )
    positive: ClassVar[tuple[str, ...]] = ("delay", "pause")

    name: Literal["learning_forgetting"] = "learning_forgetting"
    readout: units.Voltage = 0.5
    count: int = Field(ge=1, le=100_000)
    interval: units.Time
    cycles: int = Field(default=1, ge=1, le=10_000)
    pause: units.Time
    read_delay: units.Time = 0.01
    definitions: LearningForgettingDefinitions = Field(
        default_factory=LearningForgettingDefinitions
    )

    @field_validator("cycles")
    @classmethod
    def _bounded(cls, cycles: int, info: ValidationInfo) -> int:
        """Count the pulses before any is built, as the checks of all protocols do."""
        checked_pulses(info.data.get("count", 0) * cycles, "count and cycles: pulses")
        return cycles

    @model_validator(mode="after")
    def _inside_the_pause(self) -> LearningForgetting:
        start, end = self.definitions.forgetting_start, self.definitions.forgetting_end
        last = self.pause if end is None else end
        if not start < last <= self.pause:
            raise ValueError(
                f"definitions.forgetting_start = {start:g} s and forgetting_end = {last:g} s: "
                f"must lie within the pause, 0 s to {self.pause:g} s, the start before the end"
            )
        return self

    def trains(self) -> tuple[PulseTrain, ...]:
        """Give one train per cycle."""
        learning_time = self.count * self.width + (self.count - 1) * self.interval
        period = learning_time + self.pause
        found = tuple(
            self.pulses(count=self.count, interval=self.interval, delay=self.delay + cycle * period)
            for cycle in range(self.cycles)
        )
        least = min(self.interval, self.pause) if self.count > 1 else self.pause
        checked_read_delay(self.read_delay, least, found[0].fall_time)
        return found

    @property
    def duration(self) -> float:
        """The last pause ends the record [s]."""
        return float(self.signal.offsets[-1]) + self.pause

    def levels(self, waveforms: Waveforms, device: Device) -> tuple[FloatArray, FloatArray]:
        """Read the current before and after the pulses.

        Returns
        -------
        before : ndarray, shape (cycles + 1,)
            Before the first pulse of each cycle, and after the last pause [A].
        after : ndarray, shape (cycles, count)
            After each pulse [A].
        """
        starts = self.signal.onsets[:: self.count]
        before = read_current(waveforms, device, np.append(starts, waveforms.time[-1]), self.signal)
        after = read_current(waveforms, device, self.signal.offsets + self.read_delay, self.signal)
        return before, after.reshape(self.cycles, self.count)

    def series(self, waveforms: Waveforms, device: Device) -> dict[str, Series]:
        """Give the level against the pulse number, and the forgetting curve of each cycle."""
        before, after = self.levels(waveforms, device)
        rows = np.column_stack([before[:-1], after])
        pulses = np.arange(self.count + 1, dtype=float)
        found = {
            f"level, cycle {cycle}": Series(pulses, row, "pulse number", "1", "A")
            for cycle, row in enumerate(rows, start=1)
        }
        current = waveforms[f"i({device.drive_terminal.name})"]
        for cycle, train in enumerate(self.trains(), start=1):
            end, last = train.end, float(train.offsets[-1]) + self.pause
            inside = (waveforms.time >= end) & (waveforms.time <= last)
            found[f"forgetting, cycle {cycle}"] = Series(
                waveforms.time[inside] - end,
                current[inside],
                "time after the last pulse",
                "s",
                "A",
            )
        return found

    def measure(self, waveforms: Waveforms, device: Device) -> Metrics:
        """Take gains, retained fractions, relearning and forgetting."""
        chosen = self.definitions
        before, after = self.levels(waveforms, device)
        learned = after[:, -1]
        gains = {
            "cycle": learned - before[:-1],
            "net": np.diff(before),
            "total": learned - before[0],
        }[chosen.gain]
        error = repeat_resolution(waveforms, after)
        kept = self._retained(before, learned, error)
        fractions = np.array([value.value for value in kept])
        about = kept[0].definition
        relearning = self._relearning(before, after)
        return {
            "first_gain": selections.first_gain(gains, GAINS[chosen.gain]),
            "last_gain": selections.last_gain(gains, GAINS[chosen.gain]),
            "rising_steps": steps.rising_steps(
                gains,
                f"gain per cycle: {GAINS[chosen.gain]}",
                resolution=error,
            ),
            "retained_fraction": replace(kept[0], definition=f"{about}; first pause"),
            "smallest_retained_fraction": replace(
                selections.smallest_retained_fraction(fractions, about), note=kept[0].note
            ),
            "largest_retained_fraction": replace(
                selections.largest_retained_fraction(fractions, about), note=kept[0].note
            ),
            "pulses_to_level": relearning,
            "savings": replace(
                learning.savings(float(self.count), relearning.value), note=relearning.note
            ),
            "decay_time_constant": self._forgetting(waveforms, device),
            "level_after_pause": levels.level_after_pause(
                waveforms.trace(f"i({device.drive_terminal.name})"),
                float(waveforms.time[-1]),
            ),
        }

    def _retained(self, before: FloatArray, learned: FloatArray, error: float) -> list[MetricValue]:
        """Give the retained fraction after each pause."""
        words = REFERENCES[self.definitions.retained]
        found = []
        for cycle, (level, later) in enumerate(zip(learned, before[1:], strict=True)):
            initial = before[0 if self.definitions.retained == "initial" else cycle]
            value = resolved_fraction(float(initial), float(level), float(later), error)
            found.append(replace(value, definition=f"{value.definition}, {words}"))
        return found

    def _relearning(self, before: FloatArray, after: FloatArray) -> MetricValue:
        """Count the pulses of cycle 2 up to the level that cycle 1 ended at."""
        words = "pulses of cycle 2 until the level at the end of cycle 1"
        text = f"{learning.PULSE_DEFINITIONS[self.definitions.pulses]}; {words}"
        if self.cycles < 2:
            return missing("1", text, "relearning needs two cycles")
        target = float(after[0, -1])
        if not target > before[0]:
            return missing("1", text, "the level did not rise in cycle 1")
        value = learning.pulses_to_level(
            after[1], target, self.definitions.pulses, initial=float(before[1])
        )
        return replace(value, definition=text)

    def _forgetting(self, waveforms: Waveforms, device: Device) -> MetricValue:
        """Fit the current of a pause."""
        chosen = self.definitions
        trains = self.trains()
        train = trains[0 if chosen.forgetting_cycle == "first" else -1]
        until = self.pause if chosen.forgetting_end is None else chosen.forgetting_end
        # the window counts from the end of the falling edge and stays within the pause
        return decay.decay_time_constant(
            waveforms.trace(f"i({device.drive_terminal.name})"),
            train.end,
            chosen.forgetting,
            start=chosen.forgetting_start,
            end=float(train.offsets[-1]) + until - train.end,
        )
