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
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(repr(match) for match in near) + "?"
    if not known:
        return "there is none to choose from"
    return "accepted: " + ", ".join(sorted(known))
