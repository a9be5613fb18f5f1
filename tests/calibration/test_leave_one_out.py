"""Leave-one-out: two numbers of one parameter predict each other, the only one of another does not.

The device is i = v/r, and k (v - 2.5 V) beyond 2.5 V.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from calibration.calibration_project import simulated, write_record, write_scenario
from evidence.evidence_project import CLAIMS, at, write_project
from optospice.calibration.fit import calibrate
from optospice.calibration.leave_one_out import (
    Prediction,
    candidates,
    leave_one_out,
    undecided,
)
from optospice.calibration.problem import Problem, build
from optospice.cli import main
from optospice.ngspice.pool import Pool


def predictions(problem: Problem, pool: Pool) -> dict[str, Prediction]:
    """Fit, and leave out each number in turn."""
    found = leave_one_out(
        calibrate(problem, pool), pool, lambda less, workers: calibrate(less, workers)
    )
    return {one.target.id: one for one in found}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder with the device and its claims."""
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path)
    return tmp_path


def test_two_numbers_of_a_parameter_predict_each_other(project: Path, pool: Pool) -> None:
    found = predictions(build(["currents"], ["r", "k"]), pool)
    assert list(found) == ["one", "two", "three"]
    # r from 2.06 uA at 2 V: 1.03 uA at 1 V, 0.6 tolerances above 1 uA
    one = found["one"]
    assert one.word == "predicted"
    assert one.verdict is not None
    assert one.verdict.simulated == pytest.approx(1.03, rel=1e-4)
    assert one.error == pytest.approx(0.6, abs=2e-3)
    # r from 1 uA at 1 V: 2 uA at 2 V
    two = found["two"]
    assert two.error == pytest.approx(-0.06 / 0.206, abs=2e-3)
    three = found["three"]
    assert three.word == "cannot be predicted"
    assert three.verdict is None
    assert three.note == "nothing else fixes k"


def test_a_prediction_that_is_off_by_more_than_the_tolerance_is_missed(
    project: Path, pool: Pool
) -> None:
    claims = {**CLAIMS, "two": ("printed", at(2) + 'published = "2.2 uA"\ntolerance = "10 %"')}
    write_project(project, claims)
    found = predictions(build(["currents"], ["r", "k"]), pool)
    assert found["one"].word == "missed"
    assert found["one"].error == pytest.approx(2.0, abs=5e-3)
    assert found["two"].word == "predicted"


def test_the_only_number_of_a_fit_cannot_be_predicted(project: Path, pool: Pool) -> None:
    write_project(project, {"one": CLAIMS["one"]})
    (one,) = predictions(build(["currents"], ["r"]), pool).values()
    assert one.word == "cannot be predicted"
    assert one.note == "nothing else fixes r"


def test_what_is_not_published_is_left_out_only_where_nothing_is(project: Path) -> None:
    claims = {**CLAIMS, "three": ("derived", CLAIMS["three"][1])}
    write_project(project, claims)
    assert [t.id for _, t in candidates(build(["currents"], ["r"]))] == ["one", "two"]
    write_project(project, {name: ("own", text) for name, (_, text) in CLAIMS.items()})
    assert [t.id for _, t in candidates(build(["currents"], ["r"]))] == ["one", "two", "three"]


def test_what_a_number_needs_of_the_others(project: Path) -> None:
    problem, values = build(["currents"], ["r", "k"]), (1e6, 1e-5)
    jacobian = np.array([[20.0, 0.0], [10.0, 0.0], [0.0, 12.0]])
    assert undecided(problem, values, jacobian, 0) == ""
    assert undecided(problem, values, jacobian, 2) == "nothing else fixes k"
    # nothing fixes k; what hardly depends on it is predicted all the same
    jacobian = np.array([[20.0, 0.1], [10.0, 0.0], [0.0, 0.0]])
    assert undecided(problem, values, jacobian, 0) == ""
    # another number feels k, though by less than two tolerances of a change of 100 %
    jacobian = np.array([[20.0, 0.0], [0.0, 1.9], [0.0, 12.0]])
    assert undecided(problem, values, jacobian, 2) == "the others hardly fix k"
    jacobian = np.array([[20.0, 0.0], [0.0, 2.1], [0.0, 12.0]])
    assert undecided(problem, values, jacobian, 2) == ""


def test_a_fit_that_stays_where_it_began_is_no_prediction(project: Path, pool: Pool) -> None:
    wide = ("printed", at(3) + 'published = "9 uA"\ntolerance = "100 %"')
    write_project(project, {**CLAIMS, "wide": wide})
    three = predictions(build(["currents"], ["r", "k"]), pool)["three"]
    assert three.word == "cannot be predicted"
    assert three.note == "the others hardly fix k"


def _command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["optospice", "calibrate", *arguments, "--leave-one-out"])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_the_command_writes_the_predictions(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--free", "r", "--free", "k", "--out", "fit", "--workers", "1"]
    assert _command(monkeypatch, "currents", *options) == 0
    told = capsys.readouterr()
    assert "leave-one-out, 3 of 3: without three" in told.err
    assert "cannot be predicted: nothing else fixes k" in " ".join(told.out.split())
    rows = json.loads((project / "fit" / "calibration.json").read_text())["leave_one_out"]
    assert [row["verdict"] for row in rows] == ["predicted", "predicted", "cannot be predicted"]
    assert rows[0]["predicted"] == pytest.approx(1.03e-6, rel=1e-4)
    assert (rows[0]["unit"], rows[2]["predicted"], rows[2]["error"]) == ("A", None, None)
    assert "## Leave-one-out" in (project / "fit" / "calibration.md").read_text()


def test_a_record_has_no_number_to_leave_out(
    tmp_path: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = write_scenario(tmp_path / "pulse.toml")
    write_record(tmp_path / "m.csv", simulated(pool, file, {}), seed=1)
    options = ["--free", "r3", "--data", "m.csv", "--map", "scale=1 nA"]
    assert _command(monkeypatch, "pulse.toml", *options) == 2
    assert "--leave-one-out: there is no number to leave out" in capsys.readouterr().err
