"""The projects in examples/ do what their pages say."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
PROJECT = EXAMPLES / "lamp_and_film"
#: Parameters of the design in examples/incubation_sensitivity, as columns of runs.csv.
KEYS = (
    "i0 [A]", "v0 [V]", "gain_fast [1]", "rate_fast [1/s]", "tau_fast [s]", "v_noxious [V]"
)  # fmt: skip
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
    assert "claims met: 4 of 4 consistency checks" in printed["run"]
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


@pytest.mark.slow
def test_the_indices_of_the_incubation_time(tmp_path):
    """The states do not feel the current: i0 and v0 count through i0 sinh(2 V / v0) alone."""
    pytest.importorskip("SALib")
    project = shutil.copytree(EXAMPLES / "incubation_sensitivity", tmp_path / "project")
    line = "run incubation --json --set design.points=16"
    ended = subprocess.run(
        [sys.executable, "-c", "from optospice.cli import main; main()", *line.split()],
        cwd=project, env={**os.environ, "MPLBACKEND": "agg"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert len(document["runs"]) == 16 * 8
    assert [target["met"] for target in document["targets"]] == [True]
    table = csv.DictReader((project / "results/incubation/runs.csv").read_text().splitlines())
    rows = [
        [float(row[f"parameters.{name}"]) for name in KEYS] + [float(row["incubation_time [s]"])]
        for row in table
    ]
    numbers = np.log(np.array(rows))
    numbers -= numbers.mean(axis=0)
    slopes = np.linalg.lstsq(numbers[:, :-1], numbers[:, -1], rcond=None)[0]
    x = 2 / 1.955
    assert slopes[1] / slopes[0] == pytest.approx(-x / math.tanh(x), rel=0.15)
