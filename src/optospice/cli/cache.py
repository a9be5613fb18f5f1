"""`optospice cache`: what the store of results holds, and how to move or empty it."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optospice.cli.console import console
from optospice.cli.options import AsJson, CacheFolder
from optospice.errors import InputError
from optospice.texts import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optospice.store.store import Store

app = typer.Typer(
    no_args_is_help=True, help="Show, empty, copy or fill the store of computed results."
)

Other = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the other store.")]


@app.command()
def info(cache: CacheFolder = None, json: AsJson = False) -> None:
    """Say where the store is, what it holds and how large it is."""
    with _opened(cache) as store:
        parts = store.parts()
        told = {
            "folder": str(store.folder),
            "bytes": sum(part.bytes for part in parts),
            "parts": len(parts),
            "measured_blocks": store.count("metrics"),
            "measured_runs": sum(part.runs for part in parts if part.kind == "metrics"),
            "waveform_blocks": store.count("results"),
            "waveform_runs": sum(part.runs for part in parts if part.kind == "results"),
            "waveform_bytes": sum(part.bytes for part in parts if part.kind == "results"),
            "largest_waveform_bytes": store.largest,
        }
    if json:
        import json as json_module

        print(json_module.dumps(told, indent=2))
        return
    show = console().print
    show(f"store      {told['folder']}", soft_wrap=True, markup=False, highlight=False)
    show(f"size       {_size(told['bytes'])} in {told['parts']:,} parts", highlight=False)
    show(
        f"metrics    {told['measured_runs']:,} runs in {told['measured_blocks']:,} blocks",
        highlight=False,
    )
    show(
        f"waveforms  {told['waveform_runs']:,} runs in {told['waveform_blocks']:,} blocks, "
        f"{_size(told['waveform_bytes'])} of {_size(told['largest_waveform_bytes'])}",
        highlight=False,
    )


@app.command()
def clear(
    cache: CacheFolder = None,
    waveforms: Annotated[
        bool, typer.Option("--waveforms", help="The waveforms only; what was measured stays.")
    ] = False,
) -> None:
    """Delete what the store holds."""
    with _opened(cache) as store:
        gone = [part for part in store.parts() if part.kind == "results" or not waveforms]
        store.clear([part.name for part in gone])
    size = _size(sum(part.bytes for part in gone))
    console().print(f"{size} in {len(gone):,} parts deleted", highlight=False)


@app.command()
def export(folder: Other, cache: CacheFolder = None) -> None:
    """Copy the store into a folder that another machine can merge."""
    from optospice.store.store import Store

    with _opened(cache) as store, _opened(folder) as other:
        assert isinstance(other, Store)
        _told(other.merge(store), folder)


@app.command()
def merge(folder: Other, cache: CacheFolder = None) -> None:
    """Take what another store holds and this one lacks, such as that of a cluster's job."""
    if not folder.is_dir():
        raise InputError(f"{one_line(folder)}: there is no such folder; accepted: that of a store")
    with _opened(cache) as store, _opened(folder) as other:
        _told(store.merge(other), store.folder)


@contextmanager
def _opened(folder: Path | None) -> Iterator[Store]:
    """Open a store; what the disk refuses is one sentence."""
    from optospice.store.store import VARIABLE, Store, default_folder

    chosen = folder or default_folder()
    if chosen is None:
        raise InputError(f"{VARIABLE}: the store is switched off; accepted: a folder, or --cache")
    try:
        with Store(chosen) as store:
            yield store
    except (OSError, sqlite3.Error) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise InputError(f"{one_line(chosen)}: {reason}") from None


def _told(blocks: int, folder: Path) -> None:
    console().print(
        f"{blocks:,} blocks taken into {one_line(folder)}", soft_wrap=True, markup=False,
        highlight=False,
    )  # fmt: skip


def _size(count: object) -> str:
    size = float(str(count))
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return ""
