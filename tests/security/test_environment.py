"""A poor environment costs a sentence, not a traceback."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

MAIN = "from optospice.cli import main; main()"
SCENARIO = """
title = "a pulse"
device = "pbs_rc"
[protocol]
name = "single_pulse"
readout = "80 mV"
wavelength = "740 nm"
irradiance = "1 mW/cm^2"
width = "1 s"
"""


def ended(
    folder: Path, *words: str, limits: dict[int, int] | None = None, shell: str = "", code: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command line under limits of the system, or with streams closed by the shell."""

    def limit() -> None:
        for which, value in (limits or {}).items():
            resource.setrlimit(which, (value, value))

    (folder / "s.toml").write_text(SCENARIO)
    command = [sys.executable, "-c", code + MAIN, *words]
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {shell}', "sh", *command],
        cwd=folder,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        preexec_fn=limit,
        timeout=60,
        check=False,
    )


def one_sentence(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1, done.stdout + done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert done.stderr.startswith("optospice: ")
    assert all(word in done.stderr for word in words), done.stderr


def test_a_limit_below_that_of_the_workers_is_kept(tmp_path: Path) -> None:
    done = ended(tmp_path, "run", "s.toml", limits={resource.RLIMIT_AS: 3 << 30})
    assert done.returncode == 0, done.stderr
    assert "results: " in done.stdout


def test_few_descriptors(tmp_path: Path) -> None:
    done = ended(tmp_path, "run", "s.toml", limits={resource.RLIMIT_NOFILE: 12})
    one_sentence(done, "Too many open files")


def test_no_temporary_folder(tmp_path: Path) -> None:
    nowhere = "import tempfile; tempfile._candidate_tempdir_list = lambda: []\n"
    one_sentence(ended(tmp_path, "run", "s.toml", code=nowhere), "temporary directory")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("words", [("list", "devices"), ("run", "s.toml")])
def test_closed_streams(closed: str, words: tuple[str, ...], tmp_path: Path) -> None:
    done = ended(tmp_path, *words, shell=closed)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert not list(tmp_path.rglob("log.txt")) or "Traceback" not in (
        next(tmp_path.rglob("log.txt")).read_text()
    )


def test_an_error_with_its_stream_closed_keeps_its_status(tmp_path: Path) -> None:
    assert ended(tmp_path, "show", "nothing", shell="2>&-").returncode == 2


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(0o500)
    code = f"import os; os.environ['HOME'] = {str(home)!r}\n"
    assert ended(tmp_path, "run", "s.toml", code=code).returncode == 0


def test_a_home_that_is_none(tmp_path: Path) -> None:
    code = "import os; os.environ['HOME'] = '/proc/none'\n"
    assert ended(tmp_path, "run", "s.toml", code=code).returncode == 0
