"""SPICE expressions have the values that ngspice gives them, or are said to be unknown."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optospice.expressions import Function, Scope, UnknownValueError
from optospice.netlist.guard import cleaned_netlist
from optospice.ngspice.simulate import Job

SCOPE = Scope(
    {"tau": "2m", "rise": "{tau/4}", "self": "{self+1}", "a": "{b}", "b": "{a}", "n": "3"},
    {"twice": Function(("x",), "{2*x}"), "endless": Function(("x",), "{endless(x)}")},
)
#: Expressions with values worked out by hand.
VALUES = [
    ("1.5k", 1500.0), ("{2meg}", 2e6), ("1M", 1e-3), ("10ms", 10e-3), ("'3*(1+1)'", 6.0),
    ("{tau}", 2e-3), ("rise", 0.5e-3), ("{1+2*3}", 7.0), ("{(1+2)*3}", 9.0), ("{2^3^2}", 64.0),
    ("{-2**2}", -4.0), ("{10-4-3}", 3.0), ("{8/4/2}", 1.0), ("{n > 2 ? 5 : 6}", 5.0),
    ("{n < 2 ? 1/0 : 6}", 6.0), ("{sqrt(16)+abs(-1)}", 5.0), ("{twice(n)+1}", 7.0),
    ("{max(1,n)*min(2,n)}", 6.0), ("{exp(ln(5))}", 5.0), ("{!(n==3) || n>=3 && 1}", 1.0),
    ("{0*v(out)}", 0.0), ("{v(out)*0}", 0.0), ("{pi}", math.pi),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_the_value_of_an_expression(text, value):
    assert SCOPE.evaluate(text) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    "text",
    [
        "{time}", "{v(out)}", "{unknown}", "{self}", "{a}", "{1/0}", "{sqrt(-1)}", "{exp(1e6)}",
        "{agauss(1,1,1)}", "{endless(1)}", "{twice(1,2)}", "{1+}", "{(1}", "{1 2}", "{1;2}", "",
        "{__import__}", "{" + "(" * 500 + "1" + ")" * 500 + "}", "{" + "1+" * 9000 + "1}", "1mil",
        "{" + "-" * 3000 + "1}", "{(-8)^(1/3)}",
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_not_guessed(text):
    with pytest.raises(UnknownValueError):
        SCOPE.evaluate(text)


@given(st.text(alphabet="0123456789.ekmun+-*/^()<>=!&|?:,{}' abtime", max_size=60))
def test_any_text_ends_in_a_finite_number_or_in_unknown(text):
    try:
        value = SCOPE.evaluate(text)
    except UnknownValueError:
        return
    assert math.isfinite(value)


def test_ngspice_gives_the_same_values(pool):
    """The netlist's parameters as ngspice evaluates them, against this parser."""
    texts = [text for text, _ in VALUES if text[0] == "{" and "v(" not in text and "pi" not in text]
    lines = ["values", ".param tau=2m rise={tau/4} n=3", ".func twice(x) {2*x}"]
    lines += [f"V{k} n{k} 0 {text}" for k, text in enumerate(texts)]
    netlist = cleaned_netlist("\n".join([*lines, ".tran 1 1", ".end\n"]), "values")
    names = tuple(f"n{k}" for k in range(len(texts)))
    [(_, outcome)] = pool.map("optospice.ngspice.simulate:run_job", [Job(netlist, names, 1.0)])
    found = [outcome.result[name][0] for name in names]
    assert np.allclose(found, [SCOPE.evaluate(text) for text in texts], rtol=1e-9)
