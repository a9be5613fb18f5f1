"""Spike-timing-dependent plasticity from pairs of real spikes of two neurons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from optospice import units
from optospice.accuracy import PROFILES, Profile
from optospice.circuit import Circuit
from optospice.cosim.actions import Level, Request
from optospice.cosim.controller import Controller
from optospice.cosim.controllers.neuron import Membrane, Neuron
from optospice.cosim.protocol import ControllerProtocol, noted, value
from optospice.cosim.run import LoopResult
from optospice.device import Device
from optospice.metrics.value import missing
from optospice.protocols.base import Metrics
from optospice.stimulus import PulseTrain, Signal, Stimulus, constant


class SpikePairs(ControllerProtocol):
    """Two neurons on the two ends of a memristor, kicked one after the other.

    Every spike puts a short negative head and a long positive tail on its own end. Where
    the head of one meets the tail of the other the memristor is written: potentiated when
    the neuron on its first terminal fired first, depressed when it fired last.

    Parameters
    ----------
    delay : float
        From the kick of the presynaptic to that of the postsynaptic neuron [s].
    pairs : int
        Number of pairs [1].
    period : float
        From one pair to the next [s].
    height : float
        Height of head and tail [V].
    head, tail : float
        Duration of the head, and of the tail's way back to zero [s].
    state : str
        State of the device that is its weight.
    """

    title: ClassVar[str] = "weight change of a memristor between two neurons, against timing"
    metric_units: ClassVar[Mapping[str, str]] = {
        "weight_change": "1",
        "weight": "1",
        "spike_pairs": "1",
        "spike_delay": "s",
    }

    name: Literal["spike_pairs"] = "spike_pairs"
    delay: units.Time
    pairs: int = Field(default=10, ge=1, le=10_000)
    period: units.Time = 3.0
    height: units.Voltage = 1.6
    head: units.Time = 0.02
    tail: units.Time = 0.2
    edge: units.Time = 1e-4
    state: str = "x_weight"

    @model_validator(mode="after")
    def _sensible(self) -> SpikePairs:
        if not 0 < self.edge < self.head / 4 < self.tail:
            raise ValueError("edge, head, tail: accepted: 4 edge < head, and head < 4 tail")
        if not abs(self.delay) + self.head + self.tail < self.period / 2:
            raise ValueError(
                f"period = {self.period:g} s: must be more than twice delay + head + tail"
            )
        return self

    @property
    def duration(self) -> float:
        """All pairs, with half a period before and after them [s]."""
        return (self.pairs + 0.5) * self.period

    def _ends(self, device: Device) -> tuple[str, str]:
        first, second = device.terminals("electrical")[:2]
        return first.name, second.name

    def actuated(self, device: Device) -> tuple[str, ...]:
        """Both ends of the memristor."""
        return self._ends(device)

    def surroundings(self, device: Device) -> Mapping[str, Stimulus]:
        """Give 0 V on both ends."""
        return {name: constant(0.0) for name in self._ends(device)}

    def _membrane(self, name: str) -> Membrane:
        return Membrane(name, 100e-9, 2e6, 10e-3, self.head)

    def _kicks(self, shift: float) -> Signal:
        """Give 1 uA for 1.5 ms, which takes a membrane to its threshold in 1 ms."""
        train = PulseTrain(
            1e-6, 1.5e-3, self.pairs, period=self.period, delay=self.period / 2 + shift,
            rise=1e-5, fall=1e-5,
        )  # fmt: skip
        return Signal(0.0, (train,))

    def circuit(
        self,
        device: Device,
        parameters: Mapping[str, float],
        profile: Profile = PROFILES["standard"],
        temperature: float = 300.15,
    ) -> Circuit:
        """Build the memristor and both membranes."""
        synapse = super().circuit(device, parameters, profile, temperature)
        pre, post = self._membrane("pre"), self._membrane("post")
        return replace(
            synapse,
            sources={
                **synapse.sources,
                **pre.sources(self._kicks(0.0)),
                **post.sources(self._kicks(self.delay)),
            },
            passives={**pre.passives(), **post.passives()},
            measured=("pre", "post"),
        )

    def controllers(self, device: Device) -> Mapping[str, Controller]:
        """Give both neurons."""

        def spike_on(end: str) -> Callable[[float], list[Request]]:
            def spike(time: float) -> list[Request]:
                turn = time + self.head
                return [
                    Level(end, -self.height, rise=self.edge),
                    Level(end, self.height, turn, self.edge),
                    Level(end, 0.0, turn + self.edge, self.tail),
                ]

            return spike

        first, second = self._ends(device)
        return {
            "pre": Neuron(self._membrane("pre"), spike_on(first)),
            "post": Neuron(self._membrane("post"), spike_on(second)),
        }

    def measure(self, result: LoopResult, device: Device) -> Metrics:
        """Take what the pairs did to the weight, and when the spikes really came."""
        weight = result.waveforms[self.state]
        _, pre = noted(result, "pre.spike")
        _, post = noted(result, "post.spike")
        text = "mean of post minus pre, spikes as they came"
        return {
            "weight_change": value(
                weight[-1] - weight[0], "1", f"{self.state} at the end minus at the start"
            ),
            "weight": value(weight[-1], "1", f"{self.state} at the end"),
            "spike_pairs": value(min(pre.size, post.size), "1", "pairs of spikes that came"),
            "spike_delay": (
                value(float(np.mean(post - pre)), "s", text)
                if pre.size == post.size and pre.size
                else missing("s", text, f"{pre.size} and {post.size} spikes do not pair")
            ),
        }
