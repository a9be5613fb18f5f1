"""The decay laws that a current after a pulse may follow."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from optospice.metrics.registry import accepted_name
from optospice.metrics.separable import Basis, SeparableModel, Slopes
from optospice.metrics.windows import FloatArray

if TYPE_CHECKING:
    from collections.abc import Mapping

DECAY_MODELS: Mapping[str, str] = MappingProxyType(
    {
        "exponential": "offset + A exp(-t/tau)",
        "double_exponential": "offset + A1 exp(-t/tau1) + A2 exp(-t/tau2), tau1 < tau2",
        "stretched_exponential": "offset + A exp(-(t/tau)^beta)",
        "power_law": "offset + A (t / 1 s)^-m",
    }
)


@lru_cache(maxsize=64)
def decay_model(name: str, free_offset: bool, span: float) -> SeparableModel:
    """Return a decay law ready to be fitted.

    Parameters
    ----------
    name : str
        One of `DECAY_MODELS`.
    free_offset : bool
        Whether the final current is fitted too.
    span : float
        Duration of the window, which sets the scale of the search [s].

    Returns
    -------
    SeparableModel
        The law with its candidates: time constants from a thousandth to thirty times the
        window, bounds from 1e-5 to 1000 times the window.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    formula = DECAY_MODELS[accepted_name(name, DECAY_MODELS, "decay model")]
    times = np.geomspace(1e-3 * span, 30 * span, 24)
    offset = {"offset": "A"} if free_offset else {}
    # the offset is a column of ones, which theta does not move
    shapes, slopes = with_constant(*_LAWS[name]) if offset else _LAWS[name]
    if name == "exponential":
        return SeparableModel(
            name,
            formula,
            shapes,
            {"A": "A", **offset},
            {"tau": "s"},
            times[:, None],
            np.array([1e-5 * span]),
            np.array([1e3 * span]),
            slopes=slopes,
        )
    if name == "double_exponential":
        coarse = times[::3]
        pairs = np.array([(fast, slow) for slow in coarse for fast in coarse if fast < slow])
        return SeparableModel(
            name,
            formula,
            shapes,
            {"A1": "A", "A2": "A", **offset},
            {"tau1": "s", "tau2": "s"},
            pairs,
            np.full(2, 1e-5 * span),
            np.full(2, 1e3 * span),
            interchangeable=True,
            slopes=slopes,
        )
    if name == "stretched_exponential":
        grid = [(tau, beta) for tau in times[::2] for beta in (0.35, 0.6, 0.9)]
        return SeparableModel(
            name,
            formula,
            shapes,
            {"A": "A", **offset},
            {"tau": "s", "beta": "1"},
            np.array(grid),
            np.array([1e-5 * span, 0.05]),
            np.array([1e3 * span, 2.0]),
            slopes=slopes,
        )
    return SeparableModel(
        name,
        formula,
        shapes,
        {"A": "A", **offset},
        {"m": "1"},
        np.geomspace(0.03, 8.0, 16)[:, None],
        np.array([1e-3]),
        np.array([20.0]),
        slopes=slopes,
    )


def exponentials(theta: FloatArray, t: FloatArray) -> FloatArray:
    """Give ``exp(-t/tau)`` for every tau of every run, shape (runs, taus, times)."""
    found: FloatArray = np.exp(-t / theta[:, :, None])
    return found


def exponential_slopes(theta: FloatArray, t: FloatArray) -> FloatArray:
    """Derivatives of `exponentials`: each tau moves its own column only."""
    tau = theta[:, :, None]
    own = np.exp(-t / tau) * t / tau**2
    count = theta.shape[1]
    if count == 1:
        return own[:, None]
    found = np.zeros((len(theta), count, count, t.size))
    for k in range(count):
        found[:, k, k] = own[:, k]
    return found


def with_constant(shapes: Basis, slopes: Slopes) -> tuple[Basis, Slopes]:
    """Give a basis and its derivatives with a constant as the last column.

    Parameters
    ----------
    shapes, slopes : callable
        The other columns, see `SeparableModel`.
    """

    def columns(theta: FloatArray, x: FloatArray) -> FloatArray:
        return _appended(shapes(theta, x), 1.0)

    def derivatives(theta: FloatArray, x: FloatArray) -> FloatArray:
        return _appended(slopes(theta, x), 0.0)  # theta does not move it

    return columns, derivatives


def _appended(columns: FloatArray, level: float) -> FloatArray:
    *before, count, size = columns.shape
    found = np.empty((*before, count + 1, size))
    found[..., :count, :] = columns
    found[..., count, :] = level
    return found


def _stretched(theta: FloatArray, t: FloatArray) -> FloatArray:
    tau, beta = theta[:, 0, None], theta[:, 1, None]
    found: FloatArray = np.exp(-((t / tau) ** beta))[:, None]
    return found


def _stretched_slopes(theta: FloatArray, t: FloatArray) -> FloatArray:
    tau, beta = theta[:, 0, None], theta[:, 1, None]
    ratio = t / tau
    power = ratio**beta
    fall = np.exp(-power) * power
    logarithm = np.log(np.where(ratio > 0, ratio, 1.0))  # power is zero where the ratio is
    return np.stack([fall * beta / tau, -fall * logarithm], axis=1)[:, :, None]


def _power(theta: FloatArray, t: FloatArray) -> FloatArray:
    found: FloatArray = (t**-theta)[:, None]
    return found


def _power_slopes(theta: FloatArray, t: FloatArray) -> FloatArray:
    found: FloatArray = (-np.log(t) * t**-theta)[:, None, None]
    return found


_LAWS: Mapping[str, tuple[Basis, Slopes]] = MappingProxyType(
    {
        "exponential": (exponentials, exponential_slopes),
        "double_exponential": (exponentials, exponential_slopes),
        "stretched_exponential": (_stretched, _stretched_slopes),
        "power_law": (_power, _power_slopes),
    }
)
