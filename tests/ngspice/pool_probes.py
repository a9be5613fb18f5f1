"""Functions that run in worker processes, for the tests of the pool and the session."""

from __future__ import annotations

import contextlib
import os
from typing import Any

import numpy as np

from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.session import PoisonedError, Session
from optospice.ngspice.steps import MeshSteps

RC = """rc
V1 a 0 PULSE(0 1 0.1 1e-3 1e-3 0.2 1 1)
R1 a b 1e3
C1 b 0 1e-5
.save v(b)
.tran 1e-3 1.0 0 1.0
.end
"""

#: Nothing sets the operating point of x: ngspice lets a transient of its own settle first.
INTEGRATOR = """integrator
V1 a 0 PWL(0 0 0.25 0 0.5 1 0.75 1 1 0)
Bx 0 x I=1e-9*V(a)
Cx x 0 1e-9
.save v(x)
.tran 1e-3 1.0 0 1.0
.end
"""


def process_id(_session: Session, _item: Any) -> int:
    return os.getpid()


def environment(_session: Session, name: str) -> str | None:
    return os.environ.get(name)


def surroundings(_session: Session, _item: Any) -> tuple[bool, int]:
    """Whether the working folder is there, and the process's session."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return False, os.getsid(0)
    return True, os.getsid(0)


def version(session: Session, _item: Any) -> str:
    return session.version


def names_read(session: Session, wanted: list[str]) -> list[str]:
    return list(session.run(RC, wanted).vectors)


def left_after_a_run(session: Session, _item: Any) -> list[str]:
    session.run(RC, ["b"])
    return list(session.read(["time", "b"]))


def is_a_copy(session: Session, _item: Any) -> bool:
    """Whether vectors survive the runs that come after theirs."""
    first = session.run(RC, ["b"]).vectors["b"]
    before = first.copy()
    session.run(RC.replace("1e3", "1e4"), ["b"])
    return bool((first == before).all())


def integrals(session: Session, points: list[float]) -> list[float]:
    """The integral at the end of a run, with the solver's own steps and with given points."""
    runs = (session.run(INTEGRATOR, ["x"], steps=s) for s in (None, MeshSteps(np.array(points))))
    return [float(run.vectors["x"][-1]) for run in runs]


def points_after_a_failure(session: Session, _item: Any) -> tuple[list[float], list[float]]:
    """The points of a short run before and after one that found no operating point."""
    sound = RC.replace("1e-3 1.0 0 1.0", "1e-6 4e-5 0 4e-5").replace("0.1 1e-3", "1e-6 1e-6")
    times = []
    for netlist in (sound, RC.replace("R1 a b 1e3", "V2 a 0 2"), sound):
        with contextlib.suppress(RunFailedError):
            times.append(session.run(netlist, ["b"]).vectors.get("time", np.empty(0)).tolist())
    return times[0], times[-1]


def load_error(session: Session, netlist: str) -> str:
    try:
        session.load(netlist)
    except RunFailedError as error:
        return str(error)
    finally:
        session.clear()
    return ""


def poison(session: Session, _item: Any) -> str:
    try:
        session.run(RC.replace("1e3", "{nobody}"), ["b"])
    except PoisonedError as error:
        try:
            session.command("version -s")
        except PoisonedError:
            return str(error)
    return "still in use"


def memory_growth(session: Session, runs: int) -> int:
    """Growth of the resident size [bytes] over the second half of many runs."""

    def resident() -> int:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    sizes = []
    for _ in range(2):
        for _ in range(runs // 2):
            session.run(RC, ["b"])
        sizes.append(resident())
    return sizes[1] - sizes[0]


def fail(_session: Session, text: str) -> None:
    raise RunFailedError(text)
