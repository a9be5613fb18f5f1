"""Two equal pulses: how the second response compares with the first."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from optospice import units
from optospice.device import Device
from optospice.metrics import plasticity, postsynaptic_current
from optospice.metrics.value import MetricValue
from optospice.protocols.base import Amplitude, Metrics, Options, PulseProtocol
from optospice.stimulus import PulseTrain
from optospice.waveforms import Waveforms


class PairedPulseDefinitions(Options):
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

    def trains(self) -> tuple[PulseTrain, ...]:
        """Give the pair."""
        return (self.pulses(count=2, interval=self.interval),)

    def measure(self, waveforms: Waveforms, device: Device) -> Metrics:
        """Take both amplitudes and the index."""
        seen = self.response(waveforms, device)
        chosen = self.definitions
        first, second = postsynaptic_current.postsynaptic_current_amplitudes(
            seen.current,
            seen.onsets,
            seen.offsets,
            chosen.amplitude,
            baseline=seen.baseline,
        )
        text = postsynaptic_current.AMPLITUDE_DEFINITIONS[chosen.amplitude]
        index = plasticity.paired_pulse_index(float(first), float(second), chosen.index)
        note = seen.edge_note
        return {
            "postsynaptic_current_amplitude": MetricValue(float(first), "A", text, None, note),
            "last_amplitude": MetricValue(float(second), "A", text, None, note),
            "paired_pulse_index": MetricValue(
                index.value,
                index.unit,
                f"{index.definition}; A = {text}",
                note="; ".join(filter(None, (index.note, note))),
            ),
        }
