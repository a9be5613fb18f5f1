"""Points of a sweep: which runs a target names, however their values are written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from optospice import units
from optospice.validation import Value

if TYPE_CHECKING:
    from optospice.scenario.verdict import Observation


def matches(point: Mapping[str, Value], where: Mapping[str, Value]) -> bool:
    """Whether a run's swept values are those that a target names."""
    return all(key in point and same_value(point[key], value) for key, value in where.items())


def same_value(first: Value, second: Value) -> bool:
    """Whether two values are the same, however they are written (``"1 s"``, ``"1000 ms"``)."""
    return first == second or _same_number(first, second) or _same_number(second, first)


def _same_number(first: Value, second: Value) -> bool:
    try:
        number, unit = units.split_unit(str(first))
        other = units.parse(second, unit)
    except units.UnitsError:
        return False
    return math.isclose(number, other, rel_tol=1e-9)


def by_point(observations: Sequence[Observation]) -> list[list[Observation]]:
    """Part runs by their points, in order: the draws of each point together."""
    points: dict[tuple[Value, ...], list[Observation]] = {}
    for one in observations:
        points.setdefault(tuple(one.point.values()), []).append(one)
    return list(points.values())
