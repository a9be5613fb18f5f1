"""Progress of a sweep, for people: nothing for what is over in a second."""

from __future__ import annotations

import shutil
import sys
import time
from types import TracebackType
from typing import IO

_PLAIN_EVERY = 5.0
#: Runs that arrive within this time of the first one came with it, as a block [s].
_TOGETHER = 0.02


def progress_line(name: str, done: int, total: int, failed: int, rate: float | None) -> str:
    """Say how far a sweep is, how fast it goes, what failed so far and how long it takes yet.

    Parameters
    ----------
    name : str
        What is running.
    done, total, failed : int
        Runs that have ended, all runs, and those that have failed [1].
    rate : float or None
        Runs per second [1/s]; None while it cannot be told.
    """
    text = f"{name}: {done} of {total} runs"
    if rate:
        text += f", {rate:.0f} runs/s" if rate >= 10 else f", {rate:.2g} runs/s"
    text += f", {failed} failed" if failed else ""
    return f"{text}, {_duration((total - done) / rate)} left" if rate else text


def _duration(seconds: float) -> str:
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


class Progress:
    """Count runs on standard error: a moving line on a terminal, plain lines elsewhere.

    Parameters
    ----------
    name : str
        What is running.
    total : int
        Number of runs.
    after : float
        Silence before the first sign [s].
    """

    def __init__(self, name: str, total: int, after: float) -> None:
        self._name, self._total = name, total
        self._done = self._failed = 0
        self._stream: IO[str] = sys.stderr
        self._moving = self._stream.isatty()
        # the clock of the rate starts with the first runs: simulators take a while to load
        self._first: tuple[float, int] | None = None
        self._next = time.monotonic() + after
        self._shown = False

    def __enter__(self) -> Progress:
        """Start counting."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave a clean line behind."""
        if self._shown and self._moving:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()

    def advance(self, ended: int, failed: int) -> None:
        """Count runs that have ended, and how many of them failed [1]."""
        self._done += ended
        self._failed += failed
        now = time.monotonic()
        if self._first is None or now < self._first[0] + _TOGETHER:
            self._first = (now if self._first is None else self._first[0], self._done)
        if now < self._next or self._done == self._total:
            return
        self._next = now + (0.1 if self._moving else _PLAIN_EVERY)
        seconds, done = now - self._first[0], self._done - self._first[1]
        rate = done / seconds if done and seconds > _TOGETHER else None
        text = progress_line(self._name, self._done, self._total, self._failed, rate)
        if self._moving:  # a line that wraps cannot be taken back
            text = f"\r\x1b[2K{text[: shutil.get_terminal_size().columns - 1]}"
        self._stream.write(text if self._moving else f"{text}\n")
        self._stream.flush()
        self._shown = True
