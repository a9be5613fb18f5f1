"""What a metric answers to: rank correlations with everything that was varied."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from optospice.interpolation import FloatArray
from optospice.report.columns import drawn_parameters, metric_column, run_columns, swept_column
from optospice.report.numbers import short_key
from optospice.sweep.record import ScenarioResult

#: Fewer runs than this say nothing about a correlation [1].
FEWEST_RUNS = 20


@dataclass(frozen=True, eq=False)
class Effects:
    """Rank correlation of a metric with each varied quantity.

    Parameters
    ----------
    names : tuple of str
        What was varied.
    correlations : ndarray, shape (names,)
        Spearman's rank correlation, from -1 to 1 [1]; nan where a quantity does not vary.
    chance : float
        Size that 19 of 20 correlations of independent numbers stay below [1].
    runs : int
        Runs that it is taken from [1].
    """

    names: tuple[str, ...]
    correlations: FloatArray
    chance: float
    runs: int


def rank_correlations(result: ScenarioResult, name: str) -> Effects | None:
    """Correlate the ranks of a metric with those of every drawn or swept number.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.
    name : str
        Metric.

    Returns
    -------
    Effects or None
        None where there are fewer than `FEWEST_RUNS` runs with a value, where the metric is the
        same in all, or where nothing was varied.
    """
    values = metric_column(result, name).values
    known = np.isfinite(values)
    varied: dict[str, FloatArray] = {}
    for key in run_columns(result).swept:
        found = swept_column(result, key, known) if known.any() else None
        if found is not None:
            varied[short_key(key)] = found[0]
    varied |= {key: drawn.values for key, drawn in drawn_parameters(result).items()}
    varied = {key: own for key, own in varied.items() if np.unique(own[known]).size > 1}
    runs = int(known.sum())
    if runs < FEWEST_RUNS or not varied or np.ptp(values[known]) == 0:
        return None
    correlations = np.array([_spearman(own[known], values[known]) for own in varied.values()])
    return Effects(tuple(varied), correlations, 1.96 / math.sqrt(runs - 1), runs)


def _spearman(first: FloatArray, second: FloatArray) -> float:
    both = np.isfinite(first) & np.isfinite(second)
    x, y = _ranks(first[both]), _ranks(second[both])
    x, y = x - x.mean(), y - y.mean()
    size = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / size if size else math.nan


def _ranks(values: FloatArray) -> FloatArray:
    """Give the ranks; equal numbers share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: FloatArray = (last - (counts - 1) / 2)[inverse.reshape(-1)]
    return ranks
