"""What every benchmark needs: rounds in pairs, processes of their own, and a row to show."""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

#: Largest error that a benchmark of the ``standard`` profile accepts [% of the peak].
STANDARD_BOUND = 0.1


@dataclass(frozen=True)
class Row:
    """One row of the table of results.

    Parameters
    ----------
    what : str
        What was measured.
    ours, theirs : str
        Speed or cost of optospice and of the alternative, with units.
    ratio : str
        The figure that the floor is about.
    floor : str
        What it has to reach; empty where nothing is promised.
    met : bool or None
        Whether it does.
    error_ours, error_theirs : float or None
        Error of both sides [% of the peak].
    bound : float
        Error of optospice above which the benchmark itself is wrong [% of the peak].
    wrong : str
        Why the figures mean nothing; empty when they stand.
    notes : tuple of str
        What has to be said about the figures.
    """

    what: str
    ours: str
    theirs: str
    ratio: str
    floor: str = ""
    met: bool | None = None
    error_ours: float | None = None
    error_theirs: float | None = None
    bound: float = STANDARD_BOUND
    wrong: str = ""
    notes: tuple[str, ...] = ()

    @property
    def problem(self) -> str:
        """Why this row is wrong, empty when it is right."""
        if self.wrong:
            return self.wrong
        if self.error_ours is not None and not self.error_ours <= self.bound:
            return f"optospice's error of {self.error_ours:.3g} % exceeds {self.bound:g} %"
        return ""


@dataclass(frozen=True)
class Options:
    """How much to measure.

    Parameters
    ----------
    quick : bool
        Fewer rounds and fewer runs: figures for orientation only.
    million : bool
        Up to 1,000,000 runs where the number of runs is what matters; takes minutes.
    """

    quick: bool = False
    million: bool = False

    def of(self, full: int, quick: int) -> int:
        """Choose a number of runs or rounds."""
        return quick if self.quick else full


@dataclass
class Pairs:
    """Times of two sides, measured in turn.

    Parameters
    ----------
    first, second : list of float
        Seconds (or another cost) per unit of work, one entry per round.
    """

    first: list[float] = field(default_factory=list)
    second: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Median over the rounds of how many times the second costs what the first costs."""
        return statistics.median(b / a for a, b in zip(self.first, self.second, strict=True))

    @property
    def spread(self) -> str:
        """Range of the ratio over the rounds."""
        ratios = [b / a for a, b in zip(self.first, self.second, strict=True)]
        return f"{min(ratios):.3g} to {max(ratios):.3g} over {len(ratios)} rounds"

    @property
    def medians(self) -> tuple[float, float]:
        """Median cost of both."""
        return statistics.median(self.first), statistics.median(self.second)


def in_turn(
    rounds: int, first: Callable[[], float], second: Callable[[], float], warm: bool = True
) -> Pairs:
    """Measure two sides round by round, the first one first in every other round.

    Parameters
    ----------
    rounds : int
        Number of rounds [1].
    first, second : callable
        Do the work and give what it cost per unit.
    warm : bool
        Whether both run once before anything counts.
    """
    if warm:
        first()
        second()
    pairs = Pairs()
    for number in range(rounds):
        if number % 2 == 0:
            pairs.first.append(first())
            pairs.second.append(second())
        else:
            pairs.second.append(second())
            pairs.first.append(first())
    return pairs


def timed(work: Callable[[], Any]) -> float:
    """Wall-clock time of something [s]."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def processor_seconds(process: int) -> float:
    """Processor time that a process has used so far [s], to the nanosecond."""
    # the clock of another process, as clock_getcpuclockid(3) gives it
    return time.clock_gettime((~process << 3) | 2)


class Child:
    """A fresh process that makes a handler once and answers calls with it.

    ngspice's library can be loaded once per process and leaks in some hands; every
    alternative gets a process of its own.

    Parameters
    ----------
    make : callable
        Module-level function that makes the handler, in the child.
    """

    def __init__(self, make: Callable[[], Callable[..., Any]]) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_answer, args=(theirs, make), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def process_id(self) -> int:
        """Process id of the child."""
        return self._process.pid or 0

    def send(self, *arguments: Any) -> None:
        """Ask something without waiting."""
        self._connection.send(arguments)

    def receive(self) -> Any:
        """Wait for the answer.

        Raises
        ------
        RuntimeError
            When the handler failed; the message holds the child's own traceback.
        """
        fine, answer = self._connection.recv()
        if not fine:
            raise RuntimeError(answer)
        return answer

    def ask(self, *arguments: Any) -> Any:
        """Ask and wait for the answer."""
        self.send(*arguments)
        return self.receive()

    def close(self) -> None:
        """End the child."""
        self._connection.close()
        self._process.join(timeout=2)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _answer(connection: Connection, make: Callable[[], Callable[..., Any]]) -> None:
    handler = make()
    while True:
        try:
            arguments = connection.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            connection.send((True, handler(*arguments)))
        except Exception:
            connection.send((False, traceback.format_exc()))


@contextmanager
def child(make: Callable[[], Callable[..., Any]]) -> Iterator[Child]:
    """Have a child for a while."""
    process = Child(make)
    try:
        yield process
    finally:
        process.close()


def load_average() -> float:
    """Mean number of processes that wanted a processor over the last minute."""
    return os.getloadavg()[0]


def times(value: float) -> str:
    """Spell a ratio."""
    return f"{value:.2f}x" if value < 10 else f"{value:.0f}x"


def speed(seconds: float, what: str = "runs/s") -> str:
    """Spell a cost per run as a speed."""
    rate = 1 / seconds
    return f"{rate:,.0f} {what}" if rate >= 10 else f"{rate:.3g} {what}"
