"""What many numbers are like: quantiles, mean, spread, and a histogram of one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optospice.interpolation import FloatArray

#: Shares below which the quantiles lie [1].
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_BLOCKS = " ▁▂▃▄▅▆▇█"
#: The same in plain characters, for a terminal that has no blocks.
_PLAIN = " .:-=+*#@"


@dataclass(frozen=True, eq=False)
class Spreads:
    """What the numbers of each group are like.

    Parameters
    ----------
    counts : ndarray of int, shape (groups,)
        Numbers that there are [1].
    missing : ndarray of int, shape (groups,)
        Numbers that there are not [1].
    quantiles : ndarray, shape (groups, levels)
        Quantiles at `LEVELS`, linear between two numbers [unit of the numbers].
    means, sds : ndarray, shape (groups,)
        Means, and standard deviations with n − 1 [unit of the numbers]; nan where there are
        too few numbers.
    """

    counts: NDArray[np.int64]
    missing: NDArray[np.int64]
    quantiles: FloatArray
    means: FloatArray
    sds: FloatArray


def spreads_of(values: FloatArray, groups: NDArray[Any], size: int) -> Spreads:
    """Give what the numbers of each group are like; those that are not finite count as missing.

    Parameters
    ----------
    values : ndarray, shape (n,)
        The numbers.
    groups : ndarray of int, shape (n,)
        Group of each, from 0.
    size : int
        Number of groups [1].
    """
    known = np.isfinite(values)
    missing = np.bincount(groups[~known], minlength=size)
    values, groups = values[known], groups[known]
    counts = np.bincount(groups, minlength=size)
    ordered = np.sort(values) if size == 1 else values[np.lexsort((values, groups))]
    starts = np.cumsum(counts) - counts
    last = np.maximum(counts - 1, 0)
    quantiles = np.full((size, len(LEVELS)), np.nan)
    some = counts > 0
    for column, level in enumerate(LEVELS):
        place = level * last[some]
        low = np.floor(place).astype(np.int64)
        high = np.minimum(low + 1, last[some])
        first, second = ordered[starts[some] + low], ordered[starts[some] + high]
        quantiles[some, column] = first + (second - first) * (place - low)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.bincount(groups, weights=values, minlength=size) / counts
        apart = (values - means[groups]) ** 2
        sds = np.sqrt(np.bincount(groups, weights=apart, minlength=size) / (counts - 1))
    sds[counts < 2] = np.nan
    return Spreads(counts, missing, quantiles, means, sds)


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
