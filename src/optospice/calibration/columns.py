"""The block of numbers in a CSV, under whatever header its instrument wrote."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from optospice.errors import InputError
from optospice.netlist import physical_lines
from optospice.reading import read_text
from optospice.stimulus import FloatArray

#: Largest record that is read [bytes].
LARGEST_RECORD = 400_000_000
#: Most lines of a record, most columns, and longest name of a column [1].
MOST_LINES = 2_000_000
_MOST_COLUMNS = 1000
_LONGEST_NAME = 200
_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_DELIMITERS = ("\t", ";", ",", None)


def read_columns(file: Path) -> tuple[list[str], FloatArray]:
    """Find the first block of numbers under a row of names; what stands above is the header.

    Parameters
    ----------
    file : Path
        A text file.

    Returns
    -------
    names : list of str
        Names of the columns, or their numbers from 1 where they have none.
    numbers : ndarray, shape (rows, columns)
        The numbers; nan where a cell holds none.

    Raises
    ------
    InputError
        When there are none, or the record has too many lines or columns.
    """
    text = read_text(file, LARGEST_RECORD).removeprefix("\ufeff")
    ends = sum(map(text.count, _LINE_ENDS)) - text.count("\r\n")
    count = ends + (bool(text) and text[-1] not in _LINE_ENDS)
    if count > MOST_LINES:
        raise InputError(f"{file}: {count} lines; accepted: up to {MOST_LINES}")
    lines = physical_lines(text)
    for delimiter in _DELIMITERS:
        if delimiter is not None and delimiter not in text:
            continue
        first, width, numbers = _longest_block(lines, delimiter)
        if not width:
            continue
        if width > _MOST_COLUMNS:
            raise InputError(f"{file}: too many columns; accepted: up to {_MOST_COLUMNS}")
        above = _split(lines[first - 1], delimiter) if first else []
        named = len(above) == width and all(math.isnan(_number(c, delimiter)) for c in above)
        names = above if named else [str(n) for n in range(1, width + 1)]
        longest = max(map(len, names))
        if longest > _LONGEST_NAME:
            raise InputError(
                f"{file}: the name of a column has {longest} characters; "
                f"accepted: up to {_LONGEST_NAME}"
            )
        return names, np.frombuffer(numbers).reshape(-1, width)
    raise InputError(f"{file}: has no data rows; accepted: columns of numbers under their names")


def _longest_block(lines: Sequence[str], delimiter: str | None) -> tuple[int, int, array[float]]:
    """Give first line, width and numbers of the longest run of rows of numbers.

    A row holds two or more numbers; the rows of a run, two at least, have the same number of
    cells. Only numbers are kept while it reads: a record may have millions of rows.
    """
    best: tuple[int, int, array[float]] = (0, 0, array("d"))
    longest = 1
    start, width, numbers = 0, 0, array("d")
    for index, line in enumerate(lines):
        row: list[float] = []
        if delimiter is None or delimiter in line:
            row = [_number(cell, delimiter) for cell in _split(line, delimiter)]
        fits = sum(number == number for number in row) >= 2
        if not fits or len(row) != width:
            if width and index - start > longest:
                longest, best = index - start, (start, width, numbers)
            start, width, numbers = index, len(row) if fits else 0, array("d")
        if fits:
            numbers.extend(row)
    if width and len(lines) - start > longest:
        best = (start, width, numbers)
    return best


def _split(line: str, delimiter: str | None) -> list[str]:
    """Split a line into cells; what stands behind the most that are accepted stays one cell."""
    cells = line.split(delimiter, _MOST_COLUMNS)
    return [cell.strip().strip('"').strip() for cell in cells]


def _number(cell: str, delimiter: str | None) -> float:
    text = cell.replace(",", ".") if delimiter != "," and "." not in cell else cell
    try:
        return float(text)
    except ValueError:
        return math.nan
