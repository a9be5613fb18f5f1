"""A closed loop as an experiment, so that it sweeps and reports like all others."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from optospice import units
from optospice.accuracy import PROFILES, Profile
from optospice.circuit import Circuit, Instance, Source, shining
from optospice.circuit.lights import check_light
from optospice.cosim.controller import Controller
from optospice.cosim.loop import PATIENCE
from optospice.cosim.run import LoopResult
from optospice.device import Device
from optospice.light import Illumination, total_of
from optospice.metrics.value import MetricValue
from optospice.protocols.base import Experiment, Kind, Metrics
from optospice.stimulus import FloatArray, Stimulus
from optospice.waveforms import Waveforms

Conductance = Annotated[float, *units._field("S")]


class ControllerProtocol(Experiment):
    """What a ``[controller]`` table says; one subclass per ready controller.

    Parameters
    ----------
    seed : int
        Seed of the controllers' random numbers.
    patience : float
        Longest time a controller may take for one answer [s].
    """

    kind: ClassVar[Kind] = "closed loop"
    #: Metrics that `measure` gives, in order, each with its SI unit.
    metric_units: ClassVar[Mapping[str, str]] = MappingProxyType({})

    seed: int = Field(default=0, ge=0)
    patience: units.Time = PATIENCE

    def __init_subclass__(cls, **options: Any) -> None:
        """Count the metrics with a unit among those that are measured."""
        super().__init_subclass__(**options)
        cls.measures = tuple(dict.fromkeys([*cls.metric_units, *cls.measures]))

    def metric_unit(self, name: str) -> str | None:
        """SI unit of a metric; None for one that was declared without."""
        return self.metric_units.get(name)

    def actuated(self, device: Device) -> tuple[str, ...]:
        """Terminals that the controllers drive; the drive terminal by default."""
        return (device.drive_terminal.name,)

    @abstractmethod
    def controllers(self, device: Device) -> Mapping[str, Controller]:
        """Make the controllers of one run, by name."""

    @property
    @abstractmethod
    def duration(self) -> float:
        """Simulated time [s]."""

    @abstractmethod
    def measure(self, result: LoopResult, device: Device) -> Metrics:
        """Take the metrics of a run from its waveforms and what the controllers recorded."""

    def stimuli(self, device: Device) -> Mapping[str, Stimulus | Illumination]:
        """Give what the terminals see without a controller."""
        from optospice.stimulus import constant

        dark = {name: constant(0.0) for name in self.actuated(device)}
        return device.lit({**dark, **self.surroundings(device)}, self.colour)

    def surroundings(self, device: Device) -> Mapping[str, Stimulus]:
        """Give what happens by itself: biases, ambient light, disturbances."""
        return {}

    def circuit(
        self,
        device: Device,
        parameters: Mapping[str, float],
        profile: Profile = PROFILES["standard"],
        temperature: float = 300.15,
    ) -> Circuit:
        """Build the circuit: one device with a source on each terminal that is used."""
        actuated = self.actuated(device)
        sources: dict[str, Source] = {}
        nodes = {}
        for name, stimulus in self.stimuli(device).items():
            terminal = next(t for t in device.card.terminals if t.name == name)
            driven = name in actuated
            if terminal.kind == "optical":
                check_light(device, name, stimulus, driven=driven)
                lights = shining(device, name, stimulus, {"": parameters}, controlled=driven)
                sources.update(lights.sources)
                nodes[name] = lights.nodes[""]
            else:
                sources[name] = Source(name, "voltage", total_of(stimulus), driven)
                nodes[name] = name
        return Circuit(
            {"": Instance(device, nodes, dict(parameters))},
            sources,
            duration=self.duration,
            profile=profile,
            temperature=temperature,
        )


def with_notes(result: LoopResult) -> Waveforms:
    """Give the waveforms with every recorded number as a signal that holds its last value."""
    waveforms = result.waveforms
    signals, unit = dict(waveforms.signals), dict(waveforms.units)
    for name, (times, values) in result.notes.items():
        place = np.searchsorted(times, waveforms.time, side="right") - 1
        held = np.where(place < 0, np.nan, values[np.maximum(place, 0)])
        if np.isnan(held).any():
            held[np.isnan(held)] = values[0]
        signals[name], unit[name] = held, "1"
    return replace(waveforms, signals=signals, units=unit)


def value(number: float, unit: str, definition: str, note: str = "") -> MetricValue:
    """Give a metric of a closed loop."""
    return MetricValue(float(number), unit, definition, note=note)


def noted(result: LoopResult, name: str) -> tuple[FloatArray, FloatArray]:
    """Give what was recorded under a name: times [s] and values; empty when nothing was."""
    return result.notes.get(name, (np.empty(0), np.empty(0)))
