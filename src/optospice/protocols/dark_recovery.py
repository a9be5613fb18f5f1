"""One pulse and a long dark time: the rate at which the last of its effect disappears."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from optospice import units
from optospice.device import Device
from optospice.metrics import levels, postsynaptic_current, recovery
from optospice.protocols.base import Metrics, Options, PulseProtocol, Series
from optospice.stimulus import PulseTrain
from optospice.waveforms import Waveforms

#: Fraction of the error bound that is left of it in a slow tail.
_NEAR = 0.1


class DarkRecoveryDefinitions(Options):
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

    def trains(self) -> tuple[PulseTrain, ...]:
        """Give the one pulse."""
        return (self.pulses(),)

    def series(self, waveforms: Waveforms, device: Device) -> dict[str, Series]:
        """Give the deficit against the time after the pulse."""
        seen = self.response(waveforms, device)
        end = self.signal.end
        time = seen.current.time
        inside = time >= end
        deficit = 1.0 - seen.current.values[inside] / (seen.baseline or np.nan)
        return {"deficit": Series(time[inside] - end, deficit, "time after the pulse", "s", "1")}

    def measure(self, waveforms: Waveforms, device: Device) -> Metrics:
        """Take amplitude and rate."""
        seen = self.response(waveforms, device)
        onset, offset = float(seen.onsets[0]), float(seen.offsets[0])
        chosen = self.definitions
        rate = recovery.recovery_rate(
            seen.current,
            self.signal.end,
            seen.baseline,
            upper=chosen.upper,
            lower=chosen.lower,
        )
        left = chosen.lower * abs(seen.baseline)
        if left < _NEAR * seen.current.resolution:
            note = f"the window ends {left:.2g} A from the dark current, near the solver's error"
            rate = replace(rate, note=rate.note or f"{note}: accuracy 'reference' resolves more")
        return {
            "dark_current": levels.dark_current(seen.current, onset),
            "postsynaptic_current_amplitude": postsynaptic_current.postsynaptic_current_amplitude(
                seen.current, onset, offset, "raw"
            ),
            "recovery_rate": rate,
        }
