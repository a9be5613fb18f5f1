"""The table paper vs simulation: every published claim with what each device gives."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import optospice
from optospice import units
from optospice.report.listing import citation
from optospice.report.numbers import (
    claim_text,
    finite,
    pretty_unit,
    short_key,
    shown_with_unit,
    with_unit,
)
from optospice.scenario.load import LoadedScenario
from optospice.scenario.verdict import Verdict
from optospice.sweep.record import ScenarioResult
from optospice.texts import csv_cell

#: Two simulated numbers that differ by less are the same: twice the accuracy profile [1].
SAME_NUMBER = 2e-3
#: Two errors, in per cent or points, that differ by less are the same.
SAME_ERROR = 0.25
#: What is smaller is zero with rounding.
_NOTHING = 1e-9
_HEAD = ["id", "quantity", "paper", "source", "device", "simulated", "error", "verdict"]
_MADE_BY = "Made by `optospice reproduce`"


@dataclass(frozen=True)
class Claim:
    """One published claim with what each device gives.

    Parameters
    ----------
    loaded : LoadedScenario
        Its scenario.
    meant : str
        The device whose verdict counts.
    verdicts : list of Verdict
        One per device.
    """

    loaded: LoadedScenario
    meant: str
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def is_number(self) -> bool:
        """Whether it is a number or a bound, not a shape."""
        return self.verdicts[0].target.shape is None

    @property
    def met(self) -> bool:
        """Whether the device that is meant for it meets it."""
        own = [verdict for verdict in self.verdicts if verdict.device == self.meant]
        return bool((own or self.verdicts)[-1].met)


def counts(claims: Iterable[Claim]) -> tuple[int, int, int, int]:
    """Count numbers met, numbers, shapes met, shapes; every claim once."""
    numbers = [claim.met for claim in claims if claim.is_number]
    shapes = [claim.met for claim in claims if not claim.is_number]
    return sum(numbers), len(numbers), sum(shapes), len(shapes)


def summary(claims: Sequence[Claim]) -> str:
    """Say how many published claims are met, and which are missed."""
    met, numbers, shapes_met, shapes = counts(claims)
    share = f" ({met / numbers:.0%})" if numbers else ""
    text = f"{met} of {numbers} published numbers met{share}, {shapes_met} of {shapes} shapes"
    missed = ", ".join(claim.verdicts[0].target.id for claim in claims if not claim.met)
    return text + (f"; missed: {missed}" if missed else "; none missed")


def markdown(claims: Sequence[Claim], results: Sequence[ScenarioResult]) -> str:
    """Write the table paper vs simulation."""
    ngspice = results[0].ngspice if results else "?"
    lines = [
        "# Paper and simulation",
        "",
        f"{_MADE_BY} on {date.today().isoformat()}, optospice {optospice.__version__}, "
        f"ngspice {ngspice}.",
        "",
        f"{summary(claims)}.",
        "",
        "A claim counts once, with the device that is meant for it (**bold**); the other rows show "
        "what simpler models give. The error is in the unit of the claim's tolerance. A row is "
        "repeated by `optospice run SCENARIO --set device=DEVICE`.",
    ]
    for key in dict.fromkeys(claim.loaded.scenario.citation for claim in claims):
        of_paper = [claim for claim in claims if claim.loaded.scenario.citation == key]
        lines += ["", f"## {citation(key) if key else 'No paper'}", "", f"{summary(of_paper)}."]
        for name in dict.fromkeys(claim.loaded.name for claim in of_paper):
            own = [claim for claim in of_paper if claim.loaded.name == name]
            lines += ["", f"### {own[0].loaded.scenario.title} (`{name}`)", ""]
            lines += [" ".join(own[0].loaded.scenario.description.split()), ""]
            lines += [f"| {' | '.join(_HEAD)} |", "|" + "---|" * len(_HEAD)]
            for claim in own:
                for verdict in claim.verdicts:
                    cells = [cell.replace("|", "\\|") for cell in _cells(claim, verdict)]
                    lines.append(f"| {' | '.join(cells)} |")
            lines += [f"\n{note}" for note in _notes(own, results)]
    return "\n".join(lines) + "\n"


def _cells(claim: Claim, verdict: Verdict) -> list[str]:
    place = ", ".join(f"{short_key(k)} {v}" for k, v in verdict.target.where.items())
    quantity = verdict.target.metric.replace("_", " ") + (f", {place}" if place else "")
    device = f"**{verdict.device}**" if verdict.device == claim.meant else verdict.device
    return [
        verdict.target.id, quantity, claim_text(verdict.target), verdict.target.source, device,
        _simulated(verdict), _error(verdict), verdict.word,
    ]  # fmt: skip


def _simulated(verdict: Verdict) -> str:
    if verdict.simulated is not None:
        return with_unit(units.short_number(verdict.simulated), verdict.unit)
    return "–" if verdict.shown in ("", "none") else with_unit(verdict.shown, verdict.unit)


def _error(verdict: Verdict) -> str:
    if isinstance(verdict.published, str) or verdict.simulated is None:
        return "–"
    if str(verdict.target.tolerance).endswith("%") and verdict.error_percent is not None:
        return f"{verdict.error_percent:+.2f} %"
    unit = "points" if verdict.unit == "%" else pretty_unit(verdict.unit)
    return f"{verdict.simulated - verdict.published:+.2f} {unit}".rstrip()


def _notes(claims: Sequence[Claim], results: Sequence[ScenarioResult]) -> list[str]:
    """Say how the paper was read, how numbers were taken, and why something is missed."""
    readings: dict[str, list[str]] = {}
    definitions: dict[str, list[str]] = {}
    for claim in claims:
        for verdict in claim.verdicts:
            name = verdict.target.id
            if verdict.target.note:
                readings.setdefault(verdict.target.note, []).append(name)
            if verdict.note and verdict.note != verdict.target.note:
                readings.setdefault(f"{verdict.device}: {verdict.note}", []).append(name)
            if verdict.definition and verdict.device == claim.meant:
                definitions.setdefault(verdict.definition.partition(", R^2")[0], []).append(name)
    lines = [
        f"{', '.join(dict.fromkeys(ids))}: {text.rstrip('.')}."
        for table in (readings, definitions)
        for text, ids in table.items()
    ]
    expected = claims[0].loaded.scenario.expectations
    for device, expectation in expected.items():
        missed = [
            v.target.id for c in claims for v in c.verdicts if v.device == device and not v.met
        ]
        if missed:
            reason = " ".join(expectation.reason.split())
            lines.append(f"{device} misses {', '.join(missed)}: {reason.rstrip('.')}.")
    failed = {
        record.message
        for result in results
        if result.loaded.name == claims[0].loaded.name
        for record in result.failed
    }
    return lines + [f"FAILED: {message}" for message in sorted(failed)]


def table_csv(claims: Sequence[Claim]) -> str:
    """Write one row per claim and device; simulated numbers in the SI unit beside them."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["scenario", "citation", "meant_device", "unit", *_HEAD, "met", "note"])
    for claim in claims:
        for verdict in claim.verdicts:
            cells = _cells(claim, verdict)
            cells[4] = verdict.device
            number = verdict.simulated_si
            if number is not None:  # a series stays text with its own unit
                cells[5] = repr(float(f"{number:.6g}"))
            start = [
                claim.loaded.name, claim.loaded.scenario.citation, claim.meant, verdict.si_unit,
            ]  # fmt: skip
            row = [*start, *cells, str(verdict.met).lower(), verdict.note]
            writer.writerow([csv_cell(cell) for cell in row])
    return stream.getvalue()


def document(claims: Sequence[Claim], results: Sequence[ScenarioResult]) -> dict[str, Any]:
    """Give the table as plain data."""
    met, numbers, shapes_met, shapes = counts(claims)
    return {
        "ngspice": results[0].ngspice if results else None,
        "numbers": {"met": met, "published": numbers},
        "shapes": {"met": shapes_met, "published": shapes},
        "failed_runs": sum(len(result.failed) for result in results),
        "claims": [
            {
                "id": claim.verdicts[0].target.id,
                "scenario": claim.loaded.name,
                "citation": claim.loaded.scenario.citation,
                "source": claim.verdicts[0].target.source,
                "meant_device": claim.meant,
                "met": claim.met,
                "devices": [
                    {
                        "device": verdict.device,
                        "claim": verdict.target.claim,
                        "published": verdict.claimed_si,
                        "simulated": finite(verdict.simulated_si),
                        "unit": verdict.si_unit,
                        "shown": shown_with_unit(verdict),
                        "met": verdict.met,
                        "as_expected": verdict.as_expected,
                    }
                    for verdict in claim.verdicts
                ],
            }
            for claim in claims
        ],
    }


def compare(committed: str, made: str) -> list[str]:
    """Say where two tables differ, apart from date and versions and the last digits.

    Parameters
    ----------
    committed, made : str
        The content of two ``reproduction.md``.
    """
    old, new = (
        [line for line in text.splitlines() if not line.startswith(_MADE_BY)]
        for text in (committed, made)
    )
    if len(old) != len(new):
        only = [f"- {line}" for line in old if line not in new]
        only += [f"+ {line}" for line in new if line not in old]
        return only[:20] or ["the order of the lines differs"]
    return [
        f"- {first}\n+ {second}"
        for first, second in zip(old, new, strict=True)
        if first != second and not _same_line(first, second)
    ]


_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def _same_line(first: str, second: str) -> bool:
    """Whether only simulated numbers differ, and these by no more than the simulation's error."""
    old, new = first.split(" | "), second.split(" | ")
    if len(old) != len(_HEAD) or len(new) != len(_HEAD):
        return False
    tolerances = [(0.0, 0.0)] * 5 + [(SAME_NUMBER, _NOTHING), (0.0, SAME_ERROR), (0.0, 0.0)]
    return all(
        a == b or _same_cell(a, b, *allowed)
        for a, b, allowed in zip(old, new, tolerances, strict=True)
    )


def _same_cell(first: str, second: str, relative: float, absolute: float) -> bool:
    if _NUMBER.sub("#", first) != _NUMBER.sub("#", second):
        return False
    pairs = zip(_NUMBER.findall(first), _NUMBER.findall(second), strict=True)
    return all(
        abs(float(a) - float(b)) <= absolute + relative * max(abs(float(a)), abs(float(b)))
        for a, b in pairs
    )
