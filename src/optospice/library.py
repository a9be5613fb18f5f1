"""Where devices and scenarios are found: the user's own folders first, then the packaged ones."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def packaged_folder() -> Path:
    """Folder that holds the packaged ``netlists`` and ``scenarios``.

    In an installed wheel this is inside the package; in a source checkout it is the
    root of the repository.
    """
    inside = Path(__file__).parent / "_library"
    return inside if inside.is_dir() else Path(__file__).parents[2]


def netlist_folders() -> list[Path]:
    """Netlist folders in the order of search: ``./netlists``, then the packaged one."""
    return _folders("netlists")


def scenario_folders() -> list[Path]:
    """Scenario folders in the order of search: ``./scenarios``, then the packaged one."""
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


def _folders(name: str) -> list[Path]:
    own, packaged = Path.cwd() / name, packaged_folder() / name
    if own.is_dir() and own.resolve() != packaged.resolve():
        return [own, packaged]
    return [packaged]
