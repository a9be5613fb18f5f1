"""Goldens of a stranger: no file outside is read as one, and none costs much."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from cli_project import Project, make_project
from watchdog import run_python

from optospice import files
from optospice.errors import InputError
from optospice.regression import command
from optospice.regression.golden import LARGEST_GOLDEN, read_golden, text_of, write_golden
from optospice.regression.stored import Golden

NAME = "own/pairs"
SOUND = '{"format": 1, "scenario": "own/pairs", "ngspice": "39", "devices": {}}'


@pytest.fixture
def project(tmp_path, monkeypatch, capsys) -> Project:
    return make_project(tmp_path / "project", monkeypatch, capsys)


@pytest.fixture
def golden(project) -> Path:
    return project.scenario.with_name("pairs.golden.json")


def test_a_golden_does_not_come_from_outside(project, golden):
    outside = project.folder.parent / "secret.json"
    outside.write_text(SOUND.replace("own/pairs", "$6$secret"))
    golden.symlink_to(outside)
    ended = project("regress", NAME)
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "pairs.golden.json: a link leads out of the scenario folders" in ended.err
    assert "$6$" not in ended.out + ended.err
    golden.unlink()
    golden.symlink_to("/etc/passwd")
    with pytest.raises(InputError, match="leads out of the scenario folders"):
        read_golden(golden)


def test_a_link_within_the_scenarios_is_read(project, golden):
    (project.folder / "scenarios" / "shared.json").write_text(SOUND)
    golden.symlink_to("../shared.json")
    found = read_golden(golden)
    assert found is not None
    assert found.scenario == NAME


@pytest.mark.parametrize("target", ["nowhere.json", "pairs.golden.json"])
def test_a_link_to_nothing_is_no_golden(project, golden, target):
    golden.symlink_to(target)
    assert read_golden(golden) is None


def test_a_name_that_is_too_long_for_a_golden_is_none(project):
    scenario = project.scenario.with_name("x" * 245 + ".toml")
    scenario.write_text(project.scenario.read_text())
    assert read_golden(scenario.with_name("x" * 245 + ".golden.json")) is None


def test_the_largest_golden_is_exact(golden):
    golden.write_text(SOUND + " " * (LARGEST_GOLDEN - len(SOUND)))
    assert LARGEST_GOLDEN == 2_000_000
    assert read_golden(golden) is not None
    golden.write_text(SOUND + " " * (LARGEST_GOLDEN + 1 - len(SOUND)))
    with pytest.raises(InputError, match="2000001 bytes; accepted: up to 2000000"):
        read_golden(golden)


def test_no_golden_is_written_that_could_not_be_read(golden, monkeypatch):
    one = Golden(scenario=NAME, ngspice="39", devices={})
    size = len(text_of(one).encode())
    monkeypatch.setattr("optospice.regression.golden.LARGEST_GOLDEN", size)
    assert read_golden(write_golden(golden, one)) == one
    before = golden.read_bytes()
    monkeypatch.setattr("optospice.regression.golden.LARGEST_GOLDEN", size - 1)
    with pytest.raises(InputError, match=f"{size} bytes; accepted: up to {size - 1}"):
        write_golden(golden, one)
    assert golden.read_bytes() == before


def _golden(runs: str = "{}", metrics: str = "{}", waveforms: str = "[]") -> str:
    device = f'{{"runs": {runs}, "metrics": {metrics}, "across": {{}}, "waveforms": {waveforms}}}'
    return SOUND.replace('"devices": {}', f'"devices": {{"q": {device}}}')


def _waveform(points: str) -> str:
    return f'[{{"run": "0001", "signal": "i", "unit": "A", "segments": [[{points}]]}}]'


_KEYS = "{" + ",".join(f'"{n}":0' for n in range(190_000)) + "}"
#: Each mistake was listed with its value: 1 MB of the first kind took 11 s and 1.7 GB.
WRONG = {
    "numbers for points": _golden(waveforms=_waveform(",".join(["0"] * 990_000))),
    "short points": _golden(waveforms=_waveform(",".join(["[0]"] * 490_000))),
    "segments": _golden(waveforms=_waveform("],[".join(["0"] * 490_000))),
    "waveforms": _golden(waveforms=f"[{','.join(['{}'] * 660_000)}]"),
    "values": _golden(metrics=f'{{"a":{{"unit":"1","values":[{",".join(["[]"] * 660_000)}]}}}}'),
    "runs": _golden(runs=_KEYS),
    "metrics": _golden(metrics=_KEYS),
    "devices": SOUND.replace('"devices": {}', f'"devices": {_KEYS}'),
    "keys": _KEYS,
    "brackets": "[" * 1_990_000,
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_large_wrong_golden_costs_little(kind, tmp_path):
    (tmp_path / "s.golden.json").write_text(WRONG[kind])
    assert LARGEST_GOLDEN * 0.9 < len(WRONG[kind]) <= LARGEST_GOLDEN
    code = """
from pathlib import Path
from optospice.errors import InputError
from optospice.regression.golden import read_golden
try:
    read_golden(Path("s.golden.json"))
except InputError as error:
    print(error)
"""
    ended = run_python(code, tmp_path, memory=1_000_000_000)
    assert ended.status == 0, ended.text[-2000:]
    assert "is not a golden" in ended.out
    assert len(ended.out) < 1000


def test_regressions_of_one_folder_do_not_mix(project, monkeypatch):
    """The folder of the figures is claimed from before the simulation until all is written."""
    held: list[str] = []

    def is_held(where: str) -> None:
        with (
            pytest.raises(InputError, match="moved: another run writes"),
            files.claimed(Path("moved"), 0.0),
        ):
            pass
        held.append(where)

    simulated, write = command.simulated, command._write

    def simulates(*given: object) -> Iterator[object]:
        is_held("simulation")
        yield from simulated(*given)

    def writes(*given: object) -> None:
        write(*given)
        is_held("writing")

    monkeypatch.setattr(command, "simulated", simulates)
    monkeypatch.setattr(command, "_write", writes)
    assert project("regress", NAME, "--out", "moved").code == 0
    assert held == ["simulation", "writing"]
    with files.claimed(Path("moved"), 0.0):  # it is free again
        ended = project("regress", NAME, "--out", "moved")
    assert ended.code == 2
    assert ended.err.startswith("optospice: moved: another run writes its results there")
    assert held == ["simulation", "writing"]


def test_figures_do_not_leave_the_project_through_a_link(project):
    outside = project.folder.parent / "home"
    outside.mkdir()
    (project.folder / "moved").symlink_to(outside)
    ended = project("regress", NAME, "--out", "moved")
    assert ended.code == 2
    assert "leads out of the working folder" in ended.err
    assert not list(outside.iterdir())


def test_a_golden_is_json_only(golden):
    """Numbers and texts that are no JSON numbers end in a sentence."""
    for value in ("NaN", "Infinity", "1e999", '"\\ud800"'):
        text = _golden(waveforms=_waveform(f"[0.0, 0.0], [1.0, {value}]"))
        golden.write_text(text)
        with pytest.raises(InputError, match="is not a golden"):
            read_golden(golden)
    assert json.loads(SOUND)


def _points(rows: int = 3, **options: object) -> bytes:
    """Parquet with the columns of a golden, all of them zero."""
    kinds = {"series": "i4", "segment": "i4", "x": "f8", "y": "f8", "corner": "?"}
    columns = {name: np.zeros(rows, kind) for name, kind in kinds.items()}
    schema = pyarrow.schema(
        [pyarrow.field(n, pyarrow.from_numpy_dtype(v.dtype), False) for n, v in columns.items()]
    )
    buffer = io.BytesIO()
    table = pyarrow.table(columns, schema=schema)
    pyarrow.parquet.write_table(table, buffer, **options)
    return buffer.getvalue()


PLAIN = {"use_dictionary": False, "compression": "none"}
#: Small files that would fill the memory, or hold something other than plain numbers.
HOSTILE = {
    "dictionary": lambda: _points(10_000_000, compression="none"),
    "compressed": lambda: _points(2_000_000, use_dictionary=False, compression="zstd"),
    "split": lambda: _points(30, use_dictionary=False, compression="none", row_group_size=1),
    "other": lambda: _points(**PLAIN).replace(b"PAR1", b"PAR2"),
    "cut": lambda: _points(**PLAIN)[:-200],
    "nothing": lambda: b"",
    "encoded": lambda: _points(use_dictionary=False, compression="none",
                               column_encoding={"x": "BYTE_STREAM_SPLIT"}),
}  # fmt: skip
#: The points of each are read as the second file of a golden with one waveform.
READ = """
from pathlib import Path
from optospice.errors import InputError
from optospice.regression.golden import read_golden
for number in range(COUNT):
    Path("s.golden.parquet").write_bytes(Path(f"{number}.bin").read_bytes())
    try:
        read_golden(Path("s.golden.json"))
    except InputError as error:
        print(error)
    else:
        print("read")
"""


def _read_points(folder: Path, contents: list[bytes]) -> list[str]:
    waveforms = '[{"run": "0001", "signal": "i", "unit": "A"}]'
    points = '"format": 2, "points": "' + "0" * 64 + '"'
    text = _golden(waveforms=waveforms).replace('"format": 1', points)
    (folder / "s.golden.json").write_text(text)
    for number, content in enumerate(contents):
        (folder / f"{number}.bin").write_bytes(content)
    ended = run_python(READ.replace("COUNT", str(len(contents))), folder, seconds=60)
    assert ended.status == 0, ended.text[-2000:]
    return ended.out.splitlines()


def test_hostile_points_cost_little(tmp_path):
    contents = [make() for make in HOSTILE.values()]
    assert max(map(len, contents)) < LARGEST_GOLDEN
    told = _read_points(tmp_path, contents)
    for kind, line in zip(HOSTILE, told, strict=True):
        assert line.startswith("s.golden.parquet: is not a golden ("), (kind, line)
        assert len(line) < 400


def test_changed_points_end_in_a_sentence(tmp_path):
    """One to four bytes of a sound file, anywhere in it."""
    chance, sound = random.Random(11), _points(**PLAIN)
    contents = [sound]
    for _ in range(300):
        changed = bytearray(sound)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        contents.append(bytes(changed))
    told = _read_points(tmp_path, contents)
    assert len(told) == len(contents)
    assert "does not belong to s.golden.json" in told[0]
    for line in told:
        assert line.startswith("s.golden.parquet: "), line


def test_the_points_of_a_golden_do_not_come_from_outside(project, golden):
    assert project("regress", "--update", NAME).code == 0
    points, outside = golden.with_suffix(".parquet"), project.folder.parent / "secret"
    points.rename(outside)
    points.symlink_to(outside)
    ended = project("regress", NAME)
    assert ended.code == 2
    assert "pairs.golden.parquet: a link leads out of the scenario folders" in ended.err


def test_the_largest_points_are_exact(project, golden):
    assert project("regress", "--update", NAME).code == 0
    points = golden.with_suffix(".parquet")
    points.write_bytes(b"PAR1" * (LARGEST_GOLDEN // 4))
    with pytest.raises(InputError, match="parquet: is not a golden"):
        read_golden(golden)
    points.write_bytes(b"PAR1" * (LARGEST_GOLDEN // 4) + b"1")
    with pytest.raises(InputError, match="2000001 bytes; accepted: up to 2000000"):
        read_golden(golden)
