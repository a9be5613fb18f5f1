"""Tables of the readings that a claim could have had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from optospice.report.layout import cell, new_table
from optospice.report.numbers import claim_text, finite
from optospice.report.verdicts import error_text, simulated_text
from optospice.scenario.verdict import Verdict
from optospice.sweep.alternatives import Choice

if TYPE_CHECKING:
    from rich.console import RenderableType

_HEAD = ("target", "reading", "choice", "published", "simulated", "error", "verdict")


def alternatives_table(choices: Sequence[Choice]) -> RenderableType:
    """Give one row per reading and choice; the scenario's own choice is bold."""
    table = new_table()
    for name in _HEAD:
        table.add_column(name, overflow="fold")
    shown = ("", "")
    for choice, texts in _rows(choices):
        same = (choice.target.id, choice.reading) == shown
        shown = (choice.target.id, choice.reading)
        head = ["", ""] if same else [texts[0], texts[1]]
        style = "bold" if choice.is_chosen else ""
        table.add_row(*(cell(text, style) for text in [*head, *texts[2:]]))
    return table


def alternatives_markdown(choices: Sequence[Choice]) -> list[str]:
    """Give the same table as lines of Markdown; nothing where there are no other readings."""
    if not choices:
        return []
    lines = ["", f"| {' | '.join(_HEAD)} |", "|" + "---|" * len(_HEAD)]
    for choice, texts in _rows(choices):
        texts[2] = f"**{texts[2]}**" if choice.is_chosen else texts[2]
        lines.append(f"| {' | '.join(text.replace('|', chr(92) + '|') for text in texts)} |")
    return lines


def alternatives_json(choices: Sequence[Choice]) -> list[dict[str, Any]]:
    """Give the readings as plain data, in SI units."""
    return [
        {
            "target": choice.target.id,
            "reading": choice.reading,
            "choice": choice.name,
            "chosen": choice.is_chosen,
            "simulated": finite(choice.verdict.simulated_si) if choice.verdict else None,
            "unit": choice.verdict.si_unit if choice.verdict else None,
            "met": bool(choice.verdict and choice.verdict.met),
        }
        for choice in choices
    ]


def alternatives_columns(choices: Sequence[Choice]) -> dict[str, list[Any]]:
    """Give the readings as the columns of a table, in SI units."""
    rows = alternatives_json(choices)
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def _rows(choices: Sequence[Choice]) -> Iterator[tuple[Choice, list[str]]]:
    for choice in choices:
        start = [choice.target.id, choice.reading, choice.name, claim_text(choice.target)]
        verdict = choice.verdict
        if verdict is None:
            yield choice, [*start, "–", "–", choice.problem or "no run succeeded"]
        else:
            yield choice, [*start, simulated_text(verdict), error_text(verdict), _word(verdict)]


def _word(verdict: Verdict) -> str:
    """Give the verdict without what the scenario expected of its own reading."""
    if verdict.is_open or verdict.inapplicable or not verdict.is_decided:
        return verdict.word
    return "met" if verdict.met else "missed"
