"""What a worker runs for a circuit that comes from elsewhere: eased where needed, proved."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from optospice.accuracy import Profile, easings
from optospice.ngspice.easing import Eased, does_not_converge, eased
from optospice.ngspice.judge import RunFailedError, end_exactly, judge
from optospice.ngspice.proof import Proved, Vectors, distance, proved
from optospice.ngspice.refinement import Demand, resolve, stores_nothing
from optospice.ngspice.session import Session
from optospice.ngspice.simulate import Job
from optospice.ngspice.steps import Steps
from optospice.sources import number
from optospice.stimulus import FloatArray

#: The card as this package writes it: step, stop time, start, largest step.
_TRANSIENT = re.compile(r"^(\.tran \S+ \S+ \S+ )(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class CircuitJob:
    """A circuit's transient and how exact it has to be.

    Parameters
    ----------
    job : Job
        Its netlist holds the options of `profile`.
    profile : Profile
        How exact.
    demand : Demand
        What its points have to show; its bound is that of the profile.
    """

    job: Job
    profile: Profile
    demand: Demand


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


def run_circuit(session: Session, item: CircuitJob) -> Solved:
    """Run a circuit, eased in named steps where it does not converge, with its error proved.

    Raises
    ------
    RunFailedError
        When the data say that it did not succeed.
    """
    wanted = tuple(dict.fromkeys((*item.job.wanted, *item.demand.currents)))

    def run(profile: Profile, steps: Steps | None = None) -> Vectors:
        result = session.run(_eased(item, profile), wanted, steps=steps)
        judge(result.vectors, wanted, item.job.stop_time, result.log)
        if item.job.stop_time is not None:
            end_exactly(result.vectors, item.job.stop_time)
        return result.vectors

    # the proof moves abstol along, so that small currents are as exact as large ones
    begin = item.profile.suited_to(item.job.netlist)
    first = eased(item.profile, run, begin)
    notes = first.notes if first.profile != begin else ()
    proof = _proof(item, first, run)

    def again(steps: Steps | None) -> Vectors:
        return proof.vectors if steps is None else _converging(proof, first.profile, run, steps)

    bound = first.profile.bound
    shown = resolve(again, item.job.wanted, replace(item.demand, bound=bound))
    error = proof.error
    if shown.runs > 1:  # other steps, and other tolerances where those did not converge
        error = max(
            error,
            distance(
                proof.vectors,
                shown.vectors,
                first.profile,
                item.job.wanted,
                np.union1d(item.demand.corners, shown.jumps),
            )
            - bound,  # what reading between the points may be off by
        )
    if error <= bound:
        return Solved(shown.vectors, shown.jumps, bound, notes)
    short = f"{item.profile.name} promises {item.profile.bound:.2%} of a signal's peak, and " + (
        f"{error:.2%} is what could be reached" if error < 1 else "no bound could be shown"
    )
    return Solved(shown.vectors, shown.jumps, min(error, 1.0), (*notes, short))


def _converging(
    proof: Proved,
    first: Profile,
    run: Callable[[Profile, Steps], Vectors],
    steps: Steps,
) -> Vectors:
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


def _proof(item: CircuitJob, first: Eased[Vectors], run: Callable[[Profile], Vectors]) -> Proved:
    """Prove the values at the solver's own points."""
    corners = item.demand.corners
    if stores_nothing(first.result["time"], corners):
        return Proved(first.result, 0.0, first.profile)  # of the sources of the moment alone

    def run_finer(profile: Profile) -> Vectors:
        try:
            return run(profile)
        except RunFailedError:
            return run(replace(profile, current_tolerance=first.profile.current_tolerance))

    return proved(first.profile, run_finer, first.result, item.job.wanted, corners)


def _eased(item: CircuitJob, profile: Profile) -> str:
    """Give the netlist with another profile's options and largest step."""
    text = item.job.netlist.replace(item.profile.options, profile.options)
    if profile.largest_step == item.profile.largest_step:
        return text
    share = profile.largest_step / item.profile.largest_step

    def shorter(card: re.Match[str]) -> str:
        return f"{card[1]}{number(float(card[2]) * share)}"

    return _TRANSIENT.sub(shorter, text)
