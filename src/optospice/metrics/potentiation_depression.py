"""Long-term potentiation and depression: range, shape of the update curve, and symmetry."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optospice.metrics.registry import accepted_name, metric
from optospice.metrics.update_curve import (
    BRANCHES,
    checked_curve,
    fit_conductance_exponent,
    fit_exponential_update,
    line_r_squared,
    nonlinearity_label,
)
from optospice.metrics.value import MetricValue, missing

if TYPE_CHECKING:
    from collections.abc import Mapping

NEUROSIM = (
    "Chen, Peng and Yu, NeuroSim+, IEDM 2017; MLP+NeuroSim V3.0, nonlinear_fit.m and formula.cpp"
)
RANGE_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "ratio": "G_max / G_min",
        "relative": "(G_max - G_min) / G_min",
    }
)
NONLINEARITY_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "neurosim": "largest distance of the fitted, normalised update curve from the diagonal, "
        "in units of 0.07 (NeuroSim's label, 0 for a line, at most 10.1)",
        "alpha": "alpha of G = ((G_max^alpha - G_min^alpha) w + G_min^alpha)^(1/alpha), "
        "1 for a line",
        "r_squared": "R^2 of the conductances against a line over pulse number, 1 for a line",
    }
)
ASYMMETRY_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "neurosim": "|label of potentiation - label of depression|, 0 where one retraces the other",
        "curves": "largest distance between potentiation and depression retraced backwards, "
        "over the conductance range",
    }
)


@metric(
    title="Largest conductance of an update curve",
    unit="S",
    display_unit="nS",
    source="standard term of long-term potentiation, e.g. NeuroSim's maxConductance",
)
def maximum_conductance(conductances: npt.ArrayLike) -> MetricValue:
    """Largest conductance that the pulses reach.

    Parameters
    ----------
    conductances : array_like
        Conductance after each pulse, any shape [S].

    Returns
    -------
    MetricValue
        G_max [S].

    Raises
    ------
    ValueError
        If there are no conductances.

    References
    ----------
    Chen, Peng and Yu, IEDM 2017 (NeuroSim+).
    """
    return _extreme(conductances, "G_max, the largest conductance", largest=True)


@metric(
    title="Smallest conductance of an update curve",
    unit="S",
    display_unit="nS",
    source="standard term of long-term potentiation, e.g. NeuroSim's minConductance",
)
def minimum_conductance(conductances: npt.ArrayLike) -> MetricValue:
    """Smallest conductance that the pulses reach.

    Parameters
    ----------
    conductances : array_like
        Conductance after each pulse, any shape [S].

    Returns
    -------
    MetricValue
        G_min [S].

    Raises
    ------
    ValueError
        If there are no conductances.

    References
    ----------
    Chen, Peng and Yu, IEDM 2017 (NeuroSim+).
    """
    return _extreme(conductances, "G_min, the smallest conductance", largest=False)


@metric(
    title="Dynamic range of the conductance",
    unit="1",
    definitions=RANGE_DEFINITIONS,
    source="standard term; NeuroSim calls the ratio on/off ratio",
)
def dynamic_range(conductances: npt.ArrayLike, definition: str = "ratio") -> MetricValue:
    """Range between the smallest and the largest conductance.

    Parameters
    ----------
    conductances : array_like
        Conductance after each pulse, any shape [S].
    definition : {"ratio", "relative"}
        G_max/G_min or (G_max - G_min)/G_min.

    Returns
    -------
    MetricValue
        Range [1]; nan with a note if the smallest conductance is not positive.

    Raises
    ------
    ValueError
        For an unknown definition or no conductances.

    References
    ----------
    Chen, Peng and Yu, IEDM 2017 (NeuroSim+).
    """
    text = RANGE_DEFINITIONS[accepted_name(definition, RANGE_DEFINITIONS, "range definition")]
    low, high = minimum_conductance(conductances), maximum_conductance(conductances)
    if low.is_missing:
        return missing("1", text, low.note)
    if not low.value > 0:
        return missing("1", text, f"the smallest conductance, {low.value:.6g} S, is not positive")
    ratio = high.value / low.value
    return MetricValue(ratio - (1.0 if definition == "relative" else 0.0), "1", text)


@metric(
    title="Nonlinearity of the conductance update",
    unit="1",
    definitions=NONLINEARITY_DEFINITIONS,
    source=f"{NEUROSIM}; alpha: Jang et al., IEEE Electron Device Lett. 36 (2015) 457",
)
def update_nonlinearity(
    conductances: npt.ArrayLike, definition: str = "neurosim", *, branch: str = "potentiation"
) -> MetricValue:
    """Nonlinearity of the conductance against the number of pulses.

    Parameters
    ----------
    conductances : array_like, shape (n,)
        Conductance after each pulse of one branch, preferably with the one before the
        first pulse in front [S].
    definition : {"neurosim", "alpha", "r_squared"}
        Which of the labels in use.
    branch : {"potentiation", "depression"}
        Branch; depression is read backwards (from G_min to G_max), as NeuroSim does.

    Returns
    -------
    MetricValue
        Label [1]. NeuroSim's is positive for potentiation, and negative for depression,
        that slows down on its way; nan with a note where not identifiable.

    Raises
    ------
    ValueError
        For an unknown definition or branch, or fewer than three conductances.

    Notes
    -----
    NeuroSim tabulates its label against the normalised parameter A in 900 steps. The table
    is ``label = sign(A) d / 0.07`` with d the largest distance, at right angles, of the
    normalised curve ``(1 - exp(-x/A)) / (1 - exp(-1/A))`` from the diagonal (found here;
    it reproduces the printed digits). NeuroSim takes G_min and G_max from the data and A
    by eye; here all three are fitted.

    References
    ----------
    Chen, Peng and Yu, IEDM 2017 (NeuroSim+). Jang et al., IEEE Electron Device Lett. 36
    (2015) 457 (alpha).
    """
    accepted_name(definition, NONLINEARITY_DEFINITIONS, "nonlinearity definition")
    accepted_name(branch, BRANCHES, "branch")
    text = f"{NONLINEARITY_DEFINITIONS[definition]}; {branch}"
    curve = checked_curve(conductances)
    if not np.isfinite(curve).all():
        return missing("1", text, "a conductance is not a number")
    if np.ptp(curve) == 0.0:
        return missing("1", text, "the conductance does not change")
    if definition == "r_squared":
        return MetricValue(line_r_squared(curve), "1", text)
    if definition == "alpha":
        if not curve.min() > 0:
            return missing("1", text, "alpha needs conductances that are all positive")
        alpha = fit_conductance_exponent(curve, branch)["alpha"]
        return MetricValue(alpha.value, "1", text, alpha.standard_error, alpha.note)
    fit = fit_exponential_update(curve, branch)
    bend = fit["curvature"]
    if bend.is_missing:
        return missing("1", text, fit.note)
    label = nonlinearity_label(bend.value)
    step = 1e-4 * max(1.0, abs(bend.value))
    up, down = nonlinearity_label(bend.value + step), nonlinearity_label(bend.value - step)
    error = abs(up - down) / (2 * step) * (bend.standard_error or 0.0)
    return MetricValue(label, "1", text, error, bend.note)


@metric(
    title="Asymmetry between potentiation and depression",
    unit="1",
    definitions=ASYMMETRY_DEFINITIONS,
    source=f"{NEUROSIM}; curves: derived from the same picture without a fit",
)
def update_asymmetry(
    potentiation: npt.ArrayLike, depression: npt.ArrayLike, definition: str = "neurosim"
) -> MetricValue:
    """Asymmetry between the potentiation and the depression branch.

    Parameters
    ----------
    potentiation, depression : array_like, shape (n,) and (m,)
        Conductance after each pulse of each branch [S]; n = m for ``"curves"``.
    definition : {"neurosim", "curves"}
        Difference of the labels, or largest distance between the curves.

    Returns
    -------
    MetricValue
        Asymmetry [1], zero if depression retraces potentiation.

    Raises
    ------
    ValueError
        For an unknown definition, fewer than three conductances, or for ``"curves"``
        branches of different length.

    References
    ----------
    Chen, Peng and Yu, IEDM 2017 (NeuroSim+).
    """
    accepted_name(definition, ASYMMETRY_DEFINITIONS, "asymmetry definition")
    text = ASYMMETRY_DEFINITIONS[definition]
    if definition == "neurosim":
        up = update_nonlinearity(potentiation)
        down = update_nonlinearity(depression, branch="depression")
        if note := up.note or down.note:
            return missing("1", text, note)
        error = math.hypot(up.standard_error or 0.0, down.standard_error or 0.0)
        return MetricValue(abs(up.value - down.value), "1", text, error)
    rise, fall = checked_curve(potentiation), checked_curve(depression)
    if rise.shape != fall.shape:
        raise ValueError(f"'curves' compares branches of one length: {rise.size}, {fall.size}")
    span = max(rise.max(), fall.max()) - min(rise.min(), fall.min())
    if not span > 0:
        return missing("1", text, "the conductance does not change, or is not a number")
    return MetricValue(float(np.abs(rise - fall[::-1]).max() / span), "1", text)


def _extreme(conductances: npt.ArrayLike, text: str, largest: bool) -> MetricValue:
    values = np.asarray(conductances, dtype=np.float64)
    if values.size == 0:
        raise ValueError("there are no conductances")
    value = float(values.max() if largest else values.min())
    if math.isnan(value):
        return missing("S", text, "a conductance is not a number")
    return MetricValue(value, "S", text)
