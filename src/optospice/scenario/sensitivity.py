"""Sensitivity of a scenario's metrics to the keys of its Saltelli design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from optospice.metrics.registry import METRICS
from optospice.metrics.value import MetricValue, missing
from optospice.validation import Value

if TYPE_CHECKING:
    from optospice.scenario.schema import Across
    from optospice.scenario.verdict import Observation

#: Metrics that are taken across all runs of a Saltelli design.
SENSITIVITIES = ("first_order_sensitivity", "total_sensitivity")


def indices_across(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Write the indices that a design asks for as tables of ``[[across]]``.

    Parameters
    ----------
    data : mapping
        Content of a scenario file.

    Returns
    -------
    list of dict
        First-order and total index of every metric in ``design.of`` for every key, named
        ``first_order_sensitivity(METRIC, KEY)``; none for what is no such design.
    """
    design = data.get("design")
    if not isinstance(design, dict) or design.get("kind") != "saltelli":
        return []
    of, ranges = design.get("of", []), design.get("ranges", {})
    if not isinstance(of, list) or not isinstance(ranges, dict):
        return []
    return [
        {"metric": kind, "name": f"{kind}({name}, {key})", "of": name, "over": key}
        for name in of
        if isinstance(name, str)
        for kind in SENSITIVITIES
        for key in ranges
    ]


def take_index(across: Across, observations: Sequence[Observation]) -> MetricValue:
    """Take an index from the runs of a Saltelli design.

    Parameters
    ----------
    across : Across
        Which index, of which metric, over which key.
    observations : sequence of Observation
        All runs of one device, in their order.

    Returns
    -------
    MetricValue
        The index with its standard error; missing where the runs are not all of one design, or
        one of them gave no value.
    """
    keys = saltelli_keys([observation.point for observation in observations])
    if across.over not in keys:
        note = f"needs every run of one Saltelli design over {across.over}, and nothing else varied"
        return missing("1", "", note)
    lacking = sum(across.of not in observation.metrics for observation in observations)
    if lacking:
        return missing("1", "", f"{lacking} of {len(observations)} runs gave no {across.of}")
    values = np.array([observation.metrics[across.of].value for observation in observations])
    return METRICS[across.metric].function(values, keys, across.over)


def saltelli_keys(points: Sequence[Mapping[str, Value]]) -> tuple[str, ...]:
    """Name the keys that a Saltelli sample varies, in its order.

    Parameters
    ----------
    points : sequence of mapping
        Swept keys with their values, run by run. A block of the sample is a point A, then for
        every key A with this key from B, then B.

    Returns
    -------
    tuple of str
        Empty where the points are no such sample.
    """
    if not points:
        return ()
    keys = tuple(key for key in points[0] if any(p[key] != points[0][key] for p in points))
    size = len(keys) + 2
    if not keys or len(points) % size:
        return ()
    for start in range(0, len(points), size):
        first, *mixed, last = points[start : start + size]
        for key, point in zip(keys, mixed, strict=True):
            if any(point[other] != (last if other == key else first)[other] for other in keys):
                return ()
    return keys
