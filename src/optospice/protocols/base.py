"""What every experiment is, and every protocol: stimuli, and the metrics taken from the result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import model_validator

from optospice import units
from optospice.device import Device
from optospice.errors import InputError
from optospice.metrics.registry import METRICS
from optospice.metrics.value import MetricValue, missing
from optospice.stimulus import (
    DEFAULT_EDGE,
    FloatArray,
    PulseTrain,
    Samples,
    Signal,
    Stimulus,
    StimulusError,
)
from optospice.trace import Trace
from optospice.validation import StrictModel
from optospice.waveforms import Waveforms

Amplitude = Literal["raw", "baseline", "step"]
Metrics = dict[str, MetricValue]
#: How an experiment is run: by its own stimuli, under controllers, or as an analysis.
Kind = Literal["open loop", "closed loop", "analysis"]

#: Most pulses of a run, or corners of its sweeps [1]: their times are kept in memory.
MOST_PULSES = 200_000
#: From the start at 0 V to the read-out bias, where a protocol starts at rest [s].
REST_TIME = 1e-3


@dataclass(frozen=True, eq=False)
class Series:
    """A row of values that a protocol reads, for figures and tables; ``x, y = series`` works.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Places and values, in SI units.
    x_name, x_unit : str
        What the places are, and their unit.
    y_unit : str
        Unit of the values.
    x_log, y_log : bool
        Whether a figure draws the axis logarithmically.
    """

    x: FloatArray
    y: FloatArray
    x_name: str
    x_unit: str
    y_unit: str
    x_log: bool = False
    y_log: bool = False

    def __iter__(self) -> Iterator[FloatArray]:
        """Give x and y."""
        return iter((self.x, self.y))


class Options(StrictModel):
    """Base of every table in a scenario: unknown keys are errors, nothing changes later."""


class Experiment(Options, ABC):
    """Something that is done to a device, and what is measured in the result.

    There are three kinds. An open loop applies stimuli that are known beforehand; its result
    is `Waveforms`. In a closed loop controllers answer to what they see; its result is a
    `LoopResult`. An analysis looks at the device around an operating point; its result is one
    of `optospice.analysis`.

    Attributes
    ----------
    title : str
        What it does, in one line.
    kind : {"open loop", "closed loop", "analysis"}
        How it is run, and so what `measure` is given.
    measures : tuple of str
        Names of the metrics that every experiment of this class gives, in order.
    """

    title: ClassVar[str]
    kind: ClassVar[Kind]
    measures: ClassVar[tuple[str, ...]] = ()

    name: str

    @abstractmethod
    def stimuli(self, device: Device) -> Mapping[str, Stimulus]:
        """Give what each terminal of a device sees, apart from what controllers do.

        Raises
        ------
        InputError
            When the device lacks a terminal that the experiment needs.
        """

    @property
    def duration(self) -> float:
        """Simulated time [s]; 0 s where no time passes."""
        return 0.0

    @abstractmethod
    def measure(self, result: Any, device: Device) -> Metrics:
        """Take the metrics of one run.

        Parameters
        ----------
        result : Waveforms, LoopResult or a result of an analysis
            What the run gave, by the `kind` of the experiment.
        device : Device
            What was simulated.
        """

    def series(self, waveforms: Any, device: Device) -> dict[str, Series]:
        """Give the rows behind the metrics by name, e.g. conductance against pulse number.

        Parameters
        ----------
        waveforms : Waveforms or a result of an analysis
            What the run gave.
        device : Device
            What was simulated.
        """
        return {}

    def metric_names(self) -> tuple[str, ...]:
        """Names of the metrics that `measure` gives, in order."""
        return self.measures

    def metric_unit(self, name: str) -> str | None:
        """SI unit of a metric that `measure` gives; None where it is not known before a run."""
        info = METRICS.get(name)
        return None if info is None else info.unit


class Protocol(Experiment):
    """An open loop: stimuli that are known beforehand.

    Parameters
    ----------
    readout : float
        Bias on the device's drive terminal [V].
    """

    kind: ClassVar[Kind] = "open loop"

    readout: units.Voltage = 1.0

    @property
    @abstractmethod
    def duration(self) -> float:
        """Simulated time [s]."""

    @abstractmethod
    def measure(self, waveforms: Waveforms, device: Device) -> Metrics:
        """Take the metrics of this protocol from the waveforms of one run."""


@dataclass(frozen=True)
class Response:
    """The response of a device to pulses, as metrics need it.

    Parameters
    ----------
    current : Trace
        Current into the drive terminal [A].
    voltage : Trace
        Voltage on the drive terminal [V].
    onsets, offsets : ndarray, shape (m,)
        Start of each pulse's rising and falling edge [s].
    """

    current: Trace
    voltage: Trace
    onsets: FloatArray
    offsets: FloatArray

    @cached_property
    def edge_note(self) -> str:
        """Say how edges of pulses were read that no sample meets; empty for a simulation."""
        from optospice.metrics.windows import edge_note

        return edge_note(self.current, np.concatenate([self.onsets, self.offsets]))

    @cached_property
    def baseline(self) -> float:
        """Current just before the first pulse [A]."""
        from optospice.metrics.levels import dark_current

        return dark_current(self.current, float(self.onsets[0])).value

    def recovery(self, pulse_end: float, start: float, end: float | None) -> MetricValue:
        """Fit the return to the baseline, where it stands out from the solver's error.

        Parameters
        ----------
        pulse_end : float
            End of the last pulse [s].
        start, end : float
            Window after it [s]; to the end of the record if `end` is None.
        """
        from optospice.metrics.postsynaptic_current import recovery_time_constant
        from optospice.metrics.windows import read_at_edges

        value = recovery_time_constant(self.current, pulse_end, self.baseline, start=start, end=end)
        read = read_at_edges(self.current, pulse_end + start, "after")
        left = abs(float(read) - self.baseline)
        resolved = self.current.resolution
        if left < resolved:
            note = (
                f"{start:g} s after the pulse {left:.2g} A are left, below the "
                f"{resolved:.2g} A to which the current is simulated"
            )
            return missing(value.unit, value.definition, note)
        return value


class PulsedProtocol(Protocol):
    """A protocol of light pulses or voltage pulses on top of the read-out bias.

    Parameters
    ----------
    irradiance : float, optional
        Light during a pulse [W/m^2]; with `wavelength`.
    wavelength : float, optional
        Colour of the light [m].
    voltage : float, optional
        Voltage during a pulse [V], instead of light.
    width : float
        From the start of the rising to the start of the falling edge [s].
    delay : float
        Dark time before the first pulse [s].
    rise, fall : float, optional
        Duration of the edges [s].
    initial : {"operating_point", "rest"}
        What the run starts from: the device after an infinite time at the read-out bias, or
        the device at 0 V, with the bias from 1 ms on.
    """

    #: Times that must be above zero.
    positive: ClassVar[tuple[str, ...]] = ("delay",)

    irradiance: units.Irradiance | None = None
    wavelength: units.Length | None = None
    voltage: units.Voltage | None = None
    width: units.Time
    delay: units.Time = 5.0
    rise: units.Time | None = None
    fall: units.Time | None = None
    initial: Literal["operating_point", "rest"] = "operating_point"

    @model_validator(mode="after")
    def _one_stimulus(self) -> PulsedProtocol:
        if (self.irradiance is None) == (self.voltage is None):
            raise ValueError("irradiance and voltage: give one of the two")
        if (self.irradiance is None) != (self.wavelength is None):
            raise ValueError("irradiance and wavelength belong together: give both or none")
        if self.irradiance is not None and self.irradiance < 0:
            raise ValueError(f"irradiance = {self.irradiance:g} W/m^2: must not be below 0")
        for name in self.positive:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} = {getattr(self, name):g} s: must be above 0 s")
        if self.initial == "rest" and self.delay <= 2 * REST_TIME:
            raise ValueError(
                f"delay = {self.delay:g} s: must be above {2 * REST_TIME:g} s with initial = "
                f"'rest', where the read-out bias comes after {REST_TIME:g} s"
            )
        try:
            Signal(0.0, self.trains())
        except StimulusError as error:
            raise ValueError(str(error)) from None
        return self

    @abstractmethod
    def trains(self) -> tuple[PulseTrain, ...]:
        """Give the pulse trains that this protocol applies to the pulsed terminal."""

    def pulses(self, **timing: Any) -> PulseTrain:
        """Give a train of this protocol's level, width and edges."""
        level = self.irradiance if self.irradiance is not None else self.voltage
        given = {"level": float(level or 0.0), "width": self.width, "delay": self.delay, **timing}
        return PulseTrain(rise=self.rise, fall=self.fall, **given)

    @cached_property
    def signal(self) -> Signal:
        """What the pulsed terminal sees."""
        return Signal(self.readout if self.irradiance is None else 0.0, self.trains())

    def stimuli(self, device: Device) -> Mapping[str, Stimulus]:
        """Give the read-out bias and the pulses, each on its terminal."""
        drive = device.drive_terminal.name
        if self.irradiance is None:
            return {drive: self.from_initial(self.signal)}
        bias = self.from_initial(Signal(self.readout))
        return {drive: bias, self.light(device): self.signal}

    def from_initial(self, drive: Stimulus) -> Stimulus:
        """Give what the drive terminal sees: with a start at rest from 0 V on."""
        if self.initial == "operating_point" or self.readout == 0:
            return drive
        times, levels = drive.points
        return Samples(
            np.concatenate([[0.0, REST_TIME, REST_TIME + DEFAULT_EDGE], times[1:]]),
            np.concatenate([[0.0, 0.0], levels]),
            drive.onsets,
            drive.offsets,
        )

    def light(self, device: Device) -> str:
        """Name the terminal that takes this protocol's light."""
        if self.wavelength is None:
            raise InputError("protocol.wavelength: is missing")
        return device.optical_terminal(self.wavelength).name

    def response(self, waveforms: Waveforms, device: Device) -> Response:
        """Cut what the metrics need out of the waveforms."""
        drive = device.drive_terminal.name
        return Response(
            waveforms.trace(f"i({drive})"),
            waveforms.trace(f"v({drive})"),
            self.signal.onsets,
            self.signal.offsets,
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

    @property
    def duration(self) -> float:
        """End of the last pulse and the tail [s]."""
        return self.signal.end + self.tail


def checked_pulses(number: int, keys: str) -> None:
    """Refuse a run of too many pulses before any of them is built.

    Raises
    ------
    ValueError
        When there are more than `MOST_PULSES`.
    """
    if number > MOST_PULSES:
        raise ValueError(f"{keys}: {number} in a run; accepted: up to {MOST_PULSES:,}")
