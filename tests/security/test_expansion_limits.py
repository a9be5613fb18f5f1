"""What subcircuits and functions expand to: exact limits, and a count that is never too small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from watchdog import run_python

from optospice.errors import InputError
from optospice.netlist import expand_includes, expansion, functions
from optospice.netlist.guard import cleaned, cleaned_netlist


def terms(count: int) -> str:
    """An expression of so many characters."""
    return "1" + "+1" * ((count - 1) // 2) + "1" * (1 - count % 2)


def calls(count: int) -> str:
    """A library whose only line with a call counts so many characters.

    The body of `f` counts with its blank and braces, the call with what stands there; its
    argument is put nowhere.
    """
    line = "R1 a b {f()}\n"
    return f".func f(x) {{{terms(count - len(line.strip()) - len(' {}'))}}}\n{line}"


def test_the_terms_are_as_long_as_said() -> None:
    assert all(len(terms(count)) == count for count in range(4, 40))


def test_one_expression_is_as_long_as_said() -> None:
    cleaned(calls(100_000), "o")
    with pytest.raises(InputError, match=r"o:2: this line expands to 1e\+05 characters; accepted"):
        cleaned(calls(100_001), "o")


def test_all_expressions_are_as_long_as_said() -> None:
    function, line = calls(100_000).splitlines(keepends=True)
    cleaned(function + 500 * line, "o")
    with pytest.raises(InputError, match=r"5e\+07 characters; accepted: up to 50,000,000"):
        cleaned(function + 500 * line + "R2 a b {exp(1)}\n", "o")


def test_an_argument_counts_wherever_it_is_put() -> None:
    """A thousand times 80,000 characters passed: numbers and operators were not counted."""
    body = "+".join(["x"] * 1000)
    with pytest.raises(InputError, match=r"expands to 8e\+07 characters"):
        cleaned(f".func f(x) {{{body}}}\nB1 p n i=f(1{'+1' * 40_000})\n", "o")


_LEAVES = st.sampled_from(["x", "y", "1", "v(x)", "time", "12+x", "x*x", "(y)"])
_EXPRESSIONS = st.recursive(
    _LEAVES,
    lambda inner: (
        st.tuples(st.sampled_from(["g", "h", "exp"]), inner).map(lambda p: f"{p[0]}({p[1]})")
        | st.tuples(inner, inner).map(lambda p: f"f({p[0]},{p[1]})")
        | st.tuples(inner, st.sampled_from("+-*/"), inner).map("".join)
    ),
    max_leaves=6,
)


def _only(text: str, names: str) -> str:
    """Make calls of other functions than these something else."""
    return re.sub(r"\b([fgh])\(", lambda m: m[0] if m[1] in names else "cos(", text)


def _expanded(text: str, bodies: dict[str, tuple[list[str], str]]) -> str:
    """Put functions in their place as literally as can be."""
    for match in re.finditer(r"\b([fgh])\(", text):
        depth, given, start = 1, [], match.end()
        for at in range(match.end(), len(text)):
            depth += (text[at] == "(") - (text[at] == ")")
            if (text[at] == "," and depth == 1) or depth == 0:
                given.append(_expanded(text[start:at], bodies))
                start = at + 1
            if depth == 0:
                break
        names, body = bodies[match[1]]
        table = dict(zip(names, given, strict=False))
        filled = re.sub(r"\b[xy]\b", lambda m, table=table: table.get(m[0], m[0]), body)
        inside = _expanded(filled, bodies)
        return f"{text[: match.start()]}({inside}){_expanded(text[start:], bodies)}"
    return text


@given(f=_EXPRESSIONS, g=_EXPRESSIONS, h=_EXPRESSIONS, used=_EXPRESSIONS)
def test_the_count_is_never_too_small(f: str, g: str, h: str, used: str) -> None:
    """Against a literal expansion: what is longer than the limit is refused."""
    h, g, f = _only(h, ""), _only(g, "h"), _only(f, "gh")
    bodies = {"f": (["x", "y"], f), "g": (["x"], g), "h": (["x"], h)}
    text = f"b1 p n i={used}"
    longest = len(_expanded(text, bodies))
    heads = {"f": "f(x,y)", "g": "g(x)", "h": "h(x)"}
    library = "".join(f".func {heads[n]} {{{bodies[n][1]}}}\n" for n in "hgf") + f"{text}\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(functions, "LONGEST_EXPRESSION", longest - 1)
        if "(" in text:
            with pytest.raises(InputError, match="expands to"):
                cleaned.__wrapped__(library, "o")
        # and it is no more than the literal text with each call's own name and brackets
        patch.setattr(functions, "LONGEST_EXPRESSION", 30 * len(library) + 2 * longest)
        cleaned.__wrapped__(library, "o")


COSTLY = {
    "arguments": f".func f({','.join(f'a{n}' for n in range(2000))}) {{{'(' * 35_000}"
    + "+".join(f"a{n}" for n in range(2000)) + ")" * 35_000 + "}\n",
    "calls in calls": f".func g(x) {{x}}\nB1 p n i={'g(' * 14_000}1{')' * 14_000}\n",
    "nests": ".func g(x) {x}\n"
    + (".func f(" + ",".join(f"a{n}" for n in range(100)) + ") {" + "+".join(
        ["g(" * 50 + "+".join(f"a{n}" for n in range(100)) + ")" * 50] * 22) + "}\n") * 70,
}  # fmt: skip


@pytest.mark.parametrize("name", COSTLY)
def test_no_expression_keeps_its_count_busy(name: str, tmp_path: Path) -> None:
    """The first, one line of 90,000 characters, took 30 s."""
    (tmp_path / "text").write_text(COSTLY[name])
    code = """
from optospice.errors import InputError
from optospice.netlist.guard import cleaned
try:
    cleaned(open("text").read(), "o")
except InputError as error:
    print(error)
"""
    ended = run_python(code, tmp_path)
    assert ended.status == 0, ended.text[-2000:]
    assert len(ended.out) < 500


@pytest.mark.parametrize(
    ("count", "function"),
    [
        (functions.MOST_ARGUMENTS, lambda n: f".func f({','.join(['a'] * n)}) {{1}}\n"),
        (functions.DEEPEST, lambda n: f".func g(x) {{x}}\nR1 a b {{{'g(' * n}1{')' * n}}}\n"),
        (functions.DEEPEST, lambda n: ".func f1(x) {x}\n" + "".join(
            f".func f{k}(x) {{f{k - 1}(x)}}\n" for k in range(2, n + 1))),
        (expansion.DEEPEST, lambda n: "".join(
            f".subckt s{k} a\nX1 a s{k + 1}\n.ends\n" for k in range(1, n))
            + f".subckt s{n} a\nR1 a 0 1\n.ends\n"),
        (expansion.DEEPEST - 1, lambda n: "".join(  # inside the netlist, which is the first level
            f".subckt s{k} a\n" for k in range(n)) + "R1 a 0 1\n" + ".ends\n" * n),
    ],
    ids=["arguments", "calls", "functions", "subcircuits", "definitions"],
)  # fmt: skip
def test_depths_are_exact(count: int, function: object) -> None:
    assert callable(function)
    assert count in (100, 50, 49)
    cleaned(function(count), "o")
    with pytest.raises(InputError, match="accepted: up to"):
        cleaned(function(count + 1), "o")


def test_includes_are_as_deep_as_said(tmp_path: Path) -> None:
    for number in range(52):
        (tmp_path / f"{number}.lib").write_text(f".include {number + 1}.lib\n")
    (tmp_path / "52.lib").write_text("R1 a b 1\n")
    assert expand_includes(tmp_path / "2.lib", [tmp_path]) == "R1 a b 1\n"
    with pytest.raises(InputError, match="accepted: up to 50 levels"):
        expand_includes(tmp_path / "1.lib", [tmp_path])


def repeated(inside: list[str], count: int) -> str:
    """A subcircuit, and a netlist of so many of it."""
    body = "".join(f"{line}\n" for line in inside)
    return f".subckt s a\n{body}.ends\n" + "X1 a s\n" * count


def test_elements_are_counted_exactly() -> None:
    text = repeated(["R1 a 0 1"] * 999, 1000)  # each instance is an element besides its own
    cleaned(text, "o")
    with pytest.raises(InputError, match=r"1e\+06 elements; accepted: up to 1,000,000"):
        cleaned(text + "R2 a 0 1\n", "o")


def test_characters_are_counted_exactly() -> None:
    fixed = len("B1 a 0 i=")
    inside = [f"B1 a 0 i={terms(99_998 - fixed)}"] * 4  # and 6 for each instance
    text = repeated(inside, 1000) + f"B2 a 0 i={terms(2000 - fixed)}\n"
    assert 1000 * (sum(map(len, inside)) + len("X1 a s")) + 2000 == 400_000_000
    cleaned(text, "o")
    with pytest.raises(InputError, match=r"4e\+08 characters; accepted: up to 400,000,000"):
        cleaned(text + "R2 a 0 1\n", "o")


def test_a_whole_netlist_is_counted_alike() -> None:
    netlist = f"title\n{repeated(['R1 a 0 1'] * 999, 1000)}R2 a 0 1\n.tran 1 1\n.end\n"
    with pytest.raises(InputError, match="elements; accepted: up to 1,000,000"):
        cleaned_netlist(netlist, "o")
    with pytest.raises(InputError, match="this line expands to"):
        cleaned_netlist(f"title\n{calls(100_001)}.tran 1 1\n.end\n", "o")
