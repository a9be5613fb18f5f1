"""Where a Dask scheduler is, and the package that speaks with it."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

from optospice.errors import InputError, echo
from optospice.texts import one_line

_ADDRESS = re.compile(r"((tcp|tls|ws|wss|ucx)://)?([\w.-]+|\[[0-9A-Fa-f:]+\]):\d{1,5}")


def scheduler_address(told: str) -> str:
    """Give the address of a scheduler that ``--dask`` names, or whose file it names.

    Raises
    ------
    InputError
        When it is neither an address nor the JSON file that a scheduler writes.
    """
    if _ADDRESS.fullmatch(told):
        return told if "://" in told else f"tcp://{told}"
    file = Path(told)
    accepted = "accepted: an address such as tcp://host:8786, or the file that a scheduler writes"
    if not file.is_file():
        raise InputError(f"--dask {echo(told)}: no address, and no such file; {accepted}")
    try:
        address = json.loads(file.read_text(encoding="utf-8"))["address"]
    except (OSError, ValueError, LookupError, TypeError):
        raise InputError(f"--dask {one_line(file)}: holds no address; {accepted}") from None
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
        raise InputError(f"--dask {one_line(file)}: address = {echo(address)}; {accepted}")
    return address


def distributed_package() -> ModuleType:
    """Import Dask's package.

    Raises
    ------
    InputError
        When it is not installed.
    """
    try:
        return import_module("distributed")
    except ImportError:
        raise InputError(
            "--dask: the package distributed is missing; pip install 'optospice[cluster]'"
        ) from None
