"""Where devices and scenarios are found: the user's own folders first, then the packaged ones."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from optospice.errors import InputError


@cache
def packaged_folder() -> Path:
    """Folder that holds the packaged ``netlists`` and ``scenarios``.

    In an installed wheel this is inside the package; in a source checkout it is the
    root of the repository.
    """
    inside = Path(__file__).parent / "_library"
    return inside if inside.is_dir() else Path(__file__).parents[2]


def netlist_folders() -> list[Path]:
    """Netlist folders in the order of search: ``./netlists``, then the packaged one.

    Raises
    ------
    InputError
        When ``./netlists`` is a link.
    """
    return _folders("netlists")


def scenario_folders() -> list[Path]:
    """Scenario folders in the order of search: ``./scenarios``, then the packaged one.

    Raises
    ------
    InputError
        When ``./scenarios`` is a link.
    """
    return _folders("scenarios")


def is_file(path: Path) -> bool:
    """Whether a path is that of a file; a name that no file can have is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether a path is that of a folder; a name that no folder can have is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def lies_in(file: Path, folders: Iterable[Path]) -> bool:
    """Whether a file lies in one of some folders after all links are followed."""
    try:
        real = file.resolve()
    except (OSError, RuntimeError):  # links in a circle
        return False
    return any(real.is_relative_to(folder.resolve()) for folder in folders)


def _folders(name: str) -> list[Path]:
    own, packaged = Path.cwd() / name, packaged_folder() / name
    if own.is_symlink():
        # what it leads to would count as the user's own, whatever it is
        raise InputError(f"{own}: is a link; accepted: a folder")
    if own.is_dir() and own.resolve() != packaged.resolve():
        return [own, packaged]
    return [packaged]
