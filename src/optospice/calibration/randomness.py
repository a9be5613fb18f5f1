"""Whether the residuals of a record look like noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from optospice.stimulus import FloatArray

#: Distance from what chance gives, from which it is not chance [standard deviations].
SIGNIFICANT = 4.0
#: Root mean square of residuals from which it is far above the noise [scales].
FAR_ABOVE = 1.5
#: Systematic part below which nothing is said: the scale does not resolve it [scales].
SMALLEST = 0.1
#: Numbers below which nothing can be told [1].
_FEWEST = 20


@dataclass(frozen=True)
class Randomness:
    """What the order of residuals says.

    Parameters
    ----------
    label : str
        Which record.
    count : int
        Number of residuals [1].
    rms : float
        Their root mean square [scales].
    runs : int
        Number of stretches of one sign [1].
    lag1 : float
        Autocorrelation of neighbours [1].
    systematic : bool
        Whether runs or autocorrelation are not those of noise.
    far_above : bool
        Whether the root mean square is far above the noise.
    """

    label: str
    count: int
    rms: float
    runs: int
    lag1: float
    systematic: bool
    far_above: bool

    @property
    def systematic_part(self) -> float:
        """Root mean square of what neighbours have in common [scales]."""
        return self.rms * math.sqrt(max(self.lag1, 0.0))

    @property
    def sentences(self) -> list[str]:
        """Say what is wrong, or nothing."""
        lines = []
        if self.systematic:
            lines.append(
                f"{self.label}: the model misses the record systematically: {self.runs} runs of "
                f"one sign where noise gives {(self.count + 1) / 2:.0f} ± "
                f"{math.sqrt(self.count - 1) / 2:.0f}, lag-1 autocorrelation {self.lag1:.2f} where "
                f"noise gives 0 ± {1 / math.sqrt(self.count):.2g}; about "
                f"{self.systematic_part:.2g} scales of the residuals are no noise, and the values "
                "may be off by more than their intervals."
            )
        if self.far_above:
            lines.append(
                f"{self.label}: the residuals are far above the noise: their rms is "
                f"{self.rms:.3g} scales. The model, the scenario or the scale is wrong."
            )
        return lines


def judge_residuals(label: str, residuals: FloatArray) -> Randomness:
    """Test residuals, in their order, for what is no noise.

    Noise changes its sign between neighbours with a probability of one half: the number of
    runs is (n + 1)/2 ± sqrt(n - 1)/2 (Wald and Wolfowitz, Ann. Math. Stat. 11 (1940) 147,
    about zero). The autocorrelation of neighbours is 0 ± 1/sqrt(n) (Durbin and Watson,
    Biometrika 37 (1950) 409).

    Parameters
    ----------
    label : str
        Which record.
    residuals : ndarray, shape (n,)
        In scales [1].
    """
    count = residuals.size
    square = float(residuals @ residuals)
    rms = math.sqrt(square / count)
    signs = np.sign(residuals)
    signs = signs[signs != 0]
    runs = 1 + int(np.count_nonzero(signs[1:] != signs[:-1]))
    lag1 = float(residuals[1:] @ residuals[:-1]) / square if square > 0 else 0.0
    enough = count >= _FEWEST and square > 0
    few_runs = ((signs.size + 1) / 2 - runs) > SIGNIFICANT * math.sqrt(max(signs.size - 1, 1)) / 2
    alike = lag1 * math.sqrt(count) > SIGNIFICANT
    part = rms * math.sqrt(max(lag1, 0.0))
    excess = (square - count) / math.sqrt(2 * count)
    return Randomness(
        label,
        count,
        rms,
        runs,
        lag1,
        enough and (few_runs or alike) and part > SMALLEST,
        count > 2 and rms > FAR_ABOVE and excess > SIGNIFICANT,
    )
