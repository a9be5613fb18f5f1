"""One number out of a row: the first, the last, the smallest or the largest."""

from __future__ import annotations

import numpy.typing as npt

from optospice.metrics.registry import metric
from optospice.metrics.value import MetricValue
from optospice.metrics.windows import checked_row


@metric(
    title="Gain of the first learning cycle",
    unit="A",
    display_unit="nA",
    source="Duan et al., MoSe2 memristor, Fig. 4a (Delta I1)",
)
def first_gain(gains: npt.ArrayLike, definition: str) -> MetricValue:
    """Gain of the first cycle.

    Parameters
    ----------
    gains : array_like, shape (n,)
        Gain of each cycle [A].
    definition : str
        How they were taken, in words.

    Returns
    -------
    MetricValue
        The first of them [A].
    """
    return MetricValue(float(checked_row(gains)[0]), "A", definition)


@metric(
    title="Gain of the last learning cycle",
    unit="A",
    display_unit="nA",
    source="Duan et al., MoSe2 memristor, Fig. 4a (Delta I3)",
)
def last_gain(gains: npt.ArrayLike, definition: str) -> MetricValue:
    """Gain of the last cycle.

    Parameters
    ----------
    gains : array_like, shape (n,)
        Gain of each cycle [A].
    definition : str
        How they were taken, in words.

    Returns
    -------
    MetricValue
        The last of them [A].
    """
    return MetricValue(float(checked_row(gains)[-1]), "A", definition)


@metric(
    title="Smallest retained fraction over the cycles",
    unit="1",
    display_unit="%",
    source="Duan et al., MoSe2 memristor, Fig. 4a (no recovery to the initial level)",
)
def smallest_retained_fraction(fractions: npt.ArrayLike, definition: str) -> MetricValue:
    """Retained fraction after the pause that leaves least.

    Parameters
    ----------
    fractions : array_like, shape (n,)
        Retained fraction after each pause [1].
    definition : str
        How they were taken, in words.

    Returns
    -------
    MetricValue
        The smallest of them [1].
    """
    return MetricValue(float(checked_row(fractions).min()), "1", definition)


@metric(
    title="Largest retained fraction over the cycles",
    unit="1",
    display_unit="%",
    source="Duan et al., MoSe2 memristor, Fig. 4a (the current decays after the pulses)",
)
def largest_retained_fraction(fractions: npt.ArrayLike, definition: str) -> MetricValue:
    """Retained fraction after the pause that leaves most.

    Parameters
    ----------
    fractions : array_like, shape (n,)
        Retained fraction after each pause [1].
    definition : str
        How they were taken, in words.

    Returns
    -------
    MetricValue
        The largest of them [1].
    """
    return MetricValue(float(checked_row(fractions).max()), "1", definition)


@metric(
    title="Largest response of a train",
    unit="A",
    display_unit="nA",
    source="Duan et al., MoSe2 memristor, Fig. 5b (never above the threshold)",
)
def largest_amplitude(amplitudes: npt.ArrayLike, definition: str) -> MetricValue:
    """Amplitude of the strongest response.

    Parameters
    ----------
    amplitudes : array_like, shape (n,)
        Amplitude of each response [A].
    definition : str
        How they were taken, in words.

    Returns
    -------
    MetricValue
        The largest of them [A].
    """
    return MetricValue(float(checked_row(amplitudes).max()), "A", definition)


@metric(
    title="Current at the highest voltage of the first sweep",
    unit="A",
    display_unit="nA",
    source="Duan et al., MoSe2 memristor, Fig. 2c",
    arguments={"currents": "peak_currents"},
)
def first_peak_current(currents: npt.ArrayLike, definition: str) -> MetricValue:
    """Current at the highest turning voltage, first sweep.

    Parameters
    ----------
    currents : array_like, shape (n,)
        Current at that voltage in each sweep [A].
    definition : str
        How they were taken, in words.

    Returns
    -------
    MetricValue
        The first of them [A].
    """
    return MetricValue(float(checked_row(currents)[0]), "A", definition)


@metric(
    title="Current at the highest voltage of the last sweep",
    unit="A",
    display_unit="nA",
    source="Duan et al., MoSe2 memristor, Fig. 2c",
    arguments={"currents": "peak_currents"},
)
def last_peak_current(currents: npt.ArrayLike, definition: str) -> MetricValue:
    """Current at the highest turning voltage, last sweep.

    Parameters
    ----------
    currents : array_like, shape (n,)
        Current at that voltage in each sweep [A].
    definition : str
        How they were taken, in words.

    Returns
    -------
    MetricValue
        The last of them [A].
    """
    return MetricValue(float(checked_row(currents)[-1]), "A", definition)


@metric(
    title="Current at the lowest voltage of the first sweep",
    unit="A",
    display_unit="nA",
    source="Duan et al., MoSe2 memristor, Fig. 2b",
    arguments={"currents": "trough_currents"},
)
def first_trough_current(currents: npt.ArrayLike, definition: str) -> MetricValue:
    """Current at the lowest turning voltage, first sweep.

    Parameters
    ----------
    currents : array_like, shape (n,)
        Current at that voltage in each sweep [A].
    definition : str
        How they were taken, in words.

    Returns
    -------
    MetricValue
        The first of them [A].
    """
    return MetricValue(float(checked_row(currents)[0]), "A", definition)


@metric(
    title="Current at the lowest voltage of the last sweep",
    unit="A",
    display_unit="nA",
    source="Duan et al., MoSe2 memristor, Fig. 2b",
    arguments={"currents": "trough_currents"},
)
def last_trough_current(currents: npt.ArrayLike, definition: str) -> MetricValue:
    """Current at the lowest turning voltage, last sweep.

    Parameters
    ----------
    currents : array_like, shape (n,)
        Current at that voltage in each sweep [A].
    definition : str
        How they were taken, in words.

    Returns
    -------
    MetricValue
        The last of them [A].
    """
    return MetricValue(float(checked_row(currents)[-1]), "A", definition)
