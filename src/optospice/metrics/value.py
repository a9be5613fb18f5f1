"""The value of a metric together with the definition that produced it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class MetricValue:
    """A number taken from waveforms, with everything needed to read it.

    Attributes
    ----------
    value : float
        The value in the SI unit `unit`; nan where the data do not hold it.
    unit : str
        SI unit, ``"1"`` for a ratio.
    definition : str
        The definition that was chosen, in words.
    standard_error : float or None
        Standard error of a fitted value, in `unit`.
    note : str
        Why there is no value, or what limits the trust in it; empty if nothing does.
    interval : pair of float or None
        Confidence interval of a number taken over draws, in `unit`; `definition` says of which
        confidence.
    """

    value: float
    unit: str
    definition: str
    standard_error: float | None = None
    note: str = ""
    interval: tuple[float, float] | None = None

    def __reduce__(self) -> tuple[type[MetricValue], tuple[object, ...]]:
        """Pickle without asking `dataclasses.fields`: a sweep sends thousands of these."""
        return MetricValue, (
            self.value,
            self.unit,
            self.definition,
            self.standard_error,
            self.note,
            self.interval,
        )

    def __float__(self) -> float:
        """Return the bare value."""
        return self.value

    @property
    def is_missing(self) -> bool:
        """Whether the data did not hold the quantity."""
        return math.isnan(self.value)


def annotated(value: MetricValue, notes: Sequence[str]) -> MetricValue:
    """Give a metric with further notes."""
    return replace(value, note="; ".join(filter(None, (value.note, *notes)))) if notes else value


def missing(unit: str, definition: str, note: str) -> MetricValue:
    """Return the value of a quantity that the data do not hold.

    Parameters
    ----------
    unit : str
        SI unit that the value would have had.
    definition : str
        The definition that was asked for.
    note : str
        Why there is no value, in words.

    Returns
    -------
    MetricValue
        nan with the note.
    """
    return MetricValue(math.nan, unit, definition, None, note)
