"""The parent's memory does not grow with the number of runs but by the numbers that they give."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAD = """
title = "a short run"
device = "pbs_rc"
[protocol]
name = "single_pulse"
readout = "80 mV"
wavelength = "740 nm"
irradiance = "1 mW/cm^2"
width = "1 s"
[monte_carlo]
runs = {runs}
[monte_carlo.parameters]
r3 = {{ spread = "5 %" }}
"""

#: Largest memory of a process alone: ru_maxrss begins with that of the process before it.
PEAK = """
def peak():
    with open("/proc/self/status") as told:
        return next(int(line.split()[1]) * 1024 for line in told if line.startswith("VmHWM"))
"""
#: Answers for the workers at once, with three metrics for each run.
STAND_IN = """
import numpy as np
from optospice.metrics.column import MetricColumn, Words
from optospice.ngspice.worker import Finished
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.store.block import MeasuredBlock
from optospice.sweep.local import run_scenario
from optospice.sweep.task import Outcome

class AtOnce:
    size, timeout, version, installation = 2, 1.0, "39", None
    def start(self): pass
    def close(self): pass
    def map(self, function, items, chunk=1):
        for place in range(len(items)):
            own = [measured(rows) for _, rows in items[place].measurements]
            yield place, Finished(Outcome(own))

def measured(rows):
    column = MetricColumn(
        rows * 1.0, np.full(rows.size, 0.1), (Words("A", "peak", ""),),
        np.zeros(rows.size, np.int32),
    )
    columns = {"first": column, "second": column, "third": column}
    return MeasuredBlock(np.ones(rows.size, bool), columns, np.full(rows.size, 1e-4))

loaded = load_scenario("s.toml")
result = run_scenario(loaded, expand(loaded), AtOnce())
assert result.count("ok") == RUNS == len(result.records), result.count("ok")
assert result.records[RUNS - 1].metrics["first"].standard_error == 0.1
print(peak())
"""

#: Simulates, and says how large the parent has been after each part.
REAL = """
from optospice.ngspice.pool import Pool
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.sweep.local import run_scenario
sizes = []
with Pool(workers=2, preload="optospice.sweep.task") as pool:
    for runs in (2_000, RUNS):
        loaded = load_scenario("s.toml", [f"monte_carlo.runs={runs}"])
        result = run_scenario(loaded, expand(loaded), pool, keep_waveforms=False)
        assert result.count("ok") == runs
        sizes.append(peak())
print(*sizes)
"""


def asked(code: str, runs: int, folder: Path) -> list[float]:
    """Run code on a scenario of some runs in a process of its own, and read what it prints."""
    (folder / "s.toml").write_text(HEAD.format(runs=runs))
    ended = subprocess.run(
        [sys.executable, "-c", f"RUNS = {runs}\n{PEAK}\n{code}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return [float(word) for word in ended.stdout.split()]


@pytest.mark.slow
def test_a_million_runs_with_metrics_only_stay_below_500_mb(tmp_path: Path) -> None:
    (used,) = asked(STAND_IN, 1_000_000, tmp_path)
    assert used < 500e6


@pytest.mark.slow
def test_a_run_that_was_simulated_leaves_its_numbers_and_no_more(tmp_path: Path) -> None:
    """A waveform alone is some 10 kB."""
    before, after = asked(REAL, 20_000, tmp_path)
    assert after - before < 18_000 * 1_000
