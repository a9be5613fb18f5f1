"""What a worker runs: a netlist as it stands, or a testbench with copies of its device."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from optospice.accuracy import Profile
from optospice.errors import InputError
from optospice.ngspice.easing import eased
from optospice.ngspice.guard import check_library
from optospice.ngspice.judge import (
    RunFailedError,
    end_exactly,
    in_users_words,
    judge,
    reject,
    signal_names,
)
from optospice.ngspice.refinement import Demand, is_without_charge, resolve
from optospice.ngspice.session import Session, Table
from optospice.ngspice.steps import Steps
from optospice.stimulus import FloatArray
from optospice.testbench import Testbench
from optospice.waveforms import Waveforms


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
) -> list[Waveforms]:
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

    def run(profile: Profile) -> list[Waveforms]:
        exact = replace(bench, profile=profile)
        try:
            return _run_copies(session, exact, parameter_sets)
        except _EdgeMissedError:
            return _run_copies(session, replace(exact, tabulated=True), parameter_sets)

    begin = bench.profile.suited_to(bench.device.text)
    try:
        outcome = eased(bench.profile, run, begin)
    except RunFailedError as error:
        raise RunFailedError(in_users_words(str(error), signal_names(bench.device))) from None
    notes = outcome.notes if outcome.profile != begin else ()
    found = [waves.eased(outcome.profile, notes) for waves in outcome.result]
    if begin.eased and any(waves.error_bound > bench.profile.bound for waves in found):
        # currents too small for the easing, and so for the rounding that asked for it
        with contextlib.suppress(RunFailedError):
            return run(bench.profile)
    return found


class _EdgeMissedError(RunFailedError):
    """The solver stepped over an edge of a stimulus."""


def _run_copies(
    session: Session, bench: Testbench, parameter_sets: Sequence[Mapping[str, float]]
) -> list[Waveforms]:
    count = len(parameter_sets)
    if count == 1:
        bench = replace(bench, parameters=parameter_sets[0])
        wanted: Sequence[str] = bench.vectors
        netlist = bench.engine_netlist()
    else:
        wanted = bench.batch_vectors(count)
        netlist = bench.batch_netlist(parameter_sets)
    demand = Demand(
        bench.profile.bound,
        bench.breakpoints,
        bench.courses,
        without_charge=is_without_charge(bench.device.text),
    )

    def once(steps: Steps | None) -> Mapping[str, FloatArray]:
        tables = {name: Table(*corners) for name, corners in bench.tables.items()}
        result = session.run(netlist, wanted, tables, steps=steps)
        try:
            judge(result.vectors, wanted, bench.duration, result.log)
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

    found = resolve(once, wanted, demand)
    if count == 1:
        return [bench.waveforms(found.vectors, found.jumps)]
    return bench.batch_waveforms(found.vectors, count, found.jumps)
