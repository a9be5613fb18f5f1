"""Reading SPICE text."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optospice.errors import InputError
from optospice.netlist import (
    LogicalLine,
    expand_includes,
    find_subcircuit,
    logical_lines,
    physical_lines,
    spice_number,
    subcircuit_bodies,
)
from optospice.ngspice.simulate import Job
from optospice.reading import read_text
from probe_device import RUN_JOB

LINES = ["* title", "R1 a b 1", "+ tc1=0.1", ".ends"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028"])
def test_every_line_end_separates(end):
    assert physical_lines(end.join(LINES)) == LINES
    assert logical_lines(end.join(LINES)) == ["R1 a b 1 tc1=0.1", ".ends"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("R1 a b 1 ; a comment", ["R1 a b 1"]),
        ("R1 a b 1 $ a comment", ["R1 a b 1"]),
        ("R1 a$b 0 1", ["R1 a$b 0 1"]),
        ("$ a comment", []),
        ("; a comment", []),
        ("  * a comment\n\n \t \n", []),
        ("R1 a\n* between\n\n+ b 1", ["R1 a b 1"]),
        ("R1 a ; first\n  +b 1 $ second", ["R1 a b 1"]),
        ("+ nothing before", ["+ nothing before"]),
        ("B1 a 0 V=2*V(b)", ["B1 a 0 V=2*V(b)"]),
    ],
)
def test_comments_and_continuations(text, lines):
    assert logical_lines(text) == lines


def test_a_file_that_is_not_text(tmp_path):
    with pytest.raises(InputError, match=r"missing\.lib: there is no such file"):
        read_text(tmp_path / "missing.lib")
    (tmp_path / "binary.lib").write_bytes(b"ab\xff")
    with pytest.raises(InputError, match=r"not UTF-8 text \(byte 2\)"):
        read_text(tmp_path / "binary.lib")
    with pytest.raises(InputError, match="cannot be read"):
        read_text(tmp_path)


@pytest.fixture
def folder(tmp_path):
    """A netlist folder with a cell, and a file outside it."""
    inside = tmp_path / "netlists"
    (inside / "devices").mkdir(parents=True)
    (inside / "cells").mkdir()
    (inside / "cells" / "cell.lib").write_text("* the cell\nRcell a b 1\n")
    (tmp_path / "secret.lib").write_text("Rsecret a b 1\n")
    return inside


def expand(folder, text):
    file = folder / "devices" / "main.lib"
    file.write_text(text)
    return expand_includes(file, [folder])


@pytest.mark.parametrize(
    "line",
    [
        ".include ../cells/cell.lib",
        '.include "../cells/cell.lib"',
        ".INC '../cells/cell.lib'",
        ".lib ../cells/cell.lib",
        "  .include ../cells/cell.lib ; the cell",
        "  .include ../cells/cell.lib $ the cell",
        ".include\n+ ../cells/cell.lib",
        ".include ../devices/../cells/cell.lib",
    ],
)
def test_an_include_is_replaced_by_its_text(folder, line):
    text = expand(folder, f"R1 a b 1\n{line}\nR2 a b 1\n")
    assert logical_lines(text) == ["R1 a b 1", "Rcell a b 1", "R2 a b 1"]


def test_a_file_is_taken_once(folder):
    (folder / "cells" / "other.lib").write_text(".include cell.lib\nRother a b 1\n")
    text = expand(
        folder,
        ".include ../cells/cell.lib\n.include ../cells/other.lib\n.include ../cells/cell.lib",
    )
    assert logical_lines(text) == ["Rcell a b 1", "Rother a b 1"]


def test_cyclic_includes_end(folder):
    (folder / "cells" / "cell.lib").write_text("Rcell a b 1\n.include ../devices/main.lib\n")
    text = expand(folder, "R1 a b 1\n.include ../cells/cell.lib\n.include main.lib\nR2 a b 1")
    assert logical_lines(text) == ["R1 a b 1", "Rcell a b 1", "R2 a b 1"]


def test_an_include_stays_inside_the_folders(folder, tmp_path):
    with pytest.raises(
        InputError, match=r"main\.lib: \.include .*lies outside the netlist folders"
    ):
        expand(folder, ".include ../../secret.lib")
    with pytest.raises(InputError, match="path relative to this file"):
        expand(folder, f".include {tmp_path / 'secret.lib'}")
    with pytest.raises(InputError, match="path relative to this file"):
        expand(folder, f".include {folder / 'cells' / 'cell.lib'}")
    for spelled in ("~/secret.lib", "$HOME/secret.lib", '""'):
        with pytest.raises(InputError, match="path relative to this file"):
            expand(folder, f".include {spelled}")
    with pytest.raises(InputError, match="followed by one file name"):
        expand(folder, ".lib ../cells/cell.lib typical")
    with pytest.raises(InputError, match="followed by one file name"):
        expand(folder, ".include")


def test_the_same_name_in_a_sibling_folder_is_outside(folder, tmp_path):
    """`netlists-old` begins like `netlists` and is another folder."""
    (tmp_path / "netlists-old").mkdir()
    (tmp_path / "netlists-old" / "cell.lib").write_text("R1 a b 1\n")
    with pytest.raises(InputError, match="lies outside"):
        expand(folder, ".include ../../netlists-old/cell.lib")


def test_links_are_followed_before_the_decision(folder, tmp_path):
    (folder / "cells" / "out.lib").symlink_to(tmp_path / "secret.lib")
    with pytest.raises(InputError, match="lies outside"):
        expand(folder, ".include ../cells/out.lib")
    (folder / "cells" / "alias.lib").symlink_to("cell.lib")
    text = expand(folder, ".include ../cells/alias.lib\n.include ../cells/cell.lib")
    assert logical_lines(text) == ["Rcell a b 1"]
    (folder / "cells" / "loop.lib").symlink_to("loop.lib")
    with pytest.raises(InputError):
        expand(folder, ".include ../cells/loop.lib")


def test_a_library_that_is_itself_a_link_to_the_outside(folder, tmp_path):
    link = folder / "devices" / "link.lib"
    link.symlink_to(tmp_path / "secret.lib")
    with pytest.raises(InputError, match=r"link\.lib: lies outside"):
        expand_includes(link, [folder])


def test_a_second_folder_may_be_read(folder, tmp_path):
    packaged = tmp_path / "packaged"
    packaged.mkdir()
    (packaged / "cell.lib").write_text("Rpackaged a b 1\n")
    file = folder / "devices" / "main.lib"
    file.write_text(".include ../../packaged/cell.lib")
    with pytest.raises(InputError, match="lies outside"):
        expand_includes(file, [folder])
    assert logical_lines(expand_includes(file, [folder, packaged])) == ["Rpackaged a b 1"]


def test_a_missing_include_names_its_file(folder):
    with pytest.raises(InputError, match=r"nowhere\.lib: there is no such file"):
        expand(folder, ".include nowhere.lib")


NUMBERS = [
    "6meg", "6MEG", "200n", "1.5k", "10kohm", "1M", "3V", "1e3k", ".5", "5.", "-2.5u", "+1e-3",
    "2t", "7g", "9p", "4f", "25e6", "1E-12", "12megohm", "3mA", "5F", "7ohm",
]  # fmt: skip


def test_numbers_are_read_as_ngspice_reads_them(pool):
    """In an element and as the default of a parameter, which ngspice parses separately."""
    lines = ["numbers"]
    for i, text in enumerate(NUMBERS):
        lines += [f"Velement{i} e{i} 0 DC {text}", f"Xdefault{i} d{i} default{i}"]
        lines += [f".subckt default{i} a params: v={text}", "V1 a 0 DC {v}", ".ends"]
    nodes = tuple(f"{kind}{i}" for kind in "ed" for i in range(len(NUMBERS)))
    lines += [".save " + " ".join(f"v({node})" for node in nodes), ".tran 1 1 0 1", ".end"]
    [(_, outcome)] = pool.map(RUN_JOB, [Job("\n".join(lines), nodes, 1.0)])
    for i, text in enumerate(NUMBERS):
        assert spice_number(text) == pytest.approx(outcome.result[f"e{i}"][-1], rel=1e-9), text
        assert spice_number(text) == pytest.approx(outcome.result[f"d{i}"][-1], rel=1e-9), text


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1.2.3", "1+1", "{r1}", "--1", "nan", "inf", "1 k", "1k5", "1mil", "8a", "4A"],
)
def test_what_is_no_number(text):
    """1mil, 8a: ngspice reads them in one way in an element and in another as a default."""
    assert spice_number(text) is None


names = st.text(string.ascii_lowercase + string.digits + "_", min_size=1, max_size=8).map(
    "x".__add__
)


@given(
    name=names,
    nodes=st.lists(names, min_size=1, max_size=5, unique=True),
    parameters=st.dictionaries(names, st.floats(allow_nan=False, allow_infinity=False), max_size=5),
    keyword=st.sampled_from([" params: ", " PARAMS: ", " ", "\n+ params:", "\n+ "]),
    equals=st.sampled_from(["=", " = ", "= "]),
    upper=st.booleans(),
    brace=st.booleans(),
)
def test_a_header_is_read_back(name, nodes, parameters, keyword, equals, upper, brace):
    values = {key: f"{{{value!r}}}" if brace else repr(value) for key, value in parameters.items()}
    given_text = keyword + " ".join(f"{key}{equals}{text}" for key, text in values.items())
    head = f".subckt {name} {' '.join(nodes)}{given_text if parameters else ''}"
    text = f"* title\n.subckt another a b\n.ends\n{head.upper() if upper else head}\n.ends\n"
    found = find_subcircuit(text, name)
    assert found.name == name
    assert found.nodes == tuple(nodes)
    assert found.parameters == parameters
    bodies = subcircuit_bodies(LogicalLine(line, "") for line in logical_lines(text))
    assert [(body.name, body.nodes) for body in bodies] == [
        ("another", ("a", "b")), (name, tuple(nodes)),
    ]  # fmt: skip


def test_a_nested_subcircuit_keeps_its_lines_to_itself():
    text = ".subckt out a\nr1 a 0 1\n.subckt in b\nc1 b 0 1\n.ends\nr2 a 0 2\n.ends\nr3 a 0 3"
    outer, inner = subcircuit_bodies(LogicalLine(line, "") for line in text.splitlines())
    assert [line.text for line in outer.lines] == ["r1 a 0 1", "r2 a 0 2"]
    assert [line.text for line in inner.lines] == ["c1 b 0 1"]


def test_a_header_that_cannot_be_read():
    with pytest.raises(InputError, match=r"file\.lib: no \.subckt named 'x'; .* defines: y, z"):
        find_subcircuit(".subckt Y a\n.ends\n.subckt z a\n.ends", "x", "file.lib")
    with pytest.raises(InputError, match="defines: none"):
        find_subcircuit("R1 a b 1", "x")
    with pytest.raises(InputError, match="'c' stands after the parameters"):
        find_subcircuit(".subckt x a b r=1 c", "x")
    with pytest.raises(InputError, match=r"r=\{2\*s\}: accepted: a plain number"):
        find_subcircuit(".subckt x a b r={2*s}", "x")
