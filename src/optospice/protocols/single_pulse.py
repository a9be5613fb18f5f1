"""One pulse: amplitude, what is left at its end, undershoot, recovery and energy."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from optospice import units
from optospice.protocols.pulsed import PulseProtocol
from optospice.protocols.timeline.binding import Bound
from optospice.protocols.timeline.course import Course
from optospice.protocols.timeline.experiment import Amplitude, by_name
from optospice.validation import StrictModel


class SinglePulseDefinitions(StrictModel):
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

    def place(self, course: Course) -> None:
        """Add the pulse and the time after it."""
        self.train(course, "pulse")
        self.rest(course)

    def bound(self) -> dict[str, Bound]:
        """Amplitude and energy of the pulse, what follows it in the tail."""
        chosen = self.definitions
        window = {"start": chosen.recovery_start, "end": chosen.recovery_end}
        return by_name(
            Bound("dark_current", "pulse"),
            Bound("postsynaptic_current_amplitude", "pulse", chosen.amplitude),
            Bound("current_at_pulse_end", "pulse"),
            Bound("undershoot", "tail"),
            Bound("recovery_time_constant", "tail", options=window),
            Bound("energy_per_event", "pulse", chosen.energy),
        )
