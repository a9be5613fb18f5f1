"""What has been computed is not computed again, whatever ended the command that computed it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas
import pytest
from test_blocks import HEAD, digits, sweep
from test_rescue import CARD, LIBRARY, RESISTANCES, SCENARIO

from optospice.ngspice.pool import Pool
from optospice.ngspice.worker import Failed, Finished
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.store.store import Store
from optospice.sweep.local import run_scenario
from optospice.sweep.record import ScenarioResult
from probe_device import write_device

SHELL = [sys.executable, "-c", "from optospice.cli import main; main()"]
MANY = (
    HEAD
    + """
[sweep]
"parameters.r3" = { start = "20 Mohm", stop = "30 Mohm", count = 30 }
"parameters.c" = { start = "100 nF", stop = "300 nF", count = 10 }
"""
)


class Counting:
    """A pool that counts what it is asked to simulate."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.simulated = self.measured = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    def map(
        self, function: str, items: Sequence[Any], chunk: int = 1
    ) -> Iterator[tuple[int, Finished | Failed]]:
        tasks = list(items)
        self.simulated += sum(len(task.matrix) for task in tasks if task.given is None)
        self.measured += sum(len(task.matrix) for task in tasks if task.given is not None)
        yield from self._pool.map(function, tasks, chunk)


@pytest.fixture
def counting(pool: Pool) -> Counting:
    return Counting(pool)


def ran(
    folder: Path, text: str, pool: Any, store: Store | None = None, **options: Any
) -> ScenarioResult:
    (folder / "s.toml").write_text(text)
    loaded = load_scenario(str(folder / "s.toml"))
    return run_scenario(loaded, expand(loaded), pool, store=store, **options)


AXES = ["parameters.r3", "parameters.c", "protocol.interval", "temperature"]


def test_a_second_command_computes_nothing_and_gives_the_same_bits(
    counting: Counting, tmp_path: Path
) -> None:
    with Store(tmp_path / "store") as store:
        first = ran(tmp_path, sweep(AXES), counting, store)
    assert (counting.simulated, first.from_store) == (24, 0)
    with Store(tmp_path / "store") as store:
        second = ran(tmp_path, sweep(AXES[::-1]), counting, store)
    assert (counting.simulated, counting.measured, second.from_store) == (24, 0, 24)
    assert digits(second) == digits(first)
    assert digits(ran(tmp_path, sweep(AXES), counting)) == digits(first)  # without a store


def test_another_metric_costs_no_simulation(counting: Counting, tmp_path: Path) -> None:
    with Store(tmp_path / "store") as store:
        ran(tmp_path, sweep(AXES), counting, store)
        other = sweep(AXES).replace(
            "[sweep]", '[protocol.definitions]\namplitude = "baseline"\n[sweep]'
        )
        second = ran(tmp_path, other, counting, store)
        assert (counting.simulated, counting.measured) == (24, 24)
        told = second.records[0].metrics["postsynaptic_current_amplitude"]
        assert (
            told.definition
            != ran(tmp_path, sweep(AXES), counting)
            .records[0]
            .metrics["postsynaptic_current_amplitude"]
            .definition
        )
        assert digits(second) == digits(ran(tmp_path, other, counting))


def test_a_larger_sweep_takes_what_a_smaller_one_computed(
    counting: Counting, tmp_path: Path
) -> None:
    with Store(tmp_path / "store") as store:
        ran(tmp_path, MANY, counting, store)
        assert counting.simulated == 300
        text = MANY.replace("[sweep]", '[sweep]\n"protocol.interval" = ["2 s", "3 s"]')
        ran(tmp_path, text, counting, store)
        assert counting.simulated == 600  # the other interval alone


def test_what_fails_by_itself_is_known_to_fail(
    counting: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_device(tmp_path, "fussy", LIBRARY, CARD)
    text = SCENARIO.format(values=RESISTANCES, first=RESISTANCES[0])
    with Store(tmp_path / "store") as store:
        first = ran(tmp_path, text, counting, store)
        again = ran(tmp_path, text, counting, store)
    assert [one.status for one in first.records].count("failed") == 1
    assert [one.status for one in first.records] == [one.status for one in again.records]
    assert [one.message for one in first.records] == [one.message for one in again.records]
    with_it = len(RESISTANCES)
    assert with_it <= counting.simulated < 2 * with_it  # its block alone, for the waveforms


def test_waveforms_that_are_asked_for_later_are_simulated_then(
    counting: Counting, tmp_path: Path
) -> None:
    with Store(tmp_path / "store") as store:
        ran(tmp_path, sweep(AXES), counting, store, keep_waveforms=False)
        store.clear([part.name for part in store.parts() if part.kind == "results"])
        assert ran(tmp_path, sweep(AXES), counting, store, keep_waveforms=False).from_store == 24
        result = ran(tmp_path, sweep(AXES), counting, store, keep_waveforms=True)
    assert counting.simulated == 48
    assert digits(result) == digits(ran(tmp_path, sweep(AXES), counting))


LOOPS = """title = "The same target twice"
device = "mose2"
accuracy = "fast"

[controller]
name = "write_verify"
target = "3.4 nS"
readout = "0.5 V"
tolerance = "5 %"
smallest = "2 V"
largest = "4.5 V"
increment = "0.1 V"
width = "50 ms"
settle = "3 s"
most_pulses = 5

[sweep]
"controller.target" = ["3.4 nS", "3400 pS"]
"""


def test_equal_loops_come_from_the_store_both(pool: Pool, tmp_path: Path) -> None:
    with Store(tmp_path / "store") as store:
        first = ran(tmp_path, LOOPS, pool, store)
    with Store(tmp_path / "store") as store:
        again = ran(tmp_path, LOOPS, pool, store)
    assert [record.status for record in again.records] == ["ok", "ok"]
    assert again.from_store == 2
    assert digits(again) == digits(first)


def test_two_commands_side_by_side(tmp_path: Path) -> None:
    found: list[ScenarioResult] = []

    def run(name: str) -> None:
        (tmp_path / name).mkdir()
        with Pool(workers=1) as own, Store(tmp_path / "store") as store:
            found.append(ran(tmp_path / name, sweep(AXES), own, store))

    both = [threading.Thread(target=run, args=(name,)) for name in "ab"]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert digits(found[0]) == digits(found[1])


def test_a_full_disk_while_it_runs(
    counting: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(tmp_path / "store") as store:
        monkeypatch.setattr(
            store, "_add", lambda *args: (_ for _ in ()).throw(OSError(28, "No space left"))
        )
        result = ran(tmp_path, sweep(AXES), counting, store)
        assert "No space left" in store.problem
    assert all(record.status == "ok" for record in result.records)


#: Forks itself, lets the child run the scenario, and kills it at a random moment; in the end the
#: child may finish. What is left is the store.
KILLER = """
import os, random, signal, sys, time
sys.path[:0] = {path!r}
from pathlib import Path
import optospice.sweep.task, optospice.store.parts, pyarrow.parquet
from optospice.ngspice.pool import Pool
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.store.store import Store
from optospice.sweep.local import run_scenario

def run(tell=None):
    loaded = load_scenario("s.toml")
    def begun(ended, failed):
        nonlocal tell
        if tell is not None:
            os.close(tell)
            tell = None
    with Pool(workers=2) as pool, Store(Path("store")) as store:
        pool.start()
        result = run_scenario(loaded, expand(loaded), pool, on_progress=begun, store=store)
        assert not store.problem
        assert all(record.status == "ok" for record in result.records)
        return result.from_store

draw = random.Random({seed})
unfinished = 0
for kill in range({kills}):
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        run(tell)
        os._exit(0)
    os.close(tell)
    if draw.random() < 0.8:
        os.read(ready, 1)  # the simulators have begun; others are killed on their way there
    os.close(ready)
    time.sleep(draw.uniform(0.0, {longest}))
    os.kill(child, signal.SIGKILL)
    unfinished += os.WIFSIGNALED(os.waitpid(child, 0)[1])
print(unfinished, run())
"""


@pytest.mark.slow
def test_a_hundred_kills_and_the_same_table(tmp_path: Path, pool: Pool) -> None:
    """SIGKILL of the parent at random moments: whole blocks or nothing, and no orphan."""
    many = MANY.replace("count = 30", "count = 100").replace("count = 10 ", "count = 20 ")
    (tmp_path / "s.toml").write_text(many)
    path = [str(Path(__file__).parent), *sys.path]
    code = KILLER.format(path=path, seed=7, kills=100, longest=1.0)
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=900
    )
    assert ended.returncode == 0, ended.stderr
    unfinished, from_store = map(int, ended.stdout.split())
    assert unfinished > 20  # or the moments were no test
    assert from_store > 0
    with Store(tmp_path / "store") as store:
        # every run was stored once: no block that was complete has been computed again
        assert sum(part.runs for part in store.parts() if part.kind == "metrics") == 2000
        resumed = ran(tmp_path, many, pool, store, keep_waveforms=True)
    assert resumed.from_store == 2000
    assert digits(resumed) == digits(ran(tmp_path, many, pool, keep_waveforms=True))
    _no_simulator_is_left(tmp_path)


def _no_simulator_is_left(folder: Path) -> None:
    """A worker sees within a fraction of a second that its parent is gone."""
    told = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True)
    orphans = [
        line
        for line in told.stdout.splitlines()
        if "ngspice.worker" in line and line.split()[1] == "1"
    ]
    assert not orphans, (folder, orphans)


def test_the_table_of_a_second_command_is_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the command line: the numbers, the waveforms and the exit code."""
    (tmp_path / "s.toml").write_text(sweep(AXES))
    monkeypatch.chdir(tmp_path)
    tables = []
    for number in range(2):
        command = [*SHELL, "run", "s.toml", "--out", f"out{number}"]
        ended = subprocess.run(
            [*command, "--cache", "store", "--json"], capture_output=True, text=True, timeout=120
        )
        assert ended.returncode == 0, ended.stderr
        table = pandas.read_csv(f"out{number}/runs.csv")
        tables.append(table.drop(columns=[name for name in table if name.startswith("seconds")]))
        assert json.loads(ended.stdout)["from_store"] == (0, 24)[number]
    pandas.testing.assert_frame_equal(tables[0], tables[1], check_exact=True)
    for file in sorted(Path("out0/waveforms").iterdir()):
        assert file.read_bytes() == (Path("out1/waveforms") / file.name).read_bytes()
