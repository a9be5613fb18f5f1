"""Measured waveforms: a CSV of time and current, whatever instrument wrote it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, ValidationError

from optospice import units
from optospice.calibration.columns import read_columns
from optospice.calibration.scale import Scale, noise, read_scale
from optospice.device import read_toml
from optospice.errors import InputError, close_matches
from optospice.stimulus import FloatArray
from optospice.validation import StrictModel, first_problem

#: Instruments write about 9.9e37 where they have no reading.
_NO_READING = 1e20
_UNIT_IN_NAME = re.compile(r"(?:[(\[]\s*([^()\[\]]+?)\s*[)\]]|/\s*([^/\s]+))\s*$")
_NAMES = {
    "time": (("time", "t"), ("time",)),
    "current": (("current", "i", "ai", "id", "i1", "reading"), ("current",)),
}


class ColumnMapping(StrictModel):
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
    scale : Scale, optional
        Standard deviation of the current: ``"0.5 nA"``, ``"1 %"`` or ``"1 % + 0.5 nA"``;
        estimated from the record when left out.
    scenario, run : str, optional
        Which scenario and run the record belongs to.
    """

    time: str | int | None = None
    time_unit: str | None = None
    current: str | int | None = None
    current_unit: str | None = None
    sign: Literal[1, -1] = 1
    start: units.Time = 0.0
    scale: Annotated[Scale, BeforeValidator(read_scale)] | None = None
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
    scale : ndarray, shape (n,)
        Scale of the residuals, the standard deviation of the current [A].
    reading : str
        Columns, units and scale in words.
    """

    file: Path
    mapping: ColumnMapping
    time: FloatArray
    current: FloatArray
    scale: FloatArray
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
        text = _unquoted(text)
        number = re.fullmatch(r"[+-]?\d+", text)
        data[key] = int(text) if number and key in ("time", "current", "sign") else text
    try:
        return ColumnMapping.model_validate(data)
    except ValidationError as error:
        raise InputError(first_problem(error, where, ColumnMapping)) from None


def _unquoted(text: str) -> str:
    """Read text in quotes as TOML does, as ``--set`` reads it; other text is taken as it is."""
    if text[:1] not in ("'", '"'):
        return text
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return value if isinstance(value, str) else text


def read_measurement(file: Path, mapping: ColumnMapping) -> Measurement:
    """Read a measured waveform.

    Raises
    ------
    InputError
        When a column, a unit or the data are not there, or time does not increase.
    """
    names, numbers = read_columns(file)
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
        found[kind] = numbers[:, index] * factor, f"{names[index]!r} in {written}"
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
        scale, how = Scale(0.0, noise(current)), "estimated from the record"
    each = scale.of(current)
    if not each.min() > 0:
        raise InputError(f"{file}: scale: cannot be taken from a record of zeros; accepted: '1 nA'")
    reading = (
        f"time: {found['time'][1]}; current: {found['current'][1]}, sign {mapping.sign:+d}; "
        f"{time.size} points, scale {_spelled(scale, each)} ({how})"
    )
    return Measurement(file, mapping, time, current, each, reading)


def _spelled(scale: Scale, each: FloatArray) -> str:
    if not scale.relative:
        return units.format_human(scale.absolute, "A")
    least, most = (units.format_human(float(end), "A") for end in (each.min(), each.max()))
    return f"{100 * scale.relative:g} % of the current, {least} to {most}"


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
