"""Finding ngspice: the shared library and the program."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from optospice.errors import InputError

#: Environment variable that selects an installation: its prefix folder or its library file.
VARIABLE = "OPTOSPICE_NGSPICE"
INSTALL_HINT = "apt-get install ngspice libngspice0"


@dataclass(frozen=True)
class Installation:
    """One ngspice on this machine.

    Parameters
    ----------
    library : Path
        The shared library ``libngspice.so.0``.
    program : Path or None
        The program ``ngspice`` of the same installation, when there is one.
    """

    library: Path
    program: Path | None


def find_installation(chosen: str | None = None) -> Installation:
    """Find ngspice: as `chosen` or ``OPTOSPICE_NGSPICE`` says, else the system's own.

    Parameters
    ----------
    chosen : str, optional
        Prefix folder or library file; what the environment variable holds by default.

    Raises
    ------
    InputError
        When it is missing; the message says how to install it.
    """
    return _find(os.environ.get(VARIABLE, "") if chosen is None else chosen)


@lru_cache(maxsize=8)
def _find(chosen: str) -> Installation:
    return _chosen(Path(chosen)) if chosen else _system()


def _chosen(path: Path) -> Installation:
    if path.is_file() and path.name.startswith("libngspice"):
        prefix = next((p for p in path.parents if (p / "bin" / "ngspice").is_file()), None)
        return Installation(path.resolve(), prefix / "bin" / "ngspice" if prefix else None)
    if path.is_dir():
        libraries = sorted(path.glob("**/libngspice.so*"))
        if libraries:
            program = next((p for p in sorted(path.glob("**/bin/ngspice")) if p.is_file()), None)
            return Installation(libraries[0].resolve(), program)
    raise InputError(
        f"{VARIABLE} = {str(path)!r}: holds no libngspice; accepted: a folder with "
        "lib/…/libngspice.so.0 (and bin/ngspice), or that library file"
    )


def _system() -> Installation:
    program = shutil.which("ngspice")
    patterns = ("lib/*/libngspice.so.0", "lib/libngspice.so.0", "lib64/libngspice.so.0")
    for root in (Path("/usr"), Path("/usr/local")):
        for pattern in patterns:
            for file in sorted(root.glob(pattern)):
                return Installation(file, Path(program) if program else None)
    name = ctypes.util.find_library("ngspice")
    if name is not None:
        return Installation(Path(name), Path(program) if program else None)
    raise InputError(f"ngspice's shared library is not installed; run: {INSTALL_HINT}")


@lru_cache(maxsize=8)
def program_version(program: Path) -> str:
    """Version of the ngspice program, e.g. ``"39"``; ``"unknown"`` when it does not say."""
    answer = subprocess.run(
        [str(program), "--version"], capture_output=True, text=True, timeout=20, check=False
    )
    words = answer.stdout.split()
    found = (word.removeprefix("ngspice-") for word in words if word.startswith("ngspice-"))
    return next(found, "unknown")
