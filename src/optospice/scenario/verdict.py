"""The verdict: each claim against what was simulated."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from optospice import units
from optospice.device import Parameter
from optospice.metrics.registry import METRICS
from optospice.metrics.value import MetricValue, annotated, missing
from optospice.scenario.applicable import inapplicable
from optospice.scenario.claim import (
    BOUND_SIGNS,
    allowed_error,
    excess,
    read_claim,
    shape_text,
    si_of_claim,
)
from optospice.scenario.claimed import take_claimed
from optospice.scenario.decided import (
    converted_error,
    doubt_text,
    doubtful_of_all,
    error_of,
    is_decided,
)
from optospice.scenario.evidence import Category, category_of
from optospice.scenario.points import matches
from optospice.scenario.schema import Scenario, Target
from optospice.scenario.shape import (
    broken,
    doubtful_runs,
    holds,
    joint_definition,
    lines_of,
    shown,
    weakest,
    with_statistics,
)
from optospice.scenario.share import Share, share_of
from optospice.scenario.specs import worst_run
from optospice.scenario.statistics import notes_on_independence
from optospice.validation import Value

#: Units in which numbers are shown where a metric does not say.
_DISPLAY = {"A": "nA", "J": "nJ", "s": "s", "V": "V", "S": "nS", "1": "1"}


@dataclass(frozen=True)
class Observation:
    """The metrics of one run, as the verdict needs them.

    Parameters
    ----------
    device : str
        Device of the run.
    point : mapping
        Swept keys with their values as written.
    metrics : mapping of str to MetricValue
        What was measured; empty for a failed run.
    parameters : mapping of str to Parameter
        Parameters of the device's card: bare numbers of swept ones are in its units.
    is_extrapolated : bool
        Whether the run left the valid range of its device.
    run : str
        Id of the run; its place among all.
    errors : mapping of str to float
        How far metrics may be off for the solver's error, in their SI units, where it is known.
    idle : str
        Why nothing happened in the run; empty where something did.
    """

    device: str
    point: Mapping[str, Value]
    metrics: Mapping[str, MetricValue]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    is_extrapolated: bool = False
    run: str = ""
    errors: Mapping[str, float] = field(default_factory=dict)
    idle: str = ""


@dataclass(frozen=True)
class Verdict:
    """One target with what was simulated.

    Parameters
    ----------
    target : Target
        The published claim.
    device : str
        Device that was held against it.
    where : str
        Which run, in words.
    definition : str
        How the number was taken.
    unit : str
        Unit of the numbers here, as the paper prints them.
    published : float or str
        Published value in `unit`, or the claim in words.
    simulated : float or None
        Simulated value in `unit`; None where there is none.
    shown : str
        Simulated value or series as text.
    error_percent, tolerance_percent : float or None
        Relative to the published value [%]; None for bounds and shapes.
    met : bool
        Whether the claim holds, beyond the solver's error.
    expected_miss : bool
        Whether the scenario says that this device is known to miss it.
    note : str
        Why there is no value, or how the paper was read.
    si_unit : str
        SI unit of the metric.
    runs : tuple of int
        Runs that gave their metrics, and runs that the claim is about [1].
    is_extrapolated : bool
        Whether one of these runs left the valid range of the device.
    share : Share or None
        Of the draws of a Monte Carlo block: how many meet the claim.
    worst : str
        Of a bound that every run has to keep: how many break it, and which run is the worst; of a
        shape along several lines the same of the lines.
    interval : pair of float or None
        Confidence interval of a statistic over draws, in `unit`.
    category : Category
        What the claim is evidence of, held against this device.
    solver_error : float
        How far `simulated` may be off for the solver's error, in `unit`; 0 where it is not known.
    doubtful : tuple of str
        Ids of the runs whose errors leave open if the claim is met; empty where it is decided.
    repeated_at : str
        Profile with which its runs were repeated, as their own did not decide it.
    inapplicable : str
        Why the claim does not apply: nothing happened in its runs; empty where it does.
    """

    target: Target
    device: str
    where: str
    definition: str
    unit: str
    published: float | str
    simulated: float | None
    shown: str
    error_percent: float | None
    tolerance_percent: float | None
    met: bool
    expected_miss: bool
    note: str = ""
    si_unit: str = ""
    runs: tuple[int, int] = (1, 1)
    is_extrapolated: bool = False
    share: Share | None = None
    worst: str = ""
    interval: tuple[float, float] | None = None
    category: Category = Category.CONSISTENCY
    solver_error: float = 0.0
    doubtful: tuple[str, ...] = ()
    repeated_at: str = ""
    inapplicable: str = ""

    @property
    def is_decided(self) -> bool:
        """Whether the claim is met, or missed, wherever the numbers lie within their errors."""
        return not self.doubtful

    @property
    def is_open(self) -> bool:
        """Whether runs are missing that the claim is about, so that nothing is decided."""
        return self.runs[0] < self.runs[1]

    @property
    def is_doubtful(self) -> bool:
        """Whether it lies within the solver's error if the claim is met."""
        return not (self.is_decided or self.is_open or self.inapplicable)

    @property
    def as_expected(self) -> bool:
        """Whether a known miss was not met and everything else was; what does not apply is not."""
        return self.met != self.expected_miss and not self.is_open and not self.inapplicable

    @property
    def claimed_si(self) -> float | str:
        """Published value or bound in `si_unit`; a shape in words."""
        if self.target.claim == "shape":
            return self.published
        return units.parse(self.target.claimed, self.si_unit)

    @property
    def simulated_si(self) -> float | None:
        """Simulated value in `si_unit`; None where there is none."""
        if self.simulated is None:
            return None
        return units.convert(self.simulated, self.unit, self.si_unit)

    @property
    def word(self) -> str:
        """The verdict in a word or two; of a part of the runs only how many there are.

        Of draws it says how many meet the claim and which misses it by most.
        """
        mark = ", extrapolated" if self.is_extrapolated else ""
        if self.is_open:
            return f"open: from {self.runs[0]} of {self.runs[1]} runs{mark}"
        if self.inapplicable:
            return f"not applicable: {self.inapplicable}{mark}"
        if self.repeated_at:
            mark += f", repeated at {self.repeated_at}"
        if not self.is_decided:
            more = ", as expected of this device" if self.expected_miss else ""
            return f"within the solver's error{more}{mark}"
        if self.met:
            word = f"met{', although a miss was expected' if self.expected_miss else ''}"
        else:
            word = "missed, as expected of this device" if self.expected_miss else "MISSED"
        return f"{word}{mark}{self._certainty}"

    @property
    def _certainty(self) -> str:
        """Say what the draws leave open."""
        if self.worst:
            return f"; {self.worst}"
        if self.share is not None:
            return f"; {self.share.text(self.target.yield_at_least)}"
        if self.interval is None:
            return ""
        low, high = self.interval
        text = f"; interval {low:.4g} to {high:.4g}{'' if self.unit == '1' else f' {self.unit}'}"
        if self.target.claim not in BOUND_SIGNS:
            return text
        bound = units.split_unit(str(self.target.claimed))[0]
        return text + (", which contains the bound" if low <= bound <= high else "")


def display_unit(metric: str, unit: str) -> str:
    """Unit in which a metric is shown."""
    info = METRICS.get(metric)
    if info is not None and info.unit == unit:
        return info.display_unit
    return _DISPLAY.get(unit, unit)


def judge_targets(scenario: Scenario, observations: Sequence[Observation]) -> list[Verdict]:
    """Hold every target against the runs, device by device.

    Parameters
    ----------
    scenario : Scenario
        The scenario with its targets.
    observations : sequence of Observation
        One for each run of the scenario, in order.
    """
    verdicts = []
    numbered = [
        one if one.run else replace(one, run=f"{place:04d}")
        for place, one in enumerate(observations, 1)
    ]
    for device in dict.fromkeys(observation.device for observation in observations):
        own = [observation for observation in numbered if observation.device == device]
        expectation = scenario.expectations.get(device)
        known = expectation.misses if expectation is not None else []
        for target in scenario.targets:
            if target.where.get("device", device) != device:
                continue
            if target.devices and device not in target.devices:
                continue
            verdict = _judge(target, scenario, device, own, target.id in known)
            category = category_of(target, own[0].parameters)
            verdicts.append(replace(verdict, category=category))
    return verdicts


def _judge(
    target: Target,
    scenario: Scenario,
    device: str,
    observations: Sequence[Observation],
    expected_miss: bool,
) -> Verdict:
    chosen = [o for o in observations if matches(o.point, target.where)]
    where = ", ".join(f"{key} = {value}" for key, value in target.where.items())
    if target.shape is not None and target.over is not None:
        return _judge_shape(target, scenario, device, chosen, where, expected_miss)
    value = take_claimed(target, scenario, chosen)
    worst = ""
    if target.every and (found := worst_run(target, chosen)) is not None:
        value, worst = found
    of_all = [*(one.name or one.metric for one in scenario.across), *scenario.statistic_names]
    runs = _counted(chosen)
    try:
        claimed, unit = read_claim(target, value.unit)
    except units.UnitsError as wrong:  # of a metric whose unit only the run showed
        value = missing(si_of_claim(target), value.definition, f"{target.metric}: {wrong}")
        claimed, unit = read_claim(target, value.unit)
    simulated = units.convert(value.value, value.unit, unit) if not value.is_missing else math.nan
    error = tolerance = None
    if target.published is not None and claimed:
        error = 100 * (simulated - claimed) / abs(claimed)
        tolerance = 100 * allowed_error(target, claimed, unit) / abs(claimed)
    share = None
    if scenario.monte_carlo is not None and target.metric not in of_all:
        values = {o.run: o.metrics.get(target.metric) for o in chosen if o.metrics}
        share = share_of(target, values, claimed, unit)
    off = excess(target, simulated, claimed, unit)
    met = off <= 0
    if share is not None and target.yield_at_least is not None:
        met = share.share >= target.yield_at_least
    doubt = 0.0
    if share is None:
        doubt = converted_error(error_of(target, scenario, chosen), value.unit, unit)
    doubtful = () if is_decided(off, doubt) else tuple(one.run for one in chosen)
    if target.every and share is None:
        doubtful = doubtful_of_all(target, chosen, claimed, unit)
    absence = inapplicable(target, scenario, chosen)
    met = met and not doubtful and not absence
    notes = notes_on_independence(scenario.monte_carlo, share.interval if share else None)
    if doubtful:
        notes += (doubt_text(simulated, doubt, unit),)
    ends = value.interval and tuple(units.convert(end, value.unit, unit) for end in value.interval)
    sign = BOUND_SIGNS.get(target.claim, "")
    return Verdict(
        target=target,
        device=device,
        where=where,
        definition=value.definition,
        unit=unit,
        published=claimed if not sign else f"{sign}{claimed:g}",
        simulated=None if math.isnan(simulated) else simulated,
        shown="none" if math.isnan(simulated) else f"{simulated:.4g}",
        error_percent=None if error is None or math.isnan(error) else error,
        tolerance_percent=tolerance,
        met=bool(met) and runs[0] == runs[1],
        expected_miss=expected_miss,
        note=annotated(value, notes).note or target.note,
        si_unit=value.unit,
        runs=runs,
        is_extrapolated=any(observation.is_extrapolated for observation in chosen),
        share=share,
        worst=worst,
        interval=(ends[0], ends[1]) if ends else None,
        solver_error=doubt,
        doubtful=doubtful,
        inapplicable=absence,
    )


def _counted(chosen: Sequence[Observation]) -> tuple[int, int]:
    """Count the runs that gave metrics, and all that a claim is about."""
    return sum(bool(observation.metrics) for observation in chosen), len(chosen)


def _judge_shape(
    target: Target,
    scenario: Scenario,
    device: str,
    observations: Sequence[Observation],
    where: str,
    expected_miss: bool,
) -> Verdict:
    runs = _counted(observations)
    observations = with_statistics(target, scenario, observations)
    taken = [o.metrics[target.metric] for o in observations if target.metric in o.metrics]
    first = taken[0] if taken else MetricValue(math.nan, "1", "", note="no run succeeded")
    unit = display_unit(target.metric, first.unit)
    lines = lines_of(target, observations, unit)
    whole = len(taken) == len(observations)
    doubtful = doubtful_runs(target, lines)
    absence = inapplicable(target, scenario, observations)
    met = whole and runs[0] == runs[1] and all(holds(target, line.values) for line in lines)
    least = weakest(target, lines)
    doubt = max(least.errors, default=0.0)
    said = f"differences of {shown(least.values)} {unit} with errors up to {doubt:.2g} {unit}"
    return Verdict(
        target=target,
        device=device,
        where=where,
        definition=joint_definition([one.definition for one in taken] or [first.definition]),
        unit=unit,
        published=shape_text(target),
        simulated=None,
        shown=shown(least.values),
        error_percent=None,
        tolerance_percent=None,
        met=met and not doubtful and not absence,
        expected_miss=expected_miss,
        note="; ".join(filter(None, (first.note or target.note, said if doubtful else ""))),
        si_unit=first.unit,
        runs=runs,
        is_extrapolated=any(observation.is_extrapolated for observation in observations),
        worst=broken(target, lines),
        solver_error=doubt,
        doubtful=doubtful,
        inapplicable=absence,
    )
