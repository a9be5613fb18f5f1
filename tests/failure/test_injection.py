"""Everything that can go wrong in the field: each fails alone, says so, and the next run works."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from optospice.ngspice.installation import find_installation
from optospice.ngspice.pool import Pool
from optospice.ngspice.simulate import Job
from optospice.ngspice.worker import Failed, Finished

RUN_JOB = "optospice.ngspice.simulate:run_job"
SOUND = Job("sound\nV1 a 0 1\nR1 a 0 1e3\n.save v(a)\n.tran 0.1 1 0 1\n.end\n", ("a",), 1.0)


def netlist(*cards: str) -> Job:
    text = "\n".join(["broken", *cards, ".save v(a)", ".tran 0.1 1 0 1", ".end", ""])
    return Job(text, ("a",), 1.0)


BROKEN = {
    "missing subcircuit": (netlist("V1 a 0 1", "X1 a nobody"), "nobody"),
    "missing model": (netlist("V1 a 0 1", "D1 a 0 nobody"), "nobody"),
    "undefined parameter": (netlist("V1 a 0 1", "R1 a 0 {nobody}"), "nobody"),
    "singular matrix": (netlist("V1 a 0 1", "V2 a 0 2"), "singular"),
    "no convergence": (
        netlist("B1 a 0 V=V(a) > 0.5 ? 0 : 1", "R1 a 0 1", ".options itl1=20 gminsteps=2"),
        "",
    ),
    "overflow": (netlist("V1 c 0 1", "B1 a 0 V=exp(1000*V(c))", "R1 a 0 1"), "clamped"),
    "logarithm of nothing": (netlist("V1 c 0 -1", "B1 a 0 V=log(V(c)-1)", "R1 a 0 1"), ""),
    "no such vector": (
        Job("none\nV1 b 0 1\nR1 b 0 1\n.save v(b)\n.tran 0.1 1 0 1\n.end\n", ("a",), 1.0),
        "no data for a",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_run_fails_alone(pool, name):
    broken, words = BROKEN[name]
    outcomes = dict(pool.map(RUN_JOB, [SOUND, broken, SOUND], chunk=3))
    assert isinstance(outcomes[0], Finished)
    assert isinstance(outcomes[2], Finished)
    assert isinstance(outcomes[1], Failed), "a broken run was taken for a good one"
    assert words in outcomes[1].message
    assert len(outcomes[1].message) > 20


def test_a_hung_operating_point_is_stopped():
    """Nothing halts ngspice inside an operating point: the process has to go."""
    endless = netlist(
        "B1 a 0 V=V(a) > 0.5 ? 0 : 1", "R1 a 0 1", ".options itl1=2000000000 itl2=2000000000"
    )
    with Pool(workers=1, timeout=0.7) as pool:
        outcomes = dict(pool.map(RUN_JOB, [SOUND, endless, SOUND], chunk=3))
    assert isinstance(outcomes[0], Finished)
    assert isinstance(outcomes[2], Finished)
    assert "longer than 0.7 s" in outcomes[1].message


def run_cli(
    *words: str, cwd: Path, before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from optospice.cli import main; main()", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=before,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(os.path.abspath, filter(None, sys.path))),
        },
    )


def small_files_only() -> None:
    """Refuse every file beyond 2 kB from here on, as a full disk does."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))


def test_a_disk_that_takes_no_more(tmp_path):
    done = run_cli("run", "pbs/single_pulse", cwd=tmp_path, before=small_files_only)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert "cannot be written" in line
    assert "results/pbs/single_pulse" in line
    assert not list(tmp_path.rglob("*.part")), "half a file was left"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    done = run_cli("run", "pbs/single_pulse", "--out", str(locked / "out"), cwd=tmp_path)
    assert done.returncode == 2
    assert str(locked) in done.stderr


def test_results_below_a_file(tmp_path):
    (tmp_path / "taken").write_text("not a folder")
    done = run_cli("run", "pbs/single_pulse", "--out", "taken/out", cwd=tmp_path)
    assert done.returncode == 2
    assert "taken" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "taken").read_text() == "not a folder"


def test_a_library_that_is_none(tmp_path, monkeypatch):
    fake = tmp_path / "lib" / "libngspice.so.0"
    fake.parent.mkdir()
    fake.write_bytes(b"no library")
    monkeypatch.setenv("OPTOSPICE_NGSPICE", str(tmp_path))
    assert find_installation().library == fake
    done = run_cli("run", "pbs/single_pulse", cwd=tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "does not start" in line
    assert str(fake) in line
