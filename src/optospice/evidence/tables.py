"""The scores of a device as tables: head and rows, for Markdown and for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from optospice.evidence.record import (
    CONFIDENCE,
    WEAK,
    ClaimRow,
    ParameterRow,
    Record,
    is_weak,
)
from optospice.texts import markdown_text

Table = tuple[list[str], list[list[str]]]
#: Stands where there is nothing.
NOTHING = "–"


def null_table(record: Record) -> Table:
    """Give head and rows: how many random sets meet each claim, printed ones first."""
    null = record.null
    head = ["claim", "scenario", "category", "claimed", "device", "random sets", "interval", ""]
    rows: list[list[str]] = []
    if null is None:
        return head, rows
    met = {(row.scenario, row.id): row.met for row in null.rows}
    for claim in sorted(record.claims, key=lambda claim: not claim.printed):
        own = met.get(claim.place, 0)
        low, high = record.interval(own)
        share = own / null.draws
        rows.append(
            [
                claim.id,
                claim.scenario,
                claim.category,
                claim.claim,
                "met" if claim.met else "missed",
                f"{100 * share:.3g} %",
                f"{100 * low:.2g} … {100 * high:.3g} %",
                "weak" if is_weak(share) else "",
            ]
        )
    return head, rows


def fragility_table(record: Record) -> Table:
    """Give head and rows: what is lost with each change of each parameter, fitted ones first."""
    fragility = record.fragility
    if fragility is None:
        return [], []
    head = ["parameter", "value", "origin", *(_percent(step) for step in fragility.steps)]
    rows = [
        [row.name, row.value, row.origin, *(_lost(record, row, step) for step in fragility.steps)]
        for row in fragility.rows
    ]
    return head, rows


def leave_one_out_table(record: Record) -> Table:
    """Give head and rows: every number as the others predict it."""
    head = ["left out", "scenario", "published", "predicted", "error / tolerance", ""]
    if record.leave_one_out is None:
        return head, []
    rows = [
        [
            row.id,
            row.scenario,
            row.published,
            row.predicted or NOTHING,
            NOTHING if row.error is None else f"{row.error:+.2f}",
            row.word + (f" ({row.note})" if row.note else ""),
        ]
        for row in record.leave_one_out.rows
    ]
    return head, rows


def fit_line(record: Record) -> str:
    """Say how many parameters were fitted to how many numbers, and what came of it."""
    printed = record.printed
    used = sum(row.used for row in printed)
    chi2 = "" if record.chi2 is None else f"; χ² over the printed numbers {record.chi2:.3g}"
    return (
        f"{len(record.fitted)} fitted parameters, {record.numbers_used} numbers used in the fit, "
        f"{used} of them printed: {record.freedom} degrees of freedom. Of {len(printed)} printed "
        f"numbers {sum(row.met for row in printed)} are met, {used} were used in the fit and "
        f"{len(printed) - used} held out{chi2}."
    )


def null_line(record: Record) -> str:
    """Say what random parameter sets meet."""
    null = record.null
    if null is None:
        return "Null score: not computed."
    if not null.parameters:
        return "Null score: the device has no fitted parameter to draw."
    printed = record.printed
    others = [row for row in record.claims if not row.printed]
    weak = sum(is_weak(share) for share in record.shares().values())
    text = (
        f"Null score: {null.draws} random sets (every fitted parameter times a log-uniform factor "
        f"up to {null.factor:g}, seed {null.seed}) meet {record.mean_met(printed):.2f} of "
        f"{len(printed)} printed numbers and {record.mean_met(others):.1f} of {len(others)} other "
        f"claims on average; {weak} of {len(record.claims)} claims are weak (met by "
        f"{100 * WEAK:g} % of the sets or more)."
    )
    if null.failed:
        text += f" {null.failed} of {null.runs} runs failed, which counts as not met."
    return text


def fragility_line(record: Record) -> str:
    """Say how many fitted parameters lose printed numbers, and which of them most."""
    if record.fragility is None:
        return "Fragility: not computed."
    parts = [
        f"at ±{100 * size:g} % {lost_by_any(record, size)} fitted parameters lose printed numbers"
        f"{_worst_words(record, size)}"
        for size in sizes(record)
    ]
    failed = record.fragility.failed
    more = f" {failed} of {record.fragility.runs} runs failed." if failed else ""
    return f"Fragility: {'; '.join(parts)}.{more}"


def leave_one_out_line(record: Record) -> str:
    """Say how many numbers the others predict."""
    score = record.leave_one_out
    if score is None:
        return "Leave-one-out: not computed."
    if score.problem:
        return f"Leave-one-out: {score.problem}"
    words = [row.word for row in score.rows]
    return (
        f"Leave-one-out: of {len(words)} numbers {words.count('predicted')} are predicted by the "
        f"others, {words.count('missed')} missed, {words.count('cannot be predicted')} cannot be "
        "predicted" + ("." if score.converged else "; the fit to all of them has not converged.")
    )


def summary(record: Record) -> list[str]:
    """Say what the scores come to, a sentence for each."""
    return [fit_line(record), null_line(record), fragility_line(record), leave_one_out_line(record)]


def sections(record: Record) -> list[tuple[str, str, Table]]:
    """Give title, sentence and table of each score that there is."""
    found = []
    if record.null is not None:
        found.append(("Null score", null_line(record), null_table(record)))
    if record.fragility is not None:
        found.append(("Fragility", fragility_line(record), fragility_table(record)))
    if record.leave_one_out is not None:
        found.append(("Leave-one-out", leave_one_out_line(record), leave_one_out_table(record)))
    return found


def markdown_sections(record: Record) -> list[tuple[str, list[str]]]:
    """Give the scores as Markdown: title and lines of each."""
    notes = {
        "Null score": f"Intervals of {100 * CONFIDENCE:g} % after Wilson.",
        "Fragility": "Claims that the device meets and that are missed after the change; those in "
        "brackets are not printed.",
        "Leave-one-out": "Fitted anew without the number, which is then predicted. Where the other "
        "numbers leave a direction of the parameters open that this one needs, it cannot be "
        "predicted: that counts as no success.",
    }
    return [
        (title, [markdown_text(line), "", notes[title], "", *markdown_table(table)])
        for title, line, table in sections(record)
    ]


def markdown_table(table: Table) -> list[str]:
    """Write a table as Markdown."""
    head, rows = table
    cells = [[markdown_text(cell) for cell in row] for row in (head, *rows)]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return [lines[0], "|" + "---|" * len(head), *lines[1:]] if head else []


def sizes(record: Record) -> list[float]:
    """Sizes of the changes that were tried, to both sides [1]."""
    steps = record.fragility.steps if record.fragility else []
    return sorted({abs(step) for step in steps})


def lost_by_any(record: Record, size: float) -> str:
    """Say how many fitted parameters lose a printed number with a change: ``"3 of 7"``."""
    rows = _fitted(record)
    return f"{sum(bool(_both(record, row, size)) for row in rows)} of {len(rows)}"


def worst(record: Record, size: float) -> tuple[str, int]:
    """Give the fitted parameter that loses most printed numbers with a change, and how many."""
    counts = {row.name: len(_both(record, row, size)) for row in _fitted(record)}
    name = max(counts, key=lambda name: counts[name], default="")
    return name, counts.get(name, 0)


def _worst_words(record: Record, size: float) -> str:
    name, count = worst(record, size)
    return f" ({name} most: {count} of {len(_met(record))})" if count else ""


def _met(record: Record) -> list[ClaimRow]:
    return [row for row in record.printed if row.met]


def _fitted(record: Record) -> list[ParameterRow]:
    rows = record.fragility.rows if record.fragility else []
    return [row for row in rows if row.name in record.fitted]


def _both(record: Record, row: ParameterRow, size: float) -> Sequence[str]:
    """Printed claims that are lost with a change to one side or the other, each once."""
    lost = [*record.lost(row, -size), *record.lost(row, size)]
    return list(dict.fromkeys(lost))


def _lost(record: Record, row: ParameterRow, step: float) -> str:
    if step not in row.tried:
        return "out of bounds"
    printed, others = record.lost(row, step), record.lost(row, step, printed=False)
    text = ", ".join(printed)
    return " ".join(filter(None, [text, f"[{', '.join(others)}]" if others else ""])) or NOTHING


def _percent(step: float) -> str:
    return f"{'−' if step < 0 else '+'}{100 * abs(step):g} %"
