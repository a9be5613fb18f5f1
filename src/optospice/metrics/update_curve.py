"""Laws for the conductance after each of a row of equal pulses."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optospice.metrics.fit_result import FitResult, without_values
from optospice.metrics.fitting import SeparableModel, fit_separable
from optospice.metrics.registry import accepted_name
from optospice.metrics.windows import FloatArray

if TYPE_CHECKING:
    from collections.abc import Mapping

BRANCHES: Mapping[str, str] = MappingProxyType(
    {
        "potentiation": "the conductance rises with the pulses",
        "depression": "the conductance falls with the pulses and is read backwards",
    }
)
#: Largest |x_max / A| of the search: the update is then over within a fiftieth of the pulses.
LARGEST_CURVATURE = 50.0
#: Unit of NeuroSim's label: distance from the diagonal of the normalised curve.
LABEL_UNIT = 0.07


def checked_curve(conductances: npt.ArrayLike) -> FloatArray:
    """Return an update curve as an array.

    Parameters
    ----------
    conductances : array_like, shape (n,)
        Conductance after each pulse [S].

    Returns
    -------
    ndarray, shape (n,)
        The same [S].

    Raises
    ------
    ValueError
        If there are fewer than three or the shape is not one-dimensional.
    """
    curve = np.asarray(conductances, dtype=np.float64)
    if curve.ndim != 1 or curve.size < 3:
        raise ValueError(f"an update curve is one row of three values or more: {curve.shape}")
    return curve


def line_r_squared(values: npt.ArrayLike) -> float:
    """Share of the variance that a line over the index explains.

    Parameters
    ----------
    values : array_like, shape (n,)
        Values at equal distances, not all the same [any].

    Returns
    -------
    float
        R squared [1].

    Raises
    ------
    ValueError
        If there are fewer than three values.
    """
    y = checked_curve(values)
    x = np.arange(y.size) - 0.5 * (y.size - 1)
    centred = y - y.mean()
    return float((x @ centred) ** 2 / ((x @ x) * (centred @ centred)))


def fit_exponential_update(conductances: npt.ArrayLike, branch: str = "potentiation") -> FitResult:
    """Fit NeuroSim's update law, ``G = B (1 - exp(-P/A)) + G_min``.

    Parameters
    ----------
    conductances : array_like, shape (n,)
        Conductance after each pulse; the first stands for P = 0 [S].
    branch : {"potentiation", "depression"}
        For depression P counts backwards, so that G_min is where the branch ends.

    Returns
    -------
    FitResult
        ``G_min`` [S], ``G_range`` = B (1 - exp(-P_max/A)) [S] and ``curvature`` =
        P_max/A [1], which passes through zero for a line; see `update_constants`.

    Raises
    ------
    ValueError
        For an unknown branch or fewer than three conductances.

    References
    ----------
    MLP+NeuroSim V3.0, formula.cpp, NonlinearWeight (Chen, Peng and Yu, IEDM 2017).
    """
    curve, place = _placed(conductances, branch)

    def basis(theta: FloatArray, x: FloatArray) -> FloatArray:
        straight = np.abs(theta) < 1e-9
        bend = np.where(straight, 1.0, theta)
        shape = np.where(straight, x, np.expm1(-bend * x) / np.expm1(-bend))
        return np.stack([np.ones_like(shape), shape], axis=1)

    candidates = np.array([-30.0, -12, -5, -2, -0.7, 0.1, 0.7, 2, 5, 12, 30])
    model = SeparableModel(
        "exponential_update",
        f"B (1 - exp(-P/A)) + G_min, {branch}",
        basis,
        {"G_min": "S", "G_range": "S"},
        {"curvature": "1"},
        candidates[:, None],
        np.array([-LARGEST_CURVATURE]),
        np.array([LARGEST_CURVATURE]),
        positive=False,
    )
    fit = fit_separable(model, place, curve)
    if fit.is_identifiable and fit.estimates["G_range"] < 0:
        return without_values(fit, f"not identifiable: this is no {branch}, it goes the other way")
    return fit


def update_constants(fit: FitResult, pulses: int) -> tuple[float, float]:
    """Constants A and B of NeuroSim's law from a fit.

    Parameters
    ----------
    fit : FitResult
        Result of `fit_exponential_update`.
    pulses : int
        Number of pulses between the first and the last conductance, P_max.

    Returns
    -------
    tuple of float
        A [pulses] and B [S], both negative for a curve that speeds up; infinite for a line.
    """
    bend = fit["curvature"].value
    if bend == 0.0:
        return math.inf, math.inf
    return pulses / bend, fit["G_range"].value / -math.expm1(-bend)


def nonlinearity_label(curvature: float) -> float:
    """NeuroSim's nonlinearity label of a normalised update curve.

    Parameters
    ----------
    curvature : float
        P_max/A of ``(1 - exp(-P/A)) / (1 - exp(-P_max/A))`` [1].

    Returns
    -------
    float
        Largest distance from the diagonal, at right angles, over 0.07, with the sign of A [1].
    """
    bend = abs(curvature)
    if bend < 1e-4:
        distance = bend / 8.0
    else:
        whole = -math.expm1(-bend)
        place = math.log(bend / whole) / bend  # where the slope is one
        distance = -math.expm1(-bend * place) / whole - place
    return math.copysign(distance / math.sqrt(2.0) / LABEL_UNIT, curvature)


def fit_conductance_exponent(
    conductances: npt.ArrayLike, branch: str = "potentiation"
) -> FitResult:
    """Fit ``G = ((G_max^alpha - G_min^alpha) w + G_min^alpha)^(1/alpha)``.

    Parameters
    ----------
    conductances : array_like, shape (n,)
        Conductance after each pulse, all positive and not all the same [S].
    branch : {"potentiation", "depression"}
        For depression w runs from 1 to 0.

    Returns
    -------
    FitResult
        ``alpha`` [1] and ``G_min`` [S]; the ratio G_max/G_min is that of the data. alpha
        is 1 for a line and 0 for an exponential.

    Raises
    ------
    ValueError
        For an unknown branch, fewer than three conductances, or one that is not positive.

    References
    ----------
    Jang et al., IEEE Electron Device Lett. 36 (2015) 457.
    """
    curve, place = _placed(conductances, branch)
    if not (curve.min() > 0 and np.ptp(curve) > 0):
        raise ValueError("conductances must be positive and must not be all the same")
    span = math.log(curve.max() / curve.min())

    def basis(theta: FloatArray, w: FloatArray) -> FloatArray:
        steady = np.abs(theta * span) < 1e-9
        alpha = np.where(steady, 1.0 / span, theta)
        power = np.where(steady, span * w, np.log1p(np.expm1(alpha * span) * w) / alpha)
        found: FloatArray = np.exp(power)[:, None]
        return found

    bound = 30.0 / span  # beyond it double precision cannot tell G_max from infinity
    candidates = np.array([-10, -4, -1, 0.1, 0.5, 1, 2, 4, 10, 20]) / max(span, 0.7)
    model = SeparableModel(
        "conductance_exponent",
        f"((G_max^alpha - G_min^alpha) w + G_min^alpha)^(1/alpha), {branch}",
        basis,
        {"G_min": "S"},
        {"alpha": "1"},
        np.clip(candidates, -0.9 * bound, 0.9 * bound)[:, None],
        np.array([-bound]),
        np.array([bound]),
        positive=False,
    )
    return fit_separable(model, place, curve)


def _placed(conductances: npt.ArrayLike, branch: str) -> tuple[FloatArray, FloatArray]:
    accepted_name(branch, BRANCHES, "branch")
    curve = checked_curve(conductances)
    place = np.linspace(0.0, 1.0, curve.size)
    return curve, place if branch == "potentiation" else place[::-1]
