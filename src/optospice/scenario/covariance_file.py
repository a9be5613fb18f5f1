"""The covariance of a fit, from the report of `optospice calibrate` into a scenario."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from optospice.errors import InputError, close_matches, echo
from optospice.library import lies_in
from optospice.reading import read_text


def with_covariance(data: Mapping[str, Any], scenario_file: Path) -> Mapping[str, Any]:
    """Put the covariance of a file in the place of its name, so that the scenario is whole.

    Parameters
    ----------
    data : mapping
        Content of a scenario file.
    scenario_file : Path
        The scenario, in whose folder the file lies.

    Returns
    -------
    mapping
        The content with ``parameters`` and ``covariance`` instead of
        ``monte_carlo.correlated.file``; the same where there is none.

    Raises
    ------
    InputError
        When the file is not there, is no report of a fit, or does not identify a parameter.
    """
    block = data.get("monte_carlo")
    correlated = block.get("correlated") if isinstance(block, Mapping) else None
    if not isinstance(block, Mapping) or not isinstance(correlated, Mapping):
        return data
    name, names = correlated.get("file"), correlated.get("parameters", [])
    is_read = isinstance(name, str) and isinstance(names, list)
    if not is_read or set(correlated) - {"file", "parameters"}:
        return data  # the schema says what is wrong with it
    names, covariance = _read(str(name), names, scenario_file)
    whole = {"parameters": names, "covariance": covariance}
    return {**data, "monte_carlo": {**block, "correlated": whole}}


def _read(
    name: str, names: Sequence[Any], scenario_file: Path
) -> tuple[list[str], list[list[float]]]:
    where = f"{scenario_file}: monte_carlo.correlated.file = {echo(name)}"
    folder = scenario_file.parent
    if "\0" in name or Path(name).is_absolute() or not lies_in(folder / name, [folder]):
        raise InputError(f"{where}: accepted: a file in the folder of the scenario")
    try:
        text = read_text(folder / name)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    try:
        report = json.loads(text)
        fitted = {one["name"]: one["relative_uncertainty"] for one in report["parameters"]}
        rows = [[float(number) for number in row] for row in report["correlations"]]
        identified = {one["name"]: one["identified"] for one in report["parameters"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(
            f"{where}: is no report of a fit; accepted: calibration.json of optospice calibrate"
        ) from None
    order = list(fitted)
    if len(rows) != len(order) or any(len(row) != len(order) for row in rows):
        raise InputError(f"{where}: accepted: as many correlations as parameters")
    chosen = [str(one) for one in names] or order
    for one in chosen:
        if one not in fitted:
            raise InputError(f"{where}: {one!r} was not fitted; {close_matches(one, order)}")
        if not isinstance(fitted[one], (int, float)) or not identified[one]:
            raise InputError(
                f"{where}: the fit does not identify {one!r}, so that it says no spread; accepted: "
                "parameters = [...] without it"
            )
    places = [order.index(one) for one in chosen]
    return chosen, [
        [rows[i][j] * fitted[order[i]] * fitted[order[j]] for j in places] for i in places
    ]
