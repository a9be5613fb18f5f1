"""Runs that share a folder for their results: they wait or refuse, and never mix."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas
import pytest
from cli_project import make_project

from optospice import files
from optospice.errors import InputError


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


#: Runs are forked from one process that has imported what they need, all released at once.
FORKS = """
import os, sys
import optospice.report.figures, optospice.report.folder, optospice.sweep.local
from optospice.cli import main
from optospice.scenario import expand
go, release = os.pipe()
children = {}
for number in range(1, int(sys.argv[1]) + 1):
    child = os.fork()
    if child:
        children[child] = number
        continue
    os.close(release)
    for descriptor, end in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{number}.{end}", os.O_WRONLY | os.O_CREAT), descriptor)
    os.read(go, 1)
    sys.argv = ["optospice", "run", "own/pairs", "--set", f"parameters.gain={number}e-6",
                "--out", "o", "--workers", "1"]
    main()
os.close(release)
for child, number in children.items():
    print(number, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.slow
def test_twelve_runs_of_one_folder(tmp_path, monkeypatch, capsys):
    make_project(tmp_path, monkeypatch, capsys)
    done = subprocess.run(
        [sys.executable, "-c", FORKS, "12"],
        cwd=tmp_path, capture_output=True, text=True, timeout=400, check=True,
    )  # fmt: skip
    told = [
        (int(code), *((tmp_path / f"{number}.{end}").read_text() for end in ("out", "err")))
        for number, code in (line.split() for line in done.stdout.splitlines())
    ]
    assert len(told) == 12
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
