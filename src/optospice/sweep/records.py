"""The records of a scenario while they arrive: numbers in columns, made to records when asked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from optospice.metrics.column import MetricColumn, Words
from optospice.metrics.value import MetricValue
from optospice.ngspice.bench_analyses import Result
from optospice.scenario.runs import Run, Runs
from optospice.scenario.verdict import Observation
from optospice.store.block import MeasuredBlock
from optospice.sweep.record import ColumnedRecords, RunRecord, Status
from optospice.waveforms import Waveforms

_STATUSES: tuple[Status, ...] = ("not run", "ok", "failed")
_OK, _FAILED = 1, 2
_NO_WORDS = Words("1", "", "")


class _Column:
    """A metric of all runs: numbers, and a code of the words of each."""

    def __init__(self, runs: int) -> None:
        self.values = np.full(runs, np.nan)
        self.errors: NDArray[np.float64] | None = None
        self.solver_errors: NDArray[np.float64] | None = None
        self.codes = np.full(runs, -1, np.int32)

    def put(
        self, places: NDArray[np.int64], column: MetricColumn, codes: NDArray[np.int32]
    ) -> None:
        self.values[places], self.codes[places] = column.values, codes
        if self.errors is None and not np.isnan(column.standard_errors).all():
            self.errors = np.full(self.values.size, np.nan)
        if self.errors is not None:
            self.errors[places] = column.standard_errors

    def put_solver_errors(self, places: NDArray[np.int64], errors: NDArray[np.float64]) -> None:
        if self.solver_errors is None:
            self.solver_errors = np.full(self.values.size, np.nan)
        self.solver_errors[places] = errors


class _Row(Mapping[str, MetricValue]):
    """The metrics of one run."""

    def __init__(self, records: Records, place: int) -> None:
        self._records, self._place = records, place

    def __getitem__(self, name: str) -> MetricValue:
        return self._records.value(name, self._place)

    def __iter__(self) -> Iterator[str]:
        return iter(self._records.names_at(self._place))

    def __len__(self) -> int:
        return len(self._records.names_at(self._place))


class Records(ColumnedRecords):
    """One record per run, in order; those that have not arrived say that it was not run.

    Parameters
    ----------
    runs : sequence of Run
        The runs.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = runs
        self._statuses = np.zeros(len(runs), np.uint8)
        self._seconds = np.zeros(len(runs))
        self._columns: dict[str, _Column] = {}
        self._words: dict[Words, int] = {}
        self._listed: list[Words] = []
        self._messages: dict[int, str] = {}
        self._outside: dict[int, tuple[str, ...]] = {}
        self._netlists: dict[int, str] = {}
        self._idle: dict[int, str] = {}
        self._results: dict[int, Waveforms | Result] = {}

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
        run, result = self._runs[places], self._results.get(places)
        is_timed = isinstance(result, Waveforms)
        return RunRecord(
            run,
            _STATUSES[self._statuses[places]],
            self._messages.get(places, ""),
            _Row(self, places),
            float(self._seconds[places]),
            result if is_timed else None,  # type: ignore[arg-type]
            None if is_timed else result,  # type: ignore[arg-type]
            self._netlists.get(places, ""),
            self.outside_at(places),
        )

    # By columns

    @property
    def statuses(self) -> list[Status]:
        """Status of every run, in order."""
        return [_STATUSES[code] for code in self._statuses.tolist()]

    @property
    def succeeded(self) -> NDArray[np.bool_]:
        """Which runs succeeded, shape (runs,)."""
        found: NDArray[np.bool_] = self._statuses == _OK
        return found

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Time spent on each run [s], shape (runs,)."""
        return self._seconds

    @property
    def runs(self) -> Sequence[Run]:
        """The runs."""
        return self._runs

    def with_status(self, status: Status) -> list[int]:
        """Places of the runs that have a status."""
        found: list[int] = np.flatnonzero(self._statuses == _STATUSES.index(status)).tolist()
        return found

    def extrapolated(self) -> list[int]:
        """Places of the runs that left the valid range of their device."""
        ended = np.flatnonzero(self._statuses).tolist()
        if isinstance(self._runs, Runs) and not self._runs.are_marked:
            return [place for place in ended if self._outside.get(place)]
        return [place for place in ended if self.outside_at(place)]

    def outside_at(self, place: int) -> tuple[str, ...]:
        """Say which limits of the device's valid range the run at a place left."""
        if not self._statuses[place]:
            return ()
        known = self._outside.get(place, ())
        if isinstance(self._runs, Runs) and not self._runs.are_marked:
            return known
        return tuple(dict.fromkeys((*getattr(self._runs[place], "outside", ()), *known)))

    @property
    def messages(self) -> Mapping[int, str]:
        """Why runs failed, by their places."""
        return self._messages

    @property
    def kept(self) -> list[int]:
        """Places of the runs whose waveforms, or what an analysis gave, are kept."""
        return sorted(self._results)

    def observation(self, place: int) -> Observation:
        """Give what a verdict needs of the run at a place, without its parameters."""
        if isinstance(self._runs, Runs):
            device, point = self._runs.point_at(place)
            run_id = self._runs.id_at(place)
        else:
            run = self._runs[place]
            device, point, run_id = run.device, run.point, run.id
        return Observation(
            device.name,
            point,
            _Row(self, place),
            device.card.parameters,
            bool(self.outside_at(place)),
            run_id,
            self.solver_errors_at(place),
            self._idle.get(place, ""),
        )

    def solver_errors_at(self, place: int) -> dict[str, float]:
        """Give how far the metrics of a run may be off for the solver's error, where known."""
        return {
            name: float(own.solver_errors[place])
            for name, own in self._columns.items()
            if own.solver_errors is not None and not np.isnan(own.solver_errors[place])
        }

    @property
    def metric_names(self) -> tuple[str, ...]:
        """Names of the metrics that any run gave."""
        return tuple(self._columns)

    def column(self, name: str) -> MetricColumn:
        """Give a metric of all runs; nan, and words without any, where a run did not give it.

        Raises
        ------
        KeyError
            When no run gave it.
        """
        own = self._columns[name]
        errors = np.full(len(self), np.nan) if own.errors is None else own.errors
        words = (*self._listed, _NO_WORDS)
        codes = np.where(own.codes < 0, len(words) - 1, own.codes)
        return MetricColumn(own.values, errors, words, codes)

    def value(self, name: str, place: int) -> MetricValue:
        """Give a metric of the run at a place."""
        own = self._columns[name]
        if own.codes[place] < 0:
            raise KeyError(name)
        error = math.nan if own.errors is None else float(own.errors[place])
        return self._listed[int(own.codes[place])].value(float(own.values[place]), error)

    def names_at(self, place: int) -> list[str]:
        """Names of the metrics that the run at a place gave."""
        return [name for name, own in self._columns.items() if own.codes[place] >= 0]

    # As they arrive

    def put(self, places: NDArray[np.int64], block: MeasuredBlock) -> None:
        """Take what was measured in the runs at some places."""
        self._statuses[places] = np.where(block.succeeded, _OK, _FAILED)
        self._seconds[places] = block.seconds
        own = places[block.succeeded]
        for name, column in block.columns.items():
            codes = np.array([self._code(one) for one in column.words], np.int32)
            if name not in self._columns:
                self._columns[name] = _Column(len(self))
            self._columns[name].put(own, column, codes[column.codes])
            if name in block.errors:
                self._columns[name].put_solver_errors(own, block.errors[name])
        at = places.tolist()
        self._messages.update((at[row], text) for row, text in block.messages.items())
        self._outside.update((at[row], limits) for row, limits in block.outside.items())
        self._netlists.update((at[row], text) for row, text in block.netlists.items())
        self._idle.update((at[row], why) for row, why in block.idle.items())

    def _code(self, words: Words) -> int:
        code = self._words.setdefault(words, len(self._listed))
        if code == len(self._listed):
            self._listed.append(words)
        return code

    def keep(self, place: int, result: Waveforms | Result) -> None:
        """Keep what the run at a place gave."""
        self._results[place] = result

    def drop(self, place: int) -> None:
        """Forget what the run at a place gave."""
        self._results.pop(place, None)
