"""Intervals of numbers over draws: closed forms, and how often they cover the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from optospice.metrics import over_draws
from optospice.metrics.over_draws import (
    deviation_interval,
    mean_interval,
    quantile_interval,
    variation_interval,
    yield_interval,
)

REPEATS = 2000
#: Truth of the normal draws below.
MEAN, DEVIATION = 10.0, 2.0


def samples(count, repeats=REPEATS, seed=11):
    return np.random.default_rng(seed).normal(MEAN, DEVIATION, (repeats, count))


def coverage(intervals, truth):
    return np.mean([low <= truth <= high for low, high in intervals])


@pytest.mark.parametrize("count", [5, 50])
def test_intervals_of_normal_draws_cover_as_often_as_they_say(count):
    """95 % of 2,000 repetitions, whose own standard deviation is 0.5 %."""
    rows = samples(count)
    for function, truth in (
        (mean_interval, MEAN),
        (deviation_interval, DEVIATION),
        (variation_interval, DEVIATION / MEAN),
    ):
        assert 0.93 < coverage([function(row, 0.95) for row in rows], truth) < 0.97


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_intervals_of_quantiles_cover_whatever_the_distribution(share):
    """They cover at least as often as they say; with 300 draws not much more often."""
    for law in (stats.norm(), stats.expon(), stats.cauchy()):
        rows = law.rvs((REPEATS, 300), random_state=5)
        found = coverage([quantile_interval(row, share, 0.95) for row in rows], law.ppf(share))
        assert 0.94 < found < 0.985


@pytest.mark.parametrize("truth", [0.5, 0.9, 0.97])
def test_intervals_of_a_yield_cover_on_average(truth):
    """That of Wilson covers 95 % on the average; of one yield a little more or less."""
    meeting = np.random.default_rng(7).binomial(200, truth, REPEATS)
    found = coverage([yield_interval(int(one), 200, 0.95) for one in meeting], truth)
    assert 0.93 < found < 0.98


def test_against_scipy():
    row = samples(30, 1)[0]
    expected = stats.ttest_1samp(row, 0).confidence_interval(0.9)
    assert mean_interval(row, 0.9) == pytest.approx(tuple(expected))
    ends = [29 * row.var(ddof=1) / stats.chi2(29).ppf(p) for p in (0.95, 0.05)]
    assert deviation_interval(row, 0.9) == pytest.approx(tuple(np.sqrt(ends)))
    for meeting in (0, 1, 19, 20):
        wilson = stats.binomtest(meeting, 20).proportion_ci(0.95, method="wilson")
        assert yield_interval(meeting, 20, 0.95) == pytest.approx(tuple(wilson), abs=1e-12)
    exact = stats.quantile_test(row, p=0.5).confidence_interval(0.9)
    assert quantile_interval(row, 0.5, 0.9) == pytest.approx(tuple(exact))


def test_values_with_their_units_and_intervals():
    row = samples(100, 1)[0]
    taken = over_draws.mean(row, "A")
    assert (taken.value, taken.unit) == (row.mean(), "A")
    assert taken.standard_error == pytest.approx(row.std(ddof=1) / 10)
    assert taken.interval == mean_interval(row, 0.95)
    assert over_draws.standard_deviation(row, "A").value == row.std(ddof=1)
    assert over_draws.coefficient_of_variation(row).value == row.std(ddof=1) / row.mean()
    low, high = over_draws.quantile(row, "A", 0.5).interval
    assert low < over_draws.quantile(row, "A", 0.5).value == np.median(row) < high
    within = over_draws.yield_within(row, 8.0, 12.0)
    assert within.value == np.mean((row >= 8) & (row <= 12))


def test_draws_without_a_value():
    row = [1.0, 2.0, math.nan, 4.0]
    assert over_draws.yield_within(row, at_least=0.0).value == 0.75
    assert "1 of 4 draws have no value and count as outside" in (
        over_draws.yield_within(row, at_least=0.0).note
    )
    assert over_draws.mean(row, "A").value == pytest.approx(7 / 3)
    assert "1 of 4 draws have no value and are left out" in over_draws.mean(row, "A").note
    assert over_draws.mean([1.0], "A").is_missing
    assert over_draws.standard_deviation([math.nan] * 9, "A").is_missing
    assert over_draws.coefficient_of_variation([-1.0, 1.0]).is_missing
    assert over_draws.yield_within([]).is_missing
    few = over_draws.quantile([1.0, 2.0, 3.0], "A", 0.05)
    assert few.interval is None
    assert "3 draws are too few for an interval" in few.note
