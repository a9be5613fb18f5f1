"""The page paper vs simulation, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import optospice
from optospice.report.alternatives import alternatives_markdown
from optospice.report.listing import citation
from optospice.report.reproduction import (
    HEAD,
    MADE_BY,
    Claim,
    Fitted,
    cells_of,
    counts,
    summary,
    weak,
)
from optospice.scenario.conflicts import Conflict
from optospice.scenario.evidence import Category
from optospice.sweep.alternatives import Choice
from optospice.sweep.record import ScenarioResult

_INTRODUCTION = """\
What counts as what:

- *printed, held out*: a number that the paper prints and that no parameter was fitted to. Only
  these test a device.
- *printed, used in the fit*: a printed number to which a parameter was fitted. Met, it shows that
  the circuit can carry it, no more; with no degree of freedom left it does not show even that.
- *bounds and readings*: what a paper says in words or shows in a figure, as we read it; every
  bound is ours.
- *consistency checks*: closed forms of printed values, and checks of our own.
- *weak*: met by at least 90 % of random parameter sets (each fitted parameter within a factor of
  2), so that meeting it says nothing; it is shown, and not counted.

A claim counts once, with the device that is meant for it (**bold**); the other rows show what
other models give. The error is in the unit of the claim's tolerance; the tolerances are ours
throughout. A row is repeated by `optospice run SCENARIO --set device=DEVICE`, the other readings
by `optospice run SCENARIO --alternatives`, the scores by `optospice evidence DEVICE`."""


def markdown(
    claims: Sequence[Claim],
    results: Sequence[ScenarioResult],
    fitted: Mapping[str, Fitted],
    choices: Mapping[str, Sequence[Choice]],
    scores: Mapping[str, Sequence[str]],
) -> str:
    """Write the page.

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
    scores : mapping of str to sequence of str
        Lines on what the claims of a device are worth, by device.
    """
    ngspice = results[0].ngspice if results else "?"
    lines = [
        "# Paper and simulation",
        "",
        f"{MADE_BY} on {date.today().isoformat()}, optospice {optospice.__version__}, "
        f"ngspice {ngspice}.",
        "",
        f"{summary(claims)}.",
        "",
        *_overview(claims, fitted),
        "",
        _INTRODUCTION,
    ]
    for key in dict.fromkeys(claim.loaded.scenario.citation for claim in claims):
        of_paper = [claim for claim in claims if claim.loaded.scenario.citation == key]
        lines += ["", f"## {citation(key) if key else 'No paper'}", "", f"{summary(of_paper)}."]
        lines += _conflicts(of_paper)
        for device in dict.fromkeys(claim.meant for claim in of_paper):
            lines += scores.get(device, ())
        for name in dict.fromkeys(claim.loaded.name for claim in of_paper):
            own = [claim for claim in of_paper if claim.loaded.name == name]
            lines += _scenario(own, results, choices.get(name, ()))
    return "\n".join(lines) + "\n"


def _overview(claims: Sequence[Claim], fitted: Mapping[str, Fitted]) -> list[str]:
    """Give one row per paper and counted device."""
    head = ["paper", "device", *map(str, Category), "weak, not counted", "fitted parameters",
            "degrees of freedom", "printed numbers that a random set meets",
            "left out: predicted / missed / not predictable"]  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    pairs = dict.fromkeys((claim.loaded.scenario.citation, claim.meant) for claim in claims)
    for key, device in pairs:
        own = [c for c in claims if (c.loaded.scenario.citation, c.meant) == (key, device)]
        found = counts(own)
        cells = [str(found[one]) if one in found else "–" for one in Category]
        went_in = fitted[device]
        freedom = str(went_in.degrees_of_freedom) if went_in.parameters else "–"
        row = [key or "–", device, *cells, str(weak(own).total), str(went_in.parameters), freedom]
        row += [went_in.at_random, went_in.predicted]
        lines.append(f"| {' | '.join(row)} |")
    return lines


def _conflicts(claims: Sequence[Claim]) -> list[str]:
    """Give where a paper disagrees with itself, with the arithmetic."""
    found: dict[str, Conflict] = {}
    for claim in claims:
        found |= {one.id: one for one in claim.loaded.scenario.conflicts}
    if not found:
        return []
    lines = ["", "Conflicts of the source:", ""]
    for one in found.values():
        text = " ".join(one.text.split()).rstrip(".")
        numbers = f": {one.arithmetic}" if one.values else ""
        lines.append(f"- {one.id} ({one.source}): {text}{numbers}.")
    return lines


def _scenario(
    claims: Sequence[Claim], results: Sequence[ScenarioResult], choices: Sequence[Choice]
) -> list[str]:
    """Give a scenario's title, description, table, other readings and notes."""
    scenario = claims[0].loaded.scenario
    lines = ["", f"### {scenario.title} (`{claims[0].loaded.name}`)", ""]
    lines += [" ".join(scenario.description.split()), ""]
    lines += [f"| {' | '.join(HEAD)} |", "|" + "---|" * len(HEAD)]
    for claim in claims:
        for verdict in claim.verdicts:
            cells = [cell.replace("|", "\\|") for cell in cells_of(claim, verdict)]
            lines.append(f"| {' | '.join(cells)} |")
    if choices:
        lines += ["", "Other readings:", *alternatives_markdown(choices)]
    return lines + [f"\n{note}" for note in _notes(claims, results)]


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
    for device, expectation in claims[0].loaded.scenario.expectations.items():
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
