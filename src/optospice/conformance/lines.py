"""Logical lines with their places, and the small reading that rules need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CALL = re.compile(r"(?<![a-z0-9_.#])([a-z_][a-z0-9_]*) ?\(")
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


@dataclass(frozen=True)
class Line:
    """One logical line and where it stands."""

    text: str
    place: str

    @property
    def low(self) -> str:
        """The line in lower case: ngspice folds case."""
        return self.text.lower()

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
    if code.startswith(".func") or code.startswith(".param"):
        code = re.sub(r"^\.\w+ \w+ ?(\([^)]*\))?", "", code)  # the head is no call
    else:
        code = code.partition("=")[2] if "=" in code else code.partition("{")[2]
    for match in _CALL.finditer(code):
        yield match[1]


def arguments(code: str, name: str, every: bool = False) -> list[str]:
    """Give the arguments of the first call of a function, or of every call of one argument."""
    found: list[str] = []
    for match in re.finditer(rf"(?<![a-z0-9_]){name} ?\(", code):
        depth, start, parts = 0, match.end(), []
        for index in range(match.end(), len(code)):
            character = code[index]
            if character == ")" and depth == 0:
                parts.append(code[start:index].strip())
                break
            if character == "," and depth == 0:
                parts.append(code[start:index].strip())
                start = index + 1
            depth += (character == "(") - (character == ")")
        if not every:
            return parts
        found += parts[:1]
    return found
