"""What is known of every run, from the columns of a result, without making any of the runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from optospice import units
from optospice.device import Device
from optospice.interpolation import FloatArray
from optospice.report.coded import Coded, Codes, RunColumns
from optospice.scenario.runs import Runs
from optospice.sweep.records import Records


def by_columns(records: Records, runs: Runs) -> RunColumns:
    """Collect what is known of the runs of a scenario.

    Parameters
    ----------
    records : Records
        What came of the runs.
    runs : Runs
        The runs; none of them says which limits it leaves by itself.
    """
    draws = runs.draws
    places = np.arange(0, len(runs), draws)
    devices: dict[str, Device] = {}
    numbers: dict[str, int] = {}
    which, points = np.zeros(places.size, np.int32), []
    for number, place in enumerate(places.tolist()):
        device, point = runs.point_at(place)
        devices.setdefault(device.name, device)
        which[number] = numbers.setdefault(device.name, len(numbers))
        points.append(point)
    keys = dict.fromkeys(key for point in points for key in point)
    swept = {key: Coded.of(point.get(key) for point in points) for key in keys}
    own = np.repeat(which, draws)
    drawn: list[int | None] = [None] * len(runs)
    if runs.are_drawn:
        drawn = np.tile(np.arange(draws), places.size).tolist()
    return RunColumns(
        [runs.id_at(place) for place in range(len(runs))],
        Coded.of(records.statuses),
        _sparse(records.messages, "", len(runs)),
        _sparse({n: records.outside_at(n) for n in records.extrapolated()}, (), len(runs)),
        records.seconds,
        np.repeat(_temperatures(runs, swept, places.size), draws),
        drawn,
        tuple(devices.values()),
        own,
        {key: Coded(one.words, np.repeat(one.codes, draws)) for key, one in swept.items()},
        _changed(runs, own, len(devices)),
        records.kept,
    )


def _sparse(given: Mapping[int, Any], usual: Any, runs: int) -> Coded:
    """Code values that few runs have."""
    places: dict[Any, int] = {usual: 0}
    codes: Codes = np.zeros(runs, np.int32)
    for place, value in given.items():
        codes[place] = places.setdefault(value, len(places))
    return Coded(tuple(places), codes)


def _temperatures(runs: Runs, swept: Mapping[str, Coded], points: int) -> FloatArray:
    """Give the temperature of every point [K]."""
    column = swept.get("temperature")
    if column is None:
        return np.full(points, runs[0].temperature)
    kelvin = np.array([units.parse(word, "K") for word in column.words])
    found: FloatArray = kelvin[column.codes]
    return found


def _changed(runs: Runs, which: Codes, devices: int) -> dict[str, FloatArray]:
    """Give the parameters that the runs give, device by device, in the card's units."""
    found: dict[str, FloatArray] = {}
    for device in range(devices):
        places = np.flatnonzero(which == device)
        names: Sequence[str]
        names, matrix = runs.parameter_matrix(places)
        for name, values in zip(names, matrix.T, strict=True):
            found.setdefault(name, np.full(which.size, np.nan))[places] = values
    return found
