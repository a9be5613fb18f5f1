"""What a scenario file may say."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from optospice import units
from optospice.accuracy import PROFILES
from optospice.assembly import CircuitTable
from optospice.errors import close_matches
from optospice.scenario.alternatives import Alternative
from optospice.scenario.conflicts import Conflict
from optospice.scenario.evidence import ClaimKind
from optospice.scenario.keep import KeepText
from optospice.scenario.monte_carlo import MonteCarlo, Statistic
from optospice.scenario.sensitivity import indices_across
from optospice.scenario.specs import Spec, claim_place, spec_targets
from optospice.scenario.statistic_names import check_names
from optospice.scenario.variation import (
    MOST_CORNER_KEYS,
    MOST_RUNS_WITH_YES,
    SURROUNDINGS,
    Corner,
    Design,
    Range,
    SweptValues,
    check_counts,
    check_once,
    check_sweepable,
    corner_count,
    count_of,
)
from optospice.validation import StrictModel, Value

#: Forms of a claim, of which a target has exactly one.
CLAIM_FORMS = ("published", "shape", "at_least", "at_most")

#: Longest time-out of one run [s].
LONGEST_TIMEOUT = 86_400.0
#: Tables whose keys a sweep may vary, where they stand in the scenario itself.
_TABLES_WITH_KEYS = ("parameters", "protocol", "controller", *SURROUNDINGS)


class Across(StrictModel):
    """A metric taken across the runs of a sweep, e.g. a fit over the interval.

    Parameters
    ----------
    metric : str
        Name of the metric, e.g. ``"paired_pulse_relaxation_time"``.
    name : str
        Name for targets and tables where one metric is taken twice; that of the metric
        by default.
    of : str
        Metric of each run that it takes.
    over : str
        Swept key against which it takes it.
    definition : str, optional
        Its named definition.
    """

    metric: str
    name: str = ""
    of: str
    over: str
    definition: str | None = None


class Target(StrictModel):
    """A number, bound or shape that the simulation is held against.

    Parameters
    ----------
    id : str
        Short name, unique in the scenario.
    metric : str
        Metric of a run, or one taken across the runs.
    where : mapping, optional
        Which run: swept keys with their values.
    published : str or number, optional
        The published value with its unit.
    tolerance : str or number, optional
        ``"5 %"`` of the published value, ``"1 point"`` for a metric in per cent, or an
        absolute amount such as ``"2 nA"``.
    shape : {"increasing", "decreasing", "constant"}, optional
        Published behaviour over a swept key, instead of a number.
    over : str, optional
        The swept key of the shape. Numbers stand in their own order, whatever the order in
        which they were written.
    order : list of str or number, optional
        Order of the values of `over` where they are names, the first one first.
    at_least, at_most : str or number, optional
        A published bound, instead of a number.
    every : bool
        Whether a bound holds in every run that the claim is about, every draw included: the run
        that comes nearest to breaking it, or breaks it most, is the one that is shown.
    yield_at_least : str or number, optional
        Share of the draws of a Monte Carlo block that has to meet the claim [1]; without it the
        median of the draws does.
    devices : list of str, optional
        Devices to which the claim applies, where it is not one about the paper's device.
    kind : {"own", "printed", "digitised", "derived", "reading"}
        What the claim is: a check of our own, a number that the paper prints, one read off its
        figure, one that follows from printed ones, or a reading (a bound, a shape) of its words.
        They are counted apart; nothing is called printed that does not say so.
    of_absence : bool
        Whether the claim is that nothing happens. Any other claim is *not applicable* to a run
        without pulses, light or response.
    source : str
        Figure, equation or text.
    note : str
        How the paper was read, where it can be read in more than one way.
    alternatives : list of Alternative
        The readings that were not chosen; ``optospice run NAME --alternatives`` tries them.
    """

    id: Annotated[str, Field(min_length=1)]
    metric: str
    where: dict[str, Value] = {}
    published: Value | None = None
    tolerance: Value | None = None
    shape: Literal["increasing", "decreasing", "constant"] | None = None
    over: str | None = None
    order: list[Value] = []
    at_least: Value | None = None
    at_most: Value | None = None
    every: bool = False
    yield_at_least: units.Ratio | None = None
    devices: list[str] = []
    kind: ClaimKind = "own"
    of_absence: bool = False
    source: Annotated[str, Field(min_length=1)]
    note: str = ""
    alternatives: list[Alternative] = []

    @property
    def claim(self) -> str:
        """Which of `CLAIM_FORMS` it is."""
        return next(kind for kind in CLAIM_FORMS if getattr(self, kind) is not None)

    @property
    def claimed(self) -> Value:
        """What it claims, as written: a number with its unit, or the name of a shape."""
        value: Value = getattr(self, self.claim)
        return value

    @model_validator(mode="after")
    def _one_claim(self) -> Target:
        given = [kind for kind in CLAIM_FORMS if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(
                "a target has exactly one of published, shape, at_least, at_most, not "
                + (" and ".join(given) or "none")
            )
        if (self.published is None) != (self.tolerance is None):
            raise ValueError("published and tolerance belong together")
        if (self.shape is None) != (self.over is None):
            raise ValueError("shape and over belong together")
        if self.every and self.at_least is None and self.at_most is None:
            raise ValueError("every belongs to at_least or at_most")
        if self.every and self.yield_at_least is not None:
            raise ValueError("every and yield_at_least: give one of the two")
        if self.order and self.shape not in ("increasing", "decreasing"):
            raise ValueError("order belongs to a shape that is increasing or decreasing")
        if len(set(self.order)) < len(self.order):
            raise ValueError(f"order = {self.order!r}: accepted: every value once")
        if self.yield_at_least is not None and self.shape is not None:
            raise ValueError("yield_at_least belongs to published, at_least or at_most")
        if self.yield_at_least is not None and not 0 < self.yield_at_least <= 1:
            raise ValueError(
                f"yield_at_least = {self.yield_at_least:g}: accepted: above 0 to 100 %"
            )
        return self


class Expectation(StrictModel):
    """What is known in advance about one device.

    Parameters
    ----------
    misses : list of str
        Ids of the targets that this device is known to miss.
    reason : str
        Why.
    """

    misses: list[str] = []
    reason: Annotated[str, Field(min_length=1)]


class Figure(StrictModel):
    """Which figure of the paper the main picture corresponds to.

    Parameters
    ----------
    title : str
        Title of the picture.
    signal : str, optional
        Waveform to draw; the current when left out.
    start, stop : float, optional
        Time axis [s].
    """

    title: str = ""
    signal: str | None = None
    start: units.Time | None = None
    stop: units.Time | None = None


class Scenario(StrictModel):
    """One experiment: device or circuit, protocol, sweep and claims."""

    title: Annotated[str, Field(min_length=1)]
    description: str = ""
    citation: str = ""
    device: str = ""
    circuit: CircuitTable | None = None
    parameters: dict[str, Value] = {}
    bias: dict[str, Value] = {}
    load: dict[str, Value] = {}
    initial: dict[str, Value] = {}
    lights: dict[str, dict[str, Any]] = {}
    temperature: units.Temperature = 300.15
    accuracy: str = "standard"
    timeout: units.Time = 60.0
    extrapolate: bool = False
    protocol: dict[str, Any] = {}
    controller: dict[str, Any] = {}
    sweep: dict[str, SweptValues] = {}
    zip: list[Annotated[dict[str, SweptValues], Field(min_length=1)]] = []
    corners: Annotated[dict[str, Corner], Field(max_length=MOST_CORNER_KEYS)] = {}
    design: Design | None = None
    keep: KeepText | None = None
    monte_carlo: MonteCarlo | None = None
    across: list[Across] = []
    statistics: list[Statistic] = []
    targets: list[Target] = []
    spec: list[Spec] = []
    expectations: dict[str, Expectation] = {}
    claims_of: str = ""
    conflicts: list[Conflict] = []
    figure: Figure = Figure()

    @model_validator(mode="before")
    @classmethod
    def _circuit_is_a_device(cls, data: Any) -> Any:
        """A ``[circuit]`` stands in the place of the device, under its own name."""
        if not isinstance(data, dict) or "circuit" not in data:
            return data
        if not isinstance(data["circuit"], dict):
            return {"device": "circuit", **data}  # what is wrong is the circuit alone
        name = data["circuit"].get("name")
        if data.get("device", name) != name:
            raise ValueError("device and circuit: give one of the two")
        return {**data, "device": name if isinstance(name, str) else "circuit"}

    @model_validator(mode="before")
    @classmethod
    def _specs_are_claims(cls, data: Any) -> Any:
        """Every ``[[spec]]`` and every metric of a design stands among the claims and fits."""
        if not isinstance(data, dict):
            return data
        more = {"targets": spec_targets(data), "across": indices_across(data)}
        return {
            **data,
            **{key: [*data.get(key, []), *added] for key, added in more.items() if added},
        }

    @model_validator(mode="after")
    def _one_experiment(self) -> Scenario:
        if self.protocol and self.controller:
            raise ValueError("protocol and controller: give one of the two")
        if not self.model_fields_set & {"protocol", "controller"}:
            raise ValueError("protocol: is missing")
        return self

    def target_place(self, index: int) -> str:
        """Name the table in which a claim was written: ``targets[2]``, ``spec[0]``."""
        return claim_place(self.spec, len(self.targets), index)

    def across_place(self, index: int) -> str:
        """Name the table in which a fit across the runs was asked for."""
        design = self.design
        derived = 2 * len(design.of) * len(design.ranges) if design is not None else 0
        return f"across[{index}]" if index < len(self.across) - derived else "design"

    @property
    def counted_device(self) -> str:
        """The device whose verdicts count; others that the expectations name are shown beside."""
        return self.claims_of or self.device

    @property
    def experiment_table(self) -> Literal["protocol", "controller"]:
        """Name of the table that says what is done."""
        return "controller" if self.controller else "protocol"

    @property
    def experiment(self) -> Mapping[str, Any]:
        """What is done: the content of ``[protocol]`` or ``[controller]``."""
        return self.controller or self.protocol

    @property
    def statistic_names(self) -> list[str]:
        """Names of what is taken over the draws of each point."""
        return [statistic.name for statistic in self.statistics]

    @field_validator("accuracy")
    @classmethod
    def _known_profile(cls, value: str) -> str:
        if value not in PROFILES:
            raise ValueError(f"{value!r}: not accepted; {close_matches(value, PROFILES)}")
        return value

    @field_validator("temperature")
    @classmethod
    def _above_zero(cls, value: float) -> float:
        if not value > 0:
            raise ValueError(f"{value:g} K: must be above 0 K")
        return value

    @field_validator("timeout")
    @classmethod
    def _some_time(cls, value: float) -> float:
        if not value > 0:
            raise ValueError(f"{value:g} s: must be above 0 s")
        if value > LONGEST_TIMEOUT:
            raise ValueError(f"{value:g} s: must be at most {LONGEST_TIMEOUT:g} s, which is a day")
        return value

    @property
    def swept(self) -> tuple[str, ...]:
        """Every key that varies from point to point, in the order of the axes."""
        zipped = [key for group in self.zip for key in group]
        design = self.design.ranges if self.design else ()
        return (*self.sweep, *zipped, *self.corners, *design)

    @property
    def run_count(self) -> int:
        """Number of runs, counted without building any."""
        axes = [count_of(values) for values in self.sweep.values()]
        axes += [count_of(next(iter(group.values()))) for group in self.zip]
        axes += [corner_count(len(self.corners)), self.design.run_count if self.design else 1]
        return math.prod(axes) * (self.monte_carlo.runs if self.monte_carlo else 1)

    @model_validator(mode="after")
    def _axes_are_sound(self) -> Scenario:
        lists: dict[str, Mapping[str, Sequence[Value] | Range]] = {"sweep": self.sweep}
        lists |= {f"zip[{index}]": group for index, group in enumerate(self.zip)}
        tables: dict[str, Iterable[str]] = {**lists, "corners": self.corners}
        if self.design is not None:
            tables["design.ranges"] = self.design.ranges
        known = [f"{table}.{key}" for table in _TABLES_WITH_KEYS for key in getattr(self, table)]
        check_sweepable(tables, known)
        check_once(tables)
        for table, group in lists.items():
            check_counts(table, group)
        return self

    @model_validator(mode="after")
    def _one_circuit(self) -> Scenario:
        if not self.device:
            raise ValueError("device: is missing; accepted: the name of a device, or a [circuit]")
        if self.circuit is not None and "device" in self.swept:
            raise ValueError("sweep: 'device' cannot be swept in a scenario with a [circuit]")
        return self

    @model_validator(mode="after")
    def _countable(self) -> Scenario:
        if self.run_count > MOST_RUNS_WITH_YES:
            raise ValueError(
                f"sweep and monte_carlo: {self.run_count:.3g} runs; accepted: up to "
                f"{MOST_RUNS_WITH_YES:,} (the values of all swept keys multiplied, times the draws)"
            )
        return self

    @model_validator(mode="after")
    def _sweeps_its_own_table(self) -> Scenario:
        absent = "protocol" if self.controller else "controller"
        for key in self.swept:
            if key.startswith(f"{absent}."):
                raise ValueError(f"sweep: {key!r}: there is no [{absent}] in this scenario")
        return self

    @model_validator(mode="after")
    def _consistent_targets(self) -> Scenario:
        check_names(self)
        ids = [target.id for target in self.targets]
        for name, times in Counter(one.id for one in self.conflicts).items():
            if times > 1:
                raise ValueError(f"conflicts: the id {name!r} stands twice")
        for name, times in Counter(ids).items():
            if times > 1:
                raise ValueError(f"targets: the id {name!r} stands twice")
        for device, expectation in self.expectations.items():
            for name in expectation.misses:
                if name not in ids:
                    raise ValueError(
                        f"expectations.{device}.misses: {name!r} is no target; "
                        f"{close_matches(name, ids)}"
                    )
        for target in self.targets:
            for key in [*target.where, *([target.over] if target.over else [])]:
                if key not in self.swept:
                    raise ValueError(
                        f"targets, id {target.id!r}: {key!r} is not swept; "
                        f"{close_matches(key, self.swept)}"
                    )
        for across in self.across:
            if across.over not in self.swept:
                raise ValueError(
                    f"across, metric {across.metric!r}: {across.over!r} is not swept; "
                    f"{close_matches(across.over, self.swept)}"
                )
        return self
