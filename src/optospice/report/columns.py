"""A result as columns over all its runs: the one place of the report that goes run by run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from optospice import units
from optospice.device import Device
from optospice.interpolation import FloatArray
from optospice.metrics.column import MetricColumn, Words
from optospice.scenario.order import swept_quantity
from optospice.sweep.record import ScenarioResult
from optospice.validation import Value

Codes = NDArray[np.int32]
#: A column of a table.
Column = Sequence[Any] | NDArray[Any]
#: Stands for the words of a run that did not give a metric at all.
_NOT_GIVEN = Words("", "", "the run did not give it")


@dataclass(frozen=True, eq=False)
class Coded(Sequence[Any]):
    """Values of which few differ: each once, and which of them every run has.

    Parameters
    ----------
    words : tuple
        The values; None where there is none.
    codes : ndarray of int, shape (runs,)
        Place of each run's value in `words`.
    """

    words: tuple[Any, ...]
    codes: Codes

    def __len__(self) -> int:
        """Count the runs."""
        return int(self.codes.size)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...

    def __getitem__(self, index: int | slice) -> Any:
        """Give the value of one run, or of some."""
        if isinstance(index, slice):
            return [self.words[code] for code in self.codes[index].tolist()]
        return self.words[self.codes[index]]

    @classmethod
    def of(cls, values: Iterable[Any]) -> Coded:
        """Code values; a number and a text are two, and so are 1 and 1.0."""
        places: dict[tuple[type, Any], int] = {}
        codes = [places.setdefault((type(value), value), len(places)) for value in values]
        return cls(tuple(value for _, value in places), np.array(codes, np.int32))


@dataclass(frozen=True, eq=False)
class Drawn:
    """A parameter that was drawn at random.

    Parameters
    ----------
    values : ndarray, shape (runs,)
        Its values [unit]; nan where a run has none.
    unit : str
        Unit of the device's card.
    """

    values: FloatArray
    unit: str


def statuses(result: ScenarioResult) -> Coded:
    """Give ``"ok"``, ``"failed"`` or ``"not run"`` of every run."""
    return Coded.of(record.status for record in result.records)


def seeds(result: ScenarioResult) -> Sequence[int | None]:
    """Give the number of every run's draw; None where it is not one of several."""
    return [record.run.seed for record in result.records]


def devices(result: ScenarioResult) -> tuple[tuple[Device, ...], Codes]:
    """Give the devices, and which of them every run has."""
    found: dict[str, Device] = {}
    places: dict[int, int] = {}
    codes = []
    for record in result.records:
        device = record.run.device
        if id(device) not in places:
            found.setdefault(device.name, device)
            places[id(device)] = list(found).index(device.name)
        codes.append(places[id(device)])
    return tuple(found.values()), np.array(codes, np.int32)


def swept(result: ScenarioResult) -> dict[str, Coded]:
    """Give the swept keys with the value of every run, as written."""
    keys = dict.fromkeys(key for record in result.records for key in record.run.point)
    return {key: Coded.of(r.run.point.get(key) for r in result.records) for key in keys}


def points(result: ScenarioResult) -> Codes:
    """Give the point of the sweep of every run, as a number in order of appearance."""
    return joint_codes([one.codes for one in swept(result).values()], len(result.records))


def joint_codes(columns: Iterable[Codes], runs: int) -> Codes:
    """Number the combinations of several codes in order of appearance."""
    joined = np.zeros(runs, np.int64)
    for codes in columns:
        joined = np.unique(joined * (int(codes.max(initial=0)) + 1) + codes, return_inverse=True)[1]
        joined = joined.reshape(-1).astype(np.int64)
    _, first, inverse = np.unique(joined, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return order[inverse.reshape(-1)].astype(np.int32)


def swept_column(
    result: ScenarioResult, key: str, runs: NDArray[np.bool_] | None = None
) -> tuple[FloatArray, str] | None:
    """Give the values of a swept key as numbers in one unit, that of the first run.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.
    key : str
        Swept key.
    runs : ndarray of bool, shape (runs,), optional
        Which runs count; the others are nan.

    Returns
    -------
    tuple of ndarray and str, or None
        One number per run and their unit; None where one of the values is a name, is missing or
        has another dimension.
    """
    column = Coded.of(record.run.point.get(key) for record in result.records)
    kinds, which = devices(result)
    chosen = np.ones(len(column), bool) if runs is None else runs
    pairs = column.codes.astype(np.int64) * len(kinds) + which
    found, inverse = np.unique(pairs[chosen], return_inverse=True)
    numbers: list[tuple[float, str]] = []
    for pair in found.tolist():
        value: Value | None = column.words[pair // len(kinds)]
        card = kinds[pair % len(kinds)].card.parameters
        number = None if value is None else swept_quantity(key, value, card)
        if number is None:
            return None
        numbers.append(number)
    if not numbers:
        return None
    unit = numbers[int(inverse.reshape(-1)[0])][1]
    try:
        alike = [units.convert(n, own, unit) if own != unit else n for n, own in numbers]
    except units.UnitsError:
        return None
    values = np.full(len(column), np.nan)
    values[chosen] = np.array(alike)[inverse.reshape(-1)]
    return values, unit


def metric_names(result: ScenarioResult) -> list[str]:
    """Names of all metrics, in the order of the first run that has some."""
    return list(dict.fromkeys(name for record in result.records for name in record.metrics))


def metric_column(result: ScenarioResult, name: str) -> MetricColumn:
    """Give a metric over all runs; nan, with words without a unit, where a run did not give it."""
    size = len(result.records)
    values, errors = np.full(size, np.nan), np.full(size, np.nan)
    codes = np.zeros(size, np.int32)
    places = {_NOT_GIVEN: 0}
    known: dict[tuple[str, str, str, bool], int] = {}  # without hashing a dataclass each time
    for place, record in enumerate(result.records):
        taken = record.metrics.get(name)
        if taken is None:
            continue
        key = (taken.unit, taken.definition, taken.note, isinstance(taken.value, int))
        if key not in known:
            known[key] = places.setdefault(Words(*key), len(places))
        values[place] = taken.value
        if taken.standard_error is not None:
            errors[place] = taken.standard_error
        codes[place] = known[key]
    return MetricColumn(values, errors, tuple(places), codes)


def unit_of(column: MetricColumn) -> str:
    """SI unit of a metric: that of the first run that gave it."""
    return next((words.unit for words in column.words if words.unit), "1")


def is_given(column: MetricColumn) -> NDArray[np.bool_]:
    """Whether each run gave the metric at all, be it without a value."""
    given = np.array([bool(words.unit) for words in column.words])
    return np.asarray(given[column.codes])


def changed_parameters(result: ScenarioResult) -> dict[str, FloatArray]:
    """Give the parameters that differ from a default, in the card's units; nan elsewhere."""
    found: dict[str, FloatArray] = {}
    for place, record in enumerate(result.records):
        for name, number in record.run.parameters.items():
            if name not in found:
                found[name] = np.full(len(result.records), np.nan)
            found[name][place] = number
    return found


def parameter_unit(kinds: Iterable[Device], name: str) -> str:
    """Unit of a parameter on the first card that has it."""
    cards: Iterable[Mapping[str, Any]] = (device.card.parameters for device in kinds)
    return next((str(card[name].unit) for card in cards if name in card), "1")


def drawn_parameters(result: ScenarioResult) -> dict[str, Drawn]:
    """Give the parameters that were drawn: those that differ between draws at one point."""
    if all(seed is None for seed in seeds(result)):
        return {}
    place = points(result)
    kinds, _ = devices(result)
    found = {}
    for name, values in changed_parameters(result).items():
        known = np.isfinite(values)
        low = np.full(int(place.max(initial=0)) + 1, np.inf)
        high = -low
        np.minimum.at(low, place[known], values[known])
        np.maximum.at(high, place[known], values[known])
        if bool((high > low).any()):
            found[name] = Drawn(values, parameter_unit(kinds, name))
    return found
