"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from optospice.store.store import Store

Scenarios = Annotated[list[str], typer.Argument(metavar="SCENARIO", help="Names or TOML files.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document only.")]
Workers = Annotated[int, typer.Option(min=0, help="Simulator processes; 0: one per processor.")]
CacheFolder = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        metavar="DIR",
        help="Store of results; OPTOSPICE_CACHE or ~/.cache/optospice by default.",
    ),
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Compute everything anew and store nothing.")
]


def open_store(folder: Path | None, no_cache: bool) -> Store | None:
    """Open the store of results that the options name; None for none.

    Raises
    ------
    InputError
        When both options are given, or the folder that was named cannot be used.
    """
    from optospice.errors import InputError
    from optospice.store.store import Store, default_folder

    if no_cache:
        if folder is not None:
            raise InputError("--cache and --no-cache: give one of the two")
        return None
    chosen = folder or default_folder()
    return None if chosen is None else Store(chosen)
