"""Runs that share a folder for their results: they wait or refuse, and never mix."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas
import pytest
from cli_project import make_project

from optospice import files
from optospice.errors import InputError

COMMAND = [sys.executable, "-c", "from optospice.cli import main; main()"]


def test_what_is_written_under_a_claim_is_one_writers(tmp_path):
    folder = tmp_path / "o"
    inside = 0

    def write(number: int) -> bool:
        nonlocal inside
        with files.claimed(folder, patience=60):
            inside += 1
            alone = inside == 1
            for name in ("a", "b"):
                files.write_in(folder, name, str(number))
                time.sleep(0.002)
            alone = alone and (folder / "a").read_text() == (folder / "b").read_text()
            inside -= 1
        return alone

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(write, range(40)))
    assert sorted(file.name for file in folder.iterdir()) == ["a", "b"]


def test_the_second_waits_a_short_time(tmp_path):
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with files.claimed(tmp_path):
            held.set()
            free.wait(20)

    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(hold)
        held.wait(20)
        begun = time.monotonic()
        with pytest.raises(InputError, match="another run writes its results there"):
            next_claim(tmp_path, 0.3)
        assert 0.3 <= time.monotonic() - begun < 5
        free.set()
        next_claim(tmp_path, 20)
        ended.result()


def next_claim(folder: Path, patience: float) -> None:
    with files.claimed(folder, patience):
        pass


def test_a_lock_that_a_killed_run_left_keeps_nobody_out(tmp_path):
    (tmp_path / files.LOCK).touch()
    next_claim(tmp_path, 0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_a_lock_that_is_no_file_is_one_sentence(tmp_path, kind):
    os.mkfifo(tmp_path / files.LOCK) if kind == "pipe" else (tmp_path / files.LOCK).mkdir()
    with pytest.raises(InputError, match="is no regular file"):
        next_claim(tmp_path, 0)


def started(project: Path, count: int) -> Iterator[subprocess.Popen[str]]:
    for number in range(1, count + 1):
        yield subprocess.Popen(
            [*COMMAND, "run", "own/pairs", "--set", f"parameters.gain={number}e-6", "--out", "o",
             "--workers", "1"],
            cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip


@pytest.mark.slow
def test_twelve_runs_of_one_folder(tmp_path, monkeypatch, capsys):
    make_project(tmp_path, monkeypatch, capsys)
    runs = list(started(tmp_path, 12))
    told = []
    for run in runs:
        out, err = run.communicate(timeout=400)
        told.append((run.returncode, out, err))
    assert {code for code, _, _ in told} <= {0, 2}
    assert any(code == 0 for code, _, _ in told)
    for code, out, err in told:
        if code == 0:
            assert "results: o" in out
        else:
            assert "o: another run writes its results there" in err
    folder = tmp_path / "o"
    gain = tomllib.loads((folder / "scenario.toml").read_text())["parameters"]["gain"]
    assert (pandas.read_csv(folder / "runs.csv")["parameters.gain [1]"] == gain).all()
    (logged,) = re.findall(r"parameters\.gain=(\S+)", (folder / "log.txt").read_text())
    assert float(logged.strip("'")) == gain
    for file in (folder / "netlists").iterdir():
        (written,) = re.findall(r"^x\S* .*\bgain=(\S+)", file.read_text(), re.M | re.I)
        assert float(written) == gain
    assert not [file for file in folder.rglob(".*")]
