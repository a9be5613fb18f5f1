"""The two ways in which optospice says no."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

#: Longest value that a message repeats in full, and what is kept of a longer one [characters].
LONGEST_ECHO = 80
_KEPT = 60
#: What is compared with the names that would be accepted [characters].
_COMPARED = 100
#: Largest integer that is written out [bits].
_MOST_BITS = 400
#: Longest word that a message keeps as it is: a path may be long [characters].
_LONGEST_WORD = 255
_QUOTED = re.compile(
    r"(?<![\w'])'(?:[^'\\]|\\.|'(?=\w))*'(?!\w)|(?<![\w\"])\"(?:[^\"\\]|\\.)*\"(?!\w)", re.DOTALL
)
_LISTED = re.compile(r"\[[^\[\]]{80,}\]")
_WORD = re.compile(rf"(\S{{{_LONGEST_WORD + 1},}}?)([:;,.]?)(?=\s|$)")


class InputError(ValueError):
    """Something that the user wrote cannot be used (exit code 2).

    The message is one sentence that names the file, the key, the value and
    what would be accepted. Long values in it are shortened, see `shortened`.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(shortened(message))


class SimulationError(RuntimeError):
    """A simulation failed (exit code 1).

    The message names the run and its parameters and repeats ngspice's own words.
    Long values in it are shortened, see `shortened`.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(shortened(message))


def echo(value: object) -> str:
    """Repeat a value as the user wrote it, cut where it is long.

    Parameters
    ----------
    value : object
        What cannot be used.

    Returns
    -------
    str
        Its ``repr``, or its first characters and how many there are.
    """
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return f"a number of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= LONGEST_ECHO else _cut(text, text[-1])


def shortened(message: str) -> str:
    """Cut quoted values and lists of more than 80 characters, and endless words, in a message.

    Every `InputError` and `SimulationError` passes through here, so that no message repeats
    a value of ten thousand characters.
    """
    told = _QUOTED.sub(lambda found: _quoted(found[0]), message)
    told = _LISTED.sub(lambda found: _cut(found[0], "]"), told)
    return _WORD.sub(lambda found: _cut(found[1]) + found[2], told)


def _quoted(text: str) -> str:
    is_path = "/" in text and not re.search(r"\s", text)  # its end says which file it is
    limit = _LONGEST_WORD if is_path else LONGEST_ECHO
    return text if len(text) <= limit else _cut(text, text[-1])


def _cut(text: str, end: str = "") -> str:
    return f"{text[:_KEPT]}…{end} ({len(text)} characters)"


def close_matches(name: str, accepted: Iterable[str]) -> str:
    """Say what *name* may have meant.

    Parameters
    ----------
    name : str
        The name as the user wrote it.
    accepted : iterable of str
        The names that would be accepted.

    Returns
    -------
    str
        ``"did you mean 'x' or 'y'?"`` when something is near, else the whole list.
    """
    known = list(dict.fromkeys(accepted))
    near = difflib.get_close_matches(name[:_COMPARED], known, n=3, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(repr(match) for match in near) + "?"
    if not known:
        return "there is none to choose from"
    return "accepted: " + ", ".join(sorted(known))
