"""Texts that somebody else wrote, made safe for a terminal, a table, a report, a figure."""

from __future__ import annotations

import re
from typing import Any

#: Characters that steer a terminal or turn the order of what is shown, line ends apart.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
#: Not part of XML 1.0.
_NO_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Signs of Markdown; a ``_`` within a word is none.
_MARKDOWN = re.compile(r"[\\`*\[\]|~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
#: A number, or a number with its unit: no formula, though it may begin with a sign.
_QUANTITY = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?( [A-Za-zµμΩ°%][\wµμΩ°%/^·*-]*)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def has_controls(text: str) -> bool:
    """Whether a text holds characters that steer a terminal or turn its reading order."""
    return _CONTROLS.search(text) is not None


def printable(text: object) -> str:
    r"""Give a text (or a path) with such characters spelled: ``\x1b`` in place of Escape."""
    return _CONTROLS.sub(lambda found: ascii(found.group())[1:-1], str(text))


def one_line(text: object) -> str:
    """Give the name of a file as `printable` does, and line ends and tabs spelled as well."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def check_texts(value: Any) -> Any:
    """Give a value back when no text in it, at any depth, holds such characters.

    Parameters
    ----------
    value : object
        Text, or nested lists and mappings of texts and other values.

    Raises
    ------
    ValueError
        Naming the first character that is refused.
    """
    if isinstance(value, str):
        found = _CONTROLS.search(value)
        if found is not None:
            raise ValueError(
                f"holds the control character U+{ord(found.group()):04X}; accepted: text without "
                "control characters"
            )
    elif isinstance(value, dict):
        for key, inner in value.items():
            check_texts(key)
            check_texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            check_texts(inner)
    return value


def csv_cell(value: Any) -> Any:
    """Give a cell of a CSV file; a text that a spreadsheet takes for a formula gets a ``'``."""
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return value
    return value if _QUANTITY.fullmatch(value) else f"'{value}"


def xml_text(text: str) -> str:
    """Give a text with what XML cannot hold, and what steers a terminal, spelled."""
    return _NO_XML.sub(lambda found: ascii(found.group())[1:-1], printable(text))


def markdown_text(text: str) -> str:
    """Give a text for one line or cell of Markdown: as text, without links, images or mentions."""
    line = printable(" ".join(text.split())).replace("&", "&amp;")
    line = _MARKDOWN.sub(r"\\\g<0>", line).replace("<", "&lt;").replace(">", "&gt;")
    # a character without width keeps a service from linking names and addresses
    return line.replace("@", "@\u200b").replace("://", ":\u200b//").replace("www.", "www\u200b.")
