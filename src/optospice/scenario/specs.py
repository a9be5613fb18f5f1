"""Specifications: limits of a metric that every corner and every draw has to keep."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationError, model_validator

from optospice import units
from optospice.metrics.value import MetricValue
from optospice.validation import StrictModel, Value

if TYPE_CHECKING:
    from optospice.scenario.schema import Target
    from optospice.scenario.verdict import Observation


class Spec(StrictModel):
    """Limits of a metric, held at every corner and in every draw.

    Parameters
    ----------
    metric : str
        Metric of a run.
    id : str
        Short name; the metric's by default.
    min, max : str or number, optional
        Limits that no run may leave.
    typ, tolerance : str or number, optional
        What the typical corner gives (of draws the median), and how near.
    where : mapping, optional
        Which runs: swept keys with their values; all by default.
    source : str
        Where the limits come from.
    note : str
        How they are meant.
    """

    metric: Annotated[str, Field(min_length=1)]
    id: str = ""
    min: Value | None = None
    typ: Value | None = None
    max: Value | None = None
    tolerance: Value | None = None
    where: dict[str, Value] = {}
    source: Annotated[str, Field(min_length=1)] = "specification"
    note: str = ""

    @model_validator(mode="after")
    def _has_limits(self) -> Spec:
        if self.min is None and self.typ is None and self.max is None:
            raise ValueError("a spec has at least one of min, typ, max")
        if (self.typ is None) != (self.tolerance is None):
            raise ValueError("typ and tolerance belong together")
        if self.min is not None and self.max is not None:
            try:
                number, unit = units.split_unit(str(self.max))
                crossed = units.parse(str(self.min), unit) > number
            except units.UnitsError:
                crossed = False  # what is wrong with them is said where the metric's unit is known
            if crossed:
                raise ValueError(
                    f"min = {self.min!r}, max = {self.max!r}: accepted: a min that is not above max"
                )
        return self


def spec_targets(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Write every ``[[spec]]`` of a scenario as claims of kind ``own``.

    Parameters
    ----------
    data : mapping
        Content of a scenario file.

    Returns
    -------
    list of dict
        Tables as in ``[[targets]]``; none for what is no spec, which its own check refuses.
    """
    found: list[dict[str, Any]] = []
    corners = data.get("corners")
    typical = {
        key: corner["typ"]
        for key, corner in (corners if isinstance(corners, dict) else {}).items()
        if isinstance(corner, dict) and "typ" in corner
    }
    entries = data.get("spec")
    for entry in entries if isinstance(entries, list) else ():
        try:
            spec = Spec.model_validate(entry)
        except ValidationError:
            continue
        common = {"metric": spec.metric, "kind": "own", "source": spec.source, "note": spec.note}
        name = spec.id or spec.metric
        for limit, bound in (("min", "at_least"), ("max", "at_most")):
            if (value := getattr(spec, limit)) is not None:
                claim = {bound: value, "every": True, "where": spec.where}
                found.append({"id": f"{name} {limit}", **claim, **common})
        if spec.typ is not None:
            claim = {"published": spec.typ, "tolerance": spec.tolerance}
            where = {**typical, **spec.where}
            found.append({"id": f"{name} typ", **claim, "where": where, **common})
    return found


def claim_place(specs: Sequence[Spec], targets: int, index: int) -> str:
    """Name the table in which a claim was written.

    Parameters
    ----------
    specs : sequence of Spec
        All specs of a scenario, whose claims come after all others.
    targets : int
        Number of its claims [1].
    index : int
        Which of them.
    """
    counts = [sum(one is not None for one in (s.min, s.typ, s.max)) for s in specs]
    rest = index - (targets - sum(counts))
    if rest < 0:
        return f"targets[{index}]"
    for place, count in enumerate(counts):
        if rest < count:
            return f"spec[{place}]"
        rest -= count
    raise IndexError(index)


def worst_run(
    target: Target, observations: Sequence[Observation]
) -> tuple[MetricValue, str] | None:
    """Find the run that breaks a bound most, or comes nearest to breaking it.

    Parameters
    ----------
    target : Target
        The bound.
    observations : sequence of Observation
        Runs that it is about.

    Returns
    -------
    value : MetricValue
        What that run gave. A run whose metric is missing breaks the bound most.
    text : str
        How many break it, and which run is the worst: its corner, its draw and its number.

    None where no run gave the metric.
    """
    found = [
        (place, one.metrics[target.metric])
        for place, one in enumerate(observations)
        if target.metric in one.metrics
    ]
    if not found:
        return None
    sign = 1.0 if target.at_most is not None else -1.0

    def badness(value: MetricValue) -> float:
        return math.inf if value.is_missing else sign * value.value

    place, worst = max(found, key=lambda one: badness(one[1]))
    limit = sign * units.parse(target.claimed, worst.unit)
    broken = sum(badness(value) > limit for _, value in found)
    parts = [f"{key} = {value}" for key, value in observations[place].point.items()]
    alike = [n for n, one in enumerate(observations) if one.point == observations[place].point]
    if len(alike) > 1:
        parts.append(f"draw {alike.index(place)} of {len(alike)}")
    if observations[place].run:
        parts.append(f"run {observations[place].run}")
    return worst, f"{broken} of {len(found)} runs break it, the worst is {', '.join(parts)}"
