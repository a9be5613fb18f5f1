"""Names that a stranger chose: none leads out of the folder that it is meant for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from cli_project import SCENARIO, Project, make_project
from hypothesis import given
from hypothesis import strategies as st

from optospice import files
from optospice.device import find_device
from optospice.errors import InputError
from optospice.regression.judge import Outcome
from optospice.regression.report import figure_file
from optospice.scenario.expand import expand
from optospice.scenario.load import find_scenario_file, load_scenario


@pytest.fixture
def project(tmp_path, monkeypatch, capsys) -> Project:
    monkeypatch.setattr("optospice.report.figures.save_figures", lambda *_: [])
    return make_project(tmp_path / "project", monkeypatch, capsys)


def test_a_golden_deletes_no_picture(project, tmp_path):
    """The run of a golden stood in the name of a file that was deleted."""
    victim = tmp_path / "victim" / "thesis.png"
    victim.parent.mkdir()
    victim.write_bytes(b"mine")
    (project.folder / "results" / "regress" / "own-pairs-synapse-").mkdir(parents=True)
    run = "/../../../../victim/thesis"
    point = {"protocol.interval": "20 ms"}
    golden = {
        "format": 1, "scenario": "own/pairs", "ngspice": "39",
        "devices": {"synapse": {
            "runs": {"0001": point}, "metrics": {}, "across": {},
            "waveforms": [{"run": run, "signal": "i(p)", "unit": "A",
                           "segments": [[[0.0, 0.0], [1.0, 0.0]]]}],
        }},
    }  # fmt: skip
    assert (project.folder / f"results/regress/own-pairs-synapse-{run}.png").exists()
    project.scenario.with_name("pairs.golden.json").write_text(json.dumps(golden))
    ended = project("regress", "own/pairs")
    assert ended.code == 2
    assert "waveforms.0.run" in ended.err
    assert victim.read_bytes() == b"mine"


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=300))
def test_a_figure_stays_in_its_folder(scenario, device, run):
    name = figure_file(Outcome(scenario, device, "waveform", run, "moved", ""))
    assert files.inside(Path("out"), name).parent == Path("out")
    assert name.isascii()
    assert len(name) < 200


@given(st.text(max_size=40), st.text(max_size=40))
def test_different_texts_give_different_names(one, other):
    assert (files.plain_name(one) == files.plain_name(other)) == (one == other)


@pytest.mark.parametrize("name", ["", "..", "../x", "a/../../x", "/etc/x", "a//b", "a\0b", "\x1bx"])
def test_a_name_that_leads_out_is_refused(tmp_path, name):
    for act in (files.remove, lambda *a: files.write_in(*a, "text")):
        with pytest.raises(InputError, match="no name for a file"):
            act(tmp_path / "out", name)
    assert not list(tmp_path.iterdir())


def test_three_dots_do_not_remove_the_project(project):
    """The results of `...toml` stood in the project itself, whose netlists were then cleared."""
    before = {f: f.read_bytes() for f in project.folder.rglob("*") if f.is_file()}
    (project.folder / "scenarios" / "...toml").write_text(SCENARIO)
    (project.folder / "scenario.toml").write_text("# Resolved by optospice 1.0\n")
    ended = project("run", "scenarios/...toml")
    assert ended.code == 2
    assert "is no name for a scenario" in ended.err
    assert all(file.read_bytes() == content for file, content in before.items())
    shutil.move("scenarios/...toml", project.folder.parent / "...toml")
    assert project("run", "../...toml").code == 2
    assert not (project.folder / "results").exists()


def test_an_absolute_path_without_its_suffix_writes_nothing(project):
    before = project.files()
    ended = project("run", str(project.scenario.with_suffix("")))
    assert ended.code == 2
    assert f"did you mean {str(project.scenario)!r}?" in ended.err
    assert project.files() == before


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "./own/pairs", "own/../own/pairs", "own//pairs", "own/pairs\0", "own/pa\nirs",
     "x" * 5000, "x/" * 3000],
)  # fmt: skip
def test_names_that_are_none(project, name):
    with pytest.raises(InputError):
        find_scenario_file(name)


@pytest.mark.parametrize("sign", ["\x1b]0;OWNED\x07", "\x9b2J", "\u202e", "\n", "\t"])
def test_a_file_name_with_control_characters(project, sign):
    file = project.scenario.with_name(f"a{sign}b.toml")
    shutil.copy(project.scenario, file)
    ended = project("run", str(file))
    assert ended.code == 2
    listed = project("list", "scenarios")
    assert listed.code == 0
    assert ended.err.count("\n") == 1
    for shown in (ended.err[:-1], listed.out):
        assert sign == "\n" or sign not in shown
        assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x" * 5000, "accepted: up to 100 ASCII characters"),
        ("\u212aelvin", "accepted: up to 100 ASCII characters"),
        ("a\0b", "there is no such device"),
        ("a\x1bb", "there is no such device"),
    ],
)
def test_names_of_devices_that_are_none(project, name, words):
    """The Kelvin sign becomes a `k` for Python and stays two foreign bytes for ngspice."""
    if len(name) < 100 and "\0" not in name:
        project.library.with_name(f"{name}.lib").write_text(project.library.read_text())
        project.library.with_name(f"{name}.toml").write_text(project.card.read_text())
    with pytest.raises(InputError, match=words):
        find_device(name)


def test_nested_tables_are_one_sentence(project):
    depth = 20_000
    deep = f"device = {'[' * depth}{']' * depth}\n"
    project.scenario.write_text(deep)
    with pytest.raises(InputError, match="nested too deeply"):
        load_scenario("own/pairs")
    project.scenario.write_text(SCENARIO)
    with pytest.raises(InputError, match="accepted: up to 100 ASCII characters"):
        expand(load_scenario("own/pairs", [f"device={'[' * depth}"]))
