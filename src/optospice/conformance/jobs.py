"""What a simulator process runs for a check besides testbenches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from optospice.ngspice.judge import judge
from optospice.ngspice.session import Session, Table
from optospice.stimulus import FloatArray


@dataclass(frozen=True)
class NetlistJob:
    """One netlist of our own around a device.

    Parameters
    ----------
    netlist : str
        Text with one analysis card; the device's part has passed the guard.
    wanted : tuple of str
        Vectors that must come back.
    stop_time : float or None
        Time that a transient must reach [s].
    tables : mapping of str to (ndarray, ndarray)
        Corners of sources that the engine answers for.
    """

    netlist: str
    wanted: tuple[str, ...]
    stop_time: float | None = None
    tables: Mapping[str, tuple[FloatArray, FloatArray]] = field(default_factory=dict)


@dataclass(frozen=True)
class NetlistResult:
    """Its vectors (complex for AC), ``time`` included, and what ngspice said."""

    vectors: Mapping[str, FloatArray]
    log: list[str]


def run_netlist(session: Session, analysis: NetlistJob) -> NetlistResult:
    """Run one analysis.

    Raises
    ------
    RunFailedError
        When the data say that it did not succeed.
    """
    tables = {name: Table(*corners) for name, corners in analysis.tables.items()}
    result = session.run(analysis.netlist, analysis.wanted, tables)
    judge(result.vectors, analysis.wanted, analysis.stop_time, result.log)
    return NetlistResult(result.vectors, result.log)
