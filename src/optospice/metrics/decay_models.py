"""The decay laws that a current after a pulse may follow."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from optospice.metrics.fitting import SeparableModel
from optospice.metrics.registry import accepted_name
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

    def columns(*shapes: FloatArray) -> FloatArray:
        return np.stack((*shapes, np.ones_like(shapes[0])) if offset else shapes, axis=1)

    if name == "exponential":
        return SeparableModel(
            name,
            formula,
            lambda theta, t: columns(np.exp(-t / theta[0])),
            {"A": "A", **offset},
            {"tau": "s"},
            times[:, None],
            np.array([1e-5 * span]),
            np.array([1e3 * span]),
        )
    if name == "double_exponential":

        def two(theta: FloatArray, t: FloatArray) -> FloatArray:
            fast, slow = sorted(theta)
            return columns(np.exp(-t / fast), np.exp(-t / slow))

        coarse = times[::3]
        pairs = np.array([(fast, slow) for slow in coarse for fast in coarse if fast < slow])
        return SeparableModel(
            name,
            formula,
            two,
            {"A1": "A", "A2": "A", **offset},
            {"tau1": "s", "tau2": "s"},
            pairs,
            np.full(2, 1e-5 * span),
            np.full(2, 1e3 * span),
            interchangeable=True,
        )
    if name == "stretched_exponential":
        grid = [(tau, beta) for tau in times[::2] for beta in (0.35, 0.6, 0.9)]
        return SeparableModel(
            name,
            formula,
            lambda theta, t: columns(np.exp(-((t / theta[0]) ** theta[1]))),
            {"A": "A", **offset},
            {"tau": "s", "beta": "1"},
            np.array(grid),
            np.array([1e-5 * span, 0.05]),
            np.array([1e3 * span, 2.0]),
        )
    return SeparableModel(
        name,
        formula,
        lambda theta, t: columns(t ** -theta[0]),
        {"A": "A", **offset},
        {"m": "1"},
        np.geomspace(0.03, 8.0, 16)[:, None],
        np.array([1e-3]),
        np.array([20.0]),
    )
