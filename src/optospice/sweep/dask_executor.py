"""Blocks on a Dask cluster that exists already: tasks out, answers back, nothing kept there."""

from __future__ import annotations

import contextlib
import pickle
import queue
import time
from asyncio import CancelledError
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from optospice.errors import InputError, SimulationError
from optospice.ngspice.installation import Installation, find_installation
from optospice.ngspice.pool import DEFAULT_TIMEOUT, Pool
from optospice.ngspice.worker import Failed, Finished
from optospice.sweep.dask_address import distributed_package, scheduler_address
from optospice.sweep.dask_worker import Answer, fingerprint, run_batch
from optospice.sweep.fingerprint import Fingerprint
from optospice.texts import one_line

#: How long a scheduler that does not answer, and a cluster without workers, are waited for [s].
SCHEDULER_PATIENCE, WORKERS_PATIENCE = 30.0, 120.0
#: Batches on their way per thread of the cluster [1]: one runs, the others hide the way.
IN_FLIGHT = 3
#: How often a batch is sent again whose worker could not run it [1].
ATTEMPTS = 3
#: How often the cluster is looked at [s], and how long a single answer is waited for [s].
_LOOK, _ANSWER = 1.0, 60.0
#: Largest task that Dask lets pass without a word [bytes]; waveforms that are measured travel too.
_LARGEST_TASK = "1 GB"

Outcomes = Iterator[tuple[int, Finished | Failed]]


@dataclass
class _Batch:
    """Items on their way; `allowed` are the workers that may run them, None for all."""

    indices: list[int]
    future: Any
    allowed: frozenset[str] | None


@dataclass
class _Work:
    """What is left of a list of items; `suspects` were on workers that died, time and again."""

    function: str
    items: Sequence[Any]
    waiting: deque[list[int]]
    left: int
    flying: dict[str, _Batch] = field(default_factory=dict)
    done: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)
    attempts: Counter[int] = field(default_factory=Counter)
    suspects: deque[int] = field(default_factory=deque)

    def put_back(self, key: str) -> None:
        """Let a batch wait again."""
        self.waiting.appendleft(self.flying.pop(key).indices)

    def take(self) -> list[int]:
        """Give what is to be sent next; a suspect goes when nothing else is on its way."""
        if self.waiting:
            return self.waiting.popleft()
        return [self.suspects.popleft()] if self.suspects and not self.flying else []


@dataclass
class DaskExecutor:
    """The workers of a Dask cluster, each with simulators of its own.

    Parameters
    ----------
    scheduler : str
        Address of the scheduler, or the file that it writes.
    timeout : float
        Longest time for one item [s].
    patience : float
        How long a scheduler that does not answer is waited for [s].
    workers_patience : float
        How long a cluster without a worker is waited for [s].

    Attributes
    ----------
    refused : dict of str to str
        Why workers that came later are not used, by address.

    Raises
    ------
    InputError
        When there is no such address or file, or Dask is not installed.
    """

    scheduler: str
    timeout: float = DEFAULT_TIMEOUT
    patience: float = SCHEDULER_PATIENCE
    workers_patience: float = WORKERS_PATIENCE

    def __post_init__(self) -> None:
        scheduler_address(self.scheduler)
        distributed_package()
        self.refused: dict[str, str] = {}
        self._client: Any = None
        self._wanted: Fingerprint | None = None
        self._threads: dict[str, int] = {}
        self._looked = self._seen = 0.0

    @property
    def installation(self) -> Installation | None:
        """None: the simulators are on other machines."""
        return None

    @property
    def size(self) -> int:
        """Number of threads of the workers that may be used [1]."""
        return max(1, sum(self._usable().values()))

    @property
    def version(self) -> str:
        """Version of the ngspice that all workers have."""
        self.start()
        assert self._wanted is not None
        return self._wanted.ngspice

    def start(self) -> None:
        """Connect, wait for a worker, and compare every worker with this process.

        Raises
        ------
        InputError
            When a worker has another ngspice or another optospice, or none.
        SimulationError
            When the scheduler does not answer, or has no worker.
        """
        if self._client is not None:
            return
        self._client = self._connected()
        try:
            self._compare()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Leave the cluster; what it still runs for this command is cancelled."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):  # the other end may be gone
                client.close(timeout=2)

    def map(self, function: str, items: Sequence[Any], chunk: int = 1) -> Outcomes:
        """Run a function on every item, in the workers; see `optospice.sweep.executor`.

        Raises
        ------
        SimulationError
            When the scheduler or all workers are gone for good, or a simulator does not start.
        """
        if not len(items):
            return
        self.start()
        batches = (range(n, min(n + chunk, len(items))) for n in range(0, len(items), chunk))
        work = _Work(function, items, deque(map(list, batches)), len(items))
        try:
            while work.left:
                self._send(work)
                for index, outcome in self._received(work):
                    work.left -= 1
                    yield index, outcome
        finally:
            if work.left:  # interrupted: what still runs is of no use to anybody
                self._withdraw(work)

    # Connecting and comparing

    def _connected(self, meaning: str = "") -> Any:
        distributed, deadline = distributed_package(), time.monotonic() + self.patience
        while True:
            address = scheduler_address(self.scheduler)  # its file tells a new one after a restart
            left = deadline - time.monotonic()
            try:
                return distributed.Client(
                    address, timeout=max(1.0, min(left, 5.0)), set_as_default=False
                )
            except (OSError, TimeoutError):
                if time.monotonic() > deadline:
                    raise SimulationError(
                        f"the Dask scheduler at {address} does not answer (for "
                        f"{self.patience:g} s){meaning}"
                    ) from None
                time.sleep(0.2)

    def _compare(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=self.workers_patience)
        except TimeoutError:
            raise self._no_workers() from None
        answers = self._client.run(fingerprint, on_error="return")
        found = {at: one for at, one in answers.items() if isinstance(one, Fingerprint)}
        self._wanted = self._own(found)
        problems = {
            address: told
            for address, answer in sorted(answers.items())
            if (told := _problem(address, answer, self._wanted))
        }
        if problems:
            more = f" (and {len(problems) - 1} more workers)" if len(problems) > 1 else ""
            raise InputError(next(iter(problems.values())) + more)
        self._look()

    @staticmethod
    def _own(found: Mapping[str, Fingerprint]) -> Fingerprint:
        """Give what this process has; the simulator is that of most workers where it has none."""
        most = Counter(one.ngspice for one in found.values()).most_common(1)
        try:
            installation = find_installation()
        except InputError:
            return Fingerprint.with_version(most[0][0] if most else "unknown")
        with Pool(workers=1, installation=installation) as pool:
            return Fingerprint.of(pool)

    def _no_workers(self) -> SimulationError:
        return SimulationError(
            f"the Dask cluster at {scheduler_address(self.scheduler)} has no worker that can be "
            f"used (for {self.workers_patience:g} s)" + "".join(
                f"; {told}" for told in self.refused.values()
            )
        )  # fmt: skip

    # Looking at the cluster

    def _usable(self) -> dict[str, int]:
        return {at: n for at, n in self._threads.items() if at not in self.refused}

    def _look(self) -> None:
        """Ask which workers there are.

        Raises
        ------
        SimulationError
            When there has been none for too long.
        OSError
            When the scheduler does not answer.
        """
        if self._client.status != "running":
            raise OSError("the connection is lost")
        self._threads = dict(self._client.nthreads())
        self._looked = time.monotonic()
        if self._usable():
            self._seen = self._looked
        elif self._looked - self._seen > self.workers_patience:
            raise self._no_workers()

    def _watch(self, work: _Work) -> None:
        """Look at the cluster now and then, and connect again where it is lost."""
        if time.monotonic() - self._looked < _LOOK:
            return
        try:
            self._look()
        except (OSError, TimeoutError):
            self._reconnect(work)
            return
        usable = self._usable().keys()
        for key, batch in list(work.flying.items()):
            if batch.allowed is not None and not batch.allowed & usable:
                batch.future.cancel()  # else it would wait for workers that are gone
                work.put_back(key)

    def _reconnect(self, work: _Work) -> None:
        self.close()
        for key in list(work.flying):
            work.put_back(key)
        work.done = queue.SimpleQueue()
        self._client = self._connected("; what came back before is in the store, if there is one")
        self._seen = time.monotonic()  # the workers have to find the scheduler first
        self._looked = 0.0

    # Batches

    def _send(self, work: _Work) -> None:
        config = import_module("dask").config
        while len(work.flying) < IN_FLIGHT * self.size and self._client.status == "running":
            allowed = frozenset(self._usable()) if self.refused else None
            indices = work.take() if allowed is None or allowed else []
            if not indices:
                return
            batch = pickle.dumps([work.items[n] for n in indices], pickle.HIGHEST_PROTOCOL)
            with config.set({"distributed.admin.large-graph-warning-threshold": _LARGEST_TASK}):
                future = self._client.submit(
                    run_batch, batch, work.function, self._wanted, self.timeout,
                    pure=False, workers=None if allowed is None else sorted(allowed),
                )  # fmt: skip
            work.flying[future.key] = _Batch(indices, future, allowed)
            future.add_done_callback(work.done.put)

    def _received(self, work: _Work) -> Outcomes:
        try:
            future = work.done.get(timeout=_LOOK / 4)
        except queue.Empty:
            self._watch(work)
            return
        self._watch(work)
        key = future.key
        if key not in work.flying:  # it was taken back
            return
        try:
            error = future.exception(timeout=_ANSWER)
            answer: Answer | None = None if error else future.result(timeout=_ANSWER)
        except (Exception, CancelledError):  # gone, with the scheduler or the worker that held it
            work.put_back(key)
            self._looked = 0.0
            return
        if answer is None:
            yield from self._troubled(work, key, error)
            return
        if answer.outcomes is None:
            assert self._wanted is not None
            told = _problem(answer.worker, answer.found, self._wanted)
            self.refused[answer.worker] = told
            work.put_back(key)
            return
        indices = work.flying.pop(key).indices
        del future  # the cluster need not keep it
        for place, outcome in pickle.loads(answer.outcomes):
            yield indices[place], outcome

    def _troubled(self, work: _Work, key: str, error: BaseException | None) -> Outcomes:
        """Try a batch again that no worker could run; where workers died, find the guilty item."""
        indices, is_alone = work.flying[key].indices, len(work.flying) == 1
        if isinstance(error, distributed_package().KilledWorker):
            del work.flying[key]
            if len(indices) == 1 and is_alone:
                message = "the worker of the cluster that ran it was lost, again and again"
                yield indices[0], Failed(message, is_lost=True)
            else:  # Dask suspects whatever was on those workers
                work.suspects.extend(indices)
            return
        self._exclude_unfit()
        work.attempts[indices[0]] += 1
        if work.attempts[indices[0]] > ATTEMPTS:
            raise SimulationError(f"a worker of the Dask cluster: {one_line(error)}") from None
        work.put_back(key)

    def _exclude_unfit(self) -> None:
        """Look at every worker, and use no longer those that differ."""
        assert self._wanted is not None
        with contextlib.suppress(OSError, TimeoutError):
            for address, answer in self._client.run(fingerprint, on_error="return").items():
                if told := _problem(address, answer, self._wanted):
                    self.refused[address] = told

    def _withdraw(self, work: _Work) -> None:
        if self._client is not None and work.flying:
            with contextlib.suppress(Exception):  # the scheduler may be what was lost
                self._client.cancel([batch.future for batch in work.flying.values()], force=True)


def _problem(address: str, answer: object, wanted: Fingerprint) -> str:
    """Say why a worker cannot be used; empty for one that can."""
    if not isinstance(answer, Fingerprint):
        return f"the Dask worker {address} cannot simulate: {one_line(answer)}; wanted: {wanted}"
    if answer == wanted:
        return ""
    return (
        f"the Dask worker {address} has {answer}; wanted: {wanted}, as this command has; start "
        "the workers from the same environment or image"
    )
