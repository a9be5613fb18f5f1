"""Reading SPICE text: lines, includes, and what a ``.subckt`` declares.

This module reads; what may pass to the simulator is decided by
`optospice.ngspice.guard`.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from optospice.errors import InputError, echo

#: What begins a comment behind something else on its line.
_COMMENT = re.compile(r";|//|(?:^|(?<=[\s,]))\$")
_INCLUDE = re.compile(r"\s*\.(include|inc|lib)\b(.*)", re.IGNORECASE)
_SUFFIXES = {
    "t": 1e12, "g": 1e9, "meg": 1e6, "k": 1e3,
    "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15,
}  # fmt: skip
#: ``mil`` and ``a`` are no numbers here: ngspice's own parsers disagree about both.
_NUMBER = re.compile(
    r"^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)(?!mil|a)(meg|[tgkmunpf])?[a-z]*$", re.IGNORECASE
)


#: Largest file that is read [bytes].
LARGEST_FILE = 10_000_000
#: Largest library with its includes [1], and most lines of it.
LARGEST_LIBRARY = 4_000_000
MOST_LINES = 100_000
#: Longest card of a library with its continuation lines [1].
LONGEST_LINE = 100_000
#: Longest number [1].
_LONGEST_NUMBER = 200
_DEEPEST_INCLUDE = 50


@dataclass(frozen=True)
class Subcircuit:
    """What a ``.subckt`` line declares.

    Parameters
    ----------
    name : str
        Name of the subcircuit, lower case (ngspice folds case).
    nodes : tuple of str
        Terminals in order.
    parameters : mapping of str to float
        Parameters with their defaults, in the unit that the card names.
    """

    name: str
    nodes: tuple[str, ...]
    parameters: Mapping[str, float]


def read_text(path: Path, largest: int = LARGEST_FILE) -> str:
    """Read a text file of the user, whatever its line ends.

    Parameters
    ----------
    path : Path
        The file.
    largest : int
        Largest file that is read [bytes].

    Raises
    ------
    InputError
        When the file is missing, unreadable, too large or not UTF-8 text.
    """
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise IsADirectoryError  # a device would never end
            if status.st_size > largest:
                raise InputError(f"{path}: {status.st_size} bytes; accepted: up to {largest}")
            data = file.read(status.st_size + 1)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: cannot be read; accepted: a regular file") from None
    except OSError as error:
        shown = str(path) if len(str(path)) < 300 else f"{str(path)[:300]}…"
        if error.errno == errno.ENAMETOOLONG:
            raise InputError(f"{shown}: there is no such file ({error.strerror})") from None
        raise InputError(f"{shown}: cannot be read ({error.strerror})") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text (byte {error.start})") from None
    return text


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


def check_lines(text: str, origin: str) -> None:
    """Refuse SPICE text that is too large, before anything is made of its lines.

    Raises
    ------
    InputError
        When it has more than 100,000 lines or 4,000,000 characters.
    """
    lines = text.count("\n")
    if lines > MOST_LINES or len(text) > LARGEST_LIBRARY:
        raise InputError(
            f"{origin}: {lines} lines with {len(text)} characters; accepted: up to "
            f"{MOST_LINES} lines and {LARGEST_LIBRARY} characters"
        )


def _open_at_once(path: str, flags: int) -> int:
    """Open a file without waiting for the writer of a pipe."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def physical_lines(text: str) -> list[str]:
    """Split text at every line end that ngspice may see (LF, CRLF, CR and the rarer ones)."""
    return re.split(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", text)


def split_comment(line: str) -> tuple[str, str]:
    """Split a physical line into what counts and its comment, by ngspice's own rules.

    ``*`` first makes the line a comment; ``;`` and ``//`` anywhere, ``$`` first or after
    white space or a comma, begin one.
    """
    if line.lstrip().startswith("*"):
        return "", line
    sign = _COMMENT.search(line)
    return (line, "") if sign is None else (line[: sign.start()], line[sign.start() :])


def numbered_lines(physical: Iterable[str]) -> list[tuple[int, str]]:
    """Join continuation lines (``+``) and drop comments and blank lines.

    Parameters
    ----------
    physical : iterable of str
        Lines as they stand in the file.

    Returns
    -------
    list of (int, str)
        Index of the first physical line and text of each logical line.
    """
    joined: list[tuple[int, str]] = []
    pieces: list[str] = []
    for index, line in enumerate(physical):
        code = split_comment(line)[0].strip()
        if not code:
            continue
        if code.startswith("+") and joined:
            pieces.append(code[1:].strip())
            continue
        if pieces:
            joined[-1] = (joined[-1][0], " ".join((joined[-1][1], *pieces)))
            pieces = []
        joined.append((index, code))
    if pieces:
        joined[-1] = (joined[-1][0], " ".join((joined[-1][1], *pieces)))
    return joined


def logical_lines(text: str) -> list[str]:
    """Join continuation lines (``+``), drop blank lines, whole-line and trailing comments."""
    return [line for _, line in numbered_lines(physical_lines(text))]


@dataclass(frozen=True)
class SourceLine:
    """One physical line of a library and where it stands.

    Parameters
    ----------
    text : str
        The line without its end.
    place : str
        ``file:line``.
    """

    text: str
    place: str


def expand_includes(path: Path, folders: Sequence[Path], seen: set[Path] | None = None) -> str:
    """Read a library with the text of every ``.include`` in its place.

    Parameters
    ----------
    path, folders, seen
        As `expand_lines`.

    Returns
    -------
    str
        The text of the library.
    """
    return "".join(f"{line.text}\n" for line in expand_lines(path, folders, seen))


def expand_lines(
    path: Path, folders: Sequence[Path], seen: set[Path] | None = None
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
            target = beside if exists(beside) else find_included(name, folders) or beside
            yield from expand(target, resolved, depth + 1)

    return list(expand(path, None, 0))


def exists(path: Path) -> bool:
    """Whether there is a file; False for what cannot be a path at all."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


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
        The first file of this name in ``devices``, ``cells`` or a folder itself that lies
        inside the folder after all links are followed; None when there is none.
    """
    for folder in folders:
        root = folder.resolve()
        inside = name.removeprefix("./").removeprefix(f"{folder.name}/")
        for place in (root / "devices", root / "cells", root):
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


def spice_number(text: str) -> float | None:
    """Read a SPICE number with its suffix (``6meg``, ``200n``); None when it is none."""
    match = _NUMBER.match(text) if len(text) <= _LONGEST_NUMBER else None
    if match is None:
        return None
    return float(match.group(1)) * _SUFFIXES.get((match.group(2) or "").lower(), 1.0)


def find_subcircuit(text: str, name: str, file: Path | str = "") -> Subcircuit:
    """Read the header of one subcircuit.

    Parameters
    ----------
    text : str
        SPICE text, includes expanded.
    name : str
        Name of the subcircuit.
    file : Path or str
        Where the text comes from, for messages.

    Raises
    ------
    InputError
        When it is not there or a default is not a plain number.
    """
    found: list[str] = []
    for line in logical_lines(text):
        words = line.split()
        if words[0].lower() != ".subckt" or len(words) < 2:
            continue
        found.append(words[1].lower())
        if words[1].lower() == name.lower():
            return _read_header(line, file)
    listed = ", ".join(found) or "none"
    raise InputError(f"{file}: no .subckt named {name!r}; the file defines: {listed}")


def list_subcircuits(text: str) -> list[str]:
    """Names of all subcircuits that a text defines, in order."""
    heads = (line.split() for line in logical_lines(text))
    return [words[1].lower() for words in heads if words[0].lower() == ".subckt" and len(words) > 1]


def _read_header(line: str, file: Path | str) -> Subcircuit:
    spaced = re.sub(r" ?= ?", "=", " ".join(line.split()))
    spaced = re.sub(r"\bparams:", " ", spaced, flags=re.IGNORECASE)
    words = spaced.split()[1:]
    name = words[0].lower()
    nodes: list[str] = []
    parameters: dict[str, float] = {}
    for word in words[1:]:
        if "=" not in word:
            if parameters:
                raise InputError(
                    f"{file}: .subckt {name}: {word!r} stands after the parameters; "
                    "accepted: terminals first, then name=number"
                )
            nodes.append(word.lower())
            continue
        key, _, value = word.partition("=")
        number = spice_number(value.strip("{}'"))
        if number is None:
            raise InputError(
                f"{file}: .subckt {name}: {key}={value[:60]}: accepted: a plain number as default"
            )
        parameters[key.lower()] = number
    return Subcircuit(name, tuple(nodes), parameters)
