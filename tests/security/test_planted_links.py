"""Links that a stranger's folder holds: what they lead to stays as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cli_project import Project, make_project

from optospice import files
from optospice.calibration.cards import prepare
from optospice.device import find_device
from optospice.errors import InputError

SECRET = "root:$6$abcdef:18000\n"
NAME = "own/pairs"
MARK = '# Resolved by optospice 1.0\ntitle = "planted"\n'


@pytest.fixture
def project(tmp_path, monkeypatch, capsys) -> Project:
    monkeypatch.setattr("optospice.report.figures.save_figures", lambda *_: [])
    return make_project(tmp_path / "project", monkeypatch, capsys)


@pytest.fixture
def outside(project) -> Path:
    """A folder beside the project with one file of its owner."""
    folder = project.folder.parent / "home"
    folder.mkdir()
    (folder / "secret").write_text(SECRET)
    return folder


def unchanged(folder: Path) -> bool:
    """Whether the owner's folder holds what it held."""
    return [f.name for f in folder.iterdir()] == ["secret"] and (
        (folder / "secret").read_text() == SECRET
    )


def refused(project: Project, *arguments: str) -> str:
    """Run a command that has to end with one sentence, and give it."""
    ended = project(*arguments)
    assert ended.code == 2, ended
    assert ended.err.count("\n") == 1
    assert "$6$" not in ended.out + ended.err
    return ended.err


def planted_results(project: Project) -> Path:
    folder = project.folder / "results" / "own" / "pairs"
    folder.mkdir(parents=True)
    (folder / "scenario.toml").write_text(MARK)
    return folder


def test_names_of_temporary_files_cannot_be_foreseen(project, outside):
    folder = planted_results(project)
    for name in ("scenario.toml", "runs.csv", "log.txt"):
        (folder / f".{name}.part").symlink_to(outside / "secret")
    (folder / ".optospice.part").symlink_to(outside / "secret")
    assert project("run", NAME).code == 0
    assert unchanged(outside)
    assert "Pulse pairs" in (folder / "scenario.toml").read_text()


@pytest.mark.parametrize(
    "name",
    ["scenario.toml", "log.txt", "runs.csv", "runs.parquet", "targets.csv", "netlists",
     "waveforms", "series", "figures", files.LOCK],
)  # fmt: skip
def test_a_link_in_the_place_of_a_result_is_refused(project, outside, name):
    folder = planted_results(project)
    if name == "scenario.toml":
        (outside / "secret").write_text(MARK)
        (folder / name).unlink()
    is_folder = name in ("netlists", "waveforms", "series", "figures")
    (folder / name).symlink_to(outside if is_folder else outside / "secret")
    assert "results/own/pairs" in refused(project, "run", NAME)
    (outside / "secret").write_text(SECRET if name != "scenario.toml" else MARK)
    assert [f.name for f in outside.iterdir()] == ["secret"]
    assert (folder / name).is_symlink()


@pytest.mark.parametrize("name", ["netlists/0001.cir", "waveforms/0001.parquet"])
def test_a_link_within_an_earlier_result_is_not_followed(project, outside, name):
    folder = planted_results(project)
    (folder / name).parent.mkdir()
    (folder / name).symlink_to(outside / "secret")
    assert "is a link" in refused(project, "run", NAME)
    assert unchanged(outside)


@pytest.mark.parametrize("place", ["results", "results/own", "results/own/pairs"])
def test_results_do_not_leave_the_project_through_a_link(project, outside, place):
    (project.folder / place).parent.mkdir(parents=True, exist_ok=True)
    (project.folder / place).symlink_to(outside)
    told = refused(project, "run", NAME)
    assert "leads out of the working folder" in told
    assert str(outside) in told
    assert unchanged(outside)


def test_results_may_go_where_the_user_says(project, tmp_path):
    (project.folder / "here").mkdir()
    (project.folder / "results").symlink_to("here")
    assert project("run", NAME).code == 0
    assert project("run", NAME, "--out", str(tmp_path / "there")).code == 0
    assert (tmp_path / "there" / "log.txt").is_file()


def test_a_shipped_mark_does_not_delete_the_folders_of_a_project(project):
    """`netlists` of a project is no `netlists` of a result, whatever lies beside it."""
    before = {f: f.read_bytes() for f in project.folder.rglob("*") if f.is_file()}
    (project.folder / "scenario.toml").write_text(MARK)
    (project.folder / "figures").mkdir()
    (project.folder / "figures" / "my thesis.png").write_bytes(b"mine")
    assert project("run", NAME, "--out", ".").code == 0
    assert all(file.read_bytes() == content for file, content in before.items())
    assert (project.folder / "figures" / "my thesis.png").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "name", ["pairs.golden.json", "pairs.golden.parquet", ".pairs.golden.json.part"]
)
def test_update_of_a_golden_follows_no_link(project, outside, name):
    planted = project.scenario.with_name(name)
    planted.symlink_to(outside / "new" if name[0] != "." else outside / "secret")
    ended = project("regress", "--update", NAME)
    assert unchanged(outside)
    assert ended.code == (0 if name[0] == "." else 2)


def test_update_does_not_leave_the_project_through_a_folder(project, outside):
    shutil.copy(project.scenario, outside / "pairs.toml")
    (project.folder / "scenarios" / "other").symlink_to(outside)
    refused(project, "regress", "--update", "scenarios/other/pairs.toml")
    assert sorted(f.name for f in outside.iterdir()) == ["pairs.toml", "secret"]


@pytest.mark.parametrize("option", ["--junit", "--markdown"])
@pytest.mark.parametrize("name", ["r.xml", ".r.xml.part", "folder/r.xml"])
def test_reports_follow_no_link(project, outside, option, name):
    if name == "folder/r.xml":
        (project.folder / "folder").symlink_to(outside)
    else:
        (project.folder / name).symlink_to(outside / "secret")
    target = name if "part" not in name else "r.xml"
    ended = project("regress", NAME, option, target)
    assert unchanged(outside)
    assert ended.code == (0 if "part" in name else 2)
    assert "$6$" not in ended.out + ended.err


def test_new_files_do_not_leave_the_project(project, outside):
    (project.folder / "tests").symlink_to(outside)
    before = project.files()
    assert "leads out" in refused(project, "new", "device", "third")
    assert unchanged(outside)
    left = {path for path in project.files() - before if path.is_file()}
    assert not left  # all or none


def test_the_reference_does_not_leave_the_project(project, outside):
    (project.folder / "docs").mkdir()
    (project.folder / "docs" / "schema").symlink_to(outside)
    assert "leads out" in refused(project, "reference")
    assert unchanged(outside)


def test_a_calibration_counts_a_link_as_a_file(project, outside):
    (project.folder / "fit").mkdir()
    (project.folder / "fit" / "calibration.md").symlink_to(outside / "new")
    with pytest.raises(InputError, match=r"holds calibration\.md"):
        prepare(project.folder / "fit", find_device("synapse"))


@pytest.mark.parametrize("name", ["netlists", "scenarios"])
@pytest.mark.parametrize("command", [("list",), ("run", NAME), ("show", NAME)])
def test_the_folders_themselves_are_no_links(project, outside, name, command):
    shutil.move(project.folder / name, outside / name)
    (project.folder / name).symlink_to(outside / name)
    (outside / "netlists" / "devices").mkdir(parents=True, exist_ok=True)
    (outside / "netlists" / "devices" / "leak.lib").write_text(".include ../../secret\n")
    assert f"{name}: is a link; accepted: a folder" in refused(project, *command)


@pytest.mark.parametrize("suffix", ["lib", "toml"])
def test_library_and_card_lie_in_the_netlist_folders(project, outside, suffix):
    """The card is held to the rule of the library."""
    file = project.library.with_suffix(f".{suffix}")
    shutil.move(file, outside / file.name)
    file.symlink_to(outside / file.name)
    assert f"synapse.{suffix}: lies outside" in refused(project, "run", NAME)
    file.unlink()
    shutil.move(outside / file.name, file.with_name(f"real.{suffix}"))
    file.symlink_to(f"real.{suffix}")
    find_device("synapse")  # a link within is one


def test_an_include_shows_nothing_of_a_file_outside(project, outside):
    (project.library.parent / "link.lib").symlink_to(outside / "secret")
    project.library.write_text(f"{project.library.read_text()}.include link.lib\n")
    assert "lies outside the netlist folders" in refused(project, "run", NAME)


@pytest.mark.parametrize("named", ["own/linked", "scenarios/own/linked.toml"])
def test_a_scenario_lies_in_the_scenario_folders(project, outside, named):
    shutil.copy(project.scenario, outside / "x.toml")
    (project.scenario.with_name("linked.toml")).symlink_to(outside / "x.toml")
    refused(project, "run", named)


def test_the_bibliography_lies_in_the_netlist_folders(project, outside):
    (outside / "x.bib").write_text("@article{key,\n title = {$6$ secret},\n}\n")
    (project.folder / "netlists" / "references.bib").symlink_to(outside / "x.bib")
    project.card.write_text('citations = ["key"]\n' + project.card.read_text())
    ended = project("show", "synapse")
    assert ended.code == 0
    assert "$6$" not in ended.out


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "f").write_text("before")
    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="space"):
        files.write_text(tmp_path / "f", "after")
    assert [file.name for file in tmp_path.iterdir()] == ["f"]
    assert (tmp_path / "f").read_text() == "before"


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_file_has_the_mode_of_the_umask(tmp_path, mask):
    import os

    before = os.umask(mask)
    try:
        file = files.write_text(tmp_path / "f", "text")
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o666 & ~mask
