"""Sobol indices against closed forms."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from optospice import units
from optospice.metrics.sensitivity import sobol_indices
from optospice.metrics.value import MetricValue
from optospice.scenario.across import take_across
from optospice.scenario.designs import design_axis
from optospice.scenario.schema import Across, Scenario
from optospice.scenario.sensitivity import saltelli_keys
from optospice.scenario.variation import Design
from optospice.scenario.verdict import Observation, judge_targets

pytest.importorskip("SALib")


def sample(ranges, points=1024, seed=3):
    design = {"kind": "saltelli", "points": points, "seed": seed, "ranges": ranges}
    axis = design_axis(Design.model_validate(design), "here")
    return [axis.row(place) for place in range(len(axis))]


def observe(points, metric):
    return [
        Observation("pbs_rc", point, {"dark_current": MetricValue(metric(point), "A", "mean")})
        for point in points
    ]


def test_the_function_of_ishigami_has_its_published_indices():
    """sin x + 7 sin^2 y + z^4 sin(x)/10: Ishigami and Homma (1990), shares in closed form."""
    a, b = 7.0, 0.1
    ends = {"start": -math.pi, "stop": math.pi}
    points = sample({f"parameters.{name}": ends for name in "xyz"}, 4096)
    x, y, z = (np.array([point[f"parameters.{name}"] for point in points]) for name in "xyz")
    found = sobol_indices(np.sin(x) + a * np.sin(y) ** 2 + b * z**4 * np.sin(x), ["x", "y", "z"])
    alone = [(1 + b * math.pi**4 / 5) ** 2 / 2, a**2 / 8, 0.0]
    together = 8 * b**2 * math.pi**8 / 225
    whole = sum(alone) + together
    for one, own, shared in zip(found, alone, (together, 0.0, together), strict=True):
        assert one.first_order == pytest.approx(
            own / whole, abs=3 * one.first_order_interval + 1e-3
        )
        assert one.total == pytest.approx((own + shared) / whole, abs=3 * one.total_interval + 1e-3)
        assert one.first_order_interval < 0.1
        assert one.total_interval < 0.1


def test_the_logarithm_of_a_time_constant_shares_its_variance_as_the_logarithms_do():
    """Log(R C) of R over two decades and C over one: 4/5 and 1/5, without interaction."""
    ranges = {
        "parameters.r": {"start": "1 Mohm", "stop": "100 Mohm", "spacing": "log"},
        "parameters.c": {"start": "1 nF", "stop": "10 nF", "spacing": "log"},
    }

    def logarithm(point):
        resistance, capacitance = point["parameters.r"], point["parameters.c"]
        return math.log(units.parse(resistance, "ohm") * units.parse(capacitance, "F"))

    observations = observe(sample(ranges), logarithm)
    for metric in ("first_order_sensitivity", "total_sensitivity"):
        for key, share in (("parameters.r", 0.8), ("parameters.c", 0.2)):
            found = take_across(Across(metric=metric, of="dark_current", over=key), observations)
            assert found.unit == "1"
            assert found.standard_error > 0
            assert found.value == pytest.approx(share, abs=4 * found.standard_error + 1e-3)


def test_the_keys_of_a_sample_are_read_off_its_points():
    ranges = {f"parameters.{name}": {"start": 0, "stop": 1} for name in ("b", "a", "c")}
    points = sample(ranges, 8)
    assert saltelli_keys(points) == ("parameters.b", "parameters.a", "parameters.c")
    assert saltelli_keys(points[:-1]) == ()
    assert saltelli_keys(points[1:] + points[:1]) == ()
    assert saltelli_keys([point | {"temperature": n % 2} for n, point in enumerate(points)]) == ()
    assert saltelli_keys([]) == saltelli_keys([points[0]]) == ()


def test_runs_that_are_no_whole_sample_give_no_index():
    ranges = {f"parameters.{name}": {"start": 0, "stop": 1} for name in "ab"}
    across = Across(metric="total_sensitivity", of="dark_current", over="parameters.a")
    whole = observe(sample(ranges, 8), lambda point: point["parameters.a"])
    assert not take_across(across, whole).is_missing
    cut = take_across(across, whole[:-1])
    assert cut.is_missing
    assert "every run of one Saltelli design" in cut.note
    failed = [*whole[:-1], Observation("pbs_rc", whole[-1].point, {})]
    assert take_across(across, failed).note == "1 of 32 runs gave no dark_current"
    flat = take_across(across, observe(sample(ranges, 8), lambda point: 1.0))
    assert flat.is_missing
    assert "do not vary" in flat.note


def test_a_design_asks_for_its_indices_and_a_target_claims_one():
    ranges = {f"parameters.{name}": {"start": 0, "stop": 1} for name in "ab"}
    name = "first_order_sensitivity(dark_current, parameters.a)"
    scenario = Scenario.model_validate(
        {
            "title": "t",
            "device": "pbs_rc",
            "protocol": {"name": "paired_pulse"},
            "design": {"kind": "saltelli", "points": 256, "ranges": ranges, "of": ["dark_current"]},
            "targets": [{"id": "T", "metric": name, "at_least": "90 %", "source": "closed form"}],
        }
    )
    assert [one.name for one in scenario.across] == [
        f"{kind}(dark_current, parameters.{key})"
        for kind in ("first_order_sensitivity", "total_sensitivity")
        for key in "ab"
    ]
    # variances of 3a and b/2 + 1 between 0 and 1: 9/12 and 1/48
    points = sample(ranges, 256)
    values = observe(points, lambda p: 3 * p["parameters.a"] + p["parameters.b"] / 2 + 1)
    [verdict] = judge_targets(scenario, values)
    assert verdict.met
    assert verdict.simulated == pytest.approx(100 * 36 / 37, abs=5)


def test_without_salib_an_index_is_missing_with_the_extra_in_its_note(monkeypatch):
    monkeypatch.setitem(sys.modules, "SALib", None)
    monkeypatch.setitem(sys.modules, "SALib.analyze", None)
    with pytest.raises(ValueError, match=r"optospice\[sensitivity\]"):
        sobol_indices(np.arange(8.0), ["a", "b"])
