"""A fit that is wrong looks wrong: systematic residuals, offset and drift, relative noise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.calibration_project import fitted, simulated, write_scenario
from optospice.calibration.measurement import read_mapping, read_measurement
from optospice.calibration.problem import Problem, build
from optospice.calibration.randomness import judge_residuals
from optospice.calibration.report import document, findings, markdown
from optospice.calibration.scale import Scale, read_scale
from optospice.errors import InputError
from optospice.ngspice.pool import Pool

TRUTH = {"r3": 18e6, "c": 300e-9}
TIMES = np.arange(0.05, 26.9, 0.05)


def _problem(
    folder: Path, pool: Pool, free: list[str], *mapping: str, drift: float = 0.0, share: float = 0.0
) -> Problem:
    """Give the problem of a record with noise, and with a drift that ends at so many A."""
    scenario = write_scenario(folder / "pulse.toml")
    current = simulated(pool, scenario, TRUTH).at("i(p)", TIMES)
    rng = np.random.default_rng(11)
    spread = np.hypot(2.5e-9 if not share else 0.0, share * current)
    current = current + rng.normal(0, 1, TIMES.size) * spread + drift * TIMES / TIMES[-1]
    file = folder / "m.csv"
    rows = [f"{t:.4f},{i:.6e}" for t, i in zip(TIMES, current, strict=True)]
    file.write_text("Time (s),Current (A)\n" + "\n".join(rows) + "\n")
    record = read_measurement(file, read_mapping(file, mapping))
    return build([str(scenario)], free, [], [record])


def test_drift_is_named_and_can_be_freed(tmp_path: Path, pool: Pool) -> None:
    problem = _problem(tmp_path, pool, ["r3", "c", "offset", "drift"], drift=10e-9)
    fit, plain = fitted(pool, replace(problem, kinds=()))
    said = " ".join(findings(fit, plain))
    assert "m.csv (run 0001): the model misses the record systematically" in said
    assert "--free drift" in said
    assert document(fit, plain)["records"][0]["systematic"]
    low, high = plain.estimates[0].interval or (0, 0)
    assert not low <= TRUTH["r3"] <= high  # the drift went into r3
    fit, statistics = fitted(pool, problem)
    assert "systematically" not in " ".join(findings(fit, statistics))
    for estimate in statistics.estimates:
        assert estimate.interval is not None
        half = (estimate.interval[1] - estimate.interval[0]) / 2
        assert abs(estimate.value - TRUTH[estimate.free.name]) < 3 * half
    offset, drift = statistics.nuisances
    assert (offset.kind, drift.kind, drift.unit) == ("offset", "drift", "A/s")
    assert abs(drift.value - 10e-9 / TIMES[-1]) < 3 * drift.deviation
    assert abs(offset.value - 10e-9 * TIMES[0] / TIMES[-1]) < 3 * offset.deviation
    assert statistics.freedom == TIMES.size - 4
    assert "## Offset and drift" in markdown(fit, statistics, "")


def test_offset_is_solved_for_as_if_it_were_a_parameter(tmp_path: Path, pool: Pool) -> None:
    # the same numbers as from the normal equations of parameter and offset together
    problem = _problem(tmp_path, pool, ["r3", "offset"])
    _, statistics = fitted(pool, problem)
    whole, _ = fitted(pool, replace(problem, kinds=()))
    ((_, record, _),) = problem.nuisances
    design = np.column_stack([whole.jacobian[:, 0], 1 / record.scale])
    deviations = np.sqrt(np.diag(np.linalg.inv(design.T @ design)))
    assert statistics.estimates[0].deviation == pytest.approx(deviations[0], rel=0.02)
    assert statistics.nuisances[0].deviation == pytest.approx(deviations[1], rel=0.02)


def test_clean_record_is_not_suspected(tmp_path: Path, pool: Pool) -> None:
    fit, statistics = fitted(pool, _problem(tmp_path, pool, ["r3", "c"]))
    (record,) = statistics.records
    assert not record.systematic
    assert not record.far_above
    assert fit.converged
    assert record.sentences == []


def test_scale_far_below_the_noise_is_named(tmp_path: Path, pool: Pool) -> None:
    fit, statistics = fitted(pool, _problem(tmp_path, pool, ["r3", "c"], "scale=0.5 nA"))
    said = " ".join(findings(fit, statistics))
    assert "far above the noise" in said
    assert "systematically" not in said


def test_relative_noise_is_weighted_as_such(tmp_path: Path, pool: Pool) -> None:
    problem = _problem(tmp_path, pool, ["r3", "c"], "scale=10 %", share=0.1)
    _, statistics = fitted(pool, problem)
    assert statistics.chi2 / statistics.freedom == pytest.approx(1, abs=0.2)
    for estimate in statistics.estimates:
        assert estimate.interval is not None
        half = (estimate.interval[1] - estimate.interval[0]) / 2
        assert abs(estimate.value - TRUTH[estimate.free.name]) < 3 * half


def test_relative_scale_does_not_pull_a_mean_down() -> None:
    # weighted by their own size, readings of 20 % noise would give 1 - 2 * 0.2^2 = 0.92
    readings = 1 + 0.2 * np.random.default_rng(3).normal(size=20_000)
    weights = 1 / Scale(0.2, 0.0).of(readings) ** 2
    assert np.average(readings, weights=weights) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        ("1 %", Scale(0.01, 0.0)),
        ("0.5 nA", Scale(0.0, 5e-10)),
        ("1 % + 0.5 nA", Scale(0.01, 5e-10)),
        ("50 pA + 0.1 %", Scale(0.001, 5e-11)),
    ],
)
def test_scales_are_read(text: str, scale: Scale) -> None:
    found = read_scale(text)
    assert (found.relative, found.absolute) == pytest.approx((scale.relative, scale.absolute))


@pytest.mark.parametrize("text", ["1", "1 V", "1 % + 2 %", "-1 %", "% + 1 nA", ""])
def test_other_scales_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="accepted: a current"):
        read_scale(text)


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_noise_and_a_wave_in_it_is_not(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(size=2000)
    assert not judge_residuals("m", noise).systematic
    wave = noise + np.sin(np.linspace(0, 20, 2000))
    found = judge_residuals("m", wave)
    assert found.systematic
    # neighbours share the wave, whose mean square is one half
    assert found.systematic_part == pytest.approx(np.sqrt(0.5), rel=0.2)
    assert judge_residuals("m", 2 * noise).far_above
    assert judge_residuals("m", noise + 1).systematic  # all on one side


def test_offset_needs_a_record(tmp_path: Path) -> None:
    file = write_scenario(tmp_path / "a.toml", ("dark", "dark_current", "27 nA", "1 %"))
    with pytest.raises(InputError, match="'offset': is free in a record; accepted: with --data"):
        build([str(file)], ["r3", "offset"])
