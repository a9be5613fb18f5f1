"""Verdicts know how far the solver's error may have moved a number, and runs without any event."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optospice.metrics.value import MetricValue
from optospice.report.verdicts import counts_of
from optospice.scenario.decided import error_across, is_decided, surer_errors
from optospice.scenario.schema import Scenario
from optospice.scenario.verdict import Observation, Verdict, judge_targets

KEY = "protocol.interval"
METRIC = "postsynaptic_current_amplitude"
SIZES = st.floats(-1e3, 1e3)


def observed(
    values: Sequence[float],
    errors: Sequence[float] = (),
    idle: Sequence[str] = (),
    metric: str = METRIC,
) -> list[Observation]:
    return [
        Observation(
            "pbs_rc",
            {KEY: f"{n} s"},
            {metric: MetricValue(value * 1e-9, "A", "")},
            run=f"{n:04d}",
            errors={metric: errors[n - 1] * 1e-9} if errors else {},
            idle=idle[n - 1] if idle else "",
        )
        for n, value in enumerate(values, 1)
    ]


def judged(target: dict[str, Any], runs: list[Observation], **more: Any) -> Verdict:
    claim = {"id": "T", "source": "a figure", "metric": METRIC, **target}
    scenario = Scenario.model_validate(
        {
            "title": "t",
            "device": "pbs_rc",
            "protocol": {"name": "paired_pulse"},
            "sweep": {KEY: [f"{n} s" for n in range(1, len(runs) + 1)]},
            "targets": [claim],
            **more,
        }
    )
    [verdict] = judge_targets(scenario, runs)
    return verdict


FIRST = {"where": {KEY: "1 s"}}


@given(SIZES, st.floats(0, 100), SIZES, st.floats(0, 50))
def test_a_number_is_decided_where_it_is_the_same_within_all_of_its_error(
    value: float, error: float, claimed: float, tolerance: float
) -> None:
    target = {"published": f"{claimed!r} nA", "tolerance": f"{tolerance!r} nA", **FIRST}
    verdict = judged(target, observed([value], [error]))
    # the nearest and the farthest of all values that the error allows
    nearest = max(abs(value - claimed) - error, 0.0)
    farthest = abs(value - claimed) + error
    slack = 1e-6 * (1 + abs(value) + abs(claimed) + tolerance)
    if farthest < tolerance - slack:
        assert (verdict.met, verdict.is_decided) == (True, True)
    elif nearest > tolerance + slack:
        assert (verdict.met, verdict.is_decided) == (False, True)
    elif nearest < tolerance - slack and farthest > tolerance + slack:
        assert (verdict.met, verdict.is_decided) == (False, False)
        assert verdict.word.startswith("within the solver's error")


@pytest.mark.parametrize("claim", ["at_least", "at_most"])
@given(SIZES, st.floats(0, 100), SIZES)
def test_a_bound_is_decided_beyond_the_error_only(
    claim: str, value: float, error: float, bound: float
) -> None:
    verdict = judged({claim: f"{bound!r} nA", **FIRST}, observed([value], [error]))
    distance = value - bound if claim == "at_least" else bound - value
    if abs(abs(distance) - error) > 1e-6 * (1 + abs(value) + abs(bound)):
        assert verdict.is_decided == (abs(distance) > error)
        assert verdict.met == (distance > error)


def test_a_metric_that_comes_and_goes_with_the_error_decides_nothing() -> None:
    target = {"at_least": "1 nA", **FIRST}
    for value in (5.0, -5.0, math.nan):
        assert not judged(target, observed([value], [math.inf])).is_decided
    assert judged(target, observed([math.nan])).is_decided
    assert is_decided(math.nan, 0.0)
    known = {"pbs_rc": {"misses": ["T"], "reason": "a reason"}}
    verdict = judged(target, observed([5.0], [math.inf]), expectations=known)
    assert not verdict.met
    assert verdict.as_expected
    assert not judged(target, observed([5.0], [math.inf])).as_expected


def test_a_shape_needs_differences_above_the_errors_of_both_their_ends() -> None:
    rises = {"shape": "increasing", "over": KEY}
    falls = {"shape": "decreasing", "over": KEY}
    assert judged(rises, observed([1, 2, 3], [0.49, 0.49, 0.49])).met
    verdict = judged(rises, observed([1, 2, 3, 5], [0.4, 0.7, 0.4, 0.4]))
    assert not verdict.met
    assert verdict.doubtful == ("0001", "0002", "0003")
    tiny = [3e-13, 2e-13, 1e-13]
    assert judged(falls, observed(tiny)).met  # nothing is known of their errors
    assert not judged(falls, observed(tiny, [1e-3] * 3)).met
    # one step that surely goes the wrong way decides, whatever the others do
    verdict = judged(rises, observed([1, 2, 1, 1.1], [0.2] * 4))
    assert (verdict.met, verdict.is_decided) == (False, True)


def test_a_constant_shape_may_change_by_no_more_than_its_errors_leave() -> None:
    flat = {"shape": "constant", "over": KEY}
    assert judged(flat, observed([100, 100.4], [0.2, 0.2])).met
    assert judged(flat, observed([100, 100.4], [0.4, 0.4])).doubtful == ("0001", "0002")
    verdict = judged(flat, observed([100, 103], [0.4, 0.4]))
    assert (verdict.met, verdict.is_decided) == (False, True)


def test_one_sure_miss_decides_a_bound_for_every_run() -> None:
    bound = {"at_least": "1 nA", "every": True}
    assert judged(bound, observed([2, 3], [0.5, 0.5])).met
    assert judged(bound, observed([2, 1.2], [0.5, 0.5])).doubtful == ("0002",)
    verdict = judged(bound, observed([1.2, 0.2], [0.5, 0.5]))
    assert (verdict.met, verdict.is_decided) == (False, True)


def test_errors_of_numbers_across_runs_follow_from_those_of_the_runs() -> None:
    runs = observed([1, 2, 4, 8], [0.1, 0.1, 0.1, 0.1])

    def number(observations: Sequence[Observation], weights: Sequence[int]) -> float:
        pairs = zip(weights, observations, strict=True)
        return sum(weight * one.metrics[METRIC].value for weight, one in pairs)

    for weights in ((1, 1, 1, 1), (1, -1, 1, -1), (1, 1, -1, -1)):
        found = error_across(METRIC, runs, lambda own, w=weights: number(own, w))
        assert found == pytest.approx(0.4e-9)
    assert error_across(METRIC, observed([1, 2]), lambda own: number(own, (1, 1))) == 0
    gone = error_across(
        METRIC, runs, lambda own: number(own, (1,) * 4) if own is runs else math.nan
    )
    assert gone == math.inf


def test_what_two_runs_showed_bounds_the_error_of_a_smooth_metric_only() -> None:
    [better], [worse] = observed([1.0], [0.1]), observed([1.01], [1.0])
    assert surer_errors(better, worse, 0.1)[METRIC] == pytest.approx(0.01e-9)
    [jumps] = observed([1.0], [1.0])
    assert surer_errors(jumps, worse, 0.1)[METRIC] == pytest.approx(1e-9)
    [gone] = observed([1.0], [math.inf])
    assert surer_errors(gone, worse, 0.1)[METRIC] == math.inf


# Nothing happened

NOTHING = "nothing is applied"


def test_a_claim_about_runs_without_any_event_is_neither_met_nor_missed() -> None:
    target = {"at_most": "1 nA", **FIRST}
    verdict = judged(target, observed([0.0], idle=[NOTHING]))
    assert not verdict.met
    assert not verdict.as_expected
    assert verdict.word == f"not applicable: {NOTHING}"
    assert counts_of([verdict]) == {}
    assert judged({**target, "of_absence": True}, observed([0.0], idle=[NOTHING])).met
    known = {"pbs_rc": {"misses": ["T"], "reason": "a reason"}}
    verdict = judged(target, observed([5.0], idle=[NOTHING]), expectations=known)
    assert not verdict.as_expected


def test_a_metric_that_needs_no_stimulus_is_judged_in_the_dark() -> None:
    target = {"metric": "dark_current", "at_most": "1 nA", **FIRST}
    assert judged(target, observed([0.5], idle=[NOTHING], metric="dark_current")).met


def test_a_shape_applies_where_anything_happened_in_one_of_its_runs() -> None:
    rises = {"shape": "increasing", "over": KEY}
    assert judged(rises, observed([0, 1, 2], idle=[NOTHING, "", ""])).met
    assert judged(rises, observed([0, 1, 2], idle=[NOTHING] * 3)).inapplicable
