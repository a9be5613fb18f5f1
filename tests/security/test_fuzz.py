"""Mutated files end well or in one sentence of the product, within a time and a memory.

The inputs follow from their numbers (`fuzz_inputs`); each finding is repeated by
``python tests/security/fuzz_reading.py NUMBER NUMBER+1`` in an empty folder.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from fuzz_inputs import KINDS, Input, is_whole, make_input
from fuzz_reading import SECONDS, make_project
from watchdog import refused, run_command, run_python

HERE = Path(__file__).parent
BATCH = 100

#: The commands that read each kind of file.
COMMANDS = {
    "scenario": (("run", "s"), ("show", "s"), ("calibrate", "s", "--free", "r3")),
    "card": (("show", "q"), ("check", "q")),
    "golden": (("regress", "s"),),
    "record": (("calibrate", "s", "--free", "r3", "--data", "m.csv", "--device", "q"),),
    "mapping": (("calibrate", "s", "--free", "r3", "--data", "m.csv", "--device", "q"),),
    "library": (("check", "q"), ("adopt", "netlists/devices/q.lib", "q", "--name", "z")),
}


def read_all(start: int, folder: Path) -> None:
    """Read one batch in a process of its own and hold how each input ended."""
    code = (
        f"import sys; sys.path[:0] = [{str(HERE)!r}, {str(HERE.parent)!r}]\n"
        f"from fuzz_reading import read_batch\nread_batch({start}, {start + BATCH})"
    )
    ended = run_python(code, folder, memory=None, seconds=BATCH)
    told = [json.loads(line) for line in ended.out.splitlines()]
    assert ended.status == 0, f"{told[-1:]}: {ended.err[-2000:]}"
    reports = [report for report in told if "end" in report]
    assert [report["number"] for report in reports] == list(range(start, start + BATCH))
    fell = [report for report in reports if report["end"] not in ("read", "refused")]
    assert not fell, "\n".join(f"{report['number']}: {report['said']}" for report in fell)
    assert max(report["seconds"] for report in reports) < SECONDS
    assert all(report["said"] for report in reports if report["end"] == "refused")
    # the readers are reached: some inputs are sound, most are not
    assert {report["end"] for report in reports} == {"read", "refused"}


@pytest.mark.parametrize("start", range(0, 200, BATCH))
def test_each_of_200_inputs_ends_well_or_in_a_sentence(start: int, tmp_path: Path) -> None:
    read_all(start, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(200, 2000, BATCH))
def test_each_of_2000_inputs_ends_well_or_in_a_sentence(start: int, tmp_path: Path) -> None:
    read_all(start, tmp_path)


def run_one(number: int, folder: Path) -> None:
    """Bring one input to a command that reads it; it says its piece without a traceback."""
    given = make_input(number)
    make_project(folder, given)
    words = COMMANDS[given.kind]
    ended = run_command(*words[number % len(words)], folder=folder)
    assert "Traceback" not in ended.text, ended.text
    assert ended.status in (0, 1, 2), ended.text


@pytest.mark.parametrize("number", range(5000, 5000 + len(KINDS) // 2))
def test_commands_end_without_a_traceback(number: int, tmp_path: Path) -> None:
    run_one(number, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(5000 + len(KINDS) // 2, 5020))
def test_more_commands_end_without_a_traceback(number: int, tmp_path: Path) -> None:
    run_one(number, tmp_path)


def test_the_same_number_gives_the_same_input() -> None:
    first, again = make_input(17), make_input(17)
    assert first == again
    assert {make_input(number).kind for number in range(len(KINDS))} == set(KINDS)
    assert len({make_input(number).data for number in range(200)}) > 190


def test_half_of_the_inputs_keep_their_syntax() -> None:
    whole = [make_input(number) for number in range(2000) if is_whole(number)]
    assert len(whole) == 1000
    for given in whole:
        text = given.data.decode()
        if given.kind in ("scenario", "card", "mapping"):
            tomllib.loads(text)
        elif given.kind == "golden":
            json.loads(text)
        elif given.kind == "record":
            assert len(text.splitlines()) >= 60
        else:
            assert text.count("\n") >= 5
    assert {given.kind for given in whole} == set(KINDS)


@pytest.mark.parametrize("kind", ["unnamed", "long_card", "long_key"])
def test_what_the_inputs_found_costs_one_short_sentence(kind: str, tmp_path: Path) -> None:
    make_project(tmp_path, Input(0, "mapping", b"[measurement]\n"))
    library = tmp_path / "netlists/devices/q.lib"
    scenario = tmp_path / "scenarios/s.toml"
    words = ("adopt", "netlists/devices/q.lib", "q", "--name", "z")
    if kind == "long_key":
        scenario.write_text("a" * 30_000 + " = 1\n" + scenario.read_text())
        words = ("show", "s")
    elif kind == "long_card":
        library.write_text(library.read_text() + "." + "a" * 30_000 + "\n")
        words = ("show", "q")
    else:
        library.write_text(library.read_text() + ".subckt\n.ends\n")
    refused(run_command(*words, folder=tmp_path), "s.toml" if kind == "long_key" else "q.lib")
