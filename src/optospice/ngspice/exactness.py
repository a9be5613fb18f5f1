"""A run whose error is seen: eased until it converges, its tolerance moved, its points shown.

For circuits with semiconductors, whose charges and knees the solver's own estimate does not
foresee, and for those of strangers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optospice.accuracy import Profile, easings
from optospice.interpolation import FloatArray
from optospice.ngspice.easing import Eased, does_not_converge, eased
from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.proof import Proved, Vectors, distance, proved
from optospice.ngspice.refinement import Demand, names_current, resolve
from optospice.ngspice.steps import Steps
from optospice.ngspice.storage import stores_nothing

Run = Callable[[Profile, Steps | None], Vectors]


@dataclass(frozen=True)
class Solved:
    """What came of it.

    Parameters
    ----------
    vectors : mapping of str to ndarray
        By ngspice's names, ``time`` included.
    jumps : ndarray
        Times between which a signal jumps by itself [s].
    error_bound : float
        Largest error of a signal as a fraction of its peak [1].
    notes : tuple of str
        What was eased, and where the profile's bound is not reached.
    """

    vectors: Vectors
    jumps: FloatArray
    error_bound: float
    notes: tuple[str, ...] = ()


def solve(
    run: Run, profile: Profile, begin: Profile, wanted: Sequence[str], demand: Demand
) -> Solved:
    """Run until the error is seen to be below the bound, and say so where it is not.

    Parameters
    ----------
    run : callable
        Runs the circuit with a profile, and with steps where any are given, and judges it.
    profile, begin : Profile
        How exact, and the easing to begin with: `Profile.suited_to`.
    wanted : sequence of str
        Vectors that somebody will read.
    demand : Demand
        What the points have to show; its bound is that of the profile.

    Raises
    ------
    RunFailedError
        When the circuit does not converge, or its points do not show its signals.
    """
    # the proof moves abstol along, so that small currents are as exact as large ones
    first = eased(profile, lambda chosen: run(chosen, None), begin)
    notes = first.notes if first.profile != begin else ()
    proof = _proof(run, profile, first, wanted, demand)

    def again(steps: Steps | None) -> Vectors:
        return proof.vectors if steps is None else _converging(proof, first.profile, run, steps)

    bound = first.profile.bound
    shown = resolve(again, wanted, replace(demand, bound=bound))
    error = proof.error
    if shown.runs > 1:  # other steps, and other tolerances where those did not converge
        corners = np.union1d(demand.corners, shown.jumps)
        # less what reading between the points may be off by
        apart = distance(proof.vectors, shown.vectors, first.profile, wanted, corners) - bound
        error = max(error, apart)
    if error <= bound:
        return Solved(shown.vectors, shown.jumps, bound, notes)
    return Solved(shown.vectors, shown.jumps, min(error, 1.0), (*notes, shortfall(profile, error)))


def shortfall(profile: Profile, error: float) -> str:
    """Say that a profile's bound is not reached, and which one is [1]."""
    reached = f"{error:.2%} is what could be reached" if error < 1 else "no bound could be shown"
    return f"{profile.name} promises {profile.bound:.2%} of a signal's peak, and {reached}"


def _converging(proof: Proved, first: Profile, run: Run, steps: Steps) -> Vectors:
    """Run with shorter steps, where rounding may ask for an easier ``abstol`` than before."""
    easier = [easing for easing in easings(first) if easing.bound == first.bound]
    for profile in (proof.profile, first, *easier):
        try:
            return run(profile, steps.begin())
        except RunFailedError as error:
            if not does_not_converge(error):
                raise
            last = error
    raise last


def _proof(
    run: Run, profile: Profile, first: Eased[Vectors], wanted: Sequence[str], demand: Demand
) -> Proved:
    """Prove the values at the solver's own points."""
    if stores_nothing(first.result["time"], demand.corners):
        return _of_the_moment(run, profile, first, wanted)

    def run_finer(finer: Profile) -> Vectors:
        try:
            return run(finer, None)
        except RunFailedError:
            kept = replace(finer, current_tolerance=first.profile.current_tolerance)
            return run(kept, None)

    return proved(first.profile, run_finer, first.result, wanted, demand.corners)


def _of_the_moment(
    run: Run, profile: Profile, first: Eased[Vectors], wanted: Sequence[str]
) -> Proved:
    """Prove values that follow from the sources of the moment alone: no step can be too long.

    What is left is ``abstol``, where it was eased and the currents are small.
    """
    currents = [name for name in wanted if names_current(name)]
    peak = max((float(np.abs(first.result[name]).max()) for name in currents), default=0.0)
    kept = first.profile.kept_bound(peak)
    if kept <= first.profile.bound:
        return Proved(first.result, 0.0, first.profile)
    with contextlib.suppress(RunFailedError):
        return Proved(run(profile, None), 0.0, profile)
    return Proved(first.result, kept, first.profile)
