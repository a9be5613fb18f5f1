"""Verdicts that the solver's error does not decide: their runs are repeated more exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

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
    verdicts = latest = judge_targets(scenario, observations)
    surer, profiles = list(observations), [runs[place].profile for place in places]
    repeated: dict[str, Profile] = {}
    ended = {n for n, one in enumerate(observations) if "accuracy" in one.point}
    while True:
        doubtful = {run for one in latest if one.is_doubtful for run in one.doubtful}
        wanted = [n for n, one in enumerate(surer) if one.run in doubtful and n not in ended]
        if not wanted:
            break
        others = [other_profile(profiles[number]) for number in wanted]
        again = repeat(
            [replace(runs[places[n]], profile=one) for n, one in zip(wanted, others, strict=True)]
        )
        for row, (number, other) in enumerate(zip(wanted, others, strict=True)):
            if other.bound > profiles[number].bound or not again.succeeded[row]:
                ended.add(number)
            if again.succeeded[row]:
                second = again.observation(row)
                surer[number] = _surer(surer[number], second, other.bound / profiles[number].bound)
                profiles[number] = min(other, profiles[number], key=lambda one: one.bound)
                repeated[surer[number].run] = other
            if profiles[number].bound <= REFERENCE.bound:
                ended.add(number)
        latest = judge_targets(scenario, surer)
    return [
        _told(first, last, [repeated[run] for run in first.doubtful if run in repeated], scenario)
        for first, last in zip(verdicts, latest, strict=True)
    ]


def other_profile(profile: Profile) -> Profile:
    """Give the next profile to repeat a run with; what is exact is compared with a looser one."""
    exacter = [one for one in PROFILES.values() if one.bound < profile.bound]
    return max(exacter, key=lambda one: one.bound, default=LOOSER)


def _surer(first: Observation, second: Observation, ratio: float) -> Observation:
    """Give a run with the metrics of the better of two simulations, and what is left of errors.

    The ratio is that of the error bounds, the second over the first [1].
    """
    better, worse = (second, first) if ratio < 1 else (first, second)
    errors = surer_errors(better, worse, min(ratio, 1 / ratio))
    # the point and the number stay those of the run that it stands for
    return replace(first, metrics=better.metrics, errors=errors)


def _told(
    before: Verdict, after: Verdict, repeated: Sequence[Profile], scenario: Scenario
) -> Verdict:
    """Give what the repeated runs say, and where they leave it open what the first ones said."""
    if not before.is_doubtful or not repeated:
        return before
    exactest = min(repeated, key=lambda one: one.bound)
    told = replace(after, repeated_at=exactest.name)
    if not after.is_doubtful:
        return told
    unit = "" if before.unit == "1" else f" {before.unit}"
    said = f"at {scenario.accuracy} alone {before.shown}{unit}"
    if math.isfinite(before.solver_error):
        said += f" with an error of up to {before.solver_error:.2g}{unit}"
    return replace(told, note="; ".join(filter(None, (after.note, said))))
