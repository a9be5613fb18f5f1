"""A cluster of separate processes that share no folder gives the bits of one machine."""

from __future__ import annotations

import contextlib
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from benchmarks.dask_processes import DaskProcesses
from test_blocks import HEAD, digits
from test_rescue import CARD, LIBRARY
from test_stored_runs import Counting

from optospice.errors import InputError, SimulationError
from optospice.ngspice.pool import Pool
from optospice.ngspice.worker import Failed, Finished
from optospice.scenario.expand import expand
from optospice.scenario.load import LoadedScenario, load_scenario
from optospice.scenario.runs import Run
from optospice.store.store import Store
from optospice.sweep.local import run_scenario
from probe_device import write_device

pytest.importorskip("distributed")

from optospice.sweep.dask_address import scheduler_address
from optospice.sweep.dask_executor import DaskExecutor

#: Their blocks of eight and of 32 differ in size; every parameter set is another device.
MANY = (
    HEAD
    + """
[sweep]
"parameters.r3" = { start = "20 Mohm", stop = "30 Mohm", count = 12 }
"parameters.c" = { start = "100 nF", stop = "300 nF", count = 10 }
"""
)
#: Another ngspice, or another optospice, as a worker that was set up by somebody else has them.
OTHER_NGSPICE = """
from optospice.ngspice.pool import Pool
Pool.version = property(lambda pool: "46")
"""
OTHER_CODE = """
from optospice.sweep import fingerprint
fingerprint.simulation_code = lambda: b"another one"
"""
NO_OPTOSPICE = """
import sys
sys.modules["optospice"] = None
"""


def loaded_sweep(folder: Path, text: str = MANY) -> tuple[LoadedScenario, Sequence[Run]]:
    (folder / "s.toml").write_text(text)
    loaded = load_scenario(str(folder / "s.toml"))
    return loaded, expand(loaded)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[DaskProcesses]:
    (tmp_path / "cluster").mkdir()
    with DaskProcesses(tmp_path / "cluster") as processes:
        processes.start_scheduler()
        yield processes


@pytest.fixture
def connect(cluster: DaskProcesses) -> Iterator[Callable[..., DaskExecutor]]:
    with contextlib.ExitStack() as stack:

        def make(**options: Any) -> DaskExecutor:
            executor = DaskExecutor(cluster.address, **options)
            stack.callback(executor.close)
            return executor

        yield make


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, pool: Pool) -> dict[object, object]:
    loaded, runs = loaded_sweep(tmp_path_factory.mktemp("local"))
    return digits(run_scenario(loaded, runs, pool))


def preload(folder: Path, text: str) -> tuple[str, str]:
    file = folder / "preloaded.py"
    file.write_text(text)
    return "--preload", str(file)


def simulators_of(cluster: DaskProcesses, name: str) -> list[psutil.Process]:
    return psutil.Process(cluster.process_id(name)).children(recursive=True)


@pytest.mark.slow
def test_the_bits_are_those_of_this_machine_and_nothing_of_it_is_read(
    cluster: DaskProcesses,
    connect: Callable[..., DaskExecutor],
    expected: dict[object, object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pool: Pool,
) -> None:
    for name in ("first", "second"):
        cluster.start_worker(name)
    loaded, runs = loaded_sweep(tmp_path)
    result = run_scenario(loaded, runs, connect())
    assert digits(result) == expected
    # a device of a project that is gone before the first worker hears of it
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    write_device(project, "fussy", LIBRARY, CARD)
    text = (
        'title = "Resistors"\ndevice = "fussy"\n[protocol]\nname = "single_pulse"\n'
        'readout = "0.5 V"\nvoltage = "1 V"\nwidth = "1 s"\ndelay = "1 s"\ntail = "1 s"\n'
        '[sweep]\n"parameters.r" = ["1 Mohm", "2 Mohm", "-1 Mohm"]\n'
    )
    loaded, runs = loaded_sweep(project, text)
    monkeypatch.chdir(tmp_path)
    here = run_scenario(loaded, runs, pool)
    loaded, runs = loaded_sweep_in(project, monkeypatch, tmp_path)
    shutil.rmtree(project)
    # the command's own machine needs no ngspice
    monkeypatch.setenv("OPTOSPICE_NGSPICE", str(tmp_path / "none"))
    there = run_scenario(loaded, runs, connect())
    assert [one.status for one in there.records] == ["ok", "ok", "failed"]
    assert [one.message for one in there.records] == [one.message for one in here.records]
    for one, other in zip(there.records[:2], here.records[:2], strict=True):
        assert one.waveforms is not None
        assert other.waveforms is not None
        assert np.array_equal(one.waveforms.current, other.waveforms.current)
    assert cluster.files("first") == cluster.files("second") == []
    # what a worker started ends with it
    simulators = simulators_of(cluster, "first")
    assert simulators
    cluster.kill("first")
    _, alive = psutil.wait_procs(simulators, timeout=5)
    assert not alive


def loaded_sweep_in(
    project: Path, monkeypatch: pytest.MonkeyPatch, back: Path
) -> tuple[LoadedScenario, Sequence[Run]]:
    monkeypatch.chdir(project)
    loaded = load_scenario("s.toml")
    runs = expand(loaded)
    monkeypatch.chdir(back)
    return loaded, runs


class Disturbed:
    """An executor that something happens to, after some items have come back."""

    def __init__(self, executor: DaskExecutor, after: int, disturb: Callable[[], None]) -> None:
        self._executor, self._after, self._disturb = executor, after, disturb

    def __getattr__(self, name: str) -> Any:
        return getattr(self._executor, name)

    def map(
        self, function: str, items: Sequence[Any], chunk: int = 1
    ) -> Iterator[tuple[int, Finished | Failed]]:
        for count, found in enumerate(self._executor.map(function, items, 1), 1):
            if count == self._after:
                self._disturb()
            yield found


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_no_run(
    cluster: DaskProcesses,
    connect: Callable[..., DaskExecutor],
    expected: dict[object, object],
    tmp_path: Path,
) -> None:
    for name in ("first", "second"):
        cluster.start_worker(name)
    loaded, runs = loaded_sweep(tmp_path)
    executor = Disturbed(connect(), 3, lambda: cluster.kill("first"))
    assert digits(run_scenario(loaded, runs, executor)) == expected  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_command_opens_no_port(
    cluster: DaskProcesses, connect: Callable[..., DaskExecutor]
) -> None:
    cluster.start_worker("worker")
    own = psutil.Process()

    def listening() -> set[tuple[str, int]]:
        found = own.net_connections(kind="inet")
        return {one.laddr for one in found if one.status == psutil.CONN_LISTEN}

    before, executor = listening(), connect()
    executor.start()
    connected = {one.raddr.port for one in own.net_connections(kind="tcp") if one.raddr}
    assert int(cluster.address.rpartition(":")[2]) in connected
    assert listening() == before


@pytest.mark.slow
def test_an_item_that_ends_its_worker_fails_alone(tmp_path: Path) -> None:
    with DaskProcesses(tmp_path) as cluster:
        cluster.start_scheduler({"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"})
        for name in ("first", "second"):
            cluster.start_worker(name, is_replaced=True)
        executor = DaskExecutor(cluster.address)
        try:
            items = ["a", "b", "guilty", "c", "d", "e"]
            found = dict(executor.map("worker_jobs:end_the_parent", items, 2))
        finally:
            executor.close()
    lost = found.pop(2)
    assert isinstance(lost, Failed)
    assert lost.is_lost
    assert found == {n: Finished(item) for n, item in enumerate(items) if n != 2}


@pytest.mark.slow
def test_a_scheduler_that_is_started_anew_is_found_again(
    cluster: DaskProcesses,
    connect: Callable[..., DaskExecutor],
    expected: dict[object, object],
    tmp_path: Path,
) -> None:
    def restart() -> None:
        for name in ("worker", "scheduler"):  # a worker ends with its scheduler, or soon after
            cluster.kill(name)
        cluster.start_scheduler()
        cluster.start_worker("worker")

    cluster.start_worker("worker")
    loaded, runs = loaded_sweep(tmp_path)
    executor = Disturbed(connect(), 3, restart)
    assert digits(run_scenario(loaded, runs, executor)) == expected  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_scheduler_that_is_gone_leaves_what_there_was_in_the_store(
    cluster: DaskProcesses,
    connect: Callable[..., DaskExecutor],
    expected: dict[object, object],
    tmp_path: Path,
    pool: Pool,
) -> None:
    cluster.start_worker("worker")
    loaded, runs = loaded_sweep(tmp_path)
    executor: Any = Disturbed(connect(patience=1.0), 3, lambda: cluster.kill("scheduler"))
    with Store(tmp_path / "store") as store:
        with pytest.raises(SimulationError, match=r"tcp://.* does not answer .* in the store"):
            run_scenario(loaded, runs, executor, store=store)
        counting: Any = Counting(pool)
        assert digits(run_scenario(loaded, runs, counting, store=store)) == expected
    assert 0 < counting.simulated < len(runs)


@pytest.mark.slow
def test_a_worker_that_differs_is_refused_before_any_run(
    cluster: DaskProcesses, connect: Callable[..., DaskExecutor], tmp_path: Path
) -> None:
    cluster.start_worker("other", *preload(tmp_path, OTHER_NGSPICE))
    with pytest.raises(
        InputError, match=r"worker tcp://\S+ has ngspice 46 .* wanted: ngspice \S+ "
    ):
        connect().start()
    assert "run_batch" not in cluster.log("other")
    cluster.kill("other")
    cluster.start_worker("code", *preload(tmp_path, OTHER_CODE))
    with pytest.raises(InputError, match=r"worker .* code 616e6f74-.* wanted: .*; start the"):
        connect().start()
    cluster.kill("code")
    cluster.start_worker("bare", *preload(tmp_path, NO_OPTOSPICE))
    with pytest.raises(InputError, match=r"worker .* cannot simulate: .*optospice.*; wanted: "):
        connect().start()


@pytest.mark.slow
def test_a_worker_that_differs_and_comes_later_runs_nothing(
    cluster: DaskProcesses,
    connect: Callable[..., DaskExecutor],
    expected: dict[object, object],
    tmp_path: Path,
) -> None:
    cluster.start_worker("worker")
    loaded, runs = loaded_sweep(tmp_path)
    inner = connect()

    def join() -> None:
        cluster.start_worker("other", *preload(tmp_path, OTHER_NGSPICE))
        deadline = time.monotonic() + 30
        while len(inner._client.nthreads()) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)

    executor: Any = Disturbed(inner, 1, join)
    assert digits(run_scenario(loaded, runs, executor)) == expected
    (told,) = inner.refused.values()
    assert "has ngspice 46" in told


@pytest.mark.parametrize(
    ("told", "meant"),
    [("node7:8786", "tcp://node7:8786"), ("tls://10.0.0.3:1", "tls://10.0.0.3:1")],
)
def test_addresses(told: str, meant: str) -> None:
    assert scheduler_address(told) == meant


def test_the_file_of_a_scheduler(tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    file.write_text('{"address": "tcp://10.0.0.3:8786", "workers": {}}')
    assert scheduler_address(str(file)) == "tcp://10.0.0.3:8786"
    for text in ("", "[]", '{"address": 3}', '{"address": "/etc"}', '{"workers": {}}'):
        file.write_text(text)
        with pytest.raises(InputError, match=r"scheduler\.json.*accepted: an address such as"):
            DaskExecutor(str(file))


@pytest.mark.parametrize("told", ["", "node7", "tcp://", "file:///x", "tcp://a b:1", "none.json"])
def test_what_is_no_address(told: str) -> None:
    with pytest.raises(InputError, match="no address, and no such file; accepted: an address"):
        DaskExecutor(told)


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'optospice\[cluster\]'"):
        DaskExecutor("tcp://node7:8786")


def test_a_scheduler_that_does_not_listen() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, without listening: nobody else does
        executor = DaskExecutor(f"127.0.0.1:{taken.getsockname()[1]}", patience=0.5)
        with pytest.raises(SimulationError, match=r"does not answer \(for 0\.5 s\)$"):
            executor.start()


@pytest.mark.slow
def test_a_cluster_without_workers(connect: Callable[..., DaskExecutor]) -> None:
    with pytest.raises(SimulationError, match=r"has no worker that can be used \(for 1 s\)"):
        connect(workers_patience=1.0).start()
