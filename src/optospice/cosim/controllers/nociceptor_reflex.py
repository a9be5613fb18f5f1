"""A nociceptor with a reflex: what hurts is withdrawn from, and hurts sooner afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from optospice import units
from optospice.cosim.actions import Every, Level, Pulse, Stop, When
from optospice.cosim.controller import Context, Controller, Requests, Signals
from optospice.cosim.protocol import ControllerProtocol, noted, value
from optospice.cosim.run import LoopResult
from optospice.device import Device
from optospice.metrics.value import MetricValue, missing
from optospice.protocols.base import Metrics


class Reflex:
    """Touches a nociceptor, injures it once, and touches it again until it hurts.

    The crossing of the threshold is the event: during the injury it makes the reflex
    withdraw the stimulus after the reaction time, afterwards it ends the touching.
    """

    def __init__(self, terminal: str, protocol: NociceptorReflex) -> None:
        self._terminal, self._how = terminal, protocol
        self._signal = f"i({terminal})"

    def start(self, context: Context) -> Requests:
        """Begin to touch."""
        self._context, self._phase, self._count = context, "before", 0
        return [Every(self._how.period, self._how.delay), self._watch()]

    def _watch(self) -> When:
        return When(self._signal, self._how.threshold, "rising")

    def sample(self, time: float, signals: Signals) -> Requests:
        """Go on with the phase; an event comes with its interpolated time."""
        how = self._how
        if signals.crossings:
            return self._hurt(time, signals)
        if self._phase == "reacting":
            self._phase, self._count = "after", 0
            self._context.record("withdrawn", time)
            return [
                Level(self._terminal, 0.0, rise=how.edge),
                Every(how.period, time + how.pause),
                self._watch(),
            ]
        if self._phase == "injury":  # it did not hurt
            return self._withdraw(time)
        self._count += 1
        if self._phase == "before" and self._count > how.touches:
            self._phase = "injury"
            self._context.record("injury", time)
            # no more clock while the injury lasts
            return [
                Level(self._terminal, how.noxious, rise=how.edge),
                Every(how.longest, time + how.longest),
            ]
        if self._phase == "after":
            if self._count == 1:
                self._context.record("touched_again", time)
            if self._count > how.most_touches:
                return Stop()
        return Pulse(self._terminal, how.touch, how.width, rise=how.edge, fall=how.edge)

    def _withdraw(self, time: float) -> Requests:
        self._phase = "reacting"
        return [Every(self._how.total, time + self._how.edge * 2)]

    def _hurt(self, time: float, signals: Signals) -> Requests:
        crossing = signals.crossings[0].time
        self._context.record(f"pain_{self._phase}", crossing)
        if self._phase == "injury":
            self._phase = "reacting"
            return [Every(self._how.total, time + self._how.reaction)]
        if self._phase == "after":
            return Stop()
        return self._watch()


class NociceptorReflex(ControllerProtocol):
    """Innocuous touches, an injury that a reflex ends, and touches until they hurt.

    Parameters
    ----------
    threshold : float
        Current that means pain [A].
    touch : float
        Voltage of an innocuous touch [V].
    width, period : float
        Width of a touch and time from one to the next [s].
    touches : int
        Touches before the injury [1].
    most_touches : int
        Touches after it, at most [1].
    noxious : float
        Voltage of the injury [V].
    reaction : float
        From the pain to the withdrawal [s].
    longest : float
        Injury that does not hurt ends after this time [s].
    pause : float
        From the withdrawal to the next touch [s].
    edge : float
        Duration of every edge [s].
    delay : float
        Time before the first touch [s].
    """

    title: ClassVar[str] = "a nociceptor whose pain ends the injury, and what hurts afterwards"
    metric_units: ClassVar[Mapping[str, str]] = {
        "pain_before": "1",
        "largest_innocuous": "A",
        "pain_delay": "s",
        "injury_time": "s",
        "incubation_time": "s",
        "touches_to_pain": "1",
    }

    name: Literal["nociceptor_reflex"] = "nociceptor_reflex"
    threshold: units.Current
    touch: units.Voltage = 2.0
    width: units.Time = 0.5
    period: units.Time = 1.0
    touches: int = Field(default=5, ge=0)
    most_touches: int = Field(default=60, ge=1)
    noxious: units.Voltage = 7.0
    reaction: units.Time = 1.0
    longest: units.Time = 10.0
    pause: units.Time = 0.5
    edge: units.Time = 1e-5
    delay: units.Time = 0.1

    @model_validator(mode="after")
    def _sensible(self) -> NociceptorReflex:
        for name in ("threshold", "width", "reaction", "longest", "pause", "edge", "delay"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} = {getattr(self, name):g}: must be above 0")
        if not self.edge * 2 < min(self.width, self.period - self.width, self.reaction):
            raise ValueError("edge: must be much shorter than width, period - width and reaction")
        return self

    @property
    def total(self) -> float:
        """Longest time that it all can take [s]."""
        touches = (self.touches + self.most_touches + 2) * self.period
        return self.delay + touches + self.longest + self.reaction + self.pause

    @property
    def duration(self) -> float:
        """Longest time that it all can take [s]."""
        return self.total

    def controllers(self, device: Device) -> Mapping[str, Controller]:
        """Give the reflex."""
        return {"reflex": Reflex(device.drive_terminal.name, self)}

    def measure(self, result: LoopResult, device: Device) -> Metrics:
        """Take when it hurt, how long the injury lasted and how sensitive it left the device."""
        times = {
            name: noted(result, f"reflex.{name}")[1]
            for name in ("pain_before", "pain_injury", "pain_after", "injury", "withdrawn",
                         "touched_again")
        }  # fmt: skip
        waves = result.waveforms
        current = waves[f"i({device.drive_terminal.name})"]
        before = current[waves.time < times["injury"][0]] if times["injury"].size else current

        def between(first: str, last: str, text: str) -> MetricValue:
            if times[first].size and times[last].size:
                return value(times[last][0] - times[first][0], "s", text)
            return missing("s", text, f"there was no {last.replace('_', ' ')}")

        incubation = between("touched_again", "pain_after", "first touch to pain, after the injury")
        touches = np.floor(incubation.value / self.period) + 1
        return {
            "pain_before": value(times["pain_before"].size, "1", "pains before the injury"),
            "largest_innocuous": value(before.max(), "A", "largest current before the injury"),
            "pain_delay": between("injury", "pain_injury", "start of the injury to pain"),
            "injury_time": between("injury", "withdrawn", "start of the injury to withdrawal"),
            "incubation_time": incubation,
            "touches_to_pain": (
                missing("1", "touch that hurts", incubation.note)
                if incubation.is_missing
                else value(touches, "1", "number of the touch that hurts, after the injury")
            ),
        }
