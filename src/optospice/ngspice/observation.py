"""What may follow a run: answers for its sources, and an observer of its accepted points."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from typing import Protocol

from optospice.stimulus import FloatArray

#: The run's vectors by name; each holds the value at the last accepted point.
Values = dict[str, ctypes.c_double]

#: How many corners of a table are announced to the solver ahead of its time. It looks at
#: the next two; announcing all of a long table at once costs quadratic time.
_CORNERS_AHEAD = 4


class Answer(Protocol):
    """What answers for an ``EXTERNAL`` source."""

    @property
    def announces(self) -> bool:
        """Whether `next_corners` is to be asked; a loop may set breakpoints itself."""

    def value(self, time: float) -> float:
        """Voltage [V] or current [A] at a trial time [s], which the solver may take back."""

    def next_corners(self) -> Iterable[float]:
        """Times [s] to announce to the solver now."""


class Observer(Protocol):
    """What follows a run from point to point, in a session that is observed."""

    def begin(self, values: Values, set_breakpoint: Callable[[float], object]) -> None:
        """Take the run's vectors, which change in place, and the way to set breakpoints."""

    def point(self) -> None:
        """Take note of a point that the solver has accepted; must not raise."""


class Table:
    """A source that optospice answers for: a piecewise-linear table with its breakpoints.

    ngspice's own PWL source searches its table from the start at every step, so that a
    train costs quadratic time; this one remembers where it was.

    Parameters
    ----------
    times, levels : array_like, shape (n,)
        Corners: increasing times [s] and node voltages [V].
    """

    announces = True

    def __init__(self, times: FloatArray, levels: FloatArray) -> None:
        self.times: list[float] = [float(time) for time in times]
        self.levels: list[float] = [float(level) for level in levels]
        self._segment = 0
        self._announced = 0

    def value(self, time: float) -> float:
        """Voltage at a time [s]; cheap when times come nearly in order."""
        times, levels, index = self.times, self.levels, self._segment
        last = len(times) - 1
        while index < last and times[index + 1] <= time:
            index += 1
        while index > 0 and times[index] > time:
            index -= 1
        self._segment = index
        if index == last or time <= times[index]:
            return levels[index]
        fraction = (time - times[index]) / (times[index + 1] - times[index])
        return levels[index] + fraction * (levels[index + 1] - levels[index])

    def next_corners(self) -> list[float]:
        """Corners to announce now: those that come soon and have not been announced."""
        wanted = min(self._segment + 1 + _CORNERS_AHEAD, len(self.times))
        corners = self.times[self._announced : wanted]
        self._announced = max(self._announced, wanted)
        return [corner for corner in corners if corner > 0]


class _Value(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("real", ctypes.c_double),
        ("imaginary", ctypes.c_double),
        ("is_scale", ctypes.c_bool),
        ("is_complex", ctypes.c_bool),
    )


class _Point(ctypes.Structure):
    _fields_ = (
        ("count", ctypes.c_int),
        ("index", ctypes.c_int),
        ("values", ctypes.POINTER(ctypes.POINTER(_Value))),
    )


def values_of(address: int) -> Values:
    """Give the values of ngspice's ``vecvaluesall`` at an address, by vector.

    ngspice fills the same structure at every point of a run.
    """
    data = _Point.from_address(address)
    vectors = [data.values[index].contents for index in range(data.count)]
    return {
        vector.name.decode(): ctypes.c_double.from_address(
            ctypes.addressof(vector) + _Value.real.offset
        )
        for vector in vectors
    }
