"""Run a scenario: take what the store holds, simulate the rest block by block, judge the whole."""

from __future__ import annotations

import time
from collections.abc import Sequence

from optospice.metrics.value import MetricValue
from optospice.scenario.across import take_across
from optospice.scenario.load import LoadedScenario
from optospice.scenario.runs import Run
from optospice.scenario.schema import Scenario
from optospice.scenario.verdict import Observation, Verdict
from optospice.store.store import Store
from optospice.sweep.blocks import LARGEST_BLOCK, Blocks
from optospice.sweep.certainty import sure_verdicts, tells_errors
from optospice.sweep.collecting import Collector, Progress
from optospice.sweep.executor import Executor
from optospice.sweep.keeping import Keeping
from optospice.sweep.record import ScenarioResult
from optospice.sweep.records import Records


def run_scenario(
    loaded: LoadedScenario,
    runs: Sequence[Run],
    pool: Executor,
    keep_waveforms: bool | None = None,
    on_progress: Progress | None = None,
    store: Store | None = None,
    largest_block: int = LARGEST_BLOCK,
    chosen: Sequence[int] | None = None,
) -> ScenarioResult:
    """Simulate every run and hold the targets against them.

    Parameters
    ----------
    loaded : LoadedScenario
        The scenario.
    runs : sequence of Run
        Its runs, from `expand`.
    pool : Executor
        What simulates: a `Pool` of worker processes, or a cluster.
    keep_waveforms : bool, optional
        Whether the waveforms come along; by default those that the scenario says, or those of
        up to 200 runs. They are kept from the first run on, up to 1 GB in all.
    on_progress : callable, optional
        Called with the number of runs that have ended, and how many of them failed.
    store : Store, optional
        What is there is not computed again, and what is computed goes there.
    largest_block : int
        Largest number of runs with the same stimuli in one transient [1].
    chosen : sequence of int, optional
        Places of the runs that are asked for; all by default. They are simulated with the runs
        that share their blocks, so that they have the digits that they have in the whole.

    Returns
    -------
    ScenarioResult
        With a record for every run that is asked for, also after Ctrl-C.
    """
    started = time.perf_counter()
    keeping = keeping_of(loaded, len(runs) if chosen is None else len(chosen))
    if keep_waveforms is not None:
        keeping = Keeping() if keep_waveforms else Keeping(0, failed=False)
    version = version_of(pool, store)
    records = Records(runs)
    blocks = Blocks(runs, version, largest_block)
    exactly = tells_errors(loaded.scenario, len(runs))
    collector = Collector(blocks, records, keeping, store, on_progress or _silent, exactly)
    numbers = range(len(blocks)) if chosen is None else blocks.holding(chosen)
    is_whole = collector.collect(numbers, pool, loaded.scenario.timeout)
    asked = records if chosen is None else [records[place] for place in chosen]
    stored = min(collector.from_store, len(asked))  # of one run its whole block was looked up

    def repeat(others: Sequence[Run]) -> Records:
        again = Records(others)
        blocks = Blocks(others, version, largest_block)
        collector = Collector(blocks, again, Keeping(0, failed=False), store, _silent, True)
        if is_whole:
            collector.collect(range(len(blocks)), pool, loaded.scenario.timeout)
        return again

    scenario, verdicts = loaded.scenario, list[Verdict]()
    places = range(len(records)) if chosen is None else chosen
    judged = places if scenario.targets or scenario.across else ()
    observations = [records.observation(place) for place in judged]
    if scenario.targets:
        verdicts = sure_verdicts(scenario, runs, places, observations, repeat)
    across = _across(scenario, observations)
    seconds = time.perf_counter() - started
    return ScenarioResult(loaded, asked, verdicts, across, version, seconds, stored)


def keeping_of(loaded: LoadedScenario, runs: int) -> Keeping:
    """Say whose waveforms stay: as the scenario says, else by the number of runs."""
    told = loaded.scenario.keep
    return Keeping.by_number(runs) if told is None else Keeping(told.every, told.failed)


def version_of(pool: Executor, store: Store | None) -> str:
    """Version of an executor's ngspice; a store may know it without starting one."""
    place = pool.installation
    if store is None or place is None:
        return pool.version
    known = store.version_of(place)
    if not known:
        known = pool.version
        store.note_version(place, known)
    return known


def _silent(ended: int, failed: int) -> None:
    """Show no progress."""


def _across(scenario: Scenario, observations: Sequence[Observation]) -> dict[str, MetricValue]:
    """Take the metrics across the runs, device by device."""
    devices = list(dict.fromkeys(observation.device for observation in observations))
    return {
        (entry.name or entry.metric) + ("" if len(devices) == 1 else f" ({device})"): take_across(
            entry, [o for o in observations if o.device == device]
        )
        for device in devices
        for entry in scenario.across
    }
