"""Stimuli and their edges."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optospice.stimulus import (
    PulseTrain,
    Samples,
    Signal,
    StimulusError,
    breakpoints,
    constant,
    voltage_sweep,
)


@st.composite
def trains(draw, equal_edges=False):
    """Pulse trains of every shape that is allowed."""
    width = draw(st.floats(1e-6, 1e3))
    rise = width * draw(st.floats(1e-6, 0.9))
    fall = rise if equal_edges else width * draw(st.floats(1e-6, 0.9))
    return PulseTrain(
        level=draw(st.floats(-10, 10)),
        width=width,
        count=draw(st.integers(1, 20)),
        interval=fall + width * draw(st.floats(1e-3, 100)),
        delay=draw(st.sampled_from([0.0, 1e-3, 5.0])),
        rise=rise,
        fall=fall,
    )


@given(trains(), st.floats(-5, 5))
def test_onsets_offsets_and_corners_agree(train, base):
    signal = Signal(base, (train,))
    times, levels = signal.points
    assert (np.diff(times) > 0).all()
    assert times.shape == levels.shape
    assert signal.onsets.size == signal.offsets.size == train.count
    slack = 1e-9 * abs(train.level - base)

    def level_at(moments):
        return np.interp(moments, times, levels)

    corners = (
        (train.onsets, base),
        (train.onsets + train.rise_time, train.level),
        (train.offsets, train.level),
        (train.offsets + train.fall_time, base),
    )
    # an edge is known as exactly as the times of its corners can be written
    steepness = np.spacing(times[-1]) / min(train.rise_time, train.fall_time)
    for moments, expected in corners:
        found = level_at(moments)
        assert np.abs(found - expected).max() <= slack + 4 * abs(train.level - base) * steepness
    assert signal.end == pytest.approx(float(times[-1]), rel=1e-15)
    assert (np.diff(signal.onsets) > train.width).all()


@given(trains(equal_edges=True), st.floats(-5, 5))
def test_the_area_of_a_train_with_equal_edges(train, base):
    times, levels = Signal(base, (train,)).points
    area = np.trapezoid(levels - base, times)
    expected = (train.level - base) * train.width * train.count
    rounding = train.count * abs(train.level - base) * np.spacing(times[-1]) * 4
    assert area == pytest.approx(expected, rel=1e-9, abs=rounding + 1e-300)


@given(trains())
def test_the_area_with_any_edges(train):
    times, levels = Signal(0.0, (train,)).points
    one = train.level * (train.width + (train.fall_time - train.rise_time) / 2)
    rounding = train.count * abs(train.level) * np.spacing(times[-1]) * 4
    assert np.trapezoid(levels, times) == pytest.approx(
        one * train.count, rel=1e-9, abs=rounding + 1e-300
    )


@given(st.floats(0.1, 10), st.floats(0.1, 10), st.integers(2, 50))
def test_interval_and_period_say_the_same(width, interval, count):
    by_interval = PulseTrain(1.0, width, count, interval=interval)
    by_period = PulseTrain(1.0, width, count, period=width + interval)
    assert by_interval.onsets == pytest.approx(by_period.onsets)
    assert by_interval.offsets == pytest.approx(by_period.offsets)
    assert by_interval.end == pytest.approx(by_period.end)
    assert by_interval.onsets[1] - by_interval.offsets[0] == pytest.approx(interval)


def test_edges_by_default():
    assert PulseTrain(1.0, 1e-3).rise_time == 1e-6
    assert PulseTrain(1.0, 10.0).fall_time == pytest.approx(1e-5)
    assert PulseTrain(1.0, 10.0, rise=0.5).rise_time == 0.5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"width": 0.0}, "width = 0 s: must be above"),
        ({"width": -1.0}, "width = -1 s"),
        ({"width": math.nan}, "width = nan"),
        ({"width": math.inf}, "width = inf"),
        ({"rise": 0.0}, "rise = 0 s"),
        ({"fall": -1.0}, "fall = -1 s"),
        ({"delay": -1e-9}, "must not be below 0 s"),
        ({"delay": math.nan}, "delay"),
        ({"delay": math.inf}, "delay"),
        ({"level": math.nan}, "level"),
        ({"count": 0}, "count = 0"),
        ({"rise": 1.0}, "shorter than the width"),
        ({"rise": 2.0}, "shorter than the width"),
        ({"count": 2}, "give one of the two"),
        ({"count": 2, "period": 3.0, "interval": 2.0}, "give one of the two"),
        ({"count": 2, "period": 1.0}, "period = 1 s: the pulses overlap"),
        ({"count": 2, "interval": 0.05, "fall": 0.1}, "interval = 0.05 s: the pulses overlap"),
        ({"count": 2, "interval": -0.5}, "overlap"),
        ({"count": 2, "period": math.nan}, "period"),
        ({"count": 2, "period": math.inf}, "period"),
    ],
)
def test_trains_that_contradict_themselves(changes, words):
    with pytest.raises(StimulusError, match=words):
        PulseTrain(**{"level": 1.0, "width": 1.0, **changes})


def test_pulses_may_touch():
    train = PulseTrain(1.0, 1.0, 100, interval=0.1, rise=0.1, fall=0.1)
    times, levels = Signal(0.0, (train,)).points
    assert (np.diff(times) > 0).all()
    assert np.trapezoid(levels, times) == pytest.approx(100.0)


@given(st.integers(1, 1000), st.integers(1, 90), st.booleans())
def test_pulses_may_touch_whatever_the_rounding(width, edge, by_period):
    width, edge = width / 10, edge * width / 1000  # as a user writes them: 0.3 s and 0.021 s
    timing = {"period": width + edge} if by_period else {"interval": edge}
    train = PulseTrain(1.0, width, 20, rise=edge, fall=edge, **timing)
    times, levels = Signal(0.0, (train,)).points
    assert (np.diff(times) > 0).all()
    assert np.trapezoid(levels, times) == pytest.approx(20 * width)


def test_trains_are_put_in_order_and_may_not_overlap():
    early, late = PulseTrain(1.0, 1.0), PulseTrain(2.0, 1.0, delay=3.0)
    signal = Signal(0.0, (late, early))
    assert signal.trains == (early, late)
    assert signal.onsets == pytest.approx([0.0, 3.0])
    with pytest.raises(StimulusError, match=r"one starts at 3 s before the other ends at 3\.5"):
        Signal(0.0, (PulseTrain(1.0, 3.4, fall=0.1), late))


@given(st.lists(trains(), max_size=4), st.floats(-1, 1))
def test_several_trains_are_the_sum_of_each(several, base):
    start, moved = 0.0, []
    for train in several:
        shifted = PulseTrain(
            train.level, train.width, train.count, interval=train.interval,
            delay=start + train.delay, rise=train.rise, fall=train.fall,
        )  # fmt: skip
        moved.append(shifted)
        start = shifted.end + train.width
    assume(all(min(t.rise_time, t.fall_time) > 1e-6 * start for t in moved))
    together = Signal(base, tuple(moved)).points
    moments = np.linspace(0.0, start, 501)
    alone = sum(np.interp(moments, *Signal(0.0, (_above(t, base),)).points) for t in moved)
    assert np.interp(moments, *together) == pytest.approx(base + alone, abs=1e-7)


def _above(train, base):
    return PulseTrain(
        train.level - base, train.width, train.count, interval=train.interval,
        delay=train.delay, rise=train.rise, fall=train.fall,
    )  # fmt: skip


def test_a_constant_has_no_edges():
    signal = constant(1.5)
    assert signal.points[1].tolist() == [1.5]
    assert signal.end == 0
    assert signal.onsets.size == signal.offsets.size == 0
    assert breakpoints([signal], 10.0).size == 0


@given(
    st.lists(st.integers(-50, 50), min_size=2, max_size=8).filter(
        lambda points: all(a != b for a, b in itertools.pairwise(points))
    ),
    st.floats(0.01, 100),
    st.floats(0, 10),
)
def test_a_sweep_runs_at_its_rate(points, rate, delay):
    sweep = voltage_sweep(points, rate, delay)
    assert sweep.levels.tolist() == points
    assert sweep.times[0] == delay
    slopes = np.abs(np.diff(sweep.levels) / np.diff(sweep.times))
    assert slopes == pytest.approx(np.full(len(points) - 1, rate), rel=1e-6)
    travelled = np.abs(np.diff(points)).sum()
    assert sweep.end - delay == pytest.approx(travelled / rate)


@pytest.mark.parametrize(
    ("points", "rate"),
    [((0, 1), 0.0), ((0, 1), -1.0), ((0, 1), math.nan), ((1,), 1.0), ((0, 0), 1.0)],
)
def test_sweeps_that_are_refused(points, rate):
    with pytest.raises(StimulusError):
        voltage_sweep(points, rate)


@pytest.mark.parametrize(
    ("times", "levels"),
    [
        ([], []),
        ([0, 1], [0]),
        ([[0, 1]], [[0, 1]]),
        ([0, 0], [0, 1]),
        ([1, 0], [0, 1]),
        ([-1, 0], [0, 1]),
        ([0, math.nan], [0, 1]),
        ([0, math.inf], [0, 1]),
        ([0, 1], [0, math.nan]),
    ],
)
def test_samples_that_are_refused(times, levels):
    with pytest.raises(StimulusError, match="samples"):
        Samples(times, levels)


def test_breakpoints_are_the_corners_within_the_run():
    train = PulseTrain(1.0, 1.0, 2, period=3.0, delay=1.0, rise=0.1, fall=0.1)
    found = breakpoints([Signal(0.0, (train,)), Samples([0.5, 4.0], [0, 1])], 5.0)
    assert found == pytest.approx([0.5, 1.0, 1.1, 2.0, 2.1, 4.0, 4.1])
    assert breakpoints([], 5.0).size == 0
