"""A bound that is proved for the circuit at hand: its error is seen by moving the tolerance.

The time steps' own estimate watches charges one by one. What adds up over a resonance, or
sharpens in an edge that charges leave late, it does not see. Two runs whose tolerances
differ by 8 differ by 3 times the error of the finer one, because errors go with the
tolerance to the power of 2/3.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from optospice.accuracy import Profile
from optospice.ngspice.judge import RunFailedError
from optospice.stimulus import FloatArray

Vectors = Mapping[str, FloatArray]

#: Between the tolerances of two runs.
FACTOR = 8.0
#: Of their distance: the error of the finer run would be a third.
_SHARE = 0.5
_TIGHTENINGS = 4
#: A run that took longer is not followed by one of twice as many steps [s].
_LONGEST = 10.0


@dataclass(frozen=True)
class Proved:
    """Vectors and how far they may be off.

    Parameters
    ----------
    vectors : mapping of str to ndarray
        Of the finest run.
    error : float
        Largest error at the solver's points, as a fraction of a signal's peak [1].
    """

    vectors: Vectors
    error: float


def proved(profile: Profile, run: Callable[[Profile], Vectors], first: Vectors) -> Proved:
    """Move the tolerance until the error is below the profile's bound.

    Parameters
    ----------
    profile : Profile
        With which `first` was run.
    run : callable
        Takes a profile and gives the vectors.
    first : mapping of str to ndarray
        Vectors of the first run, ``time`` included.

    Returns
    -------
    Proved
        The finest run that it took, or that converged.
    """
    best, error = first, np.inf
    for power in range(1, _TIGHTENINGS + 1):
        begun = time.monotonic()
        try:
            finer = run(profile.scaled(FACTOR**-power))
        except RunFailedError:
            break
        best, error = finer, _SHARE * distance(best, finer, profile)
        if error <= profile.bound or time.monotonic() - begun > _LONGEST:
            break
    if not np.isfinite(error):  # nothing finer converges; what is looser tells of the first
        with contextlib.suppress(RunFailedError):
            error = _SHARE * distance(run(profile.scaled(FACTOR)), first, profile)
    return Proved(best, float(error))


def distance(coarse: Vectors, fine: Vectors, profile: Profile) -> float:
    """Give the largest difference of two runs at the points of the coarse one.

    Parameters
    ----------
    coarse, fine : mapping of str to ndarray
        Vectors of each, ``time`` included.
    profile : Profile
        What of a signal is rounding.

    Returns
    -------
    float
        As a fraction of the peak of the signal [1].
    """
    moments = np.minimum(coarse["time"], fine["time"][-1])
    once = np.concatenate([[True], np.diff(fine["time"]) > 0])
    largest = 0.0
    for name, values in coarse.items():
        if name == "time":
            continue
        floor = profile.current_tolerance if name.endswith("#branch") else profile.voltage_tolerance
        peak = float(np.abs(fine[name]).max())
        scale = max(peak, floor / profile.bound)
        nodes, levels = fine["time"][once], fine[name][once]
        # across a corner straight lines are right, elsewhere curves are
        with np.errstate(all="ignore"):
            curved = np.abs(PchipInterpolator(nodes, levels)(moments) - values)
        straight = np.abs(np.interp(moments, nodes, levels) - values)
        largest = max(largest, float(np.fmin(curved, straight).max()) / scale)
    return largest
