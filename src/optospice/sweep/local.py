"""Run a scenario on this machine."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from optospice.ngspice.pool import Pool
from optospice.ngspice.worker import Failed
from optospice.scenario.expand import Run
from optospice.scenario.load import LoadedScenario
from optospice.scenario.verdict import Observation, judge_targets, take_across
from optospice.sweep.record import RunRecord, ScenarioResult
from optospice.sweep.task import LARGEST_ANSWER, Measured, Task, bytes_of

#: Waveforms of up to so many runs are kept by default.
KEPT_WAVEFORMS = 200
#: Sum of the waveforms that are kept [bytes].
KEPT_BYTES = 1_000_000_000
#: Copies of a device in one transient. Beyond some tens the matrix costs what the shared
#: time steps save.
LARGEST_BATCH = 32
_FUNCTION = "optospice.sweep.task:perform"


def run_scenario(
    loaded: LoadedScenario,
    runs: Sequence[Run],
    pool: Pool,
    keep_waveforms: bool | None = None,
    on_record: Callable[[RunRecord], None] | None = None,
    batch: int = LARGEST_BATCH,
) -> ScenarioResult:
    """Simulate every run and hold the targets against them.

    Parameters
    ----------
    loaded : LoadedScenario
        The scenario.
    runs : sequence of Run
        Its runs, from `expand`.
    pool : Pool
        Worker processes.
    keep_waveforms : bool, optional
        Whether the waveforms come along; by default for up to 200 runs. They are kept from
        the first run on, up to 1 GB in all.
    on_record : callable, optional
        Called with each record as it arrives, for progress.
    batch : int
        Largest number of runs with the same stimuli in one transient [1].

    Returns
    -------
    ScenarioResult
        With a record for every run, also after Ctrl-C.
    """
    started = time.perf_counter()
    keep = len(runs) <= KEPT_WAVEFORMS if keep_waveforms is None else keep_waveforms
    records = {run.id: RunRecord(run, "not run") for run in runs}
    kept = KeptWaveforms(records)
    before, pool.timeout = pool.timeout, loaded.scenario.timeout
    try:
        for record in _simulated(runs, pool, keep, batch):
            kept.put(record)
            if on_record is not None:
                on_record(record)
    except KeyboardInterrupt:
        pool.close()
    finally:
        pool.timeout = before  # the pool may serve others
    return _concluded(loaded, list(records.values()), pool.version, time.perf_counter() - started)


class KeptWaveforms:
    """Takes records in any order and keeps the waveforms of the first runs that fit.

    Parameters
    ----------
    records : dict of str to RunRecord
        Records by the id of their run, in order; filled here.
    largest : int
        Sum of the waveforms that are kept [bytes].
    """

    def __init__(self, records: dict[str, RunRecord], largest: int = KEPT_BYTES) -> None:
        self._records = records
        self._largest = largest
        self._names = list(records)
        self._order = {name: place for place, name in enumerate(records)}
        self._kept: list[tuple[int, int]] = []  # places, the last one first, and sizes
        self._sum = 0
        self._limit = len(records)

    def put(self, record: RunRecord) -> None:
        """Take a record; one that goes beyond the sum costs the last runs their waveforms."""
        place = self._order[record.run.id]
        self._records[record.run.id] = record
        if record.waveforms is None:
            return
        size = bytes_of(record.waveforms)
        heapq.heappush(self._kept, (-place, size))
        self._sum += size
        while self._sum > self._largest or (self._kept and -self._kept[0][0] >= self._limit):
            last, size = heapq.heappop(self._kept)
            self._sum -= size
            self._limit = min(self._limit, -last)
            name = self._names[-last]
            self._records[name] = replace(self._records[name], waveforms=None)


def _simulated(runs: Sequence[Run], pool: Pool, keep: bool, batch: int) -> Iterator[RunRecord]:
    # every worker gets a share: a batch that one of them alone would run saves nothing
    size = max(1, min(batch, len(runs) // (2 * pool.size)))
    groups = group_runs(runs, size)
    chunk = max(1, min(50, len(groups) // (4 * pool.size)))
    tasks = [Task(group, keep, LARGEST_ANSWER // chunk) for group in groups]
    again: list[Task] = []
    for index, outcome in pool.map(_FUNCTION, tasks, chunk):
        task = tasks[index]
        if isinstance(outcome, Failed):
            if len(task.runs) > 1:  # the batch took its worker down: find the guilty run
                again += [Task([run], keep) for run in task.runs]
            else:
                yield RunRecord(task.runs[0], "failed", outcome.message)
            continue
        yield from map(_record, task.runs, outcome.result)
    for index, outcome in pool.map(_FUNCTION, again):
        run = again[index].runs[0]
        if isinstance(outcome, Failed):
            yield RunRecord(run, "failed", outcome.message)
        else:
            yield _record(run, outcome.result[0])


def _record(run: Run, measured: Measured) -> RunRecord:
    if measured.failure:
        return RunRecord(run, "failed", measured.failure, seconds=measured.seconds)
    return RunRecord(run, "ok", "", measured.metrics, measured.seconds, measured.waveforms)


def group_runs(runs: Sequence[Run], largest: int) -> list[list[Run]]:
    """Group neighbouring runs that share everything but device parameters.

    Parameters
    ----------
    runs : sequence of Run
        Runs in order.
    largest : int
        Largest group [1].
    """
    groups: list[list[Run]] = []
    for _, alike in itertools.groupby(
        runs, key=lambda run: (id(run.protocol), id(run.device), run.temperature, run.profile.name)
    ):
        members = list(alike)
        groups += [members[start : start + largest] for start in range(0, len(members), largest)]
    return groups


def _concluded(
    loaded: LoadedScenario, records: list[RunRecord], version: str, seconds: float
) -> ScenarioResult:
    observations = [
        Observation(
            record.run.device.name,
            record.run.point,
            record.metrics,
            record.run.device.card.parameters,
        )
        for record in records
    ]
    devices = list(dict.fromkeys(observation.device for observation in observations))
    across = {
        (entry.name or entry.metric) + ("" if len(devices) == 1 else f" ({device})"): take_across(
            entry, [o for o in observations if o.device == device]
        )
        for device in devices
        for entry in loaded.scenario.across
    }
    verdicts = judge_targets(loaded.scenario, observations)
    return ScenarioResult(loaded, records, verdicts, across, version, seconds)
