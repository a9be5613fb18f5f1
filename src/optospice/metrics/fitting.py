"""Weighted least squares for models that are linear in all but one or two parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from optospice.metrics.column import MetricColumn
from optospice.metrics.fit_result import FitResult
from optospice.metrics.separable import Projected, SeparableModel, project, search
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import BoolArray, FloatArray

__all__ = ["FitBlock", "SeparableModel", "fit_block", "fit_separable"]


@dataclass(frozen=True, eq=False)
class FitBlock:
    """Fits of one model to the data of several runs.

    Attributes
    ----------
    model : SeparableModel
        The model.
    estimates : ndarray, shape (runs, parameters)
        The numbers at which each search ended, the linear parameters first; nan without one.
    errors : ndarray, shape (runs, parameters)
        Their standard errors.
    notes : tuple of str
        What limits the trust in each fit; empty if nothing does.
    lost : ndarray of bool, shape (runs,)
        Whether the parameters of a run are not identifiable.
    r_squared, aicc, sample_counts : ndarray, shape (runs,)
        As in `FitResult`.
    covariance : ndarray, shape (runs, parameters, parameters)
        As in `FitResult`.
    fixed : ndarray, shape (runs,)
        The known constant of each run [unit of the data].
    """

    model: SeparableModel
    estimates: FloatArray
    errors: FloatArray
    notes: tuple[str, ...]
    lost: BoolArray
    r_squared: FloatArray
    aicc: FloatArray
    sample_counts: FloatArray
    covariance: FloatArray
    fixed: FloatArray

    @property
    def names(self) -> list[str]:
        """Names of the parameters, the linear ones first."""
        return [*self.model.linear, *self.model.nonlinear]

    def of(self, name: str) -> FloatArray:
        """Give the estimates of one parameter, shape (runs,)."""
        found: FloatArray = self.estimates[:, self.names.index(name)]
        return found

    def column(self, name: str, definitions: Sequence[str]) -> MetricColumn:
        """Give one parameter of every run; nan with a note where it is not identifiable.

        Parameters
        ----------
        name : str
            Name of the parameter.
        definitions : sequence of str
            Definition of each run, in words.
        """
        k = self.names.index(name)
        unit = {**self.model.linear, **self.model.nonlinear}[name]
        values = np.where(self.lost, np.nan, self.estimates[:, k])
        errors = np.where(self.lost, np.nan, self.errors[:, k])
        return MetricColumn.told(values, unit, definitions, self.notes, errors)

    def without(self, why: Sequence[str]) -> FitBlock:
        """Give the same without the parameters of those runs for which there is a reason."""
        pairs = zip(self.notes, why, strict=True)
        notes = tuple("; ".join(filter(None, pair)) for pair in pairs)
        return replace(self, notes=notes, lost=self.lost | [bool(reason) for reason in why])

    def run(self, place: int, definition: str) -> FitResult:
        """Give the fit of one run.

        Parameters
        ----------
        place : int
            Which run.
        definition : str
            Text for the parameters' `MetricValue.definition`.
        """
        model, note = self.model, self.notes[place]
        units = {**model.linear, **model.nonlinear}
        estimates, errors = self.estimates[place].tolist(), self.errors[place].tolist()
        parameters = {
            name: missing(unit, definition, note)
            if self.lost[place]
            else MetricValue(value, unit, definition, error, note)
            for (name, unit), value, error in zip(units.items(), estimates, errors, strict=True)
        }
        linear, theta = np.split(self.estimates[place], [len(model.linear)])
        fixed = float(self.fixed[place])

        def predict(positions: FloatArray) -> FloatArray:
            at = np.asarray(positions, dtype=np.float64)
            if np.isnan(theta).any():
                return np.full(at.shape, math.nan)
            columns = model.basis(theta[None], at.ravel())[0]
            values: FloatArray = fixed + (linear @ columns).reshape(at.shape)
            return values

        return FitResult(
            model=model.name,
            formula=model.formula,
            parameters=MappingProxyType(parameters),
            estimates=MappingProxyType(dict(zip(units, estimates, strict=True))),
            r_squared=float(self.r_squared[place]),
            aicc=float(self.aicc[place]),
            sample_count=float(self.sample_counts[place]),
            parameter_count=len(units),
            covariance=self.covariance[place],
            predict=predict,
            note=note,
        )


def fit_separable(
    model: SeparableModel,
    x: FloatArray,
    y: FloatArray,
    weights: FloatArray | None = None,
    *,
    definition: str = "",
    note: str = "",
) -> FitResult:
    """Fit a model to one row of data, see `fit_block`.

    Parameters
    ----------
    model : SeparableModel
        The model.
    x, y : ndarray, shape (n,)
        Positions and data, without nan [any].
    weights : ndarray, shape (n,), optional
        Weight of each squared deviation, mean one [1]; equal if left out.
    definition : str
        Text for the parameters' `MetricValue.definition`; the formula if left out.
    note : str
        A limitation already known, or why there are no data.
    """
    return fit_block(model, x, y[None], weights, note=note).run(0, definition or model.formula)


def fit_block(
    model: SeparableModel,
    x: FloatArray,
    y: FloatArray,
    weights: FloatArray | None = None,
    *,
    fixed: FloatArray | None = None,
    resolution: float = 0.0,
    note: str = "",
) -> FitBlock:
    """Fit a model to the data of several runs by weighted least squares (variable projection).

    Only theta is searched, from the best of the model's candidates; the linear coefficients
    follow from it exactly (Golub and Pereyra 1973).

    Parameters
    ----------
    model : SeparableModel
        The model.
    x : ndarray, shape (n,)
        Positions, the same for every run [any].
    y : ndarray, shape (runs, n)
        Data of every run [any].
    weights : ndarray, shape (n,), optional
        Weight of each squared deviation, mean one [1]; equal if left out.
    fixed : ndarray, shape (runs,), optional
        A known constant that belongs to the model and is not fitted [unit of y].
    resolution : float
        Root-mean-square deviation below which a better fit counts for nothing in AICc,
        for instance the numerical error of a simulation [unit of y].
    note : str
        A limitation already known, or why there are no data.

    Returns
    -------
    FitBlock
        The fits. The parameters of a run are nan with a note if the data are too few, theta
        ends at a bound, or a standard error of a positive theta exceeds its value.

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
    runs, size = y.shape
    known = np.zeros(runs) if fixed is None else fixed
    count = len(model.linear) + len(model.nonlinear)
    finite = np.asarray(np.isfinite(y).all(axis=1))
    low, high = y.min(axis=1, initial=np.inf), y.max(axis=1, initial=-np.inf)
    fitted = finite & (high > low) & (size > count)
    w = np.ones(size) if weights is None else weights
    if fitted.all():
        return _fitted(model, x, y, w, known, high - low, resolution, note)
    empty = FitBlock(
        model,
        np.full((runs, count), np.nan),
        np.full((runs, count), np.nan),
        tuple(f"not identifiable: {note or _why(size, count, one)}" for one in finite),
        np.ones(runs, dtype=np.bool_),
        np.full(runs, np.nan),
        np.full(runs, np.inf),
        np.zeros(runs),
        np.full((runs, count, count), np.nan),
        known,
    )
    if not fitted.any():
        return empty
    spread = (high - low)[fitted]
    found = _fitted(model, x, y[fitted], w, known[fitted], spread, resolution, note)
    return _placed(empty, fitted, found)


def _why(size: int, count: int, finite: bool) -> str:
    if size <= count:
        return f"{size} points are too few for {count} parameters"
    if finite:
        return "the data are constant: there is nothing to fit"
    return "the data hold values that are not numbers"


def _placed(empty: FitBlock, places: BoolArray, found: FitBlock) -> FitBlock:
    """Put the fits of some runs to their places among those without one."""
    notes = list(empty.notes)
    for place, note in zip(np.flatnonzero(places), found.notes, strict=True):
        notes[place] = note

    def whole(name: str) -> Any:
        values = getattr(empty, name).copy()
        values[places] = getattr(found, name)
        return values

    arrays = [one.name for one in fields(empty) if isinstance(getattr(empty, one.name), np.ndarray)]
    return replace(empty, notes=tuple(notes), **{name: whole(name) for name in arrays})


def _fitted(
    model: SeparableModel,
    x: FloatArray,
    y: FloatArray,
    w: FloatArray,
    fixed: FloatArray,
    spread: FloatArray,
    resolution: float,
    note: str,
) -> FitBlock:
    root = np.sqrt(w)
    target = root * ((y - fixed[:, None]) / spread[:, None])
    theta = search(model, x, root, target)
    if model.interchangeable:
        theta = np.sort(theta, axis=1)
    basis = model.basis(theta, x)
    best = project(root * basis, target)
    square = best.cost / x.size  # weighted mean, in units of spread^2
    effective = float(w.sum() ** 2 / (w @ w))
    covariance = _covariances(model, x, w, basis, theta, best, spread)
    estimates = np.concatenate([best.coefficients * spread[:, None], theta], axis=1)
    freedom = max(1.0 - estimates.shape[1] / effective, 1e-3)
    with np.errstate(over="ignore", invalid="ignore"):
        covariance *= (square / freedom)[:, None, None]
        errors = np.sqrt(np.einsum("rkk->rk", covariance))
    mean = (y @ w) / float(w.sum())
    variance = (y - mean[:, None]) ** 2 @ w / x.size
    floor = np.maximum(resolution / spread, 1e-9) ** 2
    lost, notes = _judged(model, theta, errors[:, basis.shape[1] :], note)
    return FitBlock(
        model,
        estimates,
        errors,
        notes,
        lost,
        1.0 - square * spread**2 / variance,
        _aicc(square + floor, effective, estimates.shape[1]),
        np.full(len(y), effective),
        covariance,
        fixed,
    )


def _judged(
    model: SeparableModel, theta: FloatArray, errors: FloatArray, note: str
) -> tuple[BoolArray, tuple[str, ...]]:
    """Say of every run whether its parameters are lost, and why."""
    low = model.lower + 1e-3 * np.abs(model.lower)
    high = model.upper - 1e-3 * np.abs(model.upper)
    at_bound = ~((low < theta) & (theta < high))
    unsure = ~(errors < theta) if model.positive else np.zeros_like(at_bound)
    lost = np.asarray((at_bound | unsure).any(axis=1))
    notes = [note] * len(theta)
    for run in np.flatnonzero(lost):
        why = ""
        for k, (name, unit) in enumerate(model.nonlinear.items()):
            value = f"{theta[run, k]:.3g} {unit}"
            if at_bound[run, k]:
                why = f"{name} ran into the bound of its search at {value}"
            elif unsure[run, k]:
                why = f"the standard error of {name} exceeds its value of {value}"
        notes[run] = "; ".join(filter(None, (note, f"not identifiable: {why}")))
    return lost, tuple(notes)


def _covariances(
    model: SeparableModel,
    x: FloatArray,
    weights: FloatArray,
    basis: FloatArray,
    theta: FloatArray,
    best: Projected,
    spread: FloatArray,
) -> FloatArray:
    """Covariance of the parameters of every run, for deviations of a variance of one."""
    size = model.sizes(theta)
    slopes = np.einsum("rkmp,rm->rkp", model.derivatives(theta, x), best.coefficients)
    jacobian = np.concatenate([basis, slopes * size[:, :, None]], axis=1)
    tiny = np.finfo(float).tiny
    scale = np.sqrt(np.maximum(np.einsum("rkp,rkp->rk", jacobian, jacobian), tiny))
    jacobian /= scale[:, :, None]
    weighted = jacobian * weights
    inverse = np.linalg.pinv(np.matmul(weighted, jacobian.transpose(0, 2, 1)), rcond=1e-15)
    centre = np.matmul(weighted, weighted.transpose(0, 2, 1))
    units = np.concatenate([np.repeat(spread[:, None], basis.shape[1], axis=1), size], axis=1)
    units /= scale
    covariance: FloatArray = inverse @ centre @ inverse
    with np.errstate(over="ignore", invalid="ignore"):  # of a parameter that nothing depends on
        covariance *= units[:, :, None] * units[:, None, :]
    return covariance


def _aicc(square: FloatArray, samples: float, count: int) -> FloatArray:
    k = count + 1  # the variance of the deviations is estimated too
    if samples - k - 1 <= 0:
        return np.full(len(square), math.inf)
    found: FloatArray = samples * np.log(square) + 2 * k + 2 * k * (k + 1) / (samples - k - 1)
    return found
