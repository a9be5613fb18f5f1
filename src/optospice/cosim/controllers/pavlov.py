"""Pavlov: a light comes to mean what an electrical stimulus means, and ceases to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, PrivateAttr, model_validator

from optospice import units
from optospice.accuracy import PROFILES, Profile
from optospice.circuit import Circuit, Instance, Source, shining
from optospice.cosim.actions import Pulse, Request, Stop
from optospice.cosim.controller import Context, Controller, Requests, Signals
from optospice.cosim.protocol import ControllerProtocol, noted, value
from optospice.cosim.run import LoopResult
from optospice.device import Device, find_device
from optospice.light import Illumination
from optospice.metrics.value import MetricValue, missing
from optospice.protocols.base import Metrics
from optospice.stimulus import Stimulus, constant


class Trainer:
    """Pairs light and electrical stimulus until the light alone evokes the response.

    Then it lets the light come alone, each time followed by what stands for the missing
    reward, until the response is gone.
    """

    def __init__(self, protocol: Pavlov) -> None:
        self._how = protocol

    def start(self, context: Context) -> Requests:
        """Begin with the light alone, then the electrical stimulus alone."""
        self._context = context
        self._phase, self._trials = "light before", 0
        return self._how.interval

    def sample(self, time: float, signals: Signals) -> Requests:
        """Alternate: begin a trial, read the response at its end."""
        how = self._how
        if not getattr(self, "_running", False):
            self._running = True
            return [*self._stimuli(), time + how.width]
        self._running = False
        response = signals["i(memory.p)"]
        extra = self._conclude(response)
        if self._phase == "over":
            return Stop()
        return [*extra, time + how.interval]

    def _stimuli(self) -> list[Request]:
        how = self._how
        light = Pulse("light", how.irradiance, how.width, rise=how.edge, fall=how.edge)
        food = Pulse("food", how.voltage, how.width, rise=how.edge, fall=how.edge)
        if self._phase == "voltage before":
            return [food]
        return [light, food] if self._phase == "pairing" else [light]

    def _conclude(self, response: float) -> list[Request]:
        how, record = self._how, self._context.record
        if self._phase == "light before":
            record("light_before", response)
            self._phase = "voltage before"
        elif self._phase == "voltage before":
            record("voltage_before", response)
            self._phase = "pairing"
        elif self._phase == "pairing":
            record("pair", response)
            self._trials += 1
            self._phase = "testing"
        elif self._phase == "testing":
            record("light_tested", response)
            if response >= how.threshold:
                self._phase, self._trials = "extinction", 0
            else:
                self._phase = "pairing" if self._trials < how.most_trials else "over"
        elif self._phase == "extinction":
            record("light_unpaired", response)
            self._trials += 1
            if response < how.threshold or self._trials >= how.most_trials:
                self._phase = "over"
                return []
            start = self._context.now + 4 * how.edge
            return [Pulse("food", -how.disappointment, how.width, start, how.edge, how.edge)]
        return []


class Pavlov(ControllerProtocol):
    """Conditioning and extinction of a memristor that a light and a voltage drive together.

    Parameters
    ----------
    readout : float
        Bias on the eye [V].
    eye : str
        Device that turns the light into the voltage.
    eye_gain : float
        Voltage on the memristor per current of the eye [ohm].
    irradiance : float
        Light, the conditioned stimulus [W/m^2].
    wavelength : float
        Its colour [m].
    voltage : float
        Electrical stimulus, the unconditioned one [V].
    disappointment : float
        Height of the negative pulse after a light that stayed unpaired [V].
    width, interval, edge : float
        Width of the stimuli, time between them, edges [s].
    threshold : float
        Current of the memristor that counts as a response [A].
    most_trials : int
        Trials of each phase, at most [1].
    """

    title: ClassVar[str] = "conditioning and extinction with a light and a voltage"
    metric_units: ClassVar[Mapping[str, str]] = {
        "response_before": "A",
        "unconditioned_response": "A",
        "pairs_needed": "1",
        "conditioned_response": "A",
        "trials_to_extinction": "1",
        "response_after": "A",
    }

    name: Literal["pavlov"] = "pavlov"
    readout: units.Voltage = 1.0
    eye: str = "pbs_rc"
    eye_gain: float = Field(default=3e6, gt=0)
    irradiance: units.Irradiance = 12.2
    wavelength: units.Length
    voltage: units.Voltage = 1.8
    disappointment: units.Voltage = 3.0
    width: units.Time = 0.5
    interval: units.Time = 10.0
    edge: units.Time = 1e-3
    threshold: units.Current
    most_trials: int = Field(default=20, ge=1, le=1000)

    _eye: Device = PrivateAttr()

    @model_validator(mode="after")
    def _sensible(self) -> Pavlov:
        self._eye = find_device(self.eye, "controller.eye")  # here: a worker has no folders
        if not 0 < 10 * self.edge < self.width < self.interval / 3:
            raise ValueError("edge, width, interval: accepted: 10 edge < width < interval / 3")
        return self

    @property
    def duration(self) -> float:
        """Longest time that all trials can take [s]."""
        return (3 * self.most_trials + 4) * (self.interval + self.width)

    def actuated(self, device: Device) -> tuple[str, ...]:
        """The terminal of the memristor."""
        return (device.drive_terminal.name,)

    def stimuli(self, device: Device) -> Mapping[str, Stimulus | Illumination]:
        """Give what the memristor sees without a trainer."""
        self._eye.optical_terminal(self.wavelength)
        return {device.drive_terminal.name: constant(0.0)}

    def circuit(
        self,
        device: Device,
        parameters: Mapping[str, float],
        profile: Profile = PROFILES["standard"],
        temperature: float = 300.15,
    ) -> Circuit:
        """Build eye and memristor; the eye's current adds a voltage to the electrical one."""
        eye = self._eye
        drive, light = eye.drive_terminal.name, eye.optical_terminal(self.wavelength).name
        dark = eye.lit({light: constant(0.0)}, self.wavelength)[light]
        (lamp,) = shining(
            eye, light, dark, {"": {}}, node="light", controlled=True
        ).sources.values()
        return Circuit(
            {
                "eye": Instance(eye, {drive: "seen", light: "light"}),
                "memory": Instance(device, {device.drive_terminal.name: "felt"}, dict(parameters)),
            },
            {
                "bias": Source("seen", base=constant(self.readout), controlled=False),
                "light": lamp,
                "food": Source("table"),
            },
            measured=("felt",),
            duration=self.duration,
            profile=profile,
            temperature=temperature,
            # the rebound after the light is of no use to the memristor: only one sign passes
            elements=f"Beye felt table V=max(0, {-self.eye_gain!r}*I(Vbias))",
        )

    def controllers(self, device: Device) -> Mapping[str, Controller]:
        """Give the trainer."""
        return {"trainer": Trainer(self)}

    def measure(self, result: LoopResult, device: Device) -> Metrics:
        """Take the responses to the light before, after conditioning and after extinction."""
        row = {
            name: noted(result, f"trainer.{name}")[1]
            for name in ("light_before", "voltage_before", "pair", "light_tested", "light_unpaired")
        }

        def last(name: str, text: str) -> MetricValue:
            if row[name].size:
                return value(row[name][-1], "A", text)
            return missing("A", text, "it did not come to this")

        conditioned = row["light_tested"].size and row["light_tested"][-1] >= self.threshold
        gone = row["light_unpaired"].size and row["light_unpaired"][-1] < self.threshold
        pairs, trials = "pairs until the light alone evokes it", "lights alone until it is gone"
        return {
            "response_before": last("light_before", "current at the end of the light, untrained"),
            "unconditioned_response": last("voltage_before", "current at the end of the voltage"),
            "pairs_needed": (
                value(row["pair"].size, "1", pairs)
                if conditioned
                else missing("1", pairs, f"not with {row['pair'].size}")
            ),
            "conditioned_response": last("light_tested", "current at the end of the light alone"),
            "trials_to_extinction": (
                value(row["light_unpaired"].size, "1", trials)
                if gone
                else missing("1", trials, f"not with {row['light_unpaired'].size}")
            ),
            "response_after": last("light_unpaired", "current at the end of the last light"),
        }
