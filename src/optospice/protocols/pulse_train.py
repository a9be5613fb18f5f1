"""A train of equal pulses: weight change with number, rate, width, amplitude or irradiance."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from optospice import units
from optospice.device import Device
from optospice.metrics import energy, levels, plasticity, postsynaptic_current
from optospice.metrics.value import MetricValue
from optospice.protocols.base import (
    MOST_PULSES,
    Amplitude,
    Metrics,
    Options,
    PulseProtocol,
    Response,
)
from optospice.stimulus import PulseTrain, StimulusError
from optospice.waveforms import Waveforms


class PulseTrainDefinitions(Options):
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

    def trains(self) -> tuple[PulseTrain, ...]:
        """Give the train.

        Raises
        ------
        StimulusError
            When the timing is missing, given twice or makes the pulses overlap.
        """
        timings = ("frequency", "period", "interval")
        given = [name for name in timings if getattr(self, name) is not None]
        if len(given) != 1:
            named = ", ".join(given) or "none"
            raise StimulusError(
                f"frequency, period and interval: give one of the three, not {named}"
            )
        if self.frequency is None:
            return (self.pulses(count=self.count, period=self.period, interval=self.interval),)
        if not self.frequency > 0:
            raise StimulusError(f"frequency = {self.frequency:g} Hz: must be above 0 Hz")
        try:
            return (self.pulses(count=self.count, period=1 / self.frequency),)
        except StimulusError as error:
            message = str(error)
            if message.startswith("period"):  # which the scenario does not name
                message = f"frequency = {self.frequency:g} Hz: {message}"
            raise StimulusError(message) from None

    def measure(self, waveforms: Waveforms, device: Device) -> Metrics:
        """Take amplitudes, weight change, energy and what remains after the train."""
        seen = self.response(waveforms, device)
        chosen = self.definitions
        amplitudes = postsynaptic_current.postsynaptic_current_amplitudes(
            seen.current,
            seen.onsets,
            seen.offsets,
            chosen.amplitude,
            baseline=seen.baseline,
        )
        text = postsynaptic_current.AMPLITUDE_DEFINITIONS[chosen.amplitude]
        change = plasticity.synaptic_weight_change(amplitudes, chosen.weight_change)
        end = float(self.signal.end)
        return {
            "dark_current": levels.dark_current(seen.current, float(seen.onsets[0])),
            "postsynaptic_current_amplitude": MetricValue(
                float(amplitudes[0]), "A", text, None, seen.edge_note
            ),
            "last_amplitude": replace(levels.last_amplitude(amplitudes, text), note=seen.edge_note),
            "synaptic_weight_change": MetricValue(
                change.value,
                change.unit,
                f"{change.definition}; A = {text}",
                note="; ".join(filter(None, (change.note, seen.edge_note))),
            ),
            "energy_per_event": self._energy(seen),
            "undershoot": postsynaptic_current.undershoot(
                seen.current, end, float(seen.current.time[-1]), seen.baseline
            ),
            "recovery_time_constant": seen.recovery(
                end, chosen.recovery_start, chosen.recovery_end
            ),
        }

    def _energy(self, seen: Response) -> MetricValue:
        chosen = self.definitions
        number = 1 if chosen.energy_of == "first" else self.count
        events = [
            energy.energy_per_event(
                seen.voltage,
                seen.current,
                float(onset),
                float(offset),
                chosen.energy,
                baseline=seen.baseline,
            )
            for onset, offset in zip(seen.onsets[:number], seen.offsets[:number], strict=True)
        ]
        which = "first spike" if number == 1 else f"mean over {number} spikes"
        return MetricValue(
            float(np.mean([event.value for event in events])),
            events[0].unit,
            f"{events[0].definition}; {which}",
            note=events[0].note,
        )
