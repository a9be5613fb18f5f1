"""Null score and fragility of a device: its claims on other values of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optospice import units
from optospice.device import Device
from optospice.evidence.claims import Experiment, Say
from optospice.evidence.record import (
    ClaimRow,
    Fragility,
    Loss,
    NullRow,
    NullScore,
    ParameterRow,
)
from optospice.evidence.variants import STEPS, random_sets, shifts
from optospice.evidence.verdicts import Judged, judge_alone, judge_sets
from optospice.scenario.claim import BOUND_SIGNS, shape_text
from optospice.scenario.evidence import category_of, used_in_fit
from optospice.scenario.schema import Target
from optospice.scenario.verdict import Verdict
from optospice.sweep.executor import Executor


def claims_of(
    device: Device, experiments: Sequence[Experiment], executor: Executor, say: Say
) -> tuple[list[ClaimRow], str]:
    """Judge the claims of a device on its own values.

    Returns
    -------
    rows : list of ClaimRow
        The claims.
    ngspice : str
        Version of the simulator.
    """
    rows, version = [], ""
    for number, experiment in enumerate(experiments, start=1):
        judged = judge_alone(experiment, device.name, {}, executor)
        version, name = judged.ngspice, experiment.loaded.name
        rows += [_row(name, verdict, device) for verdict in judged.verdicts[0].values()]
        say(f"own values: {number} of {len(experiments)}: {name}, {judged.runs} runs")
    return rows, version


def null_score(
    device: Device,
    experiments: Sequence[Experiment],
    executor: Executor,
    draws: int = 100,
    factor: float = 2.0,
    seed: int = 1,
    say: Say = lambda text: None,
) -> NullScore:
    """Count the random parameter sets that meet each claim; see `random_sets`.

    Parameters
    ----------
    device : Device
        The device.
    experiments : sequence of Experiment
        From `experiments_of`.
    executor : Executor
        What simulates.
    draws : int
        Number of random sets [1].
    factor : float
        Largest factor to both sides [1].
    seed : int
        Seed of the draws [1].
    say : callable
        Takes a line of progress.
    """
    sets = random_sets(device, factor, draws, seed)
    rows, runs, failed = [], 0, 0
    for experiment, judged in _judged(experiments, device, sets, executor, say, "random sets"):
        runs, failed = runs + judged.runs, failed + judged.failed
        rows += [
            NullRow(
                scenario=experiment.loaded.name,
                id=target.id,
                met=sum(_met(own, target.id) for own in judged.verdicts),
            )
            for target in experiment.targets
        ]
    return NullScore(
        draws=draws, factor=factor, seed=seed, parameters=list(sets[0]), runs=runs, failed=failed,
        rows=rows,
    )  # fmt: skip


def fragility(
    device: Device,
    experiments: Sequence[Experiment],
    executor: Executor,
    claims: Sequence[ClaimRow],
    say: Say = lambda text: None,
    steps: Sequence[float] = STEPS,
    only_fitted: bool = False,
) -> Fragility:
    """Find the claims that are lost with a change of one parameter at a time.

    A loss is confirmed by runs of this change alone, judged like those of `optospice run`.

    Parameters
    ----------
    device : Device
        The device.
    experiments : sequence of Experiment
        From `experiments_of`.
    executor : Executor
        What simulates.
    claims : sequence of ClaimRow
        From `claims_of`: only what the device meets can be lost.
    say : callable
        Takes a line of progress.
    steps : sequence of float
        Relative changes [1].
    only_fitted : bool
        Whether published and assumed parameters stay.
    """
    moved = shifts(device, steps, only_fitted)
    met = {claim.place for claim in claims if claim.met}
    lost: dict[str, list[Loss]] = {shift.name: [] for shift in moved}
    runs = failed = 0
    sets = [{shift.name: shift.value} for shift in moved]
    for experiment, judged in _judged(experiments, device, sets, executor, say, "changed values"):
        runs, failed = runs + judged.runs, failed + judged.failed
        name = experiment.loaded.name
        known = {target.id for target in experiment.targets if (name, target.id) in met}
        for shift, own in zip(moved, judged.verdicts, strict=True):
            gone = {one for one in known if not _met(own, one)}
            if gone:  # the solver's error may decide it: once more with the care of a run
                sure = judge_alone(experiment, device.name, {shift.name: shift.value}, executor)
                runs, failed = runs + sure.runs, failed + sure.failed
                gone = {one for one in gone if not _met(sure.verdicts[0], one)}
            lost[shift.name] += [
                Loss(step=shift.step, scenario=name, id=target.id)
                for target in experiment.targets
                if target.id in gone
            ]
    card = device.card.parameters
    rows = [
        ParameterRow(
            name=name,
            value=units.format_human(device.defaults[name], card[name].unit),
            origin=card[name].origin,
            tried=[shift.step for shift in moved if shift.name == name],
            lost=lost[name],
        )
        for name in sorted(lost, key=lambda name: card[name].origin != "fitted")
    ]
    return Fragility(steps=list(steps), runs=runs, failed=failed, rows=rows)


def _judged(
    experiments: Sequence[Experiment],
    device: Device,
    sets: Sequence[Mapping[str, float]],
    executor: Executor,
    say: Say,
    what: str,
) -> list[tuple[Experiment, Judged]]:
    found = []
    for number, experiment in enumerate(experiments, start=1):
        judged = judge_sets(experiment, device.name, sets, executor, say) if sets else None
        if judged is None:
            continue
        say(
            f"{what}: {number} of {len(experiments)}: {experiment.loaded.name}, {judged.runs} runs"
            + (f", {judged.failed} failed" if judged.failed else "")
        )
        found.append((experiment, judged))
    return found


def _met(verdicts: Mapping[str, Verdict], name: str) -> bool:
    """Whether a claim is met; one that no run is about is not."""
    return name in verdicts and verdicts[name].met


def _row(scenario: str, verdict: Verdict, device: Device) -> ClaimRow:
    target = verdict.target
    unit = "" if verdict.unit == "1" or verdict.shown == "none" else f" {verdict.unit}"
    distance = None
    if verdict.error_percent is not None and verdict.tolerance_percent:
        distance = verdict.error_percent / verdict.tolerance_percent
    return ClaimRow(
        scenario=scenario,
        id=target.id,
        kind=target.kind,
        category=category_of(target, device.card.parameters).value,
        claim=claim_words(target),
        simulated=f"{verdict.shown}{unit}",
        met=verdict.met,
        number=target.published is not None,
        used=used_in_fit(target.id, device.card.parameters),
        distance=distance,
    )


def claim_words(target: Target) -> str:
    """Write what a target claims, as its file has it."""
    if target.claim == "shape":
        return shape_text(target)
    if target.claim == "published":
        return f"{target.claimed} ± {target.tolerance}"
    return f"{BOUND_SIGNS[target.claim]}{target.claimed}"
