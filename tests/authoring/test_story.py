"""The whole story of a user's project, told with the real commands."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

OPTOSPICE = [sys.executable, "-c", "from optospice.cli import main; main()"]


def run(*words: str, cwd: Path, program: list[str] = OPTOSPICE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*program, *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )


def done(*words: str, cwd: Path) -> str:
    told = run(*words, cwd=cwd)
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


@pytest.mark.slow
def test_a_device_a_scenario_a_failing_regression_and_a_green_one(tmp_path):
    done("new", "project", "bench", cwd=tmp_path)
    project = tmp_path / "bench"
    done("new", "device", "mine", cwd=project)
    done(
        "new", "scenario", "mine/pairs", "--device", "mine", "--protocol", "paired_pulse",
        cwd=project,
    )  # fmt: skip
    done("check", "mine", cwd=project)
    done("run", "mine/pairs", cwd=project)
    done("regress", "mine/pairs", "--update", "mine/pairs", cwd=project)
    done("regress", "mine/pairs", "--strict", cwd=project)

    library = project / "netlists" / "devices" / "mine.lib"
    before = library.read_text()
    header = re.search(r"(?im)^\.subckt mine .*$", before)
    assert header is not None
    name, value = re.findall(r"(\w+)=([\d.eE+-]+)", header[0])[0]
    changed = header[0].replace(f"{name}={value}", f"{name}={float(value) * 1.2:g}", 1)
    library.write_text(before.replace(header[0], changed))

    red = run("regress", "mine/pairs", cwd=project)
    assert red.returncode == 1
    assert "paired_pulse" in red.stdout or "postsynaptic" in red.stdout or "i(" in red.stdout
    done("regress", "mine/pairs", "--update", "mine/pairs", cwd=project)
    done("regress", "mine/pairs", "--strict", cwd=project)


@pytest.mark.slow
@pytest.mark.parametrize("workflow", [".github/workflows/devices.yml", ".gitlab-ci.yml"])
def test_the_very_steps_of_the_workflows_pass_in_a_fresh_clone(tmp_path, workflow):
    done("new", "project", "bench", cwd=tmp_path)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "start"]):
        assert run(*words, cwd=tmp_path / "bench", program=git).returncode == 0
    assert run("clone", "-q", "bench", "fresh", cwd=tmp_path, program=git).returncode == 0
    text = (tmp_path / "fresh" / workflow).read_text()
    steps = re.findall(r"^\s*- (?:run: )?((?:optospice|python -m pytest)\b.*)$", text, re.MULTILINE)
    assert any("check" in step for step in steps)
    assert any("regress" in step for step in steps)
    for step in steps:
        first, *words = shlex.split(step)
        program = OPTOSPICE if first == "optospice" else [sys.executable]
        told = run(*words, cwd=tmp_path / "fresh", program=program)
        assert told.returncode == 0, f"{step}\n{told.stdout}{told.stderr}"
