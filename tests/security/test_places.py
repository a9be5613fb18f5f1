"""Folders in which nothing may be written, or that are another user's: a sentence each."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_project import Project, make_project

COMMAND = [sys.executable, "-c", "from optospice.cli import main; main()"]
NOBODY = 65534
_PR_CAPBSET_DROP, _LAST_CAPABILITY = 24, 40


@pytest.fixture
def project(tmp_path, monkeypatch, capsys) -> Project:
    return make_project(tmp_path / "project", monkeypatch, capsys)


def without_rights() -> None:
    """Take from an administrator what lets him pass the permissions of files."""
    if os.geteuid() == 0:
        library = ctypes.CDLL(None)
        for capability in range(_LAST_CAPABILITY + 1):
            library.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


def call(project: Project, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        [*COMMAND, *arguments], cwd=project.folder, capture_output=True, text=True, timeout=120,
        check=False, preexec_fn=without_rights, env={**os.environ, **environment},
    )  # fmt: skip
    assert "Traceback" not in ended.stderr
    return ended


def give_away(folder: Path, mode: int = 0o555) -> None:
    """Make a folder another user's, where that can be done; it may be read only."""
    folder.chmod(mode)
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)


def refused(project: Project, words: str, *arguments: str) -> None:
    ended = call(project, *arguments)
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr == f"optospice: {words}\n"


def test_another_users_results_stay(project):
    results = project.folder / "results" / "own" / "pairs"
    results.mkdir(parents=True)
    (results / "scenario.toml").write_text("# Resolved by optospice 1.0\n")
    give_away(results)
    refused(project, "results/own/pairs: cannot be written (Permission denied)", "run", "own/pairs")
    assert [file.name for file in results.iterdir()] == ["scenario.toml"]


def test_a_project_that_may_only_be_read(project, tmp_path):
    give_away(project.folder)
    refused(project, "results/own/pairs: cannot be written (Permission denied)", "run", "own/pairs")
    ended = call(project, "run", "own/pairs", "--out", str(tmp_path / "out"), HOME="/nonexistent")
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "out" / "figures" / "waveforms.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (("new", "scenario", "a/b", "--device", "synapse", "--protocol", "pulse_train"),
         "scenarios/a/b.toml"),
        (("reference",), "docs"),
        (("calibrate", "own/pairs", "--free", "gain"), "results/calibration-synapse"),
        (("reproduce",), "results/reproduction"),
    ],
)  # fmt: skip
def test_every_writer_says_so(project, arguments, place):
    give_away(project.folder)
    give_away(project.folder / "scenarios")
    refused(project, f"{place}: cannot be written (Permission denied)", *arguments)


def test_a_golden_that_may_not_be_written(project):
    give_away(project.scenario.parent)
    ended = call(project, "regress", "--update", "own/pairs")
    assert ended.returncode == 2
    (told,) = [line for line in ended.stderr.splitlines() if line.startswith("optospice: ")]
    assert told.endswith("scenarios/own: cannot be written (Permission denied)")


def test_files_that_may_not_be_read(project):
    give_away(project.card, 0o000)
    words = f"{project.card}: cannot be read (Permission denied)"
    refused(project, words, "run", "own/pairs")


def test_folders_that_may_not_be_entered(project):
    give_away(project.scenario.parent, 0o000)
    ended = call(project, "run", "own/pairs")
    assert ended.returncode == 2
    assert ended.stderr.startswith("optospice: scenario 'own/pairs': there is no such scenario")


def test_no_folder_for_temporary_files(project):
    """Neither a home nor a place for caches is needed, and none is made."""
    before = project.files()
    ended = call(project, "run", "own/pairs", HOME="/nonexistent", TMPDIR="/nonexistent",
                 MPLCONFIGDIR="/nonexistent/mpl")  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    new = {file.relative_to(project.folder).parts[0] for file in project.files() - before}
    assert new == {"results"}
