"""What a controller may ask for: pulses, levels, and when it wants to be called again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from optospice.stimulus import DEFAULT_EDGE, DEFAULT_EDGE_FRACTION


class RequestError(ValueError):
    """A controller asked for something that cannot be done."""


def _finite(**numbers: float | None) -> None:
    for name, number in numbers.items():
        if number is not None and not math.isfinite(number):
            raise RequestError(f"{name} = {number!r}: must be a finite number")


def _positive(**numbers: float | None) -> None:
    _finite(**numbers)
    for name, number in numbers.items():
        if number is not None and not number > 0:
            raise RequestError(f"{name} = {number:g} s: must be above 0 s")


@dataclass(frozen=True)
class Pulse:
    """A pulse on an actuator, on top of what the actuator does without a controller.

    Parameters
    ----------
    actuator : str
        Name of the actuator.
    level : float
        Level during the pulse [V, A or W/m^2].
    width : float
        From the start of the rising to the start of the falling edge [s].
    start : float, optional
        Start of the rising edge [s], not before now; now when left out.
    rise, fall : float, optional
        Duration of the edges [s]; by default 1 us or a millionth of the width.
    """

    actuator: str
    level: float
    width: float
    start: float | None = None
    rise: float | None = None
    fall: float | None = None

    def __post_init__(self) -> None:
        _finite(level=self.level, start=self.start)
        _positive(width=self.width, rise=self.rise, fall=self.fall)
        if self._edge(self.rise) >= self.width:
            raise RequestError(f"rise = {self._edge(self.rise):g} s: must be shorter than width")

    def _edge(self, given: float | None) -> float:
        if given is not None:
            return given
        return max(DEFAULT_EDGE, DEFAULT_EDGE_FRACTION * self.width)

    def corners(self, start: float, base: float) -> list[tuple[float, float]]:
        """Corners after the first: times [s] and levels."""
        down = start + self.width
        return [
            (start + self._edge(self.rise), self.level),
            (down, self.level),
            (down + self._edge(self.fall), base),
        ]


@dataclass(frozen=True)
class Level:
    """A new standing level of an actuator, on top of what it does without a controller.

    Parameters
    ----------
    actuator : str
        Name of the actuator.
    level : float
        Level from then on [V, A or W/m^2].
    start : float, optional
        Start of the edge [s], not before now; now when left out.
    rise : float
        Duration of the edge, or of the ramp [s].
    """

    actuator: str
    level: float
    start: float | None = None
    rise: float = DEFAULT_EDGE

    def __post_init__(self) -> None:
        _finite(level=self.level, start=self.start)
        _positive(rise=self.rise)

    def corners(self, start: float, base: float) -> list[tuple[float, float]]:
        """Corners after the first: times [s] and levels."""
        return [(start + self.rise, self.level)]


@dataclass(frozen=True)
class Wake:
    """Call me at this time [s], once. A bare number means the same."""

    at: float

    def __post_init__(self) -> None:
        _finite(at=self.at)


@dataclass(frozen=True)
class Every:
    """Call me at ``first``, ``first + period``, … until the end; replaces an earlier clock.

    Parameters
    ----------
    period : float
        Clock period [s].
    first : float, optional
        First time [s]; one period from now when left out.
    """

    period: float
    first: float | None = None

    def __post_init__(self) -> None:
        _positive(period=self.period)
        _finite(first=self.first)


@dataclass(frozen=True)
class When:
    """Call me when a signal crosses a threshold, once.

    Parameters
    ----------
    signal : str
        Name of a measured signal, e.g. ``"i(p)"``.
    threshold : float
        Value that it has to cross [unit of the signal].
    direction : {"rising", "falling", "either"}
        From which side.
    """

    signal: str
    threshold: float
    direction: Literal["rising", "falling", "either"] = "rising"

    def __post_init__(self) -> None:
        _finite(threshold=self.threshold)
        if self.direction not in ("rising", "falling", "either"):
            raise RequestError(
                f"direction = {self.direction!r}: accepted: rising, falling or either"
            )


@dataclass(frozen=True)
class Crossing:
    """A threshold that was crossed.

    Parameters
    ----------
    event : When
        What was asked for.
    time : float
        When the signal crossed it [s], interpolated between accepted points.
    seen : float
        Accepted point at which the controller was called [s].
    """

    event: When
    time: float
    seen: float


@dataclass(frozen=True)
class Stop:
    """End the run here, as a success: what follows is of no interest."""


Drive = Pulse | Level
Request = Pulse | Level | Wake | Every | When | Stop | float
