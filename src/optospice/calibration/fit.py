"""Least squares on the engine, from several starting points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from optospice.calibration.descent import (
    Minimum,
    Say,
    Slopes,
    coordinates,
    derivatives,
    descend,
)
from optospice.calibration.problem import Problem
from optospice.calibration.simulate import Evaluation, rows
from optospice.errors import SimulationError
from optospice.ngspice.pool import Pool
from optospice.stimulus import FloatArray

#: Further starts where a descent did not end well, and the factor around its start [1].
_MORE_STARTS = 6
_MORE_SPREAD = 10.0
#: Minima whose chi^2 is within so much of the best are as good as it [1].
AS_GOOD = 1.0


@dataclass(frozen=True)
class Fit:
    """The best minimum, with what is needed to judge it.

    Parameters
    ----------
    problem : Problem
        What was fitted.
    minima : sequence of Minimum
        One per start, the best first.
    slopes : Slopes
        Residuals, verdicts and slopes at the best values.
    ngspice : str
        Version of the simulator.
    """

    problem: Problem
    minima: Sequence[Minimum]
    slopes: Slopes
    ngspice: str

    @property
    def values(self) -> Sequence[float]:
        """Fitted values, in the card's units."""
        return self.minima[0].values

    @property
    def converged(self) -> bool:
        """Whether the best values are a minimum."""
        return self.minima[0].converged

    @property
    def evaluation(self) -> Evaluation:
        """Residuals and verdicts at the fitted values."""
        return self.slopes.base

    @property
    def jacobian(self) -> FloatArray:
        """Change of the residuals with each coordinate, a relative change of the parameter."""
        return self.slopes.residuals

    @property
    def residuals(self) -> FloatArray:
        """Residuals at the fitted values."""
        assert self.evaluation.residuals is not None
        return self.evaluation.residuals


def calibrate(
    problem: Problem,
    pool: Pool,
    multistart: int = 1,
    seed: int = 0,
    spread: float = 3.0,
    say: Say = lambda text: None,
    more: int = _MORE_STARTS,
) -> Fit:
    """Fit the free parameters.

    A start that ends badly (not at a minimum, or where a parameter has lost its effect
    while the numbers are not met) is tried again from elsewhere, within a factor of 10.

    Parameters
    ----------
    problem : Problem
        From `build`.
    pool : Pool
        Worker processes.
    multistart : int
        Number of starts [1]: the given one, the others a Latin hypercube.
    seed : int
        Seed of the hypercube [1].
    spread : float
        Factor around the start that the hypercube covers [1].
    say : callable
        Takes a line of progress.
    more : int
        Further starts after one that ends badly [1].

    Raises
    ------
    SimulationError
        When no start can be simulated.
    """
    points = starts(problem, multistart, seed, spread)
    found, failure = _from(problem, pool, points, say)
    if not found or _ended_badly(problem, found[0]):
        others = starts(problem, 1 + more, seed + 1, _MORE_SPREAD)[1:]
        for number, point in enumerate(others, start=1):
            why = "no start can be simulated" if not found else _why(found[0])
            say(f"{why}: another start, {number} of up to {len(others)}")
            again, failure = _from(problem, pool, [point], say)
            found = sorted([*found, *again], key=lambda minimum: minimum.chi2)
            if found and not _ended_badly(problem, found[0]):
                break
    if not found:
        raise SimulationError(f"device {problem.device.name!r}: {failure}")
    found[0] = _confirmed(problem, found)
    # what is written is what is judged: the values as they will stand in the .lib
    slopes = derivatives(problem, pool, coordinates(problem, found[0].values))
    if slopes.base.residuals is None:
        raise SimulationError(f"device {problem.device.name!r}: {slopes.base.failure}")
    return Fit(problem, found, slopes, pool.version)


def starts(problem: Problem, count: int, seed: int, spread: float) -> list[list[float]]:
    """Give the starting points: the given one, then a Latin hypercube around it.

    It covers a factor `spread` to both sides of the start, within the card's bounds; all
    of the bounds where the start is zero.
    """
    points = [[parameter.start for parameter in problem.free]]
    if count < 2:
        return points
    from scipy.stats import qmc

    sample = qmc.LatinHypercube(len(problem.free), seed=seed).random(count - 1)
    for row in sample:
        point = []
        for parameter, share in zip(problem.free, row, strict=True):
            low, high = parameter.low, parameter.high
            if parameter.start:
                ends = parameter.start / spread, parameter.start * spread
                low, high = max(low, min(ends)), min(high, max(ends))
            if low > 0:
                point.append(float(low * (high / low) ** share))
            else:
                point.append(float(low + (high - low) * share))
        points.append(point)
    return points


def _from(
    problem: Problem, pool: Pool, points: Sequence[Sequence[float]], say: Say
) -> tuple[list[Minimum], str]:
    found, failure = [], ""
    for number, point in enumerate(points, start=1):
        try:
            prefix = f"start {number} of {len(points)}" if len(points) > 1 else "fit"
            found.append(descend(problem, pool, point, say, prefix))
        except SimulationError as error:
            failure = str(error)
            say(f"start {number}: cannot be simulated: {failure}")
    return sorted(found, key=lambda minimum: minimum.chi2), failure


def _freedom(problem: Problem) -> int:
    count = sum(row.count for row in rows(problem))
    return max(count - len(problem.free) - len(problem.nuisances), 1)


def _ended_badly(problem: Problem, minimum: Minimum) -> bool:
    """Say whether it is no minimum, or one out of sight of some parameters and not a good one."""
    return not minimum.converged or (bool(minimum.blind) and minimum.chi2 > _freedom(problem))


def _why(minimum: Minimum) -> str:
    if not minimum.converged:
        return f"not converged ({minimum.ended})"
    return f"ended where {' and '.join(minimum.blind)} changes nothing"


def _confirmed(problem: Problem, found: Sequence[Minimum]) -> Minimum:
    """Give the best minimum; one that ended badly counts only if another start agrees."""
    best = found[0]
    if not best.converged or not _ended_badly(problem, best):
        return best
    if any(m.converged and m.chi2 <= best.chi2 + AS_GOOD for m in found[1:]):
        return best
    ended = f"{' and '.join(best.blind)} changes nothing here, and no other start came here"
    return replace(best, converged=False, ended=ended)
