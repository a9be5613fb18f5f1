"""Files that are whole or absent: written under a temporary name and renamed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from optospice.errors import InputError


def write_bytes(file: Path, content: bytes) -> Path:
    """Write a file whole, or leave what stood there.

    Parameters
    ----------
    file : Path
        Where; its folder is made when it is missing.
    content : bytes
        What.

    Returns
    -------
    Path
        The file.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_bytes(content)
        os.replace(part, file)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    return file


def write_text(file: Path, content: str) -> Path:
    """Write a text file whole (UTF-8), or leave what stood there."""
    return write_bytes(file, content.encode())


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what the operating system refuses into one sentence that names the folder.

    Raises
    ------
    InputError
        When a file or the folder cannot be written.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"{folder}: cannot be written ({reason})") from error
