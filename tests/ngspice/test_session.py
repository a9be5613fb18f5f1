"""The binding to libngspice, asked from inside a worker process."""

from __future__ import annotations

import pytest
from pool_probes import RC

from optospice.ngspice.installation import find_installation, program_version
from optospice.ngspice.pool import Pool
from optospice.ngspice.worker import Failed, Finished


def ask(pool, function, item=None):
    [(_, outcome)] = pool.map(f"pool_probes:{function}", [item])
    assert isinstance(outcome, Finished), outcome
    return outcome.result


def test_library_and_program_are_the_same_ngspice(pool):
    program = find_installation().program
    if program is None:
        pytest.skip("the program ngspice is not installed")
    assert ask(pool, "version") == program_version(program) == pool.version
    assert pool.version[0].isdigit()


def test_time_comes_along_and_what_is_missing_is_left_out(pool):
    assert ask(pool, "names_read", ["b", "nowhere"]) == ["time", "b"]


def test_a_run_leaves_nothing_behind(pool):
    assert ask(pool, "left_after_a_run") == []


def test_without_an_operating_point_a_run_still_begins_and_ends():
    """It hung for ever within ngspice as soon as anybody could ask for steps."""
    points = [k / 64 for k in range(65)]
    with Pool(workers=1, timeout=10.0) as pool:
        own, given = ask(pool, "integrals", points)
    assert own == pytest.approx(0.5, rel=1e-3)  # two triangles and a plateau [V s]
    assert given == pytest.approx(0.5, rel=2e-3)


def test_a_failed_run_leaves_the_steps_of_the_next_alone():
    """What began to settle and failed cut the next run's steps at 10 us."""
    with Pool(workers=1) as pool:
        before, after = ask(pool, "points_after_a_failure")
    assert len(before) > 10
    assert after == before


def test_vectors_are_copies(pool):
    assert ask(pool, "is_a_copy") is True


def test_what_ngspice_does_not_accept(pool):
    words = ask(pool, "load_error", RC.replace("R1 a b 1e3", "X1 a b nowhere"))
    assert "does not accept the netlist" in words
    assert "unknown subckt" in words
    assert ask(pool, "load_error", RC) == ""


def test_after_a_controlled_exit_the_library_is_not_used_again():
    with Pool(workers=1) as pool:
        words = ask(pool, "poison")
    assert "asked to exit" in words
    assert "Undefined parameter [nobody]" in words


def test_memory_stays_level_over_many_runs(pool):
    assert ask(pool, "memory_growth", 1600) < 2 << 20


def test_another_library_is_not_ngspice(tmp_path):
    from optospice.ngspice.installation import Installation

    wrong = tmp_path / "libngspice.so.0"
    wrong.write_text("no library")
    with (
        Pool(workers=1, installation=Installation(wrong, None)) as pool,
        pytest.raises(RuntimeError, match="does not start"),
    ):
        list(pool.map("pool_probes:version", [None]))


def test_a_failed_run_does_not_spoil_the_next(pool):
    items = [RC.replace("R1 a b 1e3", "X1 a b nowhere"), RC] * 10
    outcomes = dict(pool.map("pool_probes:load_error", items, 5))
    assert not [o for o in outcomes.values() if isinstance(o, Failed)]
    assert [bool(outcomes[index].result) for index in range(20)] == [True, False] * 10
