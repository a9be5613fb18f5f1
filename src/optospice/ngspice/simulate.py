"""What a worker runs: a netlist as it stands, or a testbench with copies of its device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from optospice.accuracy import Profile
from optospice.errors import InputError
from optospice.netlist.guard import check_library
from optospice.ngspice.bench_analyses import analyse_copies
from optospice.ngspice.easing import eased
from optospice.ngspice.exactness import solve
from optospice.ngspice.judge import (
    RunFailedError,
    end_exactly,
    in_users_words,
    judge,
    reject,
    signal_names,
)
from optospice.ngspice.refinement import Demand, Resolved, resolve
from optospice.ngspice.session import Session, Table
from optospice.ngspice.steps import Steps
from optospice.ngspice.storage import is_without_charge
from optospice.stimulus import FloatArray
from optospice.testbench import Testbench
from optospice.waveform_block import WaveformBlock
from optospice.waveforms import Waveforms

__all__ = ["Job", "analyse_copies", "run_copies", "run_job", "run_testbench"]


@dataclass(frozen=True)
class Job:
    """One netlist to run.

    Parameters
    ----------
    netlist : str
        Text that has passed the guard, with one analysis card.
    wanted : tuple of str
        Vectors that must come back, besides ``time``.
    stop_time : float or None
        Time that the run must reach [s]; None where there is no time axis.
    """

    netlist: str
    wanted: tuple[str, ...]
    stop_time: float | None


def run_job(session: Session, job: Job) -> Mapping[str, FloatArray]:
    """Run one netlist and give its vectors.

    Raises
    ------
    RunFailedError
        When the data say that it did not succeed.
    """
    result = session.run(job.netlist, job.wanted)
    judge(result.vectors, job.wanted, job.stop_time, result.log)
    return result.vectors


def run_testbench(session: Session, bench: Testbench) -> Waveforms:
    """Run a testbench and give its waveforms.

    Raises
    ------
    RunFailedError
        When the data say that it did not succeed.
    """
    return run_copies(session, bench, [bench.parameters])[0]


def run_copies(
    session: Session, bench: Testbench, parameter_sets: Sequence[Mapping[str, float]]
) -> WaveformBlock:
    """Run copies of a testbench's device in one transient, one per parameter set.

    Where ngspice steps over an edge of its own sources, the run is repeated with sources
    that optospice answers for; where it does not converge, with tolerances eased in named
    steps, which the waveforms' notes name.

    Parameters
    ----------
    session : Session
        The simulator.
    bench : Testbench
        Device, stimuli and duration.
    parameter_sets : sequence of mapping
        Parameters of each copy, in the card's units.

    Raises
    ------
    RunFailedError
        When the data say that it did not succeed.
    """
    try:
        check_library(bench.device.text, str(bench.device.file))
    except InputError as error:
        raise RunFailedError(str(error)) from None

    if len(parameter_sets) == 1 and bench.parameters != parameter_sets[0]:
        bench = replace(bench, parameters=parameter_sets[0])
    begin = bench.profile.suited_to(bench.device.text)
    copies = _Copies(session, bench, parameter_sets)
    try:
        if begin.eased:  # its charges and knees are those of semiconductors
            solved = solve(copies.run, bench.profile, begin, copies.wanted, copies.demand)
            found = copies.waveforms(solved.vectors, solved.jumps)
            return found.within(solved.error_bound, solved.notes)
        outcome = eased(bench.profile, copies.resolved)
    except RunFailedError as error:
        raise RunFailedError(in_users_words(str(error), signal_names(bench.device))) from None
    found = copies.waveforms(outcome.result.vectors, outcome.result.jumps)
    return found.eased(outcome.profile, outcome.notes)


class _EdgeMissedError(RunFailedError):
    """The solver stepped over an edge of a stimulus."""


@dataclass
class _Copies:
    """Copies of a testbench's device in one netlist, and how each run of it is judged."""

    session: Session
    bench: Testbench
    parameter_sets: Sequence[Mapping[str, float]]

    @property
    def wanted(self) -> Sequence[str]:
        """Vectors that somebody will read."""
        count = len(self.parameter_sets)
        return self.bench.vectors if count == 1 else self.bench.batch_vectors(count)

    @property
    def demand(self) -> Demand:
        """What the points have to show."""
        bench = self.bench
        return Demand(
            bench.profile.bound,
            bench.breakpoints,
            bench.courses,
            without_charge=is_without_charge(bench.device.text),
        )

    def resolved(self, profile: Profile) -> Resolved:
        """Run with a profile until the points show the signals."""
        demand = replace(self.demand, bound=profile.bound)
        return resolve(lambda steps: self.run(profile, steps), self.wanted, demand)

    def run(self, profile: Profile, steps: Steps | None) -> Mapping[str, FloatArray]:
        """Run once, with a profile and with steps where any are given."""
        try:
            return self._run(self._with(profile), steps)
        except _EdgeMissedError:
            self.bench = replace(self.bench, tabulated=True)  # the next run would miss it too
            return self._run(self._with(profile), steps and steps.begin())

    def _with(self, profile: Profile) -> Testbench:
        """Give the testbench with a profile; what it knows of its stimuli is kept."""
        return self.bench if profile == self.bench.profile else replace(self.bench, profile=profile)

    def waveforms(self, vectors: Mapping[str, FloatArray], jumps: FloatArray) -> WaveformBlock:
        """Give the waveforms of every copy."""
        count = len(self.parameter_sets)
        if count == 1:
            return WaveformBlock.of([self.bench.waveforms(vectors, jumps)])
        return self.bench.batch_waveforms(vectors, count, jumps)

    def _run(self, bench: Testbench, steps: Steps | None) -> Mapping[str, FloatArray]:
        if len(self.parameter_sets) == 1:
            netlist = bench.engine_netlist()
        else:
            netlist = bench.batch_netlist(self.parameter_sets)
        tables = {name: Table(*corners) for name, corners in bench.tables.items()}
        result = self.session.run(netlist, self.wanted, tables, steps=steps)
        try:
            judge(result.vectors, self.wanted, bench.duration, result.log)
        except RunFailedError as error:
            # an edge that was stepped over can also make the solver give up
            if not bench.tabulated and "time" in result.vectors:
                raise _EdgeMissedError(str(error)) from None
            raise
        if not bench.edges_were_met(result.vectors["time"]):
            if bench.tabulated:
                reject("the solver stepped over an edge of a stimulus", result.log)
            raise _EdgeMissedError("the solver stepped over an edge of a stimulus")
        end_exactly(result.vectors, bench.duration)
        return result.vectors
