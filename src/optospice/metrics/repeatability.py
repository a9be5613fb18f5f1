"""Spread from cycle to cycle and from device to device, and the states it leaves apart."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optospice.metrics.registry import accepted_name, metric
from optospice.metrics.value import MetricValue, missing

if TYPE_CHECKING:
    from collections.abc import Mapping

STATE_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "sequence": "states met along the pulses, each farther from the last counted one than "
        "the separation",
        "range": "1 + conductance range / separation, rounded down",
    }
)
SPREAD_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "level": "standard deviation at each pulse, root mean square over the pulses, over the "
        "mean range",
        "update": "standard deviation of the change at each pulse, root mean square over the "
        "pulses, over the mean range (NeuroSim's sigmaCtoC)",
    }
)
END_POINT_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "spread": "largest minus smallest end point, over the mean range, the worse end",
        "from_mean": "largest distance of an end point from its mean, over the mean range",
        "consecutive": "largest change of an end point to the next cycle, over the mean range",
    }
)


@metric(
    title="Number of distinguishable states",
    unit="1",
    definitions=STATE_DEFINITIONS,
    source="derived: states whose distance exceeds a multiple of the standard deviation",
)
def distinguishable_states(
    conductances: npt.ArrayLike,
    deviation: float,
    definition: str = "sequence",
    *,
    multiple: float = 2.0,
) -> MetricValue:
    """Count the conductance states that can be told apart.

    Parameters
    ----------
    conductances : array_like, shape (n,)
        Conductance after each pulse of one branch [S].
    deviation : float
        Standard deviation of a reading: read noise, or spread from cycle to cycle [S].
    definition : {"sequence", "range"}
        Count what the pulses reach, or what the range could hold.
    multiple : float
        Separation of two states in standard deviations [1].

    Returns
    -------
    MetricValue
        Number of states, at least one [1].

    Raises
    ------
    ValueError
        For an unknown definition, no conductances, or a deviation or multiple that is not
        positive.

    References
    ----------
    Derived; the multiple decides and is part of the printed definition.
    """
    accepted_name(definition, STATE_DEFINITIONS, "state definition")
    g = np.asarray(conductances, dtype=np.float64)
    if g.ndim != 1 or g.size == 0:
        raise ValueError(f"one row of conductances is needed: {g.shape}")
    if not (deviation > 0 and multiple > 0):
        raise ValueError(
            f"deviation and multiple must be positive, not {deviation!r} S and {multiple!r}"
        )
    gap = multiple * deviation
    text = f"{STATE_DEFINITIONS[definition]}; separation {multiple:g} x {deviation:.6g} S"
    if not np.isfinite(g).all():
        return missing("1", text, "a conductance is not a number")
    if definition == "range":
        return MetricValue(1.0 + float(np.ptp(g) // gap), "1", text)
    count, last = 1, float(g[0])
    for value in map(float, g[1:]):
        if abs(value - last) >= gap:
            count, last = count + 1, value
    return MetricValue(float(count), "1", text)


@metric(
    title="Spread from cycle to cycle",
    unit="1",
    display_unit="%",
    definitions=SPREAD_DEFINITIONS,
    source="update: MLP+NeuroSim V3.0, Cell.cpp, sigmaCtoC; level: the same for the conductance",
)
def cycle_to_cycle_spread(cycles: npt.ArrayLike, definition: str = "level") -> MetricValue:
    """Spread of the conductance between cycles of the same pulses.

    Parameters
    ----------
    cycles : array_like, shape (c, n)
        Conductance after each of n pulses in each of c cycles, c at least 2 [S].
    definition : {"level", "update"}
        Spread of the conductance, or of its change at each pulse.

    Returns
    -------
    MetricValue
        Spread over the mean range [1]; nan with a note if the conductance does not change.

    Raises
    ------
    ValueError
        For an unknown definition, or fewer than two cycles of two pulses.

    Notes
    -----
    A drift from cycle to cycle counts as spread in ``"level"``, hardly in ``"update"``.

    References
    ----------
    Chen, Peng and Yu, IEDM 2017 (NeuroSim+).
    """
    return _spread(cycles, definition, "cycles")


@metric(
    title="Spread from device to device",
    unit="1",
    display_unit="%",
    definitions=SPREAD_DEFINITIONS,
    source="the same formula as from cycle to cycle, over devices",
)
def device_to_device_spread(devices: npt.ArrayLike, definition: str = "level") -> MetricValue:
    """Spread of the conductance between devices under the same pulses.

    Parameters
    ----------
    devices : array_like, shape (d, n)
        Conductance after each of n pulses in each of d devices, d at least 2 [S].
    definition : {"level", "update"}
        Spread of the conductance, or of its change at each pulse.

    Returns
    -------
    MetricValue
        Spread over the mean range [1]; nan with a note if the conductance does not change.

    Raises
    ------
    ValueError
        For an unknown definition, or fewer than two devices of two pulses.

    References
    ----------
    Chen, Peng and Yu, IEDM 2017 (NeuroSim+), who apply it to cycles.
    """
    return _spread(devices, definition, "devices")


@metric(
    title="Repeatability of the end points over cycles",
    unit="1",
    display_unit="%",
    definitions=END_POINT_DEFINITIONS,
    source="Duan et al., MoSe2 memristor, Fig. 3b and Fig. S3 (repeatable potentiation and "
    "depression), put into a number here",
)
def end_point_repeatability(
    lower: npt.ArrayLike,
    upper: npt.ArrayLike,
    definition: str = "spread",
    *,
    first_cycle: int = 2,
) -> MetricValue:
    """Deviation of the end points of potentiation and depression over cycles.

    Parameters
    ----------
    lower, upper : array_like, shape (c,)
        Conductance at the end of depression and of potentiation in each cycle [S].
    definition : {"spread", "from_mean", "consecutive"}
        How the deviation is counted, in falling strictness over many cycles.
    first_cycle : int
        Number of the first cycle that counts, from 1.

    Returns
    -------
    MetricValue
        Deviation of the worse end over the mean range [1]; nan with a note if the range
        vanishes.

    Raises
    ------
    ValueError
        For an unknown definition or fewer than two cycles that count.

    References
    ----------
    Duan et al., "Memristor based on 2D MoSe2 nanosheets as artificial synapse and
    nociceptor for neuromorphic computing", Fig. 3b and Fig. S3.
    """
    accepted_name(definition, END_POINT_DEFINITIONS, "end-point definition")
    ends = np.array([lower, upper], dtype=np.float64)
    if first_cycle < 1:
        raise ValueError(f"cycles are numbered from 1, first_cycle is {first_cycle!r}")
    ends = ends[:, first_cycle - 1 :]
    if ends.ndim != 2 or ends.shape[1] < 2:
        raise ValueError(f"two cycles or more must count, here are {ends.shape[-1]}")
    text = f"{END_POINT_DEFINITIONS[definition]}; cycles {first_cycle} and later"
    middle = ends.mean(axis=1)
    span = abs(float(middle[1] - middle[0]))
    if not span > 0:
        return missing("1", text, "the end points coincide, or one is not a number")
    if definition == "spread":
        worst = np.ptp(ends, axis=1).max()
    elif definition == "from_mean":
        worst = np.abs(ends - middle[:, None]).max()
    else:
        worst = np.abs(np.diff(ends, axis=1)).max()
    return MetricValue(float(worst) / span, "1", text)


def _spread(rows: npt.ArrayLike, definition: str, what: str) -> MetricValue:
    accepted_name(definition, SPREAD_DEFINITIONS, "spread definition")
    g = np.asarray(rows, dtype=np.float64)
    if g.ndim != 2 or min(g.shape) < 2:
        raise ValueError(f"two {what} of two pulses or more are needed, one per row: {g.shape}")
    text = f"{SPREAD_DEFINITIONS[definition]}; {g.shape[0]} {what}"
    span = float(np.ptp(g, axis=1).mean())
    if not span > 0:
        return missing("1", text, "the conductance does not change, or is not a number")
    values = g if definition == "level" else np.diff(g, axis=1)
    deviation = float(np.sqrt(values.var(axis=0, ddof=1).mean()))
    return MetricValue(deviation / span, "1", text)
