"""Current-voltage sweeps, once or repeated, in the dark or under light."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from optospice import units
from optospice.device import Device
from optospice.metrics.value import missing
from optospice.protocols.base import Metrics, Series
from optospice.protocols.limits import checked_pulses
from optospice.protocols.timeline.binding import Bound, signal_unit
from optospice.protocols.timeline.channels import DRIVE, electrical_terminal
from optospice.protocols.timeline.course import Course
from optospice.protocols.timeline.experiment import DRIVE_CURRENT, TimelineProtocol, by_name
from optospice.protocols.timeline.view import READ_POINTS
from optospice.stimulus import Stimulus, StimulusError
from optospice.validation import StrictModel
from optospice.waveforms import Waveforms


class VoltageSweepDefinitions(StrictModel):
    """How the numbers of a sweep are taken.

    Parameters
    ----------
    repetition : {"first", "last"}
        Repetition whose loop is judged.
    area : {"total", "positive", "negative"}
        Part of the loop.
    jump : {"full_scale", "branch"}
        Largest current with which a jump is compared.
    points : int
        Points, at equal voltage steps, at which jumps are looked for [1].
    switching_threshold : float
        Smallest jump that counts as switching, over the largest |I| [1].
    """

    repetition: Literal["first", "last"] = "first"
    area: Literal["total", "positive", "negative"] = "total"
    jump: Literal["full_scale", "branch"] = "full_scale"
    points: int = Field(default=200, ge=3, le=READ_POINTS)
    switching_threshold: units.Ratio = Field(default=0.2, gt=0, lt=1)


class VoltageSweep(TimelineProtocol):
    """Sweep through turning points at a constant rate (MoSe2 paper, Fig. 2b to 2d).

    Parameters
    ----------
    readout : float, optional
        Voltage of the sweep at which the on/off ratio is read [V]; there is none without it.
    terminal : str
        Electrical terminal that is swept; the drive terminal if left out.
    drive_voltage : float
        Bias on the drive terminal where another one is swept [V].
    turning_points : list of float
        Voltages in order, e.g. 0, 5, 0, -5, 0 V [V].
    rate : float
        Sweep rate [V/s].
    repeats : int
        How often; from two on, the sweep must end where it begins [1].
    delay : float
        Time at the first voltage before the sweep [s].
    irradiance : float, optional
        Constant light during the whole run [W/m^2]; with `wavelength`.
    wavelength : float, optional
        Colour of the light [m].
    """

    title: ClassVar[str] = "current-voltage sweeps: hysteresis, switching, repetition"
    measures: ClassVar[tuple[str, ...]] = (
        "hysteresis_area",
        "zero_bias_current",
        "largest_jump",
        "on_off_ratio",
        "set_voltage",
        "reset_voltage",
        "first_peak_current",
        "last_peak_current",
        "first_trough_current",
        "last_trough_current",
        "rising_steps",
        "slowing_steps",
    )

    name: Literal["voltage_sweep"] = "voltage_sweep"
    readout: units.Voltage | None = None
    terminal: str = DRIVE
    drive_voltage: units.Voltage = 0.0
    turning_points: list[units.Voltage] = Field(min_length=2)
    rate: units.SweepRate
    repeats: int = Field(default=1, ge=1, le=100_000)
    delay: units.Time = Field(default=0.0, ge=0)
    irradiance: units.Irradiance | None = Field(default=None, ge=0)
    wavelength: units.Length | None = None
    definitions: VoltageSweepDefinitions = Field(default_factory=VoltageSweepDefinitions)

    @model_validator(mode="after")
    def _closed(self) -> VoltageSweep:
        corners = len(self.turning_points) * self.repeats
        checked_pulses(corners, "turning_points and repeats: corners")
        first = self.turning_points[0]
        if self.repeats > 1 and self.turning_points[-1] != first:
            raise ValueError(
                f"turning_points: a repeated sweep must end where it begins, {first:g} V"
            )
        if (self.irradiance is None) != (self.wavelength is None):
            raise ValueError("irradiance and wavelength belong together: give both or none")
        if self.readout == 0:
            raise ValueError(
                "readout = 0 V: the on/off ratio is read at a voltage; accepted: not 0 V"
            )
        if self.drive_voltage and self.terminal == DRIVE:
            raise ValueError("drive_voltage: belongs to the sweep of another terminal")
        try:
            self.signal  # noqa: B018
        except StimulusError as error:
            raise ValueError(str(error)) from None
        return self

    def rests(self) -> Mapping[str, float]:
        """The bias on the drive terminal, where another one is swept."""
        return {} if self.terminal == DRIVE else {DRIVE: self.drive_voltage}

    def place(self, course: Course) -> None:
        """Add the light and the sweeps."""
        if self.irradiance is not None:
            course.hold("light", f"{self.wavelength!r} m", self.irradiance, None, 0.0)
        course.sweep(
            "sweep", self.terminal, self.turning_points, self.rate, self.repeats, self.delay
        )

    def terminal_on(self, device: Device, channel: str) -> str:
        """Name the terminal of a channel."""
        if channel in (DRIVE, self.terminal):
            return electrical_terminal(device, channel, "protocol.terminal")
        return super().terminal_on(device, channel)

    @property
    def signal(self) -> Stimulus:
        """What the swept terminal sees."""
        return self.course.stimulus(self.terminal)

    def bound(self) -> dict[str, Bound]:
        """The loop's area, jumps and ratio, and the current over the repetitions."""
        chosen, which = self.definitions, self.definitions.repetition
        points = {"points": chosen.points}
        switch = {**points, "threshold": chosen.switching_threshold}
        found = by_name(
            Bound("hysteresis_area", "sweep", chosen.area, repetition=which),
            Bound("zero_bias_current", "sweep", repetition=which),
            Bound("largest_jump", "sweep", chosen.jump, repetition=which, options=points),
            Bound("set_voltage", "sweep", repetition=which, options=switch),
            Bound("reset_voltage", "sweep", repetition=which, options=switch),
            *(Bound(name, "sweep") for name in self.measures[6:]),
        )
        if self.readout is not None:
            read = {"read_voltage": self.readout}
            found["on_off_ratio"] = Bound("on_off_ratio", "sweep", repetition=which, options=read)
        return found

    def measure(self, waveforms: Waveforms, device: Device) -> Metrics:
        """Take the loop's area, jumps and ratio, and the current over the repetitions."""
        note = "no voltage to read it at: give protocol.readout"
        found = {"on_off_ratio": missing("1", "largest over smallest |I| at a voltage", note)}
        found |= super().measure(waveforms, device)
        return {name: found[name] for name in self.measures}

    def series(self, waveforms: Waveforms, device: Device) -> dict[str, Series]:
        """Give the loops, and the current at the ends of the sweep against the repetition."""
        found = {}
        unit = signal_unit(self.response or DRIVE_CURRENT)
        for number, which in ((0, "first"), (self.repeats - 1, "last")):
            how = Bound("", "sweep", repetition=which)  # type: ignore[arg-type]
            loop = self.view("sweep", waveforms, device, how).loop
            found[f"loop {number + 1}"] = Series(*loop, "voltage", "V", unit)
        counted = np.arange(1.0, self.repeats + 1)
        seen = self.view("sweep", waveforms, device)
        peaks, troughs = seen.turning(highest=True), seen.turning(highest=False)
        found["peak current"] = Series(counted, peaks, "repetition", "1", unit)
        found["trough current"] = Series(counted, troughs, "repetition", "1", unit)
        return found
