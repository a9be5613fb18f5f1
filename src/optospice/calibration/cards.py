"""The fitted device as files of its own: a parameter set, and the parameters for a scenario."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import optospice
from optospice import units
from optospice.calibration.fit import Fit
from optospice.calibration.simulate import rows
from optospice.calibration.statistics import Estimate, Statistics
from optospice.device import Device, read_toml
from optospice.errors import InputError
from optospice.files import make_folder, write_text, writing

REPORTS = ("calibration.md", "calibration.json")
_SHOWN_TARGETS = 12


def set_name(device: Device) -> str:
    """Name of the fitted parameter set.

    That of the device where it is a set itself: the new one takes its place. A device with a
    ``.lib`` of its own is the family of the new set, which needs another name.
    """
    return device.name if device.family else f"{device.name}_fitted"


def prepare(folder: Path, device: Device) -> None:
    """Make sure that nothing is written over, before anything is simulated.

    Raises
    ------
    InputError
        When one of the files is there already, or the folder is the device's own.
    """
    names = (f"{set_name(device)}.toml", "parameters.toml", *REPORTS)
    make_folder(folder)
    there = [name for name in names if os.path.lexists(folder / name)]
    if there:
        raise InputError(
            f"{folder}: holds {', '.join(there)}, and a calibration never writes over a device; "
            "accepted: --out with a new or empty folder"
        )


def write_device(fit: Fit, statistics: Statistics, folder: Path) -> list[Path]:
    """Write the parameter set and ``parameters.toml`` of the fitted device.

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
    text = parameter_set(device, statistics, source, claims_of(fit))
    with writing(folder):
        return [
            write_text(folder / f"{set_name(device)}.toml", text),
            write_text(folder / "parameters.toml", parameters(device, statistics, source)),
        ]


#: What a card says of a value that a parameter set says as well.
_PROVENANCE = ("origin", "source", "interval", "fitted_to")


def source_of(fit: Fit) -> str:
    """Name what the values were fitted to."""
    labels = [row.label for row in rows(fit.problem)]
    more = f" and {len(labels) - _SHOWN_TARGETS} more" if len(labels) > _SHOWN_TARGETS else ""
    return f"optospice calibrate: {', '.join(labels[:_SHOWN_TARGETS])}{more}"


def claims_of(fit: Fit) -> list[str]:
    """Give the ids of the claims, or the names of the records, to which values were fitted."""
    return list(dict.fromkeys(row.label for row in rows(fit.problem)))


def parameter_set(
    device: Device, statistics: Statistics, source: str, claims: Sequence[str]
) -> str:
    """Give the parameter set with value, origin, source and interval of what was fitted.

    Parameters
    ----------
    device : Device
        What was fitted.
    statistics : Statistics
        The values with their intervals.
    source : str
        To what, in words.
    claims : sequence of str
        Ids of the claims that were used: all of them for every value, as they were fitted at once.
    """
    import tomli_w

    data = read_toml(device.card_file) if device.family else _set_of(device)
    left = [name for name in data.get("family_defaults", ()) if name not in _fitted(statistics)]
    if "family_defaults" in data:
        data["family_defaults"] = left
    for estimate in statistics.estimates:
        entry = data["values"].setdefault(estimate.free.name, {})
        entry.pop("interval", None)
        entry |= {
            "value": _quantity(estimate.value, estimate), "origin": "fitted", "source": source,
            "fitted_to": list(claims),
        }  # fmt: skip
        if estimate.interval is None:
            entry["source"] += " (which do not identify it)"
        else:
            entry["interval"] = [_quantity(end, estimate) for end in estimate.interval]
    head = f"# Fitted by optospice {optospice.__version__} from {device.card_file.name}.\n\n"
    return head + tomli_w.dumps(data, multiline_strings=True)


def _fitted(statistics: Statistics) -> list[str]:
    return [estimate.free.name for estimate in statistics.estimates]


def _set_of(device: Device) -> dict[str, Any]:
    """Give a device with a ``.lib`` of its own as a parameter set of the family that it is."""
    card = read_toml(device.card_file)
    values: dict[str, dict[str, Any]] = {}
    for name, parameter in device.card.parameters.items():
        own, number = card["parameters"][name], device.defaults[name]
        plain = parameter.unit == "1"
        values[name] = {"value": number if plain else units.format_quantity(number, parameter.unit)}
        values[name] |= {key: own[key] for key in _PROVENANCE if key in own}
    kept = ("title", "description", "citations", "valid")
    return {
        "family": device.name,
        **{key: card[key] for key in kept if key in card},
        "values": values,
    }


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


def _number(value: float) -> str:
    return f"{value:.6g}"


def _quantity(value: float, estimate: Estimate) -> str | float:
    number = float(_number(value))
    return (
        number if estimate.free.unit == "1" else units.format_quantity(number, estimate.free.unit)
    )
