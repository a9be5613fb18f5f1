"""Reading TOML from a stranger: a size, a depth, and one sentence for all that is wrong."""

from __future__ import annotations

import re
import tomllib
from typing import Any

#: Largest TOML text [1] and deepest table or list in it [1].
LARGEST = 1_000_000
DEEPEST = 30
# A dotted key costs the square of its length, and more depth than Python's stack has. Nothing
# is given back once taken, so that the search is linear.
_LONG_KEY = re.compile(r"^[ \t\[]*+(?:[^\s=#.]++[ \t]*+\.[ \t]*+){30}", re.MULTILINE)


class TomlError(ValueError):
    """A text is no TOML that is accepted; the message says why."""


def parse_toml(text: str) -> dict[str, Any]:
    """Read TOML text.

    Parameters
    ----------
    text : str
        The text.

    Raises
    ------
    TomlError
        When its syntax is wrong (with the line), or it is too large or too deep.
    """
    if len(text) > LARGEST:
        raise TomlError(f"{len(text)} characters; accepted: up to {LARGEST}")
    if _LONG_KEY.search(text):
        raise TomlError(f"a key has too many dots; accepted: up to {DEEPEST} levels")
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise TomlError(f"is nested too deeply; accepted: up to {DEEPEST} levels") from None
    except ValueError as error:  # also an integer of too many digits
        reason = str(error)
        raise TomlError(f"is not valid TOML: {reason[:200]}") from None
    _check_depth(data)
    return data


def _check_depth(data: dict[str, Any]) -> None:
    level: list[Any] = [data]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return
    raise TomlError(f"is nested too deeply; accepted: up to {DEEPEST} levels")
