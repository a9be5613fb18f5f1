"""Verdicts that the solver's error does not decide: their runs are repeated more exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from optospice.accuracy import PROFILES, Profile
from optospice.scenario.decided import surer_errors
from optospice.scenario.runs import Run
from optospice.scenario.schema import Scenario
from optospice.scenario.verdict import Observation, Verdict, judge_targets
from optospice.sweep.records import Records

#: Of more runs nobody asks how far their metrics may be off [1].
MOST_RUNS = 200
#: What decides where the profile of the scenario does not.
REFERENCE = PROFILES["reference"]
#: What runs at reference are compared with: the error of trapezoidal steps goes with the
#: tolerance to the power of 2/3.
LOOSER = replace(
    REFERENCE.scaled(2**1.5), name="twice the bound of reference", bound=2 * REFERENCE.bound
)


def tells_errors(scenario: Scenario, runs: int) -> bool:
    """Whether the metrics of a scenario's runs come with the solver's error."""
    return bool(scenario.targets) and scenario.monte_carlo is None and runs <= MOST_RUNS


def sure_verdicts(
    scenario: Scenario,
    runs: Sequence[Run],
    places: Sequence[int],
    observations: Sequence[Observation],
    repeat: Callable[[Sequence[Run]], Records],
) -> list[Verdict]:
    """Hold every target against the runs; what these leave undecided against more exact ones.

    Parameters
    ----------
    scenario : Scenario
        The scenario with its targets.
    runs : sequence of Run
        All its runs.
    places : sequence of int
        Places of those that were observed.
    observations : sequence of Observation
        What they gave.
    repeat : callable
        Simulates runs.

    Returns
    -------
    list of Verdict
        One per target and device; what was repeated says so.
    """
    verdicts = judge_targets(scenario, observations)
    doubtful = {run for one in verdicts if one.is_doubtful for run in one.doubtful}
    wanted = [
        number
        for number, one in enumerate(observations)
        if one.run in doubtful and "accuracy" not in one.point
    ]
    if not wanted:
        return verdicts
    own = [runs[places[number]] for number in wanted]
    again = repeat([replace(run, profile=other_profile(run.profile)) for run in own])
    surer, repeated = list(observations), set[str]()
    for row in np.flatnonzero(again.succeeded).tolist():
        number = wanted[row]
        first, second = observations[number], again.observation(row)
        # the point and the number are those of the run that it stands for
        surer[number] = _surer(first, second, own[row].profile)
        repeated.add(first.run)
    return [
        _told(first, second, scenario)
        if repeated & {*first.doubtful} and first.is_doubtful
        else first
        for first, second in zip(verdicts, judge_targets(scenario, surer), strict=True)
    ]


def other_profile(profile: Profile) -> Profile:
    """Give the profile that repeats a doubtful run; what is exact is compared with a looser one."""
    return REFERENCE if profile.bound > REFERENCE.bound else LOOSER


def _surer(first: Observation, second: Observation, profile: Profile) -> Observation:
    """Give a run with the metrics of the better of two simulations, and what is left of errors."""
    ratio = other_profile(profile).bound / profile.bound
    better, worse = (second, first) if ratio < 1 else (first, second)
    errors = surer_errors(better, worse, min(ratio, 1 / ratio))
    return replace(first, metrics=better.metrics, errors=errors)


def _told(before: Verdict, after: Verdict, scenario: Scenario) -> Verdict:
    """Give what the repeated runs say, with what the first ones left open."""
    unit = "" if before.unit == "1" else f" {before.unit}"
    said = f"at {scenario.accuracy} alone {before.shown}{unit}"
    if math.isfinite(before.solver_error):
        said += f" with an error of up to {before.solver_error:.2g}{unit}"
    note = "; ".join(filter(None, (after.note, said)))
    return replace(after, repeated_at=other_profile(PROFILES[scenario.accuracy]).name, note=note)
