"""A synapse as a filter: gain against the rate of the pulses."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optospice.metrics.fitting import SeparableModel, fit_separable
from optospice.metrics.registry import accepted_name, metric
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import FloatArray

if TYPE_CHECKING:
    from collections.abc import Mapping

CUTOFF_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "low_pass": "frequency at which the gain has fallen to 1/sqrt(2) of that at the lowest "
        "frequency (-3 dB), interpolated on logarithmic axes",
        "high_pass": "frequency below which the gain is less than 1/sqrt(2) of that at the "
        "highest frequency (-3 dB), interpolated on logarithmic axes",
        "low_pass_fit": "f_c of g / sqrt(1 + (f/f_c)^2)",
        "high_pass_fit": "f_c of g / sqrt(1 + (f_c/f)^2)",
    }
)


@metric(
    title="Cut-off frequency of the filter gain",
    unit="Hz",
    definitions=CUTOFF_DEFINITIONS,
    source="standard term (-3 dB); Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789 "
    "(low pass); Huang et al. 2020 (high pass, 4.8 Hz)",
)
def cutoff_frequency(
    frequencies: npt.ArrayLike, gains: npt.ArrayLike, definition: str = "low_pass"
) -> MetricValue:
    """Frequency at which the gain is 3 dB below that of the pass band.

    Parameters
    ----------
    frequencies : array_like, shape (n,)
        Rates of the pulses, rising and positive [Hz].
    gains : array_like, shape (n,)
        Gain at each rate [1].
    definition : {"low_pass", "high_pass", "low_pass_fit", "high_pass_fit"}
        Kind of filter; read from the data, or from a first-order fit which may lie outside
        the range of the data.

    Returns
    -------
    MetricValue
        Cut-off frequency [Hz]; nan with a note if the gain does not fall so far.

    Raises
    ------
    ValueError
        For an unknown definition, rows of different length, or frequencies that do not rise.

    References
    ----------
    Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, text on Fig. 3. Huang et al. 2020.
    """
    accepted_name(definition, CUTOFF_DEFINITIONS, "cut-off definition")
    text = CUTOFF_DEFINITIONS[definition]
    f = np.asarray(frequencies, dtype=np.float64)
    g = np.asarray(gains, dtype=np.float64)
    if f.ndim != 1 or f.shape != g.shape or f.size < 2:
        raise ValueError(f"two gains or more, one per frequency, are needed: {f.shape}, {g.shape}")
    if not (f[0] > 0 and (np.diff(f) > 0).all()):
        raise ValueError("frequencies must be positive and rising")
    if not (g > 0).all():
        return missing("Hz", text, "a gain is zero, negative or not a number")
    if definition.endswith("fit"):
        return _fitted(f, g, definition, text)
    if definition == "high_pass":
        f, g = f[::-1], g[::-1]
    limit = float(g[0]) / math.sqrt(2.0)
    below = np.flatnonzero(g < limit)
    if below.size == 0:
        lowest = float((g / g[0]).min())
        return missing(
            "Hz",
            text,
            f"the gain stays above -3 dB: its lowest value is {lowest:.3g} of the pass band",
        )
    k = int(below[0])
    share = math.log(g[k - 1] / limit) / math.log(g[k - 1] / g[k])
    return MetricValue(float(f[k - 1] * (f[k] / f[k - 1]) ** share), "Hz", text)


def _fitted(f: FloatArray, g: FloatArray, definition: str, text: str) -> MetricValue:
    sign = 1.0 if definition == "low_pass_fit" else -1.0
    model = SeparableModel(
        definition,
        text,
        lambda theta, at: (1.0 / np.sqrt(1.0 + (at / theta) ** (2.0 * sign)))[:, None],
        {"g": "1"},
        {"f_c": "Hz"},
        np.geomspace(0.03 * f[0], 30 * f[-1], 30)[:, None],
        np.array([1e-3 * f[0]]),
        np.array([1e3 * f[-1]]),
    )
    fit = fit_separable(model, f, g)
    cutoff = fit["f_c"]
    text += f", R^2 = {fit.r_squared:.4f}"
    return MetricValue(cutoff.value, "Hz", text, cutoff.standard_error, cutoff.note)
