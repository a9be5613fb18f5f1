"""Spike-timing-dependent plasticity: a pre- and a postsynaptic pulse at a signed distance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from optospice import units
from optospice.device import Device
from optospice.light import Illumination
from optospice.metrics import plasticity
from optospice.metrics.value import MetricValue
from optospice.protocols.base import Metrics
from optospice.protocols.pulsed import PulsedProtocol
from optospice.protocols.timeline.binding import Bound, of_response
from optospice.protocols.timeline.course import Course
from optospice.protocols.timeline.experiment import by_name
from optospice.protocols.timeline.shapes import superpose
from optospice.stimulus import PulseTrain, Samples, Signal, Stimulus, StimulusError
from optospice.validation import StrictModel
from optospice.waveforms import Waveforms


class SpikeTimingDefinitions(StrictModel):
    """How the weight change is taken.

    Parameters
    ----------
    weight_change : {"relative", "ratio"}
        (I_after - I_before)/I_before or I_after/I_before, at the read-out bias.
    """

    weight_change: Literal["relative", "ratio"] = "relative"


class SpikeTiming(PulsedProtocol):
    """A spike pair on a two-terminal device.

    The drive terminal sees readout + V_pre(t) - V_post(t): the postsynaptic spike arrives at
    the other electrode. `voltage` and `post_voltage` are amplitudes above the bias. With
    `irradiance`, the presynaptic spike is light and V_pre is zero.

    Parameters
    ----------
    interval : float
        Start of the postsynaptic minus start of the presynaptic spike [s], of either sign.
    post_voltage : float, optional
        Amplitude of the postsynaptic spike [V]; `voltage` if left out.
    post_width : float, optional
        Its width [s]; `width` if left out.
    after_ratio : float
        Level right after an electrical spike over its amplitude, usually negative [1]; it
        returns to zero in a straight line.
    after_width : float
        How long that takes [s].
    count : int
        Number of pairs [1].
    period : float, optional
        From pair to pair [s].
    read_delay : float
        From the end of the last pair to the reading [s].
    """

    title: ClassVar[str] = "a spike pair: weight change against the distance in time"
    measures: ClassVar[tuple[str, ...]] = (
        "dark_current",
        "level_after_pause",
        "synaptic_weight_change",
    )
    positive: ClassVar[tuple[str, ...]] = ("delay", "read_delay")

    name: Literal["spike_timing"] = "spike_timing"
    readout: units.Voltage = 0.5
    interval: units.Time
    post_voltage: units.Voltage | None = None
    post_width: units.Time | None = None
    after_ratio: units.Ratio = 0.0
    after_width: units.Time = Field(default=0.0, ge=0)
    count: int = Field(default=1, ge=1, le=100_000)
    period: units.Time | None = None
    read_delay: units.Time = 1.0
    definitions: SpikeTimingDefinitions = Field(default_factory=SpikeTimingDefinitions)

    @model_validator(mode="after")
    def _complete(self) -> SpikeTiming:
        if self.voltage is None and self.post_voltage is None:
            raise ValueError("post_voltage: is missing, with light as the presynaptic spike")
        for key in ("terminal", "shape", "points"):
            if getattr(self, key) != type(self).model_fields[key].get_default():
                raise ValueError(f"{key}: spikes are rectangles with a tail on the drive terminal")
        if (self.after_ratio == 0) != (self.after_width == 0):
            raise ValueError("after_ratio and after_width belong together: give both or none")
        return self

    def spikes(self) -> tuple[PulseTrain, PulseTrain]:
        """Give the presynaptic and the postsynaptic spikes, without what follows them."""
        width = self.width if self.post_width is None else self.post_width
        level = self.voltage if self.post_voltage is None else self.post_voltage
        timing = {"count": self.count, "period": self.period}
        pre = self.pulses(delay=self.delay + max(-self.interval, 0.0), **timing)
        post = self.pulses(
            level=float(level or 0.0),
            width=width,
            delay=self.delay + max(self.interval, 0.0),
            **timing,
        )
        return pre, post

    def place(self, course: Course) -> None:
        """Add the presynaptic spikes, and the reading after all; the rest is superposed."""
        pre, _ = self.spikes()
        lasts = self._pair_end() - self.delay
        if self.period is not None and self.count > 1 and lasts > self.period:
            raise StimulusError(
                f"period = {self.period:g} s: a pair with what follows it lasts {lasts:g} s; "
                "accepted: that or more"
            )
        course.train("pre", self.channel, replace(pre, delay=0.0), pre.delay)
        end = self.pairs_end + self.read_delay
        course.pause("pairs", end - self.delay, self.delay)
        course.read("after", None, None, (), course.begin(end))

    def bound(self) -> dict[str, Bound]:
        """The current after the pairs."""
        return by_name(Bound("level_after_pause", "after"))

    def _pair_end(self) -> float:
        """Time at which the first pair and what follows it is over [s]."""
        pre, post = self.spikes()
        after_light = 0.0 if self.irradiance is not None else self.after_width
        return max(
            float(pre.offsets[0]) + pre.fall_time + after_light,
            float(post.offsets[0]) + post.fall_time + self.after_width,
        )

    @property
    def pairs_end(self) -> float:
        """Time at which the last pair and what follows it is over [s]."""
        return self._pair_end() + (self.count - 1) * (self.period or 0.0)

    def drive(self) -> Samples:
        """Give readout + V_pre - V_post with every corner of both."""
        pre, post = self.spikes()
        parts: list[Stimulus] = [Signal(self.readout), self._spikes(post)]
        if self.irradiance is None:
            parts.append(self._spikes(pre))
        total = superpose(parts, [1.0, -1.0, 1.0][: len(parts)])
        times, levels = total.points
        starts = np.minimum(pre.onsets, post.onsets)
        return Samples(times, levels, starts, starts + (self._pair_end() - self.delay))

    def _spikes(self, train: PulseTrain) -> Samples:
        """A row of spikes, each followed by its after-level."""
        on, off, back = train.onsets, train.offsets, train.offsets + train.fall_time
        after = self.after_ratio * train.level
        corners, shape = (
            [on, on + train.rise_time, off, back],
            [0.0, train.level, train.level, after],
        )
        if self.after_width:
            corners.append(back + self.after_width)
            shape.append(0.0)
        return Samples(np.stack(corners, axis=1).ravel(), np.tile(shape, train.count))

    def stimuli(self, device: Device) -> Mapping[str, Stimulus | Illumination]:
        """Give the superposed spikes on the drive terminal, or light and the postsynaptic ones."""
        given = super().stimuli(device)
        return {**given, device.drive_terminal.name: self.from_initial(self.drive())}

    def measure(self, waveforms: Waveforms, device: Device) -> Metrics:
        """Read the current before and after the pairs."""
        before = self.view("after", waveforms, device).read_at(np.array([self.delay]))
        found = super().measure(waveforms, device)
        pair = [float(before[0]), found["level_after_pause"].value]
        change = plasticity.synaptic_weight_change(pair, self.definitions.weight_change)
        words = (
            f"{change.definition}; A = current at {self.readout:g} V, A_1 before the pairs, A_n "
            f"{self.read_delay:g} s after them"
        )
        dark = MetricValue(pair[0], "A", "current at the onset of the first pair")
        found["dark_current"] = of_response(dark, self.signal_read(device))
        found["synaptic_weight_change"] = replace(change, definition=words)
        return {name: found[name] for name in self.measures}
