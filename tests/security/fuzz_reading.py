"""Bring hostile files to the readers that the commands use, and tell how each of them ended."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path

from fuzz_inputs import ROOT, Input, make_input

from optospice.authoring.adopt import adopt_subcircuit
from optospice.calibration.measurement import read_mapping, read_measurement
from optospice.device import find_device
from optospice.errors import InputError, SimulationError
from optospice.library import netlist_folders
from optospice.netlist import expand_includes
from optospice.netlist.guard import cleaned
from optospice.regression.golden import read_golden, text_of
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from own_form import write_own_form

#: Longest processor time [s] and most further address space [bytes] of one input.
SECONDS = 10.0
MEMORY = 1_000_000_000

RECORD = "Time (ms),Status,Current [nA]\n" + "".join(f"{n},OK,{n % 7}\n" for n in range(50))


class TooLongError(BaseException):
    """An input took more processor time than is allowed."""


def make_project(folder: Path, given: Input) -> None:
    """Write a sound project of one device, scenario and record, and the hostile file in it."""
    devices, scenarios = folder / "netlists/devices", folder / "scenarios"
    devices.mkdir(parents=True)
    scenarios.mkdir()
    write_own_form(folder, name="q")
    if given.kind == "card" and not given.beside:  # a parameter set
        (devices / "q.lib").unlink()
    if given.beside:
        end = "lib" if given.kind == "card" else "toml"
        (devices / f"q.{end}").write_text(given.beside, encoding="utf-8")
    shutil.copytree(ROOT / "netlists/cells", folder / "netlists/cells")
    shutil.copy(ROOT / "scenarios/pbs/single_pulse.toml", scenarios / "s.toml")
    (folder / "m.csv").write_text(RECORD, encoding="utf-8")
    (devices / "folder.lib").mkdir()
    os.symlink("/etc/passwd", devices / "link.lib")
    os.symlink("loop.lib", devices / "loop.lib")
    os.symlink(folder.parent, devices / "outside.lib")
    target = {
        "scenario": scenarios / "s.toml",
        "golden": scenarios / "s.golden.json",
        "card": devices / "q.toml",
        "library": devices / "q.lib",
        "record": folder / "m.csv",
        "mapping": folder / "m.toml",
    }[given.kind]
    target.write_bytes(given.data)


def read_input(kind: str) -> None:
    """Read the hostile file of the project in the current folder as the commands do."""
    if kind == "scenario":
        for run in expand(load_scenario("s"))[:2]:
            if not run.is_closed_loop:
                run.testbench().netlist()
    elif kind == "golden":
        golden = read_golden(Path("scenarios/s.golden.json"))
        assert golden is not None
        text_of(golden)
    elif kind == "card":
        find_device("q")
    elif kind in ("record", "mapping"):
        read_measurement(Path("m.csv"), read_mapping(Path("m.csv")))
    else:
        _read_library(Path("netlists/devices/q.lib"))


def _read_library(file: Path) -> None:
    readers = (
        lambda: cleaned(expand_includes(file, netlist_folders()), str(file)),
        lambda: find_device("q"),
        lambda: adopt_subcircuit(file, "q", "z"),
    )
    refusal: InputError | None = None
    for reader in readers:  # each of them, whatever the others say
        try:
            reader()
        except InputError as error:
            refusal = error
    if refusal is not None:
        raise refusal


def read_batch(start: int, stop: int) -> None:
    """Read the inputs of these numbers, each in a folder of its own; one JSON line for each."""
    signal.signal(signal.SIGPROF, _too_long)
    _limit_memory()
    for number in range(start, stop):
        given = make_input(number)
        folder = Path(f"project-{number}").absolute()
        make_project(folder, given)
        print(json.dumps({"begun": number, "kind": given.kind}), flush=True)
        before = time.process_time()
        with contextlib.chdir(folder):
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            try:
                end, said = _ended(given.kind)
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0.0)
        seconds = round(time.process_time() - before, 3)
        shutil.rmtree(folder)
        print(json.dumps({"number": number, "end": end, "said": said, "seconds": seconds}))


def _ended(kind: str) -> tuple[str, str]:
    try:
        read_input(kind)
    except (InputError, SimulationError) as error:
        return "refused", str(error)
    except (Exception, TooLongError):
        return "fell", traceback.format_exc(limit=-4)
    return "read", ""


def _too_long(*_: object) -> None:
    raise TooLongError


def _limit_memory() -> None:
    """Allow this much more than Python and its modules have taken, where that can be told."""
    with contextlib.suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        taken = pages * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, resource.RLIM_INFINITY))


if __name__ == "__main__":
    read_batch(int(sys.argv[1]), int(sys.argv[2]))
