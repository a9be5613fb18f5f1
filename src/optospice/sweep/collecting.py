"""Blocks on their way into the records of a scenario: out of the store, and from workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import overload

from optospice.ngspice.bench_analyses import Result
from optospice.ngspice.worker import Failed, Finished
from optospice.store.block import MeasuredBlock
from optospice.store.encoding import BlockResult, decoded
from optospice.store.store import Store
from optospice.sweep.blocks import Block, Blocks, Places, parameter_matrix
from optospice.sweep.executor import Executor
from optospice.sweep.identity import measured_key, measuring_key
from optospice.sweep.keeping import Keeping, KeptResults
from optospice.sweep.records import Records
from optospice.sweep.task import LARGEST_ANSWER, Outcome, Task
from optospice.waveforms import Waveforms

#: Runs that travel to a worker at a time, where these are short: what fills the pipe to a busy
#: worker would keep the parent from watching the others.
LARGEST_CHUNK = 200
#: Sum of the waveforms that one command stores [bytes].
STORED_BYTES = 1_000_000_000
_FUNCTION = "optospice.sweep.task:perform"

#: Called with the number of runs that have ended, and how many of them failed.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Measurement:
    """What is measured in a block: the runs of one kind.

    Parameters
    ----------
    kind : int
        Kind of the runs.
    places : ndarray of int
        Places of the runs in the scenario.
    rows : ndarray of int
        Their devices in the block.
    key : bytes
        Under which the store knows it.
    """

    kind: int
    places: Places
    rows: Places
    key: bytes


class Collector:
    """Brings blocks into records.

    Parameters
    ----------
    blocks : Blocks
        All blocks.
    records : Records
        Filled here.
    keeping : Keeping
        Which waveforms stay.
    store : Store or None
        What was computed before, and where it goes.
    on_progress : callable
        Called as runs end.
    with_errors : bool
        Whether metrics come with the solver's error.
    """

    def __init__(
        self,
        blocks: Blocks,
        records: Records,
        keeping: Keeping,
        store: Store | None,
        on_progress: Progress,
        with_errors: bool = False,
    ) -> None:
        self._blocks = blocks
        self._records = records
        self._keeping = keeping
        self._kept = KeptResults(records)
        self._store = store
        self._on_progress = on_progress
        self._with_errors = with_errors
        self._measuring: dict[int, bytes] = {}
        self._stored = 0
        self.from_store = 0

    def measurements(self, block: Block) -> list[Measurement]:
        """Give what is measured in a block."""
        found = []
        for kind, places, rows in block.measurements():
            if kind not in self._measuring:
                protocol = self._blocks.runs[int(places[0])].protocol
                self._measuring[kind] = measuring_key(protocol, self._with_errors)
            key = measured_key(block.key, self._measuring[kind], rows)
            found.append(Measurement(kind, places, rows, key))
        return found

    def collect(self, numbers: Sequence[int], pool: Executor, timeout: float) -> bool:
        """Take blocks from the store, and simulate those that it lacks.

        Parameters
        ----------
        numbers : sequence of int
            Which blocks.
        pool : Executor
            What simulates; it is started only where something is missing.
        timeout : float
            Longest time of a run [s].

        Returns
        -------
        bool
            Whether all were brought; False after Ctrl-C, which closes the pool.
        """
        before, pool.timeout = pool.timeout, timeout
        try:
            missing = self.take_stored(numbers)
            if missing:
                pool.start()
                self.simulate(missing, pool)
        except KeyboardInterrupt:
            pool.close()
            return False
        finally:
            pool.timeout = before  # the pool may serve others
            if self._store is not None:
                self._store.flush()
        return True

    # From the store

    def take_stored(self, numbers: Sequence[int]) -> list[int]:
        """Take what the store holds of some blocks, and give the numbers of those still open."""
        if self._store is None:
            return list(numbers)
        wanted: dict[bytes, list[tuple[int, Places]]] = {}  # equal loops are blocks of their own
        missing: dict[int, int] = {}
        for number in numbers:
            own = self.measurements(self._blocks[number])
            for one in own:
                wanted.setdefault(one.key, []).append((number, one.places))
            missing[number] = len(own)
        found: dict[int, list[tuple[Places, MeasuredBlock]]] = {}
        for key, measured in self._store.measured(wanted):
            for number, places in wanted[key]:
                if len(measured) != places.size:
                    continue
                found.setdefault(number, []).append((places, measured))
                if len(found[number]) == missing[number]:  # at once: of a million runs few wait
                    whole = found.pop(number)
                    missing[number] = 0 if self._restore(number, whole) else -1
        return [number for number, left in missing.items() if left]

    def unstored(self, numbers: Sequence[int]) -> list[int]:
        """Give the numbers of the blocks of which the store lacks a measurement."""
        assert self._store is not None
        keys = {n: {one.key for one in self.measurements(self._blocks[n])} for n in numbers}
        known = self._store.known({key for own in keys.values() for key in own})
        return [number for number, own in keys.items() if own - known]

    def _restore(self, number: int, measured: Sequence[tuple[Places, MeasuredBlock]]) -> bool:
        """Take a stored block; False where waveforms are to stay that the store does not hold."""
        kept = [self._keeping.keeps(places, one.succeeded) for places, one in measured]
        if any(one.any() for one in kept):
            assert self._store is not None
            block = self._blocks[number]
            results = self._store.result(block.key)
            if results is not None:
                self._keep(block, measured, decoded(results))
            elif any(
                (own & one.succeeded).any() for own, (_, one) in zip(kept, measured, strict=True)
            ):
                return False  # a run that failed may have none
        for places, one in measured:
            self._take(places, one)
            self.from_store += int(places.size)
        return True

    def _keep(
        self,
        block: Block,
        measured: Sequence[tuple[Places, MeasuredBlock]],
        results: BlockResult,
    ) -> None:
        rows = dict(zip(block.places.tolist(), block.rows.tolist(), strict=True))
        for places, one in measured:
            for place in places[self._keeping.keeps(places, one.succeeded)].tolist():
                result = results[rows[place]]
                if result is not None:
                    self._kept.put(place, result if self._keeping.every == 1 else own(result))

    def _take(self, places: Places, measured: MeasuredBlock) -> None:
        self._records.put(places, measured)
        self._on_progress(int(places.size), int((~measured.succeeded).sum()))

    # From workers

    def simulate(self, numbers: Sequence[int], pool: Executor) -> None:
        """Simulate blocks, or measure those whose waveforms are stored."""
        largest = max(self._blocks[number].devices for number in numbers)
        chunk = max(1, min(50, len(numbers) // (4 * pool.size), LARGEST_CHUNK // largest))
        share = LARGEST_ANSWER // chunk
        tasks = Tasks(len(numbers), lambda index: self.task(numbers[index], share))
        again: list[tuple[int, int]] = []
        for index, outcome in pool.map(_FUNCTION, tasks, chunk):
            block = self._blocks[numbers[index]]
            if isinstance(outcome, Finished):
                self._finish(block, outcome.result)
            elif block.devices == 1:
                self._fail(block, outcome)
            else:  # the block took its worker down: find the guilty run
                again += [(numbers[index], row) for row in range(block.devices)]
        alone = Tasks(len(again), lambda n: self.task(again[n][0]).alone(again[n][1]))
        for index, outcome in pool.map(_FUNCTION, alone):
            number, row = again[index]
            self._finish_alone(self._blocks[number], row, outcome)

    def task(self, number: int, largest: int = LARGEST_ANSWER) -> Task:
        """Make the task of a block."""
        block, runs = self._blocks[number], self._blocks.runs
        firsts = block.firsts()
        run = runs[int(firsts[0])]
        stored = self._store is not None and not run.is_closed_loop
        given = self._store.result(block.key) if self._store is not None and stored else None
        every = self._keeping.every
        kept = self._keeping.failed or bool(every and (block.places % every == 0).any())
        return Task(
            run,
            *parameter_matrix(runs, firsts),
            [(runs[int(one.places[0])].protocol, one.rows) for one in self.measurements(block)],
            kept or (self._store is not None and self._stored < STORED_BYTES),
            largest,
            given,
            self._with_errors,
        )

    def _finish(self, block: Block, outcome: Outcome) -> None:
        own = self.measurements(block)
        measured = [(one.places, new) for one, new in zip(own, outcome.measured, strict=True)]
        results = outcome.results
        if self._store is not None:
            fits = outcome.is_whole and self._stored < STORED_BYTES
            self._store.put(
                block.key,
                results if fits else None,
                {one.key: new for one, (_, new) in zip(own, measured, strict=True)},
            )
            if results is not None and fits:
                self._stored += results.numbers.nbytes
        if any(self._keeping.keeps(places, new.succeeded).any() for places, new in measured):
            if results is None and self._store is not None:
                results = self._store.result(block.key)  # it was measured only
            if results is not None:
                self._keep(block, measured, decoded(results))
        for places, new in measured:
            self._take(places, new)

    def _fail(self, block: Block, failed: Failed) -> None:
        for one in self.measurements(block):
            measured = MeasuredBlock.failed(failed.message, 0.0, int(one.places.size))
            if self._store is not None and not failed.is_lost:  # it would fail again
                self._store.put(block.key, None, {one.key: measured})
            self._take(one.places, measured)

    def _finish_alone(self, block: Block, row: int, outcome: Finished | Failed) -> None:
        """Take one device of a block whose worker was lost; the store takes whole blocks only."""
        for number, one in enumerate(self.measurements(block)):
            places = one.places[one.rows == row]
            if not places.size:
                continue
            if isinstance(outcome, Failed):
                self._take(places, MeasuredBlock.failed(outcome.message, 0.0, int(places.size)))
                continue
            found: Outcome = outcome.result
            measured = found.measured[number]
            alone = None if found.results is None else decoded(found.results)[0]
            if alone is not None:
                for place in places[self._keeping.keeps(places, measured.succeeded)].tolist():
                    self._kept.put(place, alone)
            self._take(places, measured)


def own(result: Waveforms | Result) -> Waveforms | Result:
    """Give waveforms with memory of their own, without that of the block they stem from."""
    if not isinstance(result, Waveforms):
        return result
    return replace(result, signals={name: row.copy() for name, row in result.signals.items()})


class Tasks(Sequence[Task]):
    """Tasks, each made when a worker takes it.

    Parameters
    ----------
    count : int
        How many there are [1].
    make : callable
        Makes the one of a number.
    """

    def __init__(self, count: int, make: Callable[[int], Task]) -> None:
        self._count = count
        self._make = make

    def __len__(self) -> int:
        """Count the tasks."""
        return self._count

    @overload
    def __getitem__(self, index: int) -> Task: ...
    @overload
    def __getitem__(self, index: slice) -> list[Task]: ...

    def __getitem__(self, index: int | slice) -> Task | list[Task]:
        """Make a task, or a list of some."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        if not 0 <= index < self._count:
            raise IndexError(index)
        return self._make(index)
