"""Unit texts that pint would work on for ever are refused before it sees them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from watchdog import refused, run_command, run_python

from optospice import units
from optospice.protocols import PROTOCOLS
from own_form import own_form

ROOT = Path(__file__).parents[2]
HOSTILE = [
    "s^9^9^9", "s**9**9**9", "9**9**9**9", "s*2**9999999999", "10**100000000*s", "a" * 300_000,
    "2**(2**(2**(2**(2**2))))", "s^(9^(9^9))", "s^-9^9^9^9", "(s)**(9**9**9)", "s*9e9**9e9**9",
    "s^999999999", "s^1e9", "s ** 9 ** 9 ** 9", "s^9.9^9.9^9.9", "(((((((((s)))))))))",
    "(" * 50_000 + "s" + ")" * 50_000, "s" + " " * 50_000 + "s", "*".join(["s"] * 50_000),
    "s/" * 30_000, "s^" + "9" * 50_000, "s^+-9", "__import__('os').getcwd()", "s;s", "[s]", "s!",
    "s\n*9**9**9", "s%9**9**9**9", "s//9**9**9", "9" * 100_000 + "**9", "s^s^s", "ym^99/ym^98*s",
    "Ym^99", "1^9^9^9", "nan", "1/0", "\x00", "s²²", "%" * 60,
]  # fmt: skip


def test_no_hostile_unit_takes_time_or_memory(tmp_path: Path) -> None:
    code = f"""
from optospice import units
for text in {HOSTILE!r}:
    for call in (
        lambda: units.parse("1 " + text, "s"), lambda: units.parse("1" + text, "1"),
        lambda: units.convert(1.0, text, "s"),
        lambda: units.parse("1 s", "s") and units.convert(1.0, "s", text),
    ):
        try:
            number = call()
        except units.UnitsError as error:
            assert len(str(error)) < 500
        else:
            raise SystemExit(f"{{text!r}} gave {{number!r}}")
print("all refused")
"""
    ended = run_python(code, tmp_path, memory=1_000_000_000)
    assert ended.status == 0, ended.text
    assert "all refused" in ended.out


@pytest.mark.parametrize(
    "text", ["1" * 300_000, "1 a" + " " * 300_000 + "b", " " * 300_000, "1e" + "9" * 300_000]
)
def test_a_long_quantity_is_read_in_no_time(text: str, tmp_path: Path) -> None:
    code = "from optospice import units\nimport sys\ntext = open('text').read()\n"
    for call in ("units.parse(text, 's')", "units.parse(text, '1')", "units.split_unit(text)"):
        code += f"try:\n    {call}\nexcept units.UnitsError as error:\n    print(len(str(error)))\n"
    (tmp_path / "text").write_text(text)
    ended = run_python(code, tmp_path)
    assert ended.status == 0, ended.text
    assert all(int(length) < 500 for length in ended.out.split())
    assert len(ended.out.split()) == 3


def test_an_integer_beyond_any_float_is_no_quantity() -> None:
    with pytest.raises(units.UnitsError, match="not a finite number"):
        units.parse(10**400, "1")


def _written_units() -> set[str]:
    """Every unit of the packaged cards, scenarios and of the tables of their documentation."""
    found = set(units.KINDS) | {"µs", "μA", "Ω", "kΩ", "um^2", "µm²", "°C", "A*V", "nA*V", "m**2"}
    for file in ROOT.glob("netlists/**/*.toml"):
        for parameter in tomllib.loads(file.read_text()).get("parameters", {}).values():
            found.add(parameter["unit"])
            found |= {units.split_unit(end)[1] for end in parameter["bounds"] if type(end) is str}
    for file in [*ROOT.glob("scenarios/**/*.toml"), *ROOT.glob("docs/*.md")]:
        for text in re.findall(r'= "([+-]?[0-9.]+(?:e[+-]?\d+)? [^" ]+)"', file.read_text()):
            found.add(units.split_unit(text)[1])
    return found


def test_every_unit_in_use_is_read() -> None:
    known = _written_units()
    assert len(known) > 30
    assert len(PROTOCOLS) > 5
    for unit in sorted(known - {"point", "points"}):
        spelled = unit.replace("Ω", "ohm").replace("µ", "u").replace("μ", "u").replace("·", "*")
        spelled = spelled.replace("²", "^2").replace("°C", "degC")
        own = units.registry().Quantity(1.0, "percent" if unit == "%" else spelled)
        base = own.to_base_units()
        wanted = "1" if base.dimensionless else str(base.units).replace(" ", "")
        assert units.parse(f"1 {unit}", wanted) == pytest.approx(base.magnitude), unit


SCENARIO = """
title = "a stranger's"
device = "pbs_rc"
[protocol]
name = "single_pulse"
readout = "80 mV"
wavelength = "740 nm"
irradiance = "1 mW/cm^2"
width = "1 s^9^9^9"
"""


def test_a_scenario_with_such_a_unit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(SCENARIO)
    refused(run_command("run", "s.toml", folder=tmp_path), "s.toml", "width", "a time such as")


def test_a_card_with_such_a_unit_is_refused(tmp_path: Path) -> None:
    devices = tmp_path / "netlists" / "devices"
    devices.mkdir(parents=True)
    library, card = own_form(name="q")
    (devices / "q.lib").write_text(library)
    (devices / "q.toml").write_text(card.replace('unit = "ohm"', 'unit = "9**9**9**9"'))
    assert "9**9" in (devices / "q.toml").read_text()
    refused(run_command("show", "q", folder=tmp_path), "q.toml", "9**9**9**9")


def test_a_record_with_such_a_unit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("t (s),current (9**9**9**9)\n" + "0,1\n1,2\n")
    code = (
        "from pathlib import Path\nfrom optospice.calibration.measurement import *\n"
        "m = read_measurement(Path('r.csv'), ColumnMapping(current_unit='s^9^9^9'))"
    )
    ended = run_python(code, tmp_path)
    assert "current_unit = 's^9^9^9'" in ended.err
