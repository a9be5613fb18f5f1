"""``optospice check`` of ordinary parts ends in time, and says what it left out."""

from __future__ import annotations

import pytest

from optospice.conformance import check_device
from optospice.conformance.command import check_devices
from probe_device import write_device

PHOTODIODE = """* a vendor's macro-model
.subckt photodiode a k light params: resp=0.62 area=7.5
Xjunction a k pdj
Gph k a VALUE={V(light)*({resp})*({area})*1e-5}
Rlight light 0 1meg
Rsh a k 1g
.subckt pdj a k
D1 a k DPD
Rleak a k 10g
.ends
.model DPD D(IS=2n N=1.05 RS=0.5 CJO=72p VJ=0.6 M=0.45 BV=60 IBV=10u TT=10n)
.ends
"""
PARTS = {
    "led": (
        "p n",
        "D1 p n DR\n.model DR D(IS=93.2p N=3.73 RS=42m BV=4 IBV=10u CJO=2.97p M=0.333 TT=4.32u)",
    ),
    "zener": (
        "p n",
        "D1 n p DZ\n.model DZ D(IS=1f N=1.1 RS=5 BV=5.1 IBV=5m CJO=160p VJ=0.75 M=0.33 TT=50n)",
    ),
    "jfet": (
        "d g n",
        "Rg g gi 100\nJ1 d gi n JN\n.model JN NJF(BETA=1.304m VTO=-3 LAMBDA=2.25m RD=1 RS=1 "
        "CGD=1.6p CGS=2.414p PB=1 IS=33.57f)",
    ),
    "npn": (
        "c b n",
        "Rb b bi 1k\nQ1 c bi n QN\n.model QN NPN(IS=6.734f VAF=74 BF=416 NE=1.259 ISE=6.734f "
        "IKF=66.78m BR=0.7371 NC=2 RC=1 CJC=3.638p CJE=4.493p TR=239.5n TF=301.2p RB=10)",
    ),
    "power": (
        "d g n",
        "Rg g gi 10\nM1 d gi n MP\n.model MP VDMOS(RG=3 RD=24m RS=12m VTO=3.6 KP=30 LAMBDA=0.01 "
        "CGDMAX=1.5n CGDMIN=60p CGS=1.4n CJO=1.1n VJ=0.8 M=0.5 IS=2p RB=8m BV=100 TT=115n)",
    ),
}


def terminal(name: str) -> str:
    kind = (
        'kind = "optical"\nwavelength = "any"'
        if name == "light"
        else f'kind = "electrical"\nrole = "{"ground" if name in "nk" else "drive"}"'
    )
    return f'[[terminals]]\nname = "{name}"\n{kind}\n'


def parameter(name: str) -> str:
    return (
        f'[parameters.{name}]\nunit = "1"\nmeaning = "a number"\nbounds = [0.1, 10]\n'
        'origin = "assumed"\nsource = "a data sheet"\n'
    )


@pytest.fixture
def part(tmp_path, monkeypatch):
    """Write a part into a project of its own and go there."""

    def write(name):
        if name == "photodiode":
            nodes, library, parameters = "a k light", PHOTODIODE, ("resp", "area")
        else:
            nodes, body = PARTS[name]
            library, parameters = f".subckt {name} {nodes}\n{body}\n.ends\n", ()
        card = f'title = "{name}"\n' + "".join(terminal(node) for node in nodes.split())
        card += "".join(parameter(one) for one in parameters)
        write_device(tmp_path, name, library, card)
        monkeypatch.chdir(tmp_path)
        return name

    return write


@pytest.mark.slow
@pytest.mark.parametrize("name", ["photodiode", *(name for name in PARTS if name != "power")])
def test_ordinary_parts_are_sound(part, pool, name):
    """No error; where the profile's bound is out of reach, a warning says what was reached."""
    found = check_device(part(name), pool)
    assert not [finding for finding in found if finding.severity == "error"]
    told = [finding.seen for finding in found if finding.check == "tolerance"]
    assert all("is what could be reached" in seen for seen in told)


def test_the_command_ends_with_what_it_has(part):
    """All of a power MOSFET's runs take minutes."""
    text, _ = check_devices([part("power")], False, "1 V", "", False)
    assert "no operating point" not in text
    assert "not checked to the end" in text or "sound" in text


def test_what_the_budget_leaves_out_is_named(part, pool):
    found = check_device(part("zener"), pool, budget=0.0)
    (told,) = [finding for finding in found if finding.check == "budget"]
    assert told.severity == "warning"
    assert "transient" in told.seen
    assert "parameters" not in told.seen  # it has none: there is nothing to leave out
