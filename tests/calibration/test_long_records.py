"""Records of many rows: memory and time grow with the rows, not with their square."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from calibration.calibration_project import simulated, write_scenario
from optospice.interpolation import interpolate
from optospice.ngspice.pool import Pool

TRUTH = {"r3": 31e6, "c": 240e-9}
#: Runs the command and says how much memory it and its workers took [kB].
COMMAND = """
import resource, sys
from optospice.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
own, workers = (resource.getrusage(who).ru_maxrss for who in
                (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print("peak", own, workers)
"""


def _calibrated(folder: Path, pool: Pool, rows: int) -> tuple[dict[str, object], float, float]:
    """Fit a record of so many rows; give the report, the peak memory [GB] and the time [s]."""
    file = write_scenario(folder / "pulse.toml")
    waveforms = simulated(pool, file, TRUTH)
    times = np.linspace(0.01, 26.9, rows)
    current = waveforms.at("i(p)", times)
    current += np.random.default_rng(1).normal(0, 5e-9, rows)
    with (folder / "m.csv").open("w") as stream:
        stream.write("Time (s),Current (A)\n")
        lines = (f"{t:.8f},{i:.6e}\n" for t, i in zip(times, current, strict=True))
        stream.writelines(lines)
    command = [sys.executable, "-c", COMMAND, "calibrate", "pulse.toml", "--free", "r3"]
    command += ["--free", "c", "--free", "offset", "--data", "m.csv", "--out", "fit"]
    began = time.monotonic()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    spent = time.monotonic() - began
    assert done.returncode == 0, done.stderr[-2000:]
    own, workers = map(int, done.stdout.split("peak")[1].split())
    document = json.loads((folder / "fit" / "calibration.json").read_text())
    return document, max(own, workers) / 1e6, spent


def _check(document: dict[str, object], rows: int) -> None:
    assert document["numbers"] == rows
    parameters = document["parameters"]
    assert isinstance(parameters, list)
    for entry in parameters:
        low, high = entry["interval"]
        assert abs(entry["value"] - TRUTH[entry["name"]]) < 4 * (high - low) / 2


def test_a_hundred_thousand_rows(tmp_path: Path, pool: Pool) -> None:
    document, peak, _ = _calibrated(tmp_path, pool, 100_000)
    _check(document, 100_000)
    assert peak < 0.5


@pytest.mark.slow
def test_a_million_rows(tmp_path: Path, pool: Pool) -> None:
    document, peak, spent = _calibrated(tmp_path, pool, 1_000_000)
    _check(document, 1_000_000)
    assert peak < 2
    assert spent < 120


def test_interpolation_takes_every_stretch_once() -> None:
    # a train of 20,000 edges read at 200,000 times: no pass over all times for each stretch
    time_points = np.arange(0.0, 40_001.0)
    values = np.sin(time_points)
    wanted = np.linspace(0, 40_000, 200_000)
    began = time.process_time()
    found = interpolate(time_points, values, wanted, np.arange(2.0, 40_000, 2.0))
    assert time.process_time() - began < 30
    assert found[:: 200_000 - 1] == pytest.approx([values[0], values[-1]])
