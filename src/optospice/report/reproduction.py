"""Paper and simulation: every claim with what each device gives, counted by what it proves."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from optospice.report.alternatives import alternatives_json
from optospice.report.numbers import claim_text, finite, short_key, shown_with_unit
from optospice.report.verdicts import error_text, simulated_text
from optospice.scenario.evidence import Category, Count, counted
from optospice.scenario.load import LoadedScenario
from optospice.scenario.verdict import Verdict
from optospice.sweep.alternatives import Choice
from optospice.sweep.record import ScenarioResult
from optospice.texts import csv_cell

#: Two simulated numbers that differ by less are the same: twice the accuracy profile [1].
SAME_NUMBER = 2e-3
#: Two errors, in per cent or points, that differ by less are the same.
SAME_ERROR = 0.25
#: What is smaller is zero with rounding.
_NOTHING = 1e-9
#: First words of the line that says when and with what the page was made.
MADE_BY = "Made by `optospice reproduce`"
HEAD = ("id", "quantity", "claim", "counted as", "source", "device", "simulated", "error",
        "verdict")  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """One claim with what each device gives.

    Parameters
    ----------
    loaded : LoadedScenario
        Its scenario.
    meant : str
        The device whose verdict counts.
    verdicts : list of Verdict
        One per device.
    null_share : float or None
        Share of random parameter sets that meet it [1]; None where it was not computed.
    is_weak : bool
        Whether so many of them do that it says nothing.
    """

    loaded: LoadedScenario
    meant: str
    verdicts: list[Verdict] = field(default_factory=list)
    null_share: float | None = None
    is_weak: bool = False

    @property
    def id(self) -> str:
        """Short name of the claim."""
        return self.verdicts[0].target.id

    @property
    def verdict(self) -> Verdict:
        """What the device that is meant for it gives."""
        own = [verdict for verdict in self.verdicts if verdict.device == self.meant]
        return (own or self.verdicts)[-1]

    @property
    def met(self) -> bool:
        """Whether the device that is meant for it meets it."""
        return self.verdict.met

    @property
    def category(self) -> Category:
        """What it is evidence of, held against the device that is meant for it."""
        return self.verdict.category

    @property
    def counts_as(self) -> str:
        """What it is counted as, in words; a weak one is not counted."""
        return f"weak ({self.category})" if self.is_weak else str(self.category)


@dataclass(frozen=True)
class Fitted:
    """What went into a device, against what its claims are.

    Parameters
    ----------
    parameters : int
        Fitted parameters [1].
    printed : int
        Printed numbers that were used to fit them [1].
    at_random : str
        How many printed numbers random parameter sets meet.
    predicted : str
        How many are predicted, missed and not predictable when they are left out of the fit.
    """

    parameters: int
    printed: int
    at_random: str = "–"
    predicted: str = "–"

    @property
    def degrees_of_freedom(self) -> int:
        """Printed numbers in the fit less fitted parameters [1]; below 0 nothing is determined."""
        return self.printed - self.parameters


def counts(claims: Iterable[Claim]) -> dict[Category, Count]:
    """Count the claims that say something, by what they are evidence of; every claim once."""
    return counted(
        (claim.category, claim.met)
        for claim in claims
        if not (claim.is_weak or claim.verdict.inapplicable)
    )


def weak(claims: Iterable[Claim]) -> Count:
    """Count the claims that nearly any parameter set meets."""
    met = [claim.met for claim in claims if claim.is_weak]
    return Count(sum(met), len(met))


def summary(claims: Sequence[Claim]) -> str:
    """Say how many claims of each kind are met, and which are missed."""
    parts = [f"{count} {category} met" for category, count in counts(claims).items()]
    if (none := weak(claims)).total:
        parts.append(f"{none.total} weak, not counted")
    missed = ", ".join(claim.id for claim in claims if not claim.met)
    return "; ".join([*parts, f"missed: {missed}" if missed else "none missed"])


def cells_of(claim: Claim, verdict: Verdict) -> list[str]:
    """Give the cells of a row under `HEAD`."""
    place = ", ".join(f"{short_key(k)} {v}" for k, v in verdict.target.where.items())
    quantity = verdict.target.metric.replace("_", " ") + (f", {place}" if place else "")
    device = f"**{verdict.device}**" if verdict.device == claim.meant else verdict.device
    kind = claim.counts_as if verdict.device == claim.meant else "–"
    return [
        verdict.target.id, quantity, claim_text(verdict.target), kind, verdict.target.source,
        device, simulated_text(verdict), error_text(verdict), verdict.word,
    ]  # fmt: skip


def table_csv(claims: Sequence[Claim]) -> str:
    """Write one row per claim and device; simulated numbers in the SI unit beside them."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(
        ["scenario", "citation", "meant_device", "unit", *HEAD, "kind", "null_share", "met", "note"]
    )
    for claim in claims:
        for verdict in claim.verdicts:
            cells = cells_of(claim, verdict)
            cells[HEAD.index("device")] = verdict.device
            number = verdict.simulated_si
            if number is not None:  # a series stays text with its own unit
                cells[HEAD.index("simulated")] = repr(float(f"{number:.6g}"))
            start = [
                claim.loaded.name, claim.loaded.scenario.citation, claim.meant, verdict.si_unit,
            ]  # fmt: skip
            share = claim.null_share if verdict.device == claim.meant else None
            end = [
                verdict.target.kind, "" if share is None else f"{share:.3g}",
                str(verdict.met).lower(), verdict.note,
            ]  # fmt: skip
            writer.writerow([csv_cell(cell) for cell in [*start, *cells, *end]])
    return stream.getvalue()


def document(
    claims: Sequence[Claim],
    results: Sequence[ScenarioResult],
    fitted: Mapping[str, Fitted],
    choices: Mapping[str, Sequence[Choice]],
) -> dict[str, Any]:
    """Give the table as plain data.

    Parameters
    ----------
    claims : sequence of Claim
        Every claim, once.
    results : sequence of ScenarioResult
        What was simulated.
    fitted : mapping of str to Fitted
        What went into each device.
    choices : mapping of str to sequence of Choice
        Other readings, by scenario.
    """
    return {
        "ngspice": results[0].ngspice if results else None,
        "counts": {
            str(category): {"met": count.met, "total": count.total}
            for category, count in counts(claims).items()
        },
        "weak": weak(claims).total,
        "devices": {
            name: {
                "fitted_parameters": one.parameters,
                "printed_numbers_in_the_fit": one.printed,
                "degrees_of_freedom": one.degrees_of_freedom,
            }
            for name, one in fitted.items()
        },
        "failed_runs": sum(len(result.failed) for result in results),
        "claims": [
            {
                "id": claim.id,
                "scenario": claim.loaded.name,
                "citation": claim.loaded.scenario.citation,
                "kind": claim.verdict.target.kind,
                "category": str(claim.category),
                "null_share": finite(claim.null_share),
                "weak": claim.is_weak,
                "source": claim.verdict.target.source,
                "meant_device": claim.meant,
                "met": claim.met,
                "devices": [
                    {
                        "device": verdict.device,
                        "claim": verdict.target.claim,
                        "claimed": verdict.claimed_si,
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
        "alternatives": {
            scenario: alternatives_json(found) for scenario, found in choices.items() if found
        },
    }


def compare(committed: str, made: str) -> list[str]:
    """Say where two tables differ, apart from date and versions and the last digits.

    Parameters
    ----------
    committed, made : str
        The content of two ``reproduction.md``.
    """
    old, new = (
        [line for line in text.splitlines() if not line.startswith(MADE_BY)]
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


#: Columns of the table of other readings, the narrowest that holds simulated numbers [1].
_FEWEST_CELLS = 7
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def _same_line(first: str, second: str) -> bool:
    """Whether only simulated numbers differ, and these by no more than the simulation's error."""
    old, new = first.split(" | "), second.split(" | ")
    if len(old) != len(new) or len(old) < _FEWEST_CELLS:
        return False
    # of every table the last three columns are what was simulated, its error and the verdict
    exact = [(0.0, 0.0)] * (len(old) - 3)
    tolerances = [*exact, (SAME_NUMBER, _NOTHING), (0.0, SAME_ERROR), (0.0, 0.0)]
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
