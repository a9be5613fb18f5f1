"""The parameters of a model that may pass are those that ngspice itself lists."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from optospice.errors import InputError
from optospice.netlist.guard import cleaned
from optospice.netlist.models import MODELS, parameter_problem
from optospice.ngspice.installation import find_installation

#: How ``devhelp`` calls the model of each type and level.
DEVICES = {
    "Resistor": ("r", ""), "Capacitor": ("c", ""), "Inductor": ("l", ""), "Diode": ("d", "1"),
    "BJT": ("npn", "1"), "JFET": ("njf", "1"), "JFET2": ("njf", "2"), "MES": ("nmf", "1"),
    "Mos1": ("nmos", "1"), "Mos2": ("nmos", "2"), "Mos3": ("nmos", "3"), "Mos6": ("pmos", "6"),
    "Mos9": ("nmos", "9"), "VDMOS": ("vdmos", ""), "Switch": ("sw", ""), "CSwitch": ("csw", ""),
}  # fmt: skip
#: Words that ``devhelp`` lists among the parameters and that stand for the type itself.
TYPES = {"d", "npn", "pnp", "njf", "pjf", "nmf", "pmf", "nmos", "pmos", "sw", "csw", "vdmos",
         "vdmosn", "vdmosp", "level"}  # fmt: skip
program = find_installation().program


@pytest.mark.skipif(program is None, reason="the program ngspice is not installed")
@pytest.mark.parametrize("device", DEVICES)
def test_every_parameter_that_ngspice_lists_may_pass(device: str, tmp_path: Path) -> None:
    file = tmp_path / "help.cir"
    file.write_text(f"t\n.control\ndevhelp {device}\n.endc\n.end\n")
    told = subprocess.run(
        [str(program), "-n", "-b", str(file)], capture_output=True, text=True, check=False
    )
    listed = told.stdout.partition("Model Parameters")[2].partition("Instance Parameters")[0]
    rows = [line.split() for line in listed.splitlines() if line.strip()[:1].isdigit()]
    # no stranger may set what ngspice only gives out
    names = {row[1] for row in rows if row[2] in ("inout", "in")} - TYPES
    assert len(names) >= 4
    kind, level = DEVICES[device]
    given = f"level={level} " if level else ""
    for name in names:
        assert parameter_problem(kind, f"({given}{name}=1)") == "", name


@pytest.mark.parametrize(
    "text",
    [
        "d(is=1e-12 n=1.5)", "D (IS = 1e-12, N = {x+1})", "npn bf=100 mfg=acme vceo=40",
        "nmos (level=3 vto=0.5 theta='a')", "sw vt=0 vh=0.1 ron=1 roff=1e6", "vdmos pchan vto=1",
        "ltra nocontrol r=1 l=1n c=1p len=1", "r", "c (cj=1)", "njf(level=2 z=1)", "d level=3",
    ],
)  # fmt: skip
def test_usual_models_pass(text: str) -> None:
    assert cleaned(f".model m {text}\n", "o")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nmos xlevel=8", "'xlevel' is no parameter of type nmos"),
        ("nmos _level=8", "'_level' is no parameter"),
        ("nmos level=8", "level 8; accepted: level 1, 2, 3, 6, 9"),
        ("nmos level={8}", "accepted: level 1"), ("nmos level=1 level=8", "more than once"),
        ("nmos vto={level8}", "more than once"), ("nmos vto=1 xlevel", "'xlevel' has no value"),
        ("nmos kappa=1", "'kappa' is no parameter of type nmos"), ("d iss=1", "did you mean 'is'"),
        ("npn level=4", "accepted: level 1, 2"), ("r level=1", "has none"), ("d is==1", "accepted"),
        ("d is=a(1)", "has no value"), ("bsim3 vto=1", "with type"),
    ],
)  # fmt: skip
def test_other_parameters_are_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words.replace("(", r"\(")):
        cleaned(f".model m {text}\n", "o")


def test_a_name_cannot_set_the_level() -> None:
    with pytest.raises(InputError, match="another name"):
        cleaned(".model mlevel8 nmos\n", "o")
    assert cleaned(".model dlevel8 d\n", "o")


def test_the_types_are_those_of_the_documentation() -> None:
    passing = {n for n in range(1, 80) if not parameter_problem("nmos", f"level={n}")}
    assert passing == {1, 2, 3, 6, 9}
    assert len(MODELS) == 18
