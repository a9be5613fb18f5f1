"""Parts of a store: parquet files that hold blocks of metrics, or of waveforms, row by row."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from optospice.interpolation import FloatArray
from optospice.metrics.column import MetricColumn, Words
from optospice.store.block import MeasuredBlock
from optospice.store.encoding import EncodedBlock

if TYPE_CHECKING:
    import pyarrow

#: Columns of a part of metrics that are none.
_OWN = ("key", "succeeded", "seconds", "message", "outside", "netlist", "idle")
_TEXTS = ("message", "outside", "netlist", "idle")
_ERROR, _SOLVER, _WORDS = " standard error", " solver error", " words"
#: What begins the column of a metric whose own name another column may have.
_OTHER = "metric "
#: Under which a part holds the names of its metrics by their columns.
_NAMES = b"metrics"


def metrics_table(blocks: Mapping[bytes, MeasuredBlock]) -> pyarrow.Table:
    """Join blocks of one set of metrics to a table with a row for each run.

    Parameters
    ----------
    blocks : mapping of bytes to MeasuredBlock
        By key.
    """
    import pyarrow

    names = list(dict.fromkeys(name for block in blocks.values() for name in block.columns))
    columns: dict[str, Any] = {
        "key": [key for key, block in blocks.items() for _ in range(len(block))],
        "succeeded": _chained([block.succeeded for block in blocks.values()]),
        "seconds": _chained([block.seconds for block in blocks.values()]),
        "message": _texts(blocks, "messages", str),
        "outside": _texts(blocks, "outside", json.dumps),
        "netlist": _texts(blocks, "netlists", str),
        "idle": _texts(blocks, "idle", str),
    }
    titles: dict[str, str] = {}
    for name in names:
        values, errors, words, codes = _spread(name, list(blocks.values()))
        column = _column_of(name, len(titles))
        titles[column] = name
        columns[column] = values
        columns[column + _ERROR] = errors
        if any(name in block.errors for block in blocks.values()):
            columns[column + _SOLVER] = _solver_errors(name, list(blocks.values()))
        columns[column + _WORDS] = pyarrow.DictionaryArray.from_arrays(
            pyarrow.array(codes, mask=codes < 0), pyarrow.array(words, pyarrow.string())
        )
    for name in _TEXTS:
        columns[name] = pyarrow.array(columns[name], pyarrow.string())
    columns["key"] = pyarrow.array(columns["key"], pyarrow.binary())
    return pyarrow.table(columns).replace_schema_metadata({_NAMES: json.dumps(titles)})


def _column_of(name: str, place: int) -> str:
    """Give the column of a metric: its name, unless another column may be called so."""
    is_free = name not in _OWN and not name.endswith((_ERROR, _SOLVER, _WORDS))
    return name if is_free and not name.startswith(_OTHER) else f"{_OTHER}{place}"


def _chained(arrays: Sequence[Any]) -> Any:
    return np.concatenate(arrays) if arrays else np.empty(0)


def _texts(blocks: Mapping[bytes, MeasuredBlock], name: str, told: Any) -> list[str | None]:
    found: list[str | None] = []
    for block in blocks.values():
        given = getattr(block, name)
        found += [told(given[row]) if row in given else None for row in range(len(block))]
    return found


def _spread(
    name: str, blocks: Sequence[MeasuredBlock]
) -> tuple[FloatArray, FloatArray, list[str], Any]:
    """Spread a metric over all rows: nan and no words where a run has none."""
    size = sum(map(len, blocks))
    values, errors = np.full(size, math.nan), np.full(size, math.nan)
    codes, places, first = np.full(size, -1, np.int32), dict[str, int](), 0
    for block in blocks:
        rows = first + np.flatnonzero(block.succeeded)
        first += len(block)
        column = block.columns.get(name)
        if column is None:
            continue
        values[rows], errors[rows] = column.values, column.standard_errors
        told = [
            places.setdefault(
                json.dumps([one.unit, one.definition, one.note, one.whole]), len(places)
            )
            for one in column.words
        ]
        codes[rows] = np.array(told, np.int32)[column.codes]
    return values, errors, list(places), codes


def _solver_errors(name: str, blocks: Sequence[MeasuredBlock]) -> FloatArray:
    """Spread the solver's errors of a metric over all rows; nan where nobody asked for them."""
    errors = np.full(sum(map(len, blocks)), math.nan)
    first = 0
    for block in blocks:
        if name in block.errors:
            errors[first + np.flatnonzero(block.succeeded)] = block.errors[name]
        first += len(block)
    return errors


class MetricsPart:
    """A part of metrics that was read.

    Parameters
    ----------
    file : Path
        The parquet file.

    Raises
    ------
    OSError
        When it cannot be read (pyarrow's errors are of this kind, or a ValueError).
    """

    def __init__(self, file: Path) -> None:
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(file, use_threads=False, page_checksum_verification=True)
        self._texts = {
            name: {} if table[name].null_count == len(table) else _given(table[name].to_pylist())
            for name in _TEXTS
        }
        self._succeeded = table["succeeded"].to_numpy()
        self._seconds = table["seconds"].to_numpy()
        self._columns: dict[str, tuple[Any, Any, Any, tuple[Words, ...]]] = {}
        self._errors: dict[str, Any] = {}
        for column, name in json.loads(table.schema.metadata[_NAMES]).items():
            coded = table[column + _WORDS].unify_dictionaries().combine_chunks()
            codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            words = tuple(Words(*json.loads(text)) for text in coded.dictionary.to_pylist())
            self._columns[name] = (
                table[column].to_numpy(),
                table[column + _ERROR].to_numpy(),
                codes.astype(np.int32),
                words,
            )
            if column + _SOLVER in table.column_names:
                self._errors[name] = table[column + _SOLVER].to_numpy()

    def block(self, first: int, count: int) -> MeasuredBlock:
        """Give the block in some rows."""
        rows = slice(first, first + count)
        succeeded = self._succeeded[rows].astype(np.bool_)
        columns = {}
        for name, (values, errors, codes, words) in self._columns.items():
            own = codes[rows][succeeded]
            if own.size and (own >= 0).all():
                used, codes_here = np.unique(own, return_inverse=True)
                columns[name] = MetricColumn(
                    values[rows][succeeded],
                    errors[rows][succeeded],
                    tuple(words[int(code)] for code in used),
                    codes_here.astype(np.int32),
                )
        errors = {n: self._errors[n][rows][succeeded] for n in columns if n in self._errors}
        texts = {
            name: {row: told[first + row] for row in range(count) if first + row in told}
            if told
            else {}
            for name, told in self._texts.items()
        }
        return MeasuredBlock(
            succeeded,
            columns,
            self._seconds[rows],
            texts["message"],
            {row: tuple(json.loads(text)) for row, text in texts["outside"].items()},
            texts["netlist"],
            texts["idle"],
            {name: own for name, own in errors.items() if not np.isnan(own).all()},
        )


def results_table(blocks: Mapping[bytes, EncodedBlock]) -> pyarrow.Table:
    """Join the results of blocks to a table with a row for each block."""
    import pyarrow

    own = blocks.values()
    return pyarrow.table(
        {
            "key": pyarrow.array(list(blocks), pyarrow.binary()),
            "header": pyarrow.array([one.header for one in own], pyarrow.string()),
            "runs": pyarrow.array([one.runs for one in own], pyarrow.int32()),
            "numbers": pyarrow.array(
                [one.numbers for one in own], pyarrow.large_list(pyarrow.float64())
            ),
        }
    )


def _given(texts: Sequence[str | None]) -> dict[int, str]:
    return {row: text for row, text in enumerate(texts) if text is not None}


class ResultsPart:
    """A part of results that was opened.

    Parameters
    ----------
    file : Path
        The parquet file, with a row group for each block.

    Raises
    ------
    OSError, ValueError
        When it cannot be read.
    """

    def __init__(self, file: Path) -> None:
        import pyarrow.parquet

        self._file = pyarrow.parquet.ParquetFile(file, page_checksum_verification=True)

    def result(self, row: int) -> EncodedBlock:
        """Give the results of a block.

        Parameters
        ----------
        row : int
            Its row.
        """
        group = self._file.read_row_group(row)
        numbers = group["numbers"].chunk(0).flatten().to_numpy(zero_copy_only=False)
        return EncodedBlock(group["header"][0].as_py(), numbers, group["runs"][0].as_py())


def file_bytes(table: pyarrow.Table, *, group_rows: int | None = None) -> bytes:
    """Give a table as a parquet file."""
    import pyarrow
    import pyarrow.parquet

    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(
        table,
        sink,
        compression="zstd",
        compression_level=1,
        row_group_size=group_rows,
        write_page_checksum=True,  # a number that has changed on the disk is no result
    )
    return bytes(sink.getvalue())
