"""One signal over time: reading, cutting, crossing and integrating it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optospice.trace import Trace
from optospice.trace_block import TraceBlock

STEPS = st.lists(st.tuples(st.floats(1e-3, 10), st.integers(-50, 50)), min_size=2, max_size=25)


def drawn(steps: list[tuple[float, int]], data: st.DataObject) -> Trace:
    """A trace through points, some of them corners."""
    time = np.cumsum([step for step, _ in steps])
    values = np.array([value / 10 for _, value in steps])
    corners = data.draw(st.lists(st.sampled_from(list(time)), max_size=4))
    return Trace(time, values, np.array(corners))


def instants(trace: Trace, data: st.DataObject, count: int) -> list[float]:
    share = st.floats(0, 1)
    span = trace.time[-1] - trace.time[0]
    return sorted(float(trace.time[0] + span * data.draw(share)) for _ in range(count))


def decay(points: int, tau: float = 1.0, last: float = 8.0) -> Trace:
    """An exponential that sets in at 1 s after a constant."""
    after = 1.0 + np.linspace(0.0, last, points)
    values = np.exp(-(after - 1.0) / tau)
    return Trace(np.append([0.0, 0.5], after), np.append([1.0, 1.0], values), np.array([1.0]))


@given(STEPS, st.data())
def test_a_trace_meets_its_points(steps, data):
    trace = drawn(steps, data)
    assert trace.at(trace.time) == pytest.approx(trace.values, abs=1e-12)
    assert trace.at(trace.time[-1]) == trace.values[-1]
    found = trace.at(np.linspace(trace.time[0], trace.time[-1], 300))
    assert trace.minimum - 1e-9 <= found.min()
    assert found.max() <= trace.maximum + 1e-9


@given(STEPS, st.data())
def test_a_window_is_the_same_curve(steps, data):
    trace = drawn(steps, data)
    start, stop = instants(trace, data, 2)
    cut = trace.window(start, stop)
    wanted = np.linspace(start, stop, 200)
    assert (cut.time[0], cut.time[-1]) == (start, stop)
    assert cut.at(wanted) == pytest.approx(trace.at(wanted), abs=1e-7)
    assert set(cut.breakpoints) <= set(trace.breakpoints)


@given(STEPS, st.data())
def test_a_window_of_a_window_is_one_window(steps, data):
    trace = drawn(steps, data)
    first, start, stop, last = instants(trace, data, 4)
    direct, twice = trace.window(start, stop), trace.window(first, last).window(start, stop)
    assert twice.time.tolist() == direct.time.tolist()
    assert twice.values == pytest.approx(direct.values, abs=1e-7)
    wanted = np.linspace(start, stop, 50)
    assert twice.at(wanted) == pytest.approx(direct.at(wanted), abs=1e-7)


@given(STEPS, st.data())
def test_windows_side_by_side_hold_the_whole_integral(steps, data):
    trace = drawn(steps, data)
    (middle,) = instants(trace, data, 1)
    ends = float(trace.time[0]), float(trace.time[-1])
    parts = trace.window(ends[0], middle), trace.window(middle, ends[1])
    scale = (ends[1] - ends[0]) * abs(trace.peak) + 1e-12
    assert sum(part.integral() for part in parts) == pytest.approx(
        trace.integral(), abs=1e-9 * scale
    )
    unity = Trace(np.array(ends), np.ones(2))
    assert trace.integral(unity) == pytest.approx(trace.integral(), abs=1e-9 * scale)


@given(st.integers(200, 800), st.floats(0.3, 3), st.floats(0.02, 0.98))
def test_an_exponential_crosses_where_its_logarithm_says(points, tau, level):
    trace = decay(points, tau, 8 * tau)
    found = trace.crossing(level, "falling")
    assert found is not None
    # read to a share of 1e-4 of the peak, as the exact curve passes the level
    assert abs(math.exp(-(found - 1.0) / tau) - level) < 1e-4
    assert trace.at(found) == pytest.approx(level, abs=1e-12)
    assert trace.crossing(level, "rising") is None
    assert trace.crossing(level) == found


def test_the_curve_crosses_elsewhere_than_straight_lines():
    trace = decay(9)
    share = (1 - 0.7) / (1 - math.exp(-1))
    found = trace.crossing(0.7)
    exact = 1 - math.log(0.7)
    assert found is not None
    assert abs(found - exact) < 0.5 * abs(1 + share - exact)


@given(STEPS, st.data())
def test_a_crossing_is_the_first_time_on_the_other_side(steps, data):
    trace = drawn(steps, data)
    level = data.draw(st.integers(-500, 500)) / 100 + 0.0037  # on no point
    found = trace.crossing(level)
    side = trace.values[0] > level
    wanted = np.linspace(trace.time[0], trace.time[-1], 500)
    if found is None:
        assert ((trace.at(wanted) > level) == side).all()
    else:
        before = trace.at(wanted[wanted < found * (1 - 1e-9)])
        assert ((before > level) == side).all()
        assert trace.at(found) == pytest.approx(level, abs=1e-6)


def test_to_touch_a_level_is_not_to_cross_it():
    time = np.arange(5.0)
    assert Trace(time, np.array([0.0, 1, 2, 1, 0])).crossing(2.0) is None
    assert Trace(time, np.array([0.0, 1, 1, 1, 0])).crossing(1.0) is None
    passed = Trace.straight(time, np.array([0.0, 1, 1, 2, 0]))
    assert passed.crossing(1.0) == pytest.approx(2.0)  # where it leaves the level
    assert passed.crossing(1.0, "falling") == pytest.approx(3.5)
    assert passed.crossing(1.0, "rising", start=1.5) == pytest.approx(2.0)
    assert passed.crossing(1.0, "rising", start=3.2) is None


def test_what_is_no_number_is_on_neither_side():
    trace = Trace.straight(np.arange(4.0), np.array([0.0, math.nan, 2.0, 0.0]))
    assert trace.crossing(1.0, "falling") == pytest.approx(2.5)
    assert trace.crossing(3.0) is None


@given(st.floats(-1e3, 1e3), st.floats(1e-9, 1e6))
def test_two_points_are_a_line(level, span):
    line = Trace(np.array([0.0, span]), np.array([level, level + 1]))
    assert line.at(span / 4) == pytest.approx(level + 0.25)
    assert line.crossing(level + 0.5, "rising") == pytest.approx(span / 2)
    assert line.integral() == pytest.approx(span * (level + 0.5), abs=1e-9 * span)


@given(st.floats(-1e3, 1e3), st.integers(1, 20))
def test_a_constant_stays_one(level, count):
    trace = Trace(np.arange(float(count)), np.full(count, level), bound=1e-3)
    last = float(count - 1)
    assert trace.at(np.linspace(0, last, 50)) == pytest.approx(np.full(50, level))
    assert trace.crossing(level) is None
    assert trace.crossing(level + 1) is None
    assert trace.integral() == pytest.approx(level * last)
    assert (trace.minimum, trace.maximum, trace.peak) == (level, level, level)
    assert trace.resolution == pytest.approx(1e-3 * abs(level))
    assert trace.window(0.0, 0.0).values.tolist() == [level]


@given(STEPS)
def test_straight_pieces_are_straight(steps):
    time = np.cumsum([step for step, _ in steps])
    values = np.array([value / 10 for _, value in steps])
    wanted = np.linspace(time[0], time[-1], 200)
    assert Trace.straight(time, values).at(wanted) == pytest.approx(
        np.interp(wanted, time, values), abs=1e-9
    )


def test_a_time_that_comes_twice_is_a_jump():
    trace = Trace(np.array([0.0, 1, 2, 2, 3, 3]), np.array([1.0, 1, 1, 5, 5, 7]))
    assert trace.at([1.9, 2.0, 2.1, 3.0]).tolist() == pytest.approx([1, 5, 5, 7])
    assert trace.window(0.0, 2.0).integral() == pytest.approx(2)
    assert trace.window(2.0, 3.0).integral() == pytest.approx(5)
    assert trace.crossing(3.0) == 2.0
    assert trace.integral() == pytest.approx(7)


def test_the_product_of_two_cubics_is_integrated_exactly():
    time = np.array([0.0, 0.5, 1.0, 1.7, 2.0])
    first, second = Trace(time, time**2), Trace(time[[0, 2, 3, 4]], 3 - time[[0, 2, 3, 4]] ** 1.5)
    fine = np.linspace(0, 2, 400_001)
    product = first.at(fine) * second.at(fine)
    reference = float(np.trapezoid(product, fine))
    assert first.integral(second) == pytest.approx(reference, rel=1e-9)


@pytest.mark.parametrize("times", [-0.1, 8.1, math.nan, [1.0, 1e9]])
def test_times_outside_are_refused(times):
    trace = decay(50, last=7.0)
    with pytest.raises(ValueError, match="times must lie within 0 s to 8 s"):
        trace.at(times)
    assert trace.at([-1.0, 9.0], held=True).tolist() == [trace.values[0], trace.values[-1]]


def test_windows_outside_and_backwards_are_refused():
    trace = decay(50, last=7.0)
    with pytest.raises(ValueError, match="must lie within"):
        trace.window(1.0, 9.0)
    with pytest.raises(ValueError, match="must not end before it starts"):
        trace.window(2.0, 1.0)
    assert trace.window(1.0, 8.0 * (1 + 1e-10)).time[-1] == 8.0  # rounding


@pytest.mark.parametrize(
    ("time", "values", "reason"),
    [
        ([0, 1], [1], "of one length"),
        ([], [], "holds no samples"),
        ([1, 0], [1, 1], "must not run backwards"),
        ([0, math.nan], [1, 1], "must not run backwards"),
    ],
)
def test_points_that_are_no_trace(time, values, reason):
    with pytest.raises(ValueError, match=reason):
        Trace(time, values)


@given(STEPS, st.data())
def test_a_block_gives_of_each_run_what_its_trace_gives(steps, data):
    first = drawn(steps, data)
    rows = [first.values, first.values[::-1].copy(), np.full_like(first.values, 2.0)]
    bounds = np.array([0.1, 0.2, 0.0])
    traces = [
        Trace(first.time, row, first.breakpoints, bound)
        for row, bound in zip(rows, bounds, strict=True)
    ]
    block = TraceBlock(first.time, np.stack(rows), first.breakpoints, bounds)
    start, middle, stop = instants(first, data, 3)
    pairs = [(block, traces)]
    pairs.append((block.window(start, stop), [one.window(start, stop) for one in traces]))
    points = np.arange(0, first.time.size, 2)
    pairs.append((block.through(points), [one.through(points) for one in traces]))
    pairs.append(
        (block.shifted(bounds), [o.shifted(b) for o, b in zip(traces, bounds, strict=True)])
    )
    for many, ones in pairs:
        times = [max(middle, float(many.time[0])), float(many.time[-1]) + 1.0]
        for found, expected in (
            (many.at(times, held=True), [one.at(times, held=True) for one in ones]),
            (many.minimum, [one.minimum for one in ones]),
            (many.maximum, [one.maximum for one in ones]),
            (many.peak, [one.peak for one in ones]),
            (many.resolution, [one.resolution for one in ones]),
            (many.integral(), [one.integral() for one in ones]),
            (many.integral(2.0), [one.integral(2.0) for one in ones]),
            (many.integral(many), [one.integral(one) for one in ones]),
            (many.integral(TraceBlock.of(ones[0])), [one.integral(ones[0]) for one in ones]),
        ):
            assert found == pytest.approx(np.array(expected), rel=1e-9, abs=1e-12)


def test_a_block_has_a_row_for_each_run():
    with pytest.raises(ValueError, match="a row of values for each run"):
        TraceBlock(np.array([0.0, 1.0]), np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="one length"):
        TraceBlock(np.array([0.0, 1.0]), np.ones((2, 3)))
