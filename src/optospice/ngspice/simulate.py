"""What a worker runs: a netlist as it stands, or a testbench with copies of its device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from optospice.errors import InputError
from optospice.ngspice.guard import check_library
from optospice.ngspice.judge import RunFailedError, in_users_words, judge, reject, signal_names
from optospice.ngspice.session import Session, Table
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
    that optospice answers for.

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
    try:
        try:
            return _run_copies(session, bench, parameter_sets)
        except _EdgeMissedError:
            return _run_copies(session, replace(bench, tabulated=True), parameter_sets)
    except RunFailedError as error:
        raise RunFailedError(in_users_words(str(error), signal_names(bench.device))) from None


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
    tables = {name: Table(*corners) for name, corners in bench.tables.items()}
    result = session.run(netlist, wanted, tables)
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
    if count == 1:
        return [bench.waveforms(result.vectors)]
    return bench.batch_waveforms(result.vectors, count)
