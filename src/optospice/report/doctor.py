"""What this machine has: for `optospice doctor`."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path

from optospice import __version__
from optospice.device import list_devices
from optospice.errors import InputError, SimulationError
from optospice.library import netlist_folders, scenario_folders
from optospice.ngspice.installation import (
    INSTALL_HINT,
    VARIABLE,
    find_installation,
    program_version,
)
from optospice.ngspice.pool import Pool
from optospice.scenario.load import list_scenarios

_PYSPICE_VARIABLE = "NGSPICE_LIBRARY_PATH"
_PACKAGES = ("numpy", "scipy", "pandas", "matplotlib", "PySpice", "pydantic", "pint", "pyarrow")


def examine() -> tuple[list[str], bool]:
    """Look at everything that optospice needs.

    Returns
    -------
    findings : list of str
        One line each.
    sound : bool
        Whether simulations can run.
    """
    findings = [
        f"optospice {__version__} in {os.path.dirname(os.path.dirname(__file__))}",
        f"Python {platform.python_version()} ({sys.executable}), {platform.platform()}",
        "packages: " + ", ".join(f"{name} {_version_of(name)}" for name in _PACKAGES),
    ]
    chosen = os.environ.get(VARIABLE)
    findings.append(f"{VARIABLE}: {chosen or 'not set, the system’s ngspice is used'}")
    sound = True
    try:
        installation = find_installation()
        with Pool(workers=1, installation=installation) as pool:
            findings.append(f"ngspice library: version {pool.version}, {installation.library}")
        if installation.program is None:
            findings.append(f"ngspice program: missing (needed for `ngspice -b`); {INSTALL_HINT}")
        else:
            version = program_version(installation.program)
            findings.append(f"ngspice program: version {version}, {installation.program}")
        findings.append(f"PySpice's own simulator: {_pyspice(installation.library)}")
    except (InputError, SimulationError) as error:
        findings.append(f"ngspice: {error}")
        sound = False
    findings.append("netlists: " + ", ".join(map(str, netlist_folders())))
    findings.append("scenarios: " + ", ".join(map(str, scenario_folders())))
    findings.append(f"{len(list_devices())} devices, {len(list_scenarios())} scenarios")
    findings.append("everything that is needed is there" if sound else "simulations cannot run")
    return findings, sound


def _pyspice(library: Path) -> str:
    """Say whether PySpice by itself finds the library, which only its development package names."""
    wanted = os.environ.get(_PYSPICE_VARIABLE) or "libngspice.so"
    loads = subprocess.run(
        [sys.executable, "-c", "import ctypes, sys; ctypes.CDLL(sys.argv[1])", wanted],
        capture_output=True,
        timeout=20,
        check=False,
    )
    if loads.returncode == 0:
        return f"finds {wanted}"
    return (
        f"does not find {wanted!r}, and optospice does without; to use it: "
        f"export {_PYSPICE_VARIABLE}={library}"
    )


def _version_of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "missing"
