"""`optospice regress`: what moved, from where to where, and what --update rewrites."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree

import pytest

from optospice.errors import InputError
from optospice.regression.cases import planned
from optospice.regression.golden import read_golden, text_of
from optospice.scenario.load import list_scenarios

NAME = "lab/pairs"


def test_without_a_golden_it_says_so(project):
    code, told = project.regress(NAME)
    assert code == 0
    assert "no golden; `optospice regress --update lab/pairs` writes it" in told
    assert project.regress(NAME, "--strict")[0] == 1


def test_a_round_trip_is_green_and_the_file_reads_back(project):
    assert project.regress("--update", NAME)[0] == 0
    code, told = project.regress(NAME, "--strict")
    assert code == 0, told
    assert "nothing moved: 1 of 1 targets, 3 of 3 metrics, 2 of 2 waveforms" in told
    golden = read_golden(project.golden)
    assert text_of(golden) == project.golden.read_text()
    assert len(project.golden.read_bytes()) < 2_000
    assert len(project.points.read_bytes()) < 12_000
    assert NAME in list_scenarios()
    assert "lab/pairs.golden" not in list_scenarios()


def test_an_update_without_a_change_leaves_the_file(project):
    project.regress("--update", NAME)
    before = project.golden.stat().st_mtime_ns
    assert "is up to date" in project.regress("--update", NAME)[1]
    assert project.golden.stat().st_mtime_ns == before


def test_a_changed_parameter_is_red_then_green_after_an_update(project):
    project.regress("--update", NAME)
    project.change("gain=1e-6", "gain=1.05e-6", project.folder / "netlists/devices/synapse.lib")
    code, told = project.regress(NAME, "--out", "moved")
    assert code == 1
    assert "moved   metric postsynaptic_current_amplitude:" in told
    assert "run 0001, protocol.interval = 20 ms" in told
    assert "moved   waveform of run 0001: i(p): level changed by +" in told
    figure = project.folder / "moved" / "lab-pairs-synapse-0001.png"
    assert figure.read_bytes().startswith(b"\x89PNG")
    code, told = project.regress("--update", NAME, "--out", "moved")
    assert code == 0
    assert "pairs.golden.json: written, " in told
    assert not figure.exists()
    assert project.regress(NAME)[0] == 0


def test_a_shifted_edge_is_told_from_a_changed_level(project):
    project.regress("--update", NAME)
    project.change('delay = "5 ms"', 'delay = "6 ms"')
    code, told = project.regress(NAME)
    assert code == 1
    assert told.count("i(p): shifted by 1 ms") == 2
    assert "level changed" not in told
    assert "moved   metric" not in told


def test_a_changed_sweep_is_named(project):
    project.regress("--update", NAME)
    project.change('"30 ms", "40 ms"', '"30 ms"')
    code, told = project.regress(NAME)
    assert code == 1
    assert "golden: run 0003 is gone: there are 2 runs, the golden has 3" in told


def test_a_missed_target_is_red(project):
    project.change('published = "100 %"', 'published = "150 %"')
    code, told = project.regress(NAME)
    assert code == 1
    assert "failed  target T1: paired_pulse_index" in told


def test_update_touches_only_the_named_one(project):
    other = project.scenario.with_name("other.toml")
    other.write_text(project.scenario.read_text())
    assert project.regress("lab/pairs", "lab/other", "--update", NAME)[0] == 0
    assert project.golden.is_file()
    assert not list(other.parent.glob("other.golden.*"))
    assert not list(project.scenario.parent.glob(".*"))


def test_reports_are_well_formed(project):
    project.regress("--update", NAME)
    project.change('delay = "5 ms"', 'delay = "6 ms"')
    arguments = ("--junit", "out/r.xml", "--markdown", "out/r.md", "--out", "out", "--json")
    code, told = project.regress(NAME, *arguments)
    assert code == 1
    document, _ = json.JSONDecoder().raw_decode(told)  # progress may follow on a slow machine
    assert document["ok"] is False
    moved = [one for one in document["outcomes"] if one["status"] == "moved"]
    assert [one["figure"] for one in moved if one["kind"] == "waveform"] == [
        "out/lab-pairs-synapse-0001.png", "out/lab-pairs-synapse-0003.png"
    ]  # fmt: skip
    (suite,) = ElementTree.parse(project.folder / "out/r.xml").getroot()
    assert int(suite.get("tests")) == len(suite) == len(document["outcomes"])
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure")) == len(moved)
    page = (project.folder / "out/r.md").read_text()
    told_of = "| lab/pairs | synapse | waveform"
    rows = [line for line in page.splitlines() if line.startswith(told_of)]
    assert len(rows) == 2
    assert "[figure](lab-pairs-synapse-0001.png)" in rows[0]


@pytest.mark.parametrize(
    "damage",
    [lambda text: text[: len(text) // 2], lambda text: text.replace('"unit"', '"units"', 1),
     lambda _: "[]", lambda text: text.replace('"run": "0001"', '"run": "/1"')],
)  # fmt: skip
def test_a_corrupt_golden_is_one_sentence(project, damage):
    project.regress("--update", NAME)
    project.golden.write_text(damage(project.golden.read_text()))
    code, told = project.regress(NAME)
    assert code == 2
    assert told.count("\n") == 1
    assert "pairs.golden.json: " in told
    assert "is not a golden" in told


def test_an_unknown_scenario_is_one_sentence(project):
    code, told = project.regress("--update", "lab/pair")
    assert (code, told.count("\n")) == (2, 1)
    assert "did you mean 'lab/pairs'?" in told


def test_a_failed_run_keeps_the_golden(project):
    project.regress("--update", NAME)
    before = project.golden.read_text()
    project.change('accuracy = "standard"', 'accuracy = "standard"\ntimeout = "1 us"')
    code, told = project.regress("--update", NAME)
    assert code == 1
    assert "not written, a run failed" in told
    assert project.golden.read_text() == before


def test_a_project_runs_its_own_scenarios_and_the_packaged_ones_when_asked(project):
    names = {case.scenario for case in planned()}
    assert names == {"lab/pairs"}
    both = {case.scenario for case in planned(packaged=True)}
    assert {"lab/pairs", "pbs/single_pulse", "mose2/hysteresis"} < both
    code, told = project.regress()
    assert (code, "1 scenarios with devices" in told) == (0, True)


def test_outside_a_project_the_packaged_ones_are_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "pbs/single_pulse" in {case.scenario for case in planned()}
    (tmp_path / "scenarios").mkdir()
    with pytest.raises(InputError, match=r"holds no scenario; accepted: .*--packaged"):
        planned()
