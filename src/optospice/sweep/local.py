"""Run a scenario on this machine."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import overload

from optospice.ngspice.pool import Pool
from optospice.ngspice.worker import Failed
from optospice.scenario.load import LoadedScenario
from optospice.scenario.runs import Run, Runs
from optospice.scenario.verdict import Observation, judge_targets, take_across
from optospice.sweep.record import RunRecord, ScenarioResult
from optospice.sweep.store import Records
from optospice.sweep.task import LARGEST_ANSWER, Measured, Task, bytes_of

#: Waveforms of up to so many runs are kept by default.
KEPT_WAVEFORMS = 200
#: Sum of the waveforms that are kept [bytes].
KEPT_BYTES = 1_000_000_000
#: Copies of a device in one transient. Beyond some tens the matrix costs what the shared
#: time steps save.
LARGEST_BATCH = 32
#: Runs that travel to a worker at a time, where these are short: what fills the pipe to a busy
#: worker would keep the parent from watching the others.
LARGEST_CHUNK = 200
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
    records = Records(runs)
    kept = KeptWaveforms(records)
    before, pool.timeout = pool.timeout, loaded.scenario.timeout
    try:
        for place, record in _simulated(runs, pool, keep, batch):
            kept.put(place, record)
            if on_record is not None:
                on_record(record)
    except KeyboardInterrupt:
        pool.close()
    finally:
        pool.timeout = before  # the pool may serve others
    return _concluded(loaded, records, pool.version, time.perf_counter() - started)


class KeptWaveforms:
    """Takes records in any order and keeps the waveforms of the first runs that fit.

    Parameters
    ----------
    records : Records
        Records in the order of the runs; filled here.
    largest : int
        Sum of the waveforms that are kept [bytes].
    """

    def __init__(self, records: Records, largest: int = KEPT_BYTES) -> None:
        self._records = records
        self._largest = largest
        self._kept: list[tuple[int, int]] = []  # places, the last one first, and sizes
        self._sum = 0
        self._limit = len(records)

    def put(self, place: int, record: RunRecord) -> None:
        """Take a record; one that goes beyond the sum costs the last runs their waveforms."""
        self._records.put(place, record)
        if record.waveforms is None:
            return
        size = bytes_of(record.waveforms)
        heapq.heappush(self._kept, (-place, size))
        self._sum += size
        while self._sum > self._largest or (self._kept and -self._kept[0][0] >= self._limit):
            last, size = heapq.heappop(self._kept)
            self._sum -= size
            self._limit = min(self._limit, -last)
            self._records.drop_waveforms(-last)


class Tasks(Sequence[Task]):
    """Tasks of groups of runs, made when a worker takes them.

    Parameters
    ----------
    runs : sequence of Run
        Runs in order.
    groups : sequence of range
        Places of the runs that go together.
    keep : bool
        Whether waveforms travel back.
    largest : int
        Largest sum of those of one task [bytes].
    """

    def __init__(
        self, runs: Sequence[Run], groups: Sequence[range], keep: bool, largest: int
    ) -> None:
        self._runs = runs
        self._groups = groups
        self._keep = keep
        self._largest = largest

    def __len__(self) -> int:
        """Count the tasks."""
        return len(self._groups)

    @overload
    def __getitem__(self, index: int) -> Task: ...
    @overload
    def __getitem__(self, index: slice) -> list[Task]: ...

    def __getitem__(self, index: int | slice) -> Task | list[Task]:
        """Make a task, or a list of some."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        group = self._groups[index]
        return Task(self._runs[group.start : group.stop], self._keep, self._largest)


def _simulated(
    runs: Sequence[Run], pool: Pool, keep: bool, batch: int
) -> Iterator[tuple[int, RunRecord]]:
    # every worker gets a share: a batch that one of them alone would run saves nothing
    size = max(1, min(batch, len(runs) // (2 * pool.size)))
    groups = group_runs(runs, size)
    chunk = max(1, min(50, len(groups) // (4 * pool.size), LARGEST_CHUNK // max(map(len, groups))))
    again: list[range] = []
    tasks = Tasks(runs, groups, keep, LARGEST_ANSWER // chunk)
    for index, outcome in pool.map(_FUNCTION, tasks, chunk):
        places = groups[index]
        if not isinstance(outcome, Failed):
            for place, measured in zip(places, outcome.result, strict=True):
                yield place, _record(runs[place], measured)
        elif len(places) > 1:  # the batch took its worker down: find the guilty run
            again += [range(place, place + 1) for place in places]
        else:
            yield places[0], RunRecord(runs[places[0]], "failed", outcome.message)
    for index, outcome in pool.map(_FUNCTION, Tasks(runs, again, keep, LARGEST_ANSWER)):
        place = again[index][0]
        if isinstance(outcome, Failed):
            yield place, RunRecord(runs[place], "failed", outcome.message)
        else:
            yield place, _record(runs[place], outcome.result[0])


def _record(run: Run, measured: Measured) -> RunRecord:
    outside = tuple(dict.fromkeys((*run.outside, *measured.outside)))
    if measured.failure:
        return RunRecord(run, "failed", measured.failure, seconds=measured.seconds, outside=outside)
    return RunRecord(
        run, "ok", "", measured.metrics, measured.seconds, measured.waveforms, measured.analysed,
        measured.netlist, outside,
    )  # fmt: skip


def group_runs(runs: Sequence[Run], largest: int) -> list[range]:
    """Group neighbouring runs that share everything but device parameters.

    Parameters
    ----------
    runs : sequence of Run
        Runs in order.
    largest : int
        Largest group [1].

    Returns
    -------
    list of range
        Places of the runs of each group.
    """
    if isinstance(runs, Runs):
        starts = runs.starts().tolist()
    else:
        kinds = [
            (id(r.protocol), id(r.device), r.temperature, r.profile.name, r.surroundings)
            for r in runs
        ]
        starts = [n for n, kind in enumerate(kinds) if n == 0 or kind != kinds[n - 1]]
    return [
        range(first, min(first + largest, stop))
        for start, stop in itertools.pairwise([*starts, len(runs)])
        for first in range(start, stop, largest)
    ]


def _concluded(
    loaded: LoadedScenario, records: Sequence[RunRecord], version: str, seconds: float
) -> ScenarioResult:
    asked = loaded.scenario.targets or loaded.scenario.across
    observations = [
        Observation(
            record.run.device.name,
            record.run.point,
            record.metrics,
            record.run.device.card.parameters,
            bool(record.outside),
        )
        for record in (records if asked else ())
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
