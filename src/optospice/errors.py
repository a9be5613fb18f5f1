"""The two ways in which optospice says no."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Something that the user wrote cannot be used (exit code 2).

    The message is one sentence that names the file, the key, the value and
    what would be accepted.
    """


class SimulationError(RuntimeError):
    """A simulation failed (exit code 1).

    The message names the run and its parameters and repeats ngspice's own words.
    """


#: Characters of a value that a message repeats, and of a name that others are compared with [1].
_SHOWN = 100


def shortened(value: object) -> str:
    """Write a value for a message, cut where it is long.

    Parameters
    ----------
    value : object
        What the user wrote.
    """
    if isinstance(value, int) and value.bit_length() > 4 * _SHOWN:
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, str) and len(value) > _SHOWN:
        return f"{value[:_SHOWN]!r}… ({len(value)} characters)"
    text = repr(value)
    return text if len(text) <= 2 * _SHOWN else f"{text[:_SHOWN]}…"


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
    near = difflib.get_close_matches(name[:_SHOWN], known, n=3, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(repr(match) for match in near) + "?"
    if not known:
        return "there is none to choose from"
    return "accepted: " + ", ".join(sorted(known))
