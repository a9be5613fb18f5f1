"""Protocols whose stimuli, duration and metrics follow from steps that are placed in time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Literal

from optospice.device import Device
from optospice.errors import InputError
from optospice.light import Beam, Illumination
from optospice.metrics.column import MetricColumn
from optospice.protocols.base import Metrics, Protocol
from optospice.protocols.timeline import binding
from optospice.protocols.timeline.binding import Bound
from optospice.protocols.timeline.channels import DRIVE, check_signal, colour_of, terminal_of
from optospice.protocols.timeline.course import Course, Window
from optospice.protocols.timeline.shapes import superpose
from optospice.protocols.timeline.view import View
from optospice.stimulus import Signal, Stimulus
from optospice.waveform_block import WaveformBlock
from optospice.waveforms import Waveforms

Amplitude = Literal["raw", "baseline", "step"]
#: Stands for the current into the drive terminal, whose name only a device knows.
DRIVE_CURRENT = "i("


class TimelineProtocol(Protocol):
    """A protocol that is a timeline.

    Parameters
    ----------
    response : str
        Signal that metrics read: a current such as ``"i(d)"``, a voltage such as ``"v(out)"``,
        emitted light such as ``"p(light_out)"``, or a state; the current into the drive
        terminal if left out.
    """

    response: str = ""

    @abstractmethod
    def place(self, course: Course) -> None:
        """Add the steps to a course.

        Raises
        ------
        StimulusError
            When the timing contradicts itself.
        """

    def rests(self) -> Mapping[str, float]:
        """Levels at which channels rest [V or W/m^2]."""
        return {}

    def bound(self) -> Mapping[str, Bound]:
        """Metrics by name, each bound to a window; others are taken by `measure`."""
        return {}

    @cached_property
    def course(self) -> Course:
        """When everything happens."""
        course = Course(self.rests())
        self.place(course)
        return course

    @property
    def duration(self) -> float:
        """When the last step is over [s]."""
        return self.course.duration

    def terminal_on(self, device: Device, channel: str) -> str:
        """Name the terminal of a channel.

        Raises
        ------
        InputError
            When the device has no such terminal.
        """
        return terminal_of(device, channel)

    def stimuli(self, device: Device) -> Mapping[str, Stimulus | Illumination]:
        """Give what each terminal sees; what comes to one terminal on several channels adds up."""
        together: dict[str, list[Stimulus]] = {device.drive_terminal.name: []}
        lights: dict[str, list[Beam]] = {}
        for channel in self.course.channels:
            terminal, colour = self.terminal_on(device, channel), colour_of(device, channel)
            if colour is not None and device.response(terminal) is not None:
                beam = Beam(self.course.stimulus(channel), colour)
                lights.setdefault(terminal, []).append(beam)
            else:
                together.setdefault(terminal, []).append(self.course.stimulus(channel))
        for terminal in lights.keys() & together.keys():
            raise InputError(
                f"protocol: light without a colour and light of a colour on terminal {terminal!r}; "
                "accepted: a wavelength for each"
            )
        if self.response:
            check_signal(device, self.response, "protocol.response")
        rest = Signal(self.rests().get(DRIVE, 0.0))
        lit = {name: Illumination(tuple(beams)) for name, beams in lights.items()}
        return {**{name: superpose(found or [rest]) for name, found in together.items()}, **lit}

    def signal_read(self, device: Device) -> str:
        """Name the signal that metrics read."""
        return self.response or f"i({device.drive_terminal.name})"

    def metric_unit(self, name: str) -> str | None:
        """SI unit of a metric, which follows from what the response is."""
        unit = super().metric_unit(name)
        return unit and binding.response_unit(unit, self.response or DRIVE_CURRENT)

    def view(
        self,
        window: Window | str,
        waveforms: Waveforms | WaveformBlock,
        device: Device,
        bound: Bound | None = None,
        known: dict[tuple[Any, ...], Any] | None = None,
    ) -> View:
        """Look at a window of a run.

        Parameters
        ----------
        window : Window or str
            Window, or the name of the step that left it.
        waveforms : Waveforms or WaveformBlock
            From a simulation, or of a measurement.
        device : Device
            Whose.
        bound : Bound, optional
            How a metric looks at it.
        known : dict, optional
            What other views of the same run, or block, have taken.
        """
        seen = self.course.window(window) if isinstance(window, str) else window
        how = bound or Bound("", seen.name)
        drive = device.drive_terminal.name
        return View(
            seen,
            waveforms,
            how.response or self.signal_read(device),
            drive,
            self.terminal_on(device, seen.channel) if seen.channel else drive,
            self.course.first_onset,
            how.amplitude,
            binding.chosen_pulse(how.pulse),
            -1 if how.repetition == "last" else 0,
            {} if known is None else known,
        )

    def measure(self, waveforms: Waveforms, device: Device) -> Metrics:
        """Take every bound metric of its window."""
        known: dict[tuple[Any, ...], Any] = {}
        return {
            name: binding.measure(bound, self.view(bound.window, waveforms, device, bound, known))
            for name, bound in self.bound().items()
        }

    def measure_block(
        self, results: Sequence[Waveforms], device: Device
    ) -> dict[str, MetricColumn]:
        """Take every bound metric of its window in all runs of a block at once.

        A metric that has no equal for blocks, see `optospice.metrics.registry.in_blocks`, is
        taken run by run; so are all of a protocol that takes metrics of its own in `measure`.

        Raises
        ------
        ValueError
            When the metrics of a run cannot be taken.
        """
        alone = type(self).measure is not TimelineProtocol.measure
        if alone or not isinstance(results, WaveformBlock):
            return super().measure_block(results, device)
        known: dict[tuple[Any, ...], Any] = {}
        found: dict[str, MetricColumn] = {}
        runs: list[tuple[Waveforms, dict[tuple[Any, ...], Any]]] = []
        for name, bound in self.bound().items():
            view = self.view(bound.window, results, device, bound, known)
            column = binding.measure_block(bound, view)
            if column is None:
                runs = runs or [(waveforms, {}) for waveforms in results]
                column = MetricColumn.of(
                    [
                        binding.measure(bound, replace(view, waveforms=one, known=own))
                        for one, own in runs
                    ]
                )
            found[name] = column
        return found


def by_name(*bound: Bound) -> dict[str, Bound]:
    """Give bound metrics by their own names."""
    return {one.metric: one for one in bound}
