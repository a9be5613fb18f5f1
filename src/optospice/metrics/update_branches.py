"""Shape of the potentiation and of the depression branch, each as a metric of its own."""

from __future__ import annotations

import numpy.typing as npt

from optospice.metrics.potentiation_depression import NEUROSIM, update_nonlinearity
from optospice.metrics.registry import metric
from optospice.metrics.value import MetricValue

#: Labels of the nonlinearity; the straight line has metrics of its own.
LABELS = {
    "neurosim": "NeuroSim's label, 0 for a line",
    "alpha": "exponent alpha, 1 for a line",
}
LINE_SOURCE = "Duan et al., MoSe2 memristor, text on Fig. 3b (linearity), put into a number here"


@metric(
    title="Nonlinearity of potentiation",
    unit="1",
    definitions=LABELS,
    source=NEUROSIM,
)
def potentiation_nonlinearity(
    conductances: npt.ArrayLike, definition: str = "neurosim"
) -> MetricValue:
    """Nonlinearity of the potentiation branch.

    Parameters
    ----------
    conductances : array_like, shape (n,)
        Conductance after each pulse [S].
    definition : {"neurosim", "alpha"}
        Which label; see `update_nonlinearity`.

    Returns
    -------
    MetricValue
        Label [1].
    """
    return update_nonlinearity(conductances, definition)


@metric(
    title="Nonlinearity of depression",
    unit="1",
    definitions=LABELS,
    source=NEUROSIM,
)
def depression_nonlinearity(
    conductances: npt.ArrayLike, definition: str = "neurosim"
) -> MetricValue:
    """Nonlinearity of the depression branch, read from its end to its start.

    Parameters
    ----------
    conductances : array_like, shape (n,)
        Conductance after each pulse [S].
    definition : {"neurosim", "alpha"}
        Which label; see `update_nonlinearity`.

    Returns
    -------
    MetricValue
        Label [1].
    """
    return update_nonlinearity(conductances, definition, branch="depression")


@metric(title="Linearity of potentiation, R^2 against a line", unit="1", source=LINE_SOURCE)
def potentiation_linearity(conductances: npt.ArrayLike) -> MetricValue:
    """R^2 of the potentiation branch against a line over the pulse number.

    Parameters
    ----------
    conductances : array_like, shape (n,)
        Conductance after each pulse [S].

    Returns
    -------
    MetricValue
        R^2 [1], 1 for a line.
    """
    return update_nonlinearity(conductances, "r_squared")


@metric(title="Linearity of depression, R^2 against a line", unit="1", source=LINE_SOURCE)
def depression_linearity(conductances: npt.ArrayLike) -> MetricValue:
    """R^2 of the depression branch against a line over the pulse number.

    Parameters
    ----------
    conductances : array_like, shape (n,)
        Conductance after each pulse [S].

    Returns
    -------
    MetricValue
        R^2 [1], 1 for a line.
    """
    return update_nonlinearity(conductances, "r_squared", branch="depression")
