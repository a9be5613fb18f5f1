"""Numbers of a transistor's transfer curve: drain current against gate voltage."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from optospice.metrics.registry import accepted_name, metric
from optospice.metrics.sweeps import rising_sweep
from optospice.metrics.through_points import top_of_parabola
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import FloatArray

REVIEW = "Ortiz-Conde et al., Microelectron. Reliab. 42 (2002) 583"
#: Share of a current that is rounding [1].
_ROUNDING = 1e-9
THRESHOLD_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "extrapolated": "gate voltage at which the tangent of steepest slope meets zero current",
        "constant_current": "gate voltage at which |I| passes the given current",
    }
)


@metric(
    title="Threshold voltage", unit="V", definitions=THRESHOLD_DEFINITIONS,
    source=f"{REVIEW}: extrapolation in the linear region, and constant current",
)  # fmt: skip
def threshold_voltage(
    gate: npt.ArrayLike,
    current: npt.ArrayLike,
    definition: str = "extrapolated",
    level: float = 0.0,
) -> MetricValue:
    """Find the gate voltage at which a transistor begins to conduct.

    Parameters
    ----------
    gate, current : array_like, shape (n,)
        Gate voltage [V], rising or falling, and drain current [A].
    definition : {"extrapolated", "constant_current"}
        How it is taken.
    level : float
        The current of ``"constant_current"`` [A].

    Returns
    -------
    MetricValue
        Voltage [V]; nan with a note if the curve does not hold it.
    """
    text = THRESHOLD_DEFINITIONS[accepted_name(definition, THRESHOLD_DEFINITIONS, "threshold")]
    v, i = rising_sweep(gate, current)
    if definition == "constant_current":
        return _crossing(v, np.abs(i), abs(level), text)
    slope = np.gradient(i, v)
    k = int(np.abs(slope).argmax())
    if np.ptp(i) <= _ROUNDING * np.abs(i).max():
        return missing("V", text, "the current does not depend on the gate")
    return MetricValue(float(v[k] - i[k] / slope[k]), "V", text)


@metric(title="Largest transconductance", unit="S", display_unit="uS", source=REVIEW)
def transconductance(gate: npt.ArrayLike, current: npt.ArrayLike) -> MetricValue:
    """Find the steepest slope of the transfer curve.

    Parameters
    ----------
    gate, current : array_like, shape (n,)
        As for `threshold_voltage` [V], [A].

    Returns
    -------
    MetricValue
        Slope of largest magnitude, with its sign [S].
    """
    v, i = rising_sweep(gate, current)
    slope = np.gradient(i, v)
    k = int(np.abs(slope).argmax())
    return MetricValue(float(slope[k]), "S", "slope dI/dV of largest magnitude")


@metric(
    title="Subthreshold swing", unit="V", display_unit="mV",
    source="Sze and Ng, Physics of Semiconductor Devices, 3rd ed. (2007), ch. 6: "
    "m (kT/q) ln 10 a decade",
)  # fmt: skip
def subthreshold_swing(gate: npt.ArrayLike, current: npt.ArrayLike) -> MetricValue:
    """Find how little gate voltage changes the current tenfold.

    Parameters
    ----------
    gate, current : array_like, shape (n,)
        As for `threshold_voltage` [V], [A].

    Returns
    -------
    MetricValue
        Smallest gate voltage per decade of |I| [V]; nan with a note where the current changes
        its sign or does not change tenfold.
    """
    text = "smallest |dV / d log10 |I||, per decade"
    v, i = rising_sweep(gate, current)
    if not ((i > 0).all() or (i < 0).all()):
        return missing("V", text, "the current vanishes or changes its sign on the curve")
    decades = np.log10(np.abs(i))
    if np.ptp(decades) < 1:
        return missing("V", text, "the current does not change tenfold")
    return MetricValue(1.0 / float(np.abs(np.gradient(decades, v)).max()), "V", text)


@metric(title="Largest over smallest drain current", unit="1", source=REVIEW)
def transfer_on_off_ratio(gate: npt.ArrayLike, current: npt.ArrayLike) -> MetricValue:
    """Compare the largest with the smallest drain current of a transfer curve.

    Parameters
    ----------
    gate, current : array_like, shape (n,)
        As for `threshold_voltage` [V], [A].

    Returns
    -------
    MetricValue
        Ratio of the magnitudes [1]; nan with a note where the current vanishes.
    """
    text = "largest |I| over smallest |I| on the curve"
    _, i = rising_sweep(gate, current)
    low, high = float(np.abs(i).min()), float(np.abs(i).max())
    if not low > 0:
        return missing("1", text, "the current vanishes on the curve")
    return MetricValue(high / low, "1", text)


@metric(title="Largest drain current", unit="A", display_unit="uA", source=REVIEW)
def largest_drain_current(gate: npt.ArrayLike, current: npt.ArrayLike) -> MetricValue:
    """Give the drain current of largest magnitude on a transfer curve.

    Parameters
    ----------
    gate, current : array_like, shape (n,)
        As for `threshold_voltage` [V], [A].

    Returns
    -------
    MetricValue
        Current with its sign [A].
    """
    _, i = rising_sweep(gate, current)
    return MetricValue(float(i[int(np.abs(i).argmax())]), "A", "current of largest magnitude")


@metric(
    title="Gate voltage of least current", unit="V",
    source="charge neutrality (Dirac) point of an ambipolar channel: Novoselov et al., Science 306 "
    "(2004) 666",
)  # fmt: skip
def charge_neutrality_voltage(gate: npt.ArrayLike, current: npt.ArrayLike) -> MetricValue:
    """Find the gate voltage at which an ambipolar transistor conducts least.

    Parameters
    ----------
    gate, current : array_like, shape (n,)
        As for `threshold_voltage` [V], [A].

    Returns
    -------
    MetricValue
        Voltage [V], by a parabola through the three points about the least |I|; nan with a
        note if the current is least at an end.
    """
    text = "gate voltage of least |I|, from a parabola through the three points about it"
    v, i = rising_sweep(gate, current)
    size = np.abs(i)
    k = int(size.argmin())
    if k in (0, v.size - 1):
        return missing("V", text, "the current is least at an end of the curve")
    own = slice(k - 1, k + 2)
    least = top_of_parabola(v[own], size[own])
    return MetricValue(float(v[k]) if least is None else least[0], "V", text)


@metric(title="Drain current at zero gate voltage", unit="A", display_unit="uA", source=REVIEW)
def current_at_zero_gate(gate: npt.ArrayLike, current: npt.ArrayLike) -> MetricValue:
    """Read the drain current at 0 V on the gate.

    Parameters
    ----------
    gate, current : array_like, shape (n,)
        As for `threshold_voltage` [V], [A].

    Returns
    -------
    MetricValue
        Current [A]; nan with a note if the curve does not hold 0 V.
    """
    text = "drain current at 0 V on the gate"
    v, i = rising_sweep(gate, current)
    if not v[0] <= 0 <= v[-1]:
        return missing("A", text, "the curve does not hold 0 V")
    return MetricValue(float(np.interp(0.0, v, i)), "A", text)


def _crossing(v: FloatArray, size: FloatArray, level: float, text: str) -> MetricValue:
    if not level > 0:
        return missing("V", text, "no current is given at which the threshold lies")
    at = np.flatnonzero((size[:-1] - level) * (size[1:] - level) <= 0)
    if not at.size or not size.min() > 0:
        return missing("V", text, f"|I| does not pass {level:g} A on the curve")
    k = int(at[0])
    low, high = np.log(size[k]), np.log(size[k + 1])  # exponential below threshold
    share = 0.0 if high == low else (np.log(level) - low) / (high - low)
    return MetricValue(float(v[k] + share * (v[k + 1] - v[k])), "V", f"{text}, {level:g} A")
