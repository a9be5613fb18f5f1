"""Verdicts as people read them: numbers with their units, errors, what they are evidence of."""

from __future__ import annotations

from collections.abc import Iterable

from optospice import units
from optospice.report.numbers import with_unit
from optospice.scenario.evidence import Category, Count, counted
from optospice.scenario.schema import Target
from optospice.scenario.verdict import Verdict

#: What stands below the id of a claim.
_LABELS = {"derived": "derived", "reading": "a reading", "own": "own check"}
_PRINTED = {Category.HELD_OUT: "held out", Category.FITTED: "in the fit"}

_IN_FIGURES = {
    "printed": "published",
    "digitised": "from a figure",
    "derived": "derived",
    "reading": "reading",
    "own": "own check",
}


def simulated_text(verdict: Verdict) -> str:
    """Write what was simulated, in the unit of the claim."""
    if verdict.simulated is not None:
        return with_unit(units.short_number(verdict.simulated), verdict.unit)
    if verdict.shown in ("", "none"):
        return "–"
    return with_unit(verdict.shown.replace("nan", "–"), verdict.unit)


def error_text(verdict: Verdict) -> str:
    """Give the error in the unit of its tolerance, so that the two can be compared."""
    published, simulated = verdict.published, verdict.simulated
    if verdict.target.tolerance is None or isinstance(published, str) or simulated is None:
        return "–"
    _, unit = units.split_unit(str(verdict.target.tolerance))
    difference = simulated - published
    if abs(difference) < 1e-9 * abs(published):  # rounding
        difference = 0.0
    if unit == "%":
        return "–" if verdict.error_percent is None else f"{verdict.error_percent:+.2g} %"
    if unit not in ("point", "points"):
        factor = units.convert(1.0, verdict.unit, unit) - units.convert(0.0, verdict.unit, unit)
        return with_unit(f"{difference * factor:+.2g}", unit)
    return f"{difference:+.2g} points"


def evidence_label(verdict: Verdict) -> str:
    """Say in a word or two what a claim is evidence of."""
    return _PRINTED.get(verdict.category) or _LABELS[verdict.target.kind]


def figure_label(target: Target) -> str:
    """Say what a claim's mark in a figure is."""
    return _IN_FIGURES[target.kind]


def counts_of(verdicts: Iterable[Verdict]) -> dict[Category, Count]:
    """Count the claims that are decided, by what they are evidence of."""
    decided = [one for one in verdicts if not (one.is_open or one.inapplicable)]
    return counted((one.category, one.met) for one in decided)
