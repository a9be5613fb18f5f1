"""The points of a golden as parquet: one row per point, of every waveform and curve.

The file holds plain numbers, neither compressed nor encoded otherwise: nothing that is read
from a stranger's file takes more memory than the file is long.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from optospice.regression.stored import Point

if TYPE_CHECKING:
    import pyarrow

#: Stretches of points of one waveform or curve.
Segments = Sequence[Sequence[Point]]
_COLUMNS = {"series": "int32", "segment": "int32", "x": "double", "y": "double", "corner": "bool"}
_PHYSICAL = ("INT32", "INT32", "DOUBLE", "DOUBLE", "BOOLEAN")
#: More row groups than this are no golden's: it is written as one [1].
_MOST_GROUPS = 1
#: Longest texts and lists in the head of a file [bytes, 1].
_LONGEST_TEXT, _LONGEST_LIST = 10_000, 1000


class PointsError(ValueError):
    """A file of points that is none."""


def columns_of(rows: Iterable[Segments]) -> dict[str, np.ndarray[Any, Any]]:
    """Give the points as columns.

    Parameters
    ----------
    rows : iterable of stretches of points
        One per waveform or curve, in order.

    Returns
    -------
    dict of str to ndarray
        ``series`` counts the waveforms and curves from 0, ``segment`` the stretches of each;
        ``x`` and ``y`` are place and value in SI units, ``corner`` says where the slope may
        jump.
    """
    flat = [
        (number, place, point[0], point[1], len(point) > 2)
        for number, segments in enumerate(rows)
        for place, segment in enumerate(segments)
        for point in segment
    ]
    kinds = {"int32": np.int32, "double": np.float64, "bool": np.bool_}
    return {
        name: np.array([row[i] for row in flat], kinds[kind])
        for i, (name, kind) in enumerate(_COLUMNS.items())
    }


def digest_of(columns: dict[str, np.ndarray[Any, Any]]) -> str:
    """Give the SHA-256 of the numbers, which no version of a library changes."""
    digest = hashlib.sha256()
    for values in columns.values():
        digest.update(values.astype(values.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()


def parquet_of(columns: dict[str, np.ndarray[Any, Any]]) -> bytes:
    """Write columns of points as parquet."""
    import pyarrow
    import pyarrow.parquet

    arrays = [_array(values) for values in columns.values()]
    fields = [
        pyarrow.field(name, array.type, nullable=False)
        for name, array in zip(columns, arrays, strict=True)
    ]
    table = pyarrow.Table.from_arrays(arrays, schema=pyarrow.schema(fields))
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(
        table, buffer, row_group_size=max(1, table.num_rows), compression="none",
        use_dictionary=False, write_statistics=False, store_schema=False,
    )  # fmt: skip
    return buffer.getvalue()


def _array(values: np.ndarray[Any, Any]) -> pyarrow.Array:
    """Make a column out of a buffer: `pyarrow.array` imports pandas, a quarter of a second."""
    import pyarrow

    kinds = {"i": pyarrow.int32(), "f": pyarrow.float64(), "b": pyarrow.bool_()}
    data = np.packbits(values, bitorder="little") if values.dtype.kind == "b" else values
    buffers = [None, pyarrow.py_buffer(np.ascontiguousarray(data))]
    return pyarrow.Array.from_buffers(kinds[values.dtype.kind], len(values), buffers)


def columns_in(data: bytes) -> dict[str, np.ndarray[Any, Any]]:
    """Read columns of points from parquet that anybody wrote.

    Raises
    ------
    PointsError
        When it is no such file, or would take more memory than it is long.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(
            io.BytesIO(data), memory_map=False, pre_buffer=False,
            thrift_string_size_limit=_LONGEST_TEXT, thrift_container_size_limit=_LONGEST_LIST,
        )  # fmt: skip
        _check(file.metadata, len(data))
        table = file.read(use_threads=False)
        columns = {name: _numbers(table.column(name)) for name in _COLUMNS}
    except (pyarrow.ArrowException, OSError, ValueError, KeyError, MemoryError) as error:
        raise PointsError(" ".join(str(error).split())[:200]) from None
    if not all(np.isfinite(columns[name]).all() for name in ("x", "y")):
        raise PointsError("a number that is not finite")
    return columns


def _check(about: Any, size: int) -> None:
    """Refuse what is not plain, before a single value is read."""
    names = [about.schema.column(i).name for i in range(min(about.num_columns, 10))]
    if about.num_columns != len(_COLUMNS) or names != list(_COLUMNS):
        raise PointsError(f"columns {', '.join(names)[:100]}; accepted: {', '.join(_COLUMNS)}")
    if about.num_row_groups > _MOST_GROUPS or about.num_rows * 16 > size:
        raise PointsError("it says to hold more than it is long")
    for number in range(about.num_row_groups):
        group = about.row_group(number)
        for place, physical in enumerate(_PHYSICAL):
            column, leaf = group.column(place), about.schema.column(place)
            plain = set(column.encodings) <= {"PLAIN", "RLE"} and not column.has_dictionary_page
            if not plain or column.compression != "UNCOMPRESSED":
                raise PointsError(
                    f"{names[place]} is compressed or encoded; accepted: plain numbers"
                )
            if leaf.physical_type != physical or leaf.max_repetition_level:
                raise PointsError(f"{names[place]} is {leaf.physical_type}; accepted: {physical}")
            if column.num_values != about.num_rows or leaf.max_definition_level:
                raise PointsError(f"{names[place]} has empty cells")


def _numbers(column: pyarrow.ChunkedArray) -> np.ndarray[Any, Any]:
    """Give a column as numbers out of its buffers, without pandas."""
    parts = []
    for chunk in column.chunks:
        kind, buffer = str(chunk.type), chunk.buffers()[1]
        if kind == "bool":
            bits = np.unpackbits(np.frombuffer(buffer, np.uint8), bitorder="little")
            values = bits.astype(np.bool_)
        else:
            values = np.frombuffer(buffer, {"int32": np.int32, "double": np.float64}[kind])
        parts.append(values[chunk.offset : chunk.offset + len(chunk)])
    return np.concatenate(parts) if parts else np.empty(0)


def rows_in(columns: dict[str, np.ndarray[Any, Any]], count: int) -> list[Segments]:
    """Give the points of every waveform and curve.

    Parameters
    ----------
    columns : dict of str to ndarray
        What `columns_of` gives.
    count : int
        How many waveforms and curves there are.

    Raises
    ------
    PointsError
        When they are not those, one after the other.
    """
    series, segment = columns["series"], columns["segment"]
    ends = np.flatnonzero((np.diff(series) != 0) | (np.diff(segment) != 0)) + 1
    starts = [0, *ends.tolist()] if series.size else []
    stops = [*starts[1:], series.size]
    rows: list[list[Sequence[Point]]] = [[] for _ in range(count)]
    for at, (start, stop) in enumerate(zip(starts, stops, strict=False)):
        number, place = int(series[start]), int(segment[start])
        later = at == 0 or number >= series[start - 1]
        if not 0 <= number < count or place != len(rows[number]) or not later:
            raise PointsError(f"row {start}: series {number}, segment {place} is out of order")
        rows[number].append(_points(columns, start, stop))
    if not all(rows):
        raise PointsError(f"series {rows.index([])} is missing; accepted: 0 to {count - 1}")
    return list(rows)


def _points(columns: dict[str, np.ndarray[Any, Any]], start: int, stop: int) -> list[Point]:
    x, y = columns["x"][start:stop].tolist(), columns["y"][start:stop].tolist()
    corners = columns["corner"][start:stop].tolist()
    return [
        (a, b, "corner") if corner else (a, b) for a, b, corner in zip(x, y, corners, strict=True)
    ]
