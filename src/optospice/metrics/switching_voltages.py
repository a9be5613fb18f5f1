"""Set and reset voltage, each as a metric of its own."""

from __future__ import annotations

import numpy.typing as npt

from optospice.metrics.registry import metric
from optospice.metrics.switching import switching_voltage
from optospice.metrics.value import MetricValue

SOURCE = "standard term, see switching_voltage"


@metric(title="Set voltage", unit="V", source=SOURCE)
def set_voltage(
    voltage: npt.ArrayLike, current: npt.ArrayLike, *, threshold: float = 0.2, points: int = 200
) -> MetricValue:
    """Voltage of the largest jump up of |I|, where there is one.

    Parameters
    ----------
    voltage, current : array_like, shape (n,)
        The sweep in the order in which it was taken [V], [A].
    threshold : float
        Smallest jump between neighbours that counts, over the largest |I| [1].
    points : int
        Number of points at which the sweep is read.

    Returns
    -------
    MetricValue
        Voltage [V]; nan with a note where the loop is analogue.
    """
    return switching_voltage(voltage, current, "set", threshold=threshold, points=points)


@metric(title="Reset voltage", unit="V", source=SOURCE)
def reset_voltage(
    voltage: npt.ArrayLike, current: npt.ArrayLike, *, threshold: float = 0.2, points: int = 200
) -> MetricValue:
    """Voltage of the largest jump down of |I|, where there is one.

    Parameters
    ----------
    voltage, current : array_like, shape (n,)
        The sweep in the order in which it was taken [V], [A].
    threshold : float
        Smallest jump between neighbours that counts, over the largest |I| [1].
    points : int
        Number of points at which the sweep is read.

    Returns
    -------
    MetricValue
        Voltage [V]; nan with a note where the loop is analogue.
    """
    return switching_voltage(voltage, current, "reset", threshold=threshold, points=points)
