"""Cycles of potentiating and depressing pulses, the conductance read after each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator, model_validator

from optospice import units
from optospice.device import Device
from optospice.metrics import plasticity, repeatability, update_branches
from optospice.metrics import potentiation_depression as ltp
from optospice.metrics.value import MetricValue, missing
from optospice.protocols.base import Metrics, Series
from optospice.protocols.limits import checked_pulses
from optospice.protocols.pulsed import PulsedProtocol
from optospice.protocols.timeline.binding import of_response
from optospice.protocols.timeline.channels import DRIVE
from optospice.protocols.timeline.course import Course, check_read_delay
from optospice.stimulus import FloatArray
from optospice.validation import StrictModel
from optospice.waveforms import Waveforms


class PotentiationDepressionDefinitions(StrictModel):
    """How the numbers of potentiation and depression are taken.

    Parameters
    ----------
    cycle : {"last", "first", "mean"}
        Cycle whose branches are judged (nonlinearity, line, asymmetry), or their mean.
    branch : {"pulses", "from_start"}
        Conductances after each pulse of the branch, or with the one before its first pulse.
    first_cycle : int
        First cycle that counts for the repeatability and the spread, from 1.
    """

    cycle: Literal["last", "first", "mean"] = "last"
    branch: Literal["pulses", "from_start"] = "pulses"
    first_cycle: int = Field(default=2, ge=1)
    dynamic_range: Literal["ratio", "relative"] = "ratio"
    nonlinearity: Literal["neurosim", "alpha"] = "neurosim"
    asymmetry: Literal["neurosim", "curves"] = "neurosim"
    end_points: Literal["spread", "from_mean", "consecutive"] = "spread"
    spread: Literal["level", "update"] = "level"
    weight_change: Literal["relative", "ratio"] = "relative"


class PotentiationDepression(PulsedProtocol):
    """Potentiation and depression (MoSe2 paper, Fig. 3b, S2 and S3).

    The read-out bias holds between the pulses and is the voltage at which the conductance
    I/V is read. Light can potentiate instead of a voltage; depression is electrical.

    Parameters
    ----------
    count : int
        Potentiating pulses per cycle [1].
    depression_count : int, optional
        Depressing pulses per cycle [1]; `count` if left out, 0 for potentiation alone.
    depression_voltage : float, optional
        Voltage during a depressing pulse [V]; -`voltage` if left out.
    depression_width : float, optional
        Width of a depressing pulse [s]; `width` if left out.
    interval : float
        From the end of any pulse to the start of the next [s].
    cycles : int
        Number of cycles [1].
    read_delay : float
        From the end of a pulse (start of its falling edge) to its reading [s].
    """

    title: ClassVar[str] = "cycles of potentiating and depressing pulses: conductance updates"
    measures: ClassVar[tuple[str, ...]] = (
        "maximum_conductance",
        "minimum_conductance",
        "dynamic_range",
        "potentiation_nonlinearity",
        "depression_nonlinearity",
        "potentiation_linearity",
        "depression_linearity",
        "update_asymmetry",
        "end_point_repeatability",
        "cycle_to_cycle_spread",
        "synaptic_weight_change",
    )

    name: Literal["potentiation_depression"] = "potentiation_depression"
    readout: units.Voltage = 0.5
    count: int = Field(ge=1, le=100_000)
    depression_count: int | None = Field(default=None, ge=0, le=100_000)
    depression_voltage: units.Voltage | None = None
    depression_width: units.Time | None = None
    interval: units.Time
    cycles: int = Field(default=1, ge=1, le=100_000, validate_default=True)
    read_delay: units.Time = 0.01
    definitions: PotentiationDepressionDefinitions = Field(
        default_factory=PotentiationDepressionDefinitions
    )

    @field_validator("cycles")
    @classmethod
    def _bounded(cls, cycles: int, info: ValidationInfo) -> int:
        """Count the pulses before any is built, as the checks of all protocols do."""
        rising, falling = (info.data.get(key) for key in ("count", "depression_count"))
        both = (rising or 0) + ((rising or 0) if falling is None else falling)
        checked_pulses(both * cycles, "count and cycles: pulses")
        return cycles

    @model_validator(mode="after")
    def _readable(self) -> PotentiationDepression:
        if self.readout == 0:
            raise ValueError("readout = 0 V: a conductance I/V needs a bias; accepted: not 0 V")
        if self.voltage is None and self.depression_voltage is None and self.falling:
            raise ValueError(
                "depression_voltage: is missing; light potentiates, it does not depress"
            )
        return self

    @property
    def falling(self) -> int:
        """Depressing pulses per cycle [1]."""
        return self.count if self.depression_count is None else self.depression_count

    def place(self, course: Course) -> None:
        """Add both branches of every cycle, with a reading after each pulse."""
        falling_width = self.width if self.depression_width is None else self.depression_width
        level = self.depression_voltage
        if level is None:
            level = -(self.voltage or 0.0)
        for _ in range(self.cycles):
            self._branch(course, "potentiation", self.channel, count=self.count)
            if self.falling:  # light potentiates, a voltage on the drive terminal depresses
                channel = self.channel if self.irradiance is None else DRIVE
                self._branch(
                    course, "depression", channel,
                    count=self.falling, level=level, width=falling_width,
                )  # fmt: skip

    def _branch(self, course: Course, name: str, channel: str, **timing: float) -> None:
        train = self.train(course, name, channel, interval=self.interval, **timing)
        check_read_delay(self.read_delay, self.interval, train.fall_time)
        course.read("readings", name, self.read_delay, (), course.begin())
        course.pause("interval", self.interval, course.begin())

    def initial_conductance(self, waveforms: Waveforms, device: Device) -> float:
        """Read the conductance just before the first pulse [S]."""
        return float(self.view("readings", waveforms, device).baseline) / self.readout

    def conductances(self, waveforms: Waveforms, device: Device) -> FloatArray:
        """Read the conductance after each pulse.

        Returns
        -------
        ndarray, shape (cycles, count + depression_count)
            Current over the read-out bias, `read_delay` after the end of each pulse [S].
        """
        current = self.view("readings", waveforms, device).readings
        rows: FloatArray = (current / self.readout).reshape(self.cycles, -1)
        return rows

    def series(self, waveforms: Waveforms, device: Device) -> dict[str, Series]:
        """Give the conductance against the pulse number, 0 before the first pulse."""
        after = self.conductances(waveforms, device).ravel()
        values = np.concatenate([[self.initial_conductance(waveforms, device)], after])
        pulses = np.arange(values.size, dtype=float)
        return {"conductance": Series(pulses, values, "pulse number", "1", "S")}

    def measure(self, waveforms: Waveforms, device: Device) -> Metrics:
        """Take range, shape of the branches, repeatability and the first potentiation."""
        chosen = self.definitions
        rows = self.conductances(waveforms, device)
        initial = self.initial_conductance(waveforms, device)
        rising, falling = self._judged(rows, initial)
        change = plasticity.synaptic_weight_change(
            [initial, rows[0, self.count - 1]], chosen.weight_change
        )
        words = (
            f"{change.definition}; A = I/V, A_1 before the first pulse, A_n after the "
            "potentiation of the first cycle"
        )
        taken = {
            "maximum_conductance": ltp.maximum_conductance(rows),
            "minimum_conductance": ltp.minimum_conductance(rows),
            "dynamic_range": ltp.dynamic_range(rows, chosen.dynamic_range),
            "potentiation_nonlinearity": self._shape(
                update_branches.potentiation_nonlinearity, (rising,), chosen.nonlinearity
            ),
            "depression_nonlinearity": self._shape(
                update_branches.depression_nonlinearity, (falling,), chosen.nonlinearity
            ),
            "potentiation_linearity": self._shape(
                update_branches.potentiation_linearity, (rising,)
            ),
            "depression_linearity": self._shape(update_branches.depression_linearity, (falling,)),
            "update_asymmetry": self._shape(
                ltp.update_asymmetry, (rising, falling), chosen.asymmetry
            ),
            "end_point_repeatability": self._repeatability(rows),
            "cycle_to_cycle_spread": self._spread(rows),
            "synaptic_weight_change": replace(change, definition=words),
        }
        response = self.signal_read(device)
        return {name: of_response(value, response) for name, value in taken.items()}

    def _judged(self, rows: FloatArray, initial: float) -> tuple[FloatArray, FloatArray]:
        """Give the two branches that the definitions ask for."""
        before = np.concatenate([[initial], rows[:-1, -1]])  # each cycle begins where one ended
        whole = np.column_stack([before, rows])
        chosen = self.definitions
        if chosen.cycle == "mean":
            row = whole[min(chosen.first_cycle, self.cycles) - 1 :].mean(axis=0)
        else:
            row = whole[-1 if chosen.cycle == "last" else 0]
        rising, falling = row[: self.count + 1], row[self.count :]
        return (rising, falling) if chosen.branch == "from_start" else (rising[1:], falling[1:])

    def _shape(
        self, take: Callable[..., MetricValue], branches: tuple[FloatArray, ...], *definition: str
    ) -> MetricValue:
        """Take a metric of whole branches, where they are long enough for it."""
        chosen = self.definitions
        words = f"{chosen.cycle} cycle, branch {chosen.branch}"
        sizes = [branch.size for branch in branches]
        if min(sizes) < 3:
            return missing("1", words, "a branch of fewer than three conductances has no shape")
        if "curves" in definition and len(set(sizes)) > 1:
            return missing("1", words, "'curves' compares branches of one length")
        value = take(*branches, *definition)
        return replace(value, definition=f"{value.definition}; {words}")

    def _repeatability(self, rows: FloatArray) -> MetricValue:
        chosen = self.definitions
        lower, upper = rows[:, -1], rows[:, self.count - 1]
        if note := self._too_few():
            return missing("1", repeatability.END_POINT_DEFINITIONS[chosen.end_points], note)
        return repeatability.end_point_repeatability(
            lower, upper, chosen.end_points, first_cycle=chosen.first_cycle
        )

    def _spread(self, rows: FloatArray) -> MetricValue:
        chosen = self.definitions
        counted = rows[chosen.first_cycle - 1 :]
        note = self._too_few() or ("one pulse per cycle" if counted.shape[1] < 2 else "")
        if note:
            return missing("1", repeatability.SPREAD_DEFINITIONS[chosen.spread], note)
        value = repeatability.cycle_to_cycle_spread(counted, chosen.spread)
        return replace(
            value, definition=f"{value.definition}, cycle {chosen.first_cycle} and later"
        )

    def _too_few(self) -> str:
        """Say that too few cycles count, or nothing."""
        counted = max(self.cycles - self.definitions.first_cycle + 1, 0)
        first = self.definitions.first_cycle
        return f"{counted} cycles from cycle {first} on, two are needed" if counted < 2 else ""
