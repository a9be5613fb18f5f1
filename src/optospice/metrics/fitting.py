"""Weighted least squares for models that are linear in all but one or two parameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from optospice.metrics.fit_result import FitResult
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import FloatArray

#: Columns of the linear part for given nonlinear parameters and positions.
Basis = Callable[[FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class SeparableModel:
    """A model ``sum_k c_k basis_k(x; theta)`` with one or two parameters theta.

    Attributes
    ----------
    name, formula : str
        Name and formula for a reader.
    basis : callable
        ``basis(theta, x)`` with one column per linear parameter.
    linear, nonlinear : mapping of str to str
        Names of the coefficients c and of theta with their SI units.
    start : ndarray, shape (k, len(nonlinear))
        Candidates for theta from which the best one starts the search.
    lower, upper : ndarray, shape (len(nonlinear),)
        Bounds of theta.
    interchangeable : bool
        Whether the theta are of one kind, to be reported in rising order.
    positive : bool
        Whether theta is positive by nature and searched on a logarithmic scale.
    """

    name: str
    formula: str
    basis: Basis
    linear: Mapping[str, str]
    nonlinear: Mapping[str, str]
    start: FloatArray
    lower: FloatArray
    upper: FloatArray
    interchangeable: bool = False
    positive: bool = True


def fit_separable(
    model: SeparableModel,
    x: FloatArray,
    y: FloatArray,
    weights: FloatArray | None = None,
    *,
    fixed: float = 0.0,
    definition: str = "",
    resolution: float = 0.0,
    note: str = "",
) -> FitResult:
    """Fit a model by weighted least squares (variable projection).

    Only theta is searched, from the best of the model's candidates; the linear coefficients
    follow from it exactly (Golub and Pereyra 1973).

    Parameters
    ----------
    model : SeparableModel
        The model.
    x, y : ndarray, shape (n,)
        Positions and data, without nan [any].
    weights : ndarray, shape (n,), optional
        Weight of each squared deviation, mean one [1]; equal if left out.
    fixed : float
        A known constant that belongs to the model and is not fitted [unit of y].
    definition : str
        Text for the parameters' `MetricValue.definition`; the formula if left out.
    resolution : float
        Root-mean-square deviation below which a better fit counts for nothing in AICc,
        for instance the numerical error of a simulation [unit of y].
    note : str
        A limitation already known, or why there are no data.

    Returns
    -------
    FitResult
        The fit. A parameter is nan with a note if the data are too few, theta ends at a
        bound, or a standard error of a positive theta exceeds its value.

    Notes
    -----
    The covariance is the sandwich ``(J'WJ)^-1 J'W^2J (J'WJ)^-1 s^2`` for independent
    deviations of equal variance, so weights that stand for time and not for precision do
    not distort it. The deviations of a noise-free simulation from a model that is not its
    own are systematic: their standard errors measure misfit, not noise.

    References
    ----------
    Golub and Pereyra, SIAM J. Numer. Anal. 10 (1973) 413. Hurvich and Tsai, Biometrika 76
    (1989) 297 (AICc).
    """
    text = definition or model.formula
    names = [*model.linear, *model.nonlinear]
    units = {**model.linear, **model.nonlinear}
    count = len(names)
    spread = float(np.ptp(y)) if y.size else 0.0
    if y.size <= count or not spread > 0 or not np.isfinite(y).all():
        if y.size <= count:
            why = f"{y.size} points are too few for {count} parameters"
        elif np.isfinite(y).all():
            why = "the data are constant: there is nothing to fit"
        else:
            why = "the data hold values that are not numbers"
        return _no_fit(model, units, text, f"not identifiable: {note or why}")

    from scipy.optimize import least_squares

    w = np.ones(y.size) if weights is None else weights
    root = np.sqrt(w)
    target = root * ((y - fixed) / spread)

    def projected(theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        columns = root[:, None] * model.basis(theta, x)
        norms = np.sqrt((columns**2).sum(axis=0))
        norms[norms == 0.0] = 1.0
        scaled, *_ = np.linalg.lstsq(columns / norms, target, rcond=None)
        coefficients: FloatArray = scaled / norms
        return coefficients, columns @ coefficients - target

    def searched(theta: FloatArray) -> FloatArray:
        return np.log(theta) if model.positive else theta

    def residual(place: FloatArray) -> FloatArray:
        return projected(np.exp(place) if model.positive else place)[1]

    costs = [float(np.sum(projected(theta)[1] ** 2)) for theta in model.start]
    best = model.start[int(np.argmin(costs))]
    bounds = (searched(model.lower), searched(model.upper))
    begin = np.clip(searched(best), *bounds)
    found = least_squares(residual, begin, bounds=bounds, xtol=1e-12, ftol=1e-14, gtol=1e-14)
    theta: FloatArray = np.exp(found.x) if model.positive else found.x
    if model.interchangeable:
        theta = np.sort(theta)
    coefficients, deviation = projected(theta)
    values = np.concatenate([coefficients * spread, theta])

    square = float(deviation @ deviation) / y.size  # weighted mean, in units of spread^2
    effective = float(w.sum() ** 2 / (w @ w))
    covariance = _covariance(model, x, w, coefficients, theta, square, effective, spread)
    errors = np.sqrt(np.diag(covariance))
    mean = float(w @ y) / float(w.sum())
    variance = float(w @ (y - mean) ** 2) / y.size
    floor = max(resolution / spread, 1e-9) ** 2
    aicc = _aicc(square + floor, effective, count)

    notes = [note] if note else []
    lost = ""
    for k, name in enumerate(model.nonlinear):
        value, error = float(theta[k]), float(errors[len(coefficients) + k])
        margin = 1e-3 * abs(model.lower[k]), 1e-3 * abs(model.upper[k])
        if not model.lower[k] + margin[0] < value < model.upper[k] - margin[1]:
            lost = f"{name} ran into the bound of its search at {value:.3g} {units[name]}"
        elif model.positive and not error < value:
            lost = f"the standard error of {name} exceeds its value of {value:.3g} {units[name]}"
    if lost:
        notes.append(f"not identifiable: {lost}")
    joined = "; ".join(notes)
    parameters = {
        name: missing(units[name], text, joined)
        if lost
        else MetricValue(float(value), units[name], text, float(error), joined)
        for name, value, error in zip(names, values, errors, strict=True)
    }

    def predict(positions: FloatArray) -> FloatArray:
        at = np.asarray(positions, dtype=np.float64)
        columns = model.basis(theta, at)
        values: FloatArray = fixed + columns @ (coefficients * spread)
        return values

    return FitResult(
        model=model.name,
        formula=model.formula,
        parameters=MappingProxyType(parameters),
        estimates=MappingProxyType(dict(zip(names, map(float, values), strict=True))),
        r_squared=1.0 - square * spread**2 / variance,
        aicc=aicc,
        sample_count=effective,
        parameter_count=count,
        covariance=covariance,
        predict=predict,
        note=joined,
    )


def _covariance(
    model: SeparableModel,
    x: FloatArray,
    weights: FloatArray,
    coefficients: FloatArray,
    theta: FloatArray,
    square: float,
    effective: float,
    spread: float,
) -> FloatArray:
    linear = model.basis(theta, x)
    slopes = np.empty((x.size, theta.size))
    size = theta if model.positive else model.upper - model.lower
    for k in range(theta.size):
        step = np.zeros(theta.size)
        step[k] = 1e-5 * size[k]
        change = model.basis(theta + step, x) - model.basis(theta - step, x)
        slopes[:, k] = change @ coefficients / 2e-5
    jacobian = np.concatenate([linear, slopes], axis=1)
    scale = np.sqrt(np.maximum((jacobian**2).sum(axis=0), np.finfo(float).tiny))
    jacobian = jacobian / scale
    inverse = np.linalg.pinv(jacobian.T @ (weights[:, None] * jacobian), rcond=1e-15)
    centre = jacobian.T @ (weights[:, None] ** 2 * jacobian)
    freedom = max(1.0 - (linear.shape[1] + theta.size) / effective, 1e-3)
    units = np.concatenate([np.full(coefficients.size, spread), size]) / scale
    covariance: FloatArray = inverse @ centre @ inverse * np.outer(units, units)
    covariance *= square / freedom
    return covariance


def _aicc(square: float, samples: float, count: int) -> float:
    k = count + 1  # the variance of the deviations is estimated too
    if samples - k - 1 <= 0:
        return math.inf
    return samples * math.log(square) + 2 * k + 2 * k * (k + 1) / (samples - k - 1)


def _no_fit(model: SeparableModel, units: Mapping[str, str], text: str, note: str) -> FitResult:
    return FitResult(
        model=model.name,
        formula=model.formula,
        parameters=MappingProxyType({n: missing(u, text, note) for n, u in units.items()}),
        estimates=MappingProxyType(dict.fromkeys(units, math.nan)),
        r_squared=math.nan,
        aicc=math.inf,
        sample_count=0.0,
        parameter_count=len(units),
        covariance=np.full((len(units), len(units)), math.nan),
        predict=lambda positions: np.full(np.shape(positions), math.nan),
        note=note,
    )
