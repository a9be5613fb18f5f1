"""An experiment that a scenario or a few lines of Python make of steps and metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import ConfigDict, Field, model_validator

from optospice import units
from optospice.device import Device
from optospice.errors import InputError, close_matches
from optospice.light import Illumination
from optospice.metrics.registry import metrics
from optospice.protocols.base import Series
from optospice.protocols.limits import checked_pulses
from optospice.protocols.timeline import binding
from optospice.protocols.timeline.binding import Bound
from optospice.protocols.timeline.channels import DRIVE, check_signal, terminal_of
from optospice.protocols.timeline.course import Course, Window
from optospice.protocols.timeline.experiment import DRIVE_CURRENT, TimelineProtocol
from optospice.protocols.timeline.steps import KINDS, AnyStep, RepeatStep, Step, pulse_count
from optospice.stimulus import Stimulus, StimulusError
from optospice.validation import StrictModel
from optospice.waveforms import Waveforms


class TimelineMetric(StrictModel):
    """A metric bound to a window; further keys are arguments of the metric, with units.

    Parameters
    ----------
    metric : str
        Name of the metric; that of the table if left out.
    window : str
        Name of a step; ``"pulses[2]"`` for its second repetition.
    definition : str, optional
        Its named definition; the metric's default if left out.
    response : str
        Signal that it reads; that of the protocol if left out.
    amplitude : {"raw", "baseline", "step"}
        Definition of the amplitudes that it is made of.
    pulse : int or {"first", "last", "mean"}
        Which pulse it looks at, from 1 on; or its mean over all pulses.
    repetition : {"first", "last"}
        Which repetition of a sweep it looks at.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    metric: str = ""
    window: str
    definition: str | None = None
    response: str = ""
    amplitude: Literal["raw", "baseline", "step"] = "raw"
    pulse: int | Literal["first", "last", "mean"] = "first"
    repetition: Literal["first", "last"] = "first"


class Timeline(TimelineProtocol):
    """Steps on channels, one after another or together, and metrics of their windows.

    Parameters
    ----------
    readout : float
        Voltage at which the drive terminal rests [V].
    steps : list of steps
        What happens, in order.
    metrics : mapping of str to TimelineMetric
        What is measured, by its name in this scenario.
    """

    title: ClassVar[str] = "an experiment of your own: steps on channels, metrics of their windows"

    name: Literal["timeline"] = "timeline"
    readout: units.Voltage = 0.0
    steps: list[AnyStep] = Field(min_length=1)
    metrics: dict[str, TimelineMetric] = {}

    @model_validator(mode="before")
    @classmethod
    def _known_steps(cls, data: Any) -> Any:
        """Name the steps that there are: what a union says of an unknown one helps nobody."""
        if isinstance(data, Mapping):
            _check_kinds(data.get("steps"), "steps")
        return data

    @model_validator(mode="after")
    def _possible(self) -> Timeline:
        checked_pulses(pulse_count(self.steps), "steps: pulses and corners")
        course = self.course
        for channel in course.channels:
            try:
                course.stimulus(channel)
            except StimulusError as error:
                raise ValueError(f"steps on channel {channel!r}: {error}") from None
        if not course.duration > 0:
            raise ValueError("steps: take no time; accepted: a pause, pulses or a sweep among them")
        for name, (bound, window) in self._bound.items():
            try:
                binding.check(bound, window, self._response(bound))
            except InputError as error:
                raise ValueError(f"metrics.{name}.{error}") from None
        return self

    def place(self, course: Course) -> None:
        """Add the steps."""
        for number, step in enumerate(self.steps):
            try:
                step.place(course)
            except StimulusError as error:
                raise ValueError(f"steps[{number}] ({step.window}): {error}") from None

    def rests(self) -> Mapping[str, float]:
        """The read-out bias; without one a sweep or a hold of the drive terminal says it."""
        return {DRIVE: self.readout} if "readout" in self.model_fields_set else {}

    @cached_property
    def _bound(self) -> dict[str, tuple[Bound, Window]]:
        """Every metric with its window."""
        found = {}
        for name, table in self.metrics.items():
            metric = table.metric or name
            try:
                found[name] = self._bind(name, metric, table)
            except InputError as error:
                raise ValueError(f"metrics.{name}.{error}") from None
        return found

    def _bind(self, name: str, metric: str, table: TimelineMetric) -> tuple[Bound, Window]:
        if metric not in metrics():
            raise InputError(f"metric = {metric!r}: {close_matches(metric, metrics())}")
        if name != metric and name in metrics():
            raise InputError(f"metric = {metric!r}: {name!r} is the name of another metric")
        try:
            window = self.course.window(table.window)
        except KeyError:
            raise InputError(
                f"window = {table.window!r}: {self._windows_accepted(table)}"
            ) from None
        bound = Bound(
            metric, table.window, table.definition, table.response, table.amplitude, table.pulse,
            table.repetition,
        )  # fmt: skip
        given = table.model_extra or {}
        options = binding.read_options(bound, self._response(bound), given)
        return Bound(**{**vars(bound), "options": options}), window

    def _windows_accepted(self, table: TimelineMetric) -> str:
        names = [window.name for window in self.course.windows]
        count = names.count(table.window)
        if count > 1:
            return f"stands for {count} steps; accepted: {table.window}[1] to [{count}]"
        return f"there is no step of this name; {close_matches(table.window, dict.fromkeys(names))}"

    def _response(self, bound: Bound) -> str:
        """Signal that a metric reads, as far as it is known without a device."""
        return bound.response or self.response or DRIVE_CURRENT

    def bound(self) -> Mapping[str, Bound]:
        """Every metric with how it is taken."""
        return {name: bound for name, (bound, _) in self._bound.items()}

    def terminal_on(self, device: Device, channel: str) -> str:
        """Name the terminal of a channel."""
        return terminal_of(device, channel, self._place_of(channel))

    def stimuli(self, device: Device) -> Mapping[str, Stimulus | Illumination]:
        """Give what each terminal sees; lights of several steps on one terminal add up."""
        for name, (bound, _) in self._bound.items():
            if bound.response:
                check_signal(device, bound.response, f"protocol.metrics.{name}.response")
        return super().stimuli(device)

    def _place_of(self, channel: str) -> str:
        """Say which step is on a channel, for messages."""
        for place, step in _walk(self.steps, "steps"):
            if channel in (getattr(step, "channel", None), getattr(step, "colour", None)):
                return f"protocol.{place}"
        return "protocol"

    def metric_names(self) -> tuple[str, ...]:
        """Names of the metrics, in order."""
        return tuple(self.metrics)

    def metric_unit(self, name: str) -> str | None:
        """SI unit of a metric."""
        bound, _ = self._bound[name]
        return binding.unit_of(bound, self._response(bound))

    def series(self, waveforms: Waveforms, device: Device) -> dict[str, Series]:
        """Give the readings of every window of readings, and the loops of every sweep."""
        found = {}
        unit = binding.signal_unit(self.response or DRIVE_CURRENT)
        for name in dict.fromkeys(window.name for window in self.course.windows):
            try:
                window = self.course.window(name)
            except KeyError:
                continue
            view = self.view(window, waveforms, device)
            if window.kind == "readings":
                numbers = np.arange(1.0, window.instants.size + 1)
                found[name] = Series(numbers, view.readings, "reading", "1", unit)
            elif window.kind == "sweep":
                found[f"loop, {name}"] = Series(*view.loop, "voltage", "V", unit)
        return found


def _check_kinds(steps: Any, place: str) -> None:
    for number, step in enumerate(steps if isinstance(steps, list) else ()):
        if not isinstance(step, Mapping):
            continue
        do = step.get("do")
        if do is None:
            raise ValueError(f"{place}[{number}].do: is missing; accepted: {', '.join(KINDS)}")
        if do not in KINDS:
            raise ValueError(f"{place}[{number}].do = {do!r}: {close_matches(str(do), KINDS)}")
        _check_kinds(step.get("steps"), f"{place}[{number}].steps")


def _walk(steps: Sequence[Step], place: str) -> Iterator[tuple[str, Step]]:
    for number, step in enumerate(steps):
        yield f"{place}[{number}]", step
        if isinstance(step, RepeatStep):
            yield from _walk(step.steps, f"{place}[{number}].steps")
