"""`optospice calibrate`, from the command line to its folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from calibration.calibration_project import simulated, write_record, write_scenario
from optospice.cli import main
from optospice.ngspice.pool import Pool


def _command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["optospice", "calibrate", *arguments])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_record_with_wrong_sign_and_offset_is_mapped_and_fitted(
    tmp_path: Path,
    pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_scenario(tmp_path / "pulse.toml")
    truth = {"r3": 31e6, "c": 240e-9}
    write_record(tmp_path / "m.csv", simulated(pool, tmp_path / "pulse.toml", truth), seed=5)
    text = (tmp_path / "m.csv").read_text().replace(",OK,", ",OK,-").replace("--", "")
    (tmp_path / "m.csv").write_text(text)
    arguments = ["pulse.toml", "--free", "r3", "--free", "c", "--data", "m.csv"]
    arguments += ["--map", "sign=-1", "--multistart", "2", "--seed", "3", "--out", "fit"]
    assert _command(monkeypatch, *arguments) == 0
    printed = capsys.readouterr()
    assert "calibrate: start 2 of 2, step 1: chi^2" in printed.err
    assert "2 free parameters to" in printed.out
    files = sorted(file.name for file in (tmp_path / "fit").iterdir())
    assert files == [
        "calibration.json", "calibration.md", "parameters.toml", "pbs_rc.toml",
    ]  # fmt: skip
    document = json.loads((tmp_path / "fit" / "calibration.json").read_text())
    for entry in document["parameters"]:
        low, high = entry["interval"]
        assert abs(entry["value"] - truth[entry["name"]]) < 1.5 * (high - low)
    before = {file: file.read_bytes() for file in (tmp_path / "fit").iterdir()}
    assert _command(monkeypatch, *arguments) == 2
    assert "never writes over" in capsys.readouterr().err
    assert before == {file: file.read_bytes() for file in (tmp_path / "fit").iterdir()}


def test_unknown_parameter_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _command(monkeypatch, "pbs/single_pulse", "--free", "r33") == 2
    assert "did you mean 'r3'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
