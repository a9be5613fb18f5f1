"""Scenarios and measured records made from known parameters of pbs_rc."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from optospice.calibration.fit import Fit, calibrate
from optospice.calibration.measurement import read_mapping, read_measurement
from optospice.calibration.problem import Problem, build
from optospice.calibration.statistics import Statistics, judge_fit
from optospice.ngspice.pool import Pool
from optospice.ngspice.worker import Finished
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.waveforms import Waveforms

SCENARIO = """title = "One pulse"
device = "pbs_rc"

[protocol]
name = "single_pulse"
irradiance = "1.22 mW/cm^2"
wavelength = "740 nm"
width = "10 s"
delay = "2 s"
tail = "15 s"
"""

TARGET = """
[[targets]]
id = "{id}"
metric = "{metric}"
published = "{published}"
tolerance = "{tolerance}"
source = "a test"
"""


def write_scenario(file: Path, *targets: tuple[str, str, str, str]) -> Path:
    """Write a single-pulse scenario with targets (id, metric, published, tolerance)."""
    keys = ("id", "metric", "published", "tolerance")
    text = [TARGET.format(**dict(zip(keys, target, strict=True))) for target in targets]
    file.write_text(SCENARIO + "".join(text))
    return file


def simulated(pool: Pool, file: Path, parameters: Mapping[str, float]) -> Waveforms:
    """Simulate the scenario with these parameters."""
    (run,) = expand(load_scenario(str(file)))
    bench = replace(run, parameters=parameters).testbench()
    [(_, outcome)] = pool.map("optospice.ngspice.simulate:run_testbench", [bench])
    assert isinstance(outcome, Finished), outcome.message
    return outcome.result


def write_record(file: Path, waveforms: Waveforms, seed: int, noise: float = 0.005) -> Path:
    """Write a Keithley-like CSV: a header of settings, ms and nA, noise of a share of the peak."""
    times = np.arange(0.05, 26.9, 0.1)
    current = waveforms.at("i(p)", times)
    spread = noise * np.abs(current).max()
    current = current + np.random.default_rng(seed).normal(0.0, spread, times.size)
    rows = [f"{1e3 * t:.6f},OK,{1e9 * i:.9g}" for t, i in zip(times, current, strict=True)]
    head = ["Instrument,2636B", "Serial,1234", "Range,1e-6", "", "Time (ms),Status,Current [nA]"]
    file.write_text("\n".join([*head, *rows]) + "\n")
    return file


def fitted(pool: Pool, problem: Problem, multistart: int = 1) -> tuple[Fit, Statistics]:
    """Fit and judge."""
    fit = calibrate(problem, pool, multistart)
    return fit, judge_fit(fit)


def record_problem(
    scenario: Path, record: Path, free: Sequence[str], starts: Sequence[str] = ()
) -> Problem:
    """Give the problem of one measured record."""
    measurement = read_measurement(record, read_mapping(record))
    return build([str(scenario)], free, starts, [measurement])
