"""Decay of a current after a pulse: four laws, their fits and the choice between them."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from optospice.metrics.column import MetricColumn
from optospice.metrics.decay_models import DECAY_MODELS, decay_model
from optospice.metrics.fit_result import FitResult
from optospice.metrics.fitting import FitBlock, fit_block
from optospice.metrics.registry import accepted_name, in_blocks, metric
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import (
    FloatArray,
    checked_window,
    outside_note,
    trapezoidal_weights,
)
from optospice.trace import Trace
from optospice.trace_block import TraceBlock

if TYPE_CHECKING:
    from collections.abc import Mapping

TIME_CONSTANT_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "exponential": "tau of offset + A exp(-t/tau)",
        "stretched_exponential": "tau of offset + A exp(-(t/tau)^beta)",
        "stretched_exponential_mean": "area over amplitude of a stretched exponential, "
        "tau/beta Gamma(1/beta)",
        "double_exponential_fast": "the smaller tau of a double exponential",
        "double_exponential_slow": "the larger tau of a double exponential",
        "double_exponential_mean": "area over amplitude of a double exponential, "
        "(A1 tau1 + A2 tau2) / (A1 + A2)",
    }
)
#: Time constants that a window must hold before the fit is believed: with a free offset
#: the curvature must show, with a known one the slope is enough.
LEAST_TIME_CONSTANTS = {"free": 0.5, "fixed": 0.1}
#: Decades of time that a window must hold for a power law.
LEAST_DECADES = 0.3


def fit_decay(
    current: Trace,
    pulse_end: float,
    model: str = "exponential",
    *,
    baseline: float | None = None,
    start: float = 0.0,
    end: float | None = None,
    resolution: float = 0.0,
) -> FitResult:
    """Fit a decay law to the current after a pulse.

    Parameters
    ----------
    current : Trace
        Current into the device [A].
    pulse_end : float
        End of the pulse, from which t counts; amplitudes are extrapolated to it [s].
    model : {"exponential", "double_exponential", "stretched_exponential", "power_law"}
        The decay law.
    baseline : float, optional
        Known final current [A]; the offset is fitted if left out.
    start, end : float
        Window after the pulse end [s]; to the end of the record if `end` is left out.
    resolution : float
        Root-mean-square deviation below which a better fit counts for nothing when models
        are compared [A].

    Returns
    -------
    FitResult
        Parameters ``A``, ``tau``, ``beta``, ``m``, ``A1``, ``A2``, ``tau1``, ``tau2`` and
        ``offset`` as the model has them; nan with a note where not identifiable.

    Raises
    ------
    ValueError
        For an unknown model, a window without duration or before the pulse end, or a power law
        from t = 0.

    Notes
    -----
    Each squared deviation is weighted with the time that its sample stands for
    (`trapezoidal_weights`), so the sum approximates an integral over time and the dense
    steps after an edge do not dominate. Only the ends of the window are interpolated.

    References
    ----------
    Kohlrausch, Ann. Phys. 167 (1854) 179 (stretched exponential). Panagopoulou et al.,
    J. Mater. Chem. C 14 (2026) 1789, Fig. 2b.
    """
    known = None if baseline is None else np.array([baseline])
    fits, texts = fit_decays(
        TraceBlock.of(current),
        pulse_end,
        model,
        baseline=known,
        start=start,
        end=end,
        resolution=resolution,
    )
    return fits.run(0, texts[0])


def fit_decays(
    current: TraceBlock,
    pulse_end: float,
    model: str = "exponential",
    *,
    baseline: FloatArray | None = None,
    start: float = 0.0,
    end: float | None = None,
    resolution: float = 0.0,
) -> tuple[FitBlock, list[str]]:
    """Fit a decay law to the currents of a block of runs after a pulse.

    Parameters
    ----------
    current : TraceBlock
        Current into the device in every run [A].
    pulse_end, model, start, end, resolution
        As for `fit_decay`.
    baseline : ndarray, shape (runs,), optional
        Known final current of every run [A]; the offset is fitted if left out.

    Returns
    -------
    fits : FitBlock
        Of every run.
    definitions : list of str
        What was fitted in every run, in words.

    Raises
    ------
    ValueError
        As for `fit_decay`.
    """
    formula = DECAY_MODELS[accepted_name(model, DECAY_MODELS, "decay model")]
    first, last = pulse_end + start, float(current.time[-1]) if end is None else pulse_end + end
    if start < 0:
        raise ValueError(f"the window starts {-start!r} s before the pulse ends")
    if model == "power_law" and not start > 0:
        raise ValueError(
            f"a power law has no value at t = 0: start the window later, not at {start!r} s"
        )
    window = f"window {start:.6g} s to {last - pulse_end:.6g} s"
    known = "fitted" if baseline is None else "= baseline"
    texts = [f"{formula}, offset {known}, {window}"] * current.runs
    if end is not None:
        checked_window(first, last)
    span = last - first
    separable = decay_model(model, baseline is None, span if span > 0 else 1.0)
    note = outside_note(current, first, last) if span > 0 else "the waveform ends before the window"
    if note:
        return fit_block(separable, np.empty(0), np.empty((current.runs, 0)), note=note), texts
    seconds, amperes = _window(current, pulse_end, first, last)
    fits = fit_block(
        separable,
        np.maximum(seconds - pulse_end, 0.0),
        amperes,
        trapezoidal_weights(seconds),
        fixed=baseline,
        resolution=resolution,
    )
    return fits.without(_too_little(fits, start, span, baseline is None)), texts


@metric(
    title="Time constant of the decay after a pulse",
    unit="s",
    definitions=TIME_CONSTANT_DEFINITIONS,
    source="Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Fig. 2b (read as a time "
    "constant); means: integral of the law over its value at t = 0",
)
def decay_time_constant(
    current: Trace,
    pulse_end: float,
    definition: str = "exponential",
    *,
    baseline: float | None = None,
    start: float = 0.0,
    end: float | None = None,
) -> MetricValue:
    """Time constant of the decay after a pulse.

    Parameters
    ----------
    current : Trace
        Current into the device [A].
    pulse_end : float
        End of the pulse [s].
    definition : str
        One of `TIME_CONSTANT_DEFINITIONS`.
    baseline : float, optional
        Known final current [A]; the offset is fitted if left out.
    start, end : float
        Window after the pulse end [s]; to the end of the record if `end` is left out.

    Returns
    -------
    MetricValue
        Time constant [s] with its standard error; nan with a note where not identifiable.

    Raises
    ------
    ValueError
        For an unknown definition, and as for `fit_decay`.

    References
    ----------
    Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Fig. 2b. Mean of a stretched
    exponential: its integral divided by its amplitude.
    """
    known = None if baseline is None else np.array([baseline])
    block = TraceBlock.of(current)
    return decay_time_constants(block, pulse_end, definition, baseline=known, start=start, end=end)[
        0
    ]


@in_blocks(decay_time_constant)
def decay_time_constants(
    current: TraceBlock,
    pulse_end: float,
    definition: str = "exponential",
    *,
    baseline: FloatArray | None = None,
    start: float = 0.0,
    end: float | None = None,
) -> MetricColumn:
    """Time constant of the decay in every run of a block, see `decay_time_constant`."""
    accepted_name(definition, TIME_CONSTANT_DEFINITIONS, "time constant definition")
    model, mean = definition.removesuffix("_mean"), definition.endswith("_mean")
    model = model.removesuffix("_fast").removesuffix("_slow")
    fits, texts = fit_decays(current, pulse_end, model, baseline=baseline, start=start, end=end)
    if not mean:
        suffix = {"fast": "1", "slow": "2"}.get(definition.rpartition("_")[2], "")
        return fits.column(f"tau{suffix}", texts)
    law = TIME_CONSTANT_DEFINITIONS[definition]
    return MetricColumn.of(
        [_mean_of(fits.run(place, text), f"{law}; {text}") for place, text in enumerate(texts)]
    )


def _mean_of(fit: FitResult, text: str) -> MetricValue:
    if not fit.is_identifiable:
        return missing("s", text, fit.note)
    value = _mean_time(fit.estimates)
    return MetricValue(value, "s", text, _propagated_error(fit), fit.note)


def choose_decay(*fits: FitResult) -> FitResult:
    """Choose between fits of the same samples by Akaike's criterion.

    Parameters
    ----------
    *fits : FitResult
        Fits of different models to the same window.

    Returns
    -------
    FitResult
        The identifiable fit of lowest AICc; if none is identifiable, the one of lowest
        AICc with its notes.

    Raises
    ------
    ValueError
        If there are no fits or they do not rest on the same number of samples.

    Notes
    -----
    The criterion assumes independent deviations. A noise-free simulation always favours
    more parameters; pass its accuracy as `resolution` to `fit_decay`.

    References
    ----------
    Hurvich and Tsai, Biometrika 76 (1989) 297.
    """
    if not fits:
        raise ValueError("there are no fits to choose between")
    counts = {round(fit.sample_count, 6) for fit in fits if fit.sample_count > 0}
    if len(counts) > 1:
        raise ValueError(f"the fits rest on different samples: {sorted(counts)}")
    usable = [fit for fit in fits if fit.is_identifiable]
    return min(usable or fits, key=lambda fit: fit.aicc)


def _window(
    current: TraceBlock, pulse_end: float, first: float, last: float
) -> tuple[FloatArray, FloatArray]:
    """Cut a window out of a decay; without a sample inside it only those on its ends count."""
    after = np.flatnonzero(current.time >= pulse_end - 1e-9 * (last - pulse_end))
    decay = current.through(after)  # where no sample meets the edge, nothing is read across it
    first, last = max(first, float(decay.time[0])), min(last, float(decay.time[-1]))
    t, i = decay.time, decay.values
    if t.size < 3 or not ((t > first) & (t < last)).any():
        on_ends = (t >= first) & (t <= last)
        return t[on_ends], i[:, on_ends]
    cut = decay.window(first, last)
    return cut.time, cut.values


def _too_little(fits: FitBlock, start: float, span: float, free: bool) -> list[str]:
    """Say in words for which runs the window is too short for the law; "" for the others."""
    if fits.model.name == "power_law":
        decades = math.log10((start + span) / start)
        why = f"not identifiable: the window holds {decades:.2g} decades of time"
        return ["" if lost or decades >= LEAST_DECADES else why for lost in fits.lost]
    slow = fits.of("tau2" if fits.model.name == "double_exponential" else "tau")
    least = LEAST_TIME_CONSTANTS["free" if free else "fixed"]
    return [
        ""
        if lost or held >= least
        else f"not identifiable: the window holds {held:.2g} time constants"
        for lost, held in zip(fits.lost, (span / slow).tolist(), strict=True)
    ]


def _mean_time(estimates: Mapping[str, float]) -> float:
    if "beta" in estimates:
        return estimates["tau"] / estimates["beta"] * math.gamma(1.0 / estimates["beta"])
    a, b = estimates["A1"], estimates["A2"]
    return (a * estimates["tau1"] + b * estimates["tau2"]) / (a + b)


def _propagated_error(fit: FitResult) -> float:
    """Return the standard error of the mean time from the covariance, by its gradient."""
    gradient = np.zeros(len(fit.estimates))
    for k, name in enumerate(fit.estimates):
        step = 1e-5 * abs(fit.estimates[name])
        if step:
            up = _mean_time({**fit.estimates, name: fit.estimates[name] + step})
            down = _mean_time({**fit.estimates, name: fit.estimates[name] - step})
            gradient[k] = (up - down) / (2 * step)
    return math.sqrt(max(float(gradient @ fit.covariance @ gradient), 0.0))
