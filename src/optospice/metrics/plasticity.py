"""Short-term plasticity: paired pulses, trains, and their dependence on the interval."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optospice.metrics.column import MetricColumn
from optospice.metrics.decay_models import exponential_slopes, exponentials, with_constant
from optospice.metrics.fit_result import FitResult
from optospice.metrics.fitting import SeparableModel, fit_separable
from optospice.metrics.registry import accepted_name, in_blocks, metric
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import FloatArray

if TYPE_CHECKING:
    from collections.abc import Mapping

PBS_PAPER = "Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789"

_NO_AMPLITUDE = "an amplitude is not a number"
_NO_FIRST = "the first response is zero: a change relative to it has no size"

PAIRED_PULSE_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "ratio": "A2 / A1",
        "relative": "(A2 - A1) / A1",
    }
)
WEIGHT_CHANGE_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "relative": "(A_n - A_1) / A_1",
        "ratio": "A_n / A_1",
    }
)
RELAXATION_MODELS: Mapping[str, str] = MappingProxyType(
    {
        "recovery": "P_inf - C exp(-dt/tau)",
        "double_recovery": "P_inf - C1 exp(-dt/tau1) - C2 exp(-dt/tau2), tau1 < tau2",
        "exponential": "C exp(-dt/tau)",
        "double_exponential": "C1 exp(-dt/tau1) + C2 exp(-dt/tau2), tau1 < tau2",
    }
)


@metric(
    title="Paired-pulse index (facilitation above, depression below no change)",
    unit="1",
    display_unit="%",
    definitions=PAIRED_PULSE_DEFINITIONS,
    source=f"{PBS_PAPER}, Eq. 1 (ratio); relative: the same index minus one",
)
def paired_pulse_index(first: float, second: float, definition: str = "ratio") -> MetricValue:
    """Index of the second of two equal pulses against the first.

    Parameters
    ----------
    first, second : float
        Amplitudes of the first and second response, of any definition but the same [A].
    definition : {"ratio", "relative"}
        A2/A1, or (A2 - A1)/A1 which is zero without plasticity.

    Returns
    -------
    MetricValue
        Index [1]; nan with a note if the first response vanishes.

    Raises
    ------
    ValueError
        For an unknown definition.

    References
    ----------
    Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Eq. 1.
    """
    accepted_name(definition, PAIRED_PULSE_DEFINITIONS, "paired-pulse definition")
    return _change(float(first), float(second), definition, PAIRED_PULSE_DEFINITIONS[definition])


@in_blocks(paired_pulse_index)
def paired_pulse_indices(
    first: FloatArray, second: FloatArray, definition: str = "ratio"
) -> MetricColumn:
    """Give `paired_pulse_index` of every run of a block, from amplitudes of shape (runs,)."""
    accepted_name(definition, PAIRED_PULSE_DEFINITIONS, "paired-pulse definition")
    return _changes(first, second, definition, PAIRED_PULSE_DEFINITIONS[definition])


@metric(
    title="Synaptic weight change over a train",
    unit="1",
    display_unit="%",
    definitions=WEIGHT_CHANGE_DEFINITIONS,
    source=f"{PBS_PAPER}, Eq. 3",
)
def synaptic_weight_change(amplitudes: npt.ArrayLike, definition: str = "relative") -> MetricValue:
    """Change of the response from the first to the last pulse of a train.

    Parameters
    ----------
    amplitudes : array_like, shape (n,)
        Response to each pulse in order, n at least 2 [A].
    definition : {"relative", "ratio"}
        (A_n - A_1)/A_1 or A_n/A_1.

    Returns
    -------
    MetricValue
        Change [1], negative for depression; nan with a note if the first response vanishes.

    Raises
    ------
    ValueError
        For an unknown definition or fewer than two pulses.

    References
    ----------
    Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Eq. 3.
    """
    accepted_name(definition, WEIGHT_CHANGE_DEFINITIONS, "weight change definition")
    a = np.asarray(amplitudes, dtype=np.float64)
    if a.ndim != 1 or a.size < 2:
        raise ValueError(f"a train has one amplitude per pulse and two pulses or more: {a.shape}")
    text = f"{WEIGHT_CHANGE_DEFINITIONS[definition]}, n = {a.size}"
    return _change(float(a[0]), float(a[-1]), definition, text)


@in_blocks(synaptic_weight_change)
def synaptic_weight_changes_over_trains(
    amplitudes: FloatArray, definition: str = "relative"
) -> MetricColumn:
    """Give `synaptic_weight_change` of every run of a block, from amplitudes (runs, n)."""
    accepted_name(definition, WEIGHT_CHANGE_DEFINITIONS, "weight change definition")
    if amplitudes.ndim != 2 or amplitudes.shape[1] < 2:
        raise ValueError(
            f"a train has one amplitude per pulse and two pulses or more: {amplitudes.shape}"
        )
    text = f"{WEIGHT_CHANGE_DEFINITIONS[definition]}, n = {amplitudes.shape[1]}"
    return _changes(amplitudes[:, 0], amplitudes[:, -1], definition, text)


def synaptic_weight_changes(amplitudes: npt.ArrayLike, definition: str = "relative") -> FloatArray:
    """Change of the response at every pulse of one or several trains.

    Along the pulses it shows the dependence on the number of pulses; with one train per
    row, its last column shows the dependence on what differs between the trains (rate,
    width, irradiance).

    Parameters
    ----------
    amplitudes : array_like, shape (..., n)
        Response to each pulse in order along the last axis [A].
    definition : {"relative", "ratio"}
        (A_k - A_1)/A_1 or A_k/A_1.

    Returns
    -------
    ndarray, shape (..., n)
        Change at each pulse [1]; nan where the first response vanishes.

    Raises
    ------
    ValueError
        For an unknown definition or no pulses.

    References
    ----------
    Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Eq. 3 and Fig. 3.
    """
    accepted_name(definition, WEIGHT_CHANGE_DEFINITIONS, "weight change definition")
    a = np.asarray(amplitudes, dtype=np.float64)
    if a.ndim == 0 or a.shape[-1] == 0:
        raise ValueError("there are no pulses")
    first = np.where(a[..., :1] == 0.0, np.nan, a[..., :1])
    changes: FloatArray = a / first - (1.0 if definition == "relative" else 0.0)  # Eq. 3
    return changes


def paired_pulse_relaxation(
    intervals: npt.ArrayLike, indices: npt.ArrayLike, model: str = "recovery"
) -> FitResult:
    """Fit the dependence of the paired-pulse index on the interval.

    Parameters
    ----------
    intervals : array_like, shape (n,)
        Intervals between the pulses, from the end of the first to the start of the second
        or from start to start; tau is the same, C is not [s].
    indices : array_like, shape (n,)
        Paired-pulse index at each interval [1].
    model : {"recovery", "double_recovery", "exponential", "double_exponential"}
        ``"recovery"`` tends to a level P_inf and suits depression, or facilitation given
        as a ratio (C is then negative); ``"exponential"`` tends to zero and suits
        facilitation given as (A2 - A1)/A1.

    Returns
    -------
    FitResult
        Parameters ``C``, ``tau`` (or ``C1``, ``C2``, ``tau1``, ``tau2``) and ``P_inf`` with
        R squared; nan with a note where not identifiable.

    Raises
    ------
    ValueError
        For an unknown model or arrays that do not belong together.

    Notes
    -----
    Eq. 2 of the PbS paper, ``PPD = C1 exp(-t/tau)``, falls with the interval as printed,
    while its data rise from 55.1 % to 93.4 %. ``"recovery"`` is the reading that fits them.

    References
    ----------
    Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Eq. 2 and Fig. 3a.
    """
    formula = RELAXATION_MODELS[accepted_name(model, RELAXATION_MODELS, "relaxation model")]
    dt = np.asarray(intervals, dtype=np.float64)
    index = np.asarray(indices, dtype=np.float64)
    if dt.ndim != 1 or dt.shape != index.shape:
        raise ValueError(f"as many indices as intervals are needed: {dt.shape}, {index.shape}")
    if not (dt >= 0).all():
        raise ValueError("intervals must not be negative")
    return fit_separable(_relaxation_model(model, formula, dt), dt, index)


@metric(
    title="Relaxation time of the paired-pulse index",
    unit="s",
    definitions=RELAXATION_MODELS,
    source=f"{PBS_PAPER}, Eq. 2 with the sign that its data have",
)
def paired_pulse_relaxation_time(
    intervals: npt.ArrayLike, indices: npt.ArrayLike, definition: str = "recovery"
) -> MetricValue:
    """Relaxation time of the paired-pulse index, the slower one of two.

    Parameters
    ----------
    intervals : array_like, shape (n,)
        Intervals between the pulses [s].
    indices : array_like, shape (n,)
        Paired-pulse index at each interval [1].
    definition : {"recovery", "double_recovery", "exponential", "double_exponential"}
        The law, see `paired_pulse_relaxation`.

    Returns
    -------
    MetricValue
        tau, or tau2 of a double law [s], with its standard error and R squared in the
        definition; nan with a note where not identifiable.

    Raises
    ------
    ValueError
        As for `paired_pulse_relaxation`.

    References
    ----------
    Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Eq. 2 and Fig. 3a.
    """
    fit = paired_pulse_relaxation(intervals, indices, definition)
    tau = fit["tau2" if definition.startswith("double") else "tau"]
    text = f"{tau.definition}, R^2 = {fit.r_squared:.5f}"
    return MetricValue(tau.value, "s", text, tau.standard_error, tau.note)


@metric(
    title="Coefficient of determination of the paired-pulse relaxation",
    unit="1",
    definitions=RELAXATION_MODELS,
    source="R^2 of the fit; Duan et al., MoSe2 memristor, Fig. 3a: an exponential decay",
)
def paired_pulse_fit_quality(
    intervals: npt.ArrayLike, indices: npt.ArrayLike, definition: str = "recovery"
) -> MetricValue:
    """R^2 of the law that the paired-pulse index follows with the interval.

    Parameters
    ----------
    intervals : array_like, shape (n,)
        Intervals between the pulses [s].
    indices : array_like, shape (n,)
        Paired-pulse index at each interval [1].
    definition : {"recovery", "double_recovery", "exponential", "double_exponential"}
        The law, see `paired_pulse_relaxation`.

    Returns
    -------
    MetricValue
        R^2 [1]; nan with a note where the law cannot be fitted.
    """
    fit = paired_pulse_relaxation(intervals, indices, definition)
    text = f"R^2 of {fit.formula}"
    if not fit.is_identifiable:
        return missing("1", text, fit.note)
    return MetricValue(fit.r_squared, "1", text)


def _change(first: float, last: float, definition: str, text: str) -> MetricValue:
    if math.isnan(first) or math.isnan(last):
        return missing("1", text, _NO_AMPLITUDE)
    if first == 0.0:
        return missing("1", text, _NO_FIRST)
    return MetricValue(last / first - (1.0 if definition == "relative" else 0.0), "1", text)


def _changes(first: FloatArray, last: FloatArray, definition: str, text: str) -> MetricColumn:
    unknown = np.isnan(first) | np.isnan(last)
    sized = np.where(unknown | (first == 0.0), np.nan, first)
    values = last / sized - (1.0 if definition == "relative" else 0.0)
    if not np.isnan(sized).any():
        return MetricColumn.alike(values, "1", text)
    notes = np.where(unknown, _NO_AMPLITUDE, np.where(first == 0.0, _NO_FIRST, "")).tolist()
    return MetricColumn.told(values, "1", text, notes)


def _relaxation_model(name: str, formula: str, dt: FloatArray) -> SeparableModel:
    level = {"P_inf": "1"} if name.endswith("recovery") else {}
    sign = -1.0 if level else 1.0
    longest = float(dt.max()) if dt.size and dt.max() > 0 else 1.0
    gaps = np.diff(np.unique(dt))
    shortest = min(float(gaps.min()), longest / 3) if gaps.size else longest / 3
    times = np.geomspace(0.1 * shortest, 10 * longest, 20)

    def falling(theta: FloatArray, at: FloatArray) -> FloatArray:
        return sign * exponentials(theta, at)

    def slopes(theta: FloatArray, at: FloatArray) -> FloatArray:
        return sign * exponential_slopes(theta, at)

    basis, change = with_constant(falling, slopes) if level else (falling, slopes)
    double = name.startswith("double")
    marks = ("1", "2") if double else ("",)
    pairs = [(a, b) for a in times[::2] for b in times[::2] if a < b]
    return SeparableModel(
        name,
        formula,
        basis,
        {**{f"C{mark}": "1" for mark in marks}, **level},
        {f"tau{mark}": "s" for mark in marks},
        np.array(pairs) if double else times[:, None],
        np.full(len(marks), 0.01 * shortest),
        np.full(len(marks), 1e3 * longest),
        interchangeable=double,
        slopes=change,
    )
