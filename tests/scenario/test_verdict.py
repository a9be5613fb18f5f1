"""The arithmetic of the verdict."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optospice.metrics.value import MetricValue
from optospice.scenario.across import take_across
from optospice.scenario.points import matches, same_value
from optospice.scenario.schema import Across, Scenario
from optospice.scenario.verdict import Observation, judge_targets

KEY = "protocol.interval"


def scenario(target, **more):
    return Scenario.model_validate(
        {
            "title": "t",
            "device": "pbs_rc",
            "protocol": {"name": "paired_pulse"},
            "sweep": {KEY: ["1 s", "2 s", "3 s"]},
            "targets": [{"id": "T", "source": "a figure", **target}],
            **more,
        }
    )


def observe(*values, metric="dark_current", unit="A", device="pbs_rc", key=KEY):
    return [
        Observation(device, {key: f"{n} s"}, {metric: MetricValue(value, unit, "a definition")})
        for n, value in enumerate(values, 1)
    ]


def judge(target, observations, **more):
    [verdict] = judge_targets(scenario(target, **more), observations)
    return verdict


def current(published, tolerance):
    return {
        "metric": "dark_current",
        "published": published,
        "tolerance": tolerance,
        "where": {KEY: "1 s"},
    }


@pytest.mark.parametrize(
    ("published", "tolerance", "simulated", "met"),
    [
        ("100 nA", "5 %", 105e-9, True),
        ("100 nA", "5 %", 95e-9, True),
        ("100 nA", "5 %", 105.001e-9, False),
        ("100 nA", "5 %", 94.999e-9, False),
        ("-100 nA", "5 %", -105e-9, True),
        ("-100 nA", "5 %", 100e-9, False),
        ("0.1 uA", "5 %", 105e-9, True),
        ("100 nA", "2 nA", 102e-9, True),
        ("100 nA", "2 nA", 102.01e-9, False),
        ("0.1 uA", "2 nA", 98e-9, True),
        ("0 nA", "2 nA", -2e-9, True),
        ("0 nA", "2 nA", 2.01e-9, False),
    ],
)
def test_published_and_tolerance(published, tolerance, simulated, met):
    verdict = judge(current(published, tolerance), observe(simulated))
    assert verdict.met is met
    assert verdict.as_expected is met
    assert verdict.word == ("met" if met else "MISSED")


@pytest.mark.parametrize(
    ("simulated", "met"), [(0.56, True), (0.54, True), (0.5601, False), (0.539, False)]
)
def test_points_are_for_per_cent(simulated, met):
    target = {
        "metric": "paired_pulse_index",
        "published": "55 %",
        "tolerance": "1 point",
        "where": {KEY: "1 s"},
    }
    verdict = judge(target, observe(simulated, metric="paired_pulse_index", unit="1"))
    assert verdict.met is met
    assert verdict.unit == "%"
    assert verdict.simulated == pytest.approx(100 * simulated)
    assert verdict.tolerance_percent == pytest.approx(100 / 55)


@given(st.floats(1.0, 1000.0), st.floats(0.5, 1.5), st.floats(0.1, 20.0), st.sampled_from([1, -1]))
def test_error_and_tolerance_are_relative_to_the_published_value(published, ratio, tolerance, sign):
    target = current(f"{sign * published!r} nA", f"{tolerance!r} %")
    verdict = judge(target, observe(sign * published * ratio * 1e-9))
    assert verdict.published == sign * published
    assert verdict.error_percent == pytest.approx(sign * 100 * (ratio - 1), rel=1e-6, abs=1e-9)
    assert verdict.tolerance_percent == pytest.approx(tolerance)
    if abs(100 * abs(ratio - 1) - tolerance) > 1e-6:
        assert verdict.met == (100 * abs(ratio - 1) < tolerance)


@pytest.mark.parametrize(
    ("claim", "simulated", "met"),
    [
        ({"at_least": "10 nA"}, 10.1e-9, True),
        ({"at_least": "10 nA"}, 9.9e-9, False),
        ({"at_most": "10 nA"}, 9.9e-9, True),
        ({"at_most": "10 nA"}, 10.1e-9, False),
    ],
)
def test_bounds(claim, simulated, met):
    verdict = judge({"metric": "dark_current", "where": {KEY: "1 s"}, **claim}, observe(simulated))
    assert verdict.met is met
    assert verdict.error_percent is None
    assert str(verdict.published).endswith("10")


@pytest.mark.parametrize(
    "claim",
    [{"at_least": "1 nA"}, {"at_most": "1 nA"}, {"published": "1 nA", "tolerance": "999 %"}],
)
def test_a_value_that_is_missing_meets_nothing(claim):
    for observations in (observe(math.nan), [Observation("pbs_rc", {KEY: "1 s"}, {})]):
        verdict = judge({"metric": "dark_current", "where": {KEY: "1 s"}, **claim}, observations)
        assert not verdict.met
        assert verdict.simulated is None
        assert verdict.shown == "none"


@pytest.mark.parametrize(
    ("shape", "values", "met"),
    [
        ("increasing", (1, 2, 3), True),
        ("increasing", (1, 3, 2), False),
        ("increasing", (1, 1, 2), False),
        ("increasing", (3, 2, 1), False),
        ("increasing", (-3, -2, -1), True),
        ("decreasing", (3, 2, 1), True),
        ("decreasing", (1, 2, 3), False),
        ("decreasing", (-1, -2, -3), True),
        ("constant", (1.0, 1.005, 0.999), True),
        ("constant", (1.0, 1.02, 1.0), False),
        ("constant", (1.0, 1.008, 1.016, 1.024), False),  # a drift is no constant
        ("increasing", (1,), False),
        ("increasing", (1, math.nan, 3), False),
    ],
)
def test_shapes(shape, values, met):
    target = {"metric": "dark_current", "shape": shape, "over": KEY}
    assert judge(target, observe(*[value * 1e-9 for value in values])).met is met


@pytest.mark.parametrize(
    ("rows", "met", "words"),
    [
        (
            ((1, 2, 3), (2, 3, 4), (3, 4, 5)),
            True,
            "along all 3 lines, least at",
        ),
        # of every column the median rises, and so do two of the three rows
        (((1, 2, 3), (2, 3, 4), (5, 4, 3)), False, "1 of 3 lines break it, the worst is"),
        (((1, 2, 3), (5, 5, 5), (9, 8, 7)), False, "2 of 3 lines break it, the worst is"),
    ],
)
def test_a_shape_over_a_grid_holds_along_every_line(rows, met, words):
    target = {"metric": "dark_current", "shape": "increasing", "over": KEY}
    observations = [
        Observation(
            "pbs_rc", {"protocol.width": f"{row} s", KEY: f"{column} s"},
            {"dark_current": MetricValue(number * 1e-9, "A", "a definition")},
        )
        for row, numbers in enumerate(rows, 1)
        for column, number in enumerate(numbers, 1)
    ]  # fmt: skip
    verdict = judge(target, observations)
    assert verdict.met is met
    assert words in verdict.word
    if not met:
        assert verdict.worst.endswith("protocol.width = 3 s")
    one_row = {**target, "where": {"protocol.width": "1 s"}}
    more = {"sweep": {"protocol.width": ["1 s", "2 s", "3 s"], KEY: ["1 s", "2 s", "3 s"]}}
    assert judge(one_row, observations, **more).met


def test_keys_that_move_with_that_of_a_shape_are_on_its_line():
    target = {"metric": "dark_current", "shape": "increasing", "over": KEY}
    moving = [
        Observation("pbs_rc", {KEY: f"{n} s", "protocol.width": f"{9 - n} s"}, one.metrics)
        for n, one in enumerate(observe(1e-9, 2e-9, 3e-9), 1)
    ]
    verdict = judge(target, moving)
    assert (verdict.met, verdict.worst) == (True, "")


def test_a_long_series_shows_that_its_middle_is_left_out():
    target = {"metric": "dark_current", "shape": "increasing", "over": KEY}
    shown = judge(target, observe(*(n * 1e-9 for n in range(1, 10)))).shown
    assert shown == "1 → 2 → 3 → … → 7 → 8 → 9"


def test_a_shape_needs_every_run():
    target = {"metric": "dark_current", "shape": "increasing", "over": KEY}
    failed = [*observe(1e-9, 2e-9), Observation("pbs_rc", {KEY: "3 s"}, {})]
    assert not judge(target, failed).met
    assert not judge(target, [Observation("pbs_rc", {KEY: "1 s"}, {})]).met


def test_expectations_turn_the_verdict():
    expected = {"expectations": {"pbs_rc": {"misses": ["T"], "reason": "known"}}}
    missed = judge(current("100 nA", "5 %"), observe(50e-9), **expected)
    assert not missed.met
    assert missed.expected_miss
    assert missed.as_expected
    assert missed.word == "missed, as expected of this device"
    met = judge(current("100 nA", "5 %"), observe(100e-9), **expected)
    assert met.met
    assert not met.as_expected
    other = judge(current("100 nA", "5 %"), observe(50e-9, device="another"), **expected)
    assert not other.as_expected


def test_each_device_has_its_own_verdict():
    both = observe(100e-9) + observe(50e-9, device="another")
    verdicts = judge_targets(scenario(current("100 nA", "5 %")), both)
    assert [(verdict.device, verdict.met) for verdict in verdicts] == [
        ("pbs_rc", True),
        ("another", False),
    ]


def test_the_run_that_is_named_counts():
    target = current("100 nA", "5 %") | {"where": {KEY: "2000 ms"}}
    assert judge(target, observe(1e-9, 100e-9, 1e-9)).met


@given(st.lists(st.floats(1, 100), min_size=2, max_size=9))
def test_of_many_draws_the_median_counts(values):
    draws = [
        Observation("pbs_rc", {KEY: "1 s"}, {"dark_current": MetricValue(v * 1e-9, "A", "d")})
        for v in values
    ]
    verdict = judge(current("1 nA", "5 %"), draws)
    assert verdict.simulated == pytest.approx(np.median(values))
    assert f"median of {len(values)} runs" in verdict.definition


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("1 s", "1000 ms", True),
        ("1 s", "1 s", True),
        ("1 s", "1.0000001 s", False),
        ("1 s", "1 V", False),
        ("1 s", 1, False),
        (1, 1.0, True),
        (0.5, "50 %", True),
        ("27 degC", "300.15 K", True),
        ("pbs_rc", "pbs_rc", True),
        ("pbs_rc", "pbs_rd", False),
        ("0 s", "0 ms", True),
        ("1e-16 F", "2e-16 F", False),
        ("1 fs", "1e-15 s", True),
    ],
)
def test_values_however_they_are_written(first, second, same):
    assert same_value(first, second) is same
    assert same_value(second, first) is same
    assert matches({"a": first, "b": 1}, {"a": second}) is same
    assert not matches({"b": first}, {"a": second})


def test_a_fit_across_the_runs_recovers_its_law():
    """Index 1 - 0.4 exp(-t/10.4 s) against the interval, which is Eq. 2 as the data ask for it."""
    across = Across(metric="paired_pulse_relaxation_time", of="paired_pulse_index", over=KEY)
    seconds = np.array([1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0])
    observations = [
        Observation(
            "pbs_rc", {KEY: f"{1000 * t} ms"},
            {"paired_pulse_index": MetricValue(1 - 0.4 * math.exp(-t / 10.4), "1", "ratio")},
        )
        for t in seconds
    ]  # fmt: skip
    found = take_across(across, observations)
    assert found.unit == "s"
    assert found.value == pytest.approx(10.4, rel=1e-3)
    flat = [
        Observation(
            "pbs_rc", {KEY: f"{t} s"}, {"paired_pulse_index": MetricValue(1.0, "1", "ratio")}
        )
        for t in seconds
    ]
    assert take_across(across, flat).is_missing
    assert take_across(across, []).is_missing


def test_a_failed_run_of_a_metric_that_only_its_protocol_knows_keeps_the_unit():
    """A closed loop's own metric has no entry among the metrics; its claim has a unit."""
    target = {"metric": "lamp_change", "at_most": "-0.1 mW/cm^2", "where": {KEY: "1 s"}}
    verdict = judge(target, [Observation("pbs_rc", {KEY: "1 s"}, {})])
    assert not verdict.met
    assert (verdict.si_unit, verdict.claimed_si) == ("W/m^2", pytest.approx(-1.0))


def test_of_draws_a_fit_across_the_runs_is_made_for_each_device():
    """Devices whose rates share one law up to a factor have the same energy, without any error."""
    across = Across(metric="activation_energy", of="recovery_rate", over="temperature")
    joule, boltzmann = 1.602176634e-19, 1.380649e-23

    def fitted(energies, prefactors):
        return take_across(
            across,
            [
                Observation("pbs_trap", {"temperature": f"{kelvin} K"}, {
                    "recovery_rate": MetricValue(
                        factor * math.exp(-energy * joule / (boltzmann * kelvin)), "1/s", "rate"
                    )
                })
                for kelvin in (280, 300, 330)
                for energy, factor in zip(energies, prefactors, strict=True)
            ],
        )  # fmt: skip

    shifted = fitted([0.3, 0.3, 0.3], [1e3, 2e3, 4e3])
    assert shifted.value / joule == pytest.approx(0.3, rel=1e-9)
    assert shifted.standard_error / joule == pytest.approx(0.0, abs=1e-9)
    tilted = fitted([0.29, 0.30, 0.31], [1e3, 2e3, 4e3])
    assert tilted.value / joule == pytest.approx(0.3, rel=1e-9)
    assert tilted.standard_error / joule == pytest.approx(0.01 / math.sqrt(3), rel=1e-6)
    assert "of 3 draws; standard deviation 0.01 eV" in tilted.definition
    low, high = tilted.interval
    assert (high - low) / joule == pytest.approx(2 * 4.302653 * 0.01 / math.sqrt(3), rel=1e-5)
    alone = fitted([0.3], [1e3])
    assert "draws" not in alone.definition
