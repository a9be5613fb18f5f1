"""Records: what they are computed from, when they are out of date, and the command."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from optospice import evidence
from optospice.calibration.scores import prepared
from optospice.cli import main
from optospice.errors import InputError
from optospice.evidence.claims import key_of
from optospice.evidence.comparison import comparison_table
from optospice.evidence.record import Record, merged, write

Command = Callable[..., int]


@pytest.fixture
def command(project: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command line in the project, and give its exit status."""

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["optospice", *arguments])
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    return run


def record_of(name: str = "tiny") -> Record:
    """Give a record without any score, of the device as it stands."""
    device, experiments = prepared(name)
    return Record(
        device=name, key=key_of(device, experiments), optospice="0", ngspice="39",
        fitted=["r", "k"], claims=[],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        ("scenarios/currents.toml", "Currents of a resistor", "Other words", False),
        ("scenarios/currents.toml", 'source = "a test"', 'source = "Fig. 1"', False),
        ("netlists/devices/tiny.toml", 'source = "a test"', 'source = "Fig. 1"', False),
        ("netlists/devices/tiny.lib", "* a resistor", "* one resistor", False),
        ("scenarios/currents.toml", 'tolerance = "5 %"', 'tolerance = "6 %"', True),
        ("scenarios/currents.toml", '"2 V", "3 V"', '"2 V", "3 V", "4 V"', True),
        ("scenarios/currents.toml", 'kind = "printed"', 'kind = "digitised"', True),
        ("netlists/devices/tiny.lib", "r=1meg", "r=1.01meg", True),
        ("netlists/devices/tiny.lib", "R1 p n {r}", "R1 p n {2*r}", True),
        ("netlists/devices/tiny.toml", '["one", "two"]', '["one"]', True),
        ("netlists/devices/tiny.toml", "[0, 3.1]", "[0, 3.2]", True),
    ],
)
def test_a_record_is_out_of_date_when_a_number_may_be_another(
    project: Path, file: str, old: str, new: str, stale: bool
) -> None:
    record = record_of()
    assert not evidence.is_stale(record)
    text = (project / file).read_text()
    assert old in text
    (project / file).write_text(text.replace(old, new))
    assert evidence.is_stale(record) is stale


def test_another_scenario_with_claims_makes_it_out_of_date(project: Path) -> None:
    record = record_of()
    text = (project / "scenarios" / "currents.toml").read_text()
    other = text.replace('device = "tiny"', 'device = "pbs_rc"')
    (project / "scenarios" / "more.toml").write_text(other)
    assert not evidence.is_stale(record)
    (project / "scenarios" / "more.toml").write_text(text)
    assert evidence.is_stale(record)


@pytest.mark.parametrize(
    "line", ['claims_of = "tiny"\n', '[expectations.tiny]\nreason = "it is shown beside"\n']
)
def test_a_device_that_is_not_the_scenarios_own_is_judged_where_it_is_named(
    project: Path, line: str
) -> None:
    own = record_of()
    file = project / "scenarios" / "currents.toml"
    text = file.read_text().replace('device = "tiny"', 'device = "pbs_rc"')
    file.write_text(text)
    with pytest.raises(InputError, match="no scenario holds a claim"):
        prepared("tiny")
    file.write_text(line + text if line.startswith("claims") else text + line)
    device, (experiment,) = prepared("tiny")
    assert {run.device.name for run in experiment.runs("tiny")} == {"tiny"}
    assert len(experiment.targets) == 5
    assert own.key != key_of(device, [experiment]) or line.startswith("[")


def test_a_record_is_written_read_and_completed(project: Path) -> None:
    assert evidence.load("tiny") is None
    record = record_of()
    file = write(record)
    assert file == Path("netlists/evidence/tiny.json")
    assert evidence.load("tiny") == record
    newer = record.model_copy(update={"key": "other"})
    assert merged(record, newer) == newer
    assert evidence.load("../devices/tiny") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "tiny.json"),
        ('{"device": "tiny"}', "is missing"),
        ("[]", "tiny.json"),
    ],
)
def test_a_file_that_is_no_record(project: Path, text: str, message: str) -> None:
    (project / "netlists" / "evidence").mkdir()
    (project / "netlists" / "evidence" / "tiny.json").write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        evidence.load("tiny")
    assert "optospice evidence tiny --update" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_command_computes_writes_shows_and_compares(
    project: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--draws", "20", "--update", "--workers", "1"]
    assert command("show", "tiny") == 0
    assert "optospice evidence tiny --update" in capsys.readouterr().out
    assert command("evidence", "tiny", *options, "--out", "tiny.md") == 0
    told = capsys.readouterr()
    assert "evidence: random sets: 1 of 1: currents, 60 runs" in told.err
    assert "2 of 5 claims are weak" in told.out
    assert "of 3 numbers 2 are predicted by the others, 0 missed, 1 cannot be" in told.out
    record = evidence.load("tiny")
    assert record is not None
    assert record.leave_one_out is not None
    rows = {row.id: row for row in record.leave_one_out.rows}
    assert rows["one"].error == pytest.approx(0.6, abs=0.01)
    assert [row.word for row in rows.values()] == ["predicted", "predicted", "cannot be predicted"]
    titles = [title for title, _ in evidence.markdown_sections(record)]
    assert titles == ["Null score", "Fragility", "Leave-one-out"]
    assert all(f"## {title}" in (project / "tiny.md").read_text() for title in titles)
    # what is not asked for stays as it is
    assert command("evidence", "tiny", "--only", "null", *options, "--seed", "7") == 0
    again = evidence.load("tiny")
    assert again is not None
    assert again.null is not None
    assert again.null.seed == 7
    assert again.fragility == record.fragility
    capsys.readouterr()
    assert command("show", "tiny") == 0
    shown = capsys.readouterr().out
    assert "Null score: 20 random sets" in shown
    assert "out of date" not in shown
    assert command("evidence", "--compare", "tiny", "--json") == 0
    compared = json.loads(capsys.readouterr().out)["tiny"]
    assert compared["fitted parameters"] == "2"
    assert compared["left out and predicted / missed / not predictable"] == "2 / 0 / 1"
    library = project / "netlists" / "devices" / "tiny.lib"
    library.write_text(library.read_text().replace("r=1meg", "r=1.1meg"))
    assert command("evidence", "--compare", "tiny", "--out", "table.md") == 0
    assert "the record is out of date" in capsys.readouterr().out
    assert "| record | out of date |" in (project / "table.md").read_text()
    assert command("show", "tiny") == 0
    assert "out of date" in capsys.readouterr().out


def test_a_device_without_scores_has_a_column_too(project: Path) -> None:
    head, rows = comparison_table([record_of(), record_of().model_copy(update={"device": "b"})])
    assert head == ["", "tiny", "b"]
    assert ["fitted parameters", "2", "2"] in rows


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tinny"], "device = 'tinny': there is no such device; did you mean 'tiny'"),
        (["tiny", "--factor", "1"], "--factor 1: accepted: above 1"),
        (["tiny", "--draws", "0"], "--draws 0: accepted: 1 to"),
        (["tiny", "--only", "nul"], "--only 'nul': did you mean 'null'?"),
        (["tiny", "--out", "x.csv"], "--out x.csv: accepted: a file .md or .json"),
        (["si_led_zhao2018"], "no scenario holds a claim of a publication"),
        (["--compare", "tiny"], "there is no record of 'tiny'"),
        (["--compare", "tinny"], "did you mean 'tiny'"),
        (["--compare", "tiny", "--update"], "--compare and --update"),
    ],
)
def test_what_cannot_be_used_ends_with_2(
    command: Command, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert command("evidence", *arguments) == 2
    told = capsys.readouterr()
    assert message in told.err.splitlines()[-1]
    assert "Traceback" not in told.err
    assert not told.out
