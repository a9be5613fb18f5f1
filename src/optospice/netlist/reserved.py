"""Names that a parameter may not have, because ngspice puts something else in their place."""

from __future__ import annotations

import math

from optospice.netlist.numbers import spice_number

#: What ngspice reads as a variable of the simulation in every expression.
VARIABLES = {
    "time": "the time of the simulation",
    "temper": "the temperature of the simulation",
    "hertz": "the frequency of the simulation",
}
#: What ngspice reads as a number in the expressions of B sources, and as the parameter elsewhere.
CONSTANTS = {"pi": math.pi, "e": math.e}
#: What ngspice reads as a call without arguments, and ends.
FUNCTIONS = frozenset((
    "abs", "acos", "acosh", "agauss", "arctan", "asin", "asinh", "atan", "atanh", "aunif", "ceil",
    "cos", "cosh", "exp", "floor", "gauss", "int", "limit", "ln", "log", "log10", "max", "min",
    "nint", "pow", "pwl", "pwr", "sgn", "sin", "sinh", "sqr", "sqrt", "tan", "tanh",
    "ternary_fcn", "unif",
))  # fmt: skip
#: Relative difference up to which a constant is written out [1].
_SAME = 1e-3


def subcircuit_parameter_problem(name: str) -> str:
    """Say why a subcircuit's parameter may not have a name; empty for one that it may have.

    Parameters
    ----------
    name : str
        The name in lower case.
    """
    if name in VARIABLES:
        return f"the parameter {name!r} is {VARIABLES[name]} to ngspice; accepted: another name"
    if name in CONSTANTS:
        return (
            f"the parameter {name!r} is the number {CONSTANTS[name]:.6g} to ngspice in a B "
            "source; accepted: another name"
        )
    if name in FUNCTIONS:
        return f"the parameter {name!r} is a function to ngspice; accepted: another name"
    return ""


def parameter_card_problem(name: str, value: str) -> str:
    """Say why a ``.param`` may not give a name a value; empty where it may.

    A library may write out a constant; a name that is a function ends ngspice where it is used,
    and is left to it.

    Parameters
    ----------
    name, value : str
        Both sides of the card, in lower case.
    """
    if name in FUNCTIONS:
        return ""
    if name in CONSTANTS:
        number = spice_number(value.strip("{}' "))
        if number is None or math.isclose(number, CONSTANTS[name], rel_tol=_SAME):
            return ""
    return subcircuit_parameter_problem(name)
