"""Leave-one-out: every number is left out of the fit once and predicted by the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from optospice.calibration.descent import (
    NOT_IDENTIFIED,
    Say,
    coordinates,
    derivatives,
    relative_sizes,
)
from optospice.calibration.fit import Fit
from optospice.calibration.problem import Problem
from optospice.calibration.simulate import residual, rows
from optospice.errors import SimulationError
from optospice.ngspice.pool import Pool
from optospice.scenario.schema import Target
from optospice.scenario.verdict import Verdict
from optospice.stimulus import FloatArray

#: Kinds of targets that a publication gives as a number.
_PUBLISHED = ("printed", "digitised")
#: Singular values below this fraction of the largest are numerical noise [1].
_NOISE = 1e-7
#: Distance of a leverage from 1 at which a prediction would be known to thirty tolerances [1].
_FOLLOWED = 1e-3
#: What a prediction comes to.
Word = Literal["predicted", "missed", "cannot be predicted"]
Refit = Callable[[Problem, Pool], Fit]


@dataclass(frozen=True)
class Prediction:
    """A number that was left out, and what the others make of it.

    Parameters
    ----------
    scenario : str
        Where it belongs.
    target : Target
        The number.
    verdict : Verdict or None
        It, held against the set that was fitted to the others; None where it cannot be predicted.
    error : float or None
        (predicted - published) / tolerance [1].
    note : str
        Why it cannot be predicted, or what is to be said of the fit.
    """

    scenario: str
    target: Target
    verdict: Verdict | None = None
    error: float | None = None
    note: str = ""

    @property
    def word(self) -> Word:
        """What it comes to, in a word or three."""
        if self.verdict is None:
            return "cannot be predicted"
        return "predicted" if self.verdict.met else "missed"


def candidates(problem: Problem) -> list[tuple[str, Target]]:
    """Give the numbers that are left out in turn, each with its scenario.

    Those that are printed or read off a figure; all numbers of the fit where none is.
    """
    numbers = [
        (one.loaded.name, target)
        for one in problem.experiments
        for target in one.targets
        if target.published is not None
    ]
    published = [(name, target) for name, target in numbers if target.kind in _PUBLISHED]
    return published or numbers


def leave_one_out(
    fit: Fit, pool: Pool, refit: Refit, say: Say = lambda text: None
) -> list[Prediction]:
    """Fit anew without each number in turn, and predict it.

    A number that depends on a direction of the parameters which the others do not identify cannot
    be predicted: a change of 100 % along it moves all others together by less than two tolerances,
    and the number by two or more. A fit to the others does not move along it, and would only give
    back the number that was left out.

    Parameters
    ----------
    fit : Fit
        The fit to all numbers; the others begin at its values.
    pool : Pool
        Worker processes.
    refit : callable
        Fits a problem: `optospice.calibration.fit.calibrate` with its options.
    say : callable
        Takes a line of progress.

    Returns
    -------
    list of Prediction
        One for each of `candidates`.
    """
    found = []
    chosen = candidates(fit.problem)
    for number, (scenario, target) in enumerate(chosen, start=1):
        say(f"leave-one-out, {number} of {len(chosen)}: without {target.id}")
        found.append(_predicted(fit, pool, refit, scenario, target))
        say(f"leave-one-out, {target.id}: {found[-1].word}")
    return found


def _predicted(fit: Fit, pool: Pool, refit: Refit, scenario: str, target: Target) -> Prediction:
    problem = fit.problem
    place = next(
        number
        for number, row in enumerate(rows(problem))
        if (row.scenario, row.label) == (scenario, target.id)
    )
    first = sum(row.count for row in rows(problem)[:place])
    loose = undecided(problem, fit.values, fit.jacobian, first)
    if loose:
        return Prediction(scenario, target, note=loose)
    try:
        without = refit(_without(problem, fit.values, scenario, target), pool)
    except SimulationError as error:
        return Prediction(scenario, target, note=f"the fit without it failed: {error}")
    # at the new values another direction may be loose
    slopes = derivatives(problem, pool, coordinates(problem, without.values))
    if slopes.base.residuals is None:
        return Prediction(scenario, target, note=f"cannot be simulated: {slopes.base.failure}")
    loose = undecided(problem, without.values, slopes.residuals, first)
    if loose:
        return Prediction(scenario, target, note=loose)
    verdict = next(
        verdict
        for name, verdict in slopes.base.verdicts
        if (name, verdict.target.id) == (scenario, target.id)
    )
    note = "" if without.converged else "the fit without it has not converged"
    if verdict.simulated is None:
        return Prediction(scenario, target, verdict, None, note or verdict.note)
    return Prediction(scenario, target, verdict, residual(verdict), note)


def undecided(problem: Problem, values: Sequence[float], jacobian: FloatArray, row: int) -> str:
    """Say which parameters a number depends on that all others do not identify; empty: none.

    Parameters
    ----------
    problem : Problem
        The fit to all numbers.
    values : sequence of float
        Where the slopes were taken.
    jacobian : ndarray, shape (n, p)
        Slopes of all residuals with the coordinates.
    row : int
        Which residual is left out.
    """
    scaled = jacobian * relative_sizes(problem, values)
    others = np.delete(scaled, row, axis=0)
    right = np.eye(len(problem.free))
    singular = np.zeros(len(problem.free))
    if others.shape[0]:
        _, known, right = np.linalg.svd(others, full_matrices=True)
        singular[: known.size] = known
    loose = right[singular * NOT_IDENTIFIED < 1]
    along = loose.T @ (loose @ scaled[row])  # what of its slope lies in the loose directions
    size = float(np.linalg.norm(along))
    if size * NOT_IDENTIFIED < 1:
        return ""
    names = [
        name for name, part in zip(problem.names, along, strict=True) if abs(part) > 0.5 * size
    ]
    spelled = " and ".join(names) or "what it depends on"
    return f"{'nothing else fixes' if _alone(scaled, row) else 'the others hardly fix'} {spelled}"


def _alone(jacobian: FloatArray, row: int) -> bool:
    """Whether the fit can follow a number wherever it goes: its leverage is 1."""
    left, singular, _ = np.linalg.svd(jacobian, full_matrices=False)
    basis = left[:, singular > _NOISE * float(singular.max(initial=0.0))]
    return bool(1 - np.sum(basis[row] ** 2) < _FOLLOWED)


def _without(problem: Problem, values: Sequence[float], scenario: str, target: Target) -> Problem:
    """Give the problem without one number, starting at some values."""
    experiments = [
        replace(one, targets=[t for t in one.targets if t.id != target.id])
        if one.loaded.name == scenario
        else one
        for one in problem.experiments
    ]
    free = [
        replace(parameter, start=value)
        for parameter, value in zip(problem.free, values, strict=True)
    ]
    return replace(problem, free=free, experiments=experiments)
