"""Values of SPICE parameters and expressions, read by a small parser of its own.

It knows numbers with SPICE suffixes, parameters, functions of ``.func``, arithmetic,
comparisons and ``a ? b : c``. What it cannot tell, such as a random number or a node's
voltage, raises `UnknownValueError`: an expression is never guessed.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from optospice.netlist import spice_number

#: Longest expression [1] and how deep its brackets may nest [1].
LONGEST_EXPRESSION = 5_000
DEEPEST_EXPRESSION = 60

#: A node of a parsed expression: its kind, then what the kind needs.
Tree = tuple[Any, ...]

_TOKEN = re.compile(
    r"\s*(?:((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?[a-z]*)|([a-z_][a-z0-9_.]*)"
    r"|(\*\*|<=|>=|==|!=|<>|&&|\|\||[-+*/%^<>!?:(),]))"
)
_BINDING = {
    "||": 2, "&&": 3, "==": 4, "!=": 4, "<>": 4, "<": 5, ">": 5, "<=": 5, ">=": 5,
    "+": 6, "-": 6, "*": 7, "/": 7, "%": 7, "^": 9, "**": 9,
}  # fmt: skip
_UNARY = 8


def _power(base: float, exponent: float) -> float:
    return math.pow(base, exponent)  # raises for a root of a negative number


def _truth(test: Callable[[Any, Any], Any]) -> Callable[[float, float], float]:
    return lambda left, right: float(bool(test(left, right)))


_OPERATORS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "%": math.fmod, "^": _power, "**": _power,
    "<": _truth(operator.lt), ">": _truth(operator.gt), "<=": _truth(operator.le),
    ">=": _truth(operator.ge), "==": _truth(operator.eq), "!=": _truth(operator.ne),
    "<>": _truth(operator.ne), "&&": _truth(lambda a, b: a and b),
    "||": _truth(lambda a, b: a or b),
}  # fmt: skip
_FUNCTIONS: Mapping[str, tuple[int, Callable[..., float]]] = {
    "sqrt": (1, math.sqrt), "sin": (1, math.sin), "cos": (1, math.cos), "tan": (1, math.tan),
    "asin": (1, math.asin), "acos": (1, math.acos), "atan": (1, math.atan),
    "arctan": (1, math.atan), "sinh": (1, math.sinh), "cosh": (1, math.cosh),
    "tanh": (1, math.tanh), "exp": (1, math.exp), "ln": (1, math.log), "log": (1, math.log),
    "log10": (1, math.log10), "abs": (1, abs), "int": (1, math.trunc), "floor": (1, math.floor),
    "ceil": (1, math.ceil), "sgn": (1, lambda x: float((x > 0) - (x < 0))),
    "nint": (1, lambda x: float(round(x))), "min": (2, min), "max": (2, max), "pow": (2, _power),
    "pwr": (2, lambda x, y: math.copysign(_power(abs(x), y), x)),
}  # fmt: skip


class UnknownValueError(ValueError):
    """An expression's value cannot be told from the text."""


@dataclass(frozen=True)
class Function:
    """What a ``.func`` line declares.

    Parameters
    ----------
    arguments : tuple of str
        Names of its arguments.
    body : str
        Its expression.
    """

    arguments: tuple[str, ...]
    body: str


@dataclass
class Scope:
    """Parameters and functions that an expression sees.

    Parameters
    ----------
    parameters : mapping of str to str, float or None
        Expression or value of each; None for one whose value cannot be told.
    functions : mapping of str to Function
        Functions.
    parent : Scope or None
        Where to look for what is not here.
    """

    parameters: Mapping[str, str | float | None] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    parent: Scope | None = None
    _values: dict[str, float | None] = field(default_factory=dict)

    def evaluate(self, text: str) -> float:
        """Give the value of an expression.

        Parameters
        ----------
        text : str
            A number with its suffix, a name or an expression, also in ``{…}`` or ``'…'``.

        Raises
        ------
        UnknownValueError
            When the value cannot be told.
        """
        inner = _unwrapped(text)
        plain = spice_number(inner)
        if plain is not None:
            return plain
        return self._of(parse_expression(inner), 0)

    def function(self, name: str) -> tuple[Function, Scope] | None:
        """Find a function and the scope that it was declared in; None when there is none."""
        if name in self.functions:
            return self.functions[name], self
        return None if self.parent is None else self.parent.function(name)

    def _value(self, name: str, depth: int) -> float:
        if name not in self.parameters:
            if self.parent is not None:
                return self.parent._value(name, depth)
            if name == "pi":
                return math.pi
            raise UnknownValueError(f"there is no parameter {name!r}")
        if name not in self._values:
            self._values[name] = None  # while it is evaluated: one that needs itself is unknown
            given = self.parameters[name]
            if isinstance(given, str):
                inner = _unwrapped(given)
                plain = spice_number(inner)
                given = self._of(parse_expression(inner), depth + 1) if plain is None else plain
            self._values[name] = given
        value = self._values[name]
        if value is None:
            raise UnknownValueError(f"the value of {name!r} cannot be told")
        return value

    def _of(self, tree: Tree, depth: int) -> float:
        if depth > DEEPEST_EXPRESSION:
            raise UnknownValueError("nested too deeply")
        try:
            value = self._apply(tree, depth)
        except UnknownValueError:
            raise
        except (ArithmeticError, ValueError) as error:
            raise UnknownValueError(str(error)) from None
        if not math.isfinite(value):
            raise UnknownValueError("not a finite number")
        return value

    def _apply(self, tree: Tree, depth: int) -> float:
        kind = tree[0]
        if kind == "number":
            return float(tree[1])
        if kind == "name":
            return self._value(tree[1], depth)
        if kind == "negative":
            return -self._of(tree[1], depth + 1)
        if kind == "not":
            return float(not self._of(tree[1], depth + 1))
        if kind == "choice":
            chosen = tree[2] if self._of(tree[1], depth + 1) else tree[3]
            return self._of(chosen, depth + 1)
        if kind == "call":
            return self._call(tree[1], tree[2], depth)
        if kind == "*":
            return self._product(tree[1], tree[2], depth)
        return float(_OPERATORS[kind](self._of(tree[1], depth + 1), self._of(tree[2], depth + 1)))

    def _product(self, first: Tree, second: Tree, depth: int) -> float:
        """Multiply; zero times what cannot be told is zero."""
        try:
            left = self._of(first, depth + 1)
        except UnknownValueError:
            if self._of(second, depth + 1) == 0:
                return 0.0
            raise
        return 0.0 if left == 0 else left * self._of(second, depth + 1)

    def _call(self, name: str, arguments: tuple[Tree, ...], depth: int) -> float:
        found = self.function(name)
        if found is not None:
            function, home = found
            if len(arguments) != len(function.arguments):
                raise UnknownValueError(f"{name}: another number of arguments")
            values: dict[str, str | float | None] = {}
            for argument, tree in zip(function.arguments, arguments, strict=True):
                try:
                    values[argument] = self._of(tree, depth + 1)
                except UnknownValueError:
                    values[argument] = None
            inside = Scope(values, {}, home)
            return inside._of(parse_expression(_unwrapped(function.body)), depth + 1)
        if name == "ternary_fcn" and len(arguments) == 3:
            return self._of(("choice", *arguments), depth + 1)
        count, built_in = _FUNCTIONS.get(name, (-1, abs))
        if count != len(arguments):
            raise UnknownValueError(f"{name} is no function whose value can be told")
        return float(built_in(*(self._of(argument, depth + 1) for argument in arguments)))


def _unwrapped(text: str) -> str:
    stripped = text.strip().lower()
    if len(stripped) > 1 and (stripped[0], stripped[-1]) in (("{", "}"), ("'", "'")):
        return stripped[1:-1].strip()
    return stripped


@lru_cache(maxsize=4096)
def parse_expression(text: str) -> Tree:
    """Read an expression.

    Parameters
    ----------
    text : str
        In lower case, without its braces.

    Returns
    -------
    tuple
        The expression as a tree.

    Raises
    ------
    UnknownValueError
        When it is not an expression of the known kind, too long or nested too deeply.
    """
    if len(text) > LONGEST_EXPRESSION:
        raise UnknownValueError("too long")
    tokens: list[tuple[str, str]] = []
    position, length = 0, len(text.rstrip())
    while position < length:
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnknownValueError(f"{text[position]!r} stands in no expression")
        kind = ("number", "name", "sign")[(match.lastindex or 1) - 1]
        tokens.append((kind, match.group(match.lastindex or 1)))
        position = match.end()
    parser = _Parser(tokens)
    tree = parser.expression(0, 0)
    if parser.position != len(tokens):
        raise UnknownValueError("something stands behind the expression")
    return tree


class _Parser:
    """Reads tokens by the binding power of their operators."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.position = 0

    def _peek(self) -> str:
        if self.position < len(self.tokens) and self.tokens[self.position][0] == "sign":
            return self.tokens[self.position][1]
        return ""

    def _expect(self, sign: str) -> None:
        if self._peek() != sign:
            raise UnknownValueError(f"{sign!r} is missing")
        self.position += 1

    def expression(self, lowest: int, depth: int) -> Tree:
        if depth > DEEPEST_EXPRESSION:
            raise UnknownValueError("nested too deeply")
        tree = self._operand(depth)
        while True:
            sign = self._peek()
            if sign == "?" and lowest <= 1:
                self.position += 1
                chosen = self.expression(0, depth + 1)
                self._expect(":")
                tree = ("choice", tree, chosen, self.expression(1, depth + 1))
                continue
            power = _BINDING.get(sign, -1)
            if power < max(lowest, 1):
                return tree
            self.position += 1
            # from the left, powers too, as ngspice does: 2^3^2 is 64
            tree = (sign, tree, self.expression(power + 1, depth + 1))

    def _operand(self, depth: int) -> Tree:
        if self.position >= len(self.tokens):
            raise UnknownValueError("something is missing at the end")
        kind, word = self.tokens[self.position]
        self.position += 1
        if kind == "number":
            number = spice_number(word)
            if number is None:
                raise UnknownValueError(f"{word!r} is no number")
            return ("number", number)
        if kind == "name":
            return self._call(word, depth) if self._peek() == "(" else ("name", word)
        if word == "(":
            tree = self.expression(0, depth + 1)
            self._expect(")")
            return tree
        if word in "+-!":
            tree = self.expression(_UNARY, depth + 1)
            return tree if word == "+" else ("negative" if word == "-" else "not", tree)
        raise UnknownValueError(f"{word!r} begins no value")

    def _call(self, name: str, depth: int) -> Tree:
        self._expect("(")
        arguments: list[Tree] = []
        if self._peek() != ")":
            arguments.append(self.expression(0, depth + 1))
            while self._peek() == ",":
                self.position += 1
                arguments.append(self.expression(0, depth + 1))
        self._expect(")")
        return ("call", name, tuple(arguments))
