"""What the short ways share: a pool of one worker, and quantities above zero."""

from __future__ import annotations

import atexit
from functools import lru_cache

from optospice import units
from optospice.ngspice.pool import Pool


@lru_cache(maxsize=1)
def default_pool() -> Pool:
    """Give the pool of one worker that `simulate` uses; it ends with Python."""
    pool = Pool(workers=1)
    atexit.register(pool.close)
    return pool


def above_zero(name: str, text: str, unit: str) -> float:
    """Read a quantity that has to be above zero.

    Raises
    ------
    UnitsError
        For text that is none, or not above zero.
    """
    number = units.parse(text, unit)
    if not number > 0:
        raise units.UnitsError(f"{name} = {text!r}: must be above 0 {unit}")
    return number
