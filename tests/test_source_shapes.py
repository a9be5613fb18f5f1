"""What sources do is read from the text as ngspice reads it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.errors import InputError
from optospice.netlist.guard import cleaned_netlist
from optospice.ngspice.simulate import Job
from optospice.source_shapes import source_shapes
from optospice.stimulus import Course


def shapes(text, duration=1.0, card=""):
    return source_shapes(cleaned_netlist(f"title\n{text}\n{card}\n", "circuit"), duration)


@pytest.mark.parametrize(
    ("source", "corners"),
    [
        ("5", []),
        ("DC 1 AC 1", []),
        ("PULSE(0 1 0.1 1m 2m 0.2)", [0.1, 0.101, 0.301, 0.303]),
        ("PULSE 0 1 0.1 1m 2m 0.2", [0.1, 0.101, 0.301, 0.303]),
        ("DC 0 PULSE(0, 1, 100m, 1m, 2m, 200m) AC 1", [0.1, 0.101, 0.301, 0.303]),
        ("PULSE(2 2 0.1 1m 2m 0.2)", []),
        # missing edges take the step of the analysis, 1 ms, the rest the duration
        ("PULSE(0 1 0.1)", [0.1, 0.101]),
        ("PULSE(0 1 0.1 0 0 0.2)", [0.1, 0.101, 0.301, 0.302]),
        # repeated, from zero on
        ("PULSE(0 1 0 0.1 0.1 0.1 0.5)", [0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.8]),
        ("PULSE(0 1 0 0.1 0.1 0.1 0.5 1)", [0.1, 0.2, 0.3]),
        ("PULSE(0 1 -0.25 0.1 0.1 0.1 0.5)", [0.05, 0.25, 0.35, 0.45, 0.55, 0.75, 0.85, 0.95]),
        # cut off by its own period
        ("PULSE(0 1 0 0.3 0.1 0.3 0.5)", [0.3, 0.5, 0.8]),
        ("PWL(0 0 0.1 1 0.25 -1 2 0)", [0.1, 0.25]),
        ("PWL(0.1 0 0.2 1 0.3 0) r=0.1", np.arange(1, 10) / 10),
        ("PWL(0.1 0 0.2 1 0.3 0) td=0.5", [0.6, 0.7, 0.8]),
        ("SIN(0 1 10)", []),
        ("SIN(0 1 10 0.3)", [0.3]),
        ("EXP(0 1 0.2 0.1 0.5 0.1)", [0.2, 0.5]),
        ("EXP(0 1)", [0.001, 0.002]),
        ("SFFM(0 1 100 2 10)", []),
        ("AM(1 1 10 100 0.4)", [0.4]),
    ],
)
def test_corners_by_hand(source, corners):
    for letter in "VI":
        found = shapes(f"{letter}1 a 0 {source}\nR1 a 0 1")
        assert np.allclose(found.corners, corners, rtol=1e-12)
        assert len(found.corners) == len(corners)
        assert not found.depends_on_time


@pytest.mark.parametrize(
    ("source", "curves"),
    [
        ("SIN(0 1 10 0.3)", [(0.3, 1.0, 0.1 / 16)]),
        ("SIN(0 1)", [(0.0, 1.0, 1.0 / 16)]),  # one period in the run
        ("SIN(0 0 10)", []),
        ("SIN(0 1 10 0.1 100)", [(0.1, 0.4, 0.1 / 16)]),  # damped away after 30 time constants
        ("EXP(0 1 0.2 0.01 0.5 0.1)", [(0.2, 0.32, 0.01 / 8), (0.5, 1.0, 0.1 / 8)]),
        ("AM(1 1 10 100)", [(0.0, 1.0, 1 / 110 / 16)]),  # upper side band
        ("SFFM(0 1 100 2 10)", [(0.0, 1.0, 1 / 130 / 16)]),  # Carson's band width
        ("PULSE(0 1 0.1 0.01 1m 0.2)", [(0.1, 0.11, 0.01 / 64)]),  # the fall is an edge
        ("PWL(0 0 0.5 1 0.7 1 0.7005 0)", [(0.0, 0.5, 0.5 / 64)]),
        ("PWL(0 0 2 1)", [(0.0, 1.0, 1 / 64)]),  # of what lies within the run
    ],
)
def test_curves_by_hand(source, curves):
    found = shapes(f"V1 a 0 {source}\nR1 a 0 1").courses
    assert len(found) == len(curves)
    for curve, expected in zip(found, curves, strict=True):
        assert isinstance(curve, Course)
        assert np.allclose((curve.start, curve.stop, curve.longest), expected, rtol=1e-12)


def test_defaults_follow_the_step_of_the_card():
    found = shapes("V1 a 0 PULSE(0 1 0.1)\nR1 a 0 1", card=".tran 0.02 1")
    assert np.allclose(found.corners, [0.1, 0.12])


def test_parameters_expressions_and_subcircuits():
    text = """
.param at=0.1 wide={2*at}
.subckt lamp a params: start=0.5 rise={rise0}
.param rise0=10m
V1 a 0 PULSE(0 1 {start} {rise} 'rise' wide)
.ends
X1 a lamp
X2 b lamp start={at}
X3 c lamp start = 0.6 rise=20m
X4 d lamp start=0.6 rise={20m}
Ra a 0 1
"""
    found = shapes(text)
    expected = [0.1, 0.11, 0.31, 0.32, 0.5, 0.51, 0.71, 0.72, 0.6, 0.62, 0.82, 0.84]
    assert np.allclose(found.corners, np.sort(expected))
    assert not found.depends_on_time


def test_nested_instances_have_their_own_parameters():
    text = """
.subckt inner a params: t=0.9
V1 a 0 PWL(0 0 {t} 1)
.ends
.subckt outer a b params: t0=0.1
X1 a inner t={t0}
X2 b inner t={2*t0}
.ends
X1 a b outer
X2 c d outer t0=0.3
R1 a 0 1
"""
    assert np.allclose(shapes(text).corners, [0.1, 0.2, 0.3, 0.6])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B1 a 0 V=sin(6.28*time)", True),
        ("B1 a 0 V=V(b)*2", False),
        ("E1 a 0 VALUE={time}", True),
        ("G1 0 a b 0 1", False),
        ("R1 a 0 R={1+time}", True),
        (".func f(x) {x*time}\nB1 a 0 V=f(V(b))", True),
        (".func g(x) {f(x)}\n.func f(x) {x*time}\nB1 a 0 V=g(1)", True),
        (".func f(x) {x*time}\nB1 a 0 V=V(b)", False),
        (".func f(x) {x*time}\n.param off=0\nB1 a 0 V=({off})*f(2)", False),
        (".param off=0\nB1 a 0 V={off-off}*time", True),  # ngspice reads off - off*time
        ("V1 a 0 PULSE(0 1 {unknown} 1m)", True),
        ("V1 a 0 SIN(0 1 {agauss(1,1,1)})", True),
        ("V1 a 0 PWL(0 0 1)", True),
        ("V1 a 0 TRNOISE(1m 1m 0 0)", True),
        ("V1 a 0 {unknown}", False),  # a constant, whatever it is
        (".subckt s a params: on=0\nB1 a 0 V=({on})*time\n.ends\nX1 a s", False),
        (".subckt s a params: on=0\nB1 a 0 V=({on})*time\n.ends\nX1 a s\nX2 b s on=1", True),
    ],
)
def test_what_depends_on_time(text, expected):
    assert shapes(f"{text}\nRb b 0 1").depends_on_time is expected


def test_more_corners_than_memory_are_refused():
    with pytest.raises(InputError, match=r"source v1: .* accepted: up to 200,000"):
        shapes("V1 a 0 PULSE(0 1 0 1u 1u 1u 4u)\nR1 a 0 1", duration=10.0)
    many = "\n".join(f"V{k} a{k} 0 PULSE(0 1 {k}n 1u 1u 1u 40u)" for k in range(9))
    with pytest.raises(InputError, match="up to 200,000"):
        shapes(many, duration=1.0)


@st.composite
def piecewise_linear_sources(draw):
    """Sources that consist of straight lines, in a run of 1 s."""
    low, high = draw(st.sampled_from([(0, 1), (1, -2), (-1, 0.5)]))
    times = st.floats(0.01, 0.4).map(lambda value: round(value, 4))
    if draw(st.booleans()):
        fields = [low, high, draw(times), *(draw(times) for _ in range(draw(st.integers(0, 4))))]
        if len(fields) == 7:
            fields[6] += draw(st.sampled_from([0.0, 0.5]))
        if len(fields) == 7 and draw(st.booleans()):
            fields.append(draw(st.integers(1, 3)))
        return f"PULSE({' '.join(map(str, fields))})"
    steps = draw(st.lists(times, min_size=1, max_size=6))
    at = np.concatenate([[0], np.cumsum(steps)])
    levels = draw(st.lists(st.floats(-2, 2).map(lambda v: round(v, 2)), min_size=7, max_size=7))
    pairs = " ".join(f"{t:.4f} {v}" for t, v in zip(at, levels, strict=False))
    return f"PWL({pairs})" + draw(st.sampled_from(["", " r=0", " td=0.05"]))


@settings(max_examples=15)
@given(source=piecewise_linear_sources())
def test_between_its_corners_ngspice_draws_straight_lines(pool, source):
    """A corner that were missed would bend a line; one that is not there is no harm."""
    netlist = cleaned_netlist(
        f"straight\nV1 a 0 {source}\nR1 a 0 1\n.tran 1m 1 0 0.5m\n.end\n", "circuit"
    )
    found = source_shapes(netlist, 1.0)
    job = Job(netlist, ("a",), 1.0)
    [(_, outcome)] = pool.map("optospice.ngspice.simulate:run_job", [job])
    time, level = outcome.result["time"], outcome.result["a"]
    # within each stretch, away from its ends by the solver's own tolerance, one straight line
    edges = np.concatenate([[0.0], found.corners, [1.0]])
    for begin, end in pairwise(edges):
        inside = (time > begin + 1e-9) & (time < end - 1e-9)
        if inside.sum() >= 3:
            t, v = time[inside], level[inside]
            line = v[0] + (v[-1] - v[0]) * (t - t[0]) / (t[-1] - t[0])
            assert np.abs(v - line).max() < 1e-9, (source, begin, end)
