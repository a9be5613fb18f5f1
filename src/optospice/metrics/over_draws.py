"""Numbers taken over the draws of a Monte Carlo block, with their confidence intervals.

They take one value per draw and keep its unit, which is why they have no entry among the metrics
of a run. The intervals are closed forms; they take the draws as independent of each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from optospice.metrics.value import MetricValue, missing

FloatArray = NDArray[np.float64]
Interval = tuple[float, float]


def mean_interval(values: FloatArray, confidence: float) -> Interval:
    """Give the interval of a mean by Student's t.

    Parameters
    ----------
    values : ndarray, shape (n,)
        One value per draw, n at least 2.
    confidence : float
        Confidence [1].

    Notes
    -----
    Exact for normal values, and close to that for any others of which there are many.
    """
    from scipy.special import stdtrit

    reach = float(stdtrit(values.size - 1, (1 + confidence) / 2))
    reach *= float(values.std(ddof=1)) / math.sqrt(values.size)
    return float(values.mean()) - reach, float(values.mean()) + reach


def deviation_interval(values: FloatArray, confidence: float) -> Interval:
    """Give the interval of a standard deviation by chi-square, exact for normal values.

    Parameters
    ----------
    values : ndarray, shape (n,)
        One value per draw, n at least 2.
    confidence : float
        Confidence [1].
    """
    freedom = values.size - 1
    low, high = _chi_square(freedom, confidence)
    squares = float(values.var(ddof=1)) * freedom
    return math.sqrt(squares / high), math.sqrt(squares / low)


def variation_interval(values: FloatArray, confidence: float) -> Interval:
    """Give the interval of a coefficient of variation after Vangel.

    Parameters
    ----------
    values : ndarray, shape (n,)
        One value per draw, n at least 2.
    confidence : float
        Confidence [1].

    Returns
    -------
    pair of float
        Its ends [1]; the upper one is inf where the values bound it from below only.

    References
    ----------
    Vangel, The American Statistician 50, 21 (1996): for normal values, close up to a coefficient
    of 0.3.
    """
    found = abs(float(values.std(ddof=1)) / float(values.mean()))
    ends = []
    for chi_square in reversed(_chi_square(values.size - 1, confidence)):
        share = chi_square / (values.size - 1)
        below = ((chi_square + 2) / values.size - 1) * found**2 + share
        ends.append(found / math.sqrt(below) if below > 0 else math.inf)
    return ends[0], ends[1]


def quantile_interval(values: FloatArray, quantile: float, confidence: float) -> Interval | None:
    """Give the interval of a quantile between two order statistics, whatever the distribution.

    Parameters
    ----------
    values : ndarray, shape (n,)
        One value per draw.
    quantile : float
        Which quantile [1].
    confidence : float
        Confidence, which the interval has at least [1].

    Returns
    -------
    pair of float or None
        Its ends; None where there are too few values for one.

    Notes
    -----
    The number of values below the quantile is binomial, so that each end follows from it. With
    F(k) the binomial distribution function the lower end is the largest value of rank r with
    F(r - 1) <= (1 - confidence)/2, and the upper the smallest with F(r - 1) >= (1 + confidence)/2.
    """
    from scipy.special import bdtr

    below = np.asarray(bdtr(np.arange(values.size, dtype=np.float64), values.size, quantile))
    lower = int(np.searchsorted(below, (1 - confidence) / 2, "right"))  # of rank r at place r - 1
    upper = int(np.searchsorted(below, (1 + confidence) / 2, "left")) + 1
    if not (lower >= 1 and upper <= values.size):
        return None
    ordered = np.sort(values)
    return float(ordered[lower - 1]), float(ordered[upper - 1])


def yield_interval(meeting: int, count: int, confidence: float) -> Interval:
    """Give the interval of a share after Wilson.

    Parameters
    ----------
    meeting, count : int
        Draws that meet a specification, and all; at least one.
    confidence : float
        Confidence [1].

    References
    ----------
    Wilson, J. Am. Stat. Assoc. 22, 209 (1927); Brown, Cai and DasGupta, Stat. Sci. 16, 101
    (2001).
    """
    from scipy.special import ndtri

    z, share = float(ndtri((1 + confidence) / 2)), meeting / count
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    reach = z * math.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2) / (1 + z**2 / count)
    low = 0.0 if meeting == 0 else middle - reach
    return low, 1.0 if meeting == count else middle + reach


def mean(values: Sequence[float], unit: str, confidence: float = 0.95) -> MetricValue:
    """Take the mean over draws; `mean_interval` is its interval."""
    text = f"mean over draws; {_interval_of(confidence, 'Student t')}"
    known, note = _known(values, 2)
    if known is None:
        return missing(unit, text, note)
    deviation = float(known.std(ddof=1)) / math.sqrt(known.size)
    interval = mean_interval(known, confidence)
    return MetricValue(float(known.mean()), unit, text, deviation, note, interval)


def standard_deviation(values: Sequence[float], unit: str, confidence: float = 0.95) -> MetricValue:
    """Take the standard deviation over draws; `deviation_interval` is its interval."""
    text = f"standard deviation over draws; {_interval_of(confidence, 'chi-square')}"
    known, note = _known(values, 2)
    if known is None:
        return missing(unit, text, note)
    found = float(known.std(ddof=1))
    return MetricValue(found, unit, text, None, note, deviation_interval(known, confidence))


def coefficient_of_variation(values: Sequence[float], confidence: float = 0.95) -> MetricValue:
    """Take the standard deviation over the mean; `variation_interval` is its interval [1]."""
    text = f"standard deviation over the mean; {_interval_of(confidence, 'Vangel')}"
    known, note = _known(values, 2)
    if known is None:
        return missing("1", text, note)
    middle = abs(float(known.mean()))
    if not middle:
        return missing("1", text, "the mean is 0")
    found = float(known.std(ddof=1)) / middle
    low, high = variation_interval(known, confidence)
    interval = (low, high) if math.isfinite(high) else None
    return MetricValue(found, "1", text, None, note, interval)


def quantile(
    values: Sequence[float], unit: str, share: float, confidence: float = 0.95
) -> MetricValue:
    """Take a quantile over draws; `quantile_interval` is its interval.

    Notes
    -----
    The values of rank k stand for the shares (k - 1/3)/(n + 1/3), median-unbiased whatever the
    distribution (Hyndman and Fan, Am. Stat. 50, 361 (1996), their type 8).
    """
    text = (
        f"quantile {100 * share:.4g} % over draws; {_interval_of(confidence, 'order statistics')}"
    )
    known, note = _known(values, 1)
    if known is None:
        return missing(unit, text, note)
    found = float(np.quantile(known, share, method="median_unbiased"))
    interval = quantile_interval(known, share, confidence)
    if interval is None:
        note = "; ".join(filter(None, (note, f"{known.size} draws are too few for an interval")))
    return MetricValue(found, unit, text, None, note, interval)


def yield_within(
    values: Sequence[float],
    at_least: float = -math.inf,
    at_most: float = math.inf,
    confidence: float = 0.95,
) -> MetricValue:
    """Take the share of draws within a specification [1]; `yield_interval` is its interval.

    Parameters
    ----------
    values : sequence of float
        One value per draw; nan does not meet the specification.
    at_least, at_most : float
        The specification, in the unit of the values.
    confidence : float
        Confidence of the interval [1].
    """
    text = f"share of the draws within the specification; {_interval_of(confidence, 'Wilson')}"
    if not len(values):
        return missing("1", text, "no draw gave a value")
    numbers = np.asarray(values, dtype=np.float64)
    meeting = int(((numbers >= at_least) & (numbers <= at_most)).sum())
    lost = int(np.isnan(numbers).sum())
    note = f"{lost} of {numbers.size} draws have no value and count as outside" if lost else ""
    interval = yield_interval(meeting, numbers.size, confidence)
    return MetricValue(meeting / numbers.size, "1", text, None, note, interval)


def _interval_of(confidence: float, method: str) -> str:
    return f"{100 * confidence:.4g} % interval: {method}"


def _chi_square(freedom: int, confidence: float) -> Interval:
    """Give the lower and the upper quantile of chi-square that leave a confidence between them."""
    from scipy.special import chdtri  # by the probability of a larger value

    upper, lower = (chdtri(freedom, (1 + sign * confidence) / 2) for sign in (-1, 1))
    return float(lower), float(upper)


def _known(values: Sequence[float], least: int) -> tuple[FloatArray | None, str]:
    """Give the values that there are, with what is to be said of the others."""
    numbers = np.asarray(values, dtype=np.float64)
    known = numbers[np.isfinite(numbers)]
    if known.size < least:
        return None, f"{known.size} draws gave a value; {least} or more are needed"
    lost = numbers.size - known.size
    return known, f"{lost} of {numbers.size} draws have no value and are left out" if lost else ""
