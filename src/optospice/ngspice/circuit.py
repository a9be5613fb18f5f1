"""What a worker runs for a circuit that comes from elsewhere: eased where needed, proved."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from optospice.accuracy import Profile
from optospice.ngspice.easing import eased
from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.proof import Vectors, proved
from optospice.ngspice.session import Session
from optospice.ngspice.simulate import Job, run_job
from optospice.sources import number

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
        return run_job(session, replace(item.job, netlist=_eased(item, profile)))

    # the proof moves abstol along, so that small currents are as exact as large ones
    begin = item.profile.suited_to(item.job.netlist)
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


def _eased(item: CircuitJob, profile: Profile) -> str:
    """Give the netlist with another profile's options and largest step."""
    text = item.job.netlist.replace(item.profile.options, profile.options)
    if profile.largest_step == item.profile.largest_step:
        return text
    share = profile.largest_step / item.profile.largest_step

    def shorter(card: re.Match[str]) -> str:
        return f"{card[1]}{number(float(card[2]) * share)}"

    return _TRANSIENT.sub(shorter, text)
