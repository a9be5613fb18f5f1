"""Two neurons: one inhibits the other through a light-driven synapse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from optospice import units
from optospice.accuracy import PROFILES, Profile
from optospice.circuit import Circuit
from optospice.cosim.actions import Pulse, Request
from optospice.cosim.controller import Controller
from optospice.cosim.controllers.neuron import Membrane, Neuron
from optospice.cosim.protocol import ControllerProtocol, noted, value
from optospice.cosim.run import LoopResult
from optospice.device import Device
from optospice.metrics.value import missing
from optospice.protocols.base import Metrics
from optospice.stimulus import FloatArray, Samples, Stimulus, constant


class Inhibition(ControllerProtocol):
    """A neuron that fires by itself, and another one whose spikes light a synapse onto it.

    Parameters
    ----------
    readout : float
        Bias on the drive terminal [V].
    bias, presynaptic_bias : float
        Current into the membrane of the neuron observed and of the one that inhibits [A].
    onset : float
        Time from which the second one is driven [s].
    irradiance, wavelength, width : float
        Light that each of its spikes gives [W/m^2, m, s].
    gain : float
        Part of the synapse's current that is drawn from the membrane [1].
    capacitance, leak : float
        Of both membranes [F, ohm].
    threshold, refractory : float
        Of both neurons [V, s].
    total : float
        Simulated time [s].
    """

    title: ClassVar[str] = "two neurons: a light-driven synapse inhibits the firing of one"
    metric_units: ClassVar[Mapping[str, str]] = {
        "rate_alone": "Hz",
        "rate_inhibited": "Hz",
        "rate_change": "1",
        "presynaptic_rate": "Hz",
        "rate_in_closed_form": "Hz",
    }

    name: Literal["inhibition"] = "inhibition"
    readout: units.Voltage = 1.0
    bias: units.Current = 10e-9
    presynaptic_bias: units.Current = 6e-9
    onset: units.Time = 5.0
    irradiance: units.Irradiance = 12.2
    wavelength: units.Length
    width: units.Time = 0.1
    gain: units.Ratio = Field(default=0.01, ge=0)
    capacitance: float = Field(default=100e-9, gt=0)
    leak: float = Field(default=2e6, gt=0)
    threshold: units.Voltage = 10e-3
    refractory: units.Time = 5e-3
    total: units.Time = 15.0

    @model_validator(mode="after")
    def _sensible(self) -> Inhibition:
        if not 0 < self.onset < self.total:
            raise ValueError("onset: must lie between 0 s and the total")
        for name in ("irradiance", "width", "threshold", "refractory"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} = {getattr(self, name):g}: must be above 0")
        return self

    @property
    def duration(self) -> float:
        """Simulated time [s]."""
        return self.total

    def actuated(self, device: Device) -> tuple[str, ...]:
        """The optical terminal of the synapse."""
        return (device.optical_terminal(self.wavelength).name,)

    def surroundings(self, device: Device) -> Mapping[str, Stimulus]:
        """Give the read-out bias."""
        return {device.drive_terminal.name: constant(self.readout)}

    def _membrane(self, name: str) -> Membrane:
        return Membrane(name, self.capacitance, self.leak, self.threshold, self.refractory)

    def circuit(
        self,
        device: Device,
        parameters: Mapping[str, float],
        profile: Profile = PROFILES["standard"],
        temperature: float = 300.15,
    ) -> Circuit:
        """Build the synapse, both membranes, and the mirror of the synapse's current."""
        synapse = super().circuit(device, parameters, profile, temperature)
        post, pre = self._membrane("post"), self._membrane("pre")
        edge = self.refractory / 100
        begins, driven = (
            Samples(np.array([0.0, time, time + edge]), np.array([0.0, 0.0, current]))
            for time, current in ((edge, self.bias), (self.onset, self.presynaptic_bias))
        )
        drive = device.drive_terminal.name
        return replace(
            synapse,
            sources={**synapse.sources, **post.sources(begins), **pre.sources(driven)},
            passives={**post.passives(), **pre.passives()},
            measured=("post", "pre"),
            # the source of the drive terminal counts what flows out of the device
            elements=f"Fsynapse post 0 V{drive} {-self.gain!r}",
            shortest_edge=min(synapse.shortest_edge, edge),
        )

    def controllers(self, device: Device) -> Mapping[str, Controller]:
        """Give both neurons."""
        (light,) = self.actuated(device)

        def shine(time: float) -> list[Request]:
            return [Pulse(light, self.irradiance, self.width, rise=1e-3, fall=1e-3)]

        return {
            "post": Neuron(self._membrane("post"), lambda time: []),
            "pre": Neuron(self._membrane("pre"), shine),
        }

    def measure(self, result: LoopResult, device: Device) -> Metrics:
        """Take the rates before the inhibition and under it."""
        _, post = noted(result, "post.spike")
        _, pre = noted(result, "pre.spike")
        first = pre[0] if pre.size else self.total
        alone, inhibited = post[post < first], post[post >= first]
        before, after = _rate(alone), _rate(inhibited)
        # V(t) = I R (1 - exp(-t/tau)) from 0; the reset takes its charge away over a while,
        # which leaves `left` of the threshold too little
        dark = result.waveforms[f"i({device.drive_terminal.name})"][0]
        drive = (self.bias - self.gain * dark) * self.leak
        tau, reset = self.capacitance * self.leak, self.refractory / 2
        left = tau / reset * np.expm1(reset / tau) - 1
        text = "alone, in closed form: 1 / (tau ln((IR + left) / (IR - threshold)))"
        return {
            "rate_alone": value(before, "Hz", "spikes per time from the first to the last"),
            "rate_inhibited": value(after, "Hz", "the same, from the other's first spike on"),
            "rate_change": (
                value(after / before - 1, "1", "rate inhibited over rate alone, minus 1")
                if before
                else missing("1", "rate inhibited over rate alone", "it never fired alone")
            ),
            "presynaptic_rate": value(_rate(pre), "Hz", "spikes of the one that inhibits"),
            "rate_in_closed_form": (
                value(
                    1 / (tau * np.log((drive + left * self.threshold) / (drive - self.threshold))),
                    "Hz", text,
                )
                if drive > self.threshold
                else missing("Hz", text, "the bias does not reach the threshold")
            ),
        }  # fmt: skip


def _rate(spikes: FloatArray) -> float:
    return float((spikes.size - 1) / (spikes[-1] - spikes[0])) if spikes.size > 1 else 0.0
