"""Residuals at many parameter sets at once: one call of the pool, copies in one transient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optospice import units
from optospice.calibration.nuisance import without
from optospice.calibration.problem import Experiment, Problem, label_of, moved
from optospice.ngspice.pool import Pool
from optospice.ngspice.worker import Failed
from optospice.scenario.claim import allowed_error
from optospice.scenario.verdict import Observation, Verdict, judge_targets
from optospice.stimulus import FloatArray
from optospice.sweep.blocks import LARGEST_BLOCK
from optospice.sweep.task import MeasuredRun, Task
from optospice.waveforms import Waveforms

#: Residual of a target whose metric is missing [tolerances].
MISSING = 30.0
#: Scale of the excess over a bound, which has no tolerance of its own: 1 % of it [1].
BOUND_SCALE = 0.01
#: Tolerance that stands for none, in the unit of the claim.
_EXACT = 1e-12
_FUNCTION = "optospice.sweep.task:perform"


@dataclass(frozen=True)
class Row:
    """One residual, or the residuals of one record.

    Parameters
    ----------
    label : str
        Target, or file.
    scenario : str
        Where it belongs.
    kind : {"number", "bound", "waveform"}
        What it is.
    count : int
        Number of residuals [1].
    """

    label: str
    scenario: str
    kind: str
    count: int


@dataclass(frozen=True)
class Evaluation:
    """What one parameter set gave.

    Parameters
    ----------
    residuals : ndarray or None
        In tolerances, or scales; None for a failed simulation.
    verdicts : sequence of (str, Verdict)
        Scenario and verdict of all its targets, shapes as well.
    failure : str
        Why it failed.
    nuisances : sequence of float
        Offsets and drifts of the records that go with it, as `Problem.nuisances` names them
        [A, A/s].
    """

    residuals: FloatArray | None
    verdicts: Sequence[tuple[str, Verdict]] = ()
    failure: str = ""
    nuisances: Sequence[float] = ()


def rows(problem: Problem) -> list[Row]:
    """Name the residuals, in their order."""
    found = []
    for one in problem.experiments:
        for target in one.targets:
            kind = "number" if target.published is not None else "bound"
            found.append(Row(target.id, one.loaded.name, kind, 1))
        for run, record in one.measurements.items():
            label = label_of(record, run)
            found.append(Row(label, one.loaded.name, "waveform", record.time.size))
    return found


def evaluate(
    problem: Problem, pool: Pool, parameter_sets: Sequence[Sequence[float]]
) -> list[Evaluation]:
    """Simulate every experiment at every parameter set, through one call of the pool.

    The sets of one experiment are copies of the device in one transient: they share the
    solver's steps, so that their differences are more exact than each of them.

    Parameters
    ----------
    problem : Problem
        What is fitted.
    pool : Pool
        Worker processes.
    parameter_sets : sequence of sequence of float
        Values of the free parameters, in the card's units.
    """
    places, tasks = [], []
    for e, experiment in enumerate(problem.experiments):
        for r, run in enumerate(experiment.runs):
            for first in range(0, len(parameter_sets), LARGEST_BLOCK):
                sets = range(first, min(first + LARGEST_BLOCK, len(parameter_sets)))
                copies = [moved(run, problem.names, parameter_sets[k]) for k in sets]
                tasks.append(Task.of(copies, run.id in experiment.measurements))
                places.append([(k, e, r) for k in sets])
    pool.timeout = max(one.loaded.scenario.timeout for one in problem.experiments) * min(
        4, len(parameter_sets)
    )
    done: dict[tuple[int, int, int], MeasuredRun] = {}
    again: list[int] = []
    for index, outcome in pool.map(_FUNCTION, tasks):
        if isinstance(outcome, Failed):
            again.append(index)
        else:
            done.update(zip(places[index], outcome.result.runs(), strict=True))
    single = [
        (place, tasks[index].alone(row))
        for index in again
        for row, place in enumerate(places[index])
    ]
    for index, outcome in pool.map(_FUNCTION, [task for _, task in single]):
        if isinstance(outcome, Failed):
            done[single[index][0]] = MeasuredRun({}, outcome.message)
        else:
            (done[single[index][0]],) = outcome.result.runs()
    return [_evaluation(problem, k, done) for k in range(len(parameter_sets))]


def _evaluation(
    problem: Problem, k: int, done: dict[tuple[int, int, int], MeasuredRun]
) -> Evaluation:
    residuals: list[FloatArray] = []
    verdicts: list[tuple[str, Verdict]] = []
    nuisances: list[float] = []
    for e, experiment in enumerate(problem.experiments):
        measured = [done[k, e, r] for r in range(len(experiment.runs))]
        failed = [one for one in measured if one.failure]
        if failed:
            return Evaluation(None, (), failed[0].failure)
        if experiment.measurements:
            for left, values in _from_waveforms(experiment, measured, problem.kinds):
                residuals.append(left)
                nuisances += values
            continue
        observations = [
            Observation(run.device.name, run.point, one.metrics, run.device.card.parameters)
            for run, one in zip(experiment.runs, measured, strict=True)
        ]
        found = judge_targets(experiment.loaded.scenario, observations)
        verdicts += [(experiment.loaded.name, verdict) for verdict in found]
        by_id = {verdict.target.id: verdict for verdict in found}
        residuals.append(np.array([residual(by_id[target.id]) for target in experiment.targets]))
    return Evaluation(np.concatenate([np.empty(0), *residuals]), verdicts, "", nuisances)


def _from_waveforms(
    experiment: Experiment, measured: Sequence[MeasuredRun], kinds: Sequence[str]
) -> list[tuple[FloatArray, list[float]]]:
    by_run = {run.id: one for run, one in zip(experiment.runs, measured, strict=True)}
    found = []
    for run, record in experiment.measurements.items():
        waveforms = by_run[run].result
        assert isinstance(waveforms, Waveforms)
        simulated = waveforms.at(waveforms.current_name, record.time)
        simulated -= record.current
        simulated /= record.scale
        found.append(without(simulated, record, kinds))
    return found


def residual(verdict: Verdict) -> float:
    """Give the distance of a target in tolerances; of a bound only the excess counts."""
    if verdict.simulated is None:
        return MISSING
    target = verdict.target
    claimed, _ = units.split_unit(str(target.claimed))
    distance = verdict.simulated - claimed
    if target.published is not None:
        return distance / (allowed_error(target, claimed, verdict.unit) or _EXACT)
    scale = BOUND_SCALE * abs(claimed) or 1.0
    return min(distance, 0.0) / scale if target.at_least is not None else max(distance, 0.0) / scale
