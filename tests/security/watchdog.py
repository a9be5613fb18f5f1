"""Run code on hostile input under a watchdog, in a process of its own.

10 s of processor time, so that a busy machine judges as an idle one does, and 1.5 GB.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

#: Longest processor time of one attack [s], longest time with all waiting [s], and largest
#: address space [bytes].
SECONDS = 10
WAIT = 60.0
MEMORY = 1_500_000_000


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Everything that it said."""
        return self.out + self.err


def run_python(
    code: str,
    folder: Path,
    memory: int | None = MEMORY,
    seconds: int = SECONDS,
    **environment: str,
) -> Ended:
    """Run Python code in a folder; fails when it takes longer than the watchdog waits.

    Code that limits its own memory is given None, many attacks in one process more `seconds`.
    """
    return _run([sys.executable, "-"], folder, memory, environment, code, seconds)


def run_command(*words: str, folder: Path, memory: int = MEMORY) -> Ended:
    """Run the command line in a folder; fails when it takes longer than the watchdog waits."""
    code = "import sys; from optospice.cli import main; sys.argv[0] = 'optospice'; main()"
    return _run([sys.executable, "-c", code, *words], folder, memory, {})


def refused(ended: Ended, *words: str, status: int = 2) -> str:
    """Hold that the input was refused in one sentence with these words, and give it."""
    assert ended.status == status, ended.text
    assert "Traceback" not in ended.text
    lines = ended.err.strip().splitlines()
    assert len(lines) == 1, ended.err[:2000]
    for word in words:
        assert word in lines[0], lines[0][:2000]
    assert len(lines[0]) < 2000
    return lines[0]


def _run(
    command: list[str],
    folder: Path,
    memory: int | None,
    environment: dict[str, str],
    code: str = "",
    seconds: int = SECONDS,
) -> Ended:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, resource.RLIM_INFINITY))

    # one thread: every further one of a linear algebra library reserves address space
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **single, **environment},
        input=code.encode(),
        capture_output=True,
        timeout=WAIT,
        preexec_fn=limit,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
