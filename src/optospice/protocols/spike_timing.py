"""Spike-timing-dependent plasticity: a pre- and a postsynaptic pulse at a signed distance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from optospice import units
from optospice.device import Device
from optospice.metrics import levels, plasticity
from optospice.protocols.base import Metrics, Options, PulsedProtocol
from optospice.protocols.reading import read_current
from optospice.stimulus import FloatArray, PulseTrain, Samples, Signal, Stimulus, StimulusError
from optospice.waveforms import Waveforms

#: Corners of two spikes that lie closer than this fraction of the shortest edge are one.
_SAME_CORNER = 1e-6


class SpikeTimingDefinitions(Options):
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

    def trains(self) -> tuple[PulseTrain, ...]:
        """Give the presynaptic spikes; the postsynaptic ones are checked along with them."""
        pre, _ = self.spikes()
        lasts = self._pair_end() - self.delay
        if self.period is not None and self.count > 1 and lasts > self.period:
            raise StimulusError(
                f"period = {self.period:g} s: a pair with what follows it lasts {lasts:g} s; "
                "accepted: that or more"
            )
        return (pre,)

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

    @property
    def duration(self) -> float:
        """Time of the reading after the pairs [s]."""
        return self.pairs_end + self.read_delay

    def drive(self) -> Samples:
        """Give readout + V_pre - V_post with every corner of both."""
        pre, post = self.spikes()
        parts = [(post, -1.0)] if self.irradiance is not None else [(pre, 1.0), (post, -1.0)]
        shapes = [(*self._corners(train), sign) for train, sign in parts]
        edge = min(min(train.rise_time, train.fall_time) for train, _ in parts)
        times = np.sort(np.concatenate([[0.0], *(at for at, _, _ in shapes)]))
        times = times[np.concatenate([[True], np.diff(times) > _SAME_CORNER * edge])]
        total = np.full(times.size, self.readout)
        for at, level, sign in shapes:
            total += sign * np.interp(times, at, level)
        starts = np.minimum(pre.onsets, post.onsets)
        return Samples(times, total, starts, starts + (self._pair_end() - self.delay))

    def _corners(self, train: PulseTrain) -> tuple[FloatArray, FloatArray]:
        """Corners of a row of spikes, each followed by its after-level."""
        on, off, back = train.onsets, train.offsets, train.offsets + train.fall_time
        after = self.after_ratio * train.level
        corners, shape = (
            [on, on + train.rise_time, off, back],
            [0.0, train.level, train.level, after],
        )
        if self.after_width:
            corners.append(back + self.after_width)
            shape.append(0.0)
        return np.stack(corners, axis=1).ravel(), np.tile(shape, train.count)

    def stimuli(self, device: Device) -> Mapping[str, Stimulus]:
        """Give the superposed spikes on the drive terminal, or light and the postsynaptic ones."""
        given: dict[str, Stimulus] = {device.drive_terminal.name: self.from_initial(self.drive())}
        if self.irradiance is not None:
            given[self.light(device)] = Signal(0.0, (self.spikes()[0],))
        return given

    def measure(self, waveforms: Waveforms, device: Device) -> Metrics:
        """Read the current before and after the pairs."""
        current = waveforms.trace(f"i({device.drive_terminal.name})")
        before, after = read_current(waveforms, device, [self.delay, waveforms.time[-1]])
        change = plasticity.synaptic_weight_change([before, after], self.definitions.weight_change)
        words = (
            f"{change.definition}; A = current at {self.readout:g} V, A_1 before the pairs, A_n "
            f"{self.read_delay:g} s after them"
        )
        return {
            "dark_current": levels.dark_current(current, self.delay),
            "level_after_pause": levels.level_after_pause(current, float(waveforms.time[-1])),
            "synaptic_weight_change": replace(change, definition=words),
        }
