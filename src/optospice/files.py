"""Writing and deleting files: whole or absent, never through a link, never outside.

A folder that came from somebody else holds links and names of that person's choice. Every
file that optospice writes or deletes goes through this module.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from optospice.errors import InputError
from optospice.texts import has_controls, one_line

#: Name of the file that a run holds locked while it writes into a folder.
LOCK = ".optospice.lock"
#: A second run waits this long for the first [s].
PATIENCE = 2.0
_PART = re.compile(r"\.optospice-[0-9a-f]{16}\.part")
_POLL = 0.05
#: File systems without locks, of some clusters, say one of these.
_NO_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK)
_OURS = os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


def write_bytes(file: Path, content: bytes | Iterable[bytes]) -> Path:
    """Write a file whole, or leave what stood there.

    The content goes to a new file of random name beside it, which then takes its place.

    Parameters
    ----------
    file : Path
        Where; its folder is made when it is missing.
    content : bytes or iterable of bytes
        What, whole or part by part.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        When a link or something else that is no regular file stands there, or when a link
        leads out of the working folder on the way.
    """
    check_stays(file.parent)
    _check_target(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".optospice-{secrets.token_hex(8)}.part")
    try:
        _create(part, content)
        os.replace(part, file)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    return file


def write_text(file: Path, content: str) -> Path:
    """Write a text file whole (UTF-8), or leave what stood there."""
    return write_bytes(file, content.encode())


def write_new(file: Path, content: str) -> Path:
    """Write a text file (UTF-8) that must not exist yet.

    Raises
    ------
    FileExistsError
        When anything stands there, be it a link that leads nowhere.
    InputError
        When a link leads out of the working folder on the way.
    """
    check_stays(file.parent)
    file.parent.mkdir(parents=True, exist_ok=True)
    _create(file, content.encode())
    return file


def write_in(folder: Path, name: str, content: bytes | str | Iterable[bytes]) -> Path:
    """Write a file under a folder; no name and no link leads out of it.

    Parameters
    ----------
    folder : Path
        The folder.
    name : str
        Name below it, with ``/``.
    content : bytes, str or iterable of bytes
        What, whole or part by part; text as UTF-8.
    """
    data = content.encode() if isinstance(content, str) else content
    return write_bytes(inside(folder, name), data)


def remove(folder: Path, name: str) -> None:
    """Delete a regular file under a folder; anything else stays, also where there is none.

    Raises
    ------
    InputError
        When the name, or a link on the way, leads out of the folder.
    """
    check_stays(folder)
    file = inside(folder, name)
    if is_regular(file):
        file.unlink(missing_ok=True)


def inside(folder: Path, name: str) -> Path:
    """Give the path of a name below a folder.

    Raises
    ------
    InputError
        When the name is absolute, climbs, is empty or holds control characters, or when one
        of its folders is a link.
    """
    parts = name.split("/")
    if has_controls(name) or any(part in ("", ".", "..") for part in parts):
        raise InputError(f"{one_line(folder)}: {name!r} is no name for a file in it")
    place = folder
    for part in parts[:-1]:
        place = place / part
        if place.is_symlink():
            raise InputError(f"{one_line(place)}: is a link; accepted: a folder")
    return place / parts[-1]


def plain_name(text: str) -> str:
    """Make a file name out of any text: letters, digits, ``_``, ``.`` and ``-``.

    Different texts get different names, the same text always the same one.
    """
    plain = re.sub(r"[^A-Za-z0-9_.-]", "_", text)[:150]
    if plain == text and not text.startswith("."):
        return plain
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain.lstrip('.')}-{digest}"


def is_regular(file: Path) -> bool:
    """Whether a regular file stands there, and no link to one."""
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except (OSError, ValueError):
        return False


def is_part(name: str) -> bool:
    """Whether a name is one that `write_bytes` gives to what it has not finished."""
    return _PART.fullmatch(name) is not None


def check_stays(path: Path) -> None:
    """Refuse a path in the working folder that a link leads out of it.

    A path that the caller gives as outside, absolute or with ``..``, is taken as it is.

    Raises
    ------
    InputError
        Naming the path and where it leads.
    """
    here = Path.cwd()
    if not Path(os.path.abspath(path)).is_relative_to(here):
        return
    try:
        real = path.resolve()
    except (OSError, RuntimeError):
        raise InputError(f"{one_line(path)}: a link in it leads nowhere") from None
    if not real.is_relative_to(here.resolve()):
        raise InputError(
            f"{one_line(path)}: a link leads out of the working folder, to {one_line(real)}; "
            "accepted: a folder here, or that other folder by its own name"
        )


def make_folder(path: Path) -> None:
    """Make a folder, with those above it, where there is none.

    Raises
    ------
    InputError
        When a file stands there, it cannot be made, or a link leads out of the working folder.
    """
    check_stays(path)
    if path.exists() and not path.is_dir():
        raise InputError(f"{one_line(path)}: is a file; accepted: a folder for the results")
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)


@contextlib.contextmanager
def claimed(folder: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Keep a folder for one process: what two of them write there is never mixed.

    Parameters
    ----------
    folder : Path
        It is made when it is missing.
    patience : float
        How long to wait for another process that has it [s].

    Raises
    ------
    InputError
        When another process has it for longer, or it cannot be written.
    """
    make_folder(folder)
    with writing(folder):
        handle = _locked(folder, patience)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            (folder / LOCK).unlink()  # before it is released, so that it is ours
        os.close(handle)


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
        raise InputError(f"{one_line(folder)}: cannot be written ({reason})") from error


def _create(file: Path, content: bytes | Iterable[bytes]) -> None:
    """Write a file that is new, with the mode that the user's umask gives."""
    handle = os.open(file, os.O_WRONLY | os.O_EXCL | _OURS, 0o666)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.writelines([content] if isinstance(content, bytes) else content)
    except BaseException:
        with contextlib.suppress(OSError):
            file.unlink()
        raise


def _check_target(file: Path) -> None:
    try:
        mode = file.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        what = "a link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "no file"
        raise InputError(
            f"{one_line(file)}: is {what}; accepted: a new name, or a regular file to replace"
        )


def _locked(folder: Path, patience: float) -> int:
    """Open and lock the lock file; another process may remove it in between."""
    file, end = folder / LOCK, time.monotonic() + patience
    while True:
        if file.is_symlink() or (file.exists() and not is_regular(file)):
            raise InputError(f"{one_line(file)}: is no regular file; accepted: none of this name")
        handle = os.open(file, os.O_RDWR | os.O_NONBLOCK | _OURS, 0o666)
        try:
            if _take(handle, file):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        if time.monotonic() > end:
            raise InputError(
                f"{one_line(folder)}: another run writes its results there; accepted: a folder "
                "of its own for each, or one run after the other"
            )
        time.sleep(_POLL)


def _take(handle: int, file: Path) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return True  # without locks two runs may mix, but none is kept from running
    try:
        return os.path.samestat(os.fstat(handle), file.lstat())
    except FileNotFoundError:
        return False
