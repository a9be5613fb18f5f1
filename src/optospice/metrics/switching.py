"""Resistive switching: window, set and reset, and how abrupt a sweep is."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optospice.metrics.registry import accepted_name, metric
from optospice.metrics.sweeps import checked_sweep, currents_at, resample_sweep
from optospice.metrics.value import MetricValue, missing

if TYPE_CHECKING:
    from collections.abc import Mapping

MOSE2_PAPER = (
    "Duan et al., Memristor based on 2D MoSe2 nanosheets as artificial synapse and nociceptor "
    "for neuromorphic computing"
)
SWITCHING_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "set": "voltage in the middle of the largest rise of |I| while |V| grows",
        "reset": "voltage in the middle of the largest fall of |I| while |V| grows",
    }
)
JUMP_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "full_scale": "largest |change of I| between neighbours over the largest |I|",
        "branch": "largest |change of I| between neighbours over the largest |I| of the same "
        "polarity of voltage",
    }
)


@metric(
    title="On/off ratio at a read voltage",
    unit="1",
    source="standard term: currents of the two branches at one voltage",
)
def on_off_ratio(
    voltage: npt.ArrayLike, current: npt.ArrayLike, read_voltage: float
) -> MetricValue:
    """Ratio of the largest to the smallest current at one voltage of a sweep.

    Parameters
    ----------
    voltage, current : array_like, shape (n,)
        The sweep in the order in which it was taken [V], [A].
    read_voltage : float
        Voltage at which the branches are compared, not zero [V].

    Returns
    -------
    MetricValue
        Ratio of the magnitudes, at least 1 [1]; nan with a note if the sweep passes the
        voltage less than twice or the smaller current vanishes.

    Raises
    ------
    ValueError
        If the read voltage is zero or the arrays do not belong together.

    References
    ----------
    Duan et al., MoSe2 memristor, Fig. 2b, for the loop on which it is read.
    """
    if read_voltage == 0 or not math.isfinite(read_voltage):
        raise ValueError(f"an on/off ratio needs a read voltage, not {read_voltage!r} V")
    text = f"largest over smallest |I| where the sweep passes {read_voltage:.6g} V"
    v, i = checked_sweep(voltage, current)
    passed = np.abs(currents_at(v, i, read_voltage))
    if passed.size < 2:
        return missing("1", text, f"the sweep passes {read_voltage:.6g} V {passed.size} times")
    if not passed.min() > 0:
        return missing("1", text, "the smaller current is zero, or not a number")
    return MetricValue(float(passed.max() / passed.min()), "1", text)


@metric(
    title="Largest jump of a sweep",
    unit="1",
    display_unit="%",
    definitions=JUMP_DEFINITIONS,
    source=f"{MOSE2_PAPER}, Fig. 2b (analogue, no abrupt set), put into a number here",
)
def largest_jump(
    voltage: npt.ArrayLike,
    current: npt.ArrayLike,
    definition: str = "full_scale",
    *,
    points: int = 200,
) -> MetricValue:
    """Largest change between neighbours of a sweep read at equal voltage steps.

    Parameters
    ----------
    voltage, current : array_like, shape (n,)
        The sweep in the order in which it was taken [V], [A].
    definition : {"full_scale", "branch"}
        Which largest current the change is compared with.
    points : int
        Number of points at which the sweep is read.

    Returns
    -------
    MetricValue
        Largest change as a fraction [1]; small for analogue switching.

    Raises
    ------
    ValueError
        For an unknown definition, and as for `resample_sweep`.

    References
    ----------
    Duan et al., MoSe2 memristor, Fig. 2b.
    """
    accepted_name(definition, JUMP_DEFINITIONS, "jump definition")
    text = f"{JUMP_DEFINITIONS[definition]}, {points} points"
    v, i = resample_sweep(voltage, current, points)
    change, middle = np.abs(np.diff(i)), v[1:] + v[:-1]
    if definition == "full_scale":
        scale = np.full(change.size, np.abs(i).max())
    else:
        sides = [np.abs(i[side]).max(initial=0.0) for side in (v >= 0, v <= 0)]
        scale = np.where(middle >= 0, *sides)
    if not np.isfinite(scale).all() or not scale.max() > 0:
        return missing("1", text, "there is no current, or it is not a number")
    scale[scale == 0.0] = math.inf
    return MetricValue(float((change / scale).max()), "1", text)


@metric(
    title="Switching voltage",
    unit="V",
    definitions=SWITCHING_DEFINITIONS,
    source="standard term; largest |dI/dV| of the outward branch, as a jump above a threshold",
)
def switching_voltage(
    voltage: npt.ArrayLike,
    current: npt.ArrayLike,
    definition: str = "set",
    *,
    threshold: float = 0.2,
    points: int = 200,
) -> MetricValue:
    """Voltage at which the current jumps, where it does.

    Parameters
    ----------
    voltage, current : array_like, shape (n,)
        The sweep in the order in which it was taken [V], [A].
    definition : {"set", "reset"}
        Jump up or jump down of the magnitude of the current.
    threshold : float
        Smallest jump between neighbours that counts, over the largest |I| [1].
    points : int
        Number of points, at equal steps along the voltage path, at which it is read.

    Returns
    -------
    MetricValue
        Voltage, with its sign [V]; nan with a note where the loop is analogue.

    Raises
    ------
    ValueError
        For an unknown definition, a threshold outside 0 to 1, and as for `resample_sweep`.

    References
    ----------
    Duan et al., MoSe2 memristor, text on Fig. 2b (digital against analogue switching).
    """
    text = SWITCHING_DEFINITIONS[
        accepted_name(definition, SWITCHING_DEFINITIONS, "switching definition")
    ]
    if not 0 < threshold < 1:
        raise ValueError(f"a threshold lies between 0 and 1: {threshold!r}")
    text += f", more than {threshold:g} of the largest |I|, {points} points"
    v, i = resample_sweep(voltage, current, points)
    scale = float(np.abs(i).max())
    if not scale > 0:
        return missing("V", text, "there is no current, or it is not a number")
    jump = np.diff(np.abs(i)) / scale * (1.0 if definition == "set" else -1.0)
    outward = np.diff(np.abs(v)) > 0
    jump = np.where(outward, jump, -math.inf)
    at = int(jump.argmax())
    if not jump[at] > threshold:
        seen = max(float(jump[at]), 0.0)
        return missing("V", text, f"analogue: the largest jump is {seen:.2g} of the largest |I|")
    return MetricValue(float(0.5 * (v[at] + v[at + 1])), "V", text)
