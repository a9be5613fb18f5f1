"""A train of equal pulses: weight change with number, rate, width, amplitude or irradiance."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from optospice import units
from optospice.protocols.limits import MOST_PULSES
from optospice.protocols.pulsed import PulseProtocol
from optospice.protocols.timeline.binding import Bound
from optospice.protocols.timeline.course import Course, spacing
from optospice.protocols.timeline.experiment import Amplitude, by_name
from optospice.stimulus import StimulusError
from optospice.validation import StrictModel


class PulseTrainDefinitions(StrictModel):
    """How the numbers of a train are taken.

    Parameters
    ----------
    amplitude : {"raw", "baseline", "step"}
        Amplitude of each response.
    weight_change : {"relative", "ratio"}
        (A_n - A_1)/A_1 (Eq. 3) or A_n/A_1.
    energy : {"product", "integral", "net"}
        Energy of one event.
    energy_of : {"first", "mean"}
        The first spike, or the mean over the train.
    recovery_start, recovery_end : float, optional
        Window of the recovery fit after the train [s]; the whole tail by default.
    """

    amplitude: Amplitude = "raw"
    weight_change: Literal["relative", "ratio"] = "relative"
    energy: Literal["product", "integral", "net"] = "product"
    energy_of: Literal["first", "mean"] = "first"
    recovery_start: units.Time = 0.0
    recovery_end: units.Time | None = None


class Train(PulseProtocol):
    """Equal pulses at equal distances (PbS paper, Fig. 2c-f, 3b-f, 4).

    Parameters
    ----------
    count : int
        Number of pulses [1].
    frequency : float, optional
        Pulses per second [Hz]; or `period` or `interval`: one of the three.
    period : float, optional
        From start to start [s].
    interval : float, optional
        From end to start [s].
    """

    title: ClassVar[str] = "equal pulses at a rate: weight change, energy per spike, recovery"
    measures: ClassVar[tuple[str, ...]] = (
        "dark_current",
        "postsynaptic_current_amplitude",
        "last_amplitude",
        "synaptic_weight_change",
        "energy_per_event",
        "undershoot",
        "recovery_time_constant",
    )

    name: Literal["pulse_train"] = "pulse_train"
    count: int = Field(ge=2, le=MOST_PULSES)
    frequency: units.Frequency | None = None
    period: units.Time | None = None
    interval: units.Time | None = None
    definitions: PulseTrainDefinitions = Field(default_factory=PulseTrainDefinitions)

    def place(self, course: Course) -> None:
        """Add the train and the time after it.

        Raises
        ------
        StimulusError
            When the timing is missing, given twice or makes the pulses overlap.
        """
        timing = spacing(
            self.count, frequency=self.frequency, period=self.period, interval=self.interval
        )
        try:
            self.train(course, "pulses", count=self.count, **timing)
        except StimulusError as error:
            message = str(error)
            if self.frequency and message.startswith("period"):  # which nobody gave
                message = f"frequency = {self.frequency:g} Hz: {message}"
            raise StimulusError(message) from None
        self.rest(course)

    def bound(self) -> dict[str, Bound]:
        """Amplitudes, weight change and energy of the train, what follows it in the tail."""
        chosen = self.definitions
        amplitude, window = (
            chosen.amplitude,
            {
                "start": chosen.recovery_start,
                "end": chosen.recovery_end,
            },
        )
        return by_name(
            Bound("dark_current", "pulses"),
            Bound("postsynaptic_current_amplitude", "pulses", amplitude),
            Bound("last_amplitude", "pulses", amplitude=amplitude),
            Bound("synaptic_weight_change", "pulses", chosen.weight_change, amplitude=amplitude),
            Bound("energy_per_event", "pulses", chosen.energy, pulse=chosen.energy_of),
            Bound("undershoot", "tail"),
            Bound("recovery_time_constant", "tail", options=window),
        )  # fmt: skip
