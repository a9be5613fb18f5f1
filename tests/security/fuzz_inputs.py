"""Hostile files: the packaged ones with seeded mutations, and fragments that hurt readers.

Of every sixteen inputs eight keep their syntax (`fuzz_whole`), eight may lose it. Every
input follows from its number alone, so a finding is repeated by its number.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fuzz_whole import WHOLE

from optospice.regression.golden import read_golden
from own_form import own_form

ROOT = Path(__file__).parents[2]

PACKAGED = ("pbs_rc", "pbs_trap", "mose2")

#: What is mutated, in turn; a record is a measured CSV, a mapping the table beside it.
KINDS = ("scenario", "card", "golden", "record", "library", "scenario", "mapping", "library")

#: Values that a number or a text is replaced by; where they are not TOML, JSON or SPICE, so much
#: the better.
VALUES = (
    *("0", "-1", "-0.0", "1e308", "-1e308", "1e999", "1e-320", "nan", "NaN", "-inf", "Infinity"),
    *("9" * 25, "9" * 400, "9" * 5000, "-" + "9" * 400, "0x" + "f" * 300, "1_000_000_000", "1e15"),
    *("true", "null", "[]", "{}", '""', "[[]]", "[1, true, 'x', {a = 1}]", "2026-11-21", "00:00"),
    *('"1e999 s"', '"nan s"', '"-1 s"', '"1 s^9^9^9"', '"1 (((s)))"', '"1 s"', '"0 V"'),
    *('"9e300 V"'),
    *('"5 µs·s/s"', '"1 %"', '"1 degC"', '"-300 degC"', '"1 mW/cm^2"', '"1e-300 m"', '"1 K/K"'),
    *('"1 s**99"', '"1 ' + "s*" * 40 + 's"', '"' + "1" * 120 + ' s"', '"inf s"', '"1 delta_degC"'),
    *('"x"', '" "', '"\\u0000"', '"\\u001b[2J"', '"../../etc/passwd"', '"/dev/zero"', '"a/b"'),
    *('"' + "é" * 300 + '"', '"$HOME"', '"`id`"', '"=1+1"', '"$\\\\frac{1}{0}$"', '"\\ud800"'),
    *('"{0}"', '"%s%n"', '"all"', '"first"', '"pbs_rc"', '"mose2"', '"link"', '"q"', '"K"'),
    *("[" * 40 + "]" * 40, "[" * 3000, "{a=" * 50 + "1" + "}" * 50, '["1 s", 2, "3 V"]'),
    *('{ start = "1 s", stop = "2 s", count = 1000000000 }', "{ start = 1, stop = 2, count = -3 }"),
    *('{ start = "1e-300 s", stop = "1e300 s", count = 5, spacing = "log" }', '["nan s"]', "[nan]"),
    *('{ start = -1e308, stop = 1e308, count = 3 }', '{ start = "1 s", stop = "1 V", count = 2 }'),
    *("[" + "1, " * 2000 + "1]", '["1 s", "1 s"]', "[0.5, -0.5]", "0.5", "1", "2", "3.7", "1e-9"),
)  # fmt: skip

#: Numbers that a number is replaced by.
NUMBERS = (
    *("0", "0.0", "-1", "-3.5", "0.5", "1", "2", "3", "7", "1000", "100001", "1000000000", "1e-9"),
    *("1e-300", "1e-320", "1e15", "1e300", "1e308", "-1e308", "9007199254740993", "9" * 400),
)

#: Lines that are put in, by kind.
LINES = {
    "scenario": (
        '"protocol.width" = { start = "1 ms", stop = "1 s", count = 2000 }',
        '[sweep]\n"parameters.r1" = ["1 kohm", "2 kohm"]\n"temperature" = ["-1 K", "9e99 K"]',
        '[sweep]\n"device" = ["pbs_rc", "mose2", "../x", "q", "link"]',
        '[sweep]\n"protocol.name" = ["retention", "paired_pulse", 3]',
        '[sweep]\n"protocol" = [1]\n"" = [2]\n"a..b" = [3]',
        '[sweep]\n"protocol.definitions.amplitude" = ["raw", "x"]\n"protocol.width.x" = [1]',
        '[sweep]\n"accuracy" = ["fast", "exact", "standard"]',
        '[monte_carlo]\nruns = -5\nseed = 1\n[monte_carlo.parameters.r1]\nspread = "1e99 %"',
        "[monte_carlo]\nruns = 1000000000\nseed = 99999999999999999999999",
        "[monte_carlo]\ncount = 3\nseed = 1\nparameters.r1 = { relative = 1e308 }",
        '[parameters]\nr1 = "1e400 ohm"\nR1 = 3\n"r 1" = "x"',
        '[[across]]\nmetric = "x"\nover = "protocol.width"',
        '[[targets]]\nid = "A"\nmetric = "retention"\npublished = "nan"\nsource = "x"',
        '[[targets]]\nid = "A"\nshape = "increasing"\nover = "nothing"\nmetric = "x"',
        '[targets.where]\n"protocol.width" = "x"',
        '[figure]\nsignal = "v(\\u0000)"\ntitle = "$\\\\undefined{$"',
        '[controller]\nname = "write_verify"',
        '[controller]\nname = "module:os.system"\ncommand = "id"',
        'accuracy = "exact"\ntimeout = "1e308 s"\ntemperature = "0 K"',
        '[expectations.pbs_rc]\nmisses = ["A", "A"]\nreason = ""\n[expectations."../x"]',
    ),
    "card": (
        '[[terminals]]\nname = "p"\nkind = "electrical"\nrole = "drive"\ndescription = "x"',
        '[parameters.r1]\nunit = "ohm"\nbounds = ["2 ohm", "1 ohm"]',
        '[parameters.r1]\nunit = "s^9^9"\nmeaning = "x"\nbounds = [nan, inf]',
        '[states.x]\nnode = "x.y"\nmeaning = "x"\nminimum = 1\nmaximum = 0',
        '[states."\\u0000"]\nnode = "$(id)"',
        "[[parameters]]\n[parameters]\nr1 = 1",
        'citations = ["../x", "\\u001b[31m"]',
        "passive = 3\nbuilt_in_voltage = 'yes'",
    ),
    "golden": (
        '"format": 2,', '"format": 1e999,', '"scenario": {"a": [1, 2]},', '"devices": [],',
        '"runs": {"../../x": {"protocol.width": NaN}},', '[1e308, -1e308, "corner"],',
        "[5.0, 1.0],", '"values": [null, null]', "[" * 3000, '{"a":' * 500, "[NaN, Infinity],",
        '"values": [' + "1," * 5000 + "1]", '"\\ud800": 1,',
    ),
    "record": (
        "1,2,3", "nan,nan", "inf,inf", "1e999,1e999", "Time (s),Current (A)", "t,i\n0,1\n1,2\n2,3",
        ",,,,,,,,", "\t\t\t", '"', '"1","2"', "0;0\n1;1", "1,5;2,5\n2,5;3,5",
        "time [s^9^9^9],i [A]",
        "time [s,i [A]", "9.91e37,9.91e37", "1 2\n2 3\n3 4", "-1e308,-1e308\n1e308,1e308",
        "time (ms),current (" + "n" * 500 + ")", "1," * 2000 + "1",
        "\u0663,\u0664\n\u0665,\u0666", "1_0,2_0\n2_0,3_0",
        "0,0\n1,0\n2,0\n3,0\n4,0\n5,0", "1e-320,1e-320\n2e-320,2e-320\n3e-320,3e-320",
    ),
    "mapping": (
        "[measurement]", "measurement = 3", "time = 1\ncurrent = 2", "time = 0\ncurrent = -1",
        'time = "Time"\ncurrent = "nothing"', 'time_unit = "s^9^9"', 'current_unit = "V"',
        "sign = 0", "sign = -1\nscale = \"0 A\"", 'scale = "1e-320 A"', 'start = "nan s"',
        'start = "1e308 s"', "time = true", "time = 99999999999999999999", 'current_unit = "%"',
        'time_unit = "degC"',
    ),
    "library": (
        ".include link.lib", ".include q.lib", ".include ../../../etc/passwd", ".include nowhere",
        ".include /dev/zero", ".include ~/x", '.include "a\nb"', ".lib 'x' y",
        ".include folder.lib",
        ".include loop.lib", ".include outside.lib", ".inc\x00lude q.lib",
        ".control\nshell id\n.endc", "!id", "`id`", "+ more", "+" * 300, "*" * 300, ".model",
        ".subckt", ".subckt q", ".subckt q p p p", ".subckt q p n light r1=1 r1=2 r1={r1}",
        ".subckt q p n light params: a=1e999 b=nan c=--1", ".ends", ".ends q", ".end", ".param",
        ".param a=a", ".param a={b} b={a}", ".param x=1e999", ".func f(x) {f(x)}", ".func f(x",
        ".func f() {1}", ".func f(x) {g(x)*g(x)}\n.func g(x) {f(x)*f(x)}", ".func f(x)={x^x^x^x}",
        ".model m d(level=99999999999999999999)", ".model m r(r=nan)", ".model m nmos level=8",
        "B1 p n i=" + "(" * 500, "B1 p n i=exp(exp(exp(1e308)))", "B1 p n v=v(p)/0", "B1",
        "B1 p n i={" + "a+" * 2000 + "a}", "B1 p n i='", "R1 p n {", "R1 p n 1e999", "R1 p n -0",
        "R1 p n r = nan tc=1,2,3", "C1 p n 1 ic=9e99", "X1 p n q", "X1", "X1 p n light q\nX2 q",
        "V1 p n pwl(" + "0 1 " * 2000 + ")", "A1 [p n] [q] m", "E1 p n poly(3) 1 2 3",
        "K1 L1 L2 2", "Q1 a b", "M1", "T1 p n p n", ".if (1)\n.elseif\n.endif", ".save all",
        ".temp nan", ".options reltol=0", ".ic v(p)=1e999", ".nodeset", ".global p",
        "R\u0130 p n 1",
        "R\u212a p n 1", ".subc\u212at x", "R1 p n 1\u2028.include x", "R1 p n 1 ; x $ y // z",
    ),
}  # fmt: skip
LINES["card"] += LINES["mapping"][-4:]

_NOISE = (
    "\x00",
    "\x1b[2J",
    "\x07",
    "\r",
    "\u2028",
    "\ufeff",
    "\u202e",
    "\x85",
    "\x0c",
    "\x7f",
    "é",
)
_VALUE = re.compile(r'(?<==)[ \t]*[^\n]+|(?<=: )[^\n]+|"[^"\n]*"|[-+]?\d[\d.eE+-]*')
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Input:
    """One hostile file.

    Parameters
    ----------
    number : int
        What everything about it follows from.
    kind : str
        One of `KINDS`.
    data : bytes
        Its content.
    beside : str
        The sound library of a hostile card, or card of a hostile library.
    """

    number: int
    kind: str
    data: bytes
    beside: str = ""


def make_input(number: int) -> Input:
    """Make the input of this number."""
    chance = random.Random(number)
    kind = KINDS[number % len(KINDS)]
    text, beside = chance.choice(_seeds(kind))
    if is_whole(number):
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            text = WHOLE[kind](text, chance)
        return Input(number, kind, text.encode("utf-8", "surrogatepass"), beside)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        text = chance.choice(_CHANGES)(text, kind, chance)
    data = text.encode("utf-8", "surrogatepass")
    if chance.random() < 0.1:
        data = chance.choice(_BYTE_CHANGES)(data, chance)
    return Input(number, kind, data, beside)


def is_whole(number: int) -> bool:
    """Whether the input of this number keeps the syntax of its kind."""
    return number // len(KINDS) % 2 == 1


def _goldens() -> Iterator[str]:
    """Every packaged golden in one file, as goldens were written before."""
    for file in sorted((ROOT / "tests/goldens").glob("*/*.golden.json")):
        golden = read_golden(file)
        assert golden is not None
        yield json.dumps({**golden.model_dump(exclude={"points"}), "format": 1}, indent=1)


@cache
def _seeds(kind: str) -> tuple[tuple[str, str], ...]:
    """Sound files of one kind, each with what stands beside it; the subject is named q."""
    if kind == "record":
        return tuple((text, "") for text in _records())
    if kind == "mapping":
        texts = (
            '[measurement]\ntime = "Time"\ntime_unit = "ms"\ncurrent = "Current"\n'
            'current_unit = "nA"\nsign = -1\nstart = "0 s"\nscale = "1 nA"\n',
            "[measurement]\ntime = 1\ncurrent = 3\n",
        )
        return tuple((text, "") for text in texts)
    if kind == "golden":
        return tuple((text, "") for text in _goldens())
    patterns = {
        "scenario": ("scenarios/*/*.toml",),
        "card": ("netlists/devices/*.toml",),  # parameter sets
        "library": (
            "netlists/cells/*.lib",
            "tests/third_party/**/*.lib",
            "docs/examples/*.lib",
        ),
    }[kind]
    files = sorted(file for pattern in patterns for file in ROOT.glob(pattern))
    own = [own_form(name, "q") for name in PACKAGED] if kind in ("card", "library") else []
    pairs = [(card, library) if kind == "card" else (library, card) for library, card in own]
    for file in files:
        text = file.read_text(encoding="utf-8")
        beside = file.with_suffix({"card": ".lib", "library": ".toml"}.get(kind, ".none"))
        other = beside.read_text(encoding="utf-8") if beside.is_file() else ""
        library = text if kind == "library" else other
        subcircuit = re.search(r"(?im)^\.subckt\s+(\S+)", library)
        if subcircuit is not None:
            named = rf"\b{re.escape(subcircuit.group(1))}\b"
            text, other = re.sub(named, "q", text), re.sub(named, "q", other)
        pairs.append((text, other))
    assert pairs
    return tuple(pairs)


def _records() -> tuple[str, ...]:
    rows = [(0.1 * n, 1e-9 * (n % 7 + 1)) for n in range(60)]
    return (
        "Instrument,2636B\nRange,1e-6\n\nTime (ms),Status,Current [nA]\n"
        + "".join(f"{1e3 * t:.3f},OK,{1e9 * i:.3g}\n" for t, i in rows),
        "t\ti\n" + "".join(f"{t:.3f}\t{i:.3e}\n" for t, i in rows),
        "time;current\n" + "".join(f"{t:.3f};{i:.3e}\n".replace(".", ",") for t, i in rows),
        "".join(f"{t:.3f} {i:.3e}\n" for t, i in rows),
    )


_Change = Callable[[str, str, random.Random], str]


def _value(text: str, kind: str, chance: random.Random) -> str:
    places = list(_VALUE.finditer(text))
    if not places:
        return text
    place = chance.choice(places)
    value = chance.choice(VALUES)
    if kind not in ("scenario", "card", "mapping") and chance.random() < 0.7:
        value = value.strip('"')
    return text[: place.start()] + value + text[place.end() :]


def _number(text: str, kind: str, chance: random.Random) -> str:
    """Change a number and leave its unit, so that the text is still well formed."""
    places = list(_NUMBER.finditer(text))
    if not places:
        return text
    place = chance.choice(places)
    return text[: place.start()] + chance.choice(NUMBERS) + text[place.end() :]


def _line(text: str, kind: str, chance: random.Random) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines) + 1)
    lines[at : at + chance.randrange(2)] = [chance.choice(LINES[kind])]
    return "\n".join(lines)


def _append(text: str, kind: str, chance: random.Random) -> str:
    return text + "\n" + chance.choice(LINES[kind]) + "\n"


def _splice(text: str, kind: str, chance: random.Random) -> str:
    lines, other = text.split("\n"), chance.choice(_seeds(kind))[0].split("\n")
    at, start = chance.randrange(len(lines)), chance.randrange(len(other))
    cut = at + chance.randrange(4)
    lines[at:cut] = other[start : start + chance.randrange(1, 6)]
    return "\n".join(lines)


def _repeat(text: str, kind: str, chance: random.Random) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    lines[at:at] = [lines[at]] * chance.choice((1, 1, 2, 50, 3000))
    return "\n".join(lines)


def _drop(text: str, kind: str, chance: random.Random) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    del lines[at : at + chance.randrange(1, 4)]
    return "\n".join(lines)


def _swap(text: str, kind: str, chance: random.Random) -> str:
    lines = text.split("\n")
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return "\n".join(lines)


def _cut(text: str, kind: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text) + 1)]


def _noise(text: str, kind: str, chance: random.Random) -> str:
    for _ in range(chance.choice((1, 1, 5))):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(_NOISE) + text[at:]
    return text


def _character(text: str, kind: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice("\"'[]{}()=,.:;+-*/^$%#\\ \t\n0e~!&|<>?@_`") + text[at + 1 :]


def _long(text: str, kind: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    piece = chance.choice(("a", "(", "[", "{", " ", "1", "a.", "=", "'", "a=1 ", "\\", ",", "+\n"))
    return text[:at] + piece * chance.choice((70, 1000, 30_000, 200_000)) + text[at:]


def _ends(text: str, kind: str, chance: random.Random) -> str:
    return text.replace("\n", chance.choice(("\r\n", "\r", "\n\n", "\u2028")))


_CHANGES: tuple[_Change, ...] = (
    *(_value, _value, _value, _value, _number, _number, _number, _number, _number, _number),
    *(_line, _line, _append, _append, _splice, _splice),
    *(_repeat, _drop, _swap, _cut, _noise, _character, _character, _long, _ends),
)


def _binary(data: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((1, 100, 5000)))


def _flips(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(min(len(changed), 5)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _mark(data: bytes, chance: random.Random) -> bytes:
    return chance.choice((b"\xff\xfe", b"\xef\xbb\xbf", b"\x1f\x8b", b"\x00" * 1000)) + data


_BYTE_CHANGES = (_binary, _flips, _mark)
