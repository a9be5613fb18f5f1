"""The process that holds one libngspice and does what its parent sends.

Started by `optospice.ngspice.pool`. Only the parent chooses the functions that run here;
nothing from a netlist or a scenario does.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import mmap
import os
import resource
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from optospice.ngspice.installation import Installation
from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.session import PoisonedError, Session

#: Layout of the shared heartbeat: number of items begun since the worker started.
HEARTBEAT = struct.Struct("q")
_ORPHAN_CHECK_SECONDS = 0.2

_PROBE = """optospice health probe
V1 a 0 DC 1
R1 a b 1000.0
C1 b 0 1e-6
.save v(b)
.tran 1e-4 1e-2 0 1e-2
.end
"""


@dataclass(frozen=True)
class Finished:
    """An item's function returned."""

    result: Any


@dataclass(frozen=True)
class Failed:
    """An item failed by itself; the library is still sound.

    Parameters
    ----------
    message : str
        Why.
    is_lost : bool
        Whether its process was lost, or took too long: another time it might not.
    """

    message: str
    is_lost: bool = False


@dataclass(frozen=True)
class Poisoned:
    """The library is lost; this worker ends after saying so."""

    message: str


Outcome = Finished | Failed | Poisoned


def isolate(memory_limit: int) -> None:
    """Leave the user's folders behind.

    ngspice reads ``.spiceinit`` from the working folder and from home, and writes where
    a netlist may tell it to: a removed folder offers neither.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
    os.environ["HOME"] = "/nonexistent"
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_limit:
        # a cluster may allow less, and nobody may raise its limit
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = memory_limit if hard == resource.RLIM_INFINITY else min(memory_limit, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def watch_parent(parent: int) -> None:
    """End this process as soon as its parent is gone, even in the middle of a run."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_ORPHAN_CHECK_SECONDS)
        os._exit(3)

    threading.Thread(target=watch, daemon=True).start()


def import_function(path: str) -> Callable[[Session, Any], Any]:
    """Import ``"package.module:function"``."""
    module, _, name = path.partition(":")
    function: Callable[[Session, Any], Any] = getattr(importlib.import_module(module), name)
    return function


def is_sound(session: Session) -> bool:
    """Whether the library still solves a circuit whose answer is known."""
    try:
        result = session.run(_PROBE, ["b"])
    except (RunFailedError, PoisonedError):
        return False
    values = result.vectors.get("b")
    return values is not None and abs(float(values[-1]) - 1.0) < 1e-6


def work_on(session: Session, function: Callable[[Session, Any], Any], item: Any) -> Outcome:
    """Run one item and say how it ended."""
    try:
        return Finished(function(session, item))
    except PoisonedError as error:
        return Poisoned(str(error))
    except RunFailedError as error:
        return Failed(str(error)) if is_sound(session) else Poisoned(str(error))


def serve(
    connection: Connection, heartbeat: mmap.mmap, installation: Installation, preload: str
) -> None:
    """Take chunks of items from the parent until it hangs up."""
    session = Session(installation)
    connection.send(session.version)
    if preload:  # while the parent still reads its scenario
        importlib.import_module(preload)
    begun = 0
    while True:
        try:
            path, items = connection.recv()
        except EOFError:
            return
        function = import_function(path)
        outcomes: list[Outcome] = []
        for item in items:
            begun += 1
            HEARTBEAT.pack_into(heartbeat, 0, begun)
            outcomes.append(work_on(session, function, item))
            if isinstance(outcomes[-1], Poisoned):
                break
        connection.send(outcomes)
        if isinstance(outcomes[-1], Poisoned):
            return


def main() -> None:
    """Start a worker; the single argument is JSON from the parent."""
    setup = json.loads(sys.argv[1])
    watch_parent(setup["parent"])
    installation = Installation(Path(setup["library"]), None)
    isolate(setup["memory_limit"])
    connection = Connection(setup["connection"])
    with (
        mmap.mmap(setup["heartbeat"], HEARTBEAT.size) as heartbeat,
        contextlib.suppress(BrokenPipeError, ConnectionResetError, KeyboardInterrupt),
    ):
        serve(connection, heartbeat, installation, setup["preload"])
