"""From a scenario's table to the experiment that it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from optospice.errors import InputError, close_matches
from optospice.protocols import protocols
from optospice.protocols.base import Experiment
from optospice.scenario.load import set_dotted
from optospice.validation import first_problem


def experiment_kinds(table: str) -> Mapping[str, type[Experiment]]:
    """Give the experiments that a table may name, ``"protocol"`` or ``"controller"``."""
    if table == "controller":
        from optospice.cosim.registry import controllers

        return controllers()
    return protocols()


def build_experiment(
    table: str, data: Mapping[str, Any], changes: Mapping[str, Any], where: str
) -> Experiment:
    """Validate a table with dotted changes applied.

    Parameters
    ----------
    table : str
        ``"protocol"`` or ``"controller"``.
    data : mapping
        What stands in it.
    changes : mapping
        Values of swept keys, ``"protocol.width"``.
    where : str
        File, for messages.

    Raises
    ------
    InputError
        When it does not fit the experiment that it names.
    """
    try:
        merged = set_dotted({table: dict(data)}, changes)[table]
    except InputError as error:
        raise InputError(f"{where}: sweep: {error}") from None
    known, name = experiment_kinds(table), merged.get("name")
    if name is None:
        raise InputError(f"{where}: {table}.name: is missing; accepted: {', '.join(known)}")
    kind = known.get(str(name))
    if kind is None:
        raise InputError(
            f"{where}: {table}.name = {name!r}: there is no such {table}; "
            f"{close_matches(str(name), known)}"
        )
    try:
        return kind.model_validate(merged)
    except ValidationError as error:
        problem = first_problem(error, "", kind).removeprefix(": ")
        raise InputError(f"{where}: {table}.{problem}") from None
