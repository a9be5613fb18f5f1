"""Progress of a sweep, for people: nothing for what is over in a second."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import IO

_PLAIN_EVERY = 5.0


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
        self._started = time.monotonic()
        self._next = self._started + after
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

    def advance(self, failed: bool) -> None:
        """Count one run that has ended."""
        self._done += 1
        self._failed += failed
        now = time.monotonic()
        if now < self._next or self._done == self._total:
            return
        self._next = now + (0.1 if self._moving else _PLAIN_EVERY)
        rate = self._done / (now - self._started)
        left = (self._total - self._done) / rate
        text = f"{self._name}: {self._done} of {self._total} runs, {left:.0f} s left"
        if self._failed:
            text += f", {self._failed} failed"
        self._stream.write(f"\r\x1b[2K{text}" if self._moving else f"{text}\n")
        self._stream.flush()
        self._shown = True
