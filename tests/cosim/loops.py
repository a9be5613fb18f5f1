"""Circuits and controllers that the tests of closed loops share."""

from __future__ import annotations

import os
from typing import ClassVar, Literal

import numpy as np

from optospice.cosim import Circuit, Instance, Level, Pulse, Sampled, Source
from optospice.cosim.protocol import ControllerProtocol, value
from optospice.device import find_device
from optospice.light import Beam, Illumination
from optospice.stimulus import Samples, Signal, constant
from optospice.testbench import Testbench

EDGE = 1e-3


def light_circuit(device, duration, base=None):
    """A PbS device at 1 V whose light is an actuator."""
    found = find_device(device)
    return Circuit(
        {"": Instance(found, {"p": "p", "light": "light"})},
        {
            "p": Source("p", base=constant(1.0), controlled=False),
            "light": Source("light", "light", base=base or Signal()),
        },
        duration=duration,
    )


def train_of(count):
    """Irregular heights, one pulse every 2 s."""
    return 1.0 + 2.0 * np.arange(count), 12.2 * np.random.default_rng(0).uniform(0.5, 1.0, count)


def open_loop_bench(device, onsets, levels):
    """The same train as a fixed stimulus."""
    corners = onsets[:, None] + np.array([0.0, EDGE, 1.0, 1.0 + EDGE])
    heights = levels[:, None] * np.array([0.0, 1.0, 1.0, 0.0])
    light = Samples(np.append(0.0, corners.ravel()), np.append(0.0, heights.ravel()))
    stimuli = {"p": constant(1.0), "light": Illumination((Beam(light, 740e-9),))}
    return Testbench(find_device(device), stimuli, onsets[-1] + 5.0)


class Train:
    """Decides one pulse at a time."""

    def __init__(self, onsets, levels):
        self.onsets, self.levels = onsets, levels

    def start(self, context):
        self.next = 0
        return float(self.onsets[0])

    def sample(self, time, signals):
        pulse = Pulse("light", self.levels[self.next], 1.0, rise=EDGE, fall=EDGE)
        self.next += 1
        return [pulse, *map(float, self.onsets[self.next : self.next + 1])]


class Count:
    """Notes when a controller is called and what it is shown."""

    def __init__(self, inner):
        self.inner, self.times, self.values = inner, [], []

    def start(self, context):
        return self.inner.start(context)

    def sample(self, time, signals):
        self.times.append(time)
        self.values.append(dict(signals))
        return self.inner.sample(time, signals)


def ramp_into(actuator):
    """Hard edges to and fro."""
    return lambda time, signals: Level(actuator, 5.0 if round(time / 1e-5) % 2 else -5.0, rise=2e-9)


class Misbehave:
    """What a controller may do wrong."""

    def __init__(self, way):
        self.way = way

    def __call__(self, time, signals):
        if self.way == "raises":
            return 1 / 0
        if self.way == "dies":
            os._exit(1)
        while self.way == "hangs":
            pass
        if self.way == "not finite":
            return Level("light", float("nan"))
        return Level("light", 1.0, start=time - 0.5) if self.way == "past" else None


class Misbehaving(ControllerProtocol):
    """A controller that an installed package could declare."""

    title: ClassVar[str] = "does what it should not"
    measures: ClassVar[tuple[str, ...]] = ("done",)

    name: Literal["misbehaving"] = "misbehaving"
    way: str

    @property
    def duration(self):
        return 5.0

    @property
    def colour(self):
        return 740e-9

    def actuated(self, device):
        return ("light",)

    def surroundings(self, device):
        return {"p": constant(1.0)}

    def controllers(self, device):
        return {"it": Sampled(Misbehave(self.way), 1.0, 1.0)}

    def measure(self, result, device):
        return {"done": value(1.0, "1", "whether it came to an end")}
