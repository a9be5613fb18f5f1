"""Thermal activation."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optospice.metrics.registry import accepted_name, metric
from optospice.metrics.value import MetricValue, missing

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Boltzmann constant [J/K], exact in the SI of 2019.
BOLTZMANN = 1.380649e-23
ARRHENIUS_DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "rate": "slope of ln(rate) against -1/(k T)",
        "rate_over_temperature_squared": "slope of ln(rate / T^2) against -1/(k T), for thermal "
        "emission from a trap",
    }
)


@metric(
    title="Activation energy",
    unit="J",
    display_unit="eV",
    definitions=ARRHENIUS_DEFINITIONS,
    source="Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, discussion of Fig. 5 "
    "(Arrhenius); rate/T^2: Lang, J. Appl. Phys. 45 (1974) 3023",
)
def activation_energy(
    temperatures: npt.ArrayLike, rates: npt.ArrayLike, definition: str = "rate"
) -> MetricValue:
    """Activation energy of a rate, the slope of its Arrhenius plot.

    Parameters
    ----------
    temperatures : array_like, shape (n,)
        Absolute temperatures, at least two different ones [K].
    rates : array_like, shape (n,)
        Rates at these temperatures, or inverse time constants [1/s].
    definition : {"rate", "rate_over_temperature_squared"}
        Whether the prefactor is constant or grows with the square of the temperature.

    Returns
    -------
    MetricValue
        Activation energy [J] with the standard error of the slope (none for two points)
        and R squared in the definition; nan with a note if a rate is not positive.

    Raises
    ------
    ValueError
        For an unknown definition, rows of different length, or temperatures that are not
        positive or all the same.

    References
    ----------
    Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789. Lang, J. Appl. Phys. 45 (1974)
    3023.
    """
    accepted_name(definition, ARRHENIUS_DEFINITIONS, "Arrhenius definition")
    text = ARRHENIUS_DEFINITIONS[definition]
    temperature = np.asarray(temperatures, dtype=np.float64)
    rate = np.asarray(rates, dtype=np.float64)
    if temperature.ndim != 1 or temperature.shape != rate.shape:
        raise ValueError(
            f"as many rates as temperatures are needed: {temperature.shape}, {rate.shape}"
        )
    if not ((temperature > 0).all() and temperature.size >= 2 and np.ptp(temperature) > 0):
        raise ValueError("two different absolute temperatures or more are needed, in kelvin")
    if not (rate > 0).all():
        return missing("J", text, "a rate is zero, negative or not a number: it has no logarithm")
    x = -1.0 / (BOLTZMANN * temperature)
    y = np.log(rate)
    if definition == "rate_over_temperature_squared":
        y = y - 2.0 * np.log(temperature)
    x = x - x.mean()
    y = y - y.mean()
    slope = float(x @ y / (x @ x))
    square = float(np.sum((y - slope * x) ** 2))
    total = float(y @ y)
    error = math.sqrt(square / (y.size - 2) / float(x @ x)) if y.size > 2 else None
    if total > 0:
        text += f", R^2 = {1.0 - square / total:.5f}"
    return MetricValue(slope, "J", text, error)
