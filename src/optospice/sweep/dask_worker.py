"""What optospice does in a Dask worker: it keeps watched simulators and hands blocks to them.

The simulators are processes of their own, as they are on one machine, so that one that hangs,
dies or is poisoned is replaced and takes neither the worker nor another run along. They end with
the worker, and when nothing was asked of them for a while.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from optospice.ngspice.pool import Pool
from optospice.sweep.fingerprint import Fingerprint

#: A simulator that nothing was asked of for so long is closed [s].
IDLE_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """What a worker says to a batch.

    Parameters
    ----------
    worker : str
        Its address.
    found : Fingerprint
        What it has.
    outcomes : bytes or None
        Pickled list of (place in the batch, outcome); None where it has another fingerprint than
        is wanted and has run nothing.
    """

    worker: str
    found: Fingerprint
    outcomes: bytes | None


class Simulators:
    """Pools of one simulator each: one for every thread that runs a batch at the same time."""

    def __init__(self) -> None:
        self._idle: list[Pool] = []
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    @contextmanager
    def lease(self) -> Iterator[Pool]:
        """Have a pool to oneself for a while."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            pool = self._idle.pop() if self._idle else None
        if pool is None:
            pool = Pool(workers=1, preload="optospice.sweep.task")
        try:
            yield pool
        except BaseException:
            pool.close()
            raise
        with self._lock:
            self._idle.append(pool)
            self._timer = threading.Timer(IDLE_SECONDS, self.close)
            self._timer.daemon = True
            self._timer.start()

    def close(self) -> None:
        """Close those that are idle."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()


@cache
def simulators() -> Simulators:
    """Give the simulators of this process."""
    return Simulators()


def fingerprint() -> Fingerprint:
    """Say what this process simulates with.

    Raises
    ------
    InputError, SimulationError
        When there is no ngspice, or it does not start.
    """
    with simulators().lease() as pool:
        return Fingerprint.of(pool)


def run_batch(batch: bytes, function: str, wanted: Fingerprint, timeout: float) -> Answer:
    """Run some items.

    Parameters
    ----------
    batch : bytes
        Pickled list of items. It is opened only where code and simulator are those wanted.
    function : str
        ``"package.module:function"``, called as ``function(session, item)``.
    wanted : Fingerprint
        What the command that sent them has.
    timeout : float
        Longest time for one item [s].
    """
    address: str = import_module("distributed").get_worker().address
    with simulators().lease() as pool:
        found = Fingerprint.of(pool)
        if found != wanted:
            return Answer(address, found, None)
        items: list[Any] = pickle.loads(batch)
        pool.timeout = timeout
        outcomes = list(pool.map(function, items))
    return Answer(address, found, pickle.dumps(outcomes, pickle.HIGHEST_PROTOCOL))
