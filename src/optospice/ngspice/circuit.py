"""What a worker runs for a circuit that comes from elsewhere: eased where needed, proved."""

from __future__ import annotations

from dataclasses import dataclass, replace

from optospice.accuracy import Profile
from optospice.ngspice.easing import eased
from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.proof import Vectors, proved
from optospice.ngspice.session import Session
from optospice.ngspice.simulate import Job, run_job


@dataclass(frozen=True)
class CircuitJob:
    """A circuit's transient and how exact it has to be.

    Parameters
    ----------
    job : Job
        Its netlist holds the options of `profile`.
    profile : Profile
        How exact.
    """

    job: Job
    profile: Profile


@dataclass(frozen=True)
class Solved:
    """What came of it.

    Parameters
    ----------
    vectors : mapping of str to ndarray
        By ngspice's names, ``time`` included.
    error_bound : float
        Largest error at the solver's points as a fraction of a signal's peak [1].
    notes : tuple of str
        What was eased, and where the profile's bound is not reached.
    """

    vectors: Vectors
    error_bound: float
    notes: tuple[str, ...] = ()


def run_circuit(session: Session, item: CircuitJob) -> Solved:
    """Run a circuit, eased in named steps where it does not converge, with its error proved.

    Raises
    ------
    RunFailedError
        When the data say that it did not succeed.
    """

    def run(profile: Profile) -> Vectors:
        text = item.job.netlist.replace(item.profile.options, profile.options)
        return run_job(session, replace(item.job, netlist=text))

    # the proof moves abstol along, so that small currents are as exact as large ones
    begin = item.profile.suited_to(item.job.netlist, "djmqz")
    first = eased(item.profile, run, begin)

    def run_finer(profile: Profile) -> Vectors:
        try:
            return run(profile)
        except RunFailedError:
            return run(replace(profile, current_tolerance=first.profile.current_tolerance))

    proof = proved(first.profile, run_finer, first.result)
    notes = first.notes if first.profile != begin else ()
    bound = first.profile.bound
    if proof.error <= bound:
        return Solved(proof.vectors, bound, notes)
    short = f"{item.profile.name} promises {item.profile.bound:.2%} of a signal's peak, and " + (
        f"{proof.error:.2%} is what could be reached"
        if proof.error < 1
        else "no bound could be shown"
    )
    return Solved(proof.vectors, min(proof.error, 1.0), (*notes, short))
