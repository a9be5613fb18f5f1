"""Light adaptation: a lamp is regulated so that the postsynaptic current holds."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from optospice import units
from optospice.cosim.actions import Every, Level
from optospice.cosim.controller import Context, Controller, Requests, Signals
from optospice.cosim.protocol import ControllerProtocol, noted, value
from optospice.cosim.run import LoopResult
from optospice.device import Device
from optospice.metrics.value import missing
from optospice.protocols.base import Metrics
from optospice.stimulus import Samples, Stimulus, constant


class Regulator:
    """A sampled proportional-integral regulator with bounds and without wind-up.

    Parameters
    ----------
    signal, actuator : str
        What is measured and what is driven.
    setpoint : float
        Value that the signal should hold.
    period : float
        Sample period [s].
    proportional, integral : float
        Gains [actuator unit per signal unit], the integral one per sample.
    maximum : float
        Largest level of the actuator; the smallest is 0.
    start : float
        Time at which it begins to act [s].
    edge : float
        Duration of each change of level [s].
    """

    def __init__(
        self, signal: str, actuator: str, setpoint: float, period: float, proportional: float,
        integral: float, maximum: float, start: float, edge: float,
    ) -> None:  # fmt: skip
        self.signal, self.actuator, self.setpoint = signal, actuator, setpoint
        self.period, self.proportional, self.integral = period, proportional, integral
        self.maximum, self.begin, self.edge = maximum, start, edge

    def start(self, context: Context) -> Requests:
        """Ask for the clock."""
        self._context, self._sum = context, 0.0
        return Every(self.period, self.begin)

    def sample(self, time: float, signals: Signals) -> Requests:
        """Change the level in proportion to the error and to its sum."""
        error = self.setpoint - signals[self.signal]
        wanted = self.proportional * error + self._sum + self.integral * error
        level = min(max(wanted, 0.0), self.maximum)
        if level == wanted:
            self._sum += self.integral * error
        self._context.record("error", error)
        self._context.record("level", level)
        return Level(self.actuator, level, rise=self.edge)


class LightAdaptation(ControllerProtocol):
    """Irradiance regulated to hold the postsynaptic current.

    Parameters
    ----------
    readout : float
        Bias on the drive terminal [V].
    target : float
        Current to hold [A].
    period : float
        Sample period [s].
    proportional, integral : float
        Gains: change of irradiance for an error of the size of the target [W/m^2]; the
        integral one per sample.
    maximum : float
        Largest irradiance of the lamp [W/m^2].
    start : float
        Time at which the regulator begins [s].
    step, step_time, step_end : float
        Ambient light that comes at once and goes at once [W/m^2, s].
    ramp, ramp_start, ramp_end : float
        Ambient light that rises slowly, and stays [W/m^2, s].
    wavelength : float
        Colour of lamp and ambient light [m].
    edge : float
        Duration of each change of the lamp and of the step [s].
    band : float
        Part of the target within which the current counts as held [1].
    total : float
        Simulated time [s].
    """

    title: ClassVar[str] = "irradiance regulated to hold the current against ambient light"
    metric_units: ClassVar[Mapping[str, str]] = {
        "hold_error": "1",
        "settling_time": "s",
        "step_deviation": "1",
        "ramp_deviation": "1",
        "lamp_change": "W/m^2",
        "held_current": "A",
    }

    name: Literal["light_adaptation"] = "light_adaptation"
    readout: units.Voltage = 1.0
    target: units.Current
    period: units.Time = 0.1
    proportional: units.Irradiance = 0.0
    integral: units.Irradiance = 0.5
    maximum: units.Irradiance = 12.2
    start: units.Time = 5.0
    step: units.Irradiance = 0.0
    step_time: units.Time = 40.0
    step_end: units.Time = 60.0
    ramp: units.Irradiance = 0.0
    ramp_start: units.Time = 80.0
    ramp_end: units.Time = 100.0
    wavelength: units.Length
    edge: units.Time = 1e-3
    band: units.Ratio = Field(default=0.05, gt=0)
    total: units.Time = 120.0

    @model_validator(mode="after")
    def _in_order(self) -> LightAdaptation:
        times = (0.0, self.start, self.step_time, self.step_end, self.ramp_start, self.ramp_end,
                 self.total)  # fmt: skip
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError(
                "start, step_time, step_end, ramp_start, ramp_end, total: must follow each other"
            )
        if not 0 < self.edge < self.period:
            raise ValueError(f"edge = {self.edge:g} s: must lie between 0 s and the period")
        if not self.target > 0:
            raise ValueError(f"target = {self.target:g} A: must be above 0 A")
        return self

    @property
    def duration(self) -> float:
        """Simulated time [s]."""
        return self.total

    def actuated(self, device: Device) -> tuple[str, ...]:
        """The optical terminal of the lamp."""
        return (device.optical_terminal(self.wavelength).name,)

    def surroundings(self, device: Device) -> Mapping[str, Stimulus]:
        """Give the read-out bias and the ambient light."""
        corners = [
            (0.0, 0.0),
            (self.step_time, 0.0), (self.step_time + self.edge, self.step),
            (self.step_end, self.step), (self.step_end + self.edge, 0.0),
            (self.ramp_start, 0.0), (self.ramp_end, self.ramp),
        ]  # fmt: skip
        times, levels = zip(*corners, strict=True)
        (light,) = self.actuated(device)
        return {
            device.drive_terminal.name: constant(self.readout),
            light: Samples(np.array(times), np.array(levels)),
        }

    def controllers(self, device: Device) -> Mapping[str, Controller]:
        """Give the regulator."""
        (light,) = self.actuated(device)
        return {
            "regulator": Regulator(
                f"i({device.drive_terminal.name})", light, self.target, self.period,
                self.proportional / self.target, self.integral / self.target, self.maximum,
                self.start, self.edge,
            )
        }  # fmt: skip

    def measure(self, result: LoopResult, device: Device) -> Metrics:
        """Take how well the current was held, before and after the disturbances."""
        times, errors = noted(result, "regulator.error")
        relative = errors / self.target
        _, lamp = noted(result, "regulator.level")

        def within(first: float, last: float) -> NDArray[np.bool_]:
            return (times >= first) & (times < last)

        held = within(self.step_time - 5 * self.period, self.step_time)
        late = times >= self.total - 5 * self.period
        out = np.flatnonzero(np.abs(relative) > self.band)
        before = out[times[out] < self.step_time]
        settled = (
            value(times[before[-1]] + self.period - self.start, "s",
                  f"until the error stays within {self.band:.3g} of the target")
            if before.size and times[before[-1]] + self.period < self.step_time
            else missing("s", "until the error stays within the band", "it never does")
        )  # fmt: skip
        return {
            "hold_error": value(
                np.sqrt(np.mean(relative[held] ** 2)), "1",
                "rms of the last five samples before the step, relative to the target",
            ),
            "settling_time": settled,
            "step_deviation": value(
                np.abs(relative[within(self.step_time, self.step_end)]).max(), "1",
                "largest error at a sample during the step",
            ),
            "ramp_deviation": value(
                np.abs(relative[within(self.ramp_start + self.period, self.total)]).max(), "1",
                "largest error at a sample from the start of the ramp on",
            ),
            "lamp_change": value(
                lamp[late].mean() - lamp[within(self.ramp_start - 5 * self.period,
                                                self.ramp_start)].mean(),
                "W/m^2", "lamp at the end against the time before the ramp",
            ),
            "held_current": value(
                self.target - errors[late].mean(), "A", "mean of the last five samples"
            ),
        }  # fmt: skip
