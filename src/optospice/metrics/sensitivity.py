"""Variance-based sensitivity: which part of a metric's variance each varied key explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optospice.metrics.registry import metric
from optospice.metrics.value import MetricValue, missing

FloatArray = NDArray[np.float64]
#: Resamples from which the intervals are taken [1], and what seeds them.
_RESAMPLES = 200
_SEED = 0
#: Two-sided 95 % quantile of the normal distribution [1].
NORMAL_95 = 1.959963984540054
_SOURCE = (
    "Saltelli et al., Comput. Phys. Commun. 181, 259 (2010), eq. (b) and (f) of Table 2; intervals "
    "from resamples (SALib)"
)


@dataclass(frozen=True)
class SobolIndices:
    """Indices of one key, with the half-width of their 95 % intervals.

    Parameters
    ----------
    key : str
        What varied.
    first_order : float
        Share of the variance that the key explains by itself [1].
    first_order_interval : float
        Half-width of its 95 % interval [1].
    total : float
        Share that is left when all other keys are known, so with all interactions [1].
    total_interval : float
        Half-width of its 95 % interval [1].
    """

    key: str
    first_order: float
    first_order_interval: float
    total: float
    total_interval: float


def sobol_indices(values: FloatArray, keys: Sequence[str]) -> list[SobolIndices]:
    """Give the indices of every key from the values at the points of Saltelli's sample.

    Parameters
    ----------
    values : ndarray, shape (n * (keys + 2),)
        What every point gave, in the sample's order, without second-order points; n is the
        number of its base points.
    keys : sequence of str
        What varied, in the sample's order.

    Returns
    -------
    list of SobolIndices
        One for each key; the estimate may lie a little below 0 or above 1.

    Raises
    ------
    ValueError
        When SALib is missing, the number of values is not that of a sample, one of them is not
        finite, or they do not vary.
    """
    try:
        from SALib.analyze import sobol
    except ImportError:
        raise ValueError(
            "needs SALib, which is not installed: pip install 'optospice[sensitivity]'"
        ) from None
    if values.size == 0 or values.size % (len(keys) + 2):
        raise ValueError(
            f"{values.size} values are no sample of {len(keys)} keys, which has a multiple of "
            f"{len(keys) + 2}"
        )
    if not np.isfinite(values).all():
        raise ValueError("a value is missing or not finite")
    if np.ptp(values) <= 1e-12 * np.abs(values).max():
        raise ValueError("the values do not vary")
    problem = {"num_vars": len(keys), "names": list(keys), "bounds": [[0.0, 1.0]] * len(keys)}
    found = sobol.analyze(
        problem, values, calc_second_order=False, num_resamples=_RESAMPLES, seed=_SEED
    )
    columns = (found[name] for name in ("S1", "S1_conf", "ST", "ST_conf"))
    return [SobolIndices(key, *map(float, row)) for key, *row in zip(keys, *columns, strict=True)]


@metric(
    title="share of a metric's variance that one key explains by itself",
    unit="1",
    source=_SOURCE,
)
def first_order_sensitivity(values: FloatArray, keys: Sequence[str], key: str) -> MetricValue:
    """Take the first-order Sobol index of a key.

    Parameters
    ----------
    values : ndarray
        As in `sobol_indices`.
    keys : sequence of str
        What varied, in the sample's order.
    key : str
        Which of them.

    Returns
    -------
    MetricValue
        The index [1] with its standard error; missing where a value is, where they do not vary,
        and without SALib.
    """
    return _index(values, keys, key, "first_order")


@metric(
    title="share of a metric's variance that one key explains, with its interactions",
    unit="1",
    source=_SOURCE,
)
def total_sensitivity(values: FloatArray, keys: Sequence[str], key: str) -> MetricValue:
    """Take the total Sobol index of a key.

    Parameters
    ----------
    values : ndarray
        As in `sobol_indices`.
    keys : sequence of str
        What varied, in the sample's order.
    key : str
        Which of them.

    Returns
    -------
    MetricValue
        The index [1] with its standard error; missing where a value is, where they do not vary,
        and without SALib.
    """
    return _index(values, keys, key, "total")


def _index(values: FloatArray, keys: Sequence[str], key: str, which: str) -> MetricValue:
    definition = f"{which.replace('_', '-')} Sobol index of {len(keys)} keys"
    try:
        found = next(one for one in sobol_indices(values, keys) if one.key == key)
    except ValueError as error:
        return missing("1", definition, str(error))
    reach = getattr(found, f"{which}_interval")
    return MetricValue(getattr(found, which), "1", definition, reach / NORMAL_95)
