"""Measured waveforms: a CSV of time and current, whatever instrument wrote it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import ValidationError

from optospice import units
from optospice.device import read_toml
from optospice.errors import InputError, close_matches
from optospice.netlist import physical_lines, read_text
from optospice.protocols.base import Options
from optospice.stimulus import FloatArray
from optospice.validation import first_problem

#: Instruments write about 9.9e37 where they have no reading.
_NO_READING = 1e20
#: Smallest scale of a residual, as a fraction of the peak: the simulation is not better [1].
SMALLEST_SCALE = 1e-4
#: Most lines of a record, most columns, and longest name of a column [1].
MOST_LINES = 500_000
_MOST_COLUMNS = 1000
_LONGEST_NAME = 200
_DELIMITERS = ("\t", ";", ",", None)
_UNIT_IN_NAME = re.compile(r"(?:[(\[]\s*([^()\[\]]+?)\s*[)\]]|/\s*([^/\s]+))\s*$")
_NAMES = {
    "time": (("time", "t"), ("time",)),
    "current": (("current", "i", "ai", "id", "i1", "reading"), ("current",)),
}


class ColumnMapping(Options):
    """What a ``[measurement]`` table says of a CSV file.

    Parameters
    ----------
    time, current : str or int, optional
        Column by its name or number (from 1); found by its name when left out.
    time_unit, current_unit : str, optional
        Units; read from the column's name, else s and A.
    sign : {1, -1}
        -1 where the instrument counts current out of the drive terminal.
    start : float
        Time of the record at which the scenario begins [s].
    scale : float, optional
        Standard deviation of the current [A]; estimated from the record when left out.
    scenario, run : str, optional
        Which scenario and run the record belongs to.
    """

    time: str | int | None = None
    time_unit: str | None = None
    current: str | int | None = None
    current_unit: str | None = None
    sign: Literal[1, -1] = 1
    start: units.Time = 0.0
    scale: units.Current | None = None
    scenario: str | None = None
    run: str | None = None


@dataclass(frozen=True, eq=False)
class Measurement:
    """A measured current.

    Parameters
    ----------
    file : Path
        Where it comes from.
    mapping : ColumnMapping
        How it was read.
    time, current : ndarray, shape (n,)
        Time from the beginning of the scenario [s] and current into the drive terminal [A].
    scale : float
        Scale of the residuals [A].
    reading : str
        Columns, units and scale in words.
    """

    file: Path
    mapping: ColumnMapping
    time: FloatArray
    current: FloatArray
    scale: float
    reading: str


def read_mapping(file: Path, settings: Sequence[str] = ()) -> ColumnMapping:
    """Read the ``[measurement]`` table beside a CSV (same name, ``.toml``), then ``KEY=VALUE``.

    Raises
    ------
    InputError
        For an unknown key or a value that does not fit.
    """
    beside = file.with_suffix(".toml")
    data: dict[str, object] = {}
    where = str(file)
    if beside.is_file():
        table = read_toml(beside).get("measurement")
        if not isinstance(table, dict):
            raise InputError(f"{beside}: accepted: a table [measurement]")
        data, where = dict(table), f"{beside}: measurement"
    for setting in settings:
        key, equals, text = (part.strip() for part in setting.partition("="))
        if not equals or key not in ColumnMapping.model_fields:
            raise InputError(
                f"--map {setting!r}: accepted: KEY=VALUE; "
                + close_matches(key, ColumnMapping.model_fields)
            )
        number = re.fullmatch(r"[+-]?\d+", text)
        data[key] = int(text) if number and key in ("time", "current", "sign") else text
    try:
        return ColumnMapping.model_validate(data)
    except ValidationError as error:
        raise InputError(first_problem(error, where, ColumnMapping)) from None


def read_measurement(file: Path, mapping: ColumnMapping) -> Measurement:
    """Read a measured waveform.

    Raises
    ------
    InputError
        When a column, a unit or the data are not there, or time does not increase.
    """
    names, rows = _table(file)
    found = {}
    for kind, unit, given, given_unit in (
        ("time", "s", mapping.time, mapping.time_unit),
        ("current", "A", mapping.current, mapping.current_unit),
    ):
        index = _column(file, names, kind, given)
        written = given_unit or _unit_of(names[index], unit) or unit
        try:
            factor = units.convert(1.0, written, unit)
        except units.UnitsError as error:
            raise InputError(f"{file}: {kind}_unit = {written!r}: {error}") from None
        column = np.array([row[index] if index < len(row) else math.nan for row in rows])
        found[kind] = column * factor, f"{names[index]!r} in {written}"
    time, current = found["time"][0] - mapping.start, found["current"][0] * mapping.sign
    whole = np.isfinite(time) & np.isfinite(current) & (np.abs(current) < _NO_READING)
    time, current = time[whole], current[whole]
    if time.size < 2:
        raise InputError(f"{file}: has no data rows in {found['time'][1]}, {found['current'][1]}")
    back = np.flatnonzero(np.diff(time) <= 0)
    if back.size:
        row = int(back[0])
        raise InputError(
            f"{file}: time does not increase: {time[row + 1] + mapping.start:g} s follows "
            f"{time[row] + mapping.start:g} s; accepted: one record with increasing times"
        )
    scale, how = mapping.scale, "as given"
    if scale is None:
        scale, how = noise(current), "estimated from the record"
    if not scale > 0:
        raise InputError(f"{file}: scale = {scale:g} A: must be above 0 A")
    reading = (
        f"time: {found['time'][1]}; current: {found['current'][1]}, sign {mapping.sign:+d}; "
        f"{time.size} points, scale {units.format_human(scale, 'A')} ({how})"
    )
    return Measurement(file, mapping, time, current, scale, reading)


def noise(current: FloatArray) -> float:
    """Estimate the standard deviation of a record from its second differences.

    The median leaves edges out; what is smooth cancels. At least 1e-4 of the peak.
    """
    least = SMALLEST_SCALE * float(np.abs(current).max())
    if current.size < 5:
        return max(least, 0.01 * float(np.abs(current).max()))
    second = np.diff(current, 2)
    # 1.4826: median to sigma of a normal distribution; 6 = 1 + 4 + 1, weights of the difference
    return max(least, 1.4826 * float(np.median(np.abs(second))) / math.sqrt(6))


def _table(file: Path) -> tuple[list[str], list[list[float]]]:
    """Find the first block of numbers under a row of names; what stands above is the header."""
    text = read_text(file).removeprefix("\ufeff")
    lines = physical_lines(text)
    if len(lines) > MOST_LINES:
        raise InputError(f"{file}: {len(lines)} lines; accepted: up to {MOST_LINES}")
    for delimiter in _DELIMITERS:
        if delimiter is not None and delimiter not in text:
            continue
        rows = [_split(line, delimiter) for line in lines]
        numbers = [[_number(cell, delimiter) for cell in row] for row in rows]
        block = _block(rows, numbers)
        if block is not None:
            first, last = block
            width = len(rows[first])
            if width > _MOST_COLUMNS:
                raise InputError(f"{file}: {width} columns; accepted: up to {_MOST_COLUMNS}")
            above = rows[first - 1] if first else []
            named = len(above) == width and all(map(math.isnan, numbers[first - 1]))
            names = above if named else [str(n) for n in range(1, width + 1)]
            if max(map(len, names)) > _LONGEST_NAME:
                raise InputError(
                    f"{file}: the name of a column has {max(map(len, names))} characters; "
                    f"accepted: up to {_LONGEST_NAME}"
                )
            return names, numbers[first:last]
    raise InputError(f"{file}: has no data rows; accepted: columns of numbers under their names")


def _block(rows: list[list[str]], numbers: list[list[float]]) -> tuple[int, int] | None:
    """Give the longest run of rows with two or more numbers and the same number of cells."""
    best: tuple[int, int] | None = None
    start = 0
    for end in range(len(rows) + 1):
        fits = end < len(rows) and sum(not math.isnan(n) for n in numbers[end]) >= 2
        if fits and end > start and len(rows[end]) == len(rows[start]):
            continue
        if end - start >= 2 and (best is None or end - start > best[1] - best[0]):
            best = (start, end)
        start = end if fits else end + 1
    return best


def _split(line: str, delimiter: str | None) -> list[str]:
    return [cell.strip().strip('"').strip() for cell in line.split(delimiter)]


def _number(cell: str, delimiter: str | None) -> float:
    text = cell.replace(",", ".") if delimiter != "," and "." not in cell else cell
    try:
        return float(text)
    except ValueError:
        return math.nan


def _plain(name: str) -> str:
    return _UNIT_IN_NAME.sub("", name).strip().lower()


def _unit_of(name: str, unit: str) -> str | None:
    match = _UNIT_IN_NAME.search(name)
    if match is None:
        return None
    text = match.group(1) or match.group(2)
    try:
        units.convert(1.0, text, unit)
    except units.UnitsError:
        return None
    return text


def _column(file: Path, names: list[str], kind: str, given: str | int | None) -> int:
    columns = ", ".join(repr(name) for name in names)
    if isinstance(given, int):
        if not 1 <= given <= len(names):
            raise InputError(f"{file}: {kind} = {given}: there are the columns 1 to {len(names)}")
        return given - 1
    if given is not None:
        chosen = [n for n, name in enumerate(names) if given.strip() == name]
        chosen = chosen or [n for n, name in enumerate(names) if given.lower() == _plain(name)]
        if not chosen:
            raise InputError(
                f"{file}: {kind} = {given!r}: there is no such column; accepted: {columns}"
            )
        return chosen[0]
    exact, part = _NAMES[kind]
    chosen = [n for n, name in enumerate(names) if _plain(name) in exact]
    chosen = chosen or [n for n, name in enumerate(names) if any(p in name.lower() for p in part)]
    if not chosen and all(name.isdigit() for name in names):  # no names: time first
        chosen = [0 if kind == "time" else 1]
    if len(chosen) != 1:
        problem = "is not clear" if chosen else "is not found"
        raise InputError(
            f"{file}: the {kind} column {problem}; accepted: {kind} = one of {columns}"
        )
    return chosen[0]


def settings_table(mapping: ColumnMapping) -> Mapping[str, object]:
    """Give a mapping as plain data, for the report."""
    return mapping.model_dump(mode="json", exclude_none=True)
