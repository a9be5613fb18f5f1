"""What a controller is: a class with `start` and `sample`, a generator, or a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from optospice.cosim.actions import Crossing, Every, Request
from optospice.errors import close_matches

#: What `start` and `sample` may return: nothing, one request or several.
Requests = Iterable[Request] | Request | None


class Signals(Mapping[str, float]):
    """The measured signals at one accepted point, by name, in SI units.

    Parameters
    ----------
    time : float
        The point [s].
    values : mapping of str to float
        Currents ``"i(p)"``, voltages ``"v(p)"``, irradiances ``"e(light)"``, states.
    crossings : tuple of Crossing
        Thresholds of this controller that were crossed since the point before.
    """

    __slots__ = ("_values", "crossings", "time")

    def __init__(
        self, time: float, values: Mapping[str, float], crossings: tuple[Crossing, ...] = ()
    ) -> None:
        self.time, self._values, self.crossings = time, values, crossings

    def __getitem__(self, name: str) -> float:
        try:
            return self._values[name]
        except KeyError:
            raise KeyError(f"no signal {name!r}; {close_matches(name, self._values)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass
class Context:
    """What a controller knows about its run.

    Parameters
    ----------
    name : str
        Name of the controller in its loop.
    duration : float
        Simulated time [s].
    signals : tuple of str
        Names of the measured signals.
    actuators : tuple of str
        Names of what it may drive.
    shortest_edge : float
        Shortest edge of a pulse or level that the loop accepts [s].
    random : numpy Generator
        Its own random numbers, the same in every run of the same seed.
    """

    name: str
    duration: float
    signals: tuple[str, ...]
    actuators: tuple[str, ...]
    shortest_edge: float
    random: np.random.Generator
    now: float = 0.0
    notes: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def record(self, name: str, value: float) -> None:
        """Keep a number with the present time, for the result."""
        self.notes.setdefault(name, []).append((self.now, float(value)))


@runtime_checkable
class Controller(Protocol):
    """Acts on a running circuit.

    It is only ever shown accepted points, each at most once, in order of time.
    """

    def start(self, context: Context) -> Requests:
        """Say at time 0 when to be called first; nothing has been measured yet."""

    def sample(self, time: float, signals: Signals) -> Requests:
        """Take the signals at a time asked for; give actions and further times."""


ControllerGenerator = Generator[Requests, Signals, None]


@dataclass
class FromGenerator:
    """A generator function as a controller: ``signals = yield requests``."""

    function: Callable[[Context], ControllerGenerator]

    def start(self, context: Context) -> Requests:
        """Run up to the first ``yield``."""
        self._generator = self.function(context)
        return next(self._generator, None)

    def sample(self, time: float, signals: Signals) -> Requests:
        """Go on to the next ``yield``; after the end nothing happens any more."""
        try:
            return self._generator.send(signals)
        except StopIteration:
            return None


@dataclass
class Sampled:
    """A function of time and signals, called by a clock.

    Parameters
    ----------
    function : callable
        ``function(time, signals)``.
    period : float
        Clock period [s].
    first : float
        First time [s].
    """

    function: Callable[[float, Signals], Requests]
    period: float
    first: float = 0.0

    def start(self, context: Context) -> Requests:
        """Ask for the clock."""
        return Every(self.period, self.first)

    def sample(self, time: float, signals: Signals) -> Requests:
        """Ask the function."""
        return self.function(time, signals)


def as_controller(given: object) -> Controller:
    """Make a controller of an object with `start` and `sample` or a generator function.

    Raises
    ------
    TypeError
        For anything else.
    """
    if isinstance(given, Controller) and not isinstance(given, type):
        return given
    if inspect.isgeneratorfunction(given):
        return FromGenerator(given)
    raise TypeError(
        f"{given!r} is no controller; accepted: an object with start(context) and "
        "sample(time, signals), a generator function of the context, or "
        "Sampled(function, period)"
    )
