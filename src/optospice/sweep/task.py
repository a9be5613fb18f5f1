"""A block of runs, in a worker process: netlist, simulation, judgement, metrics."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from optospice.device import Device
from optospice.interpolation import FloatArray
from optospice.metrics.column import MetricColumn
from optospice.metrics.value import MetricValue, annotated
from optospice.ngspice.bench_analyses import Result, analyse_copies
from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.session import Session
from optospice.ngspice.simulate import run_copies
from optospice.protocols import Experiment
from optospice.protocols.analyses.base import AnalysisExperiment
from optospice.protocols.base import Metrics, Protocol
from optospice.protocols.idle import idle_runs
from optospice.protocols.solver_error import solver_errors
from optospice.scenario.runs import Run
from optospice.store.block import MeasuredBlock
from optospice.store.encoding import BlockResult, EncodedBlock, decoded, encoded
from optospice.sweep.blocks import parameter_matrix
from optospice.testbench import Testbench
from optospice.waveform_block import WaveformBlock
from optospice.waveforms import Waveforms

#: Waveforms that come back from a worker at a time [bytes].
LARGEST_ANSWER = 250_000_000

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Task:
    """A block for a worker.

    Parameters
    ----------
    run : Run
        Its first run; the others differ in parameters only.
    names : tuple of str
        Parameters that the runs give.
    matrix : ndarray, shape (devices, names)
        Their values for each device of the block, in the card's units.
    measurements : sequence of (Experiment, ndarray of int)
        What is measured, and in which devices.
    keep_results : bool
        Whether waveforms, or what an analysis gave, travel back.
    largest : int
        Largest sum of those [bytes]; those of the first devices do.
    given : EncodedBlock, optional
        What a simulation gave before: it is measured only.
    with_errors : bool
        Whether to tell how far each metric may be off for the solver's error.
    """

    run: Run
    names: tuple[str, ...]
    matrix: FloatArray
    measurements: Sequence[tuple[Experiment, Rows]]
    keep_results: bool
    largest: int = LARGEST_ANSWER
    given: EncodedBlock | None = None
    with_errors: bool = False

    @classmethod
    def of(cls, runs: Sequence[Run], keep_results: bool) -> Task:
        """Make a task of runs that differ in parameters only, each measured by its protocol."""
        places = np.arange(len(runs))
        names, matrix = parameter_matrix(runs, places)
        return cls(runs[0], names, matrix, [(runs[0].protocol, places)], keep_results)

    def parameter_sets(self) -> list[dict[str, float]]:
        """Give the parameters of each device."""
        return [dict(zip(self.names, row, strict=True)) for row in self.matrix.tolist()]

    def alone(self, row: int) -> Task:
        """Give a task for one device of the block."""
        own = [
            (experiment, np.zeros(int((rows == row).sum()), np.int64))
            for experiment, rows in self.measurements
        ]
        run = replace(self.run, parameters=self.parameter_sets()[row])
        given = None if self.given is None else encoded([decoded(self.given)[row]])
        return replace(
            self, run=run, matrix=self.matrix[row : row + 1], measurements=own, given=given
        )


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a block gave.

    Parameters
    ----------
    measured : list of MeasuredBlock
        One for each measurement of the task.
    results : EncodedBlock or None
        What each device gave, None for one that failed; where it is kept. As it is stored, so
        that what the devices share travels once.
    is_whole : bool
        Whether nothing is missing in `results`.
    """

    measured: list[MeasuredBlock]
    results: EncodedBlock | None = None
    is_whole: bool = False

    def runs(self) -> list[MeasuredRun]:
        """Give what the first measurement has of each run, for a block that was measured once."""
        (block, *_) = self.measured
        results = None if self.results is None else decoded(self.results)
        places = iter(range(int(block.succeeded.sum())))
        found = []
        for row, well in enumerate(block.succeeded.tolist()):
            place = next(places) if well else 0
            found.append(
                MeasuredRun(
                    {name: column[place] for name, column in block.columns.items()} if well else {},
                    block.messages.get(row, ""),
                    None if results is None else results[row],
                )
            )
        return found


@dataclass(frozen=True, eq=False)
class MeasuredRun:
    """What one run gave.

    Parameters
    ----------
    metrics : mapping of str to MetricValue
        What was measured.
    failure : str
        Why there are no metrics; empty for a run that succeeded.
    result : Waveforms, a result of an analysis, or None
        What was simulated, where it is kept.
    """

    metrics: Mapping[str, MetricValue]
    failure: str = ""
    result: Waveforms | Result | None = None


@dataclass(frozen=True, eq=False)
class _Simulated:
    """What the devices of a block gave, and why some gave nothing."""

    results: BlockResult
    failures: Mapping[int, str]


def bytes_of(result: Waveforms | Result) -> int:
    """Size of the points of all signals [bytes]."""
    if isinstance(result, Waveforms):
        return result.time.nbytes * (1 + len(result.signals))
    return sum(int(np.asarray(values).nbytes) for values in result.signals.values())


def perform(session: Session, task: Task) -> Outcome:
    """Simulate a block and take its metrics.

    Several devices are copies in one transient. When that fails, each is simulated alone, so
    that one bad parameter set does not take its neighbours along.

    Raises
    ------
    RunFailedError
        When the only device of the block failed.
    """
    if task.run.is_closed_loop:
        return _closed_loop(session, task)
    started = time.perf_counter()
    bench = replace(task.run.testbench(), parameters={})
    simulated = _simulated(session, task, bench)
    measured = [_measured(one, rows, simulated, bench, task) for one, rows in task.measurements]
    spent = (time.perf_counter() - started) / len(task.matrix)
    measured = [replace(one, seconds=np.full(len(one), spent)) for one in measured]
    return answer(task, measured, simulated.results, simulated.failures)


def answer(
    task: Task,
    measured: list[MeasuredBlock],
    results: BlockResult,
    failures: Mapping[int, str],
) -> Outcome:
    """Give what travels back: all metrics, and waveforms as far as they were asked for.

    Parameters
    ----------
    task : Task
        What was asked for.
    measured : list of MeasuredBlock
        What was measured.
    results : sequence
        What was simulated; None for a device that failed.
    failures : mapping of int to str
        Devices that failed.
    """
    if not task.keep_results or task.given is not None:
        return Outcome(measured)
    sizes = np.cumsum([0 if one is None else bytes_of(one) for one in results])
    if sizes[-1] <= task.largest:
        return Outcome(measured, encoded(results), not failures)
    fitting = [
        one if size <= task.largest else None for one, size in zip(results, sizes, strict=True)
    ]
    return Outcome(measured, encoded(fitting))


def _simulated(session: Session, task: Task, bench: Testbench) -> _Simulated:
    if task.given is not None:
        return _Simulated(decoded(task.given), {})
    sets = task.parameter_sets()
    results: list[Waveforms | Result | None] = []
    failures: dict[int, str] = {}
    try:
        return _Simulated(_together(session, bench, task.run, sets), failures)
    except RunFailedError:
        if len(sets) == 1:
            raise
    for row, parameters in enumerate(sets):
        try:
            results += _together(session, bench, task.run, [parameters])
        except RunFailedError as error:
            failures[row] = str(error)
            results.append(None)
    return _Simulated(results, failures)


def _together(
    session: Session,
    bench: Testbench,
    run: Run,
    parameter_sets: Sequence[Mapping[str, float]],
) -> Sequence[Waveforms] | Sequence[Result]:
    """Run copies of a device together: a transient, or an analysis without a time axis."""
    how = run.protocol
    if isinstance(how, AnalysisExperiment):
        return analyse_copies(session, bench, parameter_sets, how.analysis(bench.device))
    return run_copies(session, bench, parameter_sets)


def _measured(
    experiment: Experiment,
    rows: Rows,
    simulated: _Simulated,
    bench: Testbench,
    task: Task,
) -> MeasuredBlock:
    """Take the metrics of some devices of a block."""
    device, notes = bench.device, bench.light_notes
    failed = np.isin(rows, list(simulated.failures))
    messages = {int(n): simulated.failures[int(rows[n])] for n in np.flatnonzero(failed)}
    own = np.flatnonzero(~failed)
    results = chosen(simulated.results, rows[own])
    columns: Mapping[str, MetricColumn] = {}
    if own.size:
        try:
            columns = _noted(experiment.measure_block(results, device), results, notes)
        except ValueError:
            columns, own = _one_by_one(experiment, results, device, notes, own, messages)
            results = chosen(simulated.results, rows[own])
    succeeded = np.zeros(rows.size, np.bool_)
    succeeded[own] = True
    found = MeasuredBlock(succeeded, columns, np.zeros(rows.size), messages)
    if not own.size or not isinstance(experiment, Protocol) or not _is_timed(results):
        return found
    waveforms = cast(Sequence[Waveforms], results)
    idle = idle_runs(experiment, waveforms, device, _is_programmed(task.run))
    errors = {}
    if task.with_errors:
        errors = solver_errors(experiment, waveforms, device, columns, bench.levels)
    return replace(found, idle={int(own[n]): why for n, why in idle.items()}, errors=errors)


def _is_programmed(run: Run) -> bool:
    """Whether a state starts elsewhere than at its operating point."""
    states = run.device.card.states.values()
    return bool(run.surroundings.initial) or any(one.initial is not None for one in states)


def chosen(results: BlockResult, rows: Rows) -> BlockResult:
    """Give the results of some devices of a block, in the order that is asked for."""
    if np.array_equal(rows, np.arange(len(results))):
        return results
    if not isinstance(results, WaveformBlock):
        return [results[int(row)] for row in rows]
    return replace(
        results,
        signals={name: values[rows] for name, values in results.signals.items()},
        error_bounds=results.error_bounds[rows],
        notes=tuple(results.notes[int(row)] for row in rows) if results.notes else (),
    )


def _one_by_one(
    experiment: Experiment,
    results: BlockResult,
    device: Device,
    notes: Sequence[str],
    places: Rows,
    messages: dict[int, str],
) -> tuple[Mapping[str, MetricColumn], Rows]:
    """Measure runs one after the other, where those of one of them cannot be taken."""
    taken: list[Metrics] = []
    well: list[int] = []
    for place, result in zip(places.tolist(), results, strict=True):
        try:
            metrics = experiment.measure(result, device)
        except ValueError as error:
            messages[place] = f"the metrics cannot be taken: {error}"
            continue
        taken.append(with_notes(metrics, (*notes, *_own_notes(result))))
        well.append(place)
    return columns_of(taken), np.array(well, np.int64)


def columns_of(taken: Sequence[Mapping[str, MetricValue]]) -> dict[str, MetricColumn]:
    """Join the metrics of runs; one that some of them lack is left out."""
    names = [name for name in (taken[0] if taken else ()) if all(name in one for one in taken)]
    return {name: MetricColumn.of([one[name] for one in taken]) for name in names}


def _noted(
    columns: Mapping[str, MetricColumn], results: BlockResult, notes: Sequence[str]
) -> Mapping[str, MetricColumn]:
    """Say with every metric what the spectral response, and an analysis, assumed."""
    own = [_own_notes(result) for result in results] if not _is_timed(results) else []
    if any(own):
        return {
            name: MetricColumn.of(
                [annotated(v, (*notes, *more)) for v, more in zip(column, own, strict=True)]
            )
            for name, column in columns.items()
        }
    if not notes:
        return columns
    more = "; ".join(notes)
    return {
        name: replace(
            column,
            words=tuple(
                replace(one, note="; ".join(filter(None, (one.note, more)))) for one in column.words
            ),
        )
        for name, column in columns.items()
    }


def _is_timed(results: BlockResult) -> bool:
    return isinstance(results, WaveformBlock) or isinstance(results[0], Waveforms)


def _own_notes(result: Waveforms | Result | None) -> tuple[str, ...]:
    """Notes of an analysis; those of waveforms travel with them."""
    return () if result is None or isinstance(result, Waveforms) else result.notes


def with_notes(metrics: Mapping[str, MetricValue], notes: Sequence[str]) -> Metrics:
    """Add notes to every metric."""
    return {name: annotated(value, notes) for name, value in metrics.items()}


def _closed_loop(session: Session, task: Task) -> Outcome:
    """Run a closed loop, by itself: every one has its own time steps."""
    from optospice.sweep.closed_loop import simulate_loop

    started = time.perf_counter()
    loop = simulate_loop(session, task.run)
    metrics = with_notes(loop.metrics, task.run.testbench().light_notes)
    spent = time.perf_counter() - started
    measured = MeasuredBlock(
        np.ones(1, np.bool_),
        columns_of([metrics]),
        np.array([spent]),
        outside={0: loop.outside} if loop.outside else {},
        netlists={0: loop.netlist},
    )
    return answer(task, [measured], [loop.waveforms], {})
