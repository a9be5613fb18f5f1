"""Protocols of light pulses or voltage pulses, on top of the read-out bias."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import model_validator

from optospice import units
from optospice.device import Device
from optospice.light import Illumination, total_of
from optospice.protocols.timeline.channels import DRIVE, electrical_terminal
from optospice.protocols.timeline.course import Course
from optospice.protocols.timeline.experiment import TimelineProtocol
from optospice.protocols.timeline.shapes import PulseShape, outline
from optospice.stimulus import DEFAULT_EDGE, PulseTrain, Samples, Signal, Stimulus, StimulusError

#: From the start at 0 V to the read-out bias, where a protocol starts at rest [s].
REST_TIME = 1e-3


class PulsedProtocol(TimelineProtocol):
    """A protocol of light pulses or voltage pulses on top of the read-out bias.

    Parameters
    ----------
    readout : float
        Bias on the device's drive terminal [V].
    irradiance : float, optional
        Light during a pulse [W/m^2]; with `wavelength`.
    wavelength : float, optional
        Colour of the light [m].
    voltage : float, optional
        Voltage during a pulse [V], instead of light.
    terminal : str
        Electrical terminal that is pulsed; the drive terminal if left out.
    base_voltage : float
        Voltage between pulses on another terminal than the drive terminal [V].
    width : float
        From the start of the rising to the start of the falling edge [s].
    delay : float
        Dark time before the first pulse [s].
    rise, fall : float, optional
        Duration of the edges [s].
    shape : {"rectangle", "triangle"}
        Course of a pulse; a triangle has its level at half the width.
    points : list of [time, share]
        Corners of another course: times after the start [s], and shares of the level above the
        resting one [1]; stretched to the width of pulses of another width.
    initial : {"operating_point", "rest"}
        What the run starts from: the device after an infinite time at the read-out bias, or
        the device at 0 V, with the bias from 1 ms on.
    """

    #: Times that must be above zero.
    positive: ClassVar[tuple[str, ...]] = ("delay",)

    readout: units.Voltage = 1.0
    irradiance: units.Irradiance | None = None
    wavelength: units.Length | None = None
    voltage: units.Voltage | None = None
    terminal: str = DRIVE
    base_voltage: units.Voltage = 0.0
    width: units.Time
    delay: units.Time = 5.0
    rise: units.Time | None = None
    fall: units.Time | None = None
    shape: PulseShape = "rectangle"
    points: list[tuple[units.Time, units.Ratio]] = []
    initial: Literal["operating_point", "rest"] = "operating_point"

    @model_validator(mode="after")
    def _one_stimulus(self) -> PulsedProtocol:
        if (self.irradiance is None) == (self.voltage is None):
            raise ValueError("irradiance and voltage: give one of the two")
        if (self.irradiance is None) != (self.wavelength is None):
            raise ValueError("irradiance and wavelength belong together: give both or none")
        if self.irradiance is not None and self.irradiance < 0:
            raise ValueError(f"irradiance = {self.irradiance:g} W/m^2: must not be below 0")
        if self.irradiance is not None and self.terminal != DRIVE:
            raise ValueError("terminal: is pulsed with a voltage, not with light")
        if self.base_voltage and self.terminal == DRIVE:
            raise ValueError("base_voltage: the drive terminal rests at readout")
        for name in self.positive:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} = {getattr(self, name):g} s: must be above 0 s")
        if self.initial == "rest" and self.delay <= 2 * REST_TIME:
            raise ValueError(
                f"delay = {self.delay:g} s: must be above {2 * REST_TIME:g} s with initial = "
                f"'rest', where the read-out bias comes after {REST_TIME:g} s"
            )
        try:
            for channel in self.course.channels:
                self.course.stimulus(channel)
        except StimulusError as error:
            raise ValueError(str(error)) from None
        return self

    @property
    def channel(self) -> str:
        """Channel of the pulses: the drive terminal, another one, or a colour."""
        return self.terminal if self.wavelength is None else f"{self.wavelength!r} m"

    def rests(self) -> Mapping[str, float]:
        """The read-out bias, and the level between pulses on another terminal."""
        other = {} if self.channel == DRIVE else {self.channel: self.base_voltage}
        return {DRIVE: self.readout, **other}

    def terminal_on(self, device: Device, channel: str) -> str:
        """Name the terminal of a channel."""
        if channel in (DRIVE, self.terminal):
            return electrical_terminal(device, channel, "protocol.terminal")
        return super().terminal_on(device, channel)

    def pulses(self, **timing: Any) -> PulseTrain:
        """Give a train of this protocol's level, width and edges."""
        level = self.irradiance if self.irradiance is not None else self.voltage
        given = {"level": float(level or 0.0), "width": self.width, **timing}
        return PulseTrain(rise=self.rise, fall=self.fall, **given)

    def train(self, course: Course, name: str, channel: str = "", **timing: Any) -> PulseTrain:
        """Add a train to a course, after the dark time or all that came before it."""
        train = self.pulses(**timing)
        start = course.begin() if course.windows else self.delay
        shape = outline(self.shape, self.points, self.width)
        course.train(name, channel or self.channel, train, start, shape)
        return train

    @cached_property
    def signal(self) -> Signal:
        """Level and times of the pulses on their terminal, as rectangles."""
        channel = self.channel
        return Signal(self.rests()[channel], self.course.trains(channel))

    def stimuli(self, device: Device) -> Mapping[str, Stimulus | Illumination]:
        """Give the read-out bias and the pulses, each on its terminal."""
        drive = device.drive_terminal.name
        given = dict(super().stimuli(device))
        return {**given, drive: self.from_initial(total_of(given[drive]))}

    def from_initial(self, drive: Stimulus) -> Stimulus:
        """Give what the drive terminal sees: with a start at rest from 0 V on."""
        if self.initial == "operating_point" or self.readout == 0:
            return drive
        times, levels = drive.points
        later = times > REST_TIME + DEFAULT_EDGE
        return Samples(
            np.concatenate([[0.0, REST_TIME, REST_TIME + DEFAULT_EDGE], times[later]]),
            np.concatenate([[0.0, 0.0, self.readout], levels[later]]),
            drive.onsets,
            drive.offsets,
        )


class PulseProtocol(PulsedProtocol):
    """Pulses, and a time after the last of them.

    Parameters
    ----------
    tail : float
        Time after the last pulse [s].
    """

    positive: ClassVar[tuple[str, ...]] = ("delay", "tail")

    tail: units.Time = 30.0

    def rest(self, course: Course) -> None:
        """Add the time after the last pulse; it counts from the end of its falling edge."""
        course.pause("tail", self.tail, course.duration)
