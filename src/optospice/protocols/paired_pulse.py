"""Two equal pulses: how the second response compares with the first."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from optospice import units
from optospice.protocols.pulsed import PulseProtocol
from optospice.protocols.timeline.binding import Bound
from optospice.protocols.timeline.course import Course
from optospice.protocols.timeline.experiment import Amplitude, by_name
from optospice.validation import StrictModel


class PairedPulseDefinitions(StrictModel):
    """How the paired-pulse index is taken.

    Parameters
    ----------
    amplitude : {"step", "raw", "baseline"}
        Amplitude of each response.
    index : {"ratio", "relative"}
        A2/A1 or (A2 - A1)/A1.
    """

    amplitude: Amplitude = "step"
    index: Literal["ratio", "relative"] = "ratio"


class PairedPulse(PulseProtocol):
    """A pulse pair (PbS paper, Fig. 3a and Eq. 1; MoSe2 paper, Fig. 3a).

    Parameters
    ----------
    interval : float
        From the end of the first pulse to the start of the second [s].
    """

    title: ClassVar[str] = "two equal pulses: facilitation or depression of the second response"
    measures: ClassVar[tuple[str, ...]] = (
        "postsynaptic_current_amplitude",
        "last_amplitude",
        "paired_pulse_index",
    )

    name: Literal["paired_pulse"] = "paired_pulse"
    interval: units.Time
    definitions: PairedPulseDefinitions = Field(default_factory=PairedPulseDefinitions)

    def place(self, course: Course) -> None:
        """Add the pair and the time after it."""
        self.train(course, "pulses", count=2, interval=self.interval)
        self.rest(course)

    def bound(self) -> dict[str, Bound]:
        """Both amplitudes and the index."""
        amplitude = self.definitions.amplitude
        return by_name(
            Bound("postsynaptic_current_amplitude", "pulses", amplitude),
            Bound("last_amplitude", "pulses", amplitude=amplitude),
            Bound("paired_pulse_index", "pulses", self.definitions.index, amplitude=amplitude),
        )
