"""Learning, forgetting, relearning: trains of pulses with pauses between them."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator, model_validator

from optospice import units
from optospice.device import Device
from optospice.metrics import learning, levels, selections, steps
from optospice.metrics.retention import retained_fraction
from optospice.metrics.value import MetricValue, missing
from optospice.protocols.base import Metrics, Series
from optospice.protocols.limits import checked_pulses
from optospice.protocols.pulsed import PulsedProtocol
from optospice.protocols.timeline.binding import Bound, of_response, signal_unit
from optospice.protocols.timeline.course import Course, check_read_delay
from optospice.protocols.timeline.experiment import DRIVE_CURRENT
from optospice.protocols.timeline.view import repeat_resolution
from optospice.stimulus import FloatArray
from optospice.validation import StrictModel
from optospice.waveforms import Waveforms

GAINS = {
    "cycle": "level after the last pulse of the cycle - level before its first pulse",
    "net": "level after the pause of the cycle - level before its first pulse",
    "total": "level after the last pulse of the cycle - level before the first of all pulses",
    "kept": "level after the pause of the cycle - level before the first of all pulses",
}
REFERENCES = {
    "initial": "against the level before the first of all pulses",
    "cycle": "against the level before the first pulse of that cycle",
}


class LearningForgettingDefinitions(StrictModel):
    """How the numbers of learning and forgetting are taken.

    Parameters
    ----------
    gain : {"cycle", "net", "total", "kept"}
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

    gain: Literal["cycle", "net", "total", "kept"] = "cycle"
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

    def place(self, course: Course) -> None:
        """Add the train, the readings and the pause of every cycle."""
        least = min(self.interval, self.pause) if self.count > 1 else self.pause
        for _ in range(self.cycles):
            train = self.train(course, "pulses", count=self.count, interval=self.interval)
            check_read_delay(self.read_delay, least, train.fall_time)
            course.read("learned", "pulses", self.read_delay, (), course.begin())
            course.pause("pause", self.pause, course.begin())

    def bound(self) -> dict[str, Bound]:
        """The forgetting curve of a pause; its window counts from the end of the falling edge."""
        chosen = self.definitions
        number = 1 if chosen.forgetting_cycle == "first" else self.cycles
        pause = self.course.window(f"pause[{number}]")
        until = self.pause if chosen.forgetting_end is None else chosen.forgetting_end
        window = {
            "baseline": None,
            "start": chosen.forgetting_start,
            "end": pause.start + until - pause.settled,
        }
        fit = Bound("decay_time_constant", f"pause[{number}]", chosen.forgetting, options=window)
        return {"decay_time_constant": fit}

    def levels(self, waveforms: Waveforms, device: Device) -> tuple[FloatArray, FloatArray]:
        """Read the current before and after the pulses.

        Returns
        -------
        before : ndarray, shape (cycles + 1,)
            Before the first pulse of each cycle, and after the last pause [A].
        after : ndarray, shape (cycles, count)
            After each pulse [A].
        """
        seen = self.view("learned", waveforms, device)
        starts = np.append(self.signal.onsets[:: self.count], waveforms.time[-1])
        return seen.read_at(starts), seen.readings.reshape(self.cycles, self.count)

    def series(self, waveforms: Waveforms, device: Device) -> dict[str, Series]:
        """Give the level against the pulse number, and the forgetting curve of each cycle."""
        before, after = self.levels(waveforms, device)
        rows, unit = np.column_stack([before[:-1], after]), self._unit
        pulses = np.arange(self.count + 1, dtype=float)
        found = {
            f"level, cycle {cycle}": Series(pulses, row, "pulse number", "1", unit)
            for cycle, row in enumerate(rows, start=1)
        }
        for cycle in range(1, self.cycles + 1):
            seen = self.view(f"pause[{cycle}]", waveforms, device)
            time, end, last = seen.trace.time, seen.window.settled, seen.window.end
            inside = (time >= end) & (time <= last)
            found[f"forgetting, cycle {cycle}"] = Series(
                time[inside] - end,
                seen.trace.values[inside],
                "time after the last pulse",
                "s",
                unit,
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
            "kept": before[1:] - before[0],
        }[chosen.gain]
        error = repeat_resolution(waveforms.error_bound, after.ravel())
        kept = self._retained(before, learned, error)
        fractions = np.array([value.value for value in kept])
        about = kept[0].definition
        relearning = self._relearning(before, after)
        taken = {
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
            "level_after_pause": levels.level_after_pause(
                self.view("learned", waveforms, device).trace, float(waveforms.time[-1])
            ),
        }
        response = self.signal_read(device)
        found = {name: of_response(value, response) for name, value in taken.items()}
        found |= super().measure(waveforms, device)
        return {name: found[name] for name in self.measures}

    @property
    def _unit(self) -> str:
        """SI unit of a level."""
        return signal_unit(self.response or DRIVE_CURRENT)

    def _retained(self, before: FloatArray, learned: FloatArray, error: float) -> list[MetricValue]:
        """Give the retained fraction after each pause."""
        words = REFERENCES[self.definitions.retained]
        found = []
        for cycle, (level, later) in enumerate(zip(learned, before[1:], strict=True)):
            initial = before[0 if self.definitions.retained == "initial" else cycle]
            value = retained_fraction(float(initial), float(level), float(later), resolution=error)
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
