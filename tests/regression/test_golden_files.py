"""The two files of a golden: metrics as JSON, points as parquet; whole, together, or not at all."""

from __future__ import annotations

import json

import numpy as np
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from regression_project import Project

from optospice import files
from optospice.errors import InputError
from optospice.regression import golden as module
from optospice.regression.golden import points_file, read_golden, text_of, write_golden
from optospice.regression.points import columns_in, columns_of, digest_of, parquet_of, rows_in
from optospice.regression.stored import Golden, GoldenDevice, GoldenWaveform

NAME = "lab/pairs"
number = st.floats(allow_nan=False, allow_infinity=False)
point = st.one_of(st.tuples(number, number), st.tuples(number, number, st.just("corner")))
rows_of_points = st.lists(
    st.lists(st.lists(point, min_size=1, max_size=4), min_size=1, max_size=3), max_size=4
)


@settings(max_examples=50, deadline=None)
@given(rows_of_points)
def test_points_come_back(rows):
    columns = columns_of(rows)
    back = columns_in(parquet_of(columns))
    assert rows_in(back, len(rows)) == rows
    assert digest_of(back) == digest_of(columns)


def test_the_digest_tells_any_change():
    rows = [[[(0.0, 1.0), (1.0, 2.0, "corner")]], [[(0.0, 3.0), (2.0, 4.0)]]]
    digests = {digest_of(columns_of(rows))}
    digests.add(digest_of(columns_of(rows[::-1])))
    digests.add(digest_of(columns_of([[[(0.0, 1.0), (1.0, 2.0)]], rows[1]])))
    digests.add(digest_of(columns_of([[rows[0][0], rows[1][0]]])))
    digests.add(digest_of(columns_of([rows[0], [[(0.0, 3.0), (2.0, np.nextafter(4.0, 5))]]])))
    assert len(digests) == 5


def test_a_table_of_plain_numbers_stands_beside_the_metrics(project: Project):
    project.regress("--update", NAME)
    table = pyarrow.parquet.read_table(project.points)
    assert table.column_names == ["series", "segment", "x", "y", "corner"]
    stored = json.loads(project.golden.read_text())
    assert stored["format"] == 2
    kept = stored["devices"]["synapse"]["waveforms"]
    assert [set(one) for one in kept] == [{"run", "signal", "unit"}] * 2
    assert set(table.column("series").to_pylist()) == {0, 1}
    golden = read_golden(project.golden)
    first = golden.devices["synapse"].waveforms[0].segments[0]
    assert list(first[1][:2]) == [table.column("x")[1].as_py(), table.column("y")[1].as_py()]


def test_points_that_are_gone_are_one_sentence(project: Project):
    project.regress("--update", NAME)
    project.points.unlink()
    code, told = project.regress(NAME)
    assert (code, told.count("\n")) == (2, 1)
    assert "pairs.golden.parquet: there is no such file; accepted: the one that was" in told


def test_points_of_another_golden_are_one_sentence(project: Project):
    project.regress("--update", NAME)
    columns = columns_in(project.points.read_bytes())
    columns["y"] = columns["y"] * 1.0001
    project.points.write_bytes(parquet_of(columns))
    code, told = project.regress(NAME)
    assert (code, told.count("\n")) == (2, 1)
    assert "pairs.golden.parquet: does not belong to pairs.golden.json" in told


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c: {**c, "series": c["series"] + 1}, "is out of order"),
        (lambda c: {**c, "series": c["series"][::-1].copy()}, "is out of order"),
        (lambda c: {**c, "series": c["series"] * 0}, "is out of order|series 1 is missing"),
        (lambda c: {n: v[c["series"] == 0] for n, v in c.items()}, "series 1 is missing"),
        (lambda c: {**c, "y": c["y"] * np.inf}, "not finite"),
        (lambda c: {n: v for n, v in c.items() if n != "corner"}, "accepted: series, segment"),
        (lambda c: {**c, "x": c["series"]}, "x is INT32; accepted: DOUBLE"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_points_in_another_order_are_one_sentence(project: Project, change, reason):
    project.regress("--update", NAME)
    project.points.write_bytes(parquet_of(change(columns_in(project.points.read_bytes()))))
    with pytest.raises(InputError, match=f"parquet: is not a golden .*({reason})"):
        read_golden(project.golden)


def test_points_run_forward(project: Project):
    project.regress("--update", NAME)
    columns = columns_in(project.points.read_bytes())
    columns["x"] = -columns["x"]
    project.points.write_bytes(parquet_of(columns))
    told = json.loads(project.golden.read_text()) | {"points": digest_of(columns)}
    project.golden.write_text(json.dumps(told))
    with pytest.raises(InputError, match=r"is not a golden .*times must increase"):
        read_golden(project.golden)


def small(value: float = 1.0, waveform: bool = True) -> Golden:
    segments = (((0.0, 0.0), (1.0, value)),)
    kept = GoldenWaveform(run="0001", signal="i(p)", unit="A", segments=segments)
    device = GoldenDevice(
        runs={"0001": {}}, metrics={}, across={}, waveforms=(kept,) if waveform else ()
    )
    return Golden(scenario=NAME, ngspice="39", devices={"q": device})


def test_both_files_are_written_or_none(tmp_path, monkeypatch):
    file = tmp_path / "pairs.golden.json"

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def write(golden: Golden) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(module, "write_text", fails)
            with pytest.raises(InputError, match=r"cannot be written \(No space left"):
                write_golden(file, golden)

    write(small(1.0))
    assert not list(tmp_path.iterdir())
    write_golden(file, small(1.0))
    write(small(2.0))
    assert read_golden(file) == small(1.0)
    with monkeypatch.context() as patch:
        patch.setattr(module, "write_bytes", fails)
        with pytest.raises(InputError):
            write_golden(file, small(2.0))
    assert read_golden(file) == small(1.0)
    assert not [one for one in tmp_path.iterdir() if files.is_part(one.name)]


def test_without_points_there_is_no_second_file(tmp_path):
    file = tmp_path / "pairs.golden.json"
    write_golden(file, small())
    assert points_file(file).is_file()
    write_golden(file, small(waveform=False))
    assert not points_file(file).exists()
    assert read_golden(file) == small(waveform=False)


def before(project: Project) -> dict:
    """Replace a golden by one in the form before: points among the metrics."""
    project.regress("--update", NAME)
    golden = read_golden(project.golden)
    old = {**golden.model_dump(exclude={"points"}), "format": 1}
    for device in old["devices"].values():
        del device["curves"]
        for metric in device["metrics"].values():  # within the tolerance, and not what is now
            metric["values"] = [value * (1 + 1e-5) for value in metric["values"]]
    project.golden.write_text(json.dumps(old))
    project.points.unlink()
    return json.loads(project.golden.read_text())


def test_the_form_before_is_read_and_told(project: Project):
    before(project)
    code, told = project.regress(NAME)
    assert code == 0, told
    assert "2 of 2 waveforms" in told
    assert "pairs.golden.json: holds its points among the metrics, as before; " in told
    assert f"--update {NAME}` moves them to pairs.golden.parquet" in told
    assert not project.points.exists()


def test_an_update_of_the_form_before_changes_no_number(project: Project):
    old = before(project)
    code, told = project.regress("--update", NAME)
    assert code == 0
    assert "its points moved to pairs.golden.parquet, no number changed" in told
    new = json.loads(project.golden.read_text())
    assert new["format"] == 2
    own, then = new["devices"]["synapse"], old["devices"]["synapse"]
    assert (own["runs"], own["metrics"], own["across"]) == (
        then["runs"], then["metrics"], then["across"]
    )  # fmt: skip
    golden = read_golden(project.golden)
    kept = golden.model_dump(mode="json")["devices"]["synapse"]["waveforms"]
    assert kept == then["waveforms"]
    assert text_of(golden) == project.golden.read_text()
    assert "as before" not in project.regress(NAME)[1]


def test_the_form_before_holds_its_points(project: Project):
    project.regress("--update", NAME)
    project.golden.write_text(project.golden.read_text().replace('"format": 2', '"format": 1'))
    with pytest.raises(InputError, match=r"is not a golden .*without points"):
        read_golden(project.golden)


def test_where_the_package_is_installed_targets_alone_are_judged(project: Project, monkeypatch):
    """One sentence for all of them; a target that is missed is still red."""
    other = project.scenario.with_name("other.toml")
    other.write_text(project.scenario.read_text())
    home = project.folder / "_library"
    monkeypatch.setattr(module, "packaged_folder", lambda: home)
    (project.folder / "scenarios").rename(project.folder / "moved")
    home.mkdir()
    (project.folder / "moved").rename(home / "scenarios")
    names = [str(home / "scenarios/lab" / name) for name in ("pairs.toml", "other.toml")]
    code, told = project.regress(*names)
    assert code == 0, told
    assert told.count("are not installed: their targets alone are judged") == 1
    assert "2 of 2 targets, 0 of 0 metrics, 0 of 0 waveforms as expected; 2 without" in told
    assert project.regress(*names, "--strict")[0] == 1
    code, told = project.regress("--update", names[0])
    assert code == 2
    assert "belongs to the installed package" in told
    file = home / "scenarios/lab/pairs.toml"
    file.write_text(file.read_text().replace('"100 %"', '"150 %"'))
    code, told = project.regress(*names)
    assert code == 1
    assert "failed  target T1" in told
