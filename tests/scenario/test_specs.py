"""Specs hold at every corner and in every draw, and name the one that breaks them."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optospice.metrics.value import MetricValue
from optospice.scenario.schema import Scenario
from optospice.scenario.verdict import Observation, judge_targets

CORNERS = {
    "parameters.r3": {"min": "20 Mohm", "typ": "25 Mohm", "max": "30 Mohm"},
    "temperature": {"min": "0 degC", "typ": "27 degC", "max": "70 degC"},
}
POINTS = [
    dict(zip(CORNERS, row, strict=True))
    for row in [
        ("25 Mohm", "27 degC"),
        *itertools.product(("20 Mohm", "30 Mohm"), ("0 degC", "70 degC")),
    ]
]


def judge(spec, values, draws=1, **more):
    """Verdicts on a current that is given for every corner, and within it for every draw."""
    scenario = Scenario.model_validate(
        {
            "title": "t",
            "device": "pbs_rc",
            "protocol": {"name": "paired_pulse"},
            "corners": CORNERS,
            "spec": [{"metric": "dark_current", **spec}],
            **more,
        }
    )
    points = [point for point in POINTS for _ in range(draws)]
    observations = [
        Observation("pbs_rc", point, {} if value is None else {"dark_current": one})
        for point, value in zip(points, values, strict=True)
        for one in [MetricValue(math.nan if value is None else value * 1e-9, "A", "mean")]
    ]
    return judge_targets(scenario, observations)


def test_a_spec_is_a_claim_of_our_own_for_each_of_its_limits():
    verdicts = judge({"min": "1 nA", "typ": "3 nA", "tolerance": "10 %", "max": "5 nA"}, [3] * 5)
    assert [v.target.id for v in verdicts] == [
        "dark_current min", "dark_current max", "dark_current typ"
    ]  # fmt: skip
    assert {v.target.kind for v in verdicts} == {"own"}
    assert all(v.met for v in verdicts)


def test_the_corner_that_breaks_a_limit_is_named():
    low, high = judge({"min": "1 nA", "max": "5 nA"}, [3, 2, 6, 4, 7])
    assert low.met
    assert low.word == (
        "met; 0 of 5 runs break it, the worst is parameters.r3 = 20 Mohm, temperature = 0 degC, "
        "run 0002"
    )
    assert not high.met
    assert high.simulated == pytest.approx(7)
    assert high.word == (
        "MISSED; 2 of 5 runs break it, the worst is parameters.r3 = 30 Mohm, "
        "temperature = 70 degC, run 0005"
    )


def test_the_draw_that_breaks_a_limit_is_named():
    values = [3.0] * 15
    values[7] = 0.5  # the second draw of the third corner
    [low] = judge(
        {"min": "1 nA"},
        values,
        draws=3,
        monte_carlo={"runs": 3, "parameters": {"r1": {"spread": 0.1}}},
    )
    assert not low.met
    assert "parameters.r3 = 20 Mohm, temperature = 70 degC, draw 1 of 3, run 0008" in low.word
    assert "1 of 15 runs break it" in low.word


def test_the_typical_value_is_that_of_the_typical_corner():
    [typ] = judge({"typ": "3 nA", "tolerance": "0.1 nA"}, [3, 9, 9, 9, 9])
    assert typ.met
    assert typ.where == "parameters.r3 = 25 Mohm, temperature = 27 degC"


def test_a_failed_corner_leaves_a_spec_open_and_a_missing_value_breaks_it():
    [low] = judge({"min": "1 nA"}, [3, None, 3, 3, 3])
    assert low.is_open
    assert not low.met
    [low] = judge({"min": "1 nA"}, [3, math.nan, 3, 3, 3])
    assert not low.met
    assert not low.is_open
    assert "parameters.r3 = 20 Mohm, temperature = 0 degC" in low.word


@given(st.lists(st.floats(0.1, 100), min_size=5, max_size=5), st.floats(0.1, 100))
def test_a_limit_holds_exactly_where_it_holds_in_every_run(values, limit):
    low, high = judge({"min": f"{limit!r} nA", "max": f"{limit!r} nA"}, values)
    numbers = [value * 1e-9 for value in values]
    near = any(math.isclose(number, limit * 1e-9, rel_tol=1e-9) for number in numbers)
    if not near:
        assert low.met == all(number > limit * 1e-9 for number in numbers)
        assert high.met == all(number < limit * 1e-9 for number in numbers)
    assert low.simulated == pytest.approx(min(values))
    assert high.simulated == pytest.approx(max(values))
