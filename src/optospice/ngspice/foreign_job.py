"""What a worker runs for a circuit that comes from elsewhere: eased where needed, proved."""

from __future__ import annotations

import re
from dataclasses import dataclass

from optospice.accuracy import Profile
from optospice.ngspice.exactness import Solved, solve
from optospice.ngspice.judge import end_exactly, judge
from optospice.ngspice.proof import Vectors
from optospice.ngspice.refinement import Demand
from optospice.ngspice.session import Session
from optospice.ngspice.simulate import Job
from optospice.ngspice.steps import Steps
from optospice.sources import number

#: The card as this package writes it: step, stop time, start, largest step.
_TRANSIENT = re.compile(r"^(\.tran \S+ \S+ \S+ )(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class ForeignJob:
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


def run_foreign(session: Session, item: ForeignJob) -> Solved:
    """Run a circuit, eased in named steps where it does not converge, with its error proved.

    Raises
    ------
    RunFailedError
        When the data say that it did not succeed.
    """
    read = tuple(dict.fromkeys((*item.job.wanted, *item.demand.currents)))

    def run(profile: Profile, steps: Steps | None) -> Vectors:
        result = session.run(_eased(item, profile), read, steps=steps)
        judge(result.vectors, read, item.job.stop_time, result.log)
        if item.job.stop_time is not None:
            end_exactly(result.vectors, item.job.stop_time)
        return result.vectors

    begin = item.profile.suited_to(item.job.netlist)
    return solve(run, item.profile, begin, item.job.wanted, item.demand)


def _eased(item: ForeignJob, profile: Profile) -> str:
    """Give the netlist with another profile's options and largest step."""
    text = item.job.netlist.replace(item.profile.options, profile.options)
    if profile.largest_step == item.profile.largest_step:
        return text
    share = profile.largest_step / item.profile.largest_step

    def shorter(card: re.Match[str]) -> str:
        return f"{card[1]}{number(float(card[2]) * share)}"

    return _TRANSIENT.sub(shorter, text)
