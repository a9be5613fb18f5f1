"""The way down from one start: trust-region steps until nothing is left to gain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from optospice.calibration.problem import Problem
from optospice.calibration.simulate import MISSING, Evaluation, evaluate, rows
from optospice.errors import SimulationError
from optospice.ngspice.pool import Pool
from optospice.stimulus import FloatArray

#: Step of the central differences, as a relative change of the parameter [1].
STEP = 0.01
#: Relative standard deviation from which a parameter counts as not identified [1].
NOT_IDENTIFIED = 0.5
#: Expected fall of chi^2 down to the minimum below which a fit has converged, in units of
#: chi^2 per degree of freedom where that is above one: 0.02 is 0.14 standard deviations [1].
CLOSE = 0.02
#: Residual of a parameter set whose simulation fails: the fit steps back from it [tolerances].
_FAILED = 1e3
#: Relative changes at which one stage of a descent ends, and steps of all stages [1].
_CHI2_STANDS = 1e-3
_VALUES_STAND = 1e-4
_STAGES = 10
_STEPS = 40
#: Distance from a bound that counts as at the bound [relative change].
_AT_BOUND = 2e-3
_DIGITS = 6
Say = Callable[[str], None]


@dataclass(frozen=True)
class Minimum:
    """Where one start led.

    Parameters
    ----------
    start, values : sequence of float
        First and last values of the free parameters, in the card's units.
    chi2 : float
        Sum of the squared residuals [1].
    evaluations : int
        Steps that were tried [1].
    ended : str
        Why it ended, in words.
    converged : bool
        Whether it is a minimum.
    distance : float
        Expected fall of chi^2 down to the minimum, from residuals and slopes [1].
    blind : sequence of str
        Parameters along which the numbers hardly change here, so that the slopes say
        nothing about them.
    """

    start: Sequence[float]
    values: Sequence[float]
    chi2: float
    evaluations: int
    ended: str
    converged: bool
    distance: float
    blind: Sequence[str] = ()


@dataclass(frozen=True)
class Slopes:
    """Residuals and how they change.

    Parameters
    ----------
    base : Evaluation
        At the point itself.
    residuals : ndarray, shape (n, p)
        Change of the residuals with each coordinate.
    nuisances : ndarray, shape (k, p)
        Change of the offsets and drifts with each coordinate [A, A/s].
    """

    base: Evaluation
    residuals: FloatArray
    nuisances: FloatArray


def derivatives(problem: Problem, pool: Pool, x: FloatArray) -> Slopes:
    """Give residuals and their central differences, from copies in the same transients.

    At a bound the step is one-sided. What is missing at one end has no slope.
    """
    points, widths = [x], []
    for k, parameter in enumerate(problem.free):
        least, most = (parameter.coordinate(bound) for bound in (parameter.low, parameter.high))
        step = STEP if parameter.log else STEP * max(abs(x[k]), STEP)
        ends = max(x[k] - step, least), min(x[k] + step, most)
        widths.append(ends[1] - ends[0])
        for end in ends:
            point = x.copy()
            point[k] = end
            points.append(point)
    evaluations = evaluate(problem, pool, [values_at(problem, point) for point in points])
    base = evaluations[0]
    slopes = np.zeros((sum(row.count for row in rows(problem)), len(problem.free)))
    nuisances = np.zeros((len(base.nuisances), len(problem.free)))
    for k, width in enumerate(widths):
        first, second = evaluations[1 + 2 * k], evaluations[2 + 2 * k]
        low, high = first.residuals, second.residuals
        if low is not None and high is not None:
            both = (np.abs(low) != MISSING) & (np.abs(high) != MISSING)
            slopes[:, k] = np.where(both, (high - low) / width, 0.0)
            if nuisances.size:
                ends = np.asarray(second.nuisances), np.asarray(first.nuisances)
                nuisances[:, k] = (ends[0] - ends[1]) / width
    return Slopes(base, slopes, nuisances)


def descend(problem: Problem, pool: Pool, start: Sequence[float], say: Say, prefix: str) -> Minimum:
    """Go down from one start until the slopes say that nothing is left to gain.

    `scipy.optimize.least_squares` makes the steps. It ends where chi^2 no longer falls from
    step to step, which in a slow valley is far from its floor. The slopes say how far: if
    there is more to gain than `CLOSE`, it starts again from there, with a trust region of
    100 % and the scales of that place.

    Parameters
    ----------
    problem : Problem
        What is fitted.
    pool : Pool
        Worker processes.
    start : sequence of float
        First values of the free parameters, in the card's units.
    say : callable
        Takes a line of progress.
    prefix : str
        How the lines begin.

    Raises
    ------
    SimulationError
        When the start cannot be simulated.
    """
    from scipy.optimize import least_squares

    counter = _Counter(problem, pool, say, prefix)
    x = coordinates(problem, start)
    bounds = np.array([[p.coordinate(p.low), p.coordinate(p.high)] for p in problem.free]).T
    chi2, distance, blind = np.inf, np.inf, []
    ended = f"{_STEPS} steps did not suffice"
    for _ in range(_STAGES):
        origin = np.clip(x, *bounds)
        solution = least_squares(
            lambda moved, origin=origin: counter.residuals(origin + moved),
            np.zeros(x.size),
            jac=lambda moved, origin=origin: derivatives(problem, pool, origin + moved).residuals,
            bounds=bounds - origin,
            x_scale="jac" if chi2 < np.inf else 1.0,
            xtol=_VALUES_STAND,
            ftol=_CHI2_STANDS,
            gtol=1e-10,
            max_nfev=max(_STEPS - counter.tried, 2),
        )
        x = origin + solution.x
        before, chi2 = chi2, 2 * float(solution.cost)
        distance = _left_to_gain(solution.fun, solution.jac, x, bounds)
        blind = _blind(problem, solution.jac, x)
        used = int(np.any(solution.jac != 0, axis=1).sum())
        freedom = max(used - len(problem.free) - len(problem.nuisances), 1)
        limit = CLOSE * max(chi2 / freedom, 1.0)
        if distance <= limit:
            ended = "nothing is left to gain"
            break
        if counter.tried >= _STEPS:
            break
        if before - chi2 < min(limit, 0.1 * distance):
            ended = "the steps lead nowhere"
            break
    values = [
        min(max(float(f"{value:.{_DIGITS}g}"), parameter.low), parameter.high)
        for value, parameter in zip(values_at(problem, x), problem.free, strict=True)
    ]
    converged = ended == "nothing is left to gain"
    if not converged:
        ended += f", though chi^2 should fall by {distance:.2g} more"
    return Minimum(list(start), values, chi2, counter.tried, ended, converged, distance, blind)


class _Counter:
    """Residuals for the optimiser, which counts its steps and tells them."""

    def __init__(self, problem: Problem, pool: Pool, say: Say, prefix: str) -> None:
        self._problem, self._pool, self._say, self._prefix = problem, pool, say, prefix
        self._count = sum(row.count for row in rows(problem))
        self._last: tuple[bytes, FloatArray] = (b"", np.empty(0))
        self.tried = 0

    def residuals(self, x: FloatArray) -> FloatArray:
        if x.tobytes() == self._last[0]:
            return self._last[1]
        (result,) = evaluate(self._problem, self._pool, [values_at(self._problem, x)])
        self.tried += 1
        if result.residuals is None and self.tried == 1:
            raise SimulationError(result.failure)
        found = result.residuals
        given = np.full(self._count, _FAILED) if found is None else found
        self._last = (x.tobytes(), given)
        self._say(
            f"{self._prefix}, step {self.tried}: chi^2 {float(given @ given):.4g}, "
            + _spelled(self._problem, x)
        )
        return given


def _left_to_gain(
    residuals: FloatArray, jacobian: FloatArray, x: FloatArray, bounds: FloatArray
) -> float:
    """Give the fall of chi^2 that a full Gauss-Newton step would bring, were all linear.

    A parameter at a bound that the slope pushes against stays there.
    """
    downhill = -(jacobian.T @ residuals)
    held = ((x - bounds[0] < _AT_BOUND) & (downhill < 0)) | (
        (bounds[1] - x < _AT_BOUND) & (downhill > 0)
    )
    free = jacobian[:, ~held]
    if not free.any():
        return 0.0
    left, singular, _ = np.linalg.svd(free, full_matrices=False)
    # along a direction that the numbers do not feel within 100 % there is nothing to gain
    felt = left[:, singular * NOT_IDENTIFIED >= 1]
    return float(np.sum((felt.T @ residuals) ** 2))


def _blind(problem: Problem, jacobian: FloatArray, x: FloatArray) -> list[str]:
    """Name the parameters that no direction with an effect holds."""
    sizes = relative_sizes(problem, values_at(problem, x))
    _, singular, right = np.linalg.svd(jacobian * sizes, full_matrices=False)
    felt = np.sum(right[singular * NOT_IDENTIFIED >= 1] ** 2, axis=0)
    return [p.name for p, share in zip(problem.free, felt, strict=True) if share < 0.9]


def relative_sizes(problem: Problem, values: Sequence[float]) -> FloatArray:
    """Give the change of each coordinate that is a change of 100 % of the value [1]."""
    return np.array(
        [
            1.0 if parameter.log or not value else abs(value) / parameter.size
            for parameter, value in zip(problem.free, values, strict=True)
        ]
    )


def coordinates(problem: Problem, values: Sequence[float]) -> FloatArray:
    """Give the coordinates of a set of values."""
    pairs = zip(problem.free, values, strict=True)
    return np.array([parameter.coordinate(value) for parameter, value in pairs])


def values_at(problem: Problem, x: FloatArray) -> list[float]:
    """Give the values at a set of coordinates."""
    return [p.value(float(c)) for p, c in zip(problem.free, x, strict=True)]


def _spelled(problem: Problem, x: FloatArray) -> str:
    pairs = zip(problem.names, values_at(problem, x), strict=True)
    return ", ".join(f"{name} = {value:.4g}" for name, value in pairs)
