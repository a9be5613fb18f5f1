"""From anywhere within a factor of 10: the same minimum, or a word that there is none."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.calibration_project import (
    SCENARIO,
    fitted,
    record_problem,
    simulated,
    write_record,
    write_scenario,
)
from calibration.test_round_trips import FREE, TRUTH, _targets
from optospice.calibration.descent import descend
from optospice.calibration.fit import calibrate
from optospice.calibration.problem import Problem, build
from optospice.calibration.report import findings
from optospice.cli import main
from optospice.ngspice.pool import Pool


def _problem(kind: str, folder: Path, pool: Pool) -> Problem:
    file = folder / "pulse.toml"
    if kind == "targets":
        write_scenario(file, *_targets(pool, file, TRUTH))
        return build([str(file)], FREE)
    write_scenario(file)
    record = write_record(folder / "m.csv", simulated(pool, file, TRUTH), seed=1)
    return record_problem(file, record, FREE)


def _started(problem: Problem, factors: np.ndarray) -> Problem:
    """Start at the truth times these factors, within the card's bounds."""
    free = [
        replace(p, start=min(max(TRUTH[p.name] * f, 1.001 * p.low), 0.999 * p.high))
        for p, f in zip(problem.free, factors, strict=True)
    ]
    return replace(problem, free=free)


def _check(kind: str, problem: Problem, pool: Pool, count: int) -> int:
    """Fit from so many random starts; give how many say that they have not converged."""
    rng = np.random.default_rng(2026)
    best = calibrate(problem, pool)
    assert best.converged
    silent = []
    told = 0
    for factors in 10 ** rng.uniform(-1, 1, (count, len(FREE))):
        fit = calibrate(_started(problem, factors), pool)
        if not fit.converged:
            told += 1
        elif not np.allclose(fit.values, best.values, rtol=5e-3):
            silent.append((factors, fit.minima[0]))
    assert not silent, f"{kind}: {len(silent)} of {count} converged elsewhere: {silent[:3]}"
    return told


@pytest.mark.parametrize("kind", ["targets", "record"])
def test_random_starts(kind: str, tmp_path: Path, pool: Pool) -> None:
    """A sample of them; OPTOSPICE_STARTS=200 tries two hundred, in about ten minutes."""
    count = int(os.environ.get("OPTOSPICE_STARTS", "5"))
    assert _check(kind, _problem(kind, tmp_path, pool), pool, count) <= count // 100


@pytest.mark.parametrize(
    "start", [[1.7e6, 75.1e6, 60.5e-9], [1.88e6, 68.4e6, 95.7e-9], [39.2e6, 65.4e6, 44e-9]]
)
def test_plateau_where_c_changes_nothing_is_left_again(
    start: list[float], tmp_path: Path, pool: Pool
) -> None:
    problem = _problem("targets", tmp_path, pool)
    factors = np.array([value / TRUTH[name] for value, name in zip(start, FREE, strict=True)])
    fit = calibrate(_started(problem, factors), pool)
    assert fit.converged
    assert list(fit.values) == pytest.approx(list(TRUTH.values()), rel=1e-3)


def test_descent_that_is_cut_short_says_so(
    tmp_path: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("optospice.calibration.descent._STEPS", 2)
    problem = _started(_problem("targets", tmp_path, pool), np.array([0.3, 3.0, 0.3]))
    found = descend(problem, pool, [p.start for p in problem.free], lambda text: None, "")
    assert not found.converged
    assert found.distance > 1
    assert "did not suffice, though chi^2 should fall by" in found.ended
    monkeypatch.setattr("optospice.calibration.fit._MORE_STARTS", 0)
    fit, statistics = fitted(pool, problem)
    assert not fit.converged
    assert findings(fit, statistics)[0].startswith("The fit has not converged: 2 steps did not")


def test_command_ends_with_1_where_nothing_converged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("optospice.calibration.descent._STEPS", 1)
    monkeypatch.setattr("optospice.calibration.fit._MORE_STARTS", 0)
    target = '[[targets]]\nid = "dark"\nmetric = "dark_current"\npublished = "20 nA"\n'
    target += 'tolerance = "1 %"\nsource = "a test"\n'
    Path("pulse.toml").write_text(SCENARIO + target)
    arguments = ["calibrate", "pulse.toml", "--free", "r3", "--out", "fit"]
    monkeypatch.setattr(sys, "argv", ["optospice", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert "has not converged" in capsys.readouterr().out.replace("\n", " ")
    assert json.loads(Path("fit/calibration.json").read_text())["converged"] is False
