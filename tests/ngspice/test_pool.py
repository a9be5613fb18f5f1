"""The pool: what hangs, dies or is poisoned is replaced, and nothing else is touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from pool_probes import RC

from optospice.ngspice.pool import Pool
from optospice.ngspice.simulate import Job
from optospice.ngspice.worker import Failed, Finished
from probe_device import RUN_JOB


def divider(ohms):
    """1 V across 1 ohm and `ohms` in series: v(b) is known."""
    netlist = f"divider\nV1 a 0 1\nR1 a b 1.0\nR2 b 0 {ohms!r}\n.save v(b)\n.tran 0.1 1 0 1\n.end\n"
    return Job(netlist, ("b",), 1.0)


def assert_divided(outcome, ohms):
    assert isinstance(outcome, Finished), outcome.message
    assert outcome.result["b"] == pytest.approx(ohms / (1 + ohms))


def endless(points=1e9):
    """A run of so many points: at 2 us each, 1e9 take half an hour."""
    netlist = f"long\nV1 a 0 1\nR1 a 0 1\n.save v(a)\n.tran 0.1 1 0 {1 / points}\n.end\n"
    return Job(netlist, ("a",), 1.0)


UNDEFINED = Job(RC.replace("1e3", "{nobody}"), ("b",), 1.0)


def collect(pool, items, chunk=1):
    """Give outcomes by place; every item answers exactly once."""
    outcomes = {}
    for index, outcome in pool.map(RUN_JOB, items, chunk):
        assert index not in outcomes
        outcomes[index] = outcome
    assert sorted(outcomes) == list(range(len(items)))
    return outcomes


@pytest.mark.parametrize("chunk", [1, 3, 7, 100])
def test_every_item_answers_at_its_own_place(pool, chunk):
    ohms = np.linspace(0.5, 20, 40).tolist()
    for index, outcome in collect(pool, [divider(value) for value in ohms], chunk).items():
        assert_divided(outcome, ohms[index])


def test_nothing_to_do(pool):
    assert list(pool.map(RUN_JOB, [])) == []


def test_two_workers_share_the_work(pool):
    pool.start()
    found, deadline = set(), time.monotonic() + 20  # they load in the background
    while len(found) < 2 and time.monotonic() < deadline:
        found |= {o.result for _, o in pool.map("pool_probes:process_id", list(range(50)))}
    assert found == set(pool.process_ids())
    assert len(found) == 2
    assert os.getpid() not in found


@pytest.mark.parametrize("chunk", [1, 4, 12])
def test_a_poisoned_worker_is_replaced_and_nothing_else_is_touched(chunk):
    items = [divider(float(n)) for n in range(1, 13)]
    items[4] = UNDEFINED
    with Pool(workers=2) as pool:
        pool.start()
        before = pool.process_ids()
        outcomes = collect(pool, items, chunk)
        assert set(pool.process_ids()) != set(before)
    for index, outcome in outcomes.items():
        if index == 4:
            assert isinstance(outcome, Failed)
            assert "Undefined parameter [nobody]" in outcome.message
            assert "tried 2 times" in outcome.message
        else:
            assert_divided(outcome, index + 1)


def test_a_netlist_that_is_not_accepted_fails_alone(pool):
    missing = "missing\nX1 a 0 nowhere\nV1 a 0 1\n.save v(a)\n.tran 0.1 1\n.end\n"
    collect(pool, [divider(1.0)] * 4)
    before = pool.process_ids()
    outcomes = collect(pool, [divider(1.0), Job(missing, ("a",), 1.0), divider(2.0)])
    assert_divided(outcomes[0], 1.0)
    assert_divided(outcomes[2], 2.0)
    assert isinstance(outcomes[1], Failed)
    assert "unknown subckt: x1 a 0 nowhere" in outcomes[1].message
    assert pool.process_ids() == before  # the library is sound: nobody is replaced


def test_a_vector_that_does_not_exist(pool):
    [(_, outcome)] = pool.map(RUN_JOB, [Job(RC, ("b", "nowhere"), 1.0)])
    assert isinstance(outcome, Failed)
    assert "no data for nowhere" in outcome.message


def test_a_run_that_stops_early(pool):
    """A logarithm of a negative number ends the run after 0.3 s."""
    circuit = "V1 a 0 PWL(0 1 1 -2)\nB1 b 0 V=log(V(a))\nR1 b 0 1\n"
    netlist = f"early\n{circuit}.save v(b)\n.tran 0.01 1 0 0.01\n.end\n"
    [(_, outcome)] = pool.map(RUN_JOB, [Job(netlist, ("b",), 1.0)])
    assert isinstance(outcome, Failed)
    assert "out of range for log" in outcome.message


def test_a_run_that_overflows(pool):
    circuit = "V1 a 0 PWL(0 0 1 2000)\nB1 b 0 V=exp(V(a))\nR1 b 0 1\n"
    netlist = f"over\n{circuit}.save v(b)\n.tran 0.1 1 0 0.1\n.end\n"
    [(_, outcome)] = pool.map(RUN_JOB, [Job(netlist, ("b",), 1.0)])
    assert isinstance(outcome, Failed)
    assert "clamped" in outcome.message or "not finite" in outcome.message


def test_a_killed_worker_is_replaced_and_its_run_tried_again():
    long_run = endless(5e5)
    with Pool(workers=1) as pool:
        assert pool.version
        [victim] = pool.process_ids()
        timer = threading.Timer(0.3, os.kill, (victim, signal.SIGKILL))
        timer.start()
        outcomes = collect(pool, [long_run, divider(3.0)])
        timer.join()
        assert victim not in pool.process_ids()
    assert isinstance(outcomes[0], Finished), outcomes[0]
    assert outcomes[0].result["time"].size > 4e5
    assert_divided(outcomes[1], 3.0)


def test_a_worker_that_dies_twice_is_reported():
    with Pool(workers=1) as pool:
        assert pool.version
        stop = threading.Event()

        def kill_everyone():
            while not stop.wait(0.3):
                for victim in pool.process_ids():
                    if any("memfd:optospice" in line for line in _maps(victim)):
                        os.kill(victim, signal.SIGKILL)

        killer = threading.Thread(target=kill_everyone)
        killer.start()
        try:
            [(_, outcome)] = list(pool.map(RUN_JOB, [endless()]))
        finally:
            stop.set()
            killer.join()
    assert isinstance(outcome, Failed)
    assert "SIGKILL" in outcome.message
    assert "tried 2 times" in outcome.message


def _maps(process):
    try:
        return Path(f"/proc/{process}/maps").read_text().splitlines()
    except OSError:
        return []


def test_a_run_that_takes_too_long_is_stopped():
    items = [divider(float(n)) for n in range(1, 9)]
    items[2] = endless()
    with Pool(workers=2, timeout=0.8) as pool:
        assert pool.version
        started = time.monotonic()
        outcomes = collect(pool, items, chunk=4)
        assert time.monotonic() - started < 15
    late = outcomes.pop(2)
    assert isinstance(late, Failed)
    assert "longer than 0.8 s" in late.message
    for index, outcome in outcomes.items():
        assert_divided(outcome, index + 1)


def test_time_counts_for_each_item_and_not_for_its_chunk():
    short = endless(1.2e5)  # about a quarter of a second each
    with Pool(workers=1, timeout=1.5) as pool:
        assert pool.version
        outcomes = collect(pool, [short] * 10, chunk=10)
    assert all(isinstance(outcome, Finished) for outcome in outcomes.values())


def test_too_much_memory_is_a_failure_of_its_run():
    step = 1e-9  # ngspice reserves a place for each point that it expects
    netlist = f"hungry\nV1 a 0 1\nR1 a 0 1\n.save v(a)\n.tran {step} 1 0 {step}\n.end\n"
    hungry = Job(netlist, ("a",), 1.0)
    with Pool(workers=1, memory_limit=2 << 30) as pool:
        outcomes = collect(pool, [hungry, divider(1.0)])
    assert isinstance(outcomes[0], Failed)
    assert "can't allocate" in outcomes[0].message
    assert_divided(outcomes[1], 1.0)


def test_an_abandoned_map_leaves_a_pool_that_works():
    with Pool(workers=2) as pool:
        for _, outcome in pool.map(RUN_JOB, [divider(1.0), endless(), endless()]):
            assert_divided(outcome, 1.0)
            break
        outcomes = collect(pool, [divider(2.0)] * 4)
    for outcome in outcomes.values():
        assert_divided(outcome, 2.0)


def test_a_failure_is_told_in_its_own_words(pool):
    [(_, outcome)] = pool.map("pool_probes:fail", ["the reason"])
    assert outcome == Failed("the reason")


def test_workers_leave_the_users_folders_and_threads_alone(pool):
    def ask(name):
        [(_, outcome)] = pool.map("pool_probes:environment", [name])
        return outcome.result

    assert ask("HOME") == "/nonexistent"
    assert ask("OMP_NUM_THREADS") == "1"
    [(_, outcome)] = pool.map("pool_probes:surroundings", [None])
    has_folder, session = outcome.result
    assert not has_folder
    assert session != os.getsid(0)


def test_close_ends_every_worker():
    pool = Pool(workers=2)
    pool.start()
    workers = pool.process_ids()
    assert len(workers) == 2
    pool.close()
    assert pool.process_ids() == []
    assert not [worker for worker in workers if is_alive(worker)]


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


ORPHANS = """
import sys
from optospice.ngspice.pool import Pool
from optospice.ngspice.simulate import Job
with Pool(workers=2) as pool:
    pool.start()
    pool.version
    print(*pool.process_ids(), flush=True)
    job = Job("long\\nV1 a 0 1\\nR1 a 0 1\\n.save v(a)\\n.tran 0.1 1 0 1e-9\\n.end\\n", ("a",), 1.0)
    list(pool.map("optospice.ngspice.simulate:run_job", [job, job]))
"""


def test_no_orphan_outlives_a_killed_parent():
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
    }
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHANS], stdout=subprocess.PIPE, text=True, env=environment
    )
    with parent:
        assert parent.stdout is not None
        workers = [int(word) for word in parent.stdout.readline().split()]
        assert len(workers) == 2
        time.sleep(0.5)  # both are in the middle of a run
        assert all(is_alive(worker) for worker in workers)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(is_alive(worker) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [worker for worker in workers if is_alive(worker)]
