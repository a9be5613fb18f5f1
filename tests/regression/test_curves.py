"""Curves and spectra of analyses against their goldens, place by place."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from regression_project import Project

from optospice.protocols.base import Series
from optospice.regression.curve import compare_curve
from optospice.regression.keep import MOST_PLACES, _curve
from optospice.regression.stored import GoldenCurve

BOUND = 1e-3
FILTER = """title = "RC low-pass"

[circuit]
name = "rc"
title = "RC low-pass"
terminals = { input = "drive", out = "output" }

[circuit.elements]
r = { between = ["input", "out"], resistance = "1 kohm" }
c = { between = ["out", "0"], capacitance = "1 nF" }

[protocol]
name = "frequency_response"
response = "v(out)"
start = "1 kHz"
stop = "1 GHz"
"""


def series(places: np.ndarray, values: np.ndarray, log: bool = False) -> Series:
    return Series(places, values, "voltage at p", "V", "A", y_log=log)


def stored(one: Series) -> GoldenCurve:
    return _curve("0001", "current", one)


@pytest.mark.parametrize("count", [2, 59, 60, 61, 401, 5000])
def test_a_curve_is_its_own_golden(count):
    one = series(np.linspace(-1, 1, count), np.sinh(np.linspace(-1, 1, count)))
    golden = stored(one)
    x, _ = golden.points()
    assert x.size == min(count, MOST_PLACES)
    assert (x[0], x[-1]) == (-1, 1)
    assert compare_curve(golden, one, BOUND) == ""


def test_forth_and_back_are_told_apart():
    x = np.concatenate([np.linspace(0, 1, 20), np.linspace(1, 0, 20)[1:]])
    y = np.concatenate([np.zeros(20), np.ones(19)])
    golden = stored(series(x, y))
    assert compare_curve(golden, series(x, y), BOUND) == ""
    assert compare_curve(golden, series(x, y[::-1].copy()), BOUND).startswith("38 of 39 points")


@pytest.mark.parametrize(("share", "moves"), [(1.9, False), (2.1, True)])
@pytest.mark.parametrize("log", [False, True])
def test_a_value_may_move_by_twice_the_bound(share, moves, log):
    """Of the largest value, or of its own where the curve spans decades."""
    x, y = np.arange(3.0), np.array([1e-9, 1e-6, 1e-3])
    now = y.copy()
    now[0] += share * BOUND * (y[0] if log else y[2])
    told = compare_curve(stored(series(x, y, log)), series(x, now, log), BOUND)
    assert bool(told) is moves
    if moves:
        assert told.startswith("1 of 3 points moved, most at 0 V: 1 nA -> ")


def test_the_worst_point_is_named():
    x, y = np.arange(5.0), np.ones(5)
    now = y + np.array([0, 0.01, 0.03, -0.02, 0])
    assert compare_curve(stored(series(x, y)), series(x, now), BOUND) == (
        "3 of 5 points moved, most at 2 V: 1 A -> 1.03 A"
    )


def test_what_cannot_be_compared_is_told():
    x, y = np.arange(5.0), np.ones(5)
    golden = stored(series(x, y))
    assert compare_curve(golden, series(x + 0.5, y), BOUND) == "there is no point at 0 V now"
    other = replace(series(x, y), y_unit="V")
    assert compare_curve(golden, other, BOUND) == "was in A against V, is in V against V"
    hollow = np.where(x == 3, np.nan, y)
    told = compare_curve(golden, series(x, hollow), BOUND)
    assert told.startswith("1 of 5 points moved, most at 3 V")


def test_a_spectrum_of_a_scenario_is_kept_drawn_and_told(project: Project):
    """A resistance of 2 % more: |H| falls by 2 % far above the corner, and not below it."""
    file = project.scenario.with_name("filter.toml")
    file.write_text(FILTER)
    assert project.regress("--update", "lab/filter")[0] == 0
    kept = json.loads(file.with_name("filter.golden.json").read_text())["devices"]["rc"]
    assert [one["name"] for one in kept["curves"]] == ["magnitude", "phase"]
    assert kept["waveforms"] == []
    code, told = project.regress("lab/filter", "--strict")
    assert code == 0
    assert "2 of 2 curves as expected" in told
    project.change('resistance = "1 kohm"', 'resistance = "1.02 kohm"', file)
    code, told = project.regress("lab/filter", "--out", "moved")
    assert code == 1
    assert "moved   curve of run 0001 magnitude: " in told
    assert "most at 1 GHz: 159.2 u" in told
    figures = [f.name for f in (project.folder / "moved").glob("*.png")]
    assert len(figures) == told.count("figure: ") == 2
    assert project.regress("--update", "lab/filter", "--out", "moved")[0] == 0
    assert not list((project.folder / "moved").glob("*.png"))
    project.change('start = "1 kHz"', 'start = "2 kHz"', file)
    assert "magnitude: there is no point at 1 kHz now" in project.regress("lab/filter")[1]
