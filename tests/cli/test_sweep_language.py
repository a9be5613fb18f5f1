"""Corners, designs and their claims from the command line; contradictions in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_project import SCENARIO, Project, make_project

HEAD = (
    SCENARIO[: SCENARIO.index("[protocol.definitions]")]
    .replace("paired_pulse", "single_pulse")
    .replace('interval = "20 ms"\n', "")
)
#: At 1 V the dark current is 1 V / r: 1 uA, 0.5 uA and 0.25 uA.
CORNERS = """
[corners]
"parameters.r" = { min = "1 Mohm", typ = "2 Mohm", max = "4 Mohm" }
"parameters.c" = { min = "5 nF", typ = "10 nF", max = "20 nF" }

[[spec]]
metric = "dark_current"
min = "0.2 uA"
typ = "0.5 uA"
tolerance = "2 %"
max = "0.8 uA"
"""


@pytest.fixture
def project(tmp_path, monkeypatch, capsys) -> Project:
    monkeypatch.setattr("optospice.report.figures.save_figures", lambda result, folder: [])
    return make_project(tmp_path, monkeypatch, capsys)


def run(project: Project, text: str, *words: str):
    project.scenario.write_text(text)
    return project("run", "own/pairs", "--workers", "1", "--json", *words)


def test_the_corner_that_breaks_a_spec_is_named_in_its_verdict(project):
    outcome = run(project, HEAD + CORNERS)
    assert outcome.code == 1, outcome.err
    document = json.loads(outcome.out)
    assert len(document["runs"]) == 1 + 2 * 2
    low, high, typ = document["targets"]
    assert [one["met"] for one in (low, high, typ)] == [True, False, True]
    assert high["simulated"] == pytest.approx(1e-6, rel=0.02)
    shown = project("run", "own/pairs", "--workers", "1")
    words = shown.out.replace("│", " ").split()
    for told in ("MISSED;", "2", "worst", "1", "Mohm,"):
        assert told in words, (told, shown.out)


def test_the_sensitivities_of_a_design_are_claimed_and_printed(project):
    """The dark current is 1 V / r, whatever c: all of its variance is that of r."""
    pytest.importorskip("SALib")
    design = """
[design]
kind = "saltelli"
points = 32
of = ["dark_current"]
[design.ranges]
"parameters.r" = { start = "1 Mohm", stop = "4 Mohm", spacing = "log" }
"parameters.c" = { start = "5 nF", stop = "20 nF" }
[[targets]]
id = "r"
metric = "total_sensitivity(dark_current, parameters.r)"
published = "100 %"
tolerance = "10 points"
source = "closed form"
[[targets]]
id = "c"
metric = "total_sensitivity(dark_current, parameters.c)"
at_most = "1 %"
source = "closed form"
"""
    outcome = run(project, HEAD + design)
    assert outcome.code == 0, outcome
    document = json.loads(outcome.out)
    assert len(document["runs"]) == 32 * (2 + 2)
    shown = project("run", "own/pairs", "--workers", "1")
    for kind in ("first order", "total"):
        for key in "rc":
            assert f"{kind} sensitivity(dark current, parameters.{key})" in shown.out


TWO_MILLION = """[sweep]
"parameters.r" = { start = "1 Mohm", stop = "2 Mohm", count = 2000 }
"parameters.c" = { start = "1 nF", stop = "2 nF", count = 1000 }
"""


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        (TWO_MILLION, [], ("2,000,000 runs", "up to 1,000,000", "with --yes")),
        (TWO_MILLION.replace("2000", "200000"), ["--yes"], ("2e+08 runs", "up to 10,000,000")),
        ("[sweep]\n", ["--set", "zip=[{}]"], ("zip[0]", "at least 1 item")),
        ('[sweep]\n"parameters.r" = ["1 Mohm"]\n', ["--set", "parameters.r=2 Mohm"],
         ("--set parameters.r=2 Mohm", "varies parameters.r", "sweep.parameters.r=[...]")),
        ('[sweep]\n"parameter.r" = ["1 Mohm"]\n', [],
         ("'parameter.r' cannot be swept", "did you mean 'parameters.r'")),
        ('[sweep]\n"parameters.r" = ["1 Mohm"]\n[[zip]]\n"parameters.r" = ["1 Mohm"]\n', [],
         ("sweep and zip[0]", "'parameters.r' stands in both", "accepted: one of them")),
        ('[[zip]]\n"parameters.r" = ["1 Mohm"]\n"parameters.c" = ["1 nF", "2 nF"]\n', [],
         ("zip[0]: parameters.r has 1, parameters.c has 2", "accepted: as many")),
        ('[sweep]\n"parameters.r" = { start = inf, stop = 1, count = 2 }\n', [],
         ("sweep.parameters.r.start", "inf", "accepted: a finite number")),
        ("[design]\nkind = \"sobol\"\npoints = 4\n[design.ranges]\n"
         '"parameters.q" = { start = 1, stop = 2 }\n', [],
         ("parameters.q", "no such parameter")),
        ('[[spec]]\nmetric = "dark_currents"\nmin = "1 nA"\n', [],
         ("spec[0].metric = 'dark_currents'", "did you mean 'dark_current'")),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_refused_and_nothing_is_written(project, text, more, words):
    project.scenario.write_text(HEAD + text)
    before = project.files()
    outcome = project("run", "own/pairs", *more)
    assert outcome.code == 2, outcome
    assert outcome.out == ""
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith("optospice: ")
    for word in words:
        assert word in outcome.err, (word, outcome.err)
    assert project.files() == before


def test_yes_is_taken_by_a_scenario_of_any_size(project):
    assert run(project, HEAD, "--yes").code == 0
    assert Path("results/own/pairs").is_dir()
