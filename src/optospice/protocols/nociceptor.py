"""A nociceptor: innocuous pulses after a noxious one, and the time until they hurt."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from optospice import units
from optospice.device import Device
from optospice.metrics import nociception, plasticity, postsynaptic_current, selections, steps
from optospice.metrics.value import MetricValue, missing
from optospice.protocols.base import MOST_PULSES, Amplitude, Metrics, Options, PulseProtocol, Series
from optospice.protocols.reading import repeat_resolution
from optospice.stimulus import FloatArray, PulseTrain
from optospice.waveforms import Waveforms

NO_PROBES = "no probes: give protocol.probes, the voltages to compare before and after the injury"


class NociceptorDefinitions(Options):
    """How the numbers of a nociceptor are taken.

    Parameters
    ----------
    amplitude : {"raw", "baseline", "step"}
        Amplitude of each response.
    weight_change : {"ratio", "relative"}
        Final over first response of the train, or its relative change.
    hyperalgesia : {"ratio", "relative"}
        Response to the strongest probe after over before the injury, or its relative change.
    """

    amplitude: Amplitude = "raw"
    weight_change: Literal["ratio", "relative"] = "ratio"
    hyperalgesia: Literal["ratio", "relative"] = "ratio"


class Nociceptor(PulseProtocol):
    """Test pulses, after a noxious pulse or without one (MoSe2 paper, Fig. 5).

    Parameters
    ----------
    count : int
        Test pulses [1]; their level is `voltage` or `irradiance`, their width `width`.
    interval : float
        From the end of a test pulse to the start of the next [s].
    noxious_voltage : float, optional
        Voltage of the noxious pulse [V], for electrical test pulses.
    noxious_irradiance : float, optional
        Light of the noxious pulse [W/m^2], for optical test pulses.
    noxious_width : float
        Width of the noxious pulse [s]; 0 s for none.
    pause : float
        From the end of the noxious pulse to the next pulse [s].
    threshold : float
        Current that means pain [A].
    probes : list of float
        Rising voltages of single pulses [V], applied once before and once after the noxious
        pulse and before the train; they change the device as any pulse does.
    """

    title: ClassVar[str] = "test pulses after a noxious pulse: incubation, sensitisation"
    measures: ClassVar[tuple[str, ...]] = (
        "postsynaptic_current_amplitude",
        "last_amplitude",
        "largest_amplitude",
        "synaptic_weight_change",
        "rising_steps",
        "incubation_time",
        "incubation_pulse",
        "allodynia",
        "hyperalgesia",
    )
    positive: ClassVar[tuple[str, ...]] = ("delay", "pause", "tail")

    name: Literal["nociceptor"] = "nociceptor"
    readout: units.Voltage = 0.0
    tail: units.Time = 0.5
    count: int = Field(ge=1, le=MOST_PULSES)
    interval: units.Time
    noxious_voltage: units.Voltage | None = None
    noxious_irradiance: units.Irradiance | None = None
    noxious_width: units.Time = Field(default=0.0, ge=0)
    pause: units.Time = 0.5
    threshold: units.Current = 80e-9
    probes: list[units.Voltage] = []
    definitions: NociceptorDefinitions = Field(default_factory=NociceptorDefinitions)

    @model_validator(mode="after")
    def _one_injury(self) -> Nociceptor:
        kind, other = "noxious_voltage", "noxious_irradiance"
        if self.irradiance is not None:
            kind, other = other, kind
            if self.probes:
                raise ValueError("probes: are voltages; accepted with voltage, not with irradiance")
        if getattr(self, other) is not None:
            raise ValueError(f"{other}: the noxious pulse is of the test pulses' kind: {kind}")
        if self.noxious_width > 0 and getattr(self, kind) is None:
            raise ValueError(f"{kind}: is missing for a noxious pulse of {self.noxious_width:g} s")
        if any(np.diff(self.probes) <= 0):
            raise ValueError("probes: each voltage must be above the one before")
        if self.probes and not self.noxious_width:
            raise ValueError(
                "probes: compare before and after a noxious pulse; noxious_width is 0 s"
            )
        return self

    def phases(self) -> tuple[list[PulseTrain], list[PulseTrain], list[PulseTrain], PulseTrain]:
        """Give the probes before, the noxious pulse (if any), the probes after, the train."""
        clock = self.delay
        step = self.width + self.interval
        before = [self.pulses(level=v, delay=clock + k * step) for k, v in enumerate(self.probes)]
        clock += len(before) * step
        noxious = []
        if self.noxious_width > 0:
            level = self.noxious_voltage if self.irradiance is None else self.noxious_irradiance
            width = self.noxious_width
            noxious.append(self.pulses(level=float(level or 0.0), width=width, delay=clock))
            clock += self.noxious_width + self.pause
        after = [self.pulses(level=v, delay=clock + k * step) for k, v in enumerate(self.probes)]
        clock += len(after) * step
        train = self.pulses(count=self.count, interval=self.interval, delay=clock)
        return before, noxious, after, train

    def trains(self) -> tuple[PulseTrain, ...]:
        """Give all pulses in order."""
        before, noxious, after, train = self.phases()
        return (*before, *noxious, *after, train)

    def series(self, waveforms: Waveforms, device: Device) -> dict[str, Series]:
        """Give the response to each test pulse against the time of its start in the train."""
        train = self.phases()[3]
        found = self._responses(waveforms, device, [train])
        return {
            "response": Series(train.onsets - train.delay, found, "time in the train", "s", "A")
        }

    def measure(self, waveforms: Waveforms, device: Device) -> Metrics:
        """Take the responses of the train, incubation and sensitisation."""
        chosen = self.definitions
        before, _, after, train = self.phases()
        responses = self._responses(waveforms, device, [train])
        text = postsynaptic_current.AMPLITUDE_DEFINITIONS[chosen.amplitude]
        seen = self.response(waveforms, device)
        return {
            "postsynaptic_current_amplitude": MetricValue(
                float(responses[0]), "A", f"{text}; first pulse of the train", None, seen.edge_note
            ),
            "last_amplitude": MetricValue(
                float(responses[-1]), "A", f"{text}; last pulse of the train", None, seen.edge_note
            ),
            "largest_amplitude": selections.largest_amplitude(responses, text),
            "synaptic_weight_change": self._growth(responses, text),
            "rising_steps": steps.rising_steps(
                responses,
                f"responses of the train: {text}",
                resolution=repeat_resolution(waveforms, responses),
            ),
            "incubation_time": nociception.incubation_time(
                seen.current, self.threshold, train.delay
            ),
            "incubation_pulse": nociception.incubation_pulse(responses, self.threshold),
            "allodynia": self._allodynia(waveforms, device, before, after),
            "hyperalgesia": self._hyperalgesia(waveforms, device, before, after),
        }

    def _responses(
        self, waveforms: Waveforms, device: Device, trains: list[PulseTrain]
    ) -> FloatArray:
        seen = self.response(waveforms, device)
        return postsynaptic_current.postsynaptic_current_amplitudes(
            seen.current,
            np.concatenate([train.onsets for train in trains]),
            np.concatenate([train.offsets for train in trains]),
            self.definitions.amplitude,
            baseline=seen.baseline,
        )

    def _growth(self, responses: FloatArray, text: str) -> MetricValue:
        chosen = self.definitions.weight_change
        if responses.size < 2:
            words = plasticity.WEIGHT_CHANGE_DEFINITIONS[chosen]
            return missing("1", words, "one pulse does not change")
        value = plasticity.synaptic_weight_change(responses, chosen)
        return replace(value, definition=f"{value.definition}; A = {text}")

    def _allodynia(
        self,
        waveforms: Waveforms,
        device: Device,
        before: list[PulseTrain],
        after: list[PulseTrain],
    ) -> MetricValue:
        if not before:
            return missing("1", "1 - U_after/U_before", NO_PROBES)
        return nociception.allodynia(
            self.probes,
            self._responses(waveforms, device, before),
            self._responses(waveforms, device, after),
            self.threshold,
        )

    def _hyperalgesia(
        self,
        waveforms: Waveforms,
        device: Device,
        before: list[PulseTrain],
        after: list[PulseTrain],
    ) -> MetricValue:
        chosen = self.definitions.hyperalgesia
        if not before:
            words = nociception.HYPERALGESIA_DEFINITIONS[chosen]
            return missing("1", words, NO_PROBES)
        old, new = (self._responses(waveforms, device, [part[-1]]) for part in (before, after))
        value = nociception.hyperalgesia(float(old[0]), float(new[0]), chosen)
        return replace(value, definition=f"{value.definition}; {self.probes[-1]:g} V")
