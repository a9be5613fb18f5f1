"""What many numbers are like: quantiles, mean, spread, and a histogram of one line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optospice.interpolation import FloatArray

#: Shares below which the quantiles lie [1].
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_BLOCKS = " ▁▂▃▄▅▆▇█"
#: The same in plain characters, for a terminal that has no blocks.
_PLAIN = " .:-=+*#@"


@dataclass(frozen=True)
class Spread:
    """What many numbers are like.

    Parameters
    ----------
    count : int
        Numbers that there are [1].
    missing : int
        Numbers that there are not [1].
    quantiles : tuple of float
        Quantiles at `LEVELS`, linear between two numbers [unit of the numbers].
    mean, sd : float
        Mean, and standard deviation with n − 1 [unit of the numbers]; nan where there are too
        few numbers.
    """

    count: int
    missing: int
    quantiles: tuple[float, ...]
    mean: float
    sd: float


def spread_of(values: FloatArray) -> Spread:
    """Give what numbers are like; those that are not finite count as missing."""
    known = values[np.isfinite(values)]
    if known.size == 0:
        nothing = float("nan")
        return Spread(0, int(values.size), (nothing,) * len(LEVELS), nothing, nothing)
    return Spread(
        int(known.size),
        int(values.size - known.size),
        tuple(float(number) for number in np.quantile(known, LEVELS)),
        float(known.mean()),
        float(known.std(ddof=1)) if known.size > 1 else float("nan"),
    )


def histogram_line(values: FloatArray, width: int = 16, blocks: bool = True) -> str:
    """Draw a histogram from the smallest to the largest number in one line.

    Parameters
    ----------
    values : ndarray
        The numbers; those that are not finite are left out.
    width : int
        Number of bins, one character each [1].
    blocks : bool
        Whether the terminal has block characters; plain ones stand in their place.

    Returns
    -------
    str
        As wide as `width`; empty where no two numbers differ. A bin that holds any number is
        never blank.
    """
    known = values[np.isfinite(values)]
    if known.size == 0 or known.min() == known.max():
        return ""
    signs = _BLOCKS if blocks else _PLAIN
    # halves first: the difference of the ends may be larger than the largest number
    low, high = known.min() / 2, known.max() / 2
    places = np.clip((known / 2 - low) / (high - low) * width, 0, width - 1).astype(int)
    counts = np.bincount(places, minlength=width)
    levels = np.ceil(counts / counts.max() * (len(signs) - 1)).astype(int)
    return "".join(signs[level] for level in levels)
