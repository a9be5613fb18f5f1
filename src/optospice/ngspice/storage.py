"""Whether a circuit stores charge or flux: told from its text, or from the solver's own steps."""

from __future__ import annotations

import re

import numpy as np

from optospice.interpolation import FloatArray, corner_indices, nearest_points

#: Times closer than this share of the run are the same: ngspice takes two breakpoints for
#: one when they are closer than 1e-10 of the largest step [1].
SAME_TIME = 2e-10

_CHARGE = re.compile(
    r"^[ \t]*[cltojmqzk][\w.:+\-]*[ \t]|\b(?:cjo|cj0|cj|tt|cjp|cjsw)[ \t]*=|\bddt\b",
    re.IGNORECASE | re.MULTILINE,
)


def is_without_charge(text: str) -> bool:
    """Whether SPICE text holds nothing that stores charge or flux.

    Parameters
    ----------
    text : str
        Element lines and models that the guard wrote.
    """
    return _CHARGE.search(text) is None


def corners_are_met(time: FloatArray, corner_times: FloatArray) -> bool:
    """Whether the solver placed a point on every corner.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Points of a run [s].
    corner_times : ndarray
        Times within the run [s].
    """
    return bool((nearest_points(time, corner_times)[1] <= SAME_TIME * time[-1]).all())


def stores_nothing(time: FloatArray, corner_times: FloatArray) -> bool:
    """Whether every step was twice the one before, or cut by a corner: nothing held it back.

    So it is in a circuit without charge, whose steps the solver's error estimate never
    shortens, and whose values follow from the sources of the moment.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Points of a run with the solver's own steps [s].
    corner_times : ndarray
        Times at which a source changes its slope [s].
    """
    if not corners_are_met(time, corner_times):
        return False
    corners = corner_indices(time, corner_times)
    h = np.diff(time)
    free = np.ones(h.size, dtype=bool)
    free[:2] = False  # how a run begins
    free[corners] = False  # the first step after a corner is a tenth of what it could be
    free[corners - 1] = False  # the one before is cut
    free[-1] = False
    index = np.flatnonzero(free)
    return bool(index.size and (np.abs(h[index] / h[index - 1] - 2) < 1e-3).all())
