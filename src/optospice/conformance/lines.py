"""Logical lines with their places, and the small reading that rules need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from optospice.netlist import LogicalLine

_CALL = re.compile(r"(?<![a-z0-9_.#])([a-z_][a-z0-9_]*) ?\(")
_BRACKET = re.compile(r"[()]")
_SEPARATOR = re.compile(r"[(),]")
#: Characters of an argument that a rule looks at [1].
LONGEST_ARGUMENT = 1000
_WITH_EXPRESSIONS = frozenset("begrfh")


@dataclass(frozen=True)
class Pitfall:
    """One thing in the text that is known to hurt.

    Parameters
    ----------
    rule : str
        Name of the rule.
    place : str
        File and line.
    seen : str
        What stands there and what ngspice makes of it.
    cure : str
        What to write instead.
    """

    rule: str
    place: str
    seen: str
    cure: str


class Line(LogicalLine):
    """One logical line, with what is said about it."""

    def pitfall(self, rule: str, seen: str, cure: str) -> Pitfall:
        """Give a pitfall of this line."""
        return Pitfall(rule, self.place, seen, cure)


def code_of(line: Line) -> str:
    """Give the part of a line that may hold expressions, in lower case; empty without any."""
    low = line.low
    if low.startswith((".func", ".param")) or low[0] in _WITH_EXPRESSIONS:
        return low
    if low[0] in "cl" or low.startswith(".ic"):
        return low
    return ""


def calls(code: str) -> Iterator[str]:
    """Names of the functions that an expression calls."""
    if "(" not in code:
        return
    if code.startswith(".func") or code.startswith(".param"):
        code = re.sub(r"^\.\w+ \w+ ?(\([^)]*\))?", "", code)  # the head is no call
    else:
        code = code.partition("=")[2] if "=" in code else code.partition("{")[2]
    for match in _CALL.finditer(code):
        yield match[1]


def closings(code: str) -> dict[int, int]:
    """Give the place of the closing bracket of every opening one that has one."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACKET.finditer(code):
        if match[0] == "(":
            opened.append(match.start())
        elif opened:
            found[opened.pop()] = match.start()
    return found


def arguments(code: str, name: str, every: bool = False) -> list[str]:
    """Give the arguments of the first call of a function, or the first one of every call."""
    if name not in code:
        return []
    found: list[str] = []
    closing = closings(code)
    for match in re.finditer(rf"(?<![a-z0-9_]){name} ?\(", code):
        end = closing.get(match.end() - 1)
        if end is None:
            continue
        # long arguments are judged by their beginning: calls may be nested a thousand deep
        inner = code[match.end() : min(end, match.end() + LONGEST_ARGUMENT)]
        parts = [part.strip() for part in _split_arguments(inner)]
        if not every:
            return parts
        found += parts[:1]
    return found


def _split_arguments(inner: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for match in _SEPARATOR.finditer(inner):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if match[0] == "," and depth == 0:
            parts.append(inner[start : match.start()])
            start = match.end()
    return [*parts, inner[start:]]
