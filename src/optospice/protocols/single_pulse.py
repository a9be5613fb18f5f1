"""One pulse: amplitude, what is left at its end, undershoot, recovery and energy."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from optospice import units
from optospice.device import Device
from optospice.metrics import energy, levels, postsynaptic_current
from optospice.protocols.base import Amplitude, Metrics, Options, PulseProtocol
from optospice.stimulus import PulseTrain
from optospice.waveforms import Waveforms


class SinglePulseDefinitions(Options):
    """How the numbers of a single pulse are taken.

    Parameters
    ----------
    amplitude : {"raw", "baseline", "step"}
        Postsynaptic current amplitude.
    energy : {"product", "integral", "net"}
        Energy of the event.
    recovery_start, recovery_end : float, optional
        Window of the recovery fit after the pulse [s]; the whole tail by default.
    """

    amplitude: Amplitude = "raw"
    energy: Literal["product", "integral", "net"] = "product"
    recovery_start: units.Time = 0.0
    recovery_end: units.Time | None = None


class SinglePulse(PulseProtocol):
    """One pulse on a device at its read-out bias (e.g. PbS paper, Fig. 2a, 2b, 5d)."""

    title: ClassVar[str] = "one pulse: amplitude, undershoot, recovery, energy"
    measures: ClassVar[tuple[str, ...]] = (
        "dark_current",
        "postsynaptic_current_amplitude",
        "current_at_pulse_end",
        "undershoot",
        "recovery_time_constant",
        "energy_per_event",
    )

    name: Literal["single_pulse"] = "single_pulse"
    definitions: SinglePulseDefinitions = Field(default_factory=SinglePulseDefinitions)

    def trains(self) -> tuple[PulseTrain, ...]:
        """Give the one pulse."""
        return (self.pulses(),)

    def measure(self, waveforms: Waveforms, device: Device) -> Metrics:
        """Take amplitude, levels, recovery and energy."""
        seen = self.response(waveforms, device)
        current = seen.current
        onset, offset = float(seen.onsets[0]), float(seen.offsets[0])
        end = float(self.signal.end)  # the falling edge is over, the recovery begins
        chosen = self.definitions
        return {
            "dark_current": levels.dark_current(current, onset),
            "postsynaptic_current_amplitude": postsynaptic_current.postsynaptic_current_amplitude(
                current, onset, offset, chosen.amplitude, baseline=seen.baseline
            ),
            "current_at_pulse_end": levels.current_at_pulse_end(current, offset),
            "undershoot": postsynaptic_current.undershoot(
                current, end, float(current.time[-1]), seen.baseline
            ),
            "recovery_time_constant": seen.recovery(
                end, chosen.recovery_start, chosen.recovery_end
            ),
            "energy_per_event": energy.energy_per_event(
                seen.voltage,
                current,
                onset,
                offset,
                chosen.energy,
                baseline=seen.baseline,
            ),
        }
