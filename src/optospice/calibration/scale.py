"""The standard deviation of a record: absolute, relative, or both."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from optospice import units
from optospice.stimulus import FloatArray

#: Smallest scale of a residual, as a fraction of the peak: the simulation is not better [1].
SMALLEST_SCALE = 1e-4


@dataclass(frozen=True)
class Scale:
    """Standard deviation of a measured current.

    Parameters
    ----------
    relative : float
        Share of the current [1].
    absolute : float
        Part that does not depend on the current [A]; the two are independent.
    """

    relative: float
    absolute: float

    def of(self, current: FloatArray) -> FloatArray:
        """Give the standard deviation of each sample [A].

        The current that a relative part is a share of comes from the neighbours of each
        sample (median of two on each side): taken from the sample itself, low readings would
        weigh more than high ones and pull the fit down. It is at least 1e-4 of the peak.
        """
        least = SMALLEST_SCALE * float(np.abs(current).max())
        if not self.relative:
            return np.full(current.size, self.absolute)
        size = np.abs(current)
        if size.size >= 5:
            padded = np.pad(size, 2, mode="reflect")
            count = size.size
            around = [padded[k : k + count] for k in (0, 1, 3, 4)]
            size = np.median(np.stack(around), axis=0)
        return np.hypot(self.relative * size, max(self.absolute, least))


def read_scale(value: object) -> Scale:
    """Read ``"0.5 nA"``, ``"1 %"`` or ``"1 % + 0.5 nA"``.

    Raises
    ------
    ValueError
        For anything else.
    """
    if isinstance(value, Scale):
        return value
    accepted = "accepted: a current ('0.5 nA'), a share ('1 %'), or both ('1 % + 0.5 nA')"
    found: dict[str, float] = {}
    parts = re.split(r"\s+\+\s+", value.strip()) if isinstance(value, str) else [str(value)]
    for part in parts:
        kind = "relative" if part.endswith("%") else "absolute"
        try:
            number = units.parse(part, "1" if kind == "relative" else "A")
        except units.UnitsError as error:
            raise ValueError(f"{error}; {accepted}") from None
        if kind in found:
            raise ValueError(f"{value!r}: {accepted}")
        if not number > 0:
            unit = "%" if kind == "relative" else "A"
            raise ValueError(f"{part}: must be above 0 {unit}; {accepted}")
        found[kind] = number
    return Scale(found.get("relative", 0.0), found.get("absolute", 0.0))


def noise(current: FloatArray) -> float:
    """Estimate the standard deviation of a record from its second differences.

    The median leaves edges out; what is smooth cancels. At least 1e-4 of the peak.
    """
    least = SMALLEST_SCALE * float(np.abs(current).max())
    if current.size < 5:
        return max(least, 0.01 * float(np.abs(current).max()))
    second = np.diff(current, 2)
    # 1.4826: median to sigma of a normal distribution; 6 = 1 + 4 + 1, weights of the difference
    return max(least, 1.4826 * float(np.median(np.abs(second))) / math.sqrt(6))
