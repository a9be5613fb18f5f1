"""The three scores of a device: what its claims are worth, computed from its card alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import optospice
from optospice.calibration.fit import calibrate
from optospice.calibration.leave_one_out import Prediction, leave_one_out
from optospice.calibration.problem import Problem, build
from optospice.device import Device, find_device
from optospice.errors import InputError, SimulationError
from optospice.evidence.claims import Experiment, Say, experiments_of, is_printed, key_of
from optospice.evidence.record import (
    SCORES,
    LeaveOneOutScore,
    PredictionRow,
    Record,
)
from optospice.evidence.scores import claim_words, claims_of, fragility, null_score
from optospice.ngspice.pool import Pool
from optospice.scenario.evidence import fitted_parameters


def prepared(name: str, say: Say = lambda text: None) -> tuple[Device, list[Experiment]]:
    """Find a device and the claims that count for it.

    Raises
    ------
    InputError
        When there is no such device, or no claim about it.
    """
    device = find_device(name, "evidence")
    experiments = experiments_of(device, say)
    if not experiments:
        raise InputError(
            f"evidence {name!r}: no scenario holds a claim of a publication about this device; "
            "accepted: a device that is the device, claims_of or one of the expectations of a "
            "scenario with targets of kind printed, digitised, derived or reading"
        )
    return device, experiments


def computed(
    device: Device,
    experiments: list[Experiment],
    pool: Pool,
    only: Collection[str] = SCORES,
    draws: int = 100,
    factor: float = 2.0,
    seed: int = 1,
    say: Say = lambda text: None,
    only_fitted: bool = False,
) -> Record:
    """Compute the record of a device.

    Parameters
    ----------
    device, experiments : Device and list of Experiment
        From `prepared`.
    pool : Pool
        Worker processes.
    only : collection of str
        Which of `SCORES`.
    draws, factor, seed : int, float, int
        Of the null score; see `null_score`.
    say : callable
        Takes a line of progress.
    only_fitted : bool
        Whether the fragility leaves published and assumed parameters as they are.
    """
    claims, ngspice = claims_of(device, experiments, pool, say)
    return Record(
        device=device.name,
        key=key_of(device, experiments),
        optospice=optospice.__version__,
        ngspice=ngspice,
        fitted=list(fitted_parameters(device.card.parameters)),
        claims=claims,
        null=null_score(device, experiments, pool, draws, factor, seed, say)
        if "null" in only
        else None,
        fragility=fragility(device, experiments, pool, claims, say, only_fitted=only_fitted)
        if "fragility" in only
        else None,
        leave_one_out=_left_out(device, experiments, pool, say)
        if "leave_one_out" in only
        else None,
    )


def problem_of(device: Device, experiments: list[Experiment]) -> Problem:
    """Give the fit that a card tells of: its fitted parameters and what they were fitted to.

    Where a fitted value does not say to what, that is all printed numbers about the device.

    Raises
    ------
    InputError
        When there is nothing to fit, or no scenario holds what it was fitted to.
    """
    card = device.card.parameters
    free = fitted_parameters(card)
    if not free:
        raise InputError("the device has no fitted parameter")
    known = all(card[name].fitted_to for name in free)
    named = {claim for one in card.values() for claim in one.fitted_to}
    chosen = {}
    for one in experiments:
        own = [t for t in one.targets if (t.id in named if known else is_printed(t, device))]
        if any(target.shape is None for target in own):
            chosen[one.loaded.name] = {target.id for target in own}
    if not chosen:
        raise InputError("no scenario of the device holds a number that it was fitted to")
    problem = build(list(chosen), free, device=device.name)
    return replace(
        problem,
        experiments=[
            replace(one, targets=[t for t in one.targets if t.id in chosen[one.loaded.name]])
            for one in problem.experiments
        ],
    )


def _left_out(
    device: Device, experiments: list[Experiment], pool: Pool, say: Say
) -> LeaveOneOutScore:
    free = list(fitted_parameters(device.card.parameters))
    try:
        problem = problem_of(device, experiments)
        # the card's values are where a fit ended: no other start is tried
        fit = calibrate(problem, pool, say=say, more=0)
        predictions = leave_one_out(
            fit, pool, lambda less, workers: calibrate(less, workers, say=say, more=0), say
        )
    except (InputError, SimulationError) as error:
        return LeaveOneOutScore(free=free, problem=f"{error}.")
    return LeaveOneOutScore(
        free=free,
        numbers=sum(len(one.targets) for one in problem.experiments),
        chi2=fit.minima[0].chi2,
        converged=fit.converged,
        rows=[_row(one) for one in predictions],
    )


def _row(one: Prediction) -> PredictionRow:
    shown = ""
    if one.verdict is not None:
        unit = "" if one.verdict.unit == "1" else f" {one.verdict.unit}"
        shown = f"{one.verdict.shown}{unit}"
    return PredictionRow(
        scenario=one.scenario,
        id=one.target.id,
        published=claim_words(one.target),
        predicted=shown,
        error=one.error,
        word=one.word,
        note=one.note,
    )
