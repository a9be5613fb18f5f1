"""Axes of a sweep: keys that move together, with lists as written or numbers spelled when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from optospice import units
from optospice.errors import InputError
from optospice.scenario.schema import Range
from optospice.scenario.verdict import same_value
from optospice.validation import Value


class RangeValues(Sequence[Value]):
    """Values of a range, 8 bytes each until they are asked for.

    Parameters
    ----------
    numbers : ndarray, shape (n,)
        The numbers, monotonic, in `unit`.
    unit : str
        Unit as written, ``"1"`` for bare numbers.
    """

    def __init__(self, numbers: NDArray[np.float64], unit: str) -> None:
        self.numbers = numbers
        self.unit = unit

    def __len__(self) -> int:
        """Count the values."""
        return self.numbers.size

    @overload
    def __getitem__(self, index: int) -> Value: ...
    @overload
    def __getitem__(self, index: slice) -> list[Value]: ...

    def __getitem__(self, index: int | slice) -> Value | list[Value]:
        """Spell a value as one would write it: 12 digits, so that 0.3 stays 0.3."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        plain = float(f"{self.numbers[index]:.12g}")
        return plain if self.unit == "1" else f"{plain!r} {self.unit}"


@dataclass(frozen=True)
class Axis:
    """Swept keys that move together: one of its rows is the next value of each.

    Parameters
    ----------
    columns : mapping of str to sequence
        Values of every key as written, all of one length.
    """

    columns: Mapping[str, Sequence[Value]]

    def __len__(self) -> int:
        """Count the rows."""
        return len(next(iter(self.columns.values())))

    def row(self, place: int) -> dict[str, Value]:
        """Give the value of every key in one row."""
        return {key: values[place] for key, values in self.columns.items()}

    def numbered(self, keys: Iterable[str]) -> NDArray[np.int64]:
        """Number the rows from 0 on, those that agree in some of the keys alike.

        Parameters
        ----------
        keys : iterable of str
            Keys that count; those of other axes do not.
        """
        numbers = np.zeros(len(self), np.int64)
        for key in keys:
            if key in self.columns:
                own = codes(self.columns[key])
                numbers = dense(numbers * (int(own.max()) + 1) + own)
        return numbers


def axis_values(values: list[Value] | Range, where: str) -> Sequence[Value]:
    """Give the values of one swept key as written, a range spelled out.

    Raises
    ------
    InputError
        When the ends of a range do not belong together.
    """
    if isinstance(values, list):
        return values
    (start, unit), (stop, stop_unit) = (_split(end, where) for end in (values.start, values.stop))
    if unit != stop_unit:
        raise InputError(
            f"{where}: start and stop need the same unit, not {unit!r} and {stop_unit!r}"
        )
    if values.spacing == "log":
        if start <= 0 or stop <= 0:
            raise InputError(f"{where}: spacing = 'log' needs start and stop above 0")
        return RangeValues(np.geomspace(start, stop, values.count), unit)
    return RangeValues(np.linspace(start, stop, values.count), unit)


def _split(value: Value, where: str) -> tuple[float, str]:
    if isinstance(value, (int, float)):
        return float(value), "1"
    try:
        return units.split_unit(value)
    except units.UnitsError as error:
        raise InputError(f"{where}: {error}") from None


def check_bounded(values: Sequence[Value], check: Callable[[Value], object]) -> None:
    """Hold every value of an axis against bounds, of a range its ends.

    All that lies between two ends within bounds lies within them too; the rounding of a range
    to 12 digits keeps its order.

    Parameters
    ----------
    values : sequence
        Values of the axis.
    check : callable
        Accepts a value or raises `InputError`. What it accepts is one interval.

    Raises
    ------
    InputError
        For the first value that does not fit.
    """
    if not isinstance(values, RangeValues):
        for value in values:
            check(value)
        return
    check(values[0])
    try:
        check(values[-1])
    except InputError:
        good, bad = 0, len(values) - 1  # in between lies the first that does not fit
        while bad - good > 1:
            middle = (good + bad) // 2
            try:
                check(values[middle])
                good = middle
            except InputError:
                bad = middle
        check(values[bad])


def deciding(key: str, values: Sequence[Value]) -> Sequence[Value]:
    """Give the values of a light's key that decide what lies within bounds, whatever else shines.

    Of irradiances these are the ends, of anything else (a course in time, a colour) all.

    Parameters
    ----------
    key : str
        Swept key, such as ``"lights.lamp.irradiance"``.
    values : sequence
        Its values, each of which can be read.
    """
    unit = {"irradiance": "W/m^2", "scale": "1"}.get(key.rpartition(".")[2])
    if unit is None or len(values) < 3:
        return values
    if isinstance(values, RangeValues):
        return [values[0], values[-1]]
    ordered = sorted(values, key=lambda value: units.parse(value, unit))
    return [ordered[0], ordered[-1]]


def is_taken(values: Sequence[Value], wanted: Value) -> bool:
    """Whether an axis takes a value, however it is written (``"1 s"``, ``"1000 ms"``)."""
    if not isinstance(values, RangeValues):
        return any(same_value(value, wanted) for value in values)
    try:
        number = units.parse(wanted, values.unit)
    except units.UnitsError:
        return False
    nearest = int(np.abs(values.numbers - number).argmin())
    return same_value(values[nearest], wanted)


def codes(values: Sequence[Value]) -> NDArray[np.int64]:
    """Number the values of an axis so that equal ones have the same number.

    Quantities are equal when they are the same number of the same SI unit, however they are
    written (``"1 s"``, ``"1000 ms"``).
    """
    if isinstance(values, RangeValues):
        return dense(values.numbers)
    first: dict[object, int] = {}
    return np.array([first.setdefault(_canonical(value), len(first)) for value in values], np.int64)


def dense(numbers: NDArray[Any]) -> NDArray[np.int64]:
    """Number the distinct values of an array from 0 on, in their order."""
    return np.unique(numbers, return_inverse=True)[1].astype(np.int64).reshape(-1)


def _canonical(value: Value) -> object:
    if not isinstance(value, str):
        return value
    try:
        unit = units.si_unit(units.split_unit(value)[1])
        return value if unit == "1" else (units.parse(value, unit), unit)
    except units.UnitsError:
        return value
