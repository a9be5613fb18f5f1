"""Runs, in a worker process: netlist, simulation, judgement, metrics."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optospice.metrics.value import MetricValue, annotated
from optospice.ngspice.bench_analyses import Result, analyse_copies
from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.session import Session
from optospice.ngspice.simulate import run_copies
from optospice.protocols.analyses.base import AnalysisExperiment
from optospice.scenario.runs import Run
from optospice.testbench import Testbench
from optospice.waveforms import Waveforms

#: Waveforms that come back from a worker at a time [bytes].
LARGEST_ANSWER = 250_000_000


@dataclass(frozen=True)
class Task:
    """Runs that share their stimuli and go through one transient analysis.

    Parameters
    ----------
    runs : sequence of Run
        What to simulate: same device, protocol, temperature and profile, other parameters.
    keep_waveforms : bool
        Whether the waveforms travel back.
    largest : int
        Largest sum of the waveforms that travel back [bytes]; those of the first runs do.
    """

    runs: Sequence[Run]
    keep_waveforms: bool
    largest: int = LARGEST_ANSWER

    def kept(self, waveforms: Waveforms, already: int) -> Waveforms | None:
        """Give waveforms that travel back, beside so many bytes; None for those that do not."""
        fits = already + bytes_of(waveforms) <= self.largest
        return waveforms if self.keep_waveforms and fits else None


def bytes_of(waveforms: Waveforms) -> int:
    """Size of the points of all signals [bytes]."""
    return waveforms.time.nbytes * (1 + len(waveforms.signals))


@dataclass(frozen=True)
class Measured:
    """What a run gave.

    Parameters
    ----------
    metrics : mapping of str to MetricValue
        What was measured.
    seconds : float
        Time spent on it [s].
    waveforms : Waveforms or None
        Waveforms, where asked for.
    failure : str
        Why there are no metrics; empty for a run that succeeded.
    analysed : Solution, Curve, Spectrum, NoiseSpectrum or None
        What an analysis without a time axis gave, where waveforms would be asked for.
    netlist : str
        The circuit that ran, where only the run itself knows it.
    outside : tuple of str
        Which limits of the device's valid range a controller left.
    """

    metrics: Mapping[str, MetricValue]
    seconds: float
    waveforms: Waveforms | None = None
    failure: str = ""
    analysed: Result | None = None
    netlist: str = ""
    outside: tuple[str, ...] = ()


def perform(session: Session, task: Task) -> list[Measured]:
    """Simulate runs and take their metrics.

    Several runs are several copies of the device in one transient. When that fails, each
    is simulated alone, so that one bad parameter set does not take its neighbours along.

    Raises
    ------
    RunFailedError
        When the only run of the task failed.
    """
    started = time.perf_counter()
    run = task.runs[0]
    if run.protocol.kind == "closed loop":
        return _closed_loops(session, task)
    bench = run.testbench()
    try:
        results = _results(session, task, bench)
    except RunFailedError:
        if len(task.runs) == 1:
            raise
        return [_alone(session, one, task) for one in task.runs]
    measured, size = [], 0
    for one, result in zip(task.runs, results, strict=True):
        spent = (time.perf_counter() - started) / len(task.runs)
        notes = bench.light_notes
        if not isinstance(result, Waveforms):  # whose own notes travel with them
            notes = (*notes, *result.notes)
        try:
            metrics = _noted(one.protocol.measure(result, one.device), notes)
        except ValueError as error:
            failure = f"the metrics cannot be taken: {error}"
            measured.append(Measured({}, spent, failure=failure))
            continue
        if isinstance(result, Waveforms):
            measured.append(Measured(metrics, spent, task.kept(result, size)))
            size += bytes_of(result)
        else:
            kept = result if task.keep_waveforms else None
            measured.append(Measured(metrics, spent, analysed=kept))
    return measured


def _results(
    session: Session, task: Task, bench: Testbench
) -> Sequence[Waveforms] | Sequence[Result]:
    """Run copies of a device together: a transient, or an analysis without a time axis."""
    how, parameter_sets = task.runs[0].protocol, [one.parameters for one in task.runs]
    if isinstance(how, AnalysisExperiment):
        return analyse_copies(session, bench, parameter_sets, how.analysis(bench.device))
    return run_copies(session, bench, parameter_sets)


def _closed_loops(session: Session, task: Task) -> list[Measured]:
    """Run closed loops, each by itself: every one has its own time steps."""
    from optospice.sweep.closed_loop import simulate_loop

    if len(task.runs) > 1:
        return [_alone(session, one, task) for one in task.runs]
    started = time.perf_counter()
    loop = simulate_loop(session, task.runs[0])
    metrics = _noted(loop.metrics, task.runs[0].testbench().light_notes)
    spent, kept = time.perf_counter() - started, task.kept(loop.waveforms, 0)
    netlist = "" if kept is None else loop.netlist
    return [Measured(metrics, spent, kept, netlist=netlist, outside=loop.outside)]


def _noted(metrics: Mapping[str, MetricValue], notes: Sequence[str]) -> dict[str, MetricValue]:
    """Say with every metric what the spectral response assumed."""
    return {name: annotated(value, notes) for name, value in metrics.items()}


def _alone(session: Session, run: Run, task: Task) -> Measured:
    started = time.perf_counter()
    share = task.largest // len(task.runs)
    try:
        return perform(session, Task([run], task.keep_waveforms, share))[0]
    except RunFailedError as error:
        return Measured({}, time.perf_counter() - started, None, str(error))
