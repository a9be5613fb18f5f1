"""The wheel: it carries netlists and scenarios and works from any folder."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a command and give what it prints."""
    ended = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": "", **environment},
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    present = importlib.util.find_spec("hatchling") is not None
    isolation = ["--no-build-isolation"] if present else []
    run(*pip, "wheel", ROOT, "--no-deps", *isolation, "-q", "-w", folder, cwd=folder)
    (built,) = folder.glob("optospice-*.whl")
    return built


def test_it_carries_netlists_and_scenarios(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder, pattern in (("netlists", "**/*.*"), ("scenarios", "**/*.*")):
        files = [file for file in (ROOT / folder).glob(pattern) if file.is_file()]
        assert files
        for file in files:
            assert f"optospice/_library/{file.relative_to(ROOT).as_posix()}" in names
    for file in (ROOT / "src").glob("**/*"):
        if file.is_file() and "__pycache__" not in file.parts:
            assert file.relative_to(ROOT / "src").as_posix() in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "docs/", "shared/"))]
    assert not [name for name in names if ".golden." in name or name.endswith(".parquet")]


def test_it_works_from_any_folder(wheel, tmp_path):
    target, elsewhere = tmp_path / "target", tmp_path / "elsewhere"
    elsewhere.mkdir()
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "install", wheel, "--no-deps", "-q", "--target", target, cwd=elsewhere)

    def optospice(*arguments: str) -> str:
        code = "from optospice.cli import main; main()"
        return run(sys.executable, "-c", code, *arguments, cwd=elsewhere, PYTHONPATH=str(target))

    assert str(target) in optospice("doctor").replace("\n", "")
    listed = optospice("list")
    assert "pbs_rc" in listed
    assert "pbs/single_pulse" in listed
    assert "10.1039/d5tc03487f" in optospice("show", "pbs_rc").replace("\n", "")
    told = json.loads(optospice("run", "pbs/single_pulse", "--json"))
    assert [target["met"] for target in told["targets"]] == [True] * len(told["targets"])
    assert (elsewhere / "results" / "pbs" / "single_pulse" / "runs.csv").is_file()
    judged = optospice("regress", "pbs/single_pulse", "pbs/paired_pulse")
    assert judged.count("are not installed: their targets alone are judged") == 1
    assert "0 of 0 metrics, 0 of 0 waveforms as expected; 4 without a golden" in judged
    assert (target / "bin" / "optospice").is_file()
