"""The page on security: every test that it names exists, and its lists are those of the guard."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from hostile import ALL
from test_hostile_netlists import _spelled_includes

from optospice.device import Terminal
from optospice.errors import InputError
from optospice.netlist import guard, models
from optospice.netlist.guard import cleaned, cleaned_netlist
from optospice.ngspice.worker import Failed

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text()
#: Sections that promise nothing that a test could hold.
PLAIN = ("What is out of scope",)


def quoted(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`\n]+)`", text)


def named_files() -> list[Path]:
    """Test files that the page names, and all of this folder."""
    own = [word for word in quoted(PAGE) if re.fullmatch(r"[\w/]+\.py", word)]
    words = [word for word in own if word != "conftest.py"]  # that of a stranger's project
    places = [ROOT / (word if "/" in word else f"tests/security/{word}") for word in words]
    return [*places, *Path(__file__).parent.glob("test_*.py")]


def defined() -> set[str]:
    """Names of the tests in these files."""
    texts = [file.read_text() for file in named_files()]
    return {name for text in texts for name in re.findall(r"^def (test_\w+)", text, re.M)}


def test_every_test_that_the_page_names_exists() -> None:
    assert [file for file in named_files() if not file.is_file()] == []
    names = {word for word in quoted(PAGE) if re.fullmatch(r"test_\w+", word)}
    assert len(names) > 80
    assert names - defined() == set()
    for word in re.findall(r"\btest_\w+", PAGE):
        assert word in names or f"{word}.py" in {file.name for file in named_files()}, word


def test_every_row_and_section_names_a_test() -> None:
    known = defined() | {file.name for file in named_files()}

    def holds(text: str) -> bool:
        return any(word.rpartition("/")[2] in known for word in quoted(text))

    for section in re.split(r"^## ", PAGE, flags=re.M)[1:]:
        title = section.partition("\n")[0]
        assert title in PLAIN or holds(section), title
        head = re.search(r"^\| .*\| tests \|\n\|[-|]+\n((?:\|.*\n)+)", section, re.M)
        for row in head[1].splitlines() if head else ():
            assert holds(row.rstrip("| ").rpartition("|")[2]), row


def test_the_payloads_that_the_page_names_exist() -> None:
    words = re.search(r"the payloads (.*?) of `tests/failure/hostile\.py`", PAGE)
    assert words is not None
    assert set(quoted(words[1])) <= {hostile.name for hostile in ALL}


def test_the_texts_are_as_many_as_the_page_says() -> None:
    assert f"{len(ALL)} hostile texts, {len(_spelled_includes())} ways" in PAGE


def test_the_lists_of_the_guard_are_those_of_the_page() -> None:
    letters = re.search(r"element lines: ([A-Z ]+)\.", PAGE)
    assert letters is not None
    assert set(letters[1].lower().split()) == guard.ELEMENTS
    cards = re.search(r"^- ((?:`\.\w+`,? ?)+);", PAGE, re.M)
    assert cards is not None
    assert set(quoted(cards[1])) == guard.CARDS
    others = re.search(r"may also hold (.*?)Its first line", PAGE, re.S)
    assert others is not None
    # `.option` is a spelling of `.options`; `.title` and `.end` are read apart
    said = {word for word in quoted(others[1]) if word.startswith(".")}
    assert said == guard.ANALYSIS_CARDS - {".option"} | {".title", ".end"}
    levels = re.search(r"`level` once: (.*?);\n-", PAGE, re.S)
    assert levels is not None
    told = {
        kind: set(group.rpartition(" and ")[2].partition(" ")[2].split(", "))
        for group in levels[1].split("; ")
        for kind in re.findall(r"[a-z]+", group.replace(" and ", " "))
    }
    known = {kind: set(table) for kind, table in models._TYPES.items() if "" not in table}
    assert told == known
    assert f"and {len(models._NOTES)} notes of data sheets" in PAGE


@pytest.mark.parametrize("letter", sorted(set(string.ascii_lowercase) - guard.ELEMENTS))
def test_other_elements_are_refused(letter: str) -> None:
    for read in (cleaned, lambda text, _: cleaned_netlist(f"title\n{text}", "o")):
        with pytest.raises(InputError, match="accepted: elements"):
            read(f"{letter}1 p n 1\n", "o")
    assert letter in "anpuy"


PLAIN_SIGNS = set(string.ascii_letters + string.digits + "_.+-*/^()[]{},=:'<>&|!?# ")


@pytest.mark.parametrize("sign", sorted(set(map(chr, range(256))) - PLAIN_SIGNS - set(";$\n")))
def test_other_characters_are_refused(sign: str) -> None:
    """In a card; comments may hold other alphabets, and a tab and the end of a line are blanks."""
    text = f"B1 p n i=1{sign}2\n"
    if sign in "\t":
        assert cleaned(text, "o") == "B1 p n i=1 2\n"
        return
    with pytest.raises(InputError):
        cleaned(text, "o")
    with pytest.raises(InputError):
        cleaned_netlist(f"title\n{text}.tran 1 1\n", "o")
    if sign.isprintable():
        assert cleaned(f"* {sign}\nR1 p n 1 ; {sign}\n", "o") == "R1 p n 1\n"


@pytest.mark.parametrize("end", ["\r", "\v", "\f", "\x85", "\u2028", "\u2029", "\x1c"])
def test_no_line_end_is_read_in_two_ways(end: str) -> None:
    """Python ends a line at each of these, ngspice at none."""
    assert len(f"a{end}b".splitlines()) == 2
    for text in (f"R1 p n 1{end}R2 p n 1\n", f"* comment{end}.control\n", f"R1 p n 1 ; c{end}R2\n"):
        with pytest.raises(InputError, match="holds the character"):
            cleaned(text, "o")


def test_names_of_a_card_are_as_long_as_said() -> None:
    assert "match `[A-Za-z_][A-Za-z0-9_.#]*` and have up to 100 characters" in PAGE
    sound = {"kind": "electrical", "role": "drive"}
    assert Terminal.model_validate({**sound, "name": "a" * 100}).name == "a" * 100
    for name in ("a" * 101, "", "1a", "a b", "a\n", "a$", "é", "\u212a", "a-b"):
        with pytest.raises(ValueError, match="name"):
            Terminal.model_validate({**sound, "name": name})


def test_a_text_that_names_a_function_is_text(pool) -> None:
    """What is sent as data is handed to the chosen function, whatever it looks like."""
    texts = ["os:getcwd", '["os:system", ["id"]]', "__import__('os')"]
    outcomes = dict(pool.map("pool_probes:fail", texts))
    assert outcomes == {n: Failed(text) for n, text in enumerate(texts)}
