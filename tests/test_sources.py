"""The SPICE source is the stimulus: compared with its corners at the solver's own points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.ngspice.simulate import Job
from optospice.ngspice.worker import Finished
from optospice.sources import LARGEST_STACK, LONGEST_PWL, number, sources
from optospice.stimulus import PulseTrain, Samples, Signal
from optospice.testbench import Testbench
from probe_device import RUN_JOB


@pytest.fixture(scope="session")
def assert_reproduced(pool, simulate, probe):
    """Drive a wire of 1 ohm and compare its current with the corners of the stimulus.

    Once as the engine runs it and once as plain ngspice does.
    """

    def reproduced(stimulus, duration):
        times, levels = stimulus.points
        swing = max(float(np.ptp(levels)), 1e-12)
        steepest = np.abs(np.diff(levels) / np.diff(times)).max() if times.size > 1 else 0.0
        # a corner lies where its time can be written, and the solver's clock sums up its steps
        allowed = 1e-9 * (swing + np.abs(levels).max()) + 8 * np.spacing(duration) * steepest
        bench = Testbench(probe, {"p": stimulus}, duration)
        waves = simulate(bench)
        [(_, plain)] = pool.map(RUN_JOB, [Job(bench.netlist(), bench.vectors, duration)])
        assert isinstance(plain, Finished), plain.message
        for time, current in (
            (waves.time, waves["i(p)"]),
            (plain.result["time"], -plain.result["vp#branch"]),
        ):
            assert np.abs(current - np.interp(time, times, levels)).max() <= allowed
            assert_corners_found(time, times[(times > 0) & (times < duration)], duration)
        return waves

    return reproduced


def assert_corners_found(points, corners, duration):
    if corners.size:
        place = np.clip(np.searchsorted(points, corners), 1, points.size - 1)
        distance = np.minimum(np.abs(points[place] - corners), np.abs(points[place - 1] - corners))
        gaps = np.diff(corners, prepend=0.0, append=duration)
        nearest = np.minimum(gaps[:-1], np.where(gaps[1:] > 0, gaps[1:], duration))
        assert (distance <= 1e-3 * nearest + 8 * np.spacing(duration)).all()


@pytest.mark.parametrize(
    ("signal", "duration", "kinds"),
    [
        (Signal(1.5), 1.0, ["DC"]),
        (Signal(0.0, (PulseTrain(1.0, 10.0, delay=5.0),)), 50.0, ["PULSE"]),
        (Signal(1.0, (PulseTrain(-2.0, 1.0, 5, period=3.0, rise=0.1, fall=0.2),)), 20.0, ["PULSE"]),
        (Signal(-1.0, (PulseTrain(-3.0, 1.0, 3, interval=0.5, rise=0.5, fall=0.5),)), 9, ["PULSE"]),
        (  # a pulse that begins at once
            Signal(0.5, (PulseTrain(1.0, 1.0, 4, period=2.0, rise=0.9, fall=0.9),)), 10, ["PULSE"],
        ),
        (  # two trains on a base
            Signal(
                0.2,
                (
                    PulseTrain(1.0, 1e-3, 7, period=5e-3, delay=1e-3),
                    PulseTrain(-0.5, 2e-3, 2, interval=1e-3, delay=0.1, rise=1e-4, fall=1e-5),
                ),
            ),
            0.2,
            ["PULSE", "PULSE"],
        ),
        (  # the run ends within a pulse
            Signal(0.0, (PulseTrain(1.0, 1.0, 10, period=2.0),)), 6.5, ["PULSE"],
        ),
        (Signal(0.0, (PulseTrain(1.0, 1000.0, rise=1e-5, fall=1.0, delay=1.0),)), 3000.0, ["PWL"]),
        (Signal(0.0, (PulseTrain(1.0, 1000.0, rise=1.0, fall=1e-5, delay=1.0),)), 3000.0, ["PWL"]),
        (Samples([0.0, 1.0, 3.0], [0.0, 5.0, -5.0]), 4.0, ["PWL"]),
        (Samples([0.5, 1.0], [2.0, 3.0]), 2.0, ["PWL"]),
        (Samples([0.5], [2.0]), 2.0, ["PWL"]),
    ],
)  # fmt: skip
def test_named_shapes(assert_reproduced, signal, duration, kinds):
    assert [source.value.split("(")[0].split()[0] for source in sources(signal)] == kinds
    assert_reproduced(signal, duration)


@pytest.mark.parametrize("fraction", [1e-8, 9e-8, 2.9e-7, 3.1e-7, 1e-6, 1e-4])
def test_edges_that_are_short_against_the_width(assert_reproduced, fraction):
    """Below a few 1e-7 of the width a PULSE source would lose its edges without a word."""
    edge = fraction * 10.0
    train = PulseTrain(1.0, 10.0, 3, period=25.0, delay=5.0, rise=edge, fall=edge)
    waves = assert_reproduced(Signal(0.0, (train,)), 80.0)
    assert waves.at("i(p)", train.onsets + 1.01 * edge) == pytest.approx(np.ones(3))
    assert waves.at("i(p)", train.onsets - 0.01 * edge) == pytest.approx(np.zeros(3))
    assert waves.at("i(p)", train.offsets + 0.5 * edge) == pytest.approx([0.5] * 3, abs=1e-6)


@pytest.mark.parametrize("count", [LARGEST_STACK, LARGEST_STACK + 1])
def test_more_trains_than_a_stack_holds(assert_reproduced, count):
    trains = tuple(
        PulseTrain((-1.0) ** i * (i + 1), 0.3, 2, interval=0.2, delay=2.0 * i, rise=0.01 * (i + 1))
        for i in range(count)
    )
    signal = Signal(0.5, trains)
    assert len(sources(signal)) == (count if count <= LARGEST_STACK else 1)
    assert_reproduced(signal, 2.0 * count + 1)


def test_many_pulses(assert_reproduced):
    train = PulseTrain(1.0, 0.01, 2000, period=0.1, delay=1.0)
    waves = assert_reproduced(Signal(0.0, (train,)), 250.0)
    crossings = np.count_nonzero((waves["i(p)"][1:] > 0.5) & (waves["i(p)"][:-1] <= 0.5))
    assert crossings == 2000
    assert (waves["i(p)"][waves.time > train.end] == 0).all()


def test_light_arrives_in_the_unit_of_the_card(simulate, probe):
    """1 V on an optical terminal is 1 mW/cm^2, that is 10 W/m^2."""
    light = Signal(0.0, (PulseTrain(12.2, 1.0, delay=1.0, rise=0.1, fall=0.1),))
    waves = simulate(Testbench(probe, {"p": Signal(1.0), "light": light}, 4.0))
    assert waves["seen"] == pytest.approx(np.interp(waves.time, *light.points) / 10, abs=1e-9)
    assert waves["e(light)"].max() == pytest.approx(12.2)
    assert waves.units["e(light)"] == "W/m^2"


@st.composite
def signals(draw):
    """Up to four trains, a few decades apart from one another."""
    trains, start = [], 0.0
    width = 10.0 ** draw(st.floats(-4, 2))
    for _ in range(draw(st.integers(1, 4))):
        width *= 10.0 ** draw(st.floats(-1, 1))
        rise = width * 10.0 ** draw(st.floats(-6, -0.05))
        fall = width * 10.0 ** draw(st.floats(-6, -0.05))
        train = PulseTrain(
            level=draw(st.integers(-50, 50)) / 10,
            width=width,
            count=draw(st.integers(1, 30)),
            interval=fall + width * draw(st.floats(0.01, 5)),
            delay=start + width * draw(st.floats(0.01, 2)),
            rise=rise,
            fall=fall,
        )
        trains.append(train)
        start = train.end
    return Signal(draw(st.integers(-20, 20)) / 10, tuple(trains))


@settings(max_examples=60)
@given(signals(), st.floats(0.3, 1.5))
def test_any_signal(assert_reproduced, signal, share):
    assert_reproduced(signal, signal.end * share)


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.floats(1e-3, 10), st.integers(-50, 50)), min_size=1, max_size=40),
    st.floats(0, 5),
)
def test_any_samples(assert_reproduced, steps, start):
    times = start + np.cumsum([step for step, _ in steps])
    samples = Samples(times, np.array([level for _, level in steps], dtype=float))
    assert_reproduced(samples, float(times[-1]) * 1.1)


@pytest.mark.parametrize("corners", [LONGEST_PWL, LONGEST_PWL + 1, 1000])
def test_long_tables(assert_reproduced, corners):
    """Beyond some length the engine answers for the source, in place of a PWL table."""
    times = np.cumsum(0.5 + 0.4 * np.sin(np.arange(corners)))
    samples = Samples(times, np.cos(np.arange(corners) ** 2))
    [source] = sources(samples)
    assert (source.table is None) == (corners <= LONGEST_PWL)
    assert_reproduced(samples, float(times[-1]) + 1)


def test_the_engine_can_answer_for_every_source(simulate, probe):
    """What it falls back to where ngspice loses an edge."""
    train = PulseTrain(2.0, 1.0, 50, period=3.0, delay=1.0, rise=1e-6, fall=0.1)
    signal = Signal(-0.5, (train,))
    waves = simulate(Testbench(probe, {"p": signal}, 160.0, tabulated=True))
    assert waves["i(p)"] == pytest.approx(np.interp(waves.time, *signal.points), abs=1e-6)
    assert_corners_found(waves.time, signal.points[0][1:], 160.0)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_every_digit(value):
    assert float(number(value)) == value
    assert not set(number(value)) - set("0123456789.e+-")
