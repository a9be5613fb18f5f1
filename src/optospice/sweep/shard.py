"""A share of a scenario's blocks, for jobs that know nothing of each other."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from optospice.errors import InputError, SimulationError, echo
from optospice.scenario.load import LoadedScenario
from optospice.scenario.runs import Run
from optospice.store.store import Store
from optospice.sweep.blocks import LARGEST_BLOCK, Block, Blocks
from optospice.sweep.certainty import tells_errors
from optospice.sweep.collecting import Collector, Progress
from optospice.sweep.executor import Executor
from optospice.sweep.local import keeping_of, version_of
from optospice.sweep.records import Records


@dataclass(frozen=True)
class Shard:
    """One of several shares: a block's key alone decides to which it belongs.

    Parameters
    ----------
    number : int
        Which one, from 1 [1].
    count : int
        How many there are [1].
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``"2/16"``.

        Raises
        ------
        InputError
            When it is no share.
        """
        found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise InputError(
                f"--shard {echo(text)}: no share; accepted: NUMBER/COUNT from 1/COUNT to "
                "COUNT/COUNT, such as 2/16"
            )
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        """Spell it as it is written."""
        return f"{self.number}/{self.count}"

    def holds(self, block: Block) -> bool:
        """Whether a block belongs to it."""
        return int.from_bytes(block.key, "big") % self.count == self.number - 1


@dataclass(frozen=True)
class ShardResult:
    """What the store holds of a share.

    Parameters
    ----------
    shard : Shard
        Which share.
    blocks, runs : int
        Its blocks and runs [1].
    from_store : int
        Runs that had been computed before [1].
    failed : int
        Runs that failed by themselves: they would fail again [1].
    open_runs : int
        Runs that are not in the store: those whose simulator was lost, and after Ctrl-C those
        that were not begun [1].
    seconds : float
        Wall-clock time [s].
    interrupted : bool
        Whether the user stopped.
    """

    shard: Shard
    blocks: int
    runs: int
    from_store: int
    failed: int
    open_runs: int
    seconds: float
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """130 after an interruption, 1 where the store lacks a run, else 0."""
        if self.interrupted:
            return 130
        return 1 if self.open_runs else 0


class ShardWork:
    """The blocks of a share, on their way into the store.

    Parameters
    ----------
    loaded : LoadedScenario
        The scenario.
    runs : sequence of Run
        All its runs, from `expand`.
    executor : Executor
        What simulates.
    store : Store
        Where the results go.
    shard : Shard
        Which share.
    largest_block : int
        Largest number of runs with the same stimuli in one transient [1].
    """

    def __init__(
        self,
        loaded: LoadedScenario,
        runs: Sequence[Run],
        executor: Executor,
        store: Store,
        shard: Shard,
        largest_block: int = LARGEST_BLOCK,
    ) -> None:
        self._loaded, self._all_runs = loaded, runs
        self._executor, self._store, self._shard = executor, store, shard
        self._blocks = Blocks(runs, version_of(executor, store), largest_block)
        own = (number for number in range(len(self._blocks)) if shard.holds(self._blocks[number]))
        self._numbers = list(own)

    @property
    def runs(self) -> int:
        """Number of runs of the share [1]."""
        return self._count(self._numbers)

    def _count(self, numbers: Sequence[int]) -> int:
        return sum(int(self._blocks[number].places.size) for number in numbers)

    def compute(self, on_progress: Progress | None = None) -> ShardResult:
        """Compute what the store lacks of the share, and nothing else.

        Parameters
        ----------
        on_progress : callable, optional
            Called with the number of runs that have ended, and how many of them failed.

        Raises
        ------
        SimulationError
            When the store cannot be written.
        """
        started, failures = time.perf_counter(), [0]

        def advance(count: int, failed: int) -> None:
            failures.append(failed)
            if on_progress is not None:
                on_progress(count, failed)

        executor, store = self._executor, self._store
        # what the whole would show it finds in the store
        keeping = keeping_of(self._loaded, len(self._all_runs))
        records = Records(self._all_runs)
        exactly = tells_errors(self._loaded.scenario, len(self._all_runs))
        collector = Collector(self._blocks, records, keeping, store, advance, exactly)
        timeout = self._loaded.scenario.timeout
        interrupted = not collector.collect(self._numbers, executor, timeout)
        if store.problem:
            raise SimulationError(f"shard {self._shard}: {store.problem}")
        return ShardResult(
            self._shard,
            len(self._numbers),
            self.runs,
            collector.from_store,
            sum(failures),
            self._count(collector.unstored(self._numbers)),
            time.perf_counter() - started,
            interrupted,
        )
