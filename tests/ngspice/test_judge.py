"""Success is judged on the data."""

from __future__ import annotations

import numpy as np
import pytest

from optospice.ngspice.judge import (
    CLAMP,
    RunFailedError,
    in_users_words,
    judge,
    own_words,
    reject,
)

TIME = np.linspace(0.0, 2.0, 5)
GOOD = {"time": TIME, "a": np.ones(5), "b": np.zeros(5)}


def spoiled(name, value, place=2):
    values = GOOD[name].copy()
    values[place] = value
    return {**GOOD, name: values}


def test_a_good_run_passes():
    judge(GOOD, ["a", "b"], 2.0, [])
    judge(GOOD, ["a"], None, ["stderr Error: what was said does not count"])
    judge(spoiled("a", CLAMP * 0.99), ["a"], 2.0, [])
    judge({**GOOD, "time": TIME * (1 + 1e-12)}, ["a"], 2.0, [])


@pytest.mark.parametrize("place", [0, 2, 4])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.nan, "a is not finite"),
        (np.inf, "a is not finite"),
        (-np.inf, "a is not finite"),
        (1e99, r"a was clamped at 1e\+99"),
        (-1e99, r"a was clamped at 1e\+99"),
        (1e32, r"a was clamped at 1e\+32"),
    ],
)
def test_values_that_are_none(value, words, place):
    with pytest.raises(RunFailedError, match=words):
        judge(spoiled("a", value, place), ["b", "a"], 2.0, [])


def test_values_that_nobody_asked_for_do_not_count():
    judge(spoiled("b", np.nan), ["a"], 2.0, [])


@pytest.mark.parametrize("last", [1.999999, 1.0, 0.0, 2.1])
def test_a_run_that_stopped_elsewhere(last):
    vectors = {**GOOD, "time": np.linspace(0.0, last, 5)}
    with pytest.raises(RunFailedError, match="of 2 s"):
        judge(vectors, ["a"], 2.0, [])


def test_a_time_that_is_no_number():
    with pytest.raises(RunFailedError):
        judge(spoiled("time", np.nan, place=4), ["a"], 2.0, [])


def test_vectors_that_are_missing():
    with pytest.raises(RunFailedError, match="no data for c, d"):
        judge(GOOD, ["a", "c", "d"], 2.0, [])
    with pytest.raises(RunFailedError, match="no data for a"):
        judge({**GOOD, "a": np.empty(0)}, ["a"], 2.0, [])


def test_a_run_without_time_axis_points():
    with pytest.raises(RunFailedError, match="no data for"):
        judge({"a": np.ones(5)}, ["a"], 2.0, [])


def test_ngspices_own_words():
    log = [
        "stdout Circuit: something",
        "stdout Doing analysis at TEMP = 27.0",
        "stderr Warning: singular matrix:  check node a",
        "stderr Error: timestep too small",
        "stderr Error: timestep too small",
        "stdout No. of Data Rows : 5",
    ]
    assert own_words(log) == "Error: timestep too small"
    with pytest.raises(RunFailedError, match=r"^stopped; ngspice: Error: timestep too small$"):
        reject("stopped", log)
    with pytest.raises(RunFailedError, match=r"^stopped$"):
        reject("stopped", ["stdout ", "stdout Circuit: a"])
    assert own_words(["stdout what it said last"]) == "what it said last"
    assert len(own_words(["stderr error " + "x" * 5000])) == 600


@pytest.mark.parametrize(
    ("message", "names", "told"),
    [
        ("vp#branch was clamped", {"vp#branch": "i(p)"}, "i(p) was clamped"),
        ('trouble with node "va#branch"', None, 'trouble with node "i(va)"'),
        ("i(vp) was clamped", {"vp#branch": "i(p)"}, "i(p) was clamped"),
        ("xdevice.x1 is not finite", {"xdevice.x": "fast"}, "xdevice.x1 is not finite"),
        ("xdevice.x is not finite", {"xdevice.x": "fast"}, "fast is not finite"),
        ("x1.vs#branch, vb#branch", None, "i(x1.vs), i(vb)"),
    ],
)
def test_the_users_words(message, names, told):
    assert in_users_words(message, names) == told
    assert in_users_words(told, names) == told


def test_a_message_names_currents_as_the_user_does():
    with pytest.raises(RunFailedError, match=r"i\(vp\) was clamped at 1e\+99"):
        judge({**GOOD, "vp#branch": np.full(5, 1e99)}, ["vp#branch"], 2.0, [])
