"""Shares of a scenario that several jobs compute make the whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from test_blocks import HEAD, digits
from test_stored_runs import SHELL, Counting
from typer.testing import CliRunner

from optospice.cli.app import app
from optospice.errors import InputError
from optospice.ngspice.pool import Pool
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.store.store import Store
from optospice.sweep.blocks import Blocks
from optospice.sweep.local import run_scenario
from optospice.sweep.shard import Shard

MANY = (
    HEAD
    + """
[sweep]
"parameters.r3" = { start = "20 Mohm", stop = "30 Mohm", count = 6 }
"parameters.c" = { start = "100 nF", stop = "300 nF", count = 10 }
"""
)


@pytest.mark.slow
@pytest.mark.parametrize("is_merged", [False, True])
def test_shards_in_three_processes_make_the_whole(
    is_merged: bool, tmp_path: Path, pool: Pool
) -> None:
    """One store of all jobs, or one of each that are merged."""
    (tmp_path / "s.toml").write_text(MANY)
    stores = [f"store{n}" if is_merged else "store" for n in (1, 2, 3)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    jobs = [
        subprocess.Popen(
            [*SHELL, "run", "s.toml", "--shard", f"{n}/3", "--cache", store, "--json",
             "--workers", "1"],
            cwd=tmp_path, stdout=subprocess.PIPE, env=environment,
        )
        for n, store in enumerate(stores, 1)
    ]  # fmt: skip
    told = [json.loads(job.communicate(timeout=120)[0]) for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0, 0]
    loaded = load_scenario(str(tmp_path / "s.toml"))
    runs = expand(loaded)
    assert sum(one["runs"] for one in told) == len(runs)
    assert all(0 < one["runs"] < len(runs) and one["open"] == 0 for one in told)
    assert not (tmp_path / "results").exists()
    for store in stores if is_merged else ():
        merge = [*SHELL, "cache", "merge", store, "--cache", "whole"]
        subprocess.run(merge, cwd=tmp_path, env=environment, check=True, capture_output=True)
    counting: Any = Counting(pool)
    with Store(tmp_path / ("whole" if is_merged else "store")) as whole:
        result = run_scenario(loaded, runs, counting, store=whole)
    assert (counting.simulated, counting.measured) == (0, 0)
    assert digits(result) == digits(run_scenario(loaded, runs, pool))


def test_every_block_is_in_one_share(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(MANY)
    blocks = Blocks(expand(load_scenario(str(tmp_path / "s.toml"))), "39")
    assert len(blocks) > 5
    for count in (1, 2, 7, 1000):
        shards = [Shard(number, count) for number in range(1, count + 1)]
        assert all(sum(shard.holds(block) for shard in shards) == 1 for block in blocks)


@pytest.mark.parametrize(
    "text", ["5/4", "0/3", "x", "", "1", "1/0", "-1/3", "1/3/3", "1.0/3", "²/3"]
)
def test_what_is_no_share(text: str) -> None:
    with pytest.raises(InputError, match=r"--shard .*: no share; accepted: NUMBER/COUNT"):
        Shard.parse(text)


def test_a_share() -> None:
    assert Shard.parse("2/16") == Shard(2, 16)
    assert str(Shard(2, 16)) == "2/16"


@pytest.mark.parametrize(
    "options", [["--no-cache"], ["--out", "folder"], ["--run", "0001"]], ids=lambda one: one[0]
)
def test_options_that_contradict_a_share(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(app, ["run", "pbs_ppd", "--shard", "1/2", *options])
    assert isinstance(ended.exception, InputError)
    assert f"--shard and {options[0]}" in str(ended.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_share_needs_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(MANY)
    ended = CliRunner().invoke(app, ["run", "s.toml", "--shard", "1/2"])  # OPTOSPICE_CACHE=off
    assert isinstance(ended.exception, InputError)
    assert "accepted: --cache DIR" in str(ended.exception)
    assert not (tmp_path / "results").exists()
