"""What is known to hurt in a subcircuit, found in its text.

Every rule was seen with ngspice 39; `docs/writing_subcircuits.md` shows each with an
example that runs and its cure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from optospice.conformance.integrators import find_integrators
from optospice.conformance.lines import Line, Pitfall, arguments, calls, code_of
from optospice.netlist import LONGEST_LINE, spice_number

#: Functions that ngspice 39 and 46 know in B, E and G expressions.
KNOWN_FUNCTIONS = frozenset((
    "abs", "acos", "acosh", "agauss", "asin", "asinh", "atan", "atanh", "aunif", "ceil", "cos",
    "cosh", "ddt", "eq0", "exp", "floor", "gauss", "ge0", "gt0", "le0", "limit", "ln", "log",
    "log10", "lt0", "max", "min", "ne0", "nint", "pow", "pwl", "pwr", "sgn", "sin", "sinh",
    "sqrt", "tan", "tanh", "ternary_fcn", "u", "u2", "unif", "uramp", "i", "v",
))  # fmt: skip
_CURES = {
    "stp": "a smooth step: 0.5*(1+tanh((x)/(width)))",
    "if": "condition ? a : b, better a smooth step",
    "idt": "a state of its own: 1 nF to ground and a current in rate form",
    "sdt": "a state of its own: 1 nF to ground and a current in rate form",
    "integ": "a state of its own: 1 nF to ground and a current in rate form",
    "sign": "sgn(x)",
    "atan2": "atan(y/x) with x kept above 0, or 2*atan(y/(sqrt(x*x+y*y)+x))",
    "table": "pwl(x,x1,y1,…) in a B source",
    "tbl": "pwl(x,x1,y1,…) in a B source",
    "fabs": "abs(x)",
    "arctan": "atan(x)",
    "round": "nint(x)",
    "int": "floor(x)",
    "hypot": "sqrt(x*x+y*y)",
    "pwrs": "pwr(x,y)",
}
_COMPARISON = re.compile(r"[<>]|==|!=")
_STEP = re.compile(r"(?<![a-z0-9_.])(u|u2|sgn|gt0|lt0|ge0|le0|eq0|ternary_fcn)\(")
_RIGHT_OPERAND = re.compile(r" ?(\([^()]*(?:\([^()]*\)[^()]*)*\)|\{[^{}]*\}|[a-z0-9_.]+)")
#: Characters beside an operator in which its operands are looked for [1].
_REACH = 200
_EVEN = re.compile(r"\(?\{?\(?(?:2\*[a-z0-9_]+|[a-z0-9_]+\*2|[0-9]*[02468](?:\.0*)?)\)?\}?\)?")
_TIME = re.compile(r"(?<![a-z0-9_.])time(?![a-z0-9_(=])")
_VARIABLE = re.compile(r"(?<![a-z0-9_])[vi]\(")
_MEGA = re.compile(r"(?<![A-Za-z0-9_.])\d+(?:\.\d*)?M(?![A-Za-z])")

Rule = Callable[[Line, str, frozenset[str]], Iterator[Pitfall]]


def find_pitfalls(lines: Sequence[Line]) -> list[Pitfall]:
    """Give what is known to hurt, in the order of the lines.

    Parameters
    ----------
    lines : sequence of Line
        Logical lines of a library.
    """
    defined = frozenset(
        match[1]
        for line in lines
        if (match := re.match(r"\.(?:func|param) ([a-z_][a-z0-9_]*) ?\(", line.low))
    )
    order = {line.place: number for number, line in reversed(list(enumerate(lines)))}
    found = [
        pitfall
        for line in lines
        if len(line.text) <= LONGEST_LINE  # the netlist guard refuses what is longer
        for code in (code_of(line),)
        for rule in (_RULES if code else (_dialect,))
        for pitfall in rule(line, code, defined)
    ]
    return sorted(
        dict.fromkeys([*found, *find_integrators(lines, defined)]),
        key=lambda pitfall: order[pitfall.place],
    )


def _missing_functions(line: Line, code: str, defined: frozenset[str]) -> Iterator[Pitfall]:
    for name in dict.fromkeys(calls(code)):
        if name not in KNOWN_FUNCTIONS and name not in defined:
            cure = _CURES.get(name, "write it with the functions that ngspice has, or as a .func")
            yield line.pitfall("missing_function", f"ngspice has no function {name}()", cure)
    if re.search(r"(?<![a-z0-9_])boltz(?![a-z0-9_])", code):
        yield line.pitfall("missing_function", "ngspice does not know boltz", "1.380649e-23")
    if re.search(r"(?<!&)&(?!&)|(?<!\|)\|(?!\|)", code):
        yield line.pitfall("missing_function", "ngspice reads no single & or |", "&& and ||")
    if "limit" in code and "limit" in calls(code) and "limit" not in defined:
        yield line.pitfall(
            "limit",
            "limit(x,low,high) is no clamp in ngspice: limit(1,0,0.5) gives 0",
            "min(max(x,low),high)",
        )


def _hard_switches(line: Line, code: str, defined: frozenset[str]) -> Iterator[Pitfall]:
    step = _STEP.search(code)
    if "?" in code or _COMPARISON.search(code):
        what = "a condition"
    elif step:
        what = f"{step[1]}()"
    else:
        return
    yield line.pitfall(
        "hard_switch",
        f"{what} switches at once: the solver steps over it or stops at it",
        "a smooth step 0.5*(1+tanh((x)/(width))); for a window the rate form "
        "a(v)*(1-x) - b(v)*x, which stays within 0 and 1 by itself",
    )


def _powers(line: Line, code: str, defined: frozenset[str]) -> Iterator[Pitfall]:
    found = [tuple(arguments(code, "pow"))] if "pow" in code and "pow" in calls(code) else []
    for sign in re.finditer(r"\*\*|\^", code):
        right = _RIGHT_OPERAND.match(code[sign.end() : sign.end() + _REACH])
        found.append((_left_operand(code, sign.start()), right[1] if right else ""))
    if not found:
        return
    formal = _formal_arguments(code)
    for base, exponent in (pair for pair in found if len(pair) == 2):
        moving = _VARIABLE.search(base) or formal & set(re.findall(r"[a-z_][a-z0-9_]*", base))
        positive = re.match(r"(abs|exp|cosh|sqrt|max)\(", base.lstrip("("))
        if moving and not positive and not _EVEN.fullmatch(exponent.replace(" ", "")):
            yield line.pitfall(
                "power",
                f"{base}^{exponent} acts on the absolute value of a negative base, silently",
                "pwr(x,y) keeps the sign; or keep the base positive: 0.5*(x+sqrt(x*x+1e-6))",
            )


def _left_operand(code: str, end: int) -> str:
    """Give the name, number, bracket or call that ends at a place of an expression."""
    window = code[max(0, end - _REACH) : end].rstrip()
    start, depth = len(window), 0
    while start:
        character = window[start - 1]
        depth += (character == ")") - (character == "(")
        if depth < 0 or (depth == 0 and character != "(" and not _is_word(character)):
            break
        start -= 1
    return window[start:] if start < len(window) and depth <= 0 else window[-20:]


def _is_word(character: str) -> bool:
    return character.isalnum() or character in "_."


def _formal_arguments(code: str) -> set[str]:
    head = re.match(r"\.(?:func|param) [a-z0-9_]+ ?\(([^)]*)\)", code)
    return {name.strip() for name in head[1].split(",")} if head else set()


def _braces(line: Line, code: str, defined: frozenset[str]) -> Iterator[Pitfall]:
    if line.low[0] not in "begr" or code.count("{") == 0:
        return
    expression = code.partition("=")[2].strip()
    for match in re.finditer(r"\{([^{}]*)\}", expression):
        inner = re.sub(r"(?<=[0-9.]e)[+-]|^\s*[+-]", "", match[1])
        inner = re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", inner))
        left = expression[: match.start()].rstrip()[-1:]
        right = expression[match.end() :].lstrip()[:1]
        bound = left in ("*", "/", "^", "-") or right in ("*", "/", "^")
        divides = left in ("/", "^") and re.search(r"[*/]", inner)
        if bound and (re.search(r"[+\-]", inner) or divides):
            yield line.pitfall(
                "braces",
                f"{{{match[1]}}} loses its braces and becomes part of the sum around it",
                f"({{{match[1]}}})",
            )


def _unbounded(line: Line, code: str, defined: frozenset[str]) -> Iterator[Pitfall]:
    if "exp" not in code and "sinh" not in code and "cosh" not in code:
        return
    formal = _formal_arguments(code)
    for name in ("exp", "sinh", "cosh"):
        for argument in arguments(code, name, every=True):
            words = set(re.findall(r"[a-z_][a-z0-9_]*", argument))
            moving = _VARIABLE.search(argument) or (formal & words and "temper" not in words)
            if moving and not {"min", "max", "tanh"} & words:
                happens = "returns 1e99" if name == "exp" else "stops the run"
                yield line.pitfall(
                    "unbounded",
                    f"{name}({argument}) has no bound: beyond its range ngspice {happens}",
                    f"{name}(min(max({argument},-80),80))",
                )


def _domains(line: Line, code: str, defined: frozenset[str]) -> Iterator[Pitfall]:
    for name in ("sqrt", "log", "ln", "log10"):
        for argument in arguments(code, name, every=True):
            bounded = re.search(r"max\(|abs\(|exp\(|cosh\(", argument)
            if bounded or not _VARIABLE.search(argument) or _is_square(argument.replace(" ", "")):
                continue
            yield line.pitfall(
                "domain",
                f"{name}({argument}) stops the run where the argument is negative",
                f"{name}(max({argument},1e-30))",
            )


def _is_square(packed: str) -> bool:
    """Whether an expression is x*x, or x*x+ something."""
    for star in re.finditer(r"\*", packed[:_REACH]):
        left, right = packed[: star.start()], packed[star.end() :]
        if left and right.startswith(left) and right[len(left) : len(left) + 1] in ("", "+"):
            return True
    return False


def _time(line: Line, code: str, defined: frozenset[str]) -> Iterator[Pitfall]:
    if line.low[0] in "begr" and _TIME.search(code.partition(" ")[2]):
        yield line.pitfall(
            "time_source",
            "a source made of `time` sets no breakpoint and makes the device depend on the clock",
            "put the stimulus outside, as PULSE or PWL on a terminal",
        )


def _initial(line: Line, code: str, defined: frozenset[str]) -> Iterator[Pitfall]:
    if (line.low[0] == "c" and re.search(r"(?<![a-z0-9_])ic ?=", code)) or line.low.startswith(
        ".ic"
    ):
        yield line.pitfall(
            "initial_condition",
            "an initial condition is not used: runs start from the operating point",
            "give the state a DC solution of its own (rate form with a rest state), and set it by "
            "a pulse",
        )


def _dialect(line: Line, code: str, defined: frozenset[str]) -> Iterator[Pitfall]:
    if _MEGA.search(line.text) and line.low[0] in "rcl.":
        written = _MEGA.findall(line.text)[0]
        yield line.pitfall("suffix", f"{written} is milli in SPICE", "meg, or a plain number")
    if line.low[0] == "c":
        value = re.search(r"^c\S+ \S+ \S+ (?:c ?= ?)?\{?([0-9.]+)(?=[ }]|$)", code)
        if value and (spice_number(value[1]) or 0.0) >= 1e-3:
            yield line.pitfall(
                "state_capacitor",
                f"a state on {value[1]} F: decayed states cost time steps for nothing",
                "1e-9 F, and the current that charges it scaled by 1e-9",
            )
    if line.low[0] in "rcl" and re.search(r"\b(rser|rpar|cpar|lser|noiseless|temp)\b ?=?", code):
        word = re.search(r"\b(rser|rpar|cpar|lser|noiseless)\b", code)
        if word:
            yield line.pitfall("dialect", f"{word[0]} is LTspice's", "an element of its own")


_RULES: tuple[Rule, ...] = (
    _missing_functions, _hard_switches, _powers, _braces, _unbounded, _domains, _time, _initial,
    _dialect,
)  # fmt: skip
