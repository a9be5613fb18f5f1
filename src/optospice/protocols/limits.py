"""How much one run may hold."""

from __future__ import annotations

#: Most pulses of a run, or corners of its sweeps [1]: their times are kept in memory.
MOST_PULSES = 200_000


def checked_pulses(number: int, keys: str) -> None:
    """Refuse a run of too many pulses before any of them is built.

    Raises
    ------
    ValueError
        When there are more than `MOST_PULSES`.
    """
    if number > MOST_PULSES:
        raise ValueError(f"{keys}: {number} in a run; accepted: up to {MOST_PULSES:,}")
