"""Energy of one synaptic event, by the four definitions in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optospice.metrics.registry import accepted_name, metric
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import (
    FloatArray,
    checked_waveform,
    checked_window,
    off_the_samples,
    outside_note,
    unresolved_note,
    window_samples,
)
from optospice.units import format_human

if TYPE_CHECKING:
    from collections.abc import Mapping

ENERGY_DEFINITIONS: Mapping[str, str] = {
    "product": "voltage x peak current x pulse width",
    "integral": "integral of voltage x current over the pulse",
    "net": "integral of voltage x (current - baseline) over the pulse",
    "optical": "irradiance x area x pulse width, light that falls on the device",
}


@metric(
    title="Energy per event",
    unit="J",
    display_unit="nJ",
    definitions=ENERGY_DEFINITIONS,
    source="Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Eq. 4 (product); "
    "the others are the integrals that Eq. 4 abbreviates",
)
def energy_per_event(
    time: npt.ArrayLike,
    voltage: npt.ArrayLike,
    current: npt.ArrayLike,
    onset: float,
    offset: float,
    definition: str = "product",
    *,
    baseline: float | None = None,
    irradiance: npt.ArrayLike | None = None,
    area: float | None = None,
) -> MetricValue:
    """Energy that one pulse costs.

    Parameters
    ----------
    time : array_like, shape (n,)
        Sample times, never decreasing, at unequal distances [s].
    voltage : float or array_like, shape (n,)
        Voltage across the device; a number for a constant read-out bias [V].
    current : array_like, shape (n,)
        Current into the device [A].
    onset, offset : float
        Edges of the pulse; their distance is its width [s].
    definition : {"product", "integral", "net", "optical"}
        How the energy is counted.
    baseline : float, optional
        Current without the pulse [A]; needed by ``"net"``.
    irradiance : float or array_like, shape (n,), optional
        Irradiance, a number for a rectangular pulse [W/m^2]; needed by ``"optical"``.
    area : float, optional
        Illuminated area [m^2]; needed by ``"optical"``.

    Returns
    -------
    MetricValue
        Energy [J]; positive when the device takes it up. ``"product"`` uses the current
        and voltage of largest magnitude within the pulse.

    Raises
    ------
    ValueError
        For an unknown definition, a missing argument, a window without duration, or arrays
        that do not belong together.

    Notes
    -----
    The integrals are exact for waveforms that run straight from sample to sample, which is
    the trapezoidal rule where the voltage is constant.

    References
    ----------
    Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Eq. 4.
    """
    checked_window(onset, offset)
    text = ENERGY_DEFINITIONS[accepted_name(definition, ENERGY_DEFINITIONS, "energy definition")]
    t, i = checked_waveform(time, current)
    note = outside_note(t, onset, offset)
    read = _edge_note(t, onset, offset)
    if definition == "optical":
        if irradiance is None or area is None:
            raise ValueError(
                "definition 'optical' needs the arguments irradiance [W/m^2] and area [m^2]"
            )
        constant, light = _signal(t, irradiance)
        if constant is not None:
            return MetricValue(constant * area * (offset - onset), "J", text)
        if note:
            return missing("J", text, note)
        power = _product_integral(*window_samples(t, light, onset, offset), None)
        return MetricValue(
            power * area, "J", "integral of irradiance x area over the pulse", note=read
        )
    if note:
        return missing("J", text, note)
    constant, volts = _signal(t, voltage)
    seconds, amperes = window_samples(t, i, onset, offset)
    if constant is None:
        volts = window_samples(t, volts, onset, offset)[1]
    if definition == "product":
        extreme = constant if constant is not None else float(volts[np.abs(volts).argmax()])
        peak = float(amperes[np.abs(amperes).argmax()])
        energy = extreme * peak * (offset - onset)  # Eq. 4
    else:
        if definition == "net":
            if baseline is None:
                raise ValueError("definition 'net' needs the argument baseline [A]")
            amperes = amperes - baseline
            text += f", baseline {format_human(baseline, 'A', 6)}"
        if constant is not None:
            energy = constant * _product_integral(seconds, amperes, None)
        else:
            energy = _product_integral(seconds, amperes, volts)
    if note := unresolved_note(t, onset, offset):
        return missing("J", text, note)
    if energy != energy:
        return missing("J", text, "a waveform is not a number somewhere inside the pulse")
    return MetricValue(energy, "J", text, note=read)


def _edge_note(time: FloatArray, onset: float, offset: float) -> str:
    """Say in words that no sample meets an edge, or return nothing."""
    if not off_the_samples(time, (onset, offset)).any():
        return ""
    return "no sample at an edge of the pulse: straight between the samples on its two sides"


def _signal(time: FloatArray, signal: npt.ArrayLike) -> tuple[float | None, FloatArray]:
    """Return a constant and an empty array, or nothing and the samples."""
    values = np.asarray(signal, dtype=np.float64)
    if values.ndim == 0:
        return float(values), np.empty(0)
    if values.shape != time.shape:
        raise ValueError(f"a signal must have the length of time: {values.shape}, {time.shape}")
    return None, values


def _product_integral(time: FloatArray, first: FloatArray, second: FloatArray | None) -> float:
    """Integrate one piecewise linear signal, or the product of two, over time."""
    step = np.diff(time)
    if second is None:
        return float(0.5 * step @ (first[1:] + first[:-1]))
    a, b, c, d = first[:-1], first[1:], second[:-1], second[1:]
    # The integral of (a + (b-a)x)(c + (d-c)x) over x = 0..1 is (2ac + ad + bc + 2bd)/6.
    return float(step @ (a * (2 * c + d) + b * (c + 2 * d)) / 6.0)
