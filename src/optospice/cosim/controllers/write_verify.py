"""Write-verify: a conductance is programmed to a target with bounded pulses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from optospice import units
from optospice.cosim.actions import Pulse, Stop
from optospice.cosim.controller import Context, Controller, Requests, Signals
from optospice.cosim.protocol import Conductance, ControllerProtocol, noted, value
from optospice.cosim.run import LoopResult
from optospice.device import Device
from optospice.metrics.value import missing
from optospice.protocols.base import Metrics
from optospice.stimulus import Samples, Stimulus


class Programmer:
    """Reads, and writes with pulses of growing height until the reading is near enough.

    After a change of direction the height begins anew, so that the steps become fine.

    Parameters
    ----------
    terminal : str
        Terminal that is driven and measured.
    protocol : WriteVerify
        Target, bounds and timing.
    """

    def __init__(self, terminal: str, protocol: WriteVerify) -> None:
        self._terminal, self._how = terminal, protocol

    def start(self, context: Context) -> Requests:
        """Ask for the first reading."""
        self._context = context
        self._pulses, self._direction, self._height = 0, 0, 0.0
        return self._how.delay + self._how.settle

    def sample(self, time: float, signals: Signals) -> Requests:
        """Verify, and write again where that is needed and allowed."""
        how = self._how
        conductance = signals[f"i({self._terminal})"] / signals[f"v({self._terminal})"]
        error = conductance / how.target - 1.0
        self._context.record("conductance", conductance)
        self._context.record("error", error)
        if abs(error) <= how.tolerance or self._pulses >= how.most_pulses:
            return Stop()
        direction = 1 if error < 0 else -1
        if direction == self._direction:
            self._height = min(self._height + how.increment, how.largest)
        else:
            self._height = how.smallest
        self._direction = direction
        self._pulses += 1
        self._context.record("height", direction * self._height)
        # pulses ride on the read-out bias
        level = direction * self._height - how.readout
        end = time + how.width + how.edge
        return [
            Pulse(self._terminal, level, how.width, rise=how.edge, fall=how.edge),
            end + how.settle,
        ]


class WriteVerify(ControllerProtocol):
    """Conductance programmed to a target.

    Parameters
    ----------
    readout : float
        Bias on the drive terminal at which the conductance is read [V].
    target : float
        Conductance at the read-out bias [S].
    tolerance : float
        Accepted relative error [1].
    smallest, largest : float
        Bounds of the pulse height, of either sign [V].
    increment : float
        How much higher the next pulse of the same sign is [V].
    width, edge : float
        Width and edges of the pulses [s].
    settle : float
        Time from a pulse to the verifying read [s]: what is volatile has to be gone.
    most_pulses : int
        After so many it gives up [1].
    delay : float
        Time at 0 V before the read-out bias comes [s].
    """

    title: ClassVar[str] = "conductance programmed to a target by write-verify"
    metric_units: ClassVar[Mapping[str, str]] = {
        "level_reached": "1",
        "pulses_needed": "1",
        "relative_error": "1",
        "programmed_conductance": "S",
        "programming_time": "s",
        "largest_pulse": "V",
    }

    name: Literal["write_verify"] = "write_verify"
    readout: units.Voltage = 0.5
    target: Conductance
    tolerance: units.Ratio = Field(default=0.005, gt=0)
    smallest: units.Voltage = 2.0
    largest: units.Voltage = 4.5
    increment: units.Voltage = 0.1
    width: units.Time = 0.05
    edge: units.Time = 1e-5
    settle: units.Time = 3.0
    most_pulses: int = Field(default=60, ge=1, le=100_000)
    delay: units.Time = 0.1

    @model_validator(mode="after")
    def _sensible(self) -> WriteVerify:
        if not 0 < self.smallest <= self.largest:
            raise ValueError("smallest and largest: accepted: 0 V < smallest <= largest")
        for name in ("width", "edge", "settle", "delay", "target", "increment"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} = {getattr(self, name):g}: must be above 0")
        if self.edge >= self.width:
            raise ValueError(f"edge = {self.edge:g} s: must be shorter than the width")
        if self.readout == 0:
            raise ValueError("readout = 0 V: a conductance needs a bias to be read at")
        return self

    @property
    def duration(self) -> float:
        """Time that the largest number of pulses would take [s]."""
        each = self.width + self.edge + self.settle
        return self.delay + self.settle + (self.most_pulses + 1) * each

    def surroundings(self, device: Device) -> Mapping[str, Stimulus]:
        """Give the read-out bias, which comes after a time at 0 V."""
        times = np.array([0.0, self.delay, self.delay + self.edge])
        levels = np.array([0.0, 0.0, self.readout])
        return {device.drive_terminal.name: Samples(times, levels)}

    def controllers(self, device: Device) -> Mapping[str, Controller]:
        """Give the programmer."""
        return {"programmer": Programmer(device.drive_terminal.name, self)}

    def measure(self, result: LoopResult, device: Device) -> Metrics:
        """Take whether the level was reached, with how many pulses, how exactly."""
        times, errors = noted(result, "programmer.error")
        _, heights = noted(result, "programmer.height")
        _, conductance = noted(result, "programmer.conductance")
        reached = abs(errors[-1]) <= self.tolerance
        pulses = "write pulses until the reading was within the tolerance"
        return {
            "level_reached": value(float(reached), "1", "1 when within the tolerance, else 0"),
            "pulses_needed": (
                value(heights.size, "1", pulses)
                if reached
                else missing("1", pulses, f"not reached with {heights.size} pulses")
            ),
            "relative_error": value(errors[-1], "1", "last reading against the target"),
            "programmed_conductance": value(conductance[-1], "S", "last reading"),
            "programming_time": value(times[-1] - times[0], "s", "first to last reading"),
            "largest_pulse": value(
                np.abs(heights).max() if heights.size else 0.0, "V", "highest write pulse"
            ),
        }
