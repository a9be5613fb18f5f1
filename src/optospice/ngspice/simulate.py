"""Run netlists in a worker: the job that the pool sends and the function that answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from optospice.ngspice.judge import judge
from optospice.ngspice.session import Session, Table
from optospice.stimulus import FloatArray


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
    tables : mapping of str to pair of ndarray
        Corners (times [s], voltages [V]) of the netlist's ``EXTERNAL`` sources, by name.
    """

    netlist: str
    wanted: tuple[str, ...]
    stop_time: float | None
    tables: Mapping[str, tuple[FloatArray, FloatArray]] = field(default_factory=dict)


def run_job(session: Session, job: Job) -> Mapping[str, FloatArray]:
    """Run one job and give its vectors.

    Raises
    ------
    RunFailedError
        When the data say that it did not succeed.
    """
    tables = {name: Table(*corners) for name, corners in job.tables.items()}
    result = session.run(job.netlist, job.wanted, tables)
    judge(result.vectors, job.wanted, job.stop_time, result.log)
    return result.vectors
