"""Runs are made when they are asked for; what many of them hold comes as arrays."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scenario_files import BASE, load

from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario

AXES = {
    "protocol.interval": '["1 s", "1000 ms", "2 s"]',
    "parameters.r3": '["20 Mohm", 30e6]',
    "temperature": '["27 degC", "300.15 K", "290 K"]',
    "accuracy": '["fast", "standard"]',
}
DRAWS = (
    "\n[monte_carlo]\nruns = 3\nseed = 1\nparameters.r1.spread = 0.1\nparameters.r3.spread = 0.2"
)


def swept(*lines: str) -> str:
    return BASE + "[sweep]\n" + "\n".join(lines) + "\n"


def of_keys(keys, draws="") -> str:
    return (
        "extrapolate = true\n"
        + BASE
        + "[sweep]\n"
        + "\n".join(f'"{key}" = {AXES[key]}' for key in keys)
        + draws
    )


def everything_but_parameters(run):
    return (run.device.name, repr(run.protocol), run.temperature, run.profile.name)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(keys=st.permutations(list(AXES)))
def test_any_order_of_the_keys_gives_the_same_runs_of_the_same_kinds(tmp_path, keys):
    """Kinds part the runs as everything but their parameters does, equal values written twice."""
    runs = expand(load(tmp_path, of_keys(keys)))
    assert len(runs) == 3 * 2 * 3 * 2
    kinds = runs.kinds()
    found = {(kind, everything_but_parameters(run)) for kind, run in zip(kinds, runs, strict=True)}
    assert len(found) == np.unique(kinds).size == 2 * 2 * 2  # intervals, temperatures, profiles
    points = {tuple(sorted((key, str(v)) for key, v in run.point.items())) for run in runs}
    assert len(points) == len(runs)


def test_one_kind_without_a_sweep_whatever_is_drawn(tmp_path):
    assert expand(load(tmp_path)).kinds().tolist() == [0]
    assert set(expand(load(tmp_path, BASE + DRAWS)).kinds().tolist()) == {0}


@pytest.mark.parametrize(
    "keys",
    [
        (),
        ("parameters.r3",),
        ("parameters.r3", "protocol.interval"),
        ("protocol.interval", "parameters.r3", "temperature"),
    ],
)
@pytest.mark.parametrize("draws", ["", DRAWS])
def test_the_matrix_holds_what_every_run_holds(tmp_path, keys, draws):
    runs = expand(load(tmp_path, of_keys(keys, draws)))
    kinds = runs.kinds()
    for kind in np.unique(kinds):
        places = np.flatnonzero(kinds == kind)[::-1]
        names, values = runs.parameter_matrix(places)
        assert values.shape == (places.size, len(names))
        for place, row in zip(places, values, strict=True):
            assert dict(zip(names, row.tolist(), strict=True)) == runs[int(place)].parameters
            assert tuple(runs[int(place)].parameters) == names


def test_a_million_runs_take_little_time_and_memory(tmp_path):
    text = swept(
        '"parameters.r3" = { start = "10 Mohm", stop = "100 Mohm", count = 1000, spacing = "log" }',
        '"parameters.r1" = { start = "1 Mohm", stop = "9 Mohm", count = 1000 }',
    )
    loaded = load(tmp_path, text)
    tracemalloc.start()
    started = time.perf_counter()
    runs = expand(loaded)
    for place in range(0, len(runs), 150):
        runs[place]
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(runs) == 1_000_000
    assert time.perf_counter() - started < 20
    assert kept < 30e6
    names, values = runs.parameter_matrix(np.array([0, 999, 999_999]))
    assert names == ("r1", "r3")
    assert values.tolist() == [[1e6, 10e6], [9e6, 10e6], [9e6, 100e6]]


def test_the_parameters_of_many_draws_come_as_one_matrix_quickly(tmp_path):
    text = BASE + "[monte_carlo]\nruns = 50000\nparameters.r3.spread = 0.1"
    runs = expand(load(tmp_path, text))
    started = time.process_time()
    _, values = runs.parameter_matrix(np.arange(50_000))
    assert time.process_time() - started < 1
    assert np.unique(values[:, 1]).size == 50_000


def test_each_draw_of_a_closed_loop_is_of_its_own_kind():
    """The number of the draw seeds the controllers, which is more than a parameter."""
    loaded = load_scenario("closed_loop/write_verify")
    runs = expand(loaded)
    assert loaded.scenario.monte_carlo.runs > 1
    assert np.unique(runs.kinds()).size == len(runs)
