"""The fitted device as files of its own: a new ``.lib``, a new card, the parameters."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import optospice
from optospice import units
from optospice.calibration.fit import Fit
from optospice.calibration.simulate import rows
from optospice.calibration.statistics import Estimate, Statistics
from optospice.device import Device, read_toml
from optospice.errors import InputError
from optospice.files import make_folder, write_text, writing
from optospice.library import netlist_folders
from optospice.netlist import expand_lines, spice_number, split_comment

REPORTS = ("calibration.md", "calibration.json")
_SHOWN_TARGETS = 12


def prepare(folder: Path, device: Device) -> None:
    """Make sure that nothing is written over, before anything is simulated.

    Raises
    ------
    InputError
        When one of the files is there already, or the folder is the device's own.
    """
    names = (f"{device.name}.lib", f"{device.name}.toml", "parameters.toml", *REPORTS)
    make_folder(folder)
    there = [name for name in names if os.path.lexists(folder / name)]
    if there:
        raise InputError(
            f"{folder}: holds {', '.join(there)}, and a calibration never writes over a device; "
            "accepted: --out with a new or empty folder"
        )


def write_device(fit: Fit, statistics: Statistics, folder: Path) -> list[Path]:
    """Write ``.lib``, card and ``parameters.toml`` of the fitted device.

    Parameters
    ----------
    fit, statistics
        From `calibrate` and `judge_fit`.
    folder : Path
        From `prepare`. As ``./netlists/devices`` it is found before the packaged device.

    Returns
    -------
    list of Path
        The files.
    """
    device, source = fit.problem.device, source_of(fit)
    with writing(folder):
        return [
            write_text(folder / f"{device.name}.lib", library(device, statistics, source)),
            write_text(folder / f"{device.name}.toml", card(device, statistics, source)),
            write_text(folder / "parameters.toml", parameters(device, statistics, source)),
        ]


def source_of(fit: Fit) -> str:
    """Name what the values were fitted to."""
    labels = [row.label for row in rows(fit.problem)]
    more = f" and {len(labels) - _SHOWN_TARGETS} more" if len(labels) > _SHOWN_TARGETS else ""
    return f"optospice calibrate: {', '.join(labels[:_SHOWN_TARGETS])}{more}"


def library(device: Device, statistics: Statistics, source: str) -> str:
    """Give the ``.lib`` with new defaults, its includes in place so that it stands alone."""
    lines = expand_lines(device.file, netlist_folders())
    text = [line.text for line in lines]
    own = [line.place.startswith(f"{device.file}:") for line in lines]
    for index in _header_lines(text, device.name):
        code, comment = split_comment(text[index])
        for estimate in statistics.estimates:
            pattern = rf"(?i)(?<![\w.]){re.escape(estimate.free.name)}\s*=\s*[^\s,]+"
            code = re.sub(pattern, f"{estimate.free.name}={_number(estimate.value)}", code)
        text[index] = code + comment
    for index, line in enumerate(text):
        if own[index] and line.lstrip().startswith("*"):
            for estimate in statistics.estimates:
                line = _table_line(line, estimate, device.defaults[estimate.free.name], source)
            text[index] = line
    names = ", ".join(estimate.free.name for estimate in statistics.estimates)
    head = (
        f"* Fitted by optospice {optospice.__version__} from {device.file.name}: {names}\n"
        f"* {source}\n*\n"
    )
    return head + "".join(f"{line}\n" for line in text)


def card(device: Device, statistics: Statistics, source: str) -> str:
    """Give the card with origin, source and interval of the fitted parameters."""
    import tomli_w

    data = read_toml(device.card_file)
    for estimate in statistics.estimates:
        entry = data["parameters"][estimate.free.name]
        entry["origin"] = "fitted"
        entry["source"] = source
        entry.pop("interval", None)
        if estimate.interval is None:
            entry["source"] += " (which do not identify it)"
        else:
            entry["interval"] = [_quantity(end, estimate) for end in estimate.interval]
    head = f"# Fitted by optospice {optospice.__version__} from {device.card_file.name}.\n\n"
    return head + tomli_w.dumps(data, multiline_strings=True)


def parameters(device: Device, statistics: Statistics, source: str) -> str:
    """Give the fitted values as a ``[parameters]`` table that a scenario takes."""
    import tomli_w

    estimates = statistics.estimates
    data = {
        "device": device.name,
        "source": source,
        "parameters": {e.free.name: _quantity(e.value, e) for e in estimates},
        "intervals": {
            e.free.name: [_quantity(end, e) for end in e.interval]
            for e in estimates
            if e.interval is not None
        },
    }
    return f"# optospice {optospice.__version__}: 68 % intervals.\n\n" + tomli_w.dumps(data)


def _header_lines(text: Sequence[str], name: str) -> list[int]:
    """Give the physical lines of one ``.subckt`` head."""
    found: list[int] = []
    for index, line in enumerate(text):
        code = split_comment(line)[0].strip()
        if found and code and not code.startswith("+"):
            break
        words = code.lower().split()
        if found or (words[:1] == [".subckt"] and words[1:2] == [name.lower()]):
            found.append(index)
    return found


def _table_line(line: str, estimate: Estimate, default: float, source: str) -> str:
    """Replace value, origin and source in the header's table, where it is this parameter's row."""
    match = re.match(
        rf"(?i)(\s*\*\s*{re.escape(estimate.free.name)}\s+)(\S+)(\s+\[[^\]]*\]\s+)"
        r"(published|fitted|assumed)(\s+)\S.*$",
        line,
    )
    if match is None or spice_number(match.group(2)) != default:
        return line
    value = _number(estimate.value).ljust(len(match.group(2)))
    origin = "fitted".ljust(len(match.group(4)))
    return f"{match.group(1)}{value}{match.group(3)}{origin}{match.group(5)}{source}"


def _number(value: float) -> str:
    return f"{value:.6g}"


def _quantity(value: float, estimate: Estimate) -> str | float:
    number = float(_number(value))
    return (
        number if estimate.free.unit == "1" else units.format_quantity(number, estimate.free.unit)
    )
