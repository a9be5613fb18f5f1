"""docs/architecture.md is drawn from the table of layers and from what each room says of itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from test_imports import LAYERS, SOURCE, modules

PAGE = (Path(__file__).parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")


def floors() -> dict[str, list[str]]:
    """The rooms by the comment above them in the table of layers, from the ground up."""
    text = (Path(__file__).parent / "test_imports.py").read_text(encoding="utf-8")
    table = text.partition("\nLAYERS = (\n")[2].partition("\n)")[0]
    found: dict[str, list[str]] = {}
    for line in table.splitlines():
        name = line.strip()
        if name.startswith("# "):
            rooms = found[name.removeprefix("# ")] = []
        else:
            rooms += re.findall(r'"(\w+)"', name)
    return found


def sentence(room: str) -> str:
    """What a room says of itself in the first line of its docstring."""
    place = SOURCE / "optospice" / room
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    told = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    assert told, file
    return told.splitlines()[0].replace("``", "`")


def test_every_room_is_on_a_floor() -> None:
    assert tuple(room for rooms in floors().values() for room in rooms) == LAYERS


def test_the_drawing_is_the_table_of_layers() -> None:
    """The ground floor stands at the bottom, so that every arrow goes down."""
    drawing = PAGE.partition("```text\n")[2].partition("```")[0]
    told = re.findall(r"^│ (\S.*?)\s*│\n((?:│   .*│\n)+)", drawing, re.MULTILINE)
    drawn = {floor: re.findall(r"\w+", rooms) for floor, rooms in told}
    assert list(drawn.items()) == list(reversed(floors().items()))
    assert not set(drawing) & set("▲^↑")


def test_every_room_has_its_sentence() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE)
    assert rows == [(room, sentence(room)) for room in reversed(LAYERS)]


def test_the_modules_of_the_engine_page_exist() -> None:
    page = (Path(__file__).parents[1] / "docs" / "engine.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`optospice\.[\w.]+`(?:, `\.\w+`)*) \|", page, re.MULTILINE)
    assert len(rows) > 10
    known = modules(SOURCE)
    for row in rows:
        first, *others = re.findall(r"`([\w.]+)`", row)
        package = first.rpartition(".")[0]
        assert {first, *(f"{package}{name}" for name in others)} <= set(known), row
