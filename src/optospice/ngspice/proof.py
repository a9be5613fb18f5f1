"""A bound that is proved for the circuit at hand: its error is seen by moving the tolerance.

The time steps' own estimate watches charges one by one. What adds up over a resonance, or
sharpens in an edge that charges leave late, it does not see. Two runs whose tolerances
differ by 8 differ by 3 times the error of the finer one, because errors go with the
tolerance to the power of 2/3.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optospice.accuracy import Profile
from optospice.interpolation import FloatArray, interpolate
from optospice.ngspice.judge import RunFailedError
from optospice.resolution import JUMP

Vectors = Mapping[str, FloatArray]

#: Between the tolerances of two runs.
FACTOR = 8.0
#: Of their distance: the error of the finer run would be a third.
_SHARE = 0.5
_TIGHTENINGS = 4
#: Above this tolerance the next one is as blind as the first to a step that is far too long after
#: a corner, and two wrong runs agree: the one after it is taken [1].
_SEES = 2e-7
#: A run of more points is not followed by one of twice as many [1].
_MOST_POINTS = 300_000


@dataclass(frozen=True)
class Proved:
    """Vectors and how far they may be off.

    Parameters
    ----------
    vectors : mapping of str to ndarray
        Of the finest run.
    error : float
        Largest error at the solver's points, as a fraction of a signal's peak [1].
    profile : Profile
        With which the vectors were run.
    """

    vectors: Vectors
    error: float
    profile: Profile


def proved(
    profile: Profile,
    run: Callable[[Profile], Vectors],
    first: Vectors,
    wanted: Sequence[str],
    corners: FloatArray,
) -> Proved:
    """Move the tolerance until the error is below the profile's bound.

    Parameters
    ----------
    profile : Profile
        With which `first` was run.
    run : callable
        Takes a profile and gives the vectors.
    first : mapping of str to ndarray
        Vectors of the first run, ``time`` included.
    wanted : sequence of str
        Vectors that count.
    corners : ndarray
        Times at which a source changes its slope [s].

    Returns
    -------
    Proved
        The finest run that it took, or that converged.
    """
    best, error, used = first, np.inf, profile
    nearest = 1 if profile.relative_tolerance <= _SEES else 2
    for power in range(nearest, nearest + _TIGHTENINGS):
        try:
            scaled = profile.scaled(FACTOR**-power)
            finer = run(scaled)
        except RunFailedError:
            break
        best, error, used = finer, _SHARE * distance(best, finer, profile, wanted, corners), scaled
        if error <= profile.bound or finer["time"].size > _MOST_POINTS:
            break
    if not np.isfinite(error):  # nothing finer converges; what is looser tells of the first
        with contextlib.suppress(RunFailedError):
            looser = run(profile.scaled(FACTOR))
            error = _SHARE * distance(looser, first, profile, wanted, corners)
    return Proved(best, float(error), used)


def distance(
    coarse: Vectors,
    fine: Vectors,
    profile: Profile,
    wanted: Sequence[str],
    corners: FloatArray,
) -> float:
    """Give the largest difference of two runs at the points of the coarse one.

    Parameters
    ----------
    coarse, fine : mapping of str to ndarray
        Vectors of each, ``time`` included.
    profile : Profile
        What of a signal is rounding.
    wanted : sequence of str
        Vectors that count.
    corners : ndarray
        Times at which a source changes its slope, and a signal may jump [s].

    Returns
    -------
    float
        As a fraction of the peak of the signal [1].
    """
    moments = np.minimum(coarse["time"], fine["time"][-1])
    jump = 2 * JUMP * moments[-1]
    if corners.size:
        last = corners[np.clip(np.searchsorted(corners, moments) - 1, 0, corners.size - 1)]
        outside = (moments <= last) | (moments > last + jump)  # within a jump is no value
    else:
        outside = np.ones(moments.size, dtype=bool)
    breaks = np.union1d(corners, corners + jump / 4)
    once = np.concatenate([[True], np.diff(fine["time"]) > 0])
    largest = 0.0
    for name in wanted:
        floor = profile.current_tolerance if name.endswith("#branch") else profile.voltage_tolerance
        peak = float(np.abs(fine[name]).max())
        scale = max(peak, floor / profile.bound)
        nodes, levels, own = fine["time"][once], fine[name][once], coarse[name][outside]
        # next to a corner straight lines are right, elsewhere curves are
        curved = np.abs(interpolate(nodes, levels, moments[outside], breaks) - own)
        straight = np.abs(np.interp(moments[outside], nodes, levels) - own)
        largest = max(largest, float(np.minimum(curved, straight).max()) / scale)
    return largest
