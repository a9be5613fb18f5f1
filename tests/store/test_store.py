"""A store holds blocks that are complete, or nothing of them."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from optospice.analysis import Curve, NoiseSpectrum, Solution, Spectrum
from optospice.errors import InputError
from optospice.metrics.column import MetricColumn
from optospice.metrics.value import MetricValue
from optospice.ngspice.installation import Installation
from optospice.store.block import MeasuredBlock
from optospice.store.encoding import decoded, encoded
from optospice.store.index import LAYOUT, Index
from optospice.store.store import VARIABLE, Store, default_folder
from optospice.waveform_block import WaveformBlock
from optospice.waveforms import Waveforms

numbers = st.floats(allow_nan=True, allow_infinity=True)


def waveform_block(runs: int, points: int = 5, seed: int = 0) -> WaveformBlock:
    draw = np.random.default_rng(seed)
    time_ = np.sort(draw.random(points))
    return WaveformBlock(
        time_,
        {
            "i(p)": draw.normal(size=(runs, points)),
            "e(light)": np.broadcast_to(draw.normal(size=points), (runs, points)),
        },
        {"i(p)": "A", "e(light)": "W/m^2"},
        time_[:2],
        draw.random(runs),
        tuple((f"note {run % 2}",) for run in range(runs)),
    )


def same_waveforms(left: Waveforms, right: Waveforms) -> bool:
    return (
        left.time.tobytes() == right.time.tobytes()
        and left.breakpoints.tobytes() == right.breakpoints.tobytes()
        and list(left.signals) == list(right.signals)
        and all(left[name].tobytes() == right[name].tobytes() for name in left.signals)
        and (left.units, left.error_bound, left.notes)
        == (right.units, right.error_bound, right.notes)
    )


@given(st.integers(1, 6), st.integers(1, 30), st.integers(0, 99))
def test_a_block_of_waveforms_comes_back_bit_by_bit(runs: int, points: int, seed: int) -> None:
    block = waveform_block(runs, points, seed)
    told = encoded(block)
    back = decoded(told)
    assert len(back) == told.runs == runs
    assert all(same_waveforms(a, b) for a, b in zip(block, back, strict=True))


@given(arrays.arrays(float, st.integers(1, 8), elements=numbers), numbers)
def test_analyses_come_back_bit_by_bit(values: np.ndarray, number: float) -> None:
    units, notes = {"i(d)": "A"}, ("eased",)
    given_results = [
        Solution({"i(d)": number}, units, 1e-3, notes),
        Curve({"i(d)": values}, units, 1e-3, notes, sweep=values, outer=np.empty(0)),
        None,
        Spectrum({"i(d)": values.astype(complex)}, units, 1e-3, (), frequency=values),
        NoiseSpectrum({"output": values}, units, 1e-3, (), frequency=values),
    ]
    told = encoded(given_results)
    for before, after in zip(given_results, decoded(told), strict=True):
        assert type(before) is type(after)
        if before is None:
            continue
        assert (before.units, before.notes) == (after.units, after.notes)
        for name in before.signals:
            assert np.asarray(before[name]).tobytes() == np.asarray(after[name]).tobytes()
        if isinstance(before, Solution):
            assert isinstance(after["i(d)"], float)
        for place in ("sweep", "outer", "frequency"):
            if hasattr(before, place):
                assert getattr(before, place).tobytes() == getattr(after, place).tobytes()


def test_numbers_that_end_early_are_no_block() -> None:
    told = encoded(waveform_block(2))
    with pytest.raises(ValueError, match="end early"):
        decoded(replace(told, numbers=told.numbers[:-1]))


def measured(runs: int, seed: int = 0, fails: int = -1) -> MeasuredBlock:
    draw = np.random.default_rng(seed)
    succeeded = np.arange(runs) != fails
    count = int(succeeded.sum())
    peak = [MetricValue(draw.normal(), "A", "raw") for _ in range(count)]
    tau = [
        MetricValue(draw.normal(), "s", f"fixed at {n % 2}", draw.random(), "a note" * (n % 3))
        for n in range(count)
    ]
    steps = [MetricValue(int(draw.integers(9)), "1", "a count") for _ in range(count)]
    return MeasuredBlock(
        succeeded,
        {
            "peak": MetricColumn.of(peak),
            "tau": MetricColumn.of(tau),
            "steps": MetricColumn.of(steps),
        },
        draw.random(runs),
        {fails: "ngspice: singular matrix"} if fails >= 0 else {},
        {0: ("temperature: 400 K",)},
        {runs - 1: "* a circuit"},
        {0: "nothing answers"} if seed % 2 else {},
        {"tau": np.append(draw.random(count - 1), np.inf)} if seed % 2 else {},
    )


def same_errors(left: MeasuredBlock, right: MeasuredBlock) -> bool:
    """A part has a column for all its blocks: nan is what nobody asked for."""
    known = {name: e for name, e in right.errors.items() if not np.isnan(e).all()}
    return left.errors.keys() == known.keys() and all(
        np.array_equal(left.errors[name], known[name]) for name in known
    )


def same_measured(left: MeasuredBlock, right: MeasuredBlock) -> bool:
    return (
        left.succeeded.tolist() == right.succeeded.tolist()
        and left.seconds.tolist() == right.seconds.tolist()
        and (left.messages, left.outside, left.netlists, left.idle)
        == (right.messages, right.outside, right.netlists, right.idle)
        and same_errors(left, right)
        and list(left.columns) == list(right.columns)
        and all(list(left.columns[n]) == list(right.columns[n]) for n in left.columns)
    )


def test_metrics_come_back_as_they_were(tmp_path: Path) -> None:
    blocks = {bytes([n]) * 16: measured(4 + n, n, fails=n % 3) for n in range(5)}
    with Store(tmp_path) as store:
        for key, block in blocks.items():
            store.put(key, None, {key: block})
    with Store(tmp_path) as store:
        found = dict(store.measured([*blocks, b"x" * 16]))
    assert found.keys() == blocks.keys()
    for key, block in blocks.items():
        assert same_measured(found[key], block)
        assert [type(v.value) for v in found[key].columns["steps"]] == [int] * int(
            block.succeeded.sum()
        )


def test_a_metric_may_be_called_as_anything_is(tmp_path: Path) -> None:
    names = [
        "seconds",
        "message",
        "key",
        "peak",
        "peak words",
        "words peak",
        "peak standard error",
        "metric 0",
    ]
    columns = {
        name: MetricColumn.of([MetricValue(float(place), "A", name)] * 2)
        for place, name in enumerate(names)
    }
    block = MeasuredBlock(np.ones(2, np.bool_), columns, np.array([0.25, 0.5]), {}, {}, {1: "*"})
    with Store(tmp_path) as store:
        store.put(b"k" * 16, None, {b"k" * 16: block})
    with Store(tmp_path) as store:
        assert same_measured(dict(store.measured([b"k" * 16]))[b"k" * 16], block)


def test_results_come_back_as_they_were(tmp_path: Path) -> None:
    blocks = {bytes([n]) * 16: waveform_block(n + 1, seed=n) for n in range(4)}
    with Store(tmp_path) as store:
        for key, block in blocks.items():
            store.put(key, encoded(block), {})
        store.flush()
        assert store.result(b"x" * 16) is None
        for key, block in blocks.items():
            back = store.result(key)
            assert back is not None
            assert all(same_waveforms(a, b) for a, b in zip(block, decoded(back), strict=True))
        assert store.result(b"x" * 16) is None


def test_a_damaged_part_is_forgotten(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.put(b"k" * 16, None, {b"k" * 16: measured(3)})
        store.put(b"k" * 16, encoded(waveform_block(3)), {})
    for file in tmp_path.rglob("*.parquet"):
        file.write_bytes(file.read_bytes()[:100])
    with Store(tmp_path) as store:
        assert dict(store.measured([b"k" * 16])) == {}
        assert store.result(b"k" * 16) is None
        assert store.parts() == []
        store.put(b"k" * 16, None, {b"k" * 16: measured(3)})
        store.flush()
        assert same_measured(dict(store.measured([b"k" * 16]))[b"k" * 16], measured(3))


def test_numbers_that_changed_on_the_disk_are_no_results(tmp_path: Path) -> None:
    block = waveform_block(3, points=400)
    with Store(tmp_path) as store:
        store.put(b"k" * 16, encoded(block), {})
    (file,) = tmp_path.rglob("*.parquet")
    content = file.read_bytes()
    lost = 0
    for number, place in enumerate(range(200, len(content) - 1000, 400)):
        file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with Store(tmp_path / f"{number}") as other, Store(tmp_path) as store:
            other.merge(store)
            back = other.result(b"k" * 16)
        lost += back is None
        assert back is None or all(
            same_waveforms(a, b) for a, b in zip(block, decoded(back), strict=True)
        ), place
    assert lost


def test_an_index_that_breaks_costs_what_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    with Store(tmp_path) as store:
        monkeypatch.setattr(Index, "find", broken)
        assert dict(store.measured([b"k" * 16])) == {}
        assert store.result(b"k" * 16) is None
        assert "malformed" in store.problem


def test_of_too_many_waveforms_those_longest_unused_go(tmp_path: Path) -> None:
    with Store(tmp_path, largest=60_000) as store:
        for number in range(10):
            store.put(bytes([number]) * 16, encoded(waveform_block(4, 300, number)), {})
            store.put(bytes([number]) * 16, None, {bytes([number]) * 16: measured(4, number)})
            store.flush()
        sizes = [part.bytes for part in store.parts() if part.kind == "results"]
        assert 0 < sum(sizes) <= 60_000
        assert store.result(bytes([9]) * 16) is not None
        assert store.result(bytes([0]) * 16) is None
        assert store.count("metrics") == 10  # numbers are small: they stay
        files = {file.name for file in tmp_path.rglob("*.parquet")}
        assert files == {part.name for part in store.parts()}


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.put(b"k" * 16, None, {b"k" * 16: measured(3)})
        store.flush()
        folder = store.part_file("x").parent
    left = [folder / "metrics-0123.parquet", folder / ".results-4567.parquet.part"]
    for file in left:
        file.write_bytes(b"half")
    with Store(tmp_path):
        assert all(file.exists() for file in left)  # another command may be about to enter it
    for file in left:
        os.utime(file, (time.time() - 7200,) * 2)
    with Store(tmp_path) as store:
        assert not any(file.exists() for file in left)
        assert len(dict(store.measured([b"k" * 16]))) == 1


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_full_disk_costs_the_store_and_nothing_else(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(tmp_path) as store:
        store.put(b"a" * 16, None, {b"a" * 16: measured(3)})
        store.flush()

        def refuse(*args: object) -> None:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(os, "replace", refuse)
        store.put(b"b" * 16, None, {b"b" * 16: measured(3)})
        store.flush()
        assert os.strerror(code) in store.problem
        assert str(tmp_path) in store.problem
        assert "kept" in store.problem
        assert len(dict(store.measured([b"a" * 16, b"b" * 16]))) == 1
    assert not list(tmp_path.rglob("*.part"))


def test_a_folder_that_cannot_be_a_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match=r"store of results cannot be used.*--no-cache"):
        Store(tmp_path / "file")
    (tmp_path / f"index-{LAYOUT}.sqlite").write_text(
        "no database, and long enough to be seen as none"
    )
    with pytest.raises(InputError, match="store of results cannot be used"):
        Store(tmp_path)


def test_stores_are_merged(tmp_path: Path) -> None:
    for name, keys in {"one": "ab", "two": "bc"}.items():
        with Store(tmp_path / name) as store:
            for key in keys:
                store.put(key.encode() * 16, None, {key.encode() * 16: measured(3, ord(key))})
                store.flush()
    with Store(tmp_path / "one") as one, Store(tmp_path / "two") as two:
        assert one.merge(two) == 1
        assert one.merge(two) == 0
        found = dict(one.measured([key.encode() * 16 for key in "abc"]))
    assert all(same_measured(found[key.encode() * 16], measured(3, ord(key))) for key in "abc")


WRITER = """
import sys
sys.path[:0] = {path!r}
from pathlib import Path
from test_store import encoded, measured, waveform_block
from optospice.store.store import Store
with Store(Path({folder!r})) as store:
    for number in range(40):
        key = number.to_bytes(16, "big")
        store.put(key, None, {{key: measured(4, number)}})
        store.put(key, encoded(waveform_block(4, seed=number)), {{}})
        store.flush()
"""


def test_two_processes_use_one_store_side_by_side(tmp_path: Path) -> None:
    code = WRITER.format(path=[str(Path(__file__).parent), *sys.path], folder=str(tmp_path))
    both = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    with Store(tmp_path) as store:
        keys = [number.to_bytes(16, "big") for number in range(40)]
        found = dict(store.measured(keys))
        for number, key in enumerate(keys):
            assert same_measured(found[key], measured(4, number))
            assert store.result(key) is not None


def test_the_version_of_a_library_is_known_as_long_as_it_is_the_same(tmp_path: Path) -> None:
    library = tmp_path / "libngspice.so.0"
    library.write_bytes(b"one")
    installation = Installation(library, None)
    with Store(tmp_path / "store") as store:
        assert store.version_of(installation) == ""
        store.note_version(installation, "39")
        assert store.version_of(installation) == "39"
        library.write_bytes(b"another")
        assert store.version_of(installation) == ""


def test_where_the_store_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "off")
    assert default_folder() is None
    monkeypatch.setenv(VARIABLE, "/somewhere/else")
    assert default_folder() == Path("/somewhere/else")
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert default_folder() == Path("/caches/optospice")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert default_folder() == Path("/home/somebody/.cache/optospice")


def test_a_part_opens_in_pandas(tmp_path: Path) -> None:
    import pandas

    with Store(tmp_path) as store:
        store.put(b"k" * 16, None, {b"k" * 16: measured(4, fails=2)})
        store.flush()
        (part,) = store.parts()
        table = pandas.read_parquet(store.part_file(part.name))
    assert table["peak"].isna().tolist() == [False, False, True, False]
    assert json.loads(table["peak words"][0]) == ["A", "raw", "", False]
    assert table["message"][2] == "ngspice: singular matrix"


def test_an_index_that_is_locked_for_long_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("optospice.store.index.PATIENCE", 0.1)
    with Store(tmp_path) as store:
        other = sqlite3.connect(tmp_path / f"index-{LAYOUT}.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        store.put(b"k" * 16, None, {b"k" * 16: measured(3)})
        store.flush()
        assert "locked" in store.problem
        other.execute("ROLLBACK")
        other.close()
