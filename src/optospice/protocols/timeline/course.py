"""When everything of a run happens: steps placed one after another, and the windows they leave.

This is the only place where onsets, ends of pauses and instants of reading are computed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from optospice.protocols.timeline.shapes import Outline, Path, Pulses, compose
from optospice.stimulus import DEFAULT_EDGE, FloatArray, PulseTrain, Stimulus, StimulusError
from optospice.stimulus import voltage_sweep as triangular

WindowKind = Literal["pulses", "pause", "hold", "sweep", "readings"]
NO_TIMES: FloatArray = np.empty(0)


@dataclass(frozen=True, eq=False)
class Window:
    """A part of a run that a step left, for metrics to look at.

    Parameters
    ----------
    name : str
        Name of the step.
    kind : {"pulses", "pause", "hold", "sweep", "readings"}
        What happens in it.
    start, end : float
        From when to when [s]; pulses end at the start of their last falling edge.
    channel : str
        On which channel; empty for a pause or readings.
    onsets, offsets : ndarray
        Start of each rising and falling edge, of pulses [s].
    settled : float
        When the falling edge of the pulses that it follows, or that it holds, is over [s].
    instants : ndarray
        Instants of reading [s].
    corners : ndarray
        Turning points of a sweep: times [s].
    voltages : ndarray
        Turning points of a sweep: voltages [V].
    repeats : int
        How often the sweep is repeated [1].
    """

    name: str
    kind: WindowKind
    start: float
    end: float
    channel: str = ""
    onsets: FloatArray = field(default_factory=lambda: NO_TIMES)
    offsets: FloatArray = field(default_factory=lambda: NO_TIMES)
    settled: float = 0.0
    instants: FloatArray = field(default_factory=lambda: NO_TIMES)
    corners: FloatArray = field(default_factory=lambda: NO_TIMES)
    voltages: FloatArray = field(default_factory=lambda: NO_TIMES)
    repeats: int = 1

    @property
    def place(self) -> tuple[str, float, int]:
        """What tells it from the other windows of a run: name, start [s] and pulses [1]."""
        return self.name, self.start, self.onsets.size


class Course:
    """Steps on channels, placed in time as they are added.

    A step begins when all steps before it have ended, unless it says otherwise.

    Parameters
    ----------
    rests : mapping of str to float
        Level at which each channel rests [V or W/m^2]; 0 where none is given.
    """

    def __init__(self, rests: Mapping[str, float] | None = None) -> None:
        self._rests = dict(rests or {})
        self._pieces: dict[str, list[Pulses | Path]] = {}
        self._levels: dict[str, float] = {}
        self._windows: list[Window] = []
        # runs of 20,000 trains are looked through once, not once for every step
        self._named: dict[str, list[Window]] = {}
        self._train_ends: list[float] = []
        self._edges_over: list[float] = []
        self._clock = 0.0
        self._started = 0.0
        self._latest = 0.0

    @property
    def windows(self) -> Sequence[Window]:
        """Windows in the order of the steps."""
        return self._windows

    @property
    def duration(self) -> float:
        """When the last step is over, with its last edge [s]."""
        return self._latest

    def window(self, name: str) -> Window:
        """Give what the steps of a name left: trains and readings together.

        Parameters
        ----------
        name : str
            Name of a step; ``"name[2]"`` for its second repetition.

        Raises
        ------
        KeyError
            When no step, or more than one pause, hold or sweep, has this name.
        """
        base, number = split_name(name)
        found = self._named.get(base, [])
        if number is not None:
            found = found[number - 1 : number]
        if not found or (len(found) > 1 and found[0].kind not in ("pulses", "readings")):
            raise KeyError(name)
        first, last = found[0], found[-1]
        if first is last:
            return first
        return replace(
            first,
            end=last.end,
            settled=last.settled,
            onsets=np.concatenate([window.onsets for window in found]),
            offsets=np.concatenate([window.offsets for window in found]),
            instants=np.concatenate([window.instants for window in found]),
        )

    @property
    def first_onset(self) -> float | None:
        """Start of the first pulse of the run [s]; None without any."""
        found = [float(w.onsets[0]) for w in self._windows if w.kind == "pulses"]
        return min(found, default=None)

    def stimulus(self, channel: str) -> Stimulus:
        """Give what a channel sees.

        Raises
        ------
        StimulusError
            When two steps on it overlap.
        """
        return compose(self._rests.get(channel, 0.0), self._pieces.get(channel, []))

    def trains(self, channel: str) -> tuple[PulseTrain, ...]:
        """Give the trains of pulses on a channel."""
        pieces = self._pieces.get(channel, [])
        return tuple(piece.train for piece in pieces if isinstance(piece, Pulses))

    @property
    def channels(self) -> Sequence[str]:
        """Channels that rest at a stated level, or on which something happens."""
        return list(dict.fromkeys([*self._rests, *self._pieces]))

    def begin(self, at: float | None = None, together: bool = False) -> float:
        """Give the start of the next step [s]: at a time, with the one before, or after all."""
        self._started = at if at is not None else self._started if together else self._clock
        return self._started

    def pause(self, name: str, duration: float, start: float) -> None:
        """Let time pass; after pulses it counts from the start of the last falling edge."""
        self._add(Window(name, "pause", start, start + duration, settled=self._settled(start)))

    def train(
        self, name: str, channel: str, train: PulseTrain, start: float,
        outline: Outline | None = None,
    ) -> None:  # fmt: skip
        """Apply a train of pulses; its own delay counts from `start`."""
        placed = replace(train, delay=start + train.delay)
        pulses = Pulses(placed, outline)
        self._pieces.setdefault(channel, []).append(pulses)
        self._add(
            Window(
                name, "pulses", placed.delay, float(placed.offsets[-1]), channel,
                placed.onsets, placed.offsets, pulses.end,
            ),
            pulses.end,
        )  # fmt: skip

    def sweep(
        self, name: str, channel: str, turning_points: Sequence[float], rate: float,
        repeats: int, start: float,
    ) -> None:  # fmt: skip
        """Sweep through turning points [V] at a rate [V/s], from the level it begins at."""
        points = [*turning_points, *[*turning_points[1:]] * (repeats - 1)]
        samples = triangular(points, rate, start)
        self._rests.setdefault(channel, float(samples.levels[0]))
        self._pieces.setdefault(channel, []).append(Path(samples.times, samples.levels))
        self._levels[channel] = float(samples.levels[-1])
        window = Window(
            name, "sweep", start, samples.end, channel,
            corners=samples.times, voltages=samples.levels, repeats=repeats,
        )  # fmt: skip
        self._add(window)

    def hold(
        self, name: str, channel: str, level: float, duration: float | None, start: float
    ) -> None:
        """Hold a channel at a level, for a time or from now on; from 0 s on without an edge."""
        if duration is None and start == 0 and channel not in self._pieces:
            self._rests[channel] = level
            self._add(Window(name, "hold", start, start, channel))
            return
        rest = self._levels.get(channel, self._rests.get(channel, 0.0))
        times, levels = [start, start + DEFAULT_EDGE], [rest, level]
        if duration is not None:
            if not duration > DEFAULT_EDGE:
                raise StimulusError(
                    f"duration = {duration:g} s: must be above {DEFAULT_EDGE:g} s, the edge"
                )
            times += [start + duration, start + duration + DEFAULT_EDGE]
            levels += [level, rest]
        else:
            self._levels[channel] = level
        self._pieces.setdefault(channel, []).append(Path(np.array(times), np.array(levels)))
        end = start if duration is None else start + duration
        self._add(Window(name, "hold", start, end, channel), times[-1])

    def read(
        self, name: str, after: str | None, delay: float | None, times: Sequence[float],
        start: float,
    ) -> None:  # fmt: skip
        """Read once after each pulse of a train, at times after its end, or at `start`."""
        if delay is None and not times:
            self._add(Window(name, "readings", start, start, instants=np.array([start])))
            return
        train = self._train_before(after)
        if delay is not None:
            self._check_delay(train, delay)
            instants = train.offsets + delay
        else:
            instants = train.end + np.unique(times)
        window = Window(
            name, "readings", train.end, float(instants[-1]), train.channel,
            onsets=train.onsets, offsets=train.offsets, settled=train.settled, instants=instants,
        )  # fmt: skip
        if delay is None:
            self._add(window)
        else:
            self._keep(window)
            self._latest = max(self._latest, window.end)

    def _train_before(self, name: str | None) -> Window:
        among = self._windows if name is None else self._named.get(name, [])
        train = next((w for w in reversed(among) if w.kind == "pulses"), None)
        if train is None:
            raise StimulusError(
                "reads after pulses, and none come before it"
                if name is None
                else f"after = {name!r}: no train of this name comes before it"
            )
        return train

    def _check_delay(self, train: Window, delay: float) -> None:
        last = float(train.onsets[1] - train.offsets[0]) if train.onsets.size > 1 else np.inf
        check_read_delay(delay, last, train.settled - train.end)

    def _settled(self, start: float) -> float:
        """Time at which the falling edges of pulses that ended by now are over [s]."""
        place = bisect_right(self._train_ends, start)
        return max(start, self._edges_over[place - 1]) if place else start

    def _add(self, window: Window, over: float = 0.0) -> None:
        self._keep(window)
        self._clock = max(self._clock, window.end)
        self._latest = max(self._latest, window.end, over)

    def _keep(self, window: Window) -> None:
        self._windows.append(window)
        self._named.setdefault(window.name, []).append(window)
        if window.kind != "pulses":
            return
        place = bisect_right(self._train_ends, window.end)
        before = self._edges_over[place - 1] if place else window.settled
        self._train_ends.insert(place, window.end)
        self._edges_over.insert(place, max(before, window.settled))
        for later in range(place + 1, len(self._edges_over)):
            self._edges_over[later] = max(self._edges_over[later], window.settled)


def spacing(count: int, **timings: float | None) -> dict[str, Any]:
    """Give the distance of pulses as a train takes it.

    Parameters
    ----------
    count : int
        Number of pulses [1].
    **timings : float, optional
        Those of ``frequency`` [Hz], ``period`` [s] and ``interval`` [s] that may be given.

    Raises
    ------
    StimulusError
        When there is more than one of them, or none for more than one pulse.
    """
    given = [name for name, value in timings.items() if value is not None]
    if len(given) > 1 or (count > 1 and not given):
        *some, last = timings
        number = {2: "two", 3: "three"}[len(timings)]
        raise StimulusError(
            f"{', '.join(some)} and {last}: give one of the {number}, not "
            f"{', '.join(given) or 'none'}"
        )
    frequency = timings.pop("frequency", None)
    if frequency is None:
        return timings
    if not frequency > 0:
        raise StimulusError(f"frequency = {frequency:g} Hz: must be above 0 Hz")
    return {"period": 1 / frequency}


def check_read_delay(read_delay: float, interval: float, fall: float) -> None:
    """Refuse a reading that does not lie between two pulses.

    Parameters
    ----------
    read_delay : float
        From the end of a pulse to its reading [s].
    interval : float
        From the end of a pulse to the start of the next [s].
    fall : float
        Duration of the falling edge [s].

    Raises
    ------
    StimulusError
        Naming what is accepted.
    """
    slack = 1e-12 * (interval if np.isfinite(interval) else 1.0)
    if not fall - slack <= read_delay <= interval + slack:
        raise StimulusError(
            f"read_delay = {read_delay:g} s: must lie between two pulses; accepted: {fall:g} s "
            f"(the falling edge) to {interval:g} s (the interval)"
        )


def split_name(name: str) -> tuple[str, int | None]:
    """Split ``"pulses[2]"`` into the name of a step and the number of its repetition."""
    base, bracket, rest = name.partition("[")
    number = rest.removesuffix("]")
    return (base, int(number)) if bracket and number.isdecimal() else (name, None)
