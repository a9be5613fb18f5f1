"""What the worker process and the batch session add behind the guard."""

from __future__ import annotations

import os
import resource
import subprocess
import time
import uuid
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from optospice.device import find_device
from optospice.netlist.guard import cleaned
from optospice.ngspice import batch
from optospice.ngspice.installation import find_installation
from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.pool import DEFAULT_MEMORY_LIMIT, Pool
from optospice.ngspice.worker import Failed, Finished
from optospice.stimulus import constant
from optospice.testbench import Testbench
from probe_device import RUN_TESTBENCH

NETLIST = "a title\nV1 p 0 1\nR1 p 0 1\n.save v(p)\n.tran 1 1 0 1\n.end\n"
needs_program = pytest.mark.skipif(
    find_installation().program is None, reason="the program ngspice is not installed"
)


def asked(pool: Pool, name: str, item: object = None) -> object:
    """What a function gives that runs in a worker."""
    [(_, outcome)] = pool.map(f"worker_probes:{name}", [item])
    assert isinstance(outcome, Finished), outcome
    return outcome.result


def test_a_worker_has_its_limits(pool) -> None:
    space, core, is_leader = asked(pool, "limits")
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    own = DEFAULT_MEMORY_LIMIT
    assert space == (own if hard == resource.RLIM_INFINITY else min(own, hard))
    assert own == 4 << 30
    assert core == 0
    assert is_leader


def test_relative_names_lead_nowhere(pool) -> None:
    name = f"optospice-{uuid.uuid4().hex}"
    assert asked(pool, "relative_file", name) == "FileNotFoundError"
    assert not Path(name).exists()


def test_no_code_model_is_loaded(pool) -> None:
    assert asked(pool, "code_models") == []  # the start-up file holds a comment only
    text = NETLIST.replace("R1 p 0 1", "A1 p p gain1\n.model gain1 gain(gain=2)\nR1 p 0 1")
    from optospice.ngspice.simulate import Job

    [(_, outcome)] = pool.map("optospice.ngspice.simulate:run_job", [Job(text, ("p",), 1.0)])
    assert isinstance(outcome, Failed), outcome


def test_what_a_worker_started_ends_with_it() -> None:
    seconds = f"{300 + uuid.uuid4().int % 10**9 / 1e9:.9f}"
    with Pool(workers=1, timeout=1.0, attempts=1) as pool:
        [(_, outcome)] = pool.map("worker_probes:start_and_hang", [seconds])
    assert isinstance(outcome, Failed)
    assert "longer than 1 s" in outcome.message
    deadline = time.monotonic() + 5
    while running(seconds) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running(seconds)


def running(seconds: str) -> bool:
    """Whether a process sleeps for exactly this long."""
    for process in psutil.process_iter(["cmdline", "status"]):
        if process.info["cmdline"] == ["sleep", seconds]:
            return process.info["status"] != psutil.STATUS_ZOMBIE
    return False


@pytest.mark.parametrize("card", [".control\nshell touch {0}\n.endc", "*#shell touch {0}"])
def test_a_worker_reads_the_text_of_a_device_before_it_runs_it(card, pool, tmp_path) -> None:
    device = find_device("pbs_rc")
    hostile = replace(device, text=device.text + card.format(tmp_path / "canary") + "\n")
    bench = Testbench(device=device, stimuli={"p": constant(1.0)}, duration=1.0)
    [(_, sound)] = pool.map(RUN_TESTBENCH, [bench])
    assert isinstance(sound, Finished), sound
    [(_, outcome)] = pool.map(RUN_TESTBENCH, [replace(bench, device=hostile)])
    assert isinstance(outcome, Failed)
    assert not (tmp_path / "canary").exists()
    assert cleaned(device.text, "it") == device.text


def planted(folder: Path, canary: Path) -> Path:
    """A folder with a start-up file that leaves a trace."""
    folder.mkdir()
    (folder / ".spiceinit").write_text(f"shell touch {canary}\n")
    return folder


@needs_program
@pytest.mark.parametrize("where", ["home", "here"])
def test_no_start_up_file_is_read(where, tmp_path, monkeypatch) -> None:
    """Neither by the library nor by the program as we call it; plain ``ngspice -b`` does."""
    canary = tmp_path / "canary"
    folder = planted(tmp_path / "folder", canary)
    if where == "home":
        monkeypatch.setenv("HOME", str(folder))
        monkeypatch.chdir(tmp_path)
    else:
        monkeypatch.chdir(folder)
    installation = find_installation()
    from optospice.ngspice.simulate import Job

    with Pool(workers=1) as pool:
        [(_, outcome)] = pool.map("optospice.ngspice.simulate:run_job", [Job(NETLIST, ("p",), 1.0)])
    assert isinstance(outcome, Finished)
    batch.BatchSession(installation).run(NETLIST, ["p"])
    (tmp_path / "run.cir").write_text(NETLIST)
    words = [str(installation.program), "-n", "-b", str(tmp_path / "run.cir")]
    subprocess.run(words, capture_output=True, timeout=30, check=False)
    assert not canary.exists()
    words.remove("-n")
    subprocess.run(words, capture_output=True, timeout=30, check=False)
    assert canary.exists()


@needs_program
def test_a_batch_session_has_a_folder_and_an_environment_of_its_own(tmp_path, monkeypatch) -> None:
    seen: dict[str, object] = {}
    run = subprocess.run

    def look(words, **given):
        seen.update(given, words=words, inside=sorted(os.listdir(given["cwd"])))
        return run(words, **given)

    session = batch.BatchSession(find_installation())
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(batch.subprocess, "run", look)
    session.run(NETLIST, ["p"])
    assert seen["words"][1:3] == ["-n", "-b"]
    assert set(seen["env"]) == {"PATH", "HOME", "SPICE_SCRIPTS", "OMP_NUM_THREADS"}
    assert seen["inside"] == ["run.cir"]
    assert not Path(seen["cwd"]).exists()  # and it is gone
    assert not list(tmp_path.iterdir())
    hanging = batch.BatchSession(find_installation(), timeout=0.3)
    with pytest.raises(RunFailedError, match="longer than"):
        hanging.run(NETLIST.replace(".tran 1 1 0 1", ".tran 1 1 0 1e-9"), ["p"])
