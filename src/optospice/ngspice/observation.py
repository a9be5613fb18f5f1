"""What may follow a run: answers for its sources, and an observer of its accepted points."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from typing import Protocol

#: The run's vectors by name; each holds the value at the last accepted point.
Values = dict[str, ctypes.c_double]


class Answer(Protocol):
    """What answers for an ``EXTERNAL`` source."""

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
