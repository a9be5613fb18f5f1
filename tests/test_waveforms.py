"""Reading waveforms between the solver's points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from closed_form import rc_current
from optospice.device import find_device
from optospice.interpolation import interpolate
from optospice.stimulus import PulseTrain, Signal
from optospice.testbench import Testbench
from optospice.waveforms import Waveforms

RAMP = Waveforms(
    np.array([0.0, 1.0, 2.0, 2.001, 3.0, 4.0]),
    {"i(p)": np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0]), "v(p)": np.ones(6)},
    {"i(p)": "A", "v(p)": "V"},
    np.array([2.0, 2.001]),
)


def test_signals_by_name():
    assert RAMP["time"] is RAMP.time
    assert RAMP.current is RAMP["i(p)"]
    with pytest.raises(KeyError, match=r"no signal 'i\(q\)'; did you mean 'i\(p\)'"):
        RAMP["i(q)"]
    with pytest.raises(KeyError, match="accepted"):
        RAMP.at("nothing like it", 1.0)


def test_no_interval_mixes_the_two_sides_of_an_edge():
    before, after = np.linspace(0, 2, 101), np.linspace(2.001, 4, 101)
    assert RAMP.at("i(p)", before) == pytest.approx(np.zeros(101), abs=1e-15)
    assert RAMP.at("i(p)", after) == pytest.approx(np.ones(101), abs=1e-15)
    assert RAMP.at("i(p)", [2.0005]) == pytest.approx([0.5])
    assert RAMP.at("i(p)", 2.00025) == pytest.approx(0.25)


def test_shape_of_the_answer():
    assert RAMP.at("i(p)", 1.5).shape == ()
    assert RAMP.at("i(p)", [[1.0, 3.0]]).tolist() == [[0.0, 1.0]]
    assert RAMP.at("i(p)", []).size == 0


@pytest.mark.parametrize("time", [-1e-3, 4.001, [1.0, 5.0], 1e9])
def test_times_outside_the_run(time):
    with pytest.raises(ValueError, match="times must lie within 0 s to 4 s"):
        RAMP.at("i(p)", time)


def test_a_time_that_is_no_number():
    with pytest.raises(ValueError, match="times"):
        RAMP.at("i(p)", [1.0, np.nan])


def test_the_end_of_the_run_may_differ_by_rounding():
    assert RAMP.at("i(p)", 4.0 * (1 + 1e-10)) == 1.0


@given(
    st.lists(st.tuples(st.floats(1e-3, 10), st.integers(-50, 50)), min_size=3, max_size=30),
    st.data(),
)
def test_interpolation_meets_its_points_and_overshoots_nowhere(steps, data):
    time = np.cumsum([step for step, _ in steps])
    values = np.array([value / 10 for _, value in steps])
    chosen = data.draw(st.lists(st.sampled_from(list(time)), max_size=5))
    cuts = np.unique(chosen) if chosen else np.empty(0)
    assert interpolate(time, values, time, cuts) == pytest.approx(values, abs=1e-12)
    for index in range(time.size - 1):
        inside = np.linspace(time[index], time[index + 1], 7)
        found = interpolate(time, values, inside, cuts)
        low, high = sorted(values[index : index + 2])
        assert found.min() >= low - 1e-9
        assert found.max() <= high + 1e-9


@given(st.floats(1e-9, 1e-2), st.floats(1e-3, 1e5))
def test_an_edge_stays_an_edge_however_late_it_comes(edge, start):
    """Steps towards the second corner are as short as the edge, far below a billionth of t."""
    edge = max(edge, 1e5 * np.spacing(start))
    inside = start + edge * np.array([0.0, 0.1, 0.3, 0.7, 1.0])
    time = np.concatenate([[0.0, start / 2], inside, start + edge * np.array([1.1, 3.0, 1e3])])
    values = np.concatenate([[0.0, 0.0], [0.0, 0.1, 0.3, 0.7, 1.0], [0.9, 0.5, 0.4]])
    cuts = np.array([inside[0], inside[-1]])
    wanted = start + edge * np.array([0.05, 0.5, 0.9])
    found = interpolate(time, values, wanted, cuts)
    assert found == pytest.approx([0.05, 0.5, 0.9], abs=1e-3)
    assert interpolate(time, values, start + edge * np.array([1.0]), cuts) == pytest.approx([1.0])


@pytest.mark.parametrize("delay", [5.0, 500.0, 5e4])
def test_default_edges_late_in_a_run(simulate, delay):
    """Edges of 1 us after minutes and hours, at the points and between them."""
    light = Signal(0.0, (PulseTrain(12.2, 0.1, 3, period=1.0, delay=delay),))
    device = find_device("pbs_rc")
    waves = simulate(Testbench(device, {"p": Signal(1.0), "light": light}, light.end + 1.0))
    train = light.trains[0]
    shares = np.linspace(0.0, 1.0, 21)
    times = np.concatenate(
        [
            (train.onsets[:, None] + train.rise_time * shares).ravel(),
            (train.offsets[:, None] + train.fall_time * shares).ravel(),
        ]
    )
    exact = rc_current(dict(device.defaults), 1.0, light, times)
    assert np.abs(waves.at("i(p)", times) - exact).max() <= 1e-3 * np.abs(exact).max()


def test_a_table_with_every_signal():
    table = RAMP.to_pandas()
    assert list(table.columns) == ["time", "i(p)", "v(p)"]
    assert table["i(p)"].to_numpy() == pytest.approx(RAMP.current)
    assert len(table) == 6


def test_a_waveform_shows_itself_in_one_line():
    time = np.linspace(0.0, 60.0, 700)
    waveforms = Waveforms(time, {"i(p)": 1e-9 * time, "v(p)": time}, {"i(p)": "A", "v(p)": "V"})
    assert len(repr(waveforms)) < 200
    for words in ("i(p)", "v(p)", "700 points", "0 s to 60 s"):
        assert words in repr(waveforms)
    page = waveforms._repr_html_()
    assert page.count("<tr>") == 3
    assert "<td>6e-08</td>" in page


def test_names_in_the_table_for_notebooks_are_text():
    waveforms = Waveforms(np.array([0.0, 1.0]), {"<script>": np.zeros(2)})
    assert "<script>" not in waveforms._repr_html_()
    assert "&lt;script&gt;" in waveforms._repr_html_()


def test_nothing_to_show():
    empty = Waveforms(np.empty(0), {"i(p)": np.empty(0)})
    assert "0 points" in repr(empty)
    assert "0 points" in empty._repr_html_()
