"""Golden files: metrics as text that a person can review in a diff, points as parquet beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from optospice.errors import InputError
from optospice.files import remove, write_bytes, write_text, writing
from optospice.library import lies_in, packaged_folder, scenario_folders
from optospice.reading import exists, read_bytes, read_text
from optospice.regression.points import (
    PointsError,
    columns_in,
    columns_of,
    digest_of,
    parquet_of,
    rows_in,
)
from optospice.regression.stored import Golden, GoldenCurve, GoldenDevice, GoldenWaveform

#: Largest file of a golden that is read or written [bytes]; what a person reviews is far smaller.
LARGEST_GOLDEN = 2_000_000
_SUFFIX = ".golden.json"
_POINTS = ".parquet"


def golden_file(scenario_file: Path) -> Path:
    """Give the file that holds the metrics of a scenario's golden.

    It stands beside the scenario. Those of the packaged scenarios stand in ``tests/goldens`` of
    the repository: an installed package is without them.
    """
    home = packaged_folder()
    if not is_installed(scenario_file) and lies_in(scenario_file, [home / "scenarios"]):
        name = scenario_file.resolve().relative_to((home / "scenarios").resolve())
        return (home / "tests" / "goldens" / name).with_suffix(_SUFFIX)
    return scenario_file.with_suffix(_SUFFIX)


def points_file(file: Path) -> Path:
    """Give the file that holds the points of waveforms and curves, beside that of the metrics."""
    return file.with_suffix(_POINTS)


def is_installed(file: Path) -> bool:
    """Whether a file belongs to an installed package, in which there are no goldens."""
    home = packaged_folder()
    return home.name == "_library" and file.resolve().is_relative_to(home.resolve())


def read_golden(file: Path) -> Golden | None:
    """Read a golden; None where there is none.

    Raises
    ------
    InputError
        When one of its files cannot be read, is too large, is no golden, does not belong to the
        other, or is a link that leads out of the scenario folders and that of its scenario.
    """
    if not exists(file):
        return None
    _check_link(file)
    try:
        golden = Golden.model_validate_json(read_text(file, LARGEST_GOLDEN))
        return golden if golden.format == 1 else _with_points(golden, file)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))[:200]
        reason = " ".join(first["msg"].split())[:200]
        raise _no_golden(file, f"{where + ': ' if where else ''}", reason) from None


def _no_golden(file: Path, where: str, reason: str) -> InputError:
    return InputError(
        f"{file}: {where}is not a golden ({reason}); accepted: what "
        "`optospice regress --update NAME` writes"
    )


def _check_link(file: Path) -> None:
    if file.is_symlink() and not lies_in(file, [*scenario_folders(), file.parent]):
        raise InputError(
            f"{file}: a link leads out of the scenario folders; accepted: a file beside its "
            "scenario"
        )


def _with_points(golden: Golden, file: Path) -> Golden:
    """Add the points out of the other file."""
    drawn = list(golden.drawn())
    if any(one.segments for one in drawn):
        raise _no_golden(file, "", "points among the metrics")
    if not drawn:
        return golden.model_copy(update={"points": ""})
    beside = points_file(file)
    if not exists(beside):
        raise InputError(f"{beside}: there is no such file; accepted: the one that was written "
                         f"with {file.name}")  # fmt: skip
    _check_link(beside)
    try:
        columns = columns_in(read_bytes(beside, LARGEST_GOLDEN))
        rows = iter(rows_in(columns, len(drawn)))
    except PointsError as error:
        raise _no_golden(beside, "", str(error)) from None
    if digest_of(columns) != golden.points:
        raise InputError(
            f"{beside}: does not belong to {file.name}; accepted: both as "
            "`optospice regress --update NAME` writes them, once neither is there"
        )

    def filled(one: GoldenWaveform | GoldenCurve) -> Any:
        return type(one).model_validate({**one.model_dump(), "segments": next(rows)})

    devices = {
        name: device.model_copy(
            update={
                "waveforms": tuple(filled(one) for one in device.waveforms),
                "curves": tuple(filled(one) for one in device.curves),
            }
        )
        for name, device in golden.devices.items()
    }
    return golden.model_copy(update={"points": "", "devices": devices})


def write_golden(file: Path, golden: Golden) -> Path:
    """Write both files of a golden whole, or leave what stood there.

    Raises
    ------
    InputError
        When one cannot be written, is too large, or belongs to the installed package.
    """
    if is_installed(file):
        raise InputError(
            f"--update: {file}: belongs to the installed package; accepted: a scenario of your "
            "own, e.g. a copy in ./scenarios"
        )
    text, beside = text_of(golden), points_file(file)
    columns = columns_of(one.segments for one in golden.drawn())
    data = parquet_of(columns) if columns["x"].size else b""
    for one, size in ((file, len(text.encode())), (beside, len(data))):
        if size > LARGEST_GOLDEN:
            raise InputError(
                f"--update: {one}: {size} bytes; accepted: up to {LARGEST_GOLDEN}, a "
                "scenario of fewer runs"
            )
    with writing(file.parent):
        if not data:
            write_text(file, text)
            remove(file.parent, beside.name)
            return file
        before = read_bytes(beside, LARGEST_GOLDEN) if exists(beside) else None
        write_bytes(beside, data)
        try:
            return write_text(file, text)
        except BaseException:  # the metrics that stay keep the points that they came with
            if before is None:
                remove(file.parent, beside.name)
            else:
                write_bytes(beside, before)
            raise


def text_of(golden: Golden) -> str:
    """Write a golden without its points as JSON with one run and one metric per line."""
    return "\n".join(_lines(golden)) + "\n"


def _lines(golden: Golden) -> Iterator[str]:
    columns = columns_of(one.segments for one in golden.drawn())
    yield "{"
    yield ' "format": 2,'
    yield f' "scenario": {json.dumps(golden.scenario)},'
    yield f' "ngspice": {json.dumps(golden.ngspice)},'
    if columns["x"].size:
        yield f' "points": "{digest_of(columns)}",'
    yield ' "devices": {'
    for name, device, end in _ended(golden.devices):
        yield f"  {json.dumps(name)}: {{"
        yield from _device_lines(device)
        yield f"  }}{end}"
    yield " }"
    yield "}"


def _device_lines(device: GoldenDevice) -> Iterator[str]:
    if device.settings:
        yield '   "settings": {'
        for key, text, comma in _ended(device.settings):
            yield f"    {json.dumps(key)}: {json.dumps(text, ensure_ascii=False)}{comma}"
        yield "   },"
    yield '   "runs": {'
    for run, point, comma in _ended(device.runs):
        yield f'    "{run}": {json.dumps(point, ensure_ascii=False)}{comma}'
    for title, table in (("metrics", device.metrics), ("across", device.across)):
        yield "   },"
        yield f'   "{title}": {{'
        for key, metric, comma in _ended(table):
            text = json.dumps({"unit": metric.unit, "values": metric.values})
            yield f"    {json.dumps(key)}: {text}{comma}"
    yield "   },"
    for title, rows in (("waveforms", device.waveforms), ("curves", device.curves)):
        yield f'   "{title}": ['
        for number, one in enumerate(rows, start=1):
            head = one.model_dump(exclude={"segments"})
            yield f"    {json.dumps(head)}{',' * (number < len(rows))}"
        yield f"   ]{',' * (title == 'waveforms')}"


def _ended(table: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    last = len(table) - 1
    for index, (key, value) in enumerate(table.items()):
        yield key, value, "," if index < last else ""
