"""Claims about draws: the share that meets them, statistics over them, and what is open."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scenario_files import BASE, load

from optospice.errors import InputError
from optospice.metrics.repeatability import device_to_device_spread
from optospice.metrics.value import MetricValue
from optospice.scenario.expand import expand
from optospice.scenario.schema import Scenario
from optospice.scenario.verdict import Observation, judge_targets

KEY = "protocol.interval"
BLOCK = {"runs": 4, "parameters": {"r3": {"spread": 0.1}}}


def scenario(*targets, statistics=(), **more):
    return Scenario.model_validate(
        {
            "title": "t",
            "device": "pbs_rc",
            "protocol": {"name": "paired_pulse"},
            "monte_carlo": BLOCK,
            "targets": [
                {"id": f"T{n}", "source": "a test", **one} for n, one in enumerate(targets)
            ],
            "statistics": list(statistics),
            **more,
        }
    )


def draws(values, metric="dark_current", unit="A", point=None):
    """One observation for each value; None is a draw that failed."""
    return [
        Observation(
            "pbs_rc",
            point or {},
            {} if value is None else {metric: MetricValue(value, unit, "a definition")},
        )
        for value in values
    ]


def judge(target, values, **more):
    [verdict] = judge_targets(scenario(target, **more), draws(values))
    return verdict


CLAIM = {"metric": "dark_current", "at_least": "10 nA"}


def test_the_share_that_meets_a_claim_and_the_worst_draw_are_named():
    """Median 12 nA meets the bound; 3 of 10 draws do not, the sixth by most."""
    values = [12e-9, 13e-9, 9e-9, 12e-9, 14e-9, 7e-9, 12e-9, 8e-9, 15e-9, 11e-9]
    verdict = judge(CLAIM, values)
    assert verdict.met
    assert (verdict.share.meeting, verdict.share.count, verdict.share.worst) == (7, 10, "0006")
    assert verdict.word == (
        "met; 70 % of 10 draws meet it (95 % interval 39.7 to 89.2 %); worst: run 0006, 7 nA"
    )


@pytest.mark.parametrize(
    ("wanted", "met", "open_words"),
    [
        ("70 %", True, ", which contains 70 %"),
        ("71 %", False, ", which contains 71 %"),
        ("30 %", True, "39.7 to 89.2 %)"),
        ("95 %", False, "39.7 to 89.2 %)"),
    ],
)
def test_the_observed_share_decides_a_yield(wanted, met, open_words):
    values = [12e-9] * 7 + [9e-9] * 3
    verdict = judge({**CLAIM, "yield_at_least": wanted}, values)
    assert verdict.met is met
    assert open_words in verdict.word
    # without a yield the median decides, which is 12 nA
    assert judge(CLAIM, values).met


@pytest.mark.parametrize(
    ("claim", "meeting", "worst"),
    [
        ({"at_most": "10 nA"}, 3, "0001"),
        ({"published": "10 nA", "tolerance": "10 %"}, 5, "0001"),
    ],
)
def test_every_kind_of_number_has_its_worst_draw(claim, meeting, worst):
    verdict = judge({"metric": "dark_current", **claim}, np.array([20, 9, 10, 9, 11, 11]) * 1e-9)
    assert (verdict.share.meeting, verdict.share.worst) == (meeting, worst)


def test_a_draw_without_a_value_does_not_meet():
    verdict = judge({**CLAIM, "yield_at_least": "100 %"}, [12e-9] * 9 + [math.nan])
    assert not verdict.met
    assert (verdict.share.meeting, verdict.share.count) == (9, 10)
    assert verdict.word.endswith("worst: run 0010, no value")
    # the median takes it as beyond the bound, not as if it were not there
    assert judge(CLAIM, [12e-9, 12e-9, math.nan, math.nan, 9e-9]).met is False
    assert judge(CLAIM, [12e-9, 12e-9, 12e-9, math.nan, 9e-9]).met is True
    assert judge(CLAIM, [12e-9, math.nan]).simulated is None


def test_a_draw_that_lacks_the_metric_counts_as_well():
    observations = draws([12e-9, 12e-9, 12e-9])
    observations += draws([1.0], metric="another")
    [verdict] = judge_targets(scenario({**CLAIM, "yield_at_least": "80 %"}), observations)
    assert (verdict.share.meeting, verdict.share.count, verdict.met) == (3, 4, False)


@pytest.mark.parametrize(
    "target",
    [
        CLAIM,
        {**CLAIM, "yield_at_least": "50 %"},
        {"metric": "part", "at_least": "50 %"},
        {"metric": "dark_current", "published": "12 nA", "tolerance": "5 %"},
    ],
)
def test_a_block_with_a_draw_missing_is_never_met(target):
    part = {"name": "part", "of": "dark_current", "statistic": "yield", "at_least": "10 nA"}
    verdict = judge(target, [12e-9] * 3, statistics=[part])
    assert verdict.met
    cut = judge(target, [12e-9] * 3 + [None], statistics=[part])
    assert not cut.met
    assert cut.is_open
    assert cut.word == "open: from 3 of 4 runs"


VALUES = np.random.default_rng(4).normal(10e-9, 1e-9, 200)


@pytest.mark.parametrize(
    ("statistic", "claim", "expected"),
    [
        ({"statistic": "mean"}, "10 nA", VALUES.mean() * 1e9),
        ({"statistic": "standard_deviation"}, "1 nA", VALUES.std(ddof=1) * 1e9),
        ({"statistic": "coefficient_of_variation"}, "10 %",
         100 * VALUES.std(ddof=1) / VALUES.mean()),
        ({"statistic": "quantile", "quantile": "50 %"}, "10 nA", np.median(VALUES) * 1e9),
        ({"statistic": "yield", "at_least": "9 nA", "at_most": "11 nA"}, "68 %",
         100 * np.mean(np.abs(VALUES - 10e-9) <= 1e-9)),
    ],
)  # fmt: skip
def test_statistics_over_draws_can_be_claimed(statistic, claim, expected):
    """200 draws of 10 nA ± 1 nA; the interval of each holds its truth."""
    one = {"name": "taken", "of": "dark_current", **statistic}
    verdict = judge({"metric": "taken", "published": claim, "tolerance": "20 %"}, VALUES,
                    statistics=[one])  # fmt: skip
    assert verdict.simulated == pytest.approx(expected)
    low, high = verdict.interval
    assert low < verdict.published < high
    assert verdict.met
    assert "200 draws" in verdict.definition
    assert "; interval " in verdict.word
    assert verdict.share is None


def test_a_statistic_is_taken_at_one_point_and_along_a_sweep():
    swept = {"sweep": {KEY: ["1 s", "2 s"]}}
    one = {"name": "taken", "of": "dark_current", "statistic": "mean"}
    targets = (
        {"metric": "taken", "published": "2 nA", "tolerance": "1 %", "where": {KEY: "2 s"}},
        {"metric": "taken", "shape": "increasing", "over": KEY},
    )
    observations = draws([0.5e-9, 1.5e-9], point={KEY: "1 s"})
    observations += draws([1.9e-9, 2.1e-9], point={KEY: "2 s"})
    first, second = judge_targets(scenario(*targets, statistics=[one], **swept), observations)
    assert (first.met, first.simulated) == (True, pytest.approx(2.0))
    assert (second.met, second.shown) == (True, "1 → 2")
    assert not judge_targets(scenario(*targets, statistics=[one], **swept), observations[:1])[1].met
    with pytest.raises(ValueError, match=r"of one point; accepted: a value of protocol\.interval"):
        scenario({"metric": "taken", "at_least": "1 nA"}, statistics=[one], **swept)


def test_the_spread_from_device_to_device_is_reached():
    rows = np.random.default_rng(2).normal([1e-9, 2e-9, 3e-9], 1e-10, (30, 3))
    names = ["first", "second", "third"]
    values = [[MetricValue(value, "S", "d") for value in row] for row in rows]
    observations = [Observation("pbs_rc", {}, dict(zip(names, row, strict=True))) for row in values]
    one = {"name": "spread", "of": names, "statistic": "device_to_device_spread"}
    target = {"metric": "spread", "at_most": "10 %"}
    [verdict] = judge_targets(scenario(target, statistics=[one]), observations)
    assert verdict.simulated == pytest.approx(100 * device_to_device_spread(rows).value)
    assert verdict.simulated == pytest.approx(5, rel=0.2)  # 0.1 nS over the range of 2 nS


def test_devices_of_a_die_are_not_independent():
    block = {
        "runs": 4, "devices_per_array": 2, "arrays_per_die": 2,
        "parameters": {"r3": {"spread": 0.1, "die": 0.1}},
    }  # fmt: skip
    one = {"name": "taken", "of": "dark_current", "statistic": "mean"}
    for target in ({"metric": "taken", "at_least": "1 nA"}, CLAIM):
        verdict = judge(target, [12e-9] * 3 + [11e-9], statistics=[one], monte_carlo=block)
        assert "devices of one die are alike" in verdict.note
        assert "alike" not in judge(target, [12e-9] * 3 + [11e-9], statistics=[one]).note


STATISTIC = "[[statistics]]\nname = 'taken'\nof = 'paired_pulse_index'\n"
DRAWS = "[monte_carlo]\nruns = 4\nparameters.r3.spread = 0.1\n"
TARGET = "[[targets]]\nid = 'T'\nsource = 'a test'\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (STATISTIC + "statistic = 'mean'", "there is no [monte_carlo]"),
        (DRAWS + STATISTIC, "statistics[0].statistic: is missing"),
        (DRAWS + STATISTIC + "statistic = 'median'", "not accepted"),
        (DRAWS + STATISTIC + "statistic = 'quantile'", "which needs it"),
        (DRAWS + STATISTIC + "statistic = 'quantile'\nquantile = 1.0", "above 0 and below 1"),
        (DRAWS + STATISTIC + "statistic = 'yield'", "which needs one or both"),
        (DRAWS + STATISTIC + "statistic = 'yield'\nat_least = '1 V'", "[0].at_least: '1 V' is not"),
        (DRAWS + STATISTIC + "statistic = 'mean'\nat_least = '50 %'", "with statistic = 'yield'"),
        (DRAWS + STATISTIC + "statistic = 'mean'\nconfidence = 1.0", "50 % to below 100 %"),
        (DRAWS + STATISTIC + "statistic = 'device_to_device_spread'", "a list of two or more"),
        (DRAWS + 2 * (STATISTIC + "statistic = 'mean'\n"), "the name 'taken' stands twice"),
        (
            DRAWS + STATISTIC.replace("_index", "_indx") + "statistic = 'mean'",
            "did you mean 'paired_pulse_index'",
        ),
        (
            DRAWS + STATISTIC.replace("taken", "paired_pulse_index") + "statistic = 'mean'",
            "is a metric of each run",
        ),
        (
            DRAWS + STATISTIC + "statistic = 'mean'\n" + TARGET
            + "metric = 'taken'\nat_most = '1 V'",
            "targets[0].at_most = '1 V'",
        ),
        (
            TARGET + "metric = 'paired_pulse_index'\nat_least = '50 %'\nyield_at_least = '90 %'",
            "yield_at_least: there is no [monte_carlo]",
        ),
        (
            DRAWS + TARGET
            + "metric = 'paired_pulse_index'\nat_least = '50 %'\nyield_at_least = '190 %'",
            "accepted: above 0 to 100 %",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path, text, words):
    with pytest.raises(InputError) as caught:
        expand(load(tmp_path, BASE + text))
    assert words in str(caught.value)
    assert "pair.toml" in str(caught.value)


def test_keys_that_move_together_are_one_place_along_a_shape():
    together = {KEY: ["1 s", "2 s"], "protocol.width": ["1 s", "2 s"]}
    one = {"name": "taken", "of": "dark_current", "statistic": "mean"}
    shape = {"metric": "taken", "shape": "increasing", "over": KEY}
    assert scenario(shape, statistics=[one], zip=[together]).targets
    number = {"metric": "taken", "at_least": "1 nA", "where": {KEY: "1 s"}}
    with pytest.raises(ValueError, match=r"accepted: a value of protocol\.width"):
        scenario(number, statistics=[one], zip=[together])


def test_a_share_and_every_draw_are_two_claims():
    with pytest.raises(ValueError, match="give one of the two"):
        scenario({**CLAIM, "yield_at_least": "90 %", "every": True})
