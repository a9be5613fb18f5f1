"""Numbers as SPICE writes them."""

from __future__ import annotations

import re

_SUFFIXES = {
    "t": 1e12, "g": 1e9, "meg": 1e6, "k": 1e3,
    "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15,
}  # fmt: skip
#: ``mil`` and ``a`` are no numbers here: ngspice's own parsers disagree about both.
_NUMBER = re.compile(
    r"^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)(?!mil|a)(meg|[tgkmunpf])?[a-z]*$", re.IGNORECASE
)
#: Longest number [1].
_LONGEST_NUMBER = 200


def spice_number(text: str) -> float | None:
    """Read a SPICE number with its suffix (``6meg``, ``200n``); None when it is none."""
    match = _NUMBER.match(text) if len(text) <= _LONGEST_NUMBER else None
    if match is None:
        return None
    return float(match.group(1)) * _SUFFIXES.get((match.group(2) or "").lower(), 1.0)
