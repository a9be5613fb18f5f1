"""Least squares on the engine, from several starting points."""

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
#: Residual of a parameter set whose simulation fails: the fit steps back from it [tolerances].
_FAILED = 1e3
#: Relative change of chi^2, and of the coordinates, at which a fit ends [1].
_CHI2_STANDS = 1e-3
_VALUES_STAND = 1e-4
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
    """

    start: Sequence[float]
    values: Sequence[float]
    chi2: float
    evaluations: int
    ended: str


@dataclass(frozen=True)
class Fit:
    """The best minimum, with what is needed to judge it.

    Parameters
    ----------
    problem : Problem
        What was fitted.
    minima : sequence of Minimum
        One per start, the best first.
    evaluation : Evaluation
        Residuals and verdicts at the best values.
    jacobian : ndarray, shape (n, p)
        Change of the residuals with each coordinate, a relative change of the parameter.
    ngspice : str
        Version of the simulator.
    """

    problem: Problem
    minima: Sequence[Minimum]
    evaluation: Evaluation
    jacobian: FloatArray
    ngspice: str

    @property
    def values(self) -> Sequence[float]:
        """Fitted values, in the card's units."""
        return self.minima[0].values

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
) -> Fit:
    """Fit the free parameters.

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

    Raises
    ------
    SimulationError
        When no start can be simulated.
    """
    found = []
    points = starts(problem, multistart, seed, spread)
    failure = ""
    for number, point in enumerate(points, start=1):
        try:
            prefix = f"start {number} of {len(points)}" if len(points) > 1 else "fit"
            found.append(_minimise(problem, pool, point, say, prefix))
        except SimulationError as error:
            failure = str(error)
            say(f"start {number}: cannot be simulated: {failure}")
    if not found:
        raise SimulationError(f"device {problem.device.name!r}: {failure}")
    found.sort(key=lambda minimum: minimum.chi2)
    # what is written is what is judged: the values as they will stand in the .lib
    final, slopes = derivatives(problem, pool, _coordinates(problem, found[0].values))
    if final.residuals is None:
        raise SimulationError(f"device {problem.device.name!r}: {final.failure}")
    return Fit(problem, found, final, slopes, pool.version)


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


def derivatives(problem: Problem, pool: Pool, x: FloatArray) -> tuple[Evaluation, FloatArray]:
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
    evaluations = evaluate(problem, pool, [_values(problem, point) for point in points])
    base = evaluations[0]
    count = sum(row.count for row in rows(problem))
    slopes = np.zeros((count, len(problem.free)))
    for k, width in enumerate(widths):
        low, high = (evaluations[1 + 2 * k + side].residuals for side in (0, 1))
        if low is not None and high is not None:
            both = (np.abs(low) != MISSING) & (np.abs(high) != MISSING)
            slopes[:, k] = np.where(both, (high - low) / width, 0.0)
    return base, slopes


def _minimise(
    problem: Problem, pool: Pool, start: Sequence[float], say: Say, prefix: str
) -> Minimum:
    from scipy.optimize import least_squares

    count = sum(row.count for row in rows(problem))
    tried = 0
    known: dict[bytes, FloatArray] = {}

    def residuals(x: FloatArray) -> FloatArray:
        nonlocal tried
        if x.tobytes() in known:
            return known[x.tobytes()]
        (result,) = evaluate(problem, pool, [_values(problem, x)])
        tried += 1
        if result.residuals is None and tried == 1:
            raise SimulationError(result.failure)
        given = np.full(count, _FAILED) if result.residuals is None else result.residuals
        known[x.tobytes()] = given
        say(f"{prefix}, step {tried}: chi^2 {float(given @ given):.4g}, {_spelled(problem, x)}")
        return given

    def slopes(x: FloatArray) -> FloatArray:
        return derivatives(problem, pool, x)[1]

    lower = [p.coordinate(p.low) for p in problem.free]
    upper = [p.coordinate(p.high) for p in problem.free]
    solution = least_squares(
        residuals,
        _coordinates(problem, start),
        jac=slopes,
        bounds=(lower, upper),
        xtol=_VALUES_STAND,
        ftol=_CHI2_STANDS,
        gtol=1e-10,
        max_nfev=40,
    )
    words = {0: "40 steps did not suffice", 2: "chi^2 no longer falls", 3: "the values stand still"}
    values = [
        min(max(float(f"{value:.{_DIGITS}g}"), parameter.low), parameter.high)
        for value, parameter in zip(_values(problem, solution.x), problem.free, strict=True)
    ]
    ended = words.get(solution.status, "chi^2 no longer falls")
    return Minimum(list(start), values, 2 * float(solution.cost), tried, ended)


def _coordinates(problem: Problem, values: Sequence[float]) -> FloatArray:
    pairs = zip(problem.free, values, strict=True)
    return np.array([parameter.coordinate(value) for parameter, value in pairs])


def _values(problem: Problem, x: FloatArray) -> list[float]:
    return [p.value(float(c)) for p, c in zip(problem.free, x, strict=True)]


def _spelled(problem: Problem, x: FloatArray) -> str:
    pairs = zip(problem.names, _values(problem, x), strict=True)
    return ", ".join(f"{name} = {value:.4g}" for name, value in pairs)
