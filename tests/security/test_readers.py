"""Files that are huge, endless or nested cost little and are refused in one sentence."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from watchdog import Ended, refused, run_command, run_python

from optospice.conformance.lines import Line
from optospice.conformance.pitfalls import find_pitfalls
from optospice.errors import InputError
from optospice.netlist import expand_lines
from optospice.netlist.guard import cleaned
from optospice.reading import read_text
from own_form import write_own_form

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one device and one scenario of its own."""
    scenarios = tmp_path / "scenarios"
    scenarios.mkdir()
    write_own_form(tmp_path, name="q")
    shutil.copy(ROOT / "scenarios/pbs/paired_pulse.toml", scenarios / "s.toml")
    return tmp_path


LIBRARIES = {
    "long_header": ".subckt q p n " + "a+" * 45_000 + "\nR1 p n 1\n.ends\n",
    "longer_header": ".subckt q p n " + "a+" * 150_000 + "\n.ends\n",
    "blanks_in_include": ".include b.lib" + " " * 1_000_000 + "x\n",
    "continued_include": ".include b.lib\n" + "+\n" * 2_000_000,
    "blanks_before_equals": ".subckt q p n a" + " " * 45_000 + "=" + " " * 45_000 + "!\n.ends\n",
    "long_number": ".subckt q p n params: r=" + "1" * 90_000 + "!\n.ends\n",
    "many_lines": "R1 a b 1\n" * 1_000_000,
    "empty_lines": "\n" * 9_000_000,
    "one_line": "R1 a b " + "1" * 9_000_000,
    "many_continuations": "R1 a b 1\n" + "+\n" * 4_000_000,
    "open_braces": "B1 p n i=" + "{" * 90_000 + "\n",
    "open_brackets": "B1 p n i=" + "(" * 90_000 + "\n",
    "quotes": ".model m d is=" + "'1'" * 30_000 + "\n",
}


@pytest.mark.parametrize("name", LIBRARIES)
def test_no_library_keeps_its_reader_busy(name: str, project: Path) -> None:
    (project / "netlists/devices/q.lib").write_text(LIBRARIES[name])
    refused(run_command("show", "q", folder=project), "q.")
    refused(run_command("adopt", "netlists/devices/q.lib", "q", "--name", "z", folder=project))


def _lines(text: str) -> list[Line]:
    return [Line(line, f"o:{n}") for n, line in enumerate(text.splitlines())]


PITFALLS = {
    "powers": "B1 a b i=" + "a^" * 45_000 + "1",
    "powers_of_brackets": "B1 a b i=" + "(" * 20_000 + "a" + ")^2" * 20_000,
    "nested_calls": "B1 a b i=" + "exp(" * 20_000 + "v(a)" + ")" * 20_000,
    "calls": "B1 a b i=" + "exp(v(a))+" * 9_000 + "1",
    "product": "B1 a b i=" + "sqrt(" + "v(a)*" * 19_000 + "1)",
    "digits": "R1 a b " + "1" * 90_000,
    "braces": "B1 a b i=" + "{a-b}*" * 15_000 + "1",
    "two_points": "C1 a b 1.2.3.4",
    "chain": "".join(f"R{n} a{n} a{n + 1} 1\n" for n in reversed(range(20_000))),
    "states": ".subckt x p n\n"
    + "".join(f"C{i} s{i} 0 1n\nB{i} 0 s{i} i=v(s{i})\n" for i in range(3000))
    + ".ends",
    "one_state": ".subckt x p n\n" + "C1 s 0 1n\nB1 0 s i=v(p)\n" * 3000 + ".ends",
}


@pytest.mark.parametrize("name", PITFALLS)
def test_no_text_keeps_the_search_for_pitfalls_busy(name: str, tmp_path: Path) -> None:
    code = """
from optospice.conformance.lines import Line
from optospice.conformance.pitfalls import find_pitfalls
text = open("text").read()
find_pitfalls([Line(line, f"o:{n}") for n, line in enumerate(text.splitlines())])
"""
    (tmp_path / "text").write_text(PITFALLS[name])
    ended = run_python(code, tmp_path)
    assert ended.status == 0, ended.text[-2000:]


FULL = {
    "resistors": "R{0} a b 1\n",
    "sources": "B{0} a b i=v(a)*v(b)\n",
    "functions": ".func f{0}(x) {{x}}\n",
    "subcircuits": ".subckt s{0} a b\nR1 a b 1\n.ends\n",
    "models": ".model m{0} d is=1e-14\n",
    "parameters": ".param p{0}=1\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FULL)
def test_a_library_at_its_limit_is_adopted_or_refused_in_time(name: str, tmp_path: Path) -> None:
    """As many lines as are accepted pass the guard, the count and the search for pitfalls."""
    lines = "".join(FULL[name].format(n) for n in range(100_000)).splitlines(keepends=True)
    head = ".subckt q p n\nR1 p n 1\n.ends\n"
    (tmp_path / "q.lib").write_text(head + "".join(lines[: 3 * (99_990 // 3)])[:3_900_000])
    ended = run_command("adopt", "q.lib", "q", folder=tmp_path)
    assert ended.status in (0, 2), ended.text[-2000:]
    assert "Traceback" not in ended.text


def test_pitfalls_are_still_found() -> None:
    found = {
        (one.rule, one.seen.split(" ")[0])
        for one in find_pitfalls(_lines(
            "B1 a 0 i=v(a)^3+(v(a)+1)^0.5+f(v(a))**1.5\nB2 a 0 i=sqrt(v(a)*v(a)+1)\n"
            "B3 a 0 i=sqrt(v(a)*v(b)+1)\nB4 a 0 i=exp(exp(v(a)))\n"
        ))
    }  # fmt: skip
    assert ("power", "v(a)^3") in found
    assert ("power", "(v(a)+1)^0.5") in found
    assert ("power", "f(v(a))^1.5") in found
    assert ("domain", "sqrt(v(a)*v(b)+1)") in found
    assert ("domain", "sqrt(v(a)*v(a)+1)") not in found
    assert ("unbounded", "exp(exp(v(a)))") in found
    assert ("unbounded", "exp(v(a))") in found


def test_limits_of_a_library_are_exact(tmp_path: Path) -> None:
    cleaned("R1 a b" + " 1" * 49_996 + "\n+0\n", "o")  # 100,000 with the blank between
    with pytest.raises(InputError, match="100002 characters with its continuations"):
        cleaned("R1 a b" + " 1" * 49_997 + "\n+0\n", "o")
    with pytest.raises(InputError, match="up to 100000 lines"):
        cleaned("\n" * 100_001, "o")
    for number in range(4):
        (tmp_path / f"{number}.lib").write_text(
            f".include {number + 1}.lib\n" + "*" * 1_100_000 + "\n"
        )
    with pytest.raises(InputError, match="larger than 4000000 characters with its includes"):
        expand_lines(tmp_path / "0.lib", [tmp_path])


SPECIAL = {
    "device": lambda file: file.symlink_to("/dev/zero"),
    "random": lambda file: file.symlink_to("/dev/urandom"),
    "pipe": lambda file: os.mkfifo(file),
    "folder": lambda file: file.mkdir(),
    "huge": lambda file: os.truncate(os.open(file, os.O_CREAT | os.O_WRONLY), 10**12),
}


@pytest.mark.parametrize("kind", SPECIAL)
def test_no_special_file_is_read(kind: str, project: Path) -> None:
    for name in ("scenarios/s.golden.json", "scenarios/t.toml", "r.csv"):
        SPECIAL[kind](project / name)
    words = "bytes" if kind == "huge" else "a regular file"
    # a golden that is a link to a device is refused as a link already
    said = "a link leads out" if kind in ("device", "random") else words
    refused(run_command("regress", "s", folder=project), "s.golden.json", said)
    refused(run_command("run", "scenarios/t.toml", folder=project), "t.toml")
    for file in ("r.csv", "scenarios/s.golden.json"):
        with pytest.raises(InputError, match=words):
            read_text(project / file)


@pytest.mark.parametrize("kind", SPECIAL)
def test_no_special_file_is_read_for_the_points_of_a_golden(kind: str, project: Path) -> None:
    shutil.copy(
        ROOT / "tests/goldens/pbs/paired_pulse.golden.json", project / "scenarios/s.golden.json"
    )
    SPECIAL[kind](project / "scenarios/s.golden.parquet")
    words = "bytes" if kind == "huge" else "a regular file"
    said = "a link leads out" if kind in ("device", "random") else words
    refused(run_command("regress", "s", folder=project), "s.golden.parquet", said)


def _plugin(folder: Path) -> Ended:
    code = "import pytest, sys; sys.exit(pytest.main(['-q', '--collect-only', 'scenarios']))"
    return run_python(code, folder)


@pytest.mark.parametrize("kind", ["device", "pipe"])
def test_the_plugin_collects_no_special_file(kind: str, project: Path) -> None:
    SPECIAL[kind](project / "scenarios/s.golden.json")
    ended = _plugin(project)
    assert ("a regular file" if kind == "pipe" else "a link leads out") in ended.text
    assert ended.status != 0


CSV = {
    "lines": "t,i\n" + "1,2\n" * 2_000_000,
    "columns": ("1," * 1_500_000 + "1\n") * 2,
    "name": "t (" + "s" * 1_000_000 + "," + "i" * 1_000_000 + "\n0,1\n1,2\n",
    "brackets": "[" * 1_000_000 + ",i\n0,1\n1,2\n",
    "blanks": "t(" + " " * 100_000 + "x,i\n0,1\n1,2\n",
    "digits": "t,i\n" + "9" * 2_000_000 + ",1\n" + "9" * 2_000_000 + ",2\n",
}


@pytest.mark.parametrize("name", CSV)
def test_no_record_keeps_its_reader_busy(name: str, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(CSV[name])
    code = """
from pathlib import Path
from optospice.calibration.measurement import *
try:
    read_measurement(Path("r.csv"), ColumnMapping())
except InputError as error:
    print(len(str(error)))
"""
    ended = run_python(code, tmp_path)
    assert ended.status == 0, ended.text[-2000:]
    assert int(ended.out) < 2000


TOML = {
    "brackets": "a = " + "[" * 20_000,
    "closed_brackets": "a = " + "[" * 200 + "]" * 200,
    "braces": "a = " + "{b=" * 20_000,
    "dots": "a." * 100_000 + "b = 1",
    "table_dots": "[" + "a." * 20_000 + "b]",
    "arrays": "[[" + "a . " * 20_000 + "b]]",
    "digits": "a = " + "9" * 900_000,
    "large": "a = 1\n" * 200_000,
}


@pytest.mark.parametrize("name", TOML)
def test_no_toml_ends_in_a_traceback(name: str, project: Path) -> None:
    (project / "scenarios/t.toml").write_text(TOML[name])
    refused(run_command("run", "scenarios/t.toml", folder=project), "t.toml")
    (project / "netlists/devices/q.toml").write_text(TOML[name])
    refused(run_command("show", "q", folder=project), "q.toml")


@pytest.mark.parametrize(
    "setting",
    [
        "device=" + "[" * 20_000, "device=" + "{a=" * 20_000, "a." * 20_000 + "b=1",
        "device=" + "x" * 5000, 'device="\u212aelvin"', "parameters.r3=1" + "0" * 400,
        "device=" + "../" * 2000, "parameters.r3=" + "9" * 5000,
    ],
)  # fmt: skip
def test_no_setting_ends_in_a_traceback(setting: str, project: Path) -> None:
    refused(run_command("run", "s", "--set", setting, folder=project))


def test_a_kelvin_sign_is_no_letter(project: Path) -> None:
    devices = project / "netlists/devices"
    for end in ("lib", "toml"):
        text = (devices / f"q.{end}").read_text().replace(" q ", " kelvin ")
        (devices / f"\u212aelvin.{end}").write_text(text)
    for name in ("\u212aelvin", "\u212a" * 90):
        refused(run_command("show", name, folder=project))


@pytest.mark.parametrize("name", ["]", ".", "#", "a.b", '"', "a]", "[x", "1", "a#b", "é"])
def test_adopt_takes_no_parameter_that_is_no_name(name: str, project: Path) -> None:
    text = f".subckt third p n params: {name}=1\nR1 p n 1\n.ends\n"
    (project / "third.lib").write_text(text)
    refused_or_named = run_command("adopt", "third.lib", "third", folder=project)
    refused(refused_or_named, "third.lib")
    assert not (project / "netlists/devices/third.toml").exists()


@pytest.mark.parametrize("name", ["long_header", "longer_header"])
@pytest.mark.parametrize("words", [("list", "devices"), ("check", "q")])
def test_one_library_does_not_block_the_others(
    name: str, words: tuple[str, ...], project: Path
) -> None:
    (project / "netlists/devices/q.lib").write_text(LIBRARIES[name])
    ended = run_command(*words, folder=project)
    assert ended.status == (words[0] == "check"), ended.text[-2000:]  # a finding
    assert "Traceback" not in ended.text
    assert "q" in ended.text
    assert words[0] == "check" or "pbs_rc" in ended.out


@pytest.mark.parametrize("name", LIBRARIES)
def test_no_circuit_keeps_its_reader_busy(name: str, tmp_path: Path) -> None:
    """What `simulate_circuit` reads in the user's own process."""
    (tmp_path / "text").write_text(f"title\n{LIBRARIES[name]}V1 p 0 1\n.tran 1 1\n.end\n")
    code = """
from optospice.accuracy import find_profile
from optospice.errors import InputError
from optospice.foreign import transient
try:
    transient(open("text").read(), ["v(p)"], find_profile("standard"), 1.0)
except InputError as error:
    print(error)
"""
    ended = run_python(code, tmp_path)
    assert ended.status == 0, ended.text[-2000:]
    assert len(ended.out) < 2000
