"""Functions that run in worker processes and tell what these may do."""

from __future__ import annotations

import os
import resource
import subprocess
from pathlib import Path
from typing import Any

from optospice.ngspice.session import Session


def limits(_session: Session, _item: Any) -> tuple[int, int, int]:
    """Address space and core dumps [bytes], and whether this is a session of its own."""
    space, _ = resource.getrlimit(resource.RLIMIT_AS)
    _, core = resource.getrlimit(resource.RLIMIT_CORE)
    return space, core, os.getsid(0) == os.getpid()


def relative_file(_session: Session, name: str) -> str:
    """What becomes of a relative file name."""
    try:
        Path(name).write_text("x")
    except OSError as error:
        return type(error).__name__
    return "written"


def code_models(session: Session, _item: Any) -> list[str]:
    """What ngspice says of a circuit that needs a code model, and where its start-up file is."""
    folder = Path(os.environ["SPICE_SCRIPTS"])
    cards = [
        line
        for file in folder.iterdir()
        for line in file.read_text().splitlines()
        if not line.startswith("*")
    ]
    return [*cards, *(file.name for file in folder.iterdir() if file.name != "spinit")]


def start_and_hang(_session: Session, seconds: str) -> None:
    """Start another process, and wait."""
    subprocess.run(["sleep", seconds], check=False)
