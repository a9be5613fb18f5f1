"""The independent cross-check: the same netlists through ``ngspice -b``.

Behind the same interface as `optospice.ngspice.session.Session`, an order slower: every
run starts a process, writes a raw file and reads it back.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from optospice.ngspice.installation import INSTALL_HINT, Installation, program_version
from optospice.ngspice.judge import RunFailedError, reject
from optospice.ngspice.session import SCRIPTS, RunResult
from optospice.stimulus import FloatArray


class BatchSession:
    """Runs netlists with the ngspice program, one process each.

    Parameters
    ----------
    installation : Installation
        Which ngspice.
    timeout : float
        Longest time for a run [s].

    Raises
    ------
    RuntimeError
        When this installation has no program.
    """

    def __init__(self, installation: Installation, timeout: float = 60.0) -> None:
        if installation.program is None:
            raise RuntimeError(f"the program ngspice is not installed; run: {INSTALL_HINT}")
        self._program = installation.program
        self._timeout = timeout
        self.version = program_version(installation.program)

    def run(self, netlist: str, wanted: Iterable[str]) -> RunResult:
        """Run a netlist that has passed the guard and read vectors back.

        Parameters
        ----------
        netlist : str
            Whole netlist with one analysis card.
        wanted : iterable of str
            Vectors to read, named as by the library (``"vp#branch"``, ``"node"``); ``time``
            comes along. A missing one is left out.

        Raises
        ------
        RunFailedError
            When the program fails, hangs or writes no data.
        """
        with tempfile.TemporaryDirectory(prefix="optospice-") as name:
            folder = Path(name)
            (folder / "run.cir").write_text(netlist, encoding="utf-8")
            try:
                done = subprocess.run(
                    [str(self._program), "-n", "-b", "-r", "run.raw", "run.cir"],
                    cwd=folder,
                    env={
                        "PATH": os.defpath,
                        "HOME": "/nonexistent",
                        "SPICE_SCRIPTS": str(SCRIPTS),
                        "OMP_NUM_THREADS": "1",
                    },
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=self._timeout,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise RunFailedError(
                    f"took longer than {self._timeout:g} s and was stopped"
                ) from None
            text = (done.stdout + done.stderr).decode("utf-8", "replace")
            log = [line for line in text.splitlines() if not line.startswith("Note:")]
            raw = folder / "run.raw"
            if not raw.is_file():
                reject(f"ngspice -b wrote no data (status {done.returncode})", log)
            vectors = read_raw(raw)
        kept = {name: vectors[name] for name in ["time", *wanted] if name in vectors}
        return RunResult(kept, log)


def read_raw(file: Path) -> dict[str, FloatArray]:
    """Read a binary raw file of real vectors, named as the library names them.

    Raises
    ------
    RunFailedError
        When the file is no complete raw file of real numbers.
    """
    header, marker, data = file.read_bytes().partition(b"Binary:\n")
    lines = header.decode("utf-8", "replace").splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("\t"))
    if not marker or "real" not in fields.get("Flags", ""):
        raise RunFailedError("ngspice -b wrote a raw file that holds no real vectors")
    points, count = int(fields["No. Points"]), int(fields["No. Variables"])
    names = [line.split("\t")[2] for line in lines if line.startswith("\t")]
    values = np.frombuffer(data, dtype=np.float64)
    if values.size < points * count:
        raise RunFailedError("ngspice -b wrote a raw file that ends early")
    table = values[: points * count].reshape(points, count)
    return {_library_name(name): table[:, k].copy() for k, name in enumerate(names)}


def _library_name(name: str) -> str:
    """Turn ``i(vp)`` and ``v(node)`` of a raw file into ``vp#branch`` and ``node``."""
    if name.startswith("i("):
        return f"{name[2:-1]}#branch"
    return name[2:-1] if name.startswith("v(") else name
