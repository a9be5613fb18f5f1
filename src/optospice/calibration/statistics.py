"""What a fit is worth: intervals, correlations, what is not identified, what contradicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optospice.calibration.descent import NOT_IDENTIFIED, Minimum, relative_sizes
from optospice.calibration.fit import AS_GOOD, Fit
from optospice.calibration.nuisance import NUISANCES, covariance
from optospice.calibration.problem import FreeParameter
from optospice.calibration.randomness import Randomness, judge_residuals
from optospice.calibration.simulate import Row, rows
from optospice.stimulus import FloatArray

#: Singular values below this fraction of the largest are numerical noise [1].
_NOISE = 1e-7
#: Drop of chi^2 when a target is left out from which it contradicts the others [1].
CONTRADICTION = 4.0
_SMALL_PART = 0.25


@dataclass(frozen=True)
class Estimate:
    """A fitted parameter.

    Parameters
    ----------
    free : FreeParameter
        Which.
    value : float
        Fitted value [card's unit].
    interval : pair of float or None
        68 % interval with sigma = tolerance; None where the data do not identify it.
    scaled : pair of float or None
        The same times sqrt(chi^2 / degrees of freedom); None without degrees of freedom.
    deviation : float
        Relative standard deviation with sigma = tolerance [1].
    at_bound : bool
        Whether it ended at a bound of the card.
    """

    free: FreeParameter
    value: float
    interval: tuple[float, float] | None
    scaled: tuple[float, float] | None
    deviation: float
    at_bound: bool


@dataclass(frozen=True)
class FittedTarget:
    """A row of residuals and what the fit does with it.

    Parameters
    ----------
    row : Row
        Which.
    rms : float
        Residual with its sign, of several the root mean square [tolerances].
    leverage : float
        Share of it that the fit follows, 0 … 1: at 1 this number alone fixes a parameter.
    drop : float or None
        Fall of chi^2 when it is left out and the rest fitted anew (linearised); None for
        waveforms and where nothing else would fix the parameters.
    """

    row: Row
    rms: float
    leverage: float
    drop: float | None


@dataclass(frozen=True)
class Nuisance:
    """An offset or a drift of a record, solved for with the parameters.

    Parameters
    ----------
    record : str
        Which record.
    kind : {"offset", "drift"}
        What it is.
    value, deviation : float
        Value and standard deviation with sigma = scale, in `unit`.
    unit : str
        SI unit.
    """

    record: str
    kind: str
    value: float
    deviation: float
    unit: str


@dataclass(frozen=True)
class Statistics:
    """What a fit is worth.

    Parameters
    ----------
    estimates : sequence of Estimate
        The parameters.
    held : sequence of FittedTarget
        The targets and records.
    chi2 : float
        Sum of the squared residuals [1].
    numbers, freedom : int
        Numbers that were fitted, and what is left of them after the parameters [1].
    correlations : ndarray, shape (p, p)
        Of the parameters [1].
    singular_values : ndarray, shape (p,)
        Change of the residuals along each direction per 100 % of change [tolerances].
    loose : sequence of str
        What the data cannot identify, in words.
    contradictions : sequence of str
        Which targets contradict each other, in words.
    spread : sequence of float
        Relative spread of each parameter over the minima as good as the best [1].
    as_good : int
        Number of those minima [1].
    nuisances : sequence of Nuisance
        Offsets and drifts of the records.
    records : sequence of Randomness
        Whether the residuals of each record look like noise.
    """

    estimates: Sequence[Estimate]
    held: Sequence[FittedTarget]
    chi2: float
    numbers: int
    freedom: int
    correlations: FloatArray
    singular_values: FloatArray
    loose: Sequence[str]
    contradictions: Sequence[str]
    spread: Sequence[float]
    as_good: int
    nuisances: Sequence[Nuisance]
    records: Sequence[Randomness]


def judge_fit(fit: Fit) -> Statistics:
    """Take everything that a fit's residuals and slopes can tell.

    All of it is linear in the neighbourhood of the minimum: with C = (J'J)^-1 the standard
    deviations are the roots of its diagonal, the leverages the diagonal of H = J C J', and
    leaving out residual r with leverage h lowers chi^2 by r^2 / (1 - h).
    """
    residuals, free = fit.residuals, fit.problem.free
    # relative to the fitted values, wherever the fit began
    sizes = relative_sizes(fit.problem, fit.values)
    jacobian = fit.jacobian * sizes
    left, singular, right = np.linalg.svd(jacobian, full_matrices=False)
    singular = np.concatenate([singular, np.zeros(len(free) - singular.size)])
    if right.shape[0] < len(free):  # fewer numbers than parameters
        right = np.linalg.svd(jacobian, full_matrices=True)[2]
    floor = _NOISE * max(float(singular[0]), 1e-300)
    inverse = 1 / np.maximum(singular, floor)
    matrix = (right.T * inverse**2) @ right
    deviations = np.sqrt(np.diag(matrix))
    chi2 = float(residuals @ residuals)
    named = rows(fit.problem)
    good = [m for m in fit.minima if m.chi2 <= fit.minima[0].chi2 + AS_GOOD]
    used = int(np.any(jacobian != 0, axis=1).sum())
    # a direction in which the numbers do not change takes no number to fix
    rank = int((singular[: left.shape[1]] * NOT_IDENTIFIED >= 1).sum())
    freedom = used - rank - len(fit.problem.nuisances)
    factor = math.sqrt(chi2 / freedom) if freedom > 0 else None
    # the hat matrix is U U', of which a record of 1e6 numbers has no room for more
    basis = left[:, :rank]
    return Statistics(
        estimates=[
            _estimate(parameter, value, float(deviation), factor)
            for parameter, value, deviation in zip(free, fit.values, deviations, strict=True)
        ],
        held=_held(named, residuals, basis, len(fit.problem.kinds)),
        chi2=chi2,
        numbers=used,
        freedom=freedom,
        correlations=matrix / np.outer(deviations, deviations),
        singular_values=singular,
        loose=_loose(free, deviations, singular, right),
        contradictions=_contradictions(named, residuals, basis),
        spread=_spread(good),
        as_good=len(good),
        nuisances=_nuisances(fit, fit.slopes.nuisances * sizes, matrix),
        records=_records(named, residuals),
    )


def _estimate(
    free: FreeParameter, value: float, deviation: float, factor: float | None
) -> Estimate:
    known = deviation < NOT_IDENTIFIED
    scaled = known and factor is not None
    return Estimate(
        free,
        value,
        free.interval(value, deviation) if known else None,
        free.interval(value, deviation * (factor or 0.0)) if scaled else None,
        deviation,
        min(value - free.low, free.high - value) <= 1e-6 * (abs(value) or free.size),
    )


def _nuisances(fit: Fit, slopes: FloatArray, parameters: FloatArray) -> list[Nuisance]:
    """Give offsets and drifts; what is uncertain in the parameters moves them as well."""
    problem, found = fit.problem, []
    for k, (label, record, kind) in enumerate(problem.nuisances):
        place = problem.kinds.index(kind)
        own = float(covariance(record, problem.kinds)[place, place])
        deviation = math.sqrt(own + float(slopes[k] @ parameters @ slopes[k]))
        value = fit.evaluation.nuisances[k]
        found.append(Nuisance(label, kind, value, deviation, NUISANCES[kind]))
    return found


def _records(named: Sequence[Row], residuals: FloatArray) -> list[Randomness]:
    found, first = [], 0
    for row in named:
        if row.kind == "waveform":
            found.append(judge_residuals(row.label, residuals[first : first + row.count]))
        first += row.count
    return found


def _held(
    named: Sequence[Row], residuals: FloatArray, basis: FloatArray, nuisances: int
) -> list[FittedTarget]:
    """Judge each row; the diagonal of the hat matrix is the squared length of basis' rows."""
    held, first = [], 0
    for row in named:
        own = slice(first, first + row.count)
        first += row.count
        leverage = float(np.sum(basis[own] ** 2)) / row.count
        if row.kind == "waveform":
            rms = float(np.sqrt(np.mean(residuals[own] ** 2)))
            held.append(FittedTarget(row, rms, leverage + nuisances / row.count, None))
            continue
        value = float(residuals[own][0])
        drop = None if leverage > 1 - 1e-6 else value**2 / (1 - leverage)
        held.append(FittedTarget(row, value, leverage, drop))
    return held


def _loose(
    free: Sequence[FreeParameter], deviations: FloatArray, singular: FloatArray, right: FloatArray
) -> list[str]:
    """Name the parameters and directions in which the numbers hardly change."""
    lines, explained = [], set()
    for value, direction in zip(singular, right, strict=True):
        if value * NOT_IDENTIFIED >= 1:
            continue
        sign = np.sign(direction[np.argmax(np.abs(direction))])
        parts = [(p.name, sign * w) for p, w in zip(free, direction, strict=True)]
        parts = sorted((q for q in parts if abs(q[1]) > _SMALL_PART), key=lambda q: -abs(q[1]))
        explained |= {name for name, _ in parts}
        change = f"a change of 100 % moves all numbers together by {value:.2g} tolerances"
        if len(parts) == 1:
            lines.append(f"{parts[0][0]} is not identified: {change}.")
            continue
        names = " and ".join(name for name, _ in parts)
        spelled = ", ".join(f"{name} {'up' if w > 0 else 'down'} ({w:+.2f})" for name, w in parts)
        lines.append(
            f"{names} are not identified separately, only together: along {spelled} {change}."
        )
    for parameter, deviation in zip(free, deviations, strict=True):
        if deviation >= NOT_IDENTIFIED and parameter.name not in explained:
            lines.append(f"{parameter.name} is not identified: its uncertainty is {deviation:.0%}.")
    return lines


def _contradictions(named: Sequence[Row], residuals: FloatArray, basis: FloatArray) -> list[str]:
    """Name each target that the others speak against, and those that it pulls away.

    Left out, it would let chi^2 fall by more than `CONTRADICTION`; the others would then
    move by hat * r / (1 - h), and those whose square falls most are its opponents.
    """
    places, first = [], 0
    for row in named:
        places.append(first)
        first += row.count
    targets = [k for k, row in enumerate(named) if row.kind != "waveform"]
    lines = []
    for k in targets:
        i = places[k]
        free_share = 1 - float(basis[i] @ basis[i])
        if free_share < 1e-6 or residuals[i] ** 2 / free_share < CONTRADICTION:
            continue
        predicted = residuals[i] / free_share
        relief = {}
        for j in targets:
            before = float(residuals[places[j]])
            moved = before + float(basis[places[j]] @ basis[i]) * predicted
            relief[j] = before**2 - moved**2
        relief.pop(k)
        against = sorted((j for j in relief if relief[j] > 0.1), key=lambda j: -relief[j])[:3]
        opponents = ", ".join(named[j].label for j in against) or "all others together"
        lines.append(
            f"{named[k].label} against {opponents}: fitted without it the others would put it "
            f"{predicted:+.1f} tolerances away, and chi^2 would fall by "
            f"{residuals[i] ** 2 / free_share:.1f}."
        )
    return lines


def _spread(minima: Sequence[Minimum]) -> list[float]:
    table = np.array([minimum.values for minimum in minima])
    best = np.abs(table[0])
    return [float(s) for s in np.ptp(table, axis=0) / np.where(best > 0, best, 1.0)]
