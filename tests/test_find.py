"""`optospice find` and `optospice netlist`: devices by what they are, and as plain SPICE."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from optospice.cli import main
from optospice.device import find_device
from optospice.errors import InputError
from optospice.report.netlist_file import circuit_text, library_text
from optospice.report.search import search
from own_form import write_own_form
from probe_device import PROBE_CARD, PROBE_LIB, write_device


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


#: Those of which the tests say what is found; more devices may come.
KNOWN = ("mose2", "pbs_rc", "pbs_trap", "probe", "mine")


def names(*texts: str) -> list[str]:
    return [device.name for device, _ in search(texts).rows if device.name in KNOWN]


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["r3 25 Mohm"], ["pbs_rc", "pbs_trap"]),
        (["r3 24.9 Mohm"], ["pbs_rc", "pbs_trap"]),  # within a hundredth
        (["r3 24 Mohm"], []),
        (["r3 10..50 Mohm"], ["pbs_rc", "pbs_trap"]),
        (["r3 10 Mohm..0.05 Gohm"], ["pbs_rc", "pbs_trap"]),
        (["r3 25.. Mohm"], ["pbs_rc", "pbs_trap"]),
        (["r3 ..24 Mohm"], []),
        (["gain_fast 10..20"], ["mose2"]),
        (["gain_fast"], ["mose2"]),
        (["temperature_ref 290..310 K"], ["pbs_trap"]),
        (["wavelength 550 nm"], ["pbs_rc", "pbs_trap"]),
        (["wavelength 600 nm"], ["pbs_trap"]),  # pbs_rc takes the paper's three lines only
        (["wavelength 0.4..0.46 um"], ["pbs_rc", "pbs_trap"]),
        (["wavelength 800..900 nm"], []),
        (["wavelength"], ["pbs_rc", "pbs_trap"]),
        (["family=memristor"], ["mose2"]),
        (["family=photovoltage", "carrier_lifetime"], ["pbs_trap"]),
        (["citation=duan_mose2"], ["mose2"]),
        (["name=pbs", "title=two traps"], ["pbs_trap"]),
        # 55.1 % after 1 s and 93.4 % after 40 s are what the paper prints
        (["paired_pulse_index 55 %"], ["pbs_rc", "pbs_trap"]),
        (["paired_pulse_index 0.54..0.56"], ["pbs_rc", "pbs_trap"]),
        (["paired_pulse_index 60..90 %"], []),
        (["paired_pulse_index"], ["mose2", "pbs_rc", "pbs_trap"]),
    ],
)
def test_devices_by_what_they_are(texts, found):
    assert names(*texts) == found


def test_own_devices_are_found_too(own_folder):
    write_device(own_folder, "probe", PROBE_LIB, PROBE_CARD)
    assert names("r 0.5..2 ohm") == ["probe"]
    assert "probe" in names("wavelength 10 um")  # it takes any colour, and says no range
    write_own_form(own_folder, "pbs_rc", "mine")
    assert names("r3 25 Mohm") == ["mine", "pbs_rc", "pbs_trap"]
    assert names("r3 25 Mohm", "family=rc") == ["pbs_rc", "pbs_trap"]


def test_what_was_met_is_told():
    ((_, met),) = search(["i0 1..10 nA", "family=three", "paired_pulse_index"]).rows
    assert met[0] == "5.704 nA"
    assert met[1] == "three_state_memristor"
    assert "(reading, mose2/paired_pulse)" in met[2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("r33 10 ohm", "'r33' is no parameter or metric; did you mean 'r3'"),
        ("r3 10 nF", "r3: '10 nF' is not a resistance such as"),
        ("r3 10", "r3: '10' has no unit"),
        ("r3 1..2", "has no unit"),
        ("r3 ..", "one end at least"),
        ("r3 5..1 Mohm", "the lower end first"),
        ("r3 x..y", "one end at least"),
        ("r3 x", "is not a resistance"),
        ("wavelength 1 V", "wavelength: '1 V' is not a length"),
        ("paired_pulse_index 3 V", "paired_pulse_index: '3 V' is not"),
        ("famly=x", "accepted: family=TEXT"),
        ("family=", "accepted: family=TEXT"),
        ("family memristor", "accepted: family=TEXT"),
        ("", 'accepted: "NAME"'),
        ("3 V", 'accepted: "NAME"'),
        ("r3 9**9**9 ohm", "is not a resistance"),
    ],
)
def test_a_bad_condition_is_refused_in_one_sentence(text, words):
    with pytest.raises(InputError) as caught:
        search([text])
    told = str(caught.value)
    assert told.startswith(f"find {text!r}: ")
    assert words in told
    assert "\n" not in told


def run(monkeypatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["optospice", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_the_command_prints_a_table(monkeypatch, capsys):
    assert run(monkeypatch, "find", "r3 10..50 Mohm", "family=traps") == 0
    told = capsys.readouterr().out.split()
    assert told[:4] == ["device", "family", "r3", "title"]
    assert "pbs_trap" in told
    assert "photovoltage_rc_traps" in told
    assert run(monkeypatch, "find", "r3 1..2 ohm") == 0
    assert capsys.readouterr().out == "no device meets r3 1..2 ohm\n"
    assert run(monkeypatch, "find", "r3 10 nF") == 2
    assert capsys.readouterr().err.count("\n") == 1


# The stand-alone file


def ngspice(text: str, folder: Path) -> str:
    file = folder / "run.cir"
    file.write_text(text)
    done = subprocess.run(
        ["ngspice", "-n", "-b", file], capture_output=True, text=True, check=True, cwd=folder
    )
    return done.stdout


def last_row(printed: str) -> list[float]:
    rows = [line.split() for line in printed.splitlines() if line[:1].isdigit()]
    return [float(cell) for cell in rows[-1][1:]]


def test_plain_ngspice_runs_the_file(own_folder):
    printed = ngspice(circuit_text(find_device("pbs_rc")), own_folder)
    assert any(abs(abs(cell) - 1 / 37e6) < 1e-12 for cell in last_row(printed))


@pytest.mark.parametrize("name", ["pbs_trap", "mose2"])
def test_plain_ngspice_runs_every_packaged_device(own_folder, name):
    assert last_row(ngspice(circuit_text(find_device(name)), own_folder))[0] == pytest.approx(1.0)


def test_the_library_alone_can_be_included_away_from_everything(own_folder):
    (own_folder / "away").mkdir()
    (own_folder / "away" / "pbs_rc.lib").write_text(library_text(find_device("pbs_rc")))
    deck = (
        "deck\n.include pbs_rc.lib\nV1 p 0 1\nX1 p 0 0 pbs_rc r3=88e6\n.op\n.print op i(v1)\n.end\n"
    )
    printed = ngspice(deck, own_folder / "away")
    assert float(printed.split("v1#branch")[1].split()[0]) == pytest.approx(-1e-8, rel=1e-4)


def test_the_file_says_where_every_number_comes_from():
    text = library_text(find_device("pbs_trap"))
    assert "* pbs_trap: PbS nanocrystal" in text
    assert "family photovoltage_rc_traps" in text
    assert "*   trap_coupling = 0.563" in text
    assert "held by P08a" in text
    assert "10.1039/d5tc03487f" in text
    assert "dn_x/dt" in text  # the equations of the family
    assert ".include" not in text


def test_no_comment_of_a_library_becomes_a_command(own_folder):
    hostile = f"*#shell touch {own_folder}/canary\n*ng_script\n* µm\n"
    write_device(own_folder, "probe", hostile + PROBE_LIB, PROBE_CARD)
    device = find_device("probe")
    for text in (library_text(device), circuit_text(device)):
        assert not [line for line in text.splitlines() if line.startswith(("*#", "*ng"))]
        assert text.isascii()
    ngspice(circuit_text(device), own_folder)
    assert not (own_folder / "canary").exists()


def test_the_command_writes_a_new_file_only(own_folder, monkeypatch, capsys):
    assert run(monkeypatch, "netlist", "pbs_rc", "-o", "pbs.cir") == 0
    assert capsys.readouterr().out == "wrote pbs.cir\n"
    assert (own_folder / "pbs.cir").read_text() == circuit_text(find_device("pbs_rc"))
    assert run(monkeypatch, "netlist", "pbs_rc", "-o", "pbs.cir") == 2
    assert "exists already" in capsys.readouterr().err
    assert run(monkeypatch, "netlist", "pbs_rc", "--library") == 0
    assert capsys.readouterr().out == library_text(find_device("pbs_rc"))
    assert run(monkeypatch, "netlist", "pbs_rk") == 2
    assert "did you mean 'pbs_rc'" in capsys.readouterr().err
