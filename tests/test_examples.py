"""The projects in examples/ do what their pages say."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
PROJECT = EXAMPLES / "lamp_and_film"
LINES = re.findall(r"^optospice (.*)$", (PROJECT / "README.md").read_text(), re.MULTILINE)


@pytest.fixture
def optospice(tmp_path):
    """Run a command line in a copy of the project."""
    project = shutil.copytree(PROJECT, tmp_path / "project")

    def run(line: str, status: int = 0) -> str:
        ended = subprocess.run(
            [sys.executable, "-c", "from optospice.cli import main; main()", *shlex.split(line)],
            cwd=project, env={**os.environ, "MPLBACKEND": "agg"},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert ended.returncode == status, (ended.stdout, ended.stderr)
        return ended.stdout

    run.project = project
    return run


def test_the_lines_of_the_page(optospice):
    printed = {line.split()[0]: optospice(line) for line in LINES}
    assert set(printed) == {"show", "run", "find", "netlist"}
    assert "4 of 4 targets met" in printed["run"]
    assert "my_film" in printed["find"]
    assert ".subckt my_film p n light" in (optospice.project / "results/my_film.cir").read_text()
    netlist = next((optospice.project / "results/lamp_and_film/netlists").glob("*.cir"))
    assert {"my_film", "si_led_zhao2018"} <= set(re.findall(r"\w+", netlist.read_text()))


@pytest.mark.slow
def test_another_film_no_longer_meets_the_claims(optospice):
    film = optospice.project / "netlists/devices/my_film.toml"
    changed = film.read_text().replace('value = "16 Mohm"', 'value = "20 Mohm"')
    assert changed != film.read_text()
    film.write_text(changed)
    targets = json.loads(optospice("run lamp_and_film --json", status=1))["targets"]
    verdicts = {target["id"]: target["met"] for target in targets}
    assert verdicts.pop("more light") is True
    assert set(verdicts.values()) == {False}


def test_every_example_is_listed():
    page = (EXAMPLES / "README.md").read_text()
    for folder in EXAMPLES.iterdir():
        assert not folder.is_dir() or f"[{folder.name}]" in page
