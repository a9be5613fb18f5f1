"""The store: blocks of runs that have been simulated, and what was measured in them.

Blocks are collected and written as parts: parquet files that take their names when they are
complete, and are then entered in an SQLite index. A part that the index does not know was left by
a process that was killed; it is removed. Several commands may use one store at a time: each
writes parts of its own, and of two equal blocks the first one counts.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from optospice.errors import InputError
from optospice.ngspice.installation import Installation
from optospice.store.block import MeasuredBlock
from optospice.store.encoding import EncodedBlock
from optospice.store.index import LAYOUT, Index, PartInfo, PartKind, Place
from optospice.texts import one_line

#: Environment variable that names the folder of the store, or says ``off``.
VARIABLE = "OPTOSPICE_CACHE"
#: Largest sum of the stored waveforms; of more, those longest unused go [bytes].
LARGEST = 10_000_000_000
#: Results are written when so much has come together [bytes], or after so long [s]; of a long
#: command also after a share of its time, so that its parts do not become very many [1].
_FLUSHED_BYTES, _FLUSHED_SECONDS, _FLUSHED_SHARE = 64_000_000, 0.5, 0.02
#: A part that the index does not know is left by a killed process when it is older [s].
_ORPHAN_AGE = 3600.0
#: Parts of metrics that are kept in memory while blocks are looked up [1].
_OPEN_PARTS = 8


def default_folder() -> Path | None:
    """Give the folder of the user's store; None where it is switched off."""
    chosen = os.environ.get(VARIABLE, "")
    if chosen.lower() in ("off", "none", "0"):
        return None
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "optospice"


class Store:
    """Blocks on disk.

    Parameters
    ----------
    folder : Path
        Its folder; it is made when it is missing.
    largest : int
        Largest sum of the stored waveforms [bytes].

    Attributes
    ----------
    largest : int
        Largest sum of the stored waveforms [bytes].
    problem : str
        Why nothing is stored any more; empty as long as everything is.

    Raises
    ------
    InputError
        When the folder cannot be used.
    """

    def __init__(self, folder: Path, largest: int = LARGEST) -> None:
        self.folder = folder
        self.problem = ""
        self.largest = largest
        self._results: dict[bytes, EncodedBlock] = {}
        self._metrics: dict[bytes, MeasuredBlock] = {}
        self._bytes = 0
        self._begun = self._flushed = time.monotonic()
        self._open: dict[str, Any] = {}
        self._read: set[str] = set()
        try:
            self._parts = folder / f"parts-{LAYOUT}"
            self._parts.mkdir(parents=True, exist_ok=True)
            self._index = Index(folder / f"index-{LAYOUT}.sqlite")
            self._remove_orphans()
        except (OSError, sqlite3.Error) as error:
            raise InputError(
                f"{one_line(folder)}: the store of results cannot be used ({_reason(error)}); "
                f"accepted: another folder by --cache or {VARIABLE}, or --no-cache"
            ) from None

    def __enter__(self) -> Store:
        """Use it until the block ends."""
        return self

    def __exit__(self, *error: object) -> None:
        """Write what is left and close the index."""
        self.flush()
        with contextlib.suppress(sqlite3.Error):
            if self._read and not self.problem:
                self._index.used(self._read)
        self._index.close()

    # What is there

    def measured(self, keys: Iterable[bytes]) -> Iterator[tuple[bytes, MeasuredBlock]]:
        """Give the metrics that are stored under some keys, part by part."""
        from optospice.store.parts import MetricsPart

        for name, places in self._by_part("metrics", keys).items():
            part = self._opened(name, MetricsPart)
            if part is None:
                continue
            for key, place in places:
                yield key, part.block(place.first, place.count)

    def known(self, keys: Iterable[bytes]) -> set[bytes]:
        """Say under which keys metrics are stored."""
        return set(self._index.find("metrics", keys))

    def result(self, key: bytes) -> EncodedBlock | None:
        """Give the waveforms of a block, or the results of its analysis; None for an unknown one.

        Parameters
        ----------
        key : bytes
            Of the block.
        """
        from optospice.store.parts import ResultsPart

        for name, places in self._by_part("results", [key]).items():
            part = self._opened(name, ResultsPart)
            if part is not None:
                with contextlib.suppress(OSError, ValueError, KeyError):
                    found: EncodedBlock = part.result(places[0][1].first)
                    return found
                self._lost(name)
        return None

    def _by_part(
        self, kind: PartKind, keys: Iterable[bytes]
    ) -> Mapping[str, Sequence[tuple[bytes, Place]]]:
        found: dict[str, list[tuple[bytes, Place]]] = {}
        try:
            places = self._index.find(kind, keys)
        except sqlite3.Error as error:
            self._broken(error)
            return found
        for key, place in places.items():
            found.setdefault(place.part, []).append((key, place))
        return found

    def _broken(self, error: Exception) -> None:
        self.problem = self.problem or (
            f"{one_line(self.folder)}: results are no longer stored ({_reason(error)}); "
            "those stored so far are kept"
        )

    def _opened(self, name: str, kind: Any) -> Any:
        """Open a part; one that cannot be read is forgotten, so that it is computed anew."""
        if name not in self._open:
            while len(self._open) >= _OPEN_PARTS:
                self._open.pop(next(iter(self._open)))
            try:
                self._open[name] = kind(self._parts / name)
            except (OSError, ValueError, KeyError):
                self._lost(name)
                return None
            self._read.add(name)
        return self._open[name]

    def _lost(self, name: str) -> None:
        self._open.pop(name, None)
        with contextlib.suppress(sqlite3.Error):
            self._index.forget([name])

    # What is added

    def put(
        self, key: bytes, results: EncodedBlock | None, measured: Mapping[bytes, MeasuredBlock]
    ) -> None:
        """Take a block: both of it are written, or nothing.

        Parameters
        ----------
        key : bytes
            Of the block.
        results : EncodedBlock or None
            Its waveforms, or the results of its analysis, where they are kept.
        measured : mapping of bytes to MeasuredBlock
            What was measured in it.
        """
        if results is not None:
            self._results[key] = results
            self._bytes += results.numbers.nbytes
        self._metrics.update(measured)
        self._bytes += sum(200 * len(one) for one in measured.values())
        self._flush_in_time()

    def _flush_in_time(self) -> None:
        now = time.monotonic()
        patience = max(_FLUSHED_SECONDS, _FLUSHED_SHARE * (now - self._begun))
        if now - self._flushed > patience or self._bytes > _FLUSHED_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what has come together; where that is refused, `problem` says why."""
        results, metrics = self._results, self._metrics
        self._results, self._metrics, self._bytes = {}, {}, 0
        if self.problem or not (results or metrics):
            return
        from optospice.store.parts import file_bytes, metrics_table, results_table

        try:
            if results:
                content = file_bytes(results_table(results), group_rows=1)
                rows = {key: range(row, row + 1) for row, key in enumerate(results)}
                self._add("results", content, rows, sum(one.runs for one in results.values()))
                self._make_room()
            for blocks in _alike(metrics):
                first, rows = 0, {}
                for key, block in blocks.items():
                    rows[key] = range(first, first + len(block))
                    first += len(block)
                self._add("metrics", file_bytes(metrics_table(blocks)), rows, first)
        except (OSError, sqlite3.Error) as error:
            self._broken(error)
        self._flushed = time.monotonic()

    def _add(self, kind: PartKind, content: bytes, rows: Mapping[bytes, range], runs: int) -> None:
        name = f"{kind}-{secrets.token_hex(8)}.parquet"
        part = self._parts / f".{name}.part"
        try:
            part.write_bytes(content)
            os.replace(part, self._parts / name)
            self._index.add(name, kind, len(content), runs, rows)
        except BaseException:
            for file in (part, self._parts / name):
                with contextlib.suppress(OSError):
                    file.unlink(missing_ok=True)
            raise

    def _make_room(self) -> None:
        parts = [part for part in self._index.parts() if part.kind == "results"]
        left = sum(part.bytes for part in parts)
        gone = []
        for part in parts:
            if left <= self.largest:
                break
            gone.append(part.name)
            left -= part.bytes
        self._delete(gone)

    def _delete(self, names: Sequence[str]) -> None:
        if names:
            self._index.forget(names)
        for name in names:
            self._open.pop(name, None)
            (self._parts / name).unlink(missing_ok=True)

    def _remove_orphans(self) -> None:
        known = {part.name for part in self._index.parts()}
        before = time.time() - _ORPHAN_AGE
        for file in self._parts.iterdir():
            with contextlib.suppress(OSError):
                if file.name not in known and file.stat().st_mtime < before:
                    file.unlink()

    # What a user asks of it

    def parts(self) -> list[PartInfo]:
        """Give every part, the one longest unused first."""
        return self._index.parts()

    def part_file(self, name: str) -> Path:
        """Give the file of a part."""
        return self._parts / name

    def count(self, kind: PartKind) -> int:
        """Count the blocks of a kind."""
        return self._index.count(kind)

    def clear(self, names: Iterable[str] | None = None) -> None:
        """Delete some parts, or all.

        Raises
        ------
        OSError, sqlite3.Error
            When they cannot be deleted.
        """
        self._delete([part.name for part in self.parts()] if names is None else list(names))

    def merge(self, other: Store) -> int:
        """Take the blocks of another store that this one lacks.

        Parameters
        ----------
        other : Store
            Where they come from; it stays as it is.

        Returns
        -------
        int
            Number of blocks taken [1].

        Raises
        ------
        OSError, sqlite3.Error
            When a part cannot be read or written.
        """
        taken = 0
        for part in other.parts():
            kind: PartKind = "results" if part.kind == "results" else "metrics"
            rows = other._index.blocks_of(part.name)
            known = self._index.find(kind, rows)
            if rows.keys() - known.keys():
                self._add(kind, other.part_file(part.name).read_bytes(), rows, part.runs)
                taken += len(rows.keys() - known.keys())
        return taken

    def version_of(self, installation: Installation) -> str:
        """Version of an ngspice library that was asked before; empty for an unknown one."""
        return self._index.version_of(_identity(installation))

    def note_version(self, installation: Installation, version: str) -> None:
        """Keep the version of an ngspice library, so that it need not be loaded to be known."""
        with contextlib.suppress(sqlite3.Error):
            self._index.note_version(_identity(installation), version)


def _alike(metrics: Mapping[bytes, MeasuredBlock]) -> list[dict[bytes, MeasuredBlock]]:
    """Sort blocks by the metrics that they have: a part holds one set of them."""
    groups: dict[tuple[str, ...], dict[bytes, MeasuredBlock]] = {}
    for key, block in metrics.items():
        groups.setdefault(tuple(block.columns), {})[key] = block
    return list(groups.values())


def _identity(installation: Installation) -> str:
    file = installation.library.resolve()
    seen = file.stat()
    return f"{file}:{seen.st_size}:{seen.st_mtime_ns}"


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
