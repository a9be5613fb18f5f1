"""A library with the text of every ``.include`` in its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from optospice.errors import InputError, echo
from optospice.netlist.lines import LARGEST_LIBRARY, SourceLine, check_lines
from optospice.reading import exists, read_text

#: Gives the lines of a library that is written when it is asked for, by the name that an
#: ``.include`` gives and the files that were taken already; None where there is none.
Written = Callable[[str, set[Path]], list[SourceLine] | None]

_INCLUDE = re.compile(r"\s*\.(include|inc|lib)\b(.*)", re.IGNORECASE)
_DEEPEST_INCLUDE = 50


def read_library(path: Path) -> str:
    """Read a SPICE file.

    Raises
    ------
    InputError
        As `read_text`; and when it has too many lines.
    """
    text = read_text(path, LARGEST_LIBRARY)
    check_lines(text, str(path))
    return text


def expand_includes(
    path: Path,
    folders: Sequence[Path],
    seen: set[Path] | None = None,
    written: Written | None = None,
) -> str:
    """Read a library with the text of every ``.include`` in its place.

    Parameters
    ----------
    path, folders, seen, written
        As `expand_lines`.

    Returns
    -------
    str
        The text of the library.
    """
    return "".join(f"{line.text}\n" for line in expand_lines(path, folders, seen, written))


def expand_lines(
    path: Path,
    folders: Sequence[Path],
    seen: set[Path] | None = None,
    written: Written | None = None,
) -> list[SourceLine]:
    """Read a library with the lines of every ``.include`` in its place.

    Each file is taken once, however often it is named. An include is found next to
    the file that names it, otherwise in `folders` as `find_included` does, and must lie
    inside one of `folders` after all links are followed. Lines end with LF or CRLF, as
    they do for ngspice.

    Parameters
    ----------
    path : Path
        The library file.
    folders : sequence of Path
        Netlist folders from which text may come.
    seen : set of Path, optional
        Files that have been taken already; those that are taken now are added.
    written : callable, optional
        Gives what an ``.include`` names where no file has that name, as a device that is a
        parameter set.

    Returns
    -------
    list of SourceLine
        The lines, each with its file and number.

    Raises
    ------
    InputError
        When an include is absolute, climbs out of the folders, is missing or nested too
        deeply.
    """
    taken = set() if seen is None else seen
    size = 0
    roots = [folder.resolve() for folder in folders]

    def inside(file: Path) -> bool:
        return any(file.is_relative_to(root) for root in roots)

    def expand(file: Path, named_in: Path | None, depth: int) -> Iterator[SourceLine]:
        nonlocal size
        try:
            resolved = file.resolve()
        except (OSError, RuntimeError, ValueError):
            raise InputError(
                f"{named_in or file.parent}: {file.name!r} cannot be followed; "
                "accepted: a path relative to this file"
            ) from None
        if not inside(resolved):
            where = f"{named_in}: .include {str(file)!r}" if named_in else str(file)
            raise InputError(
                f"{where}: lies outside the netlist folders; accepted: files in "
                + ", ".join(str(root) for root in roots)
            )
        if resolved in taken:
            return
        if depth > _DEEPEST_INCLUDE:
            raise InputError(
                f"{named_in}: .include inside .include; accepted: up to {_DEEPEST_INCLUDE} levels"
            )
        taken.add(resolved)
        text = read_library(resolved)
        size += len(text)
        if size > LARGEST_LIBRARY:
            raise InputError(
                f"{path}: is larger than {LARGEST_LIBRARY} characters with its includes; accepted: "
                f"up to {LARGEST_LIBRARY}"
            )
        for line in _numbered_with_includes(text, file):
            match = _INCLUDE.match(line.text)
            if match is None:
                yield line
                continue
            name = _included_name(match, resolved)
            beside = resolved.parent / name
            target = beside if exists(beside) else find_included(name, folders)
            if target is None and written is not None:
                lines = written(name, taken)
                if lines is not None:
                    yield from lines
                    continue
            target = target or beside
            yield from expand(target, resolved, depth + 1)

    return list(expand(path, None, 0))


def find_included(name: str, folders: Sequence[Path]) -> Path | None:
    """Find a library by the name that an ``.include`` gives.

    Parameters
    ----------
    name : str
        ``pbs_rc.lib``, ``devices/pbs_rc.lib`` or ``netlists/devices/pbs_rc.lib``.
    folders : sequence of Path
        Netlist folders in the order of search.

    Returns
    -------
    Path or None
        The first file of this name in ``devices``, ``families``, ``cells`` or a folder itself
        that lies inside the folder after all links are followed; None when there is none.
    """
    for folder in folders:
        root = folder.resolve()
        inside = name.removeprefix("./").removeprefix(f"{folder.name}/")
        for place in (root / "devices", root / "families", root / "cells", root):
            try:
                file = (place / inside).resolve()
                if file.is_relative_to(root) and file.is_file():
                    return file
            except (OSError, RuntimeError, ValueError):
                continue
    return None


def included_name(line: str) -> str | None:
    """Give the file that an ``.include`` names in a circuit's text; None for another line.

    Raises
    ------
    InputError
        When the line names no file or more than one.
    """
    match = _INCLUDE.match(line)
    return None if match is None else _named_file(match, "circuit")


def _numbered_with_includes(text: str, file: Path) -> Iterator[SourceLine]:
    """Attach ``+`` lines to an ``.include`` before them, so that none is read as text."""
    held: SourceLine | None = None
    pieces: list[str] = []
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    for number, raw in enumerate(lines, start=1):
        line = raw.removesuffix("\r")
        if held is not None and line.lstrip().startswith("+"):
            pieces.append(line.lstrip()[1:])
            continue
        if held is not None:
            yield SourceLine(" ".join((held.text, *pieces)), held.place)
            held, pieces = None, []
        source = SourceLine(line, f"{file}:{number}")
        if _INCLUDE.match(line):
            held = source
        else:
            yield source
    if held is not None:
        yield SourceLine(" ".join((held.text, *pieces)), held.place)


def _named_file(match: re.Match[str], file: Path | str) -> str:
    card, rest = match.group(1).lower(), match.group(2).strip()
    rest = re.split(r";|\s\$", rest, maxsplit=1)[0].strip()
    quoted = re.fullmatch(r"\"([^\"]*)\"|'([^']*)'|(\S+)", rest)
    if quoted is None:
        raise InputError(
            f"{file}: .{card} {echo(rest)}: accepted: .{card} followed by one file name"
        )
    return next(group for group in quoted.groups() if group is not None)


def _included_name(match: re.Match[str], file: Path) -> str:
    name, card = _named_file(match, file), match.group(1).lower()
    if not name or Path(name).is_absolute() or name.startswith("~") or "$" in name:
        raise InputError(f"{file}: .{card} {echo(name)}: accepted: a path relative to this file")
    return name
