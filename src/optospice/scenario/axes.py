"""Axes of a sweep: keys that move together, with lists as written or numbers spelled when asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from optospice import units
from optospice.errors import InputError
from optospice.scenario.points import same_value
from optospice.scenario.variation import Range
from optospice.validation import Value

#: Relative difference up to which numbers are the same [1].
_SAME = 1e-9


class Numbers(Sequence[Value]):
    """Numbers of an axis, 8 bytes each until they are asked for.

    Parameters
    ----------
    numbers : ndarray, shape (n,)
        The numbers, in `unit`.
    unit : str
        Unit as written, ``"1"`` for bare numbers.
    ends : pair of float
        The least and the greatest number that there may be, in `unit`.
    """

    def __init__(self, numbers: NDArray[np.float64], unit: str, ends: tuple[float, float]) -> None:
        self.numbers = numbers
        self.unit = unit
        self.ends = min(ends), max(ends)

    def __len__(self) -> int:
        """Count the values."""
        return self.numbers.size

    @overload
    def __getitem__(self, index: int) -> Value: ...
    @overload
    def __getitem__(self, index: slice) -> list[Value]: ...

    def __getitem__(self, index: int | slice) -> Value | list[Value]:
        """Spell a value as one would write it: 12 digits, so that 0.3 stays 0.3.

        The ends are spelled exactly, and nothing beyond them.
        """
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        number, (least, greatest) = float(self.numbers[index]), self.ends
        if least < number < greatest:
            number = min(max(float(f"{number:.12g}"), least), greatest)
        return self._spell(number)

    def in_unit(self, rows: NDArray[np.int64], unit: str) -> NDArray[np.float64]:
        """Read the spelled values of some rows, as `units.parse` does one by one.

        Parameters
        ----------
        rows : ndarray of int, shape (n,)
            Which values.
        unit : str
            Unit of the result.
        """
        offset = units.convert(0.0, self.unit, unit)
        factor = units.convert(1.0, self.unit, unit)
        power = round(math.log10(factor)) if factor > 0 else 0
        numbers = self.numbers[rows]
        inner = (self.ends[0] < numbers) & (numbers < self.ends[1])
        if offset or abs(math.log10(factor) - power) > 1e-12:
            inner[:] = False  # a rare unit, such as degC
        found = np.empty(numbers.shape)
        shifted = []
        for number in numbers[inner].tolist():  # moving the point rounds once, not twice
            digits, _, exponent = f"{number:.11e}".partition("e")
            shifted.append(float(f"{digits}e{int(exponent) + power}"))
        found[inner] = shifted
        for place in np.flatnonzero(~inner).tolist():
            found[place] = units.parse(self[int(rows[place])], unit)
        # the rounding of what lies beside an end does not lead beyond it
        low, high = (units.parse(self._spell(end), unit) for end in self.ends)
        clipped: NDArray[np.float64] = np.clip(found, low, high)
        return clipped

    def _spell(self, number: float) -> Value:
        return number if self.unit == "1" else f"{number!r} {self.unit}"


class RangeValues(Numbers):
    """Numbers of a range, which rise or fall from one end to the other."""


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

    def rows(self, keys: Iterable[str]) -> Iterator[dict[str, Value]]:
        """Give the distinct rows of some of the keys, in order; one empty row for no key."""
        keys = list(keys)
        for place in sorted(np.unique(self.numbered(keys), return_index=True)[1].tolist()):
            yield {key: self.columns[key][place] for key in keys}

    def rows_of_device(self, name: str) -> list[int] | slice:
        """Say which rows are about a device: all of them where it is not swept here."""
        if "device" not in self.columns:
            return slice(None)
        return [row for row, value in enumerate(self.columns["device"]) if str(value) == name]

    def of_device(self, name: str) -> Axis:
        """Give the axis with the rows that are about one device."""
        rows = self.rows_of_device(name)
        if isinstance(rows, slice):
            return self
        return Axis({key: [values[row] for row in rows] for key, values in self.columns.items()})

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


def columns_of(axes: Iterable[Axis]) -> dict[str, Sequence[Value]]:
    """Give all swept keys with their values."""
    return {key: values for axis in axes for key, values in axis.columns.items()}


def axis_values(values: list[Value] | Range, where: str) -> Sequence[Value]:
    """Give the values of one swept key as written, a range spelled out.

    Raises
    ------
    InputError
        For a number that is not finite.
    """
    if isinstance(values, list):
        for value in values:
            if isinstance(value, float) and not math.isfinite(value):
                raise InputError(f"{where}: {value!r}: accepted: finite numbers")
        return values
    (start, unit), (stop, _) = values.ends
    spaced = np.geomspace if values.spacing == "log" else np.linspace
    return RangeValues(spaced(start, stop, values.count), unit, (start, stop))


def check_bounded(values: Sequence[Value], check: Callable[[Value], object]) -> None:
    """Hold every value of an axis against bounds, of numbers the least and the greatest.

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
        For a value that does not fit, of a range or a list the first one.
    """
    if not isinstance(values, Numbers):
        for value in values:
            check(value)
        return
    if not isinstance(values, RangeValues):
        check(values[int(values.numbers.argmin())])
        check(values[int(values.numbers.argmax())])
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
    if isinstance(values, Numbers):
        return [values[int(values.numbers.argmin())], values[int(values.numbers.argmax())]]
    ordered = sorted(values, key=lambda value: units.parse(value, unit))
    return [ordered[0], ordered[-1]]


def is_taken(values: Sequence[Value], wanted: Value) -> bool:
    """Whether an axis takes a value, however it is written (``"1 s"``, ``"1000 ms"``)."""
    return bool(taking(values, wanted).any())


def taking(values: Sequence[Value], wanted: Value) -> NDArray[np.bool_]:
    """Say of every value whether it is the wanted one, however it is written."""
    if not isinstance(values, Numbers):
        return np.array([same_value(value, wanted) for value in values], np.bool_)
    try:
        number = units.parse(wanted, values.unit)
    except units.UnitsError:
        return np.zeros(len(values), np.bool_)
    return np.isclose(values.numbers, number, rtol=_SAME, atol=0.0)


def codes(values: Sequence[Value]) -> NDArray[np.int64]:
    """Number the values of an axis so that equal ones have the same number.

    Quantities are equal when they are the same number of the same SI unit, however they are
    written (``"1 s"``, ``"1000 ms"``).
    """
    if isinstance(values, Numbers):
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
