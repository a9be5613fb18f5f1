"""Spike-timing-dependent plasticity."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optospice.metrics.decay_models import exponential_slopes, exponentials
from optospice.metrics.fit_result import FitResult
from optospice.metrics.fitting import SeparableModel, fit_separable
from optospice.metrics.registry import accepted_name, metric
from optospice.metrics.value import MetricValue
from optospice.metrics.windows import FloatArray

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE = (
    "Bi and Poo, J. Neurosci. 18 (1998) 10464; Song, Miller and Abbott, Nat. Neurosci. 3 (2000) 919"
)
SIDE_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "pre_before_post": "A+ exp(-dt/tau+) for dt > 0, usually potentiation",
        "post_before_pre": "A- exp(dt/tau-) for dt < 0, usually depression",
    }
)


@dataclass(frozen=True, slots=True)
class SpikeTimingWindow:
    """Fits of the two sides of a spike-timing window.

    Attributes
    ----------
    pre_before_post, post_before_pre : FitResult
        Parameters ``A`` [1] and ``tau`` [s] of either side.
    """

    pre_before_post: FitResult
    post_before_pre: FitResult


def fit_spike_timing_window(intervals: npt.ArrayLike, changes: npt.ArrayLike) -> SpikeTimingWindow:
    """Fit exponentials to both sides of a spike-timing window.

    Parameters
    ----------
    intervals : array_like, shape (n,)
        Time of the postsynaptic minus time of the presynaptic spike [s].
    changes : array_like, shape (n,)
        Relative weight change at each interval [1].

    Returns
    -------
    SpikeTimingWindow
        ``A+ exp(-dt/tau+)`` for dt > 0 and ``A- exp(dt/tau-)`` for dt < 0; coincident
        spikes (dt = 0) belong to neither. A keeps its sign.

    Raises
    ------
    ValueError
        If the rows differ in length.

    References
    ----------
    Bi and Poo, J. Neurosci. 18 (1998) 10464. Song, Miller and Abbott, Nat. Neurosci. 3
    (2000) 919, Eq. 1.
    """
    dt = np.asarray(intervals, dtype=np.float64)
    change = np.asarray(changes, dtype=np.float64)
    if dt.ndim != 1 or dt.shape != change.shape:
        raise ValueError(f"as many changes as intervals are needed: {dt.shape}, {change.shape}")
    return SpikeTimingWindow(
        _fit_side(dt[dt > 0], change[dt > 0], "pre_before_post"),
        _fit_side(-dt[dt < 0], change[dt < 0], "post_before_pre"),
    )


@metric(
    title="Time constant of the spike-timing window",
    unit="s",
    display_unit="ms",
    definitions=SIDE_DEFINITIONS,
    source=SOURCE,
)
def spike_timing_time_constant(
    intervals: npt.ArrayLike, changes: npt.ArrayLike, definition: str = "pre_before_post"
) -> MetricValue:
    """Time constant of one side of the spike-timing window.

    Parameters
    ----------
    intervals : array_like, shape (n,)
        Time of the postsynaptic minus time of the presynaptic spike [s].
    changes : array_like, shape (n,)
        Relative weight change at each interval [1].
    definition : {"pre_before_post", "post_before_pre"}
        Which side.

    Returns
    -------
    MetricValue
        tau [s] with its standard error; nan with a note where not identifiable.

    Raises
    ------
    ValueError
        For an unknown definition or rows of different length.

    References
    ----------
    Bi and Poo, J. Neurosci. 18 (1998) 10464.
    """
    return _side(intervals, changes, definition)["tau"]


@metric(
    title="Amplitude of the spike-timing window",
    unit="1",
    display_unit="%",
    definitions=SIDE_DEFINITIONS,
    source=SOURCE,
)
def spike_timing_amplitude(
    intervals: npt.ArrayLike, changes: npt.ArrayLike, definition: str = "pre_before_post"
) -> MetricValue:
    """Weight change to which one side of the spike-timing window tends at dt = 0.

    Parameters
    ----------
    intervals : array_like, shape (n,)
        Time of the postsynaptic minus time of the presynaptic spike [s].
    changes : array_like, shape (n,)
        Relative weight change at each interval [1].
    definition : {"pre_before_post", "post_before_pre"}
        Which side.

    Returns
    -------
    MetricValue
        A [1], negative for depression, with its standard error; nan with a note where not
        identifiable.

    Raises
    ------
    ValueError
        For an unknown definition or rows of different length.

    References
    ----------
    Bi and Poo, J. Neurosci. 18 (1998) 10464.
    """
    return _side(intervals, changes, definition)["A"]


def _side(intervals: npt.ArrayLike, changes: npt.ArrayLike, definition: str) -> FitResult:
    accepted_name(definition, SIDE_DEFINITIONS, "side of the window")
    window = fit_spike_timing_window(intervals, changes)
    if definition == "pre_before_post":
        return window.pre_before_post
    return window.post_before_pre


def _fit_side(distance: FloatArray, change: FloatArray, side: str) -> FitResult:
    longest = float(distance.max(initial=0.0)) or 1.0
    shortest = float(distance.min(initial=longest))
    model = SeparableModel(
        side,
        SIDE_DEFINITIONS[side],
        exponentials,
        {"A": "1"},
        {"tau": "s"},
        np.geomspace(0.3 * shortest, 10 * longest, 24)[:, None],
        np.array([0.03 * shortest]),
        np.array([1e3 * longest]),
        slopes=exponential_slopes,
    )
    return fit_separable(model, distance, change)
