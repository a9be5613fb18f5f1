"""``optospice adopt``: text, card, and what it refuses."""

from __future__ import annotations

import pytest

from optospice.authoring.adopt import adopt_subcircuit
from optospice.device import find_device
from optospice.errors import InputError

GOOD = """* a resistor with a switch-on
.subckt Part te be Ron=1k tau=2 x0=0
Rm te be {Ron}
Cs s 0 1e-9
Bs 0 s I=1e-9*(V(te,be)-V(s))/({tau})+1e-9*({x0})
.ends Part
.tran 1 2
+ 0 1
.end
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text):
    from pathlib import Path

    Path("part.lib").write_text(text)
    return Path("part.lib")


def test_a_subcircuit_becomes_a_device(own_folder):
    told = adopt_subcircuit(write(GOOD), "PART", "mine")
    device = find_device("mine")
    assert device.subcircuit.nodes == ("te", "be")
    assert device.defaults == {"ron": 1e3, "tau": 2, "x0": 0}
    assert [p.unit for p in device.card.parameters.values()] == ["ohm", "s", "1"]
    assert {p.origin for p in device.card.parameters.values()} == {"assumed"}
    assert list(device.card.states) == ["s"]
    assert "part.lib:7: left_out: .tran says how to simulate" in told
    kept = (own_folder / "netlists/devices/mine.lib").read_text().split("\n")
    assert kept[2] == "Rm te be {Ron}"  # every line keeps its number
    assert kept[6:8] == ["* left out: .tran 1 2", "* + 0 1"]


def test_nothing_is_overwritten():
    adopt_subcircuit(write(GOOD), "part")
    with pytest.raises(InputError, match="exists already"):
        adopt_subcircuit(write(GOOD), "part")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace("Rm", ".control\nRm"), r"\.control may not stand"),
        (GOOD.replace("Rm", "Am"), "begins with 'a'"),
        (GOOD.replace("Rm", ".include x.lib\nRm"), "one file with all it needs"),
        (GOOD.replace("x0=0", "x0={tau*2}"), "a plain number as default"),
        (GOOD.replace("Part", "Pard"), "did you mean 'pard'"),
    ],
)
def test_what_is_refused(own_folder, text, words):
    with pytest.raises(InputError, match=words):
        adopt_subcircuit(write(text), "part")
    assert not (own_folder / "netlists").exists()


LIT = """* a photoresistor
.subckt lit a k {light} params: g=1u
B1 a k I=(({{g}})*max(V({light}),0)+1e-9)*V(a,k)
.ends lit
"""


@pytest.mark.parametrize(
    "name", ["light", "LUX", "phi", "opt", "photon", "irradiance", "light_in", "popt", "illum"]
)
def test_a_terminal_named_like_light_is_optical(name):
    told = adopt_subcircuit(write(LIT.format(light=name)), "lit")
    card = find_device("lit").card
    assert [t.kind for t in card.terminals] == ["electrical", "electrical", "optical"]
    assert [t.role for t in card.terminals] == ["drive", "ground", None]
    assert any(
        f"{name.lower()}: taken for a terminal of light by its name" in line for line in told
    )


@pytest.mark.parametrize("name", ["out", "gate", "p", "option", "alight", "phase"])
def test_other_terminals_stay_electrical(name):
    adopt_subcircuit(write(LIT.format(light=name)), "lit")
    assert {t.kind for t in find_device("lit").card.terminals} == {"electrical"}


def test_light_may_stand_first():
    text = (
        LIT.format(light="k").replace("lit a k k", "lit light a k").replace("V(k),0", "V(light),0")
    )
    adopt_subcircuit(write(text), "lit")
    card = find_device("lit").card
    assert [(t.kind, t.role) for t in card.terminals] == [
        ("optical", None), ("electrical", "drive"), ("electrical", "ground"),
    ]  # fmt: skip
