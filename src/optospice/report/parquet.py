"""Tables as parquet, row group after row group: pandas is not needed and memory stays small."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from optospice.report.coded import Coded, Column
from optospice.report.columns import metric_column, metric_names, unit_of
from optospice.sweep.record import ScenarioResult
from optospice.waveforms import Waveforms

if TYPE_CHECKING:
    import pyarrow

#: Rows of one group [1].
_ROWS = 65_536


def runs_parquet(result: ScenarioResult, columns: Mapping[str, Column]) -> Iterator[bytes]:
    """Write the runs as parquet; metadata of each metric's column hold unit and definition.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.
    columns : mapping of str to sequence
        From `optospice.report.frames.runs_columns`.

    Yields
    ------
    bytes
        Parts of one file.
    """
    definitions: dict[str, str] = {}
    for name in metric_names(result):
        column = metric_column(result, name)
        for words in column.words:
            if words.unit == unit_of(column):
                definitions.setdefault(f"{name} [{words.unit}]", words.definition)
    metadata = {}
    for title in columns:
        unit = title.rpartition("[")[2].rstrip("]") if title.endswith("]") else ""
        notes = {"unit": unit, "definition": definitions.get(title, "")}
        metadata[title] = {key: text for key, text in notes.items() if text}
    return _parquet(columns, metadata, {"scenario": result.loaded.name})


def waveforms_parquet(
    waveforms: Waveforms, run: str, outside: Sequence[str] = ()
) -> Iterator[bytes]:
    """Write waveforms as parquet: time first, the unit in each column's metadata.

    Which limits of the device's valid range the run left stands in the file's metadata.
    """
    columns: dict[str, Any] = {"time": waveforms.time, **waveforms.signals}
    metadata = {name: {"unit": waveforms.units.get(name, "1")} for name in columns}
    metadata["time"] = {"unit": "s"}
    breakpoints = json.dumps([float(time) for time in waveforms.breakpoints])
    about = {"run": run, "breakpoints [s]": breakpoints}
    mark = {"extrapolated": "; ".join(outside)} if outside else {}
    return _parquet(columns, metadata, about | mark)


class _Parts:
    """What a parquet writer needs of a file; what it wrote is taken part by part."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        self._written += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""

    def taken(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def _parquet(
    columns: Mapping[str, Column],
    metadata: Mapping[str, Mapping[str, str]],
    about: Mapping[str, str],
) -> Iterator[bytes]:
    import pyarrow
    import pyarrow.parquet

    kinds = [_kind(values) for values in columns.values()]
    fields = [
        pyarrow.field(name, kind, metadata=metadata.get(name) or None)
        for name, kind in zip(columns, kinds, strict=True)
    ]
    schema = pyarrow.schema(fields, metadata=dict(about))
    size = len(next(iter(columns.values())))
    parts = _Parts()
    with pyarrow.parquet.ParquetWriter(parts, schema, compression="zstd") as writer:
        for start in range(0, max(size, 1), _ROWS):
            arrays = [
                _array(values[start : start + _ROWS], kind)
                for values, kind in zip(columns.values(), kinds, strict=True)
            ]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), _ROWS)
            yield parts.taken()
    yield parts.taken()


def _kind(values: Column) -> Any:
    """Choose the type of a column: text, whole numbers, or numbers."""
    import pyarrow

    if isinstance(values, np.ndarray):
        return pyarrow.int64() if values.dtype.kind == "i" else pyarrow.float64()
    some: Sequence[Any] = values.words if isinstance(values, Coded) else values
    types = {type(value) for value in some if value is not None}
    if types and types <= {str}:
        return pyarrow.string()
    return pyarrow.int64() if types and types <= {int, bool} else pyarrow.float64()


def _array(values: Column, kind: Any) -> pyarrow.Array:
    """Make a column out of buffers: `pyarrow.array` imports pandas, a quarter of a second."""
    import pyarrow

    data: list[Any]
    if kind == pyarrow.string():
        valid = np.array([value is not None for value in values], bool)
        texts = [(value or "").encode() for value in values]
        offsets = np.cumsum([0, *map(len, texts)]).astype(np.int32)
        data = [offsets, b"".join(texts)]
    elif kind == pyarrow.int64():
        if isinstance(values, np.ndarray):
            valid, numbers = np.ones(values.size, bool), np.ascontiguousarray(values, np.int64)
        else:
            valid = np.array([value is not None for value in values], bool)
            numbers = np.array([value or 0 for value in values], np.int64)
        data = [numbers]
    else:
        if not isinstance(values, np.ndarray):
            values = [np.nan if value is None else value for value in values]
        floats = np.ascontiguousarray(values, np.float64)
        valid, data = ~np.isnan(floats), [floats]
    bitmap = None if valid.all() else pyarrow.py_buffer(np.packbits(valid, bitorder="little"))
    buffers = [bitmap, *(pyarrow.py_buffer(part) for part in data)]
    return pyarrow.Array.from_buffers(kind, len(values), buffers)
