"""Lines of SPICE text: physical and logical ones, and their comments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from optospice.errors import InputError

#: Largest library with its includes [1], and most lines of it.
LARGEST_LIBRARY = 4_000_000
MOST_LINES = 100_000
#: Longest card of a library with its continuation lines [1].
LONGEST_LINE = 100_000
#: What begins a comment behind something else on its line.
_COMMENT = re.compile(r";|//|(?:^|(?<=[\s,]))\$")


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


@dataclass(frozen=True)
class LogicalLine:
    """One logical line and where it stands.

    Parameters
    ----------
    text : str
        Single blanks, no comment; the case as given, ngspice folds it.
    place : str
        File and line number, for messages.
    """

    text: str
    place: str

    @cached_property
    def low(self) -> str:
        """The line in lower case."""
        return self.text.lower()


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
