"""Changes that leave the syntax of a file whole, so that its readers get past it.

TOML and JSON stay what they are with one value, key or type exchanged, a CSV with one cell, a
library with one number, name, operator, card or element exchanged.
"""

from __future__ import annotations

import datetime
import json
import random
import re
import tomllib
from typing import Any

import tomli_w

#: Values of every type, by what they are.
NUMBERS: tuple[Any, ...] = (
    0, -1, 1, 2, 3, 7, 1000, 10**9, 2**63, -(2**70), 0.0, -0.0, 0.5, 1e-9, 1e-300, 5e-324, 1e308,
    -1e308, 9007199254740993, 99999, 0.1,
)  # fmt: skip
QUANTITIES = (
    *("1 s", "-1 s", "0 s", "1e-300 s", "1e300 s", "1 ms", "10 day", "1 V", "-1 V", "1e6 V", "0 V"),
    *("1 mW/cm^2", "-1 W/m^2", "1e30 mW/cm^2", "740 nm", "1 nm", "0 nm", "1 m", "300 K", "-1 K"),
    *("27 degC", "-300 degC", "1 ohm", "0 ohm", "-1 Mohm", "1e300 ohm", "1 F", "5 %", "-5 %"),
    *("150 %", "1 point", "3 sigma", "1 Hz", "0 Hz", "1 decade", "1 delta_degC", "1", "1e999 s"),
    *("1 s*s/s", "1 s^99", "1 min", "1 year", "nan s", "1 kg"),
)
WORDS = (
    *(
        "",
        "x",
        "q",
        "all",
        "first",
        "last",
        "mean",
        "light",
        "p",
        "n",
        "v(p)",
        "i(p)",
        "electrical",
    ),
    *(
        "optical",
        "drive",
        "ground",
        "assumed",
        "fitted",
        "fast",
        "exact",
        "standard",
        "ratio",
        "log",
    ),
    *("linear", "increasing", "constant", "single_pulse", "paired_pulse", "retention", "pbs_rc"),
    *("mose2", "write_verify", "0001", "9999", "../x", "/dev/zero", "protocol.width", "a b", "é"),
    *("retention_time", "paired_pulse_index", "nothing", "x" * 150, "corner", "%s", "1e5", "true"),
)
SWEEPS: tuple[Any, ...] = (
    {"start": "1 s", "stop": "2 s", "count": 3}, {"start": "2 s", "stop": "1 s", "count": 3},
    {"start": "0 s", "stop": "1 s", "count": 3, "spacing": "log"}, {"start": 1, "stop": 2},
    {"start": "1 ms", "stop": "1 ks", "count": 5, "spacing": "log"}, {"count": 2}, {"a": {"b": 1}},
    ["1 s", "2 s"], ["1 s", "1 s"], [1, 2, 3], ["1 V", "1 s"], [[1.0, 2.0], [3.0, 4.0]], [0.5],
    ["x"], {},
    [],
)  # fmt: skip
OTHERS: tuple[Any, ...] = (
    True, False, datetime.date(2026, 11, 21), datetime.time(1, 2), datetime.datetime(1, 1, 1),
    float("nan"), float("inf"),
)  # fmt: skip
KEYS = (
    *("x", "", "a.b", "name", "unit", "node", "r1", "R1", "start", "width", "interval", "count"),
    *("protocol", "device", "1", "é", "k" * 120, "seed", "runs", "where", "over", "0001", "a b"),
)
_CARDS = (
    *(
        ".param",
        ".func",
        ".model",
        ".subckt",
        ".ends",
        ".global",
        ".include",
        ".ic",
        ".tran",
        ".if",
    ),
    *("R9", "C9", "B9", "G9", "E9", "V9", "I9", "D9", "M9", "X9", "S9", "L9", "K9", "A9", "Q9"),
)
_OPERATORS = ("+", "-", "*", "/", "^", "**", "<", ">", "&", "|", "?", ":", ",", "==", "!", "%", "=")
_SPICE_NUMBERS = (
    *("0", "-1", "1", "1e308", "1e-308", "1e309", "1meg", "1mil", "2k", "1e", "1.5.2", "1u", "7t"),
    *("{1}", "{x}", "'1'", "1e-15", "100000", "-0", "1_0", "0x1", "nan", "inf"),
)
_SPICE_NAMES = (
    *("p", "n", "0", "gnd", "light", "x", "q", "v", "time", "temper", "hertz", "pi", "exp", "sqrt"),
    *("log", "pow", "pwr", "ddt", "idt", "if", "uramp", "limit", "state", "r1", "i", "params", "m"),
)
_FIRST = ("0", "-1", "1e-9", "0.5", "2", "3", "99", "1e3", "1e6", "1e12", "1e300", "1e-300", "-0")
_LEADING = re.compile(r"[-+]?\d[\d.]*(?:e[-+]?\d+)?", re.IGNORECASE)
_COMMENT = re.compile(r"\s*[*;$]")
_PIECES = {
    "number": (re.compile(r"(?<![\w.])\d+(?:\.\d*)?(?:e[-+]?\d+)?[a-z]*", re.I), _SPICE_NUMBERS),
    "name": (re.compile(r"(?<![\w.])[a-z_]\w*", re.I), _SPICE_NAMES),
    "operator": (re.compile(r"\*\*|[-+*/^<>=,?:]"), _OPERATORS),
    "card": (re.compile(r"^\s*[.a-z]\w*", re.I), _CARDS),
}


def whole_toml(text: str, chance: random.Random) -> str:
    """Exchange one value, key or type of a TOML text."""
    data = tomllib.loads(text)
    _exchange(data, chance, with_others=True)
    return tomli_w.dumps(data)


def whole_json(text: str, chance: random.Random) -> str:
    """Exchange one value, key or type of a JSON text."""
    data = json.loads(text)
    _exchange(data, chance, with_others=False)
    return json.dumps(data, allow_nan=False)


def whole_csv(text: str, chance: random.Random) -> str:
    """Exchange one cell of a CSV."""
    mark = next((mark for mark in ("\t", ";", ",") if mark in text), " ")
    rows = [line.split(mark) for line in text.split("\n")]
    row = chance.choice([row for row in rows if len(row) > 1])
    cells = ("", "x", "OK", '"1"', '"a b"', "time (s)", "Current [A]", "V", "#", "1 s", "-1", "+1")
    numbers = [str(number) for number in (*NUMBERS, "nan", "inf", "1e400", "9.91e37", "1E5", "1e")]
    row[chance.randrange(len(row))] = chance.choice((*cells, *numbers))
    return "\n".join(mark.join(row) for row in rows)


def whole_library(text: str, chance: random.Random) -> str:
    """Exchange one number, name, operator, card or element of a library."""
    lines = text.split("\n")
    places = [n for n, line in enumerate(lines) if line.strip() and not _COMMENT.match(line)]
    for _ in range(20):
        at = chance.choice(places)
        pattern, others = _PIECES[chance.choice(list(_PIECES))]
        found = list(pattern.finditer(lines[at]))
        if found:
            piece = chance.choice(found)
            new = chance.choice(others)
            lines[at] = lines[at][: piece.start()] + new + lines[at][piece.end() :]
            break
    return "\n".join(lines)


#: How each kind of file is changed.
WHOLE = {
    "scenario": whole_toml,
    "card": whole_toml,
    "mapping": whole_toml,
    "golden": whole_json,
    "record": whole_csv,
    "library": whole_library,
}


def _exchange(data: Any, chance: random.Random, with_others: bool) -> None:
    """Change one place of nested tables and lists."""
    places = list(_places(data))
    if not places:
        return
    holder, key = chance.choice(places)
    if chance.random() < 0.5:  # else a long list would hide all above it
        holder, key = _descended(data, chance)
    value = holder[key]
    act = chance.random()
    if act < 0.08 and isinstance(holder, dict):  # another key
        holder[chance.choice((*KEYS, str(chance.choice(places)[1])))] = holder.pop(key)
    elif act < 0.16:  # what stands elsewhere in the file
        other, name = chance.choice(places)
        holder[key] = _copied(other[name])
    elif act < 0.22:  # gone
        del holder[key]
    elif act < 0.3 and isinstance(holder, dict):  # one more
        holder[chance.choice(KEYS)] = _value(chance, with_others)
    elif act < 0.4:  # the same as another type
        holder[key] = chance.choice(([value], {"x": value}, str(value), [value, value]))
    elif act < 0.85:  # another value of its type
        holder[key] = _alike(value, chance)
    else:
        holder[key] = _value(chance, with_others)


def _places(data: Any) -> Any:
    pairs = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in pairs:
        yield data, key
        if isinstance(value, (dict, list)):
            yield from _places(value)


def _descended(data: Any, chance: random.Random) -> tuple[Any, Any]:
    key = chance.choice(list(data)) if isinstance(data, dict) else chance.randrange(len(data))
    inner = data[key]
    if isinstance(inner, (dict, list)) and inner and chance.random() < 0.75:
        return _descended(inner, chance)
    return data, key


def _alike(value: Any, chance: random.Random) -> Any:
    """Give another value of the same type, half of them near: a schema lets these pass."""
    is_near = chance.random() < 0.5
    if isinstance(value, bool):
        return not value
    if isinstance(value, (dict, list)):
        if is_near and isinstance(value, list) and value:
            return (
                [_alike(inner, chance) for inner in value] if chance.random() < 0.5 else value[1:]
            )
        return _copied(chance.choice(SWEEPS))
    if isinstance(value, str):
        number = _LEADING.match(value)
        if number is None:
            return chance.choice(WORDS)
        if is_near:
            return chance.choice(_FIRST) + value[number.end() :]
        return chance.choice(QUANTITIES)
    if isinstance(value, (int, float)) and is_near:
        return value * chance.choice((-1, 2, 3, 1000, 0.5, 1e-3, 1e-9))
    return chance.choice(NUMBERS)


def _value(chance: random.Random, with_others: bool) -> Any:
    pools = [NUMBERS, QUANTITIES, WORDS, SWEEPS, OTHERS if with_others else (None, True, False)]
    return _copied(chance.choice(chance.choice(pools)))


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value
