"""One pulse and a long dark time: the rate at which the last of its effect disappears."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from optospice import units
from optospice.device import Device
from optospice.protocols.base import Series
from optospice.protocols.pulsed import PulseProtocol
from optospice.protocols.timeline.binding import Bound
from optospice.protocols.timeline.course import Course
from optospice.protocols.timeline.experiment import by_name
from optospice.validation import StrictModel
from optospice.waveforms import Waveforms


class DarkRecoveryDefinitions(StrictModel):
    """Window of the recovery rate.

    Parameters
    ----------
    upper, lower : float
        Deficit |1 - I/I_dark| at which the window begins and ends [1].
    """

    upper: units.Ratio = 0.01
    lower: units.Ratio = 0.001

    @model_validator(mode="after")
    def _falling(self) -> DarkRecoveryDefinitions:
        if not 0 < self.lower < self.upper:
            raise ValueError(
                f"upper = {self.upper:g} and lower = {self.lower:g}: the deficit must fall from "
                "upper to lower, both above 0"
            )
        return self


class DarkRecovery(PulseProtocol):
    """Recovery in the dark; over `temperature` it gives an activation energy.

    The deficit is small: use accuracy "reference", and a `tail` that is long enough at the
    lowest temperature.
    """

    title: ClassVar[str] = "one pulse and a long tail: rate of the recovery in the dark"
    measures: ClassVar[tuple[str, ...]] = (
        "dark_current",
        "postsynaptic_current_amplitude",
        "recovery_rate",
    )

    name: Literal["dark_recovery"] = "dark_recovery"
    tail: units.Time = 1000.0
    definitions: DarkRecoveryDefinitions = Field(default_factory=DarkRecoveryDefinitions)

    def place(self, course: Course) -> None:
        """Add the pulse and the time after it."""
        self.train(course, "pulse")
        self.rest(course)

    def bound(self) -> dict[str, Bound]:
        """Amplitude of the pulse, rate in the tail."""
        window = {"upper": self.definitions.upper, "lower": self.definitions.lower}
        return by_name(
            Bound("dark_current", "pulse"),
            Bound("postsynaptic_current_amplitude", "pulse", "raw"),
            Bound("recovery_rate", "tail", options=window),
        )

    def series(self, waveforms: Waveforms, device: Device) -> dict[str, Series]:
        """Give the deficit against the time after the pulse."""
        seen = self.view("tail", waveforms, device)
        end, time = seen.window.settled, seen.trace.time
        inside = time >= end
        deficit = 1.0 - seen.trace.values[inside] / (seen.baseline or np.nan)
        return {"deficit": Series(time[inside] - end, deficit, "time after the pulse", "s", "1")}
