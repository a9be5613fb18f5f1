"""Whether a circuit is linear, told from its text: its solution then has no tolerance."""

from __future__ import annotations

import re
from functools import lru_cache

#: Elements that are linear, whatever their values.
_LINEAR = "rclktvix"
#: Controlled sources, linear where they name nodes or a source and one number.
_CONTROLLED = "efgh"
#: A value that follows voltages, currents or time; a polynomial or a table; a transmission
#: line of XSPICE. What an instance or a card passes on is a number.
_DEPENDS = re.compile(r"\b[vi]\(|\b(?:time|hertz|poly|table|value|laplace|vol|cur)\b")


@lru_cache(maxsize=64)
def is_linear(netlist: str) -> bool:
    """Whether all elements of a circuit are linear.

    Parameters
    ----------
    netlist : str
        Text as the guard writes it: a title, then one card per line.

    Returns
    -------
    bool
        False also where it cannot be told.
    """
    functions = ".func" in netlist.lower()
    for line in netlist.lower().splitlines()[1:]:
        kind = line[:1]
        if kind in ("", ".", "*", "+", "v", "i", "x", "k", "t"):
            continue
        if kind not in _LINEAR + _CONTROLLED or _DEPENDS.search(line):
            return False
        if functions and kind not in "v" and "{" in line:
            return False
    return True
