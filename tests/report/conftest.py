"""Results to report: small hand-made ones, and real ones from the shared simulators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from optospice.metrics.value import MetricValue
from optospice.ngspice.pool import Pool
from optospice.scenario.expand import expand
from optospice.scenario.load import LoadedScenario, load_scenario
from optospice.scenario.runs import Run
from optospice.scenario.verdict import Observation, judge_targets
from optospice.sweep.local import run_scenario
from optospice.sweep.record import RunRecord, ScenarioResult
from optospice.waveforms import Waveforms


@pytest.fixture
def scenario(tmp_path: Path) -> Callable[..., LoadedScenario]:
    """Load a scenario from text."""

    def load(text: str, *settings: str) -> LoadedScenario:
        file = tmp_path / "example.toml"
        file.write_text(text)
        return load_scenario(str(file), settings)

    return load


@pytest.fixture
def simulated(scenario: Callable[..., LoadedScenario], pool: Pool) -> Callable[..., ScenarioResult]:
    """Run a scenario from text in real simulators."""

    def run(text: str, *settings: str) -> ScenarioResult:
        loaded = scenario(text, *settings)
        return run_scenario(loaded, expand(loaded), pool)

    return run


def waveforms(run: Run) -> Waveforms:
    """A trace that rises with the light, as fast to make as it is wrong."""
    ends = [5.0, 15.0]
    time = np.unique(np.concatenate([np.linspace(0, 55, 111), [5.00001, 15.00001]]))
    light = np.interp(time, [5, 5.00001, 15, 15.00001], [0, 12.2, 12.2, 0])
    signals = {"i(p)": 3e-8 + 4e-8 * light, "v(p)": np.ones_like(time), "e(light)": light}
    units = {"i(p)": "A", "v(p)": "V", "e(light)": "W/m^2"}
    return Waveforms(time, signals, units, np.array(ends))


@pytest.fixture
def hand_made(scenario: Callable[..., LoadedScenario]) -> Callable[..., ScenarioResult]:
    """Make a result without simulating: `values` are one metric's, nan-able, one per run."""

    def make(
        text: str,
        metric: str,
        values: Sequence[float],
        unit: str = "1",
        failed: Sequence[str] = (),
        settings: Sequence[str] = (),
    ) -> ScenarioResult:
        loaded = scenario(text, *settings)
        records = []
        for run, value in zip(expand(loaded), values, strict=True):
            if run.id in failed:
                records.append(RunRecord(run, "failed", "ngspice: timestep too small"))
                continue
            note = "nothing to see" if np.isnan(value) else ""
            taken = {metric: MetricValue(value, unit, "as defined [here]", 0.1 * value, note)}
            records.append(RunRecord(run, "ok", "", taken, 0.01, waveforms(run)))
        seen = [Observation(r.run.device.name, r.run.point, r.metrics) for r in records]
        verdicts = judge_targets(loaded.scenario, seen)
        return ScenarioResult(loaded, records, verdicts, {}, "39", 1.5)

    return make
