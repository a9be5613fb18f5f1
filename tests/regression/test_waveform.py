"""A shifted edge is told from a changed level; few points give a waveform back."""

from __future__ import annotations

import numpy as np
import pytest

from optospice.regression.thin import MOST_POINTS, thinned
from optospice.regression.waveform import compare
from optospice.waveforms import Waveforms

BOUND = 1e-3


def pulses(delay=1.0, width=0.5, level=1.0, count=1, tau=0.3, period=1.0) -> Waveforms:
    """Pulses that rise at once and decay exponentially."""
    corners = np.array([delay + k * period + e for k in range(count) for e in (0, 1e-6, width)])
    decays = (corners[2::3, None] + tau * np.linspace(0, 8, 60)).ravel()
    even = np.linspace(0, 2 + period * count, 400 * count)
    time = np.unique(np.concatenate([even, decays[decays < even[-1]], corners]))
    values = np.full(time.size, 0.1)
    for start in corners[::3]:
        on = level * np.clip((time - start) / 1e-6, 0, 1)
        off = np.exp(-np.clip(time - start - width, 0, None) / tau)
        values = values + np.where(time < start, 0.0, on * off)
    return Waveforms(time, {"i(p)": values}, {"i(p)": "A"}, np.sort(corners))


def difference(golden: Waveforms, now: Waveforms):
    (stretch,) = thinned(golden, "i(p)", BOUND / 2)
    return compare(stretch, now.trace("i(p)"), BOUND, "A")


def test_nothing_moved():
    assert difference(pulses(), pulses()) is None
    assert difference(pulses(), pulses(level=1.001)) is None
    assert difference(pulses(), pulses(delay=1 + 2e-5)) is None


@pytest.mark.parametrize("shift", [1.2e-3, -5e-3, 0.1])
@pytest.mark.parametrize("count", [1, 3])
def test_a_shift(shift, count):
    found = difference(pulses(count=count), pulses(delay=1 + shift, count=count))
    assert found.shift == pytest.approx(shift, rel=0.01)
    assert found.level == 0
    assert found.message.startswith("shifted by ")


@pytest.mark.parametrize("level", [1.03, 0.9, 1.5])
def test_a_level(level):
    found = difference(pulses(), pulses(level=level))
    assert found.shift == 0
    assert found.message.startswith("level changed by ")
    assert found.level * (0.1 + max(level, 1)) == pytest.approx(abs(level - 1), rel=0.1)


def test_the_words_of_a_level():
    found = difference(pulses(), pulses(level=1.033))
    assert found.message.startswith("level changed by +3 % at 1")


def test_both():
    found = difference(pulses(), pulses(delay=1.01, level=1.03))
    assert found.shift == pytest.approx(0.01, rel=0.05)
    assert found.message.startswith("shifted by 10 ms and level changed by +2.")


def test_one_edge_of_two():
    found = difference(pulses(tau=1e-4), pulses(tau=1e-4, width=0.502))
    assert found.message == "1 edge shifted by 2 ms"


def test_a_new_spike_between_golden_points():
    now = pulses()
    values = now["i(p)"].copy()
    values[100] += 0.05
    found = difference(pulses(), Waveforms(now.time, {"i(p)": values}, {}, now.breakpoints))
    assert found.message.startswith("level changed by ")


def test_an_early_end():
    now = pulses()
    short = Waveforms(now.time[:500], {"i(p)": now["i(p)"][:500]}, {}, now.breakpoints)
    assert "ends at" in difference(pulses(count=2), short).message


@pytest.mark.parametrize("count", [1, 2, 40])
def test_few_points_give_the_others(count):
    waveforms = pulses(count=count)
    stretches = thinned(waveforms, "i(p)", BOUND / 2)
    assert sum(stretch.time.size for stretch in stretches) <= MOST_POINTS
    assert stretches[0].time[0] == 0
    assert stretches[-1].time[-1] == waveforms.time[-1]
    for stretch in stretches:
        inside = (waveforms.time >= stretch.time[0]) & (waveforms.time <= stretch.time[-1])
        error = np.abs(stretch.at(waveforms.time[inside]) - waveforms["i(p)"][inside])
        assert error.max() <= BOUND / 2 * waveforms["i(p)"].max()
