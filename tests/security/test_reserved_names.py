"""A parameter that ngspice reads as something else is refused, with the reason."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cli_project import LIBRARY, Project, edit, make_project

from optospice.errors import InputError
from optospice.netlist.guard import cleaned, cleaned_netlist
from optospice.netlist.reserved import CONSTANTS, FUNCTIONS, VARIABLES
from optospice.ngspice.installation import find_installation

#: Names that look as if they were taken, and are not.
FREE = (
    "temp", "tnom", "frequency", "freq", "omega", "t", "c", "i", "m", "w", "l", "area", "scale",
    "planck", "boltz", "echarge", "kelvin", "yes", "no", "gmin", "vt", "v", "dtemp", "tc1", "ic",
    "u", "uramp", "ddt", "and", "div", "time_constant", "temperature",
)  # fmt: skip
program = find_installation().program
needs_program = pytest.mark.skipif(program is None, reason="the program ngspice is not installed")


def currents(folder: Path, names: tuple[str, ...]) -> dict[str, float]:
    """Give what 1 V drives through 5 kohm in a B source, by the name of the parameter [A].

    Only ngspice reads this text. Empty where it ends with an error.
    """
    lines = ["* parameters by name"]
    for place, name in enumerate(names):
        lines += [
            f".subckt cell{place} a b params: {name}=2e3",
            f"B1 a b I = V(a,b)/{name}",
            f".ends cell{place}",
            f"V{place} in{place} 0 DC 1",
            f"X{place} in{place} 0 cell{place} params: {name}=5e3",
        ]
    prints = [f"print i(v{place})" for place in range(len(names))]
    file = folder / "names.cir"
    file.write_text("\n".join([*lines, ".control", "op", *prints, ".endc", ".end", ""]))
    told = subprocess.run(
        [str(program), "-n", "-b", str(file)], capture_output=True, text=True, check=False
    )
    numbers = [-float(line.partition("=")[2]) for line in told.stdout.splitlines() if "i(v" in line]
    return dict(zip(names, numbers, strict=True)) if len(numbers) == len(names) else {}


@needs_program
@pytest.mark.parametrize("name", [*VARIABLES, *CONSTANTS])
def test_what_is_refused_is_another_number_to_ngspice(name: str, tmp_path: Path) -> None:
    given = currents(tmp_path, (name,)).get(name, 0.0)
    assert given != pytest.approx(1 / 5e3, rel=1e-3)
    if name in CONSTANTS:
        assert given == pytest.approx(1 / CONSTANTS[name], rel=1e-4)


@needs_program
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_what_is_refused_as_a_function_ends_ngspice(name: str, tmp_path: Path) -> None:
    assert currents(tmp_path, (name,)) == {}


@needs_program
def test_every_other_name_is_the_parameter(tmp_path: Path) -> None:
    given = currents(tmp_path, FREE)
    assert given == pytest.approx(dict.fromkeys(FREE, 1 / 5e3), rel=1e-4)
    for name in FREE:
        assert cleaned(f".subckt d a b params: {name}=1\nR1 a b {{{name}}}\n.ends d\n", "o")


@pytest.mark.parametrize("name", [*VARIABLES, *CONSTANTS, *sorted(FUNCTIONS)])
@pytest.mark.parametrize("spelling", ["params: r=1 {}=3", "params: {} = {{1+2}} r=1", "{}=3"])
def test_a_subcircuit_may_not_declare_it(name: str, spelling: str) -> None:
    text = f"* a comment\n.subckt d a b {spelling.format(name.upper())}\nR1 a b 1\n.ends d\n"
    for read in (cleaned, cleaned_netlist):
        with pytest.raises(InputError, match=rf"o:2: .*the parameter '{name}' is .* to ngspice"):
            read(text, "o")


@pytest.mark.parametrize(
    "card", ["time=2", "a=1 temper = 300", "hertz={1+1}", "e=1.6e-19", "pi = 3", "e={2}"]
)
def test_a_card_may_not_give_it_another_value(card: str) -> None:
    with pytest.raises(InputError, match=r"o:1: .*the parameter '\w+' is the "):
        cleaned(f".param {card}\n", "o")


@pytest.mark.parametrize(
    "card", ["pi=3.14159", "pi = {4*atan(1)}", "e='2.71828'", "a={2*time}", "lifetime=1"]
)
def test_a_constant_may_be_written_out(card: str) -> None:
    assert cleaned(f".param {card}\n", "o")


@pytest.fixture
def project(tmp_path, monkeypatch, capsys) -> Project:
    return make_project(tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("time", "the time of the simulation"),
        ("temper", "the temperature of the simulation"),
        ("hertz", "the frequency of the simulation"),
        ("e", "the number 2.71828"),
        ("limit", "a function"),
    ],
)
def test_a_device_with_such_a_parameter_does_not_run(project, name, reason):
    """Taken for the parameter it gives 1e32 A at a time of zero, without a word."""
    line = 1 + LIBRARY.splitlines().index(next(li for li in LIBRARY.splitlines() if "gain=" in li))
    project.library.write_text(
        LIBRARY.replace("gain=", f"{name}=").replace("{gain}", f"{{{name}}}")
    )
    edit(project.card, "[parameters.gain]", f"[parameters.{name}]")
    before = project.files()
    outcome = project("run", "own/pairs", "--workers", "1")
    assert outcome.code == 2, outcome
    assert outcome.err.count("\n") == 1
    for word in (f"synapse.lib:{line}", f"the parameter {name!r} is {reason}", "another name"):
        assert word in outcome.err
    assert project.files() == before
