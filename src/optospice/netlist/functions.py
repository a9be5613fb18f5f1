"""How long expressions become once ngspice has put every function's text in place of its call.

An argument is repeated as often as the body names it, and once more on every level, so that
``f(f(…f(x)…))`` with ``f(x) = x*x`` doubles with every pair of brackets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from optospice.errors import InputError

#: Characters of an expanded expression, and of those of a whole netlist [1].
LONGEST_EXPRESSION = 100_000
LARGEST_SUM = 50_000_000
#: Functions inside functions [1].
DEEPEST = 50
#: Arguments of a function [1].
MOST_ARGUMENTS = 100
#: Sizes are counted up to here, so that no number grows without bound.
_ENOUGH = 1e15

_TOKEN = re.compile(r"([a-z_][a-z0-9_.]*)( ?\()?|[(),]")


@dataclass
class _Size:
    """Size of an expression: characters of its own, and how often it repeats each argument."""

    own: float = 0.0
    repeats: dict[str, float] = field(default_factory=dict)

    def add(self, other: _Size, times: float = 1.0) -> None:
        """Count an expression that stands inside this one so many times; it is used up."""
        self.own = min(self.own + times * other.own, _ENOUGH)
        smaller = other.repeats
        if times == 1.0 and len(smaller) > len(self.repeats):  # so that a deep nest stays linear
            smaller, self.repeats = self.repeats, smaller
        for name, number in smaller.items():
            self.repeats[name] = min(self.repeats.get(name, 0.0) + times * number, _ENOUGH)


@dataclass(frozen=True)
class _Function:
    """One ``.func``: its arguments, its text, and where it stands."""

    arguments: tuple[str, ...]
    body: str
    place: str


@dataclass(frozen=True)
class _Expanded:
    """An expanded function: the larger of its definitions, arguments by their place."""

    own: float
    repeats: tuple[float, ...]
    depth: int


def check_functions(lines: Sequence[tuple[str, str]]) -> None:
    """Refuse expressions that do not end, or not within bounds.

    Parameters
    ----------
    lines : sequence of (str, str)
        Logical lines in lower case, each with its place for messages.

    Raises
    ------
    InputError
        For a function that calls itself, too deep a nesting, too many arguments or too long an
        expression.
    """
    functions = _functions(lines)
    if not functions:
        return
    known: dict[str, _Expanded] = {}

    def expanded(name: str, callers: tuple[str, ...]) -> _Expanded:
        place = functions[name][0].place
        if name in callers:
            raise InputError(
                f"{place}: function {name!r} holds itself; accepted: functions that end"
            )
        if len(callers) >= DEEPEST:
            raise InputError(
                f"{place}: function {name!r} is nested too deeply; accepted: up to {DEEPEST} levels"
            )
        if name not in known:
            known[name] = _largest(
                functions[name], lambda called: expanded(called, (*callers, name)), functions
            )
        return known[name]

    for name in functions:
        result = expanded(name, ())
        _limit(result.own + sum(result.repeats), functions[name][0].place, f"function {name!r}")
    total = 0.0
    for text, place in lines:
        if "(" in text and not text.startswith(".func "):
            size, _ = _measure(text, place, (), lambda name: expanded(name, ()), functions)
            _limit(size.own, place, "this line")
            total += size.own
    if total > LARGEST_SUM:
        raise InputError(
            f"{lines[0][1]}: the lines expand to {total:.2g} characters; accepted: up to "
            f"{LARGEST_SUM:,}"
        )


def _limit(size: float, place: str, what: str) -> None:
    if size > LONGEST_EXPRESSION:
        raise InputError(
            f"{place}: {what} expands to {size:.2g} characters; accepted: up to "
            f"{LONGEST_EXPRESSION:,}"
        )


def _functions(lines: Sequence[tuple[str, str]]) -> dict[str, list[_Function]]:
    found: dict[str, list[_Function]] = {}
    for text, place in lines:
        if text.startswith(".func "):
            head, _, body = text.removeprefix(".func ").partition(")")
            name, _, arguments = head.partition("(")
            given = tuple(argument.strip() for argument in arguments.split(","))
            if len(given) > MOST_ARGUMENTS:
                raise InputError(
                    f"{place}: function {name.strip()[:60]!r} has {len(given)} arguments; "
                    f"accepted: up to {MOST_ARGUMENTS}"
                )
            found.setdefault(name.strip(), []).append(_Function(given, body, place))
    return found


def _largest(
    definitions: Sequence[_Function],
    expand: Callable[[str], _Expanded],
    functions: dict[str, list[_Function]],
) -> _Expanded:
    """Expand every definition of a name; one in another subcircuit counts like this one."""
    own, depth = 0.0, 0
    repeats = [0.0] * max(len(one.arguments) for one in definitions)
    for one in definitions:
        size, below = _measure(one.body, one.place, one.arguments, expand, functions)
        own, depth = max(own, size.own), max(depth, below + 1)
        for index, name in enumerate(one.arguments):
            repeats[index] = max(repeats[index], size.repeats.get(name, 0.0))
    if depth > DEEPEST:
        raise InputError(
            f"{definitions[0].place}: functions nest too deeply; accepted: up to {DEEPEST} levels"
        )
    return _Expanded(own, tuple(repeats), depth)


def _measure(
    text: str,
    place: str,
    arguments: Sequence[str],
    expand: Callable[[str], _Expanded],
    functions: dict[str, list[_Function]],
) -> tuple[_Size, int]:
    """Size of a text with its calls expanded, and how deep they go.

    Every character counts, and of a call its name and brackets besides what it becomes: never
    less than what ngspice writes.
    """
    named = frozenset(arguments)
    # one frame per open bracket: the called function, its arguments so far, the present one
    # (that of the bracket around it where no function is called)
    frames: list[tuple[str, list[_Size], _Size]] = [("", [], _Size())]
    deepest = counted = depth = 0
    for match in _TOKEN.finditer(text):
        name, called, present = match[1], match[2], frames[-1][2]
        present.own += match.start() - counted
        counted = match.end()
        # what ends an argument is no part of it
        ends = match[0] in ",)" and frames[-1][0]
        (frames[-2][2] if ends else present).own += len(match[0])
        if called and name in functions:
            depth += 1
            if depth > DEEPEST:
                raise InputError(
                    f"{place}: calls stand inside calls; accepted: up to {DEEPEST} levels"
                )
            frames.append((name, [], _Size()))
        elif match[0] == "(" or called:
            frames.append(("", [], present))
        elif name is not None:
            if name in named:
                present.repeats[name] = present.repeats.get(name, 0.0) + 1.0
        elif match[0] == "," and frames[-1][0]:
            frames[-1][1].append(present)
            frames[-1] = (frames[-1][0], frames[-1][1], _Size())
        elif match[0] == ")" and len(frames) > 1:
            depth -= bool(frames[-1][0])
            deepest = max(deepest, _close(frames, expand))
            _limit(frames[-1][2].own, place, "this line")
    frames[-1][2].own += len(text) - counted
    while len(frames) > 1:  # a bracket that is never closed
        deepest = max(deepest, _close(frames, expand))
    return frames[0][2], deepest


def _close(frames: list[tuple[str, list[_Size], _Size]], expand: Callable[[str], _Expanded]) -> int:
    name, before, last = frames.pop()
    if not name:
        return 0
    outer = frames[-1][2]
    called = expand(name)
    outer.own = min(outer.own + called.own, _ENOUGH)
    for given, repeats in zip([*before, last], called.repeats, strict=False):
        if repeats:
            outer.add(given, repeats)
    return called.depth
