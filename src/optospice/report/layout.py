"""How tables on a terminal look: heads, cells, and notes below them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

from optospice.report.numbers import pretty_unit
from optospice.texts import printable

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

#: Stands behind every number of a run that left the valid range of its device.
MARK = " *"
_LONGEST_LINE = 9


def new_table() -> Table:
    """Give an empty table."""
    from rich import box
    from rich.table import Table

    return Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
        header_style="bold",
    )


def cell(content: str, style: str = "") -> Text:
    """Give a text for a cell, with what steers a terminal spelled."""
    from rich.text import Text  # a Text, as brackets in a name are no markup

    return Text(printable(content), style=style)


def with_notes(table: Table, lines: Iterable[str]) -> RenderableType:
    """Put notes below a table, as wide as the terminal and not as narrow as the table."""
    from rich.console import Group

    joined = "\n".join(lines)
    return Group(table, cell(f"\n{joined}")) if joined else table


def spelled(name: str) -> str:
    """Spell a metric's name so that it can wrap."""
    return name.replace("_", " ")


def head(name: str, unit: str = "") -> Text:
    """Head of a column, broken between words so that the column stays narrow."""
    lines = textwrap.wrap(spelled(name), _LONGEST_LINE, break_long_words=False)
    return cell("\n".join([*lines, *([f"({pretty_unit(unit)})"] if pretty_unit(unit) else [])]))
