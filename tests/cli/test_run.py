"""`optospice run`, `list`, `show` and `doctor` as a user calls them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas
import pytest
from cli_project import CARD, LIBRARY, Outcome, Project, edit, make_project

from optospice.device import find_device

ONE = ("--workers", "1")
DRAWS = "[monte_carlo]\nruns = 10000\n\n[monte_carlo.parameters.gain]\nspread = 0.05"
SHELL = [sys.executable, "-c", "from optospice.cli import main; main()"]


@pytest.fixture
def project(tmp_path, monkeypatch, capsys) -> Project:
    return make_project(tmp_path, monkeypatch, capsys)


@pytest.fixture
def no_figures(monkeypatch):
    """Leave out what takes longest and is not asked about."""
    monkeypatch.setattr("optospice.report.figures.save_figures", lambda result, folder: [])


def document(outcome: Outcome) -> dict:
    """The JSON document, which must be all that stands on standard output."""
    assert outcome.out.startswith(("{", "["))
    assert "NaN" not in outcome.out
    return json.loads(outcome.out)


def test_json_is_the_document_that_is_promised(project):
    outcome = project("run", "own/pairs", "--json", *ONE)
    assert outcome.code == 0, outcome
    told = document(outcome)
    assert list(told) == ["scenario", "device", "ngspice", "from_store", "runs", "targets"]
    assert (told["scenario"], told["device"]) == ("own/pairs", "synapse")
    assert told["ngspice"].isdigit()
    assert len(told["runs"]) == 3
    for run, interval in zip(told["runs"], ("20 ms", "30 ms", "40 ms"), strict=True):
        assert {"parameters", "status", "metrics"} <= set(run)
        assert run["status"] == "ok"
        assert run["parameters"]["protocol.interval"] == interval
        assert run["parameters"]["parameters.r"] == "2000000.0 ohm"
        for metric in run["metrics"].values():
            assert {"value", "unit", "definition"} <= set(metric)
        assert run["metrics"]["paired_pulse_index"]["unit"] == "1"
        assert run["metrics"]["paired_pulse_index"]["value"] == pytest.approx(1, abs=0.005)
        # gain * light * read-out: 1e-6 S per mW/cm^2, 1 mW/cm^2, 1 V
        amplitude = run["metrics"]["postsynaptic_current_amplitude"]
        assert amplitude["unit"] == "A"
        assert amplitude["value"] == pytest.approx(1e-6, rel=2e-3)
    for target in told["targets"]:
        assert {
            "metric", "where", "published", "simulated", "unit", "error_percent",
            "tolerance_percent", "met", "expected_miss", "source",
        } <= set(target)  # fmt: skip
    first, second = told["targets"]
    assert first["where"] == {"protocol.interval": "20 ms"}
    assert (first["published"], first["unit"], first["source"]) == (1.0, "1", "Fig. 1")
    assert first["tolerance_percent"] == pytest.approx(1)
    assert first["error_percent"] == pytest.approx(100 * first["simulated"] - 100)
    assert (first["met"], first["expected_miss"]) == (True, False)
    assert second["simulated"] is None
    assert second["published"].startswith("constant")


def test_a_pipe_is_as_wide_as_columns_says(project, no_figures, monkeypatch):
    widths = {}
    for columns in ("80", "100", "", "none"):
        monkeypatch.setenv("COLUMNS", columns)
        lines = project("show", "pbs_rc").out.splitlines()
        widths[columns] = max(len(line) for line in lines if not line.startswith("Files:"))
    assert widths["80"] <= 80 < widths["100"] <= 100 < widths[""] <= 120
    assert widths["none"] == widths[""]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_a_terminal_that_lacks_characters_gets_others_and_no_traceback(tmp_path, encoding):
    ended = subprocess.run(
        [*SHELL, "show", "pbs_rc"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert b"Traceback" not in ended.stderr
    text = ended.stdout.decode(encoding)
    assert "time constant" in text
    assert "?" in text or encoding != "ascii"


def test_a_run_says_what_it_found_and_leaves_a_folder(project):
    outcome = project("run", "own/pairs", *ONE)
    assert outcome.code == 0, outcome
    for words in ("Pulse pairs", "T1", "100 % ± 1 point", "met", "results/own/pairs"):
        assert words in outcome.out
    assert "\x1b" not in outcome.out  # no colour where there is no terminal
    folder = project.folder / "results" / "own" / "pairs"
    names = {path.name for path in folder.iterdir()}
    assert {"scenario.toml", "netlists", "runs.parquet", "runs.csv", "waveforms", "figures",
            "log.txt"} <= names  # fmt: skip
    assert list(pandas.read_csv(folder / "runs.csv")["status"]) == ["ok"] * 3
    again = project("run", str(folder / "scenario.toml"), "--out", "again", "--json", *ONE)
    assert again.code == 0
    assert (
        document(again)["targets"]
        == document(project("run", "own/pairs", "--json", *ONE))["targets"]
    )


@pytest.mark.usefixtures("no_figures")
@pytest.mark.parametrize(
    ("setting", "key", "expected"),
    [
        ("parameters.r=3 Mohm", "parameters.r", "3000000.0 ohm"),
        ('parameters.r="3 Mohm"', "parameters.r", "3000000.0 ohm"),
        ("parameters.r = '3 Mohm'", "parameters.r", "3000000.0 ohm"),
        ("parameters.r=3e6", "parameters.r", "3000000.0 ohm"),
        ("parameters.r=3MΩ", "parameters.r", "3000000.0 ohm"),
        ("parameters.gain=2e-6", "parameters.gain", 2e-6),
        ('sweep.protocol.interval=["20 ms"]', "protocol.interval", "20 ms"),
        ('sweep."protocol.interval"=["20 ms"]', "protocol.interval", "20 ms"),
        ('sweep.parameters.r=["3 Mohm"]', "parameters.r", "3 Mohm"),
    ],
)
def test_set(project, setting, key, expected):
    shorter = ["--set", 'sweep.protocol.interval=["20 ms"]']
    outcome = project("run", "own/pairs", *shorter, "--set", setting, "--json", *ONE)
    assert outcome.code == 0, outcome
    (run,) = document(outcome)["runs"]
    assert run["parameters"][key] == expected


@pytest.mark.usefixtures("no_figures")
def test_set_reaches_the_protocol_and_the_sweep_may_change(project):
    outcome = project(
        "run", "own/pairs", "--set", "protocol.readout=0.5 V", "--set", "accuracy=fast",
        "--set", 'sweep.protocol.interval={start="25 ms", stop="35 ms", count=2}', "--json", *ONE,
    )  # fmt: skip
    assert outcome.code == 0, outcome
    told = document(outcome)
    assert [run["parameters"]["protocol.interval"] for run in told["runs"]] == [
        "25.0 ms",
        "35.0 ms",
    ]
    amplitude = told["runs"][0]["metrics"]["postsynaptic_current_amplitude"]["value"]
    assert amplitude == pytest.approx(500e-9, rel=0.02)
    assert told["targets"][0]["simulated"] is None  # no run at the published 20 ms


@pytest.mark.usefixtures("no_figures")
def test_the_users_own_device_comes_first(project):
    packaged = find_device("pbs_rc").card_file.read_text()
    assert 'value = "25 Mohm"' in packaged
    project.library.with_name("pbs_rc.toml").write_text(
        packaged.replace('value = "25 Mohm"', 'value = "88 Mohm"')
    )
    outcome = project("run", "pbs/single_pulse", "--json", *ONE)
    metrics = document(outcome)["runs"][0]["metrics"]
    assert metrics["dark_current"]["value"] == pytest.approx(10e-9, rel=1e-3)  # 1 V / 100 Mohm
    assert outcome.code == 1  # no longer the published circuit


@pytest.mark.usefixtures("no_figures")
def test_a_device_of_ones_own_in_a_packaged_scenario(project):
    outcome = project("run", "pbs/single_pulse", "--set", "device=synapse", "--json", *ONE)
    assert outcome.code == 0, outcome
    told = document(outcome)
    assert told["device"] == "synapse"
    assert told["targets"] == []  # they are about the published circuit only


@pytest.mark.usefixtures("no_figures")
def test_several_scenarios_in_one_call(project):
    text = project.scenario.read_text()
    project.scenario.with_name("more.toml").write_text(text)
    outcome = project("run", "own/pairs", "own/more", "--json", "--out", "both", *ONE)
    assert outcome.code == 0, outcome
    assert [one["scenario"] for one in document(outcome)] == ["own/pairs", "own/more"]
    for name in ("pairs", "more"):
        assert (project.folder / "both" / "own" / name / "runs.csv").is_file()
    assert not (project.folder / "results").exists()


@pytest.mark.usefixtures("no_figures")
@pytest.mark.parametrize(
    ("old", "new", "more", "code", "words"),
    [
        ('published = "100 %"', 'published = "50 %"', (), 1, "MISSED"),
        ('published = "100 %"', 'published = "50 %"', ("--set", "protocol.width=9 ms"), 0, "T1"),
        ('published = "100 %"', 'published = "50 %"', ("--set", "accuracy=fast"), 1, "MISSED"),
        ("misses = []", 'misses = ["T1"]', (), 1, "although"),
        ("misses = []", 'misses = ["T1"]', ("--set", "protocol.width=9 ms"), 0, "T1"),
    ],
    ids=["missed", "missed-after-set", "missed-fast", "met-although", "met-although-after-set"],
)
def test_the_exit_status_follows_the_expectation(project, old, new, more, code, words):
    edit(project.scenario, old, new)
    outcome = project("run", "own/pairs", *more, *ONE)
    assert outcome.code == code, outcome
    assert words in " ".join(outcome.out.split())


@pytest.mark.usefixtures("no_figures")
def test_a_known_miss_is_as_expected(project):
    edit(project.scenario, 'published = "100 %"', 'published = "50 %"')
    edit(project.scenario, "misses = []", 'misses = ["T1"]')
    outcome = project("run", "own/pairs", *ONE)
    assert outcome.code == 0, outcome
    assert "1 missed as expected" in outcome.out


@pytest.mark.usefixtures("no_figures")
def test_draws_are_held_against_a_target_by_their_median(project):
    edit(project.scenario, "[[across]]", DRAWS.replace("10000", "5") + "\n\n[[across]]")
    edit(project.scenario, 'metric = "paired_pulse_index"\nshape = "constant"',
         'metric = "postsynaptic_current_amplitude"\nshape = "constant"')  # fmt: skip
    outcome = project("run", "own/pairs", "--json", *ONE)
    assert outcome.code == 0, outcome
    told = document(outcome)
    assert len(told["runs"]) == 15
    drawn = [run["parameters"]["parameters.gain"] for run in told["runs"]]
    assert drawn[:5] == drawn[5:10] == drawn[10:]  # the same draws at every point
    assert len(set(drawn)) == 5


def test_one_run_of_a_sweep(project):
    outcome = project("run", "own/pairs", "--run", "0002", "--json", *ONE)
    told = document(outcome)
    assert [run["parameters"]["protocol.interval"] for run in told["runs"]] == ["30 ms"]
    assert [run["id"] for run in told["runs"]] == ["0002"]
    # a part of the sweep cannot meet what the whole is expected to meet
    assert outcome.code == 0, outcome


BROKEN = LIBRARY.replace("synapse", "broken").replace("Rdark p n {r}", "Dtrap p n nomodel")


@pytest.mark.usefixtures("no_figures")
def test_a_failed_run(project):
    project.library.with_name("broken.lib").write_text(BROKEN)
    project.card.with_name("broken.toml").write_text(CARD)
    arguments = ("run", "own/pairs", "--set", 'sweep.device=["synapse", "broken"]')
    outcome = project(*arguments, *ONE)
    assert outcome.code == 1, outcome
    shown = " ".join(outcome.out.split())
    for words in ("0002 20 broken failed", "run 0002: ", "nomodel", "3 failed"):
        assert words in shown, (words, outcome.out)
    log = (project.folder / "results" / "own" / "pairs" / "log.txt").read_text()
    (told,) = (line for line in log.splitlines() if line.strip().startswith("0002"))
    for words in ("protocol.interval = 20 ms", "device = broken", "parameters.r = 2", "nomodel"):
        assert words in told
    assert "results/own/pairs/scenario.toml --run 0002\n" in log  # how to repeat what failed
    folder = project.folder / "results" / "own" / "pairs"
    table = pandas.read_csv(folder / "runs.csv", dtype={"id": str})
    assert list(table["status"]) == ["ok", "failed"] * 3
    assert table["message"].dropna().str.contains("nomodel").all()
    told = document(project(*arguments, "--json", *ONE))
    assert sum(run["status"] == "failed" for run in told["runs"]) == 3
    failed = next(run for run in told["runs"] if run["status"] == "failed")
    assert "nomodel" in failed["message"]
    assert failed["metrics"] == {}
    # the printed command repeats the run
    again = project("run", str(folder / "scenario.toml"), "--run", failed["id"], "--out", "x", *ONE)
    assert again.code == 1


def read_raw(file: Path) -> dict[str, np.ndarray]:
    """The vectors of a binary raw file of ngspice."""
    head, _, body = file.read_bytes().partition(b"Binary:\n")
    lines = head.decode().splitlines()
    names = [line.split()[1] for line in lines if line.startswith("\t")]
    return dict(zip(names, np.frombuffer(body).reshape(-1, len(names)).T, strict=True))


@pytest.mark.usefixtures("no_figures")
@pytest.mark.skipif(shutil.which("ngspice") is None, reason="the program ngspice is not installed")
def test_plain_ngspice_runs_the_netlist(project):
    assert project("run", "pbs/single_pulse", *ONE).code == 0
    folder = project.folder / "results" / "pbs" / "single_pulse"
    ended = subprocess.run(
        ["ngspice", "-b", "-r", "0001.raw", "netlists/0001.cir"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    vectors = read_raw(folder / "0001.raw")
    current = -next(value for name, value in vectors.items() if "vp" in name)
    row = pandas.read_csv(folder / "runs.csv").iloc[0]
    assert current.max() == pytest.approx(row["postsynaptic_current_amplitude [A]"], rel=1e-3)
    assert vectors["time"][-1] == pytest.approx(50, rel=1e-3)


def children(parent: int) -> list[int]:
    """Process ids of a process's children."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(status.parent.name))
    return found


def test_control_c_ends_a_long_sweep(project):
    many = DRAWS.replace("runs = 10000", "runs = 40000")
    edit(project.scenario, "[[across]]", many + "\n\n[[across]]")
    process = subprocess.Popen(
        [*SHELL, "run", "own/pairs", "--workers", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a shell that starts the tests in the background has them ignore the signal
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert process.stderr is not None
        progress = process.stderr.readline()  # the first comes after a second of runs
        assert " of 120000 runs" in progress
        assert "\r" not in progress  # plain lines where there is no terminal
        workers = children(process.pid)
        assert workers
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, (out, err)
    assert time.monotonic() - started < 30
    assert "Traceback" not in err
    table = pandas.read_csv(project.folder / "results/own/pairs/runs.csv", dtype={"id": str})
    counts = table["status"].value_counts()
    assert counts["ok"] > 0
    assert counts.get("failed", 0) == 0
    assert "results/own/pairs" in out
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline, "a simulator process is left behind"
        time.sleep(0.05)


def test_a_closed_pipe_is_no_error(project):
    command = " ".join(f"'{word}'" for word in [*SHELL, "list"])
    ended = subprocess.run(
        ["sh", "-c", f"{command} | head -n 1"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stdout.startswith("device")
    assert "Traceback" not in ended.stderr


def test_list(project):
    outcome = project("list")
    assert outcome.code == 0
    for words in ("synapse", "pbs_rc", "own/pairs", "pbs/paired_pulse", "pulse_train",
                  "paired_pulse_index", "ratio"):  # fmt: skip
        assert words in outcome.out
    only = project("list", "scenarios").out
    assert "own/pairs" in only
    assert "pulse_train" not in only
    names = [line.split()[0] for line in only.splitlines()[1:] if line.strip()]
    assert names.index("own/pairs") < names.index("pbs/paired_pulse")


def test_show_a_device(project):
    outcome = project("show", "pbs_rc")
    assert outcome.code == 0
    shown = " ".join(outcome.out.split())
    for words in ("light", "mW/cm²", "r3", "25 MΩ", "1 kΩ … 1 TΩ", "published", "Fig. 5c",
                  "10.1039/d5tc03487f"):  # fmt: skip
        assert words in shown


def test_show_a_scenario(project):
    outcome = project("show", "pbs/paired_pulse")
    assert outcome.code == 0
    shown = " ".join(outcome.out.split())
    for words in ("P08a", "55.1 % ± 1 point", "Fig. 3a", "increasing", "pbs_rc is known to miss",
                  "10.1039/d5tc03487f"):  # fmt: skip
        assert words in shown
    assert "own/pairs" in project("show", "scenarios/own/pairs.toml").out


def test_doctor(project, monkeypatch):
    outcome = project("doctor")
    assert outcome.code == 0, outcome
    for words in ("ngspice library: version ", "libngspice", "numpy", "PySpice", "everything"):
        assert words in outcome.out
    monkeypatch.setenv("OPTOSPICE_NGSPICE", str(project.folder))
    outcome = project("doctor")
    assert outcome.code == 1
    assert "holds no libngspice" in " ".join(outcome.out.split())
    outcome = project("run", "own/pairs", *ONE)
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
    assert not (project.folder / "results").exists()


def imported(*code: str) -> set[str]:
    """Packages that a fresh Python imports for some code."""
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", *code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    lines = [line for line in ended.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


def test_importing_optospice_imports_nothing_heavy():
    modules = imported("-c", "import optospice")
    assert "optospice" in modules
    assert not modules & {"numpy", "pandas", "matplotlib", "scipy", "PySpice", "pint", "pydantic"}


def test_help_imports_nothing_heavy():
    modules = imported(
        "-c", "import sys; sys.argv[1:] = ['--help']\nfrom optospice.cli import main\nmain()"
    )
    assert "typer" in modules
    assert not modules & {"pandas", "matplotlib", "scipy", "pyarrow", "pint", "PySpice", "lmfit"}


def test_doctor_says_how_pyspice_finds_the_library(project, monkeypatch):
    monkeypatch.setenv("NGSPICE_LIBRARY_PATH", "libngspice-that-is-not-there.so")
    outcome = project("doctor")
    assert outcome.code == 0
    assert "does not find 'libngspice-that-is-not-there.so'" in outcome.out
    found = re.search(r"export NGSPICE_LIBRARY_PATH=(\S+)", outcome.out)
    assert found is not None
    monkeypatch.setenv("NGSPICE_LIBRARY_PATH", found[1])
    assert f"PySpice's own simulator: finds {found[1]}" in project("doctor").out


@pytest.mark.usefixtures("no_figures")
def test_a_failure_is_one_line_in_the_users_words(project, monkeypatch):
    """What a search in the log of CI is for."""
    monkeypatch.setenv("COLUMNS", "80")
    edit(project.library, "Rdark p n {r}", "Rdark p n {r}\nBfar p n I = exp(300*V(p,n))")
    outcome = project("run", "own/pairs", "--run", "0001", *ONE)
    assert outcome.code == 1
    (line,) = [line for line in outcome.out.splitlines() if line.startswith("run 0001: ")]
    assert "i(p)" in line
    assert "#branch" not in outcome.out
