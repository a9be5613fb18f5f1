"""A nociceptor: innocuous pulses after a noxious one, and the time until they hurt."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from optospice import units
from optospice.device import Device
from optospice.metrics import nociception, plasticity
from optospice.metrics.value import MetricValue, missing
from optospice.protocols.base import Metrics, Series
from optospice.protocols.limits import MOST_PULSES
from optospice.protocols.pulsed import PulseProtocol
from optospice.protocols.timeline.binding import Bound, of_response, signal_unit
from optospice.protocols.timeline.course import Course
from optospice.protocols.timeline.experiment import DRIVE_CURRENT, Amplitude
from optospice.stimulus import FloatArray
from optospice.validation import StrictModel
from optospice.waveforms import Waveforms

NO_PROBES = "no probes: give protocol.probes, the voltages to compare before and after the injury"


class NociceptorDefinitions(StrictModel):
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
    threshold: units.Current
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

    def place(self, course: Course) -> None:
        """Add the probes, the noxious pulse, the probes again, the train and the tail."""
        self._probe(course, "probes before")
        if self.noxious_width > 0:
            level = self.noxious_voltage if self.irradiance is None else self.noxious_irradiance
            self.train(course, "noxious", level=float(level or 0.0), width=self.noxious_width)
            course.pause("pause", self.pause, course.begin())
        self._probe(course, "probes after")
        self.train(course, "train", count=self.count, interval=self.interval)
        self.rest(course)

    def _probe(self, course: Course, name: str) -> None:
        for level in self.probes:
            self.train(course, name, level=level)
            course.pause("interval", self.interval, course.begin())

    def bound(self) -> dict[str, Bound]:
        """The responses of the train, and the incubation."""
        chosen, limit = self.definitions, {"threshold": self.threshold}
        amplitude, growth = chosen.amplitude, chosen.weight_change
        found = {
            "postsynaptic_current_amplitude": Bound(
                "postsynaptic_current_amplitude", "train", amplitude
            ),
            "last_amplitude": Bound("last_amplitude", "train", amplitude=amplitude),
            "largest_amplitude": Bound("largest_amplitude", "train", amplitude=amplitude),
            "rising_steps": Bound("rising_steps", "train", amplitude=amplitude),
            "incubation_time": Bound("incubation_time", "train", options=limit),
            "incubation_pulse": Bound(
                "incubation_pulse", "train", amplitude=amplitude, options=limit
            ),
        }
        if self.count > 1:
            found["synaptic_weight_change"] = Bound(
                "synaptic_weight_change", "train", growth, amplitude=amplitude
            )
        return found

    def series(self, waveforms: Waveforms, device: Device) -> dict[str, Series]:
        """Give the response to each test pulse against the time of its start in the train."""
        found = self._responses(waveforms, device, "train")
        onsets = self.course.window("train").onsets
        unit = signal_unit(self.response or DRIVE_CURRENT)
        return {"response": Series(onsets - onsets[0], found, "time in the train", "s", unit)}

    def measure(self, waveforms: Waveforms, device: Device) -> Metrics:
        """Take the responses of the train, incubation and sensitisation."""
        chosen = self.definitions
        found = {
            "synaptic_weight_change": missing(
                "1",
                plasticity.WEIGHT_CHANGE_DEFINITIONS[chosen.weight_change],
                "one pulse does not change",
            ),
            **super().measure(waveforms, device),
            **self._sensitisation(waveforms, device),
        }
        return {name: found[name] for name in self.measures}

    def _responses(self, waveforms: Waveforms, device: Device, name: str) -> FloatArray:
        how = Bound("", name, amplitude=self.definitions.amplitude)
        return self.view(name, waveforms, device, how).amplitudes

    def _sensitisation(self, waveforms: Waveforms, device: Device) -> dict[str, MetricValue]:
        """Compare the probes before and after the injury."""
        chosen = self.definitions.hyperalgesia
        words = nociception.HYPERALGESIA_DEFINITIONS[chosen]
        if not self.probes:
            return {
                "allodynia": missing("1", "1 - U_after/U_before", NO_PROBES),
                "hyperalgesia": missing("1", words, NO_PROBES),
            }
        before = self._responses(waveforms, device, "probes before")
        after = self._responses(waveforms, device, "probes after")
        pain = nociception.hyperalgesia(float(before[-1]), float(after[-1]), chosen)
        threshold = nociception.allodynia(self.probes, before, after, self.threshold)
        response = self.signal_read(device)
        pain = replace(pain, definition=f"{pain.definition}; {self.probes[-1]:g} V")
        return {
            "allodynia": of_response(threshold, response),
            "hyperalgesia": of_response(pain, response),
        }
