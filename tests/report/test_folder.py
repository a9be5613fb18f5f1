"""The folder explains the run, runs again, and never costs anybody a file."""

from __future__ import annotations

import errno
import math
import os
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas
import pyarrow.parquet
import pytest
from report_scenarios import PAIR, PULSE

from optospice.errors import InputError
from optospice.report import folder as folder_module
from optospice.report.folder import prepare_folder, write_results
from optospice.scenario.load import load_scenario
from optospice.sweep.record import ScenarioResult

Make = Callable[..., ScenarioResult]
RISING = [0.551, 0.6, 0.7, 0.8, 0.9, 0.95]
ARGV = ["optospice", "run", "example", "--set", 'protocol.tail="9 s"']


def test_every_file_is_there_and_nothing_temporary(simulated: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"
    prepare_folder(out)
    files = write_results(simulated(PAIR), out, ARGV)
    found = {file.relative_to(out).as_posix() for file in out.rglob("*") if file.is_file()}
    assert {file.relative_to(out).as_posix() for file in files} == found
    ids = [f"000{number}" for number in range(1, 7)]
    assert found == {
        "scenario.toml",
        "log.txt",
        "runs.csv",
        "runs.parquet",
        "targets.csv",
        *(f"netlists/{run}.cir" for run in ids),
        *(f"waveforms/{run}.parquet" for run in ids),
        "figures/waveforms.png",
        "figures/paired_pulse_index.png",
    }


def test_the_scenario_as_run_loads_again_with_its_changes(hand_made: Make, tmp_path: Path) -> None:
    change = 'parameters.r3="30 Mohm"'
    result = hand_made(PAIR, "paired_pulse_index", RISING, settings=[change])
    write_results(result, tmp_path / "out", ARGV)
    again = load_scenario(str(tmp_path / "out" / "scenario.toml"))
    assert again.scenario == result.loaded.scenario
    assert again.data == result.loaded.data
    log = (tmp_path / "out" / "log.txt").read_text()
    assert f"optospice run {tmp_path / 'out' / 'scenario.toml'} --run 0001" in log


@pytest.mark.skipif(shutil.which("ngspice") is None, reason="no ngspice program")
def test_plain_ngspice_runs_a_netlist_of_the_folder(hand_made: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_results(hand_made(PAIR, "paired_pulse_index", RISING), out, ARGV)
    (line,) = [li for li in (out / "log.txt").read_text().splitlines() if "ngspice -n -b" in li]
    done = subprocess.run(line.split(), cwd=out, capture_output=True, check=True, timeout=60)
    assert b"No. of Data Rows" in done.stdout
    assert (out / "0001.raw").stat().st_size > 1000


def test_runs_are_in_si_with_the_unit_in_the_name(simulated: Make, tmp_path: Path) -> None:
    result = simulated(PAIR)
    write_results(result, tmp_path / "out", ARGV)
    for frame in (
        pandas.read_csv(tmp_path / "out" / "runs.csv", dtype={"id": str}),
        pandas.read_parquet(tmp_path / "out" / "runs.parquet"),
    ):
        assert list(frame["id"]) == [record.run.id for record in result.records]
        assert list(frame["protocol.interval"]) == ["1 s", "2 s", "5 s", "10 s", "20 s", "40 s"]
        assert list(frame["protocol.interval [s]"]) == [1, 2, 5, 10, 20, 40]
        assert (frame["parameters.r3 [ohm]"] == 25e6).all()
        assert (frame["temperature [K]"] == 300.15).all()
        wanted = [record.metrics["paired_pulse_index"].value for record in result.records]
        assert np.array_equal(frame["paired_pulse_index [1]"], wanted)  # to the last digit
        assert frame["draw"].isna().all()
        assert (frame["status"] == "ok").all()
        assert (frame["ngspice"].astype(str) == "39").all() or result.ngspice != "39"
    schema = pyarrow.parquet.read_schema(tmp_path / "out" / "runs.parquet")
    notes = schema.field("paired_pulse_index [1]").metadata
    assert notes[b"unit"] == b"1"
    assert notes[b"definition"].startswith(b"A2 / A1")


def test_swept_parameters_and_temperatures_become_numbers_once(
    hand_made: Make, tmp_path: Path
) -> None:
    swept = PULSE + '[sweep]\n"parameters.r3" = ["30 Mohm", 4e7]\ntemperature = ["27 degC"]\n'
    result = hand_made(swept, "postsynaptic_current_amplitude", [5e-7, 4e-7], "A")
    write_results(result, tmp_path / "out", ARGV)
    frame = pandas.read_parquet(tmp_path / "out" / "runs.parquet")
    assert list(frame["parameters.r3"]) == ["30 Mohm", "40000000.0"]
    assert list(frame["parameters.r3 [ohm]"]) == [3e7, 4e7]
    assert list(frame["temperature [K]"]) == pytest.approx([300.15, 300.15])
    assert not frame.columns.duplicated().any()


def test_failed_runs_are_in_the_table_and_in_the_log(hand_made: Make, tmp_path: Path) -> None:
    result = hand_made(PAIR, "paired_pulse_index", [math.nan, *RISING[1:]], failed=["0003"])
    write_results(result, tmp_path / "out", ARGV)
    frame = pandas.read_csv(tmp_path / "out" / "runs.csv", dtype={"id": str}, index_col="id")
    assert frame.loc["0003", "status"] == "failed"
    assert frame.loc["0003", "message"] == "ngspice: timestep too small"
    assert math.isnan(frame.loc["0001", "paired_pulse_index [1]"])
    log = (tmp_path / "out" / "log.txt").read_text()
    assert "0003 (protocol.interval = 5 s): ngspice: timestep too small" in log
    assert "optospice run example --set 'protocol.tail=\"9 s\"'" in log
    assert "ngspice 39" in log
    assert not (tmp_path / "out" / "waveforms" / "0003.parquet").exists()
    assert (tmp_path / "out" / "netlists" / "0003.cir").exists()


def test_the_table_of_targets_is_in_si_units(hand_made: Make, tmp_path: Path) -> None:
    write_results(hand_made(PAIR, "paired_pulse_index", RISING), tmp_path / "out", ARGV)
    frame = pandas.read_csv(tmp_path / "out" / "targets.csv", index_col="id")
    assert float(frame.loc["short", "published"]) == pytest.approx(0.551)
    assert frame.loc["short", "simulated"] == pytest.approx(0.551)
    assert str(frame.loc["short", "unit"]) == "1"
    assert frame.loc["short", "shown"] in ("55.1 %", "55.10 %")
    assert frame.loc["rising", "published"] == "increasing with interval"


def test_a_scenario_without_targets_still_has_the_head_of_the_table(
    hand_made: Make, tmp_path: Path
) -> None:
    text = PULSE[: PULSE.index("[[targets]]")]
    result = hand_made(text, "postsynaptic_current_amplitude", [5e-7], "A")
    write_results(result, tmp_path / "out", ARGV)
    assert (tmp_path / "out" / "targets.csv").read_text().startswith("id,metric,device")


def test_waveforms_have_time_first_and_their_units(hand_made: Make, tmp_path: Path) -> None:
    result = hand_made(PULSE, "postsynaptic_current_amplitude", [5e-7], "A")
    write_results(result, tmp_path / "out", ARGV)
    table = pyarrow.parquet.read_table(tmp_path / "out" / "waveforms" / "0001.parquet")
    assert table.column_names == ["time", "i(p)", "v(p)", "e(light)"]
    units = [table.schema.field(name).metadata[b"unit"] for name in table.column_names]
    assert units == [b"s", b"A", b"V", b"W/m^2"]
    original = result.records[0].waveforms
    assert original is not None
    assert np.array_equal(table["i(p)"].to_numpy(), original["i(p)"])


@pytest.mark.parametrize(
    ("failed", "written"),
    [([], ["0001"]), (["0003"], ["0001", "0003"]), (["0001", "0002", "0004"], ["0001", "0002"])],
)
def test_of_a_long_sweep_the_first_netlist_and_those_that_failed_are_written(
    hand_made: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failed: list[str],
    written: list[str],
) -> None:
    monkeypatch.setattr(folder_module, "MOST_NETLISTS", 2)
    out = tmp_path / "out"
    write_results(hand_made(PAIR, "paired_pulse_index", RISING, failed=failed), out, ARGV)
    assert sorted(file.stem for file in (out / "netlists").iterdir()) == written
    assert f"optospice netlist {out} --run ID" in (out / "log.txt").read_text()


def test_an_earlier_run_is_replaced_and_other_files_stay(hand_made: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_results(hand_made(PAIR, "paired_pulse_index", RISING), out, ARGV)
    (out / "my_notes.txt").write_text("precious")
    prepare_folder(out)
    assert (out / "runs.csv").exists()  # an interrupted second run costs nothing
    write_results(hand_made(PULSE, "postsynaptic_current_amplitude", [5e-7], "A"), out, ARGV)
    assert [file.name for file in (out / "netlists").iterdir()] == ["0001.cir"]
    assert not (out / "figures" / "paired_pulse_index.png").exists()
    assert (out / "my_notes.txt").read_text() == "precious"
    assert tomllib.loads((out / "scenario.toml").read_text())["title"] == "One pulse"


@pytest.mark.parametrize("name", ["thesis.tex", "scenario.toml"])
def test_a_folder_of_the_users_own_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('title = "mine"\n')
    with pytest.raises(InputError, match=r"did not write; accepted: a new or empty folder"):
        prepare_folder(tmp_path)
    assert (tmp_path / name).read_text() == 'title = "mine"\n'


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="is a file"):
        prepare_folder(tmp_path / "out")
    with pytest.raises(InputError, match=r"cannot be written \(Not a directory\)"):
        prepare_folder(tmp_path / "out" / "deeper")


def test_a_full_disk_is_one_sentence_and_leaves_no_half_file(
    hand_made: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    result = hand_made(PAIR, "paired_pulse_index", RISING)
    prepare_folder(out)
    replace = os.replace

    def full(source: Path, target: Path) -> None:
        if Path(target).name == "0002.parquet":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        with pytest.raises(InputError) as caught:
            write_results(result, out, ARGV)
    assert str(caught.value) == f"{out}: cannot be written (No space left on device)"
    assert not [file for file in out.rglob("*") if file.name.endswith(".part")]
    prepare_folder(out)  # and the folder can be used again
    write_results(result, out, ARGV)
    assert (out / "log.txt").exists()
