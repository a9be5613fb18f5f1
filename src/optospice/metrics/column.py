"""A metric of a whole block of runs: numbers in arrays, words once for all runs that share them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
from numpy.typing import NDArray

from optospice.interpolation import FloatArray
from optospice.metrics.value import MetricValue


@dataclass(frozen=True, slots=True)
class Words:
    """What several values of a metric share: everything but their numbers.

    Attributes
    ----------
    unit : str
        SI unit.
    definition : str
        The definition that was chosen, in words.
    note : str
        Why there is no value, or what limits the trust in it.
    whole : bool
        Whether the values are whole numbers, such as a count.
    """

    unit: str
    definition: str
    note: str = ""
    whole: bool = False

    def value(self, number: float, standard_error: float = math.nan) -> MetricValue:
        """Give the value that they belong to; a standard error of nan is none [unit]."""
        return MetricValue(
            int(number) if self.whole else number,
            self.unit,
            self.definition,
            None if math.isnan(standard_error) else standard_error,
            self.note,
        )


@dataclass(frozen=True, eq=False)
class MetricColumn(Sequence[MetricValue]):
    """One metric of a block of runs.

    Parameters
    ----------
    values : ndarray, shape (runs,)
        Values [unit of their words]; nan where the data do not hold it.
    standard_errors : ndarray, shape (runs,)
        Standard errors [the same unit]; nan where there is none.
    words : tuple of Words
        Each combination once.
    codes : ndarray of int, shape (runs,)
        Place of each run's words in `words`.
    """

    values: FloatArray
    standard_errors: FloatArray
    words: tuple[Words, ...]
    codes: NDArray[np.int32]

    def __len__(self) -> int:
        """Count the runs."""
        return int(self.values.size)

    @overload
    def __getitem__(self, index: int) -> MetricValue: ...
    @overload
    def __getitem__(self, index: slice) -> list[MetricValue]: ...

    def __getitem__(self, index: int | slice) -> MetricValue | list[MetricValue]:
        """Give the value of one run, or of some."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        words = self.words[self.codes[index]]
        found: MetricValue = words.value(
            float(self.values[index]), float(self.standard_errors[index])
        )
        return found

    @classmethod
    def of(cls, values: Sequence[MetricValue]) -> MetricColumn:
        """Join the values of single runs."""
        places: dict[Words, int] = {}
        codes = [
            places.setdefault(
                Words(one.unit, one.definition, one.note, isinstance(one.value, int)), len(places)
            )
            for one in values
        ]
        errors = [math.nan if one.standard_error is None else one.standard_error for one in values]
        return cls(
            np.array([one.value for one in values], dtype=np.float64),
            np.array(errors, dtype=np.float64),
            tuple(places),
            np.array(codes, dtype=np.int32),
        )

    @classmethod
    def alike(cls, values: FloatArray, unit: str, definition: str, note: str = "") -> MetricColumn:
        """Give values that share their words and have no standard errors."""
        return cls(
            np.asarray(values, dtype=np.float64),
            np.full(len(values), math.nan),
            (Words(unit, definition, note),),
            np.zeros(len(values), np.int32),
        )

    @classmethod
    def told(
        cls,
        values: FloatArray,
        unit: str,
        definitions: str | Sequence[str],
        notes: str | Sequence[str] = "",
        standard_errors: FloatArray | None = None,
    ) -> MetricColumn:
        """Give values of one unit, each with its definition and its note.

        Parameters
        ----------
        values : ndarray, shape (runs,)
            Values [unit].
        unit : str
            SI unit.
        definitions, notes : str or sequence of str
            Of every run; one text for all of them.
        standard_errors : ndarray, shape (runs,), optional
            Standard errors [unit]; there are none if left out.
        """
        if isinstance(definitions, str) and isinstance(notes, str):
            column = cls.alike(values, unit, definitions, notes)
            return (
                column
                if standard_errors is None
                else replace(column, standard_errors=standard_errors)
            )
        count = len(values)
        places: dict[tuple[str, str], int] = {}
        pairs = zip(_each(definitions, count), _each(notes, count), strict=True)
        codes = [places.setdefault(pair, len(places)) for pair in pairs]
        return cls(
            values,
            np.full(count, math.nan) if standard_errors is None else standard_errors,
            tuple(Words(unit, *pair) for pair in places),
            np.array(codes, dtype=np.int32),
        )

    def spread_over(self, count: int) -> MetricColumn:
        """Give the same for a number of runs, where one value stands for all [1]."""
        if len(self) == count:
            return self
        return replace(
            self,
            values=np.repeat(self.values, count),
            standard_errors=np.repeat(self.standard_errors, count),
            codes=np.repeat(self.codes, count),
        )

    def reworded(self, change: Callable[[Words], Words]) -> MetricColumn:
        """Give the same with other words."""
        return replace(self, words=tuple(change(words) for words in self.words))

    def noted(self, notes: Sequence[str]) -> MetricColumn:
        """Give the same with a further note of every run; empty where there is none."""
        if not any(notes):
            return self
        texts = [self.words[code] for code in self.codes]
        joined = [
            replace(words, note="; ".join(filter(None, (words.note, note))))
            for words, note in zip(texts, notes, strict=True)
        ]
        places: dict[Words, int] = {}
        codes = [places.setdefault(words, len(places)) for words in joined]
        return replace(self, words=tuple(places), codes=np.array(codes, dtype=np.int32))


def _each(text: str | Sequence[str], count: int) -> Sequence[str]:
    return [text] * count if isinstance(text, str) else text
