"""The records of a scenario while they arrive: of very many runs only numbers are kept."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, overload

from optospice.metrics.value import MetricValue
from optospice.scenario.runs import Run
from optospice.sweep.record import RunRecord

#: Records of a scenario of up to so many runs are kept as they are [1].
KEPT_RECORDS = 100_000
#: What the metrics of many runs share: places of their names, and all but the numbers.
_Heads = tuple[tuple[str, type, str, str, bool, str], ...]


class CompactMetrics(Mapping[str, MetricValue]):
    """Metrics of one run of many, as numbers beside what they share with the other runs."""

    __slots__ = ("_heads", "_numbers")

    def __init__(self, heads: _Heads, numbers: array[float]) -> None:
        self._heads = heads
        self._numbers = numbers

    def __getitem__(self, name: str) -> MetricValue:
        """Give a metric."""
        for place, (known, kind, unit, definition, has_error, note) in enumerate(self._heads):
            if known == name:
                error = self._numbers[len(self._heads) + place] if has_error else None
                return MetricValue(kind(self._numbers[place]), unit, definition, error, note)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        """Give the names in their order."""
        return (head[0] for head in self._heads)

    def __len__(self) -> int:
        """Count the metrics."""
        return len(self._heads)


class Records(Sequence[RunRecord]):
    """One record per run, in order; those that have not arrived say that it was not run.

    Parameters
    ----------
    runs : sequence of Run
        The runs.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = runs
        self._is_small = len(runs) <= KEPT_RECORDS
        self._arrived: dict[int, RunRecord] = {}
        self._compact: dict[int, tuple[Any, ...]] = {}
        self._heads: dict[_Heads, _Heads] = {}

    def __len__(self) -> int:
        """Count the runs."""
        return len(self._runs)

    @overload
    def __getitem__(self, index: int) -> RunRecord: ...
    @overload
    def __getitem__(self, index: slice) -> list[RunRecord]: ...

    def __getitem__(self, index: int | slice) -> RunRecord | list[RunRecord]:
        """Give a record, or a list of some."""
        places = range(len(self))[index]
        if isinstance(places, range):
            return [self[place] for place in places]
        if places in self._arrived:
            return self._arrived[places]
        return RunRecord(self._runs[places], *self._compact.get(places, ("not run",)))

    def put(self, place: int, record: RunRecord) -> None:
        """Take the record of the run at a place."""
        if self._is_small:
            self._arrived[place] = record
            return
        metrics = self._compacted(record.metrics)
        self._compact[place] = (
            record.status, record.message, metrics, record.seconds, record.waveforms,
            record.analysed, record.netlist, record.outside,
        )  # fmt: skip

    def drop_waveforms(self, place: int) -> None:
        """Forget the waveforms of the run at a place."""
        self.put(place, replace(self[place], waveforms=None))

    def _compacted(self, metrics: Mapping[str, MetricValue]) -> CompactMetrics:
        given = metrics.values()
        heads = tuple(
            (name, type(m.value), m.unit, m.definition, m.standard_error is not None, m.note)
            for name, m in metrics.items()
        )
        numbers = array("d", [m.value for m in given])
        if any(m.standard_error is not None for m in given):
            numbers.extend(m.standard_error or 0.0 for m in given)
        return CompactMetrics(self._heads.setdefault(heads, heads), numbers)
