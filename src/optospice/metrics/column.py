"""A metric of a whole block of runs: numbers in arrays, words once for all runs that share them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
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
        error, value = float(self.standard_errors[index]), float(self.values[index])
        return MetricValue(
            int(value) if words.whole else value,
            words.unit,
            words.definition,
            None if math.isnan(error) else error,
            words.note,
        )

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
