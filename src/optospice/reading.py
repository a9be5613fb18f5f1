"""Reading files that somebody else wrote."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from optospice.errors import InputError

#: Largest file that is read [bytes].
LARGEST_FILE = 10_000_000


def read_text(path: Path, largest: int = LARGEST_FILE) -> str:
    """Read a text file of the user, whatever its line ends.

    Raises
    ------
    InputError
        When the file is missing, unreadable, too large or not UTF-8 text.
    """
    data = read_bytes(path, largest)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text (byte {error.start})") from None


def read_bytes(path: Path, largest: int = LARGEST_FILE) -> bytes:
    """Read a regular file of the user.

    Parameters
    ----------
    path : Path
        The file.
    largest : int
        Largest file that is read [bytes].

    Raises
    ------
    InputError
        When the file is missing, unreadable or too large.
    """
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise IsADirectoryError  # a device would never end
            if status.st_size > largest:
                raise InputError(f"{path}: {status.st_size} bytes; accepted: up to {largest}")
            return file.read(status.st_size + 1)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: cannot be read; accepted: a regular file") from None
    except OSError as error:
        shown = str(path) if len(str(path)) < 300 else f"{str(path)[:300]}…"
        if error.errno == errno.ENAMETOOLONG:
            raise InputError(f"{shown}: there is no such file ({error.strerror})") from None
        raise InputError(f"{shown}: cannot be read ({error.strerror})") from None


def exists(path: Path) -> bool:
    """Whether there is a file; False for what cannot be a path at all."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _open_at_once(path: str, flags: int) -> int:
    """Open a file without waiting for the writer of a pipe."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
