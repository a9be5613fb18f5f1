"""Other versions of ngspice give the same metrics within the accuracy profile.

A second version is used where it can be had: unpacked by `scripts/fetch_ngspice.sh` into
``.ngspice/current``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks import cases
from benchmarks.static_ramp import error_between_points

from optospice.accuracy import PROFILES
from optospice.ngspice.batch import BatchSession
from optospice.ngspice.installation import Installation, find_installation
from optospice.ngspice.pool import Pool
from optospice.ngspice.worker import Finished
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.sweep.local import run_scenario

OTHER = Path(__file__).parents[2] / ".ngspice" / "current"
SCENARIOS = [
    ("pbs/single_pulse", "pbs_rc"),
    ("pbs/paired_pulse", "pbs_trap"),
    ("pbs/spike_rate", "pbs_rc"),
    ("pbs/energy_per_spike", "pbs_trap"),
]


@pytest.fixture(scope="module")
def other() -> Installation:
    if not OTHER.is_dir():
        pytest.skip("no second ngspice here: scripts/fetch_ngspice.sh .ngspice/current")
    return find_installation(str(OTHER))


@pytest.fixture(scope="module")
def other_pool(other):
    with Pool(workers=2, installation=other) as pool:
        yield pool


def test_they_are_two_versions(pool, other_pool):
    assert other_pool.version not in ("unknown", pool.version)


@pytest.mark.parametrize(("name", "device"), SCENARIOS)
def test_metrics_agree(pool, other_pool, name, device):
    loaded = load_scenario(name, [f"device={device}"])
    runs = expand(loaded)
    ours = run_scenario(loaded, runs, pool)
    theirs = run_scenario(loaded, runs, other_pool)
    assert not ours.failed
    assert not theirs.failed
    bound = PROFILES["standard"].bound
    for one, two in zip(ours.records, theirs.records, strict=True):
        assert one.waveforms is not None
        peak = np.abs(one.waveforms.current).max()
        for metric, value in one.metrics.items():
            scale = peak if value.unit == "A" else max(abs(value.value), 1e-30)
            if not value.is_missing:
                assert abs(two.metrics[metric].value - value.value) <= 4 * bound * scale, metric


def test_the_program_of_the_same_version_agrees_with_its_library(other, other_pool):
    (run,) = expand(load_scenario("pbs/single_pulse"))
    bench = run.testbench()
    ((_, outcome),) = other_pool.map("optospice.ngspice.simulate:run_testbench", [bench])
    batch = BatchSession(other)
    assert batch.version == other_pool.version
    vectors = batch.run(bench.netlist(), bench.vectors).vectors
    assert np.interp(outcome.result.time, vectors["time"], -vectors["vp#branch"]) == pytest.approx(
        outcome.result.current, abs=1e-3 * np.abs(outcome.result.current).max()
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_points_are_shown_in_every_version(other_pool, profile):
    """From some version on ngspice creeps towards the end of a run whose steps are asked for."""
    bench = replace(cases.sinh_bench(), profile=PROFILES[profile])
    ((_, outcome),) = other_pool.map("optospice.ngspice.simulate:run_testbench", [bench])
    assert isinstance(outcome, Finished), outcome.message
    assert error_between_points(bench, outcome.result) <= 100 * PROFILES[profile].bound
    assert np.diff(outcome.result.time).min() > 1e-9 * bench.duration


def test_a_run_begins_and_ends_without_an_operating_point(other_pool):
    points = [k / 64 for k in range(65)]
    ((_, outcome),) = other_pool.map("pool_probes:integrals", [points])
    assert isinstance(outcome, Finished), outcome.message
    assert outcome.result == pytest.approx([0.5, 0.5], rel=2e-3)
