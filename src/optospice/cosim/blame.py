"""Whose fault it was: a controller's error, shortened to the user's lines; and patience."""

from __future__ import annotations

import signal
import threading
import traceback
from pathlib import Path
from types import FrameType, TracebackType

_ENGINE = Path(__file__).parent
_SHOWN = 6


class TooSlowError(RuntimeError):
    """A controller did not answer in time."""


class Patience:
    """Interrupts what takes too long, in the main thread of a process.

    Where that is not possible (another thread, code that never comes back to Python) the
    process is killed from outside, as one with a hung simulation is.

    Parameters
    ----------
    seconds : float
        How long [s]; 0 for ever.
    """

    def __init__(self, seconds: float) -> None:
        main = threading.current_thread() is threading.main_thread()
        self._seconds = seconds if main else 0.0
        if self._seconds:
            signal.signal(signal.SIGALRM, self._late)

    def _late(self, _number: int, _frame: FrameType | None) -> None:
        raise TooSlowError(f"gave no answer within {self._seconds:g} s")

    def __enter__(self) -> None:
        """Begin to wait."""
        if self._seconds:
            signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """It has answered."""
        if self._seconds:
            signal.setitimer(signal.ITIMER_REAL, 0.0)


def blame(name: str, time: float, error: BaseException) -> str:
    """Say in one line what a controller did wrong, where in its own code.

    Parameters
    ----------
    name : str
        Name of the controller.
    time : float
        Simulated time [s].
    error : BaseException
        What it raised, or what was wrong with its answer.
    """
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not _is_engine(frame.filename)
    ]
    places = [
        f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}: {frame.line}".rstrip(": ")
        for frame in frames[-_SHOWN:]
    ]
    told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    text = f"controller {name!r} at t = {time:.9g} s: {told}"
    return f"{text} ({' > '.join(places)})" if places else text


def _is_engine(filename: str) -> bool:
    file = Path(filename)
    return file.parent == _ENGINE or filename.startswith(("<frozen", "<string"))
