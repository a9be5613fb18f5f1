"""Current-voltage sweeps, once or repeated, in the dark or under light."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from optospice import units
from optospice.device import Device
from optospice.metrics import hysteresis, selections, steps, switching, switching_voltages
from optospice.protocols.base import Metrics, Options, Protocol, Series, checked_pulses
from optospice.protocols.reading import read_current, repeat_resolution
from optospice.stimulus import FloatArray, Samples, Signal, Stimulus, StimulusError
from optospice.stimulus import voltage_sweep as triangular
from optospice.waveforms import Waveforms

#: Points at which one repetition is read, besides those of the solver [1].
READ_POINTS = 2001


class VoltageSweepDefinitions(Options):
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


class VoltageSweep(Protocol):
    """Sweep through turning points at a constant rate (MoSe2 paper, Fig. 2b to 2d).

    Here `readout` [V] is the voltage at which the on/off ratio is read.

    Parameters
    ----------
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
        try:
            triangular(self.turning_points, self.rate)
        except StimulusError as error:
            raise ValueError(str(error)) from None
        return self

    @cached_property
    def signal(self) -> Samples:
        """What the drive terminal sees."""
        points = self.turning_points + self.turning_points[1:] * (self.repeats - 1)
        return triangular(points, self.rate, self.delay)

    def stimuli(self, device: Device) -> Mapping[str, Stimulus]:
        """Give the sweep, and the light where there is any."""
        given: dict[str, Stimulus] = {device.drive_terminal.name: self.signal}
        if self.irradiance is not None and self.wavelength is not None:
            given[device.optical_terminal(self.wavelength).name] = Signal(self.irradiance)
        return given

    @property
    def duration(self) -> float:
        """End of the last sweep [s]."""
        return self.signal.end

    def turning_currents(self, waveforms: Waveforms, device: Device) -> FloatArray:
        """Read the current at each turning voltage.

        Returns
        -------
        ndarray, shape (repeats, number of turning points)
            Current [A]; the last of a repetition is the first of the next.
        """
        current = read_current(waveforms, device, self.signal.times)
        legs = len(self.turning_points) - 1
        places = legs * np.arange(self.repeats)[:, None] + np.arange(legs + 1)
        rows: FloatArray = current[places]
        return rows

    def loop(
        self, waveforms: Waveforms, device: Device, repetition: int
    ) -> tuple[FloatArray, FloatArray]:
        """Read one repetition, from 0: voltage [V] and current [A] in the order of time."""
        legs = len(self.turning_points) - 1
        corners = self.signal.times[repetition * legs : (repetition + 1) * legs + 1]
        start, end = float(corners[0]), float(corners[-1])
        inside = waveforms.time[(waveforms.time > start) & (waveforms.time < end)]
        times = np.unique(np.concatenate([np.linspace(start, end, READ_POINTS), corners, inside]))
        return np.interp(times, *self.signal.points), read_current(waveforms, device, times)

    def series(self, waveforms: Waveforms, device: Device) -> dict[str, Series]:
        """Give the loops, and the current at the ends of the sweep against the repetition."""
        found = {}
        for number in sorted({0, self.repeats - 1}):
            voltage, current = self.loop(waveforms, device, number)
            found[f"loop {number + 1}"] = Series(voltage, current, "voltage", "V", "A")
        counted = np.arange(1.0, self.repeats + 1)
        peaks, troughs = self._extremes(waveforms, device)
        found["peak current"] = Series(counted, peaks, "repetition", "1", "A")
        found["trough current"] = Series(counted, troughs, "repetition", "1", "A")
        return found

    def measure(self, waveforms: Waveforms, device: Device) -> Metrics:
        """Take the loop's area, jumps and ratio, and the current over the repetitions."""
        chosen = self.definitions
        number = 0 if chosen.repetition == "first" else self.repeats - 1
        voltage, current = self.loop(waveforms, device, number)
        peaks, troughs = self._extremes(waveforms, device)
        low, high = min(self.turning_points), max(self.turning_points)
        at_peak, at_trough = f"current at {high:g} V", f"current at {low:g} V"
        over, error = f"{at_peak} over the repetitions", repeat_resolution(waveforms, peaks)
        limit, points = chosen.switching_threshold, chosen.points
        loop = {
            "hysteresis_area": hysteresis.hysteresis_area(voltage, current, chosen.area),
            "zero_bias_current": hysteresis.zero_bias_current(voltage, current),
            "largest_jump": switching.largest_jump(
                voltage, current, chosen.jump, points=chosen.points
            ),
            "on_off_ratio": switching.on_off_ratio(voltage, current, self.readout),
            "set_voltage": switching_voltages.set_voltage(
                voltage, current, threshold=limit, points=points
            ),
            "reset_voltage": switching_voltages.reset_voltage(
                voltage, current, threshold=limit, points=points
            ),
        }
        where = f"{chosen.repetition} repetition"
        return {
            **{k: replace(v, definition=f"{v.definition}; {where}") for k, v in loop.items()},
            "first_peak_current": selections.first_peak_current(peaks, at_peak),
            "last_peak_current": selections.last_peak_current(peaks, at_peak),
            "first_trough_current": selections.first_trough_current(troughs, at_trough),
            "last_trough_current": selections.last_trough_current(troughs, at_trough),
            "rising_steps": steps.rising_steps(peaks, over, resolution=error),
            "slowing_steps": steps.slowing_steps(peaks, over, resolution=error),
        }

    def _extremes(self, waveforms: Waveforms, device: Device) -> tuple[FloatArray, FloatArray]:
        """Current at the highest and at the lowest voltage of each repetition [A]."""
        rows = self.turning_currents(waveforms, device)
        points = np.array(self.turning_points)
        return rows[:, int(points.argmax())], rows[:, int(points.argmin())]
