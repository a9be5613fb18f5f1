"""A Dask cluster on this machine, of separate processes that share no folder."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

_STARTED = 60.0


class DaskProcesses:
    """A scheduler and workers with one thread each, in folders and homes of their own.

    Parameters
    ----------
    folder : Path
        Where these folders go.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def address(self) -> str:
        """Address of the scheduler."""
        return f"tcp://127.0.0.1:{self._port}"

    def __enter__(self) -> DaskProcesses:
        """Have it for a while."""
        return self

    def __exit__(self, *error: object) -> None:
        """End every process."""
        for name in list(self._processes):
            self.kill(name)

    def start_scheduler(self, variables: dict[str, str] | None = None) -> None:
        """Start the scheduler, and wait until it listens."""
        port = ("--host", "127.0.0.1", "--port", str(self._port))
        self._start("scheduler", "dask_scheduler", *port, variables=variables)
        deadline = time.monotonic() + _STARTED
        while time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self._port), timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(f"the scheduler does not listen: {self.log('scheduler')}")

    def start_worker(self, name: str, *options: str, is_replaced: bool = False) -> None:
        """Start a worker, without waiting for it; one that dies may be replaced."""
        nanny = "--nanny" if is_replaced else "--no-nanny"
        how = (self.address, "--nthreads", "1", nanny, "--name", name, *options)
        self._start(name, "dask_worker", *how)

    def _start(
        self, name: str, module: str, *options: str, variables: dict[str, str] | None = None
    ) -> None:
        place = self._folder / name
        (place / "home").mkdir(parents=True, exist_ok=True)
        (place / "here").mkdir(exist_ok=True)
        path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path if entry)
        environment = {**os.environ, "PYTHONPATH": path, "HOME": str(place / "home")}
        environment |= {"OPTOSPICE_CACHE": "off", **(variables or {})}
        with open(place / "log", "ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{module}", "--no-dashboard", *options],
                cwd=place / "here",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def process_id(self, name: str) -> int:
        """Process id of the scheduler, or of a worker."""
        return self._processes[name].pid

    def log(self, name: str) -> str:
        """What a process wrote."""
        return (self._folder / name / "log").read_text(errors="replace")

    def files(self, name: str) -> list[Path]:
        """Files that a process left in its folder and its home."""
        place = self._folder / name
        return [file for file in place.rglob("*") if file.is_file() and file != place / "log"]

    def kill(self, name: str) -> None:
        """Kill a process, as a queue or a lack of memory does."""
        process = self._processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
