"""Whether a claim is decided, given how far the solver's error may have moved its metrics."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optospice import units
from optospice.scenario.across import take_across
from optospice.scenario.claim import excess

if TYPE_CHECKING:
    from optospice.scenario.schema import Scenario, Target
    from optospice.scenario.verdict import Observation


def is_decided(off: float, error: float) -> bool:
    """Whether a number meets or misses a claim wherever it lies within its error.

    Parameters
    ----------
    off : float
        By how much it misses the claim; at most 0 where it meets it, nan where there is none.
    error : float
        Its error, in the same unit; infinite where the metric comes and goes with it.
    """
    if error == 0 or math.isnan(off):
        return math.isfinite(error)
    return off <= -error or off > error


def doubtful_among(offs: Mapping[str, float], errors: Mapping[str, float]) -> tuple[str, ...]:
    """Name the runs that leave open if all of them meet a claim; one sure miss decides it."""
    decided = {run: is_decided(off, errors[run]) for run, off in offs.items()}
    if any(decided[run] and not off <= 0 for run, off in offs.items()):
        return ()
    return tuple(run for run, sure in decided.items() if not sure)


def converted_error(error: float, given: str, unit: str) -> float:
    """Convert an error, which is a difference, from one unit to another."""
    if not error or math.isinf(error):
        return error
    return abs(units.convert(error, given, unit) - units.convert(0.0, given, unit))


def doubtful_of_all(
    target: Target, observations: Sequence[Observation], claimed: float, unit: str
) -> tuple[str, ...]:
    """Name the runs that leave open if every run keeps a bound."""
    offs, errors = {}, {}
    for one in observations:
        if (value := one.metrics.get(target.metric)) is not None:
            number = units.convert(value.value, value.unit, unit)
            offs[one.run] = excess(target, number, claimed, unit)
            errors[one.run] = converted_error(one.errors.get(target.metric, 0.0), value.unit, unit)
    return doubtful_among(offs, errors)


def error_of(
    target: Target,
    scenario: Scenario,
    observations: Sequence[Observation],
) -> float:
    """Give how far the number of a claim may be off for the solver's error.

    Parameters
    ----------
    target : Target
        The claim.
    scenario : Scenario
        Its scenario.
    observations : sequence of Observation
        The runs that it is about.

    Returns
    -------
    float
        Error in the SI unit of the metric; 0 where none is known.
    """
    across = [one for one in scenario.across if (one.name or one.metric) == target.metric]
    if not across:
        return max((one.errors.get(target.metric, 0.0) for one in observations), default=0.0)
    return error_across(across[0].of, observations, lambda runs: take_across(across[0], runs).value)


def error_across(
    name: str, observations: Sequence[Observation], take: Callable[[Sequence[Observation]], float]
) -> float:
    """Give how far a number taken across runs moves when what it is taken of moves.

    All runs move alike, every other one against its neighbours, and one half of them against
    the other; each both ways.

    Parameters
    ----------
    name : str
        Metric of the single runs.
    observations : sequence of Observation
        The runs.
    take : callable
        Takes the number of them.
    """
    if not any(one.errors.get(name) for one in observations):
        return 0.0
    if any(math.isinf(one.errors.get(name, 0.0)) for one in observations):
        return math.inf
    count = len(observations)
    every_other = 1 - 2 * (np.arange(count) % 2)
    halves = np.where(np.arange(count) < count / 2, 1, -1)
    own, largest = take(observations), 0.0
    for course in (np.ones(count), every_other, halves):
        for sign in (1.0, -1.0):
            moved = take(
                [
                    _moved(one, name, sign * float(by))
                    for one, by in zip(observations, course, strict=True)
                ]
            )
            if math.isnan(moved) != math.isnan(own):
                return math.inf
            largest = max(largest, 0.0 if math.isnan(own) else abs(moved - own))
    return largest


def _moved(one: Observation, name: str, share: float) -> Observation:
    """Give a run whose metric is off by a share of its error."""
    if name not in one.metrics or name not in one.errors:
        return one
    value = one.metrics[name]
    moved = replace(value, value=value.value + share * one.errors[name])
    return replace(one, metrics={**one.metrics, name: moved})


def surer_errors(better: Observation, worse: Observation, ratio: float) -> dict[str, float]:
    """Give the errors of a run that was simulated a second time, less exactly.

    Where the error of a metric falls with the bound, the metric is smooth: then the difference
    between the two runs was observed, and is no less than the error of the better one. An error
    that stays as it is, is that of a metric which jumps, and the bound counts.

    Parameters
    ----------
    better, worse : Observation
        The more exact run, and the other one.
    ratio : float
        Error bound of the first over that of the second, at most 1/2 [1].
    """
    found = dict(better.errors)
    for name, error in better.errors.items():
        other = worse.errors.get(name, math.nan)
        if math.isfinite(other) and error <= math.sqrt(ratio) * other:
            seen = abs(better.metrics[name].value - worse.metrics[name].value)
            found[name] = min(error, seen)
    return found


def doubt_text(simulated: float, error: float, unit: str) -> str:
    """Say what the solver's error leaves open."""
    if not math.isfinite(simulated) or not math.isfinite(error):
        return "the metric comes and goes within the solver's error"
    shown = f"{simulated:.6g} ± {error:.2g}" + ("" if unit == "1" else f" {unit}")
    return f"{shown} could be either"
