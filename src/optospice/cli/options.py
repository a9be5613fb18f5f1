"""Options that several commands have."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from optospice.ngspice.pool import Pool
    from optospice.store.store import Store
    from optospice.sweep.dask_executor import DaskExecutor

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
Dask = Annotated[
    str | None,
    typer.Option(
        "--dask",
        metavar="ADDRESS",
        help="Simulate on a Dask cluster: tcp://host:8786, or the file of its scheduler.",
    ),
]
ShardOption = Annotated[
    str | None,
    typer.Option(
        "--shard",
        metavar="I/N",
        help="Compute only this share, such as 2/16, into the store; no results folder.",
    ),
]


def open_store(folder: Path | None, no_cache: bool) -> Store | None:
    """Open the store of results that the options name; None for none.

    A store that nobody named and that cannot be used costs a sentence, and not the command.

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
    try:
        return None if chosen is None else Store(chosen)
    except InputError as error:
        if folder is not None:
            raise
        print(f"optospice: {error}; this command stores nothing", file=sys.stderr)
        return None


def open_executor(workers: int, dask: str | None) -> Pool | DaskExecutor:
    """Give what simulates: processes of this machine, or a cluster.

    Raises
    ------
    InputError
        When both are asked for, or the cluster's address is none.
    """
    from optospice.errors import InputError
    from optospice.ngspice.pool import Pool

    if dask is None:
        return Pool(workers=workers, preload="optospice.sweep.task")
    if workers:
        raise InputError("--dask and --workers: give one of the two; the cluster has its own")
    import logging

    from optospice.sweep.dask_executor import DaskExecutor

    executor = DaskExecutor(dask)
    for name in ("distributed", "distributed.client", "tornado", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # the command says it in a sentence
    return executor
