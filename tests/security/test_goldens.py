"""Goldens of a stranger: no file outside is read as one, and none costs much."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

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
