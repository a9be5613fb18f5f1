"""docs/first_device.md and docs/writing_subcircuits.md do what they say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from optospice.conformance import CHECKS, check_device
from optospice.conformance.lines import Line
from optospice.conformance.pitfalls import find_pitfalls
from optospice.netlist import numbered_lines, physical_lines

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = DOCS / "examples"
RULES = sorted(f.stem for f in EXAMPLES.glob("*.lib") if not f.stem.endswith("_cured"))
#: Examples that run, wrong in silence: only the text tells. The others are refused by a run too.
SILENT = {
    "power",
    "braces",
    "limit",
    "hard_switch",
    "state_capacitor",
    "suffix",
    "initial_condition",
}


def test_the_first_device_page(tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    script = programs / "optospice"
    script.write_text(f"#!{sys.executable}\nfrom optospice.cli import main\n\nmain()\n")
    script.chmod(0o755)
    environment = {
        **os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "MPLBACKEND": "agg",
    }  # fmt: skip
    page = (DOCS / "first_device.md").read_text()
    model = DOCS.parent / "tests" / "third_party" / "pershin_di_ventra.lib"
    folder = tmp_path
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ |```).*\n)*)", page, re.MULTILINE)
    assert len(steps) >= 14
    for command, expected in steps:
        if command.startswith("cd "):
            folder = folder / command[3:]
            shutil.copy(model, folder)
            continue
        ended = subprocess.run(
            ["sh", "-c", command],
            cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        printed = " ".join((ended.stdout + ended.stderr).split())
        for line in expected.splitlines():
            assert " ".join(line.split()) in printed, (command, ended.stdout, ended.stderr)


@pytest.fixture
def examples(tmp_path, monkeypatch):
    """The examples as devices of a project."""
    devices = tmp_path / "netlists" / "devices"
    devices.mkdir(parents=True)
    for file in EXAMPLES.glob("*.lib"):
        shutil.copy(file, devices)
        shutil.copy(EXAMPLES / "card.toml", devices / f"{file.stem}.toml")
    monkeypatch.chdir(tmp_path)


def rules(name):
    physical = physical_lines((EXAMPLES / f"{name}.lib").read_text())
    found = find_pitfalls([Line(text, f"{name}:{k + 1}") for k, text in numbered_lines(physical)])
    return {pitfall.rule for pitfall in found}


@pytest.mark.parametrize("name", RULES)
def test_an_example_and_its_cure(examples, pool, name):
    assert name in rules(name)
    assert not rules(f"{name}_cured")
    cured = check_device(f"{name}_cured", pool)
    assert not [f for f in cured if f.severity == "error" and f.check != "parameters"], cured
    if name not in SILENT:
        found = check_device(name, pool)
        assert [f for f in found if f.severity == "error" or f.check == "hard_drive"], found


def test_every_rule_is_on_the_page():
    page = (DOCS / "writing_subcircuits.md").read_text()
    for name in (*RULES, *CHECKS, "exposed_state", "dialect"):
        assert f"| `{name}` |" in page
    for target in re.findall(r"\]\(([^)#]+)\)", page):
        assert (DOCS / target).exists(), target
