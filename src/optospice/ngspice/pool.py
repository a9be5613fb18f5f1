"""Worker processes, watched: what hangs, dies or is poisoned is killed and replaced.

A run whose worker was lost is tried once more in a fresh one and then reported as
failed; no other run is touched.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import multiprocessing.connection
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from types import TracebackType
from typing import IO, Any

from optospice.errors import SimulationError
from optospice.ngspice.installation import Installation, find_installation
from optospice.ngspice.worker import HEARTBEAT, Failed, Finished, Outcome

#: Longest time one item may take [s], where the caller says nothing else.
DEFAULT_TIMEOUT = 60.0
#: Largest address space of a worker [bytes].
DEFAULT_MEMORY_LIMIT = 4 << 30
_START_TIMEOUT = 30.0
_START = "from optospice.ngspice.worker import main; main()"


@dataclass
class _Chunk:
    """Items that travel together; `indices` are their places in the caller's list."""

    indices: list[int]
    counted: int = 0
    changed: float = 0.0


class _Worker:
    """The parent's end of one worker process."""

    def __init__(self, installation: Installation, memory_limit: int, preload: str) -> None:
        ours, theirs = socket.socketpair()
        memory = os.memfd_create("optospice-heartbeat")
        os.ftruncate(memory, HEARTBEAT.size)
        self.heartbeat = mmap.mmap(memory, HEARTBEAT.size)
        self.output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 lives as long as the worker
        setup = {
            "parent": os.getpid(),
            "library": str(installation.library),
            "memory_limit": memory_limit,
            "connection": theirs.fileno(),
            "heartbeat": memory,
            "preload": preload,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, json.dumps(setup)],
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=self.output,
            pass_fds=(theirs.fileno(), memory),
            start_new_session=True,
            env=_environment(),
        )
        theirs.close()
        os.close(memory)
        self.connection = Connection(ours.detach())
        self.version: str | None = None
        self.chunks: deque[_Chunk] = deque()
        self.begun_by_finished_chunks = 0
        self.started = time.monotonic()

    @property
    def begun(self) -> int:
        """Number of items that the worker has begun since it started."""
        return int(HEARTBEAT.unpack_from(self.heartbeat, 0)[0])

    def last_words(self) -> str:
        """What the process wrote before it died."""
        self.output.seek(0)
        return self.output.read()[-500:].decode("utf-8", "replace").strip()

    def kill(self) -> None:
        """End the process and everything it may have started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.connection.close()
        self.heartbeat.close()
        self.output.close()


def _environment() -> dict[str, str]:
    path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path if entry)
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, "PYTHONPATH": path, **single}


@dataclass
class Pool:
    """Worker processes that each hold one libngspice.

    Parameters
    ----------
    workers : int
        Number of processes; default: one per processor that this process may use.
    timeout : float
        Longest time for one item [s].
    memory_limit : int
        Largest address space of a worker [bytes], 0 for none.
    installation : Installation
        Which ngspice.
    preload : str
        Module that every worker imports when it starts.
    attempts : int
        How often an item is tried whose worker was lost or too slow.
    """

    workers: int = 0
    timeout: float = DEFAULT_TIMEOUT
    memory_limit: int = DEFAULT_MEMORY_LIMIT
    installation: Installation = field(default_factory=find_installation)
    preload: str = ""
    attempts: int = 2

    def __post_init__(self) -> None:
        self._size = self.workers or len(os.sched_getaffinity(0))
        self._crew: list[_Worker] = []
        self._version = ""

    def __enter__(self) -> Pool:
        """Start the workers; they load in the background."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Kill every worker."""
        self.close()

    @property
    def size(self) -> int:
        """Number of worker processes."""
        return self._size

    def start(self, count: int | None = None) -> None:
        """Start workers ahead of time; returns at once, they load in the background."""
        while len(self._crew) < min(count or self._size, self._size):
            try:
                worker = _Worker(self.installation, self.memory_limit, self.preload)
            except OSError as error:  # no descriptors, no memory, no temporary folder
                self.close()
                raise SimulationError(
                    f"a simulator process cannot be started: {error.strerror or error}"
                ) from None
            self._crew.append(worker)

    def close(self) -> None:
        """Kill every worker."""
        while self._crew:
            self._crew.pop().kill()

    @property
    def version(self) -> str:
        """Version of the ngspice library, e.g. ``"39"`` (waits for a worker to load)."""
        while not self._version:
            self.start(1)
            worker = self._crew[0]
            if not worker.connection.poll(_START_TIMEOUT) or not self._greet(worker):
                self._never_started(worker)
        return self._version

    def process_ids(self) -> list[int]:
        """Process ids of the present workers."""
        return [worker.process.pid for worker in self._crew]

    def map(
        self, function: str, items: Sequence[Any], chunk: int = 1
    ) -> Iterator[tuple[int, Finished | Failed]]:
        """Run a function on every item, in worker processes.

        Parameters
        ----------
        function : str
            ``"package.module:function"``, called as ``function(session, item)``. It raises
            `RunFailedError` for a run that failed.
        items : sequence
            Picklable items.
        chunk : int
            How many items travel together.

        Yields
        ------
        index : int
            Place of the item in `items`; results come as they finish.
        outcome : Finished or Failed
            Its result, or why it failed.
        """
        waiting: deque[list[int]] = deque(
            list(range(start, min(start + chunk, len(items))))
            for start in range(0, len(items), chunk)
        )
        attempts: dict[int, int] = {}
        left = len(items)
        try:
            while left:
                self._hand_out(function, items, waiting)
                for index, outcome in self._collect(waiting, attempts):
                    left -= 1
                    yield index, outcome
        finally:
            if left:  # interrupted: what is still running is of no use to anybody
                self.close()

    def _hand_out(self, function: str, items: Sequence[Any], waiting: deque[list[int]]) -> None:
        busy = sum(1 for worker in self._crew if worker.chunks)
        self.start(busy + len(waiting))
        for depth in (1, 2):  # a second chunk in the pipe hides the way there and back
            for worker in self._crew:
                if waiting and worker.version is not None and len(worker.chunks) < depth:
                    indices = waiting.popleft()
                    try:
                        worker.connection.send((function, [items[index] for index in indices]))
                    except (BrokenPipeError, ConnectionResetError):
                        waiting.appendleft(indices)
                        return
                    worker.chunks.append(_Chunk(indices, changed=time.monotonic()))

    def _collect(
        self, waiting: deque[list[int]], attempts: dict[int, int]
    ) -> Iterator[tuple[int, Finished | Failed]]:
        ready = multiprocessing.connection.wait(
            [worker.connection for worker in self._crew], timeout=min(0.1, self.timeout / 4)
        )
        for worker in list(self._crew):
            if worker.connection in ready:
                if worker.version is None:
                    if not self._greet(worker):
                        self._never_started(worker)
                    continue
                try:
                    outcomes = worker.connection.recv()
                except (EOFError, ConnectionResetError, OSError):
                    yield from self._lost(worker, self._cause_of_death(worker), waiting, attempts)
                    continue
                yield from self._finished(worker, outcomes, waiting, attempts)
            elif self._is_late(worker):
                reason = f"took longer than {self.timeout:g} s and was stopped"
                yield from self._lost(worker, reason, waiting, attempts)
            elif worker.version is None and time.monotonic() - worker.started > _START_TIMEOUT:
                self._never_started(worker)

    def _greet(self, worker: _Worker) -> bool:
        try:
            worker.version = worker.connection.recv()
        except (EOFError, OSError):
            return False
        self._version = worker.version or "unknown"
        return True

    def _never_started(self, worker: _Worker) -> None:
        words = worker.last_words()
        self.close()
        raise SimulationError(
            f"a simulator process with {self.installation.library} does not start: "
            + (words.splitlines()[-1] if words else "it said nothing")
        )

    def _finished(
        self,
        worker: _Worker,
        outcomes: list[Outcome],
        waiting: deque[list[int]],
        attempts: dict[int, int],
    ) -> Iterator[tuple[int, Finished | Failed]]:
        chunk = worker.chunks.popleft()
        worker.begun_by_finished_chunks += len(outcomes)
        for index, outcome in zip(chunk.indices, outcomes, strict=False):
            if isinstance(outcome, (Finished, Failed)):
                yield index, outcome
        rest = chunk.indices[len(outcomes) :]
        if isinstance(outcomes[-1], (Finished, Failed)):
            return
        if rest:
            waiting.appendleft(rest)
        worker.chunks.appendleft(_Chunk([chunk.indices[len(outcomes) - 1]]))
        worker.begun_by_finished_chunks -= 1
        yield from self._lost(worker, outcomes[-1].message, waiting, attempts)

    def _is_late(self, worker: _Worker) -> bool:
        if not worker.chunks:
            return False
        chunk, begun = worker.chunks[0], worker.begun
        if begun != chunk.counted:
            chunk.counted, chunk.changed = begun, time.monotonic()
        return time.monotonic() - chunk.changed > self.timeout

    def _cause_of_death(self, worker: _Worker) -> str:
        try:
            status = worker.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "the simulator process closed its connection"
        words = worker.last_words()
        cause = f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
        return f"the simulator process died ({cause})" + (f": {words}" if words else "")

    def _lost(
        self, worker: _Worker, reason: str, waiting: deque[list[int]], attempts: dict[int, int]
    ) -> Iterator[tuple[int, Finished | Failed]]:
        """Replace a worker; its guilty item is retried alone, the others as they were."""
        self._crew.remove(worker)
        begun_here = worker.begun - worker.begun_by_finished_chunks
        chunks = list(worker.chunks)
        worker.kill()
        for chunk in reversed(chunks[1:]):
            waiting.appendleft(chunk.indices)
        if not chunks:
            return
        indices = chunks[0].indices
        place = min(max(begun_here - 1, 0), len(indices) - 1)
        guilty = indices[place]
        innocent = indices[:place] + indices[place + 1 :]
        if innocent:
            waiting.appendleft(innocent)
        attempts[guilty] = attempts.get(guilty, 0) + 1
        if attempts[guilty] < self.attempts:
            waiting.append([guilty])
        else:
            times = f" (tried {self.attempts} times)" if self.attempts > 1 else ""
            yield guilty, Failed(f"{reason}{times}", is_lost=True)
