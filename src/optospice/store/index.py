"""The index of a store: which part holds which block, in one SQLite file."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

#: Layout of the index; one of another number is begun anew beside it.
LAYOUT = 3
#: How long a command waits for another one that writes to the same store [s].
PATIENCE = 60.0
#: Keys asked for at a time: SQLite takes so many values in one question.
_ASKED = 500
_TABLES = """
CREATE TABLE IF NOT EXISTS parts(
    id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, kind TEXT NOT NULL,
    bytes INTEGER NOT NULL, runs INTEGER NOT NULL, written REAL NOT NULL, used REAL NOT NULL);
CREATE TABLE IF NOT EXISTS blocks(
    kind TEXT NOT NULL, key BLOB NOT NULL, part INTEGER NOT NULL, first INTEGER NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY(kind, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS blocks_of_part ON blocks(part);
CREATE TABLE IF NOT EXISTS libraries(
    place TEXT PRIMARY KEY, version TEXT NOT NULL) WITHOUT ROWID;
"""

#: What a part holds: waveforms and other results of blocks, or metrics of their runs.
PartKind = Literal["results", "metrics"]


@dataclass(frozen=True)
class Place:
    """Where a block is.

    Parameters
    ----------
    part : str
        File name of the part.
    first, count : int
        Its rows in the part.
    """

    part: str
    first: int
    count: int


@dataclass(frozen=True)
class PartInfo:
    """A part as the index knows it: name, kind, size [bytes], runs [1], last use [s since 1970]."""

    name: str
    kind: str
    bytes: int
    runs: int
    used: float


class Index:
    """The SQLite file of a store.

    Parameters
    ----------
    file : Path
        The file; it is made when it is missing.

    Raises
    ------
    sqlite3.Error
        When the file cannot be opened, or is no index.
    """

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, timeout=PATIENCE, isolation_level=None)
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the file for one change, which is made whole or not at all."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            with suppress(sqlite3.Error):  # of a full disk SQLite rolls back by itself
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def find(self, kind: PartKind, keys: Iterable[bytes]) -> dict[bytes, Place]:
        """Find blocks by their keys."""
        found: dict[bytes, Place] = {}
        wanted = list(keys)
        for start in range(0, len(wanted), _ASKED):
            some = wanted[start : start + _ASKED]
            marks = ",".join("?" * len(some))
            rows = self._connection.execute(
                "SELECT blocks.key, parts.name, blocks.first, blocks.count FROM blocks "
                "JOIN parts ON parts.id = blocks.part "
                f"WHERE blocks.kind = ? AND blocks.key IN ({marks})",
                [kind, *some],
            )
            found.update((key, Place(name, first, count)) for key, name, first, count in rows)
        return found

    def add(
        self, name: str, kind: PartKind, size: int, runs: int, blocks: Mapping[bytes, range]
    ) -> None:
        """Enter a part and its blocks; those that are there already stay where they are.

        Parameters
        ----------
        name : str
            File name of the part, which is complete.
        kind : {"results", "metrics"}
            What it holds.
        size : int
            Its size [bytes].
        runs : int
            Runs in it [1].
        blocks : mapping of bytes to range
            Rows of each block by its key.
        """
        now = time.time()
        with self.writing() as change:
            part = change.execute(
                "INSERT INTO parts(name, kind, bytes, runs, written, used) VALUES(?,?,?,?,?,?)",
                (name, kind, size, runs, now, now),
            ).lastrowid
            change.executemany(
                "INSERT OR IGNORE INTO blocks(kind, key, part, first, count) VALUES(?,?,?,?,?)",
                [(kind, key, part, rows.start, len(rows)) for key, rows in blocks.items()],
            )

    def used(self, names: Iterable[str]) -> None:
        """Note that parts have been read."""
        now = time.time()
        with self.writing() as change:
            change.executemany(
                "UPDATE parts SET used = ? WHERE name = ?", [(now, name) for name in names]
            )

    def parts(self) -> list[PartInfo]:
        """Give every part, the one longest unused first."""
        rows = self._connection.execute(
            "SELECT name, kind, bytes, runs, used FROM parts ORDER BY used, id"
        )
        return [PartInfo(*row) for row in rows]

    def forget(self, names: Sequence[str]) -> None:
        """Take parts and their blocks out of the index."""
        with self.writing() as change:
            for name in names:
                change.execute(
                    "DELETE FROM blocks WHERE part = (SELECT id FROM parts WHERE name = ?)", (name,)
                )
                change.execute("DELETE FROM parts WHERE name = ?", (name,))

    def count(self, kind: PartKind) -> int:
        """Count the blocks of a kind."""
        row = self._connection.execute("SELECT count(*) FROM blocks WHERE kind = ?", (kind,))
        return int(row.fetchone()[0])

    def blocks_of(self, name: str) -> dict[bytes, range]:
        """Give the blocks of a part with their rows."""
        rows = self._connection.execute(
            "SELECT key, first, count FROM blocks WHERE part = "
            "(SELECT id FROM parts WHERE name = ?)",
            (name,),
        )
        return {key: range(first, first + count) for key, first, count in rows}

    def version_of(self, place: str) -> str:
        """Version of the ngspice library at a place, as it was noted; empty for an unknown one."""
        row = self._connection.execute(
            "SELECT version FROM libraries WHERE place = ?", (place,)
        ).fetchone()
        return "" if row is None else str(row[0])

    def note_version(self, place: str, version: str) -> None:
        """Note the version of the library at a place."""
        with self.writing() as change:
            change.execute("INSERT OR REPLACE INTO libraries VALUES(?,?)", (place, version))
