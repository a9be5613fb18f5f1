"""Every check can fail: one broken device for each."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from conformance.broken import BROKEN, CHANNEL, RATE, Broken, write_broken
from optospice.conformance import CHECKS, Drive, check_device
from optospice.device import find_device
from probe_device import write_device

SOUND = Broken("", "")


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_device_is_found(own_folder, pool, name):
    broken = BROKEN[name]
    write_broken(own_folder, name, broken)
    found = check_device(name, pool)
    matching = [f for f in found if f.check == broken.check and broken.words in f.seen]
    assert matching, found
    assert matching[0].severity == broken.severity
    assert name in matching[0].where


def test_a_sound_device_has_no_findings(own_folder, pool):
    write_broken(own_folder, "sound", SOUND)
    assert check_device("sound", pool) == []


def test_a_card_that_disagrees(own_folder, pool):
    write_broken(own_folder, "one", SOUND)
    file = own_folder / "netlists" / "devices" / "one.toml"
    file.write_text(file.read_text().replace("parameters.rate", "parameters.rat"))
    (finding,) = check_device("one", pool)
    assert (finding.check, finding.severity) == ("card", "error")
    assert "'rate' of one.lib is not in the card" in finding.seen


def test_a_built_in_voltage_may_be_declared(own_folder, pool):
    card = "built_in_voltage = true\n"
    source = f"{CHANNEL}\n{RATE}\nIl n p 1e-8"
    write_broken(own_folder, "cell", Broken("", "", source, card=card))
    assert not [f for f in check_device("cell", pool) if f.check == "zero_bias"]


def test_an_ac_analysis_that_fails(own_folder, pool, monkeypatch):
    """No small device was found whose AC alone fails: the message is tested with a bad card."""
    from optospice.conformance import operating
    from optospice.conformance.context import Context

    write_broken(own_folder, "sound", SOUND)
    context = Context(find_device("sound"), pool)
    usual = Context.analysis
    monkeypatch.setattr(
        Context,
        "analysis",
        lambda self, card, *a, **k: usual(
            self, card.replace(".ac dec 2 1e-3", ".ac dec 2 -1"), *a, **k
        ),
    )
    checks = [finding.check for finding in operating.check_analyses(context)]
    assert checks == ["ac"]


def test_plain_ngspice_that_differs(own_folder, pool, monkeypatch):
    from optospice.conformance import dynamics

    class Other(dynamics.BatchSession):
        def run(self, netlist, wanted):
            return super().run(
                netlist.replace("rate=1", "rate=2").replace("1e-06", "2e-06"), wanted
            )

    write_broken(own_folder, "sound", Broken("", "", f"Rm p n 1e6 tc1=0\n{RATE}"))
    monkeypatch.setattr(dynamics, "BatchSession", Other)
    other = Broken("", "", f"Bm p n I=V(p,n)*1e-06*(1+V(x))\n{RATE}")
    write_broken(own_folder, "other", other)
    assert "plain_ngspice" in {f.check for f in check_device("other", pool)}


def exact(bench, times):
    """The resistor: what an author would compute by hand."""
    voltage = np.interp(times, *bench.stimuli["p"].points)
    return {"i(p)": voltage / 1e6}


@pytest.mark.parametrize(("resistance", "found"), [("1e6", []), ("1.01e6", ["reference"])])
def test_an_independent_reference(own_folder, pool, resistance, found):
    card = '[[terminals]]\nname = "p"\nkind = "electrical"\nrole = "drive"\n'
    library = f".subckt wire p\nRw p 0 {resistance}\n.ends\n"
    write_device(own_folder, "wire", library, f'title = "wire"\n{card}')
    assert [f.check for f in check_device("wire", pool, reference=exact)] == found


def test_a_stronger_drive_finds_a_threshold_by_itself(own_folder, pool):
    """A parameter that acts from 4 V on is found without being told the voltage."""
    body = (
        "Bm p n I=1e-6*(V(p,n)+0.5*(({rate})*(V(p,n)-5+abs(V(p,n)-5))))*(1+V(x)*0)\n"
        "Cx x 0 1e-9\nRx x 0 1e9"
    )
    write_broken(own_folder, "late", Broken("", "", body))
    assert not [f for f in check_device("late", pool) if f.check == "parameters"]
    assert not [f for f in check_device("late", pool, Drive(8.0)) if f.check == "parameters"]


def test_every_check_is_shown_to_fail():
    shown = {broken.check for broken in BROKEN.values()}
    # the tests above, and test_photovoltage
    assert set(CHECKS) - shown == {"card", "ac", "plain_ngspice", "reference", "photovoltage"}


def run(*arguments):
    program = "from optospice.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "check", *arguments],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_command(own_folder):
    write_broken(own_folder, "bad", BROKEN["unused_terminal"])
    ended = run("bad", "pbs_rc")
    assert ended.returncode == 1, ended.stderr
    assert "error   terminals" in ended.stdout
    assert "pbs_rc: sound" in ended.stdout
    ended = run("bad", "--json")
    (document,) = json.loads(ended.stdout)
    assert document["device"] == "bad"
    assert not document["sound"]
    assert document["findings"][0].keys() == {"check", "severity", "seen", "where", "cure"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pbs_rk",), "did you mean 'pbs_rc'"),
        ((), "names of devices, or --all"),
        (("pbs_rc", "--all"), "names of devices, or --all"),
        (("pbs_rc", "--voltage", "1 ohm"), "is not a voltage"),
        (("pbs_rc", "--voltage=-1 V"), "a voltage above 0 V"),
    ],
)
def test_input_that_cannot_be_used(arguments, words):
    ended = run(*arguments)
    assert ended.returncode == 2
    assert words in ended.stderr
