"""Verdicts on many parameter sets of a device: one batch of runs for each scenario."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import overload

from optospice.evidence.claims import Experiment, Say
from optospice.scenario.load import LoadedScenario
from optospice.scenario.runs import Run
from optospice.scenario.schema import LONGEST_TIMEOUT
from optospice.scenario.verdict import Verdict, judge_targets
from optospice.sweep.executor import Executor
from optospice.sweep.local import run_scenario
from optospice.sweep.records import Records

#: Seconds between two lines of progress.
_SAY_EVERY = 10.0
#: Copies in one transient: unlike ones would share the steps of the hardest of them, which costs
#: more than it saves; alone each has the digits that `optospice run` gives it [1].
_TOGETHER = 1
#: Times a scenario's time-out that a run may take [1].
_PATIENCE = 4


@dataclass(frozen=True)
class Judged:
    """What some parameter sets gave in one scenario.

    Parameters
    ----------
    verdicts : sequence of mapping of str to Verdict
        For each set the verdicts by the ids of the claims.
    runs, failed : int
        Runs, and those of them that failed [1].
    ngspice : str
        Version of the simulator.
    """

    verdicts: Sequence[Mapping[str, Verdict]]
    runs: int
    failed: int
    ngspice: str


class Variants(Sequence[Run]):
    """The runs of a scenario with other values of the device's parameters.

    What the scenario itself sets stays as it is set there.

    Parameters
    ----------
    runs : sequence of Run
        Runs of the scenario.
    sets : sequence of mapping of str to float
        Values that take the place of the device's own, in the card's units.
    """

    def __init__(self, runs: Sequence[Run], sets: Sequence[Mapping[str, float]]) -> None:
        self._runs, self._sets = runs, sets

    def __len__(self) -> int:
        """Count the runs: all sets of the first run, then all of the second, and so on."""
        return len(self._runs) * len(self._sets)

    @overload
    def __getitem__(self, index: int) -> Run: ...
    @overload
    def __getitem__(self, index: slice) -> list[Run]: ...

    def __getitem__(self, index: int | slice) -> Run | list[Run]:
        """Make a run, or a list of some."""
        places = range(len(self))[index]
        if isinstance(places, range):
            return [self[place] for place in places]
        number, own = divmod(places, len(self._sets))
        run = self._runs[number]
        return replace(run, parameters={**self._sets[own], **run.parameters})


def judge_sets(
    experiment: Experiment,
    device: str,
    sets: Sequence[Mapping[str, float]],
    executor: Executor,
    say: Say = lambda text: None,
) -> Judged:
    """Run a scenario with many parameter sets of a device and judge its claims on each.

    A run that fails leaves the claims about it unmet.

    Parameters
    ----------
    experiment : Experiment
        The scenario.
    device : str
        Name of the device.
    sets : sequence of mapping of str to float
        Values that take the place of the device's own, in the card's units.
    executor : Executor
        What simulates.
    say : callable
        Takes a line of progress.

    Raises
    ------
    KeyboardInterrupt
        When the user stopped the runs.
    """
    scenario = experiment.loaded.scenario
    base = experiment.runs(device)
    runs = Variants(base, sets)
    counter = _Counter(experiment.loaded.name, len(runs), say)
    result = run_scenario(
        _without_claims(experiment.loaded), runs, executor, False, counter.advance,
        largest_block=_TOGETHER,
    )  # fmt: skip
    if result.interrupted:
        raise KeyboardInterrupt
    records = result.records
    assert isinstance(records, Records)
    asked = {target.id for target in experiment.targets}
    verdicts = []
    for number in range(len(sets)):
        places = range(number, len(runs), len(sets))
        observations = [records.observation(place) for place in places]
        judged = judge_targets(scenario, observations)
        verdicts.append({v.target.id: v for v in judged if v.target.id in asked})
    return Judged(verdicts, len(runs), result.count("failed"), result.ngspice)


def judge_alone(
    experiment: Experiment, device: str, values: Mapping[str, float], executor: Executor
) -> Judged:
    """Judge a scenario's claims on one parameter set, with all the care of `optospice run`.

    Parameters
    ----------
    experiment : Experiment
        The scenario.
    device : str
        Name of the device.
    values : mapping of str to float
        Values that take the place of the device's own, in the card's units.
    executor : Executor
        What simulates.

    Raises
    ------
    KeyboardInterrupt
        When the user stopped the runs.
    """
    runs = Variants(experiment.runs(device), [values])
    result = run_scenario(experiment.loaded, runs, executor, False)
    if result.interrupted:
        raise KeyboardInterrupt
    asked = {target.id for target in experiment.targets}
    verdicts = {v.target.id: v for v in result.verdicts if v.target.id in asked}
    return Judged([verdicts], len(runs), result.count("failed"), result.ngspice)


def _without_claims(loaded: LoadedScenario) -> LoadedScenario:
    """Give a scenario whose runs are not judged all together, and may take their time."""
    timeout = min(_PATIENCE * loaded.scenario.timeout, LONGEST_TIMEOUT)
    changes = {"targets": [], "across": [], "statistics": [], "timeout": timeout}
    return replace(loaded, scenario=loaded.scenario.model_copy(update=changes))


class _Counter:
    """Progress of a batch, a line every few seconds."""

    def __init__(self, name: str, total: int, say: Say) -> None:
        self._name, self._total, self._say = name, total, say
        self._done = self._failed = 0
        self._next = time.monotonic() + _SAY_EVERY

    def advance(self, ended: int, failed: int) -> None:
        self._done += ended
        self._failed += failed
        if time.monotonic() < self._next or self._done == self._total:
            return
        self._next = time.monotonic() + _SAY_EVERY
        failures = f", {self._failed} failed" if self._failed else ""
        self._say(f"{self._name}: {self._done} of {self._total} runs{failures}")
