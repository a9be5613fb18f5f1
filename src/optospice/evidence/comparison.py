"""Devices side by side: what each of them meets, with how many parameters, and how firmly."""

from __future__ import annotations

from collections.abc import Sequence

from optospice.evidence.record import Record, is_weak
from optospice.evidence.tables import NOTHING, Table, lost_by_any, sizes, worst


def comparison_table(records: Sequence[Record], stale: Sequence[str] = ()) -> Table:
    """Give head and rows: a column for each device.

    Parameters
    ----------
    records : sequence of Record
        The records.
    stale : sequence of str
        Devices whose record is out of date.
    """
    head = ["", *(record.device for record in records)]
    lines = [_lines(record, record.device in stale) for record in records]
    names = list(dict.fromkeys(name for one in lines for name in one))
    return head, [[name, *(one.get(name, NOTHING) for one in lines)] for name in names]


def _lines(record: Record, stale: bool) -> dict[str, str]:
    """Give what the table says of one device, by the heads of its lines."""
    printed = record.printed
    others = [row for row in record.claims if not row.printed]
    used = sum(row.used for row in printed)
    lines = {
        "fitted parameters": str(len(record.fitted)),
        "printed numbers met": _of(sum(row.met for row in printed), len(printed)),
        "of these used in the fit / held out": f"{used} / {len(printed) - used}",
        "degrees of freedom": str(record.freedom),
        "χ² over the printed numbers": NOTHING if record.chi2 is None else f"{record.chi2:.3g}",
        "other claims met": _of(sum(row.met for row in others), len(others)),
    }
    for size in sizes(record):
        name, count = worst(record, size)
        lines[f"printed numbers lost at ±{100 * size:g} %, worst parameter"] = (
            f"{count} ({name})" if count else "0"
        )
        lines[f"fitted parameters that lose any at ±{100 * size:g} %"] = lost_by_any(record, size)
    if record.null is not None:
        weak = sum(is_weak(share) for share in record.shares().values())
        lines["printed numbers met by a random set"] = met_at_random(record)
        lines["other claims met by a random set"] = (
            f"{record.mean_met(others):.1f} of {len(others)}"
        )
        lines["weak claims"] = _of(weak, len(record.claims))
    if record.leave_one_out is not None:
        lines["left out and predicted / missed / not predictable"] = predicted(record)
    lines["record"] = "out of date" if stale else "up to date"
    return lines


def met_at_random(record: Record) -> str:
    """Say how many printed numbers a random parameter set meets on average."""
    if record.null is None:
        return NOTHING
    return f"{record.mean_met(record.printed):.2f} of {len(record.printed)}"


def predicted(record: Record) -> str:
    """Count the numbers that were predicted, missed and not predictable when left out."""
    if record.leave_one_out is None:
        return NOTHING
    words = [row.word for row in record.leave_one_out.rows]
    return " / ".join(
        str(words.count(word)) for word in ("predicted", "missed", "cannot be predicted")
    )


def _of(count: int, total: int) -> str:
    return f"{count} of {total}"
