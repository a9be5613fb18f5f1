"""Tables for a terminal: targets with their verdicts, and the runs of a sweep."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from optospice.report.alternatives import alternatives_table
from optospice.report.columns import count_extrapolated, run_columns
from optospice.report.json_document import devices_of, result_json
from optospice.report.layout import MARK, cell, new_table, spelled, with_notes
from optospice.report.numbers import claim_text, short_key
from optospice.report.runs_table import extrapolated_lines, runs_table
from optospice.report.verdicts import counts_of, error_text, evidence_label, simulated_text
from optospice.scenario.evidence import counts_text
from optospice.scenario.verdict import Verdict
from optospice.sweep.alternatives import Choice
from optospice.sweep.record import ScenarioResult

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console, RenderableType

__all__ = ["print_result", "result_json", "runs_table", "targets_table"]

_COLOURS = {(True, False): "green", (True, True): "green", (False, True): "yellow"}
_SHOWN_FAILURES = 3


def print_result(
    console: Console, result: ScenarioResult, folder: Path, choices: Sequence[Choice] = ()
) -> None:
    """Print a result: its runs, its claims, one line that sums up, and where the files are.

    Parameters
    ----------
    console : rich.console.Console
        Where to print.
    result : ScenarioResult
        What a scenario gave.
    folder : Path
        Folder of the results.
    choices : sequence of Choice
        Other readings of its claims, where they were tried.
    """
    scenario = result.loaded.scenario
    devices = ", ".join(devices_of(result))
    console.print(cell(f"{result.loaded.name}: {scenario.title} ({devices})", "bold"))
    console.print()
    console.print(runs_table(result, width=console.width, blocks=_has_blocks(console)))
    for line in failure_lines(result):
        console.print(cell(line), soft_wrap=True)
    console.print()
    if result.verdicts:
        console.print(targets_table(result))
        console.print()
    if choices:
        console.print(alternatives_table(choices))
        console.print()
    console.print(cell(_summary(result)), soft_wrap=True)
    console.print(cell(f"results: {folder}"), soft_wrap=True)


def _has_blocks(console: Console) -> bool:
    """Whether a terminal, or the file in its place, shows block characters."""
    if console.is_terminal and os.environ.get("TERM") in ("dumb", "linux"):
        return False  # the text console of Linux has but two of them
    return console.encoding.lower().startswith("utf")


def failure_lines(result: ScenarioResult) -> list[str]:
    """Say which runs failed and why, each on lines of its own, and how to repeat one.

    They are printed as they are, never folded, so that a search in a log finds them.
    """
    failed = result.failed
    lines = [f"run {record.run.id}: {record.message}" for record in failed[:_SHOWN_FAILURES]]
    if len(failed) > _SHOWN_FAILURES:
        lines.append(f"… and {len(failed) - _SHOWN_FAILURES} more failed runs, in log.txt")
    if failed:
        lines.append(f"to repeat one: optospice run {result.loaded.name} --run {failed[0].run.id}")
    return lines


def targets_table(result: ScenarioResult) -> RenderableType:
    """Give every target with what was published, what was simulated and the verdict.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.

    Returns
    -------
    rich renderable
        One row per target and device; the numbered definitions and the notes stand below it.
    """
    several = len(devices_of(result)) > 1
    table = new_table()
    table.add_column("target", overflow="fold", max_width=12)
    table.add_column("metric", overflow="fold")
    for name in ("claim", "simulated", "error"):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("verdict", overflow="fold")
    definitions: dict[str, int] = {}
    for verdict in result.verdicts:
        metric = cell(spelled(verdict.target.metric))
        if verdict.definition:
            number = definitions.setdefault(verdict.definition, len(definitions) + 1)
            metric.append(f" ({number})")
        place = _place(verdict, several)
        if place:
            metric.append(f"\n{place}", style="dim")
        head = cell(verdict.target.id, "bold")
        head.append(f"\n{evidence_label(verdict)}", style="dim")
        table.add_row(
            head,
            metric,
            cell(claim_text(verdict.target)),
            cell(simulated_text(verdict) + MARK * verdict.is_extrapolated),
            cell(error_text(verdict)),
            cell(verdict.word, _colour(verdict)),
        )
    lines = [f"definition ({number}): {text}" for text, number in definitions.items()]
    if any(verdict.is_extrapolated for verdict in result.verdicts):
        lines += extrapolated_lines(result)
    return with_notes(table, [*lines, *_target_notes(result)])


def _summary(result: ScenarioResult) -> str:
    statuses = run_columns(result).statuses
    count, failed, missing = len(statuses), statuses.count("failed"), statuses.count("not run")
    text = f"{count} {'run' if count == 1 else 'runs'} in {result.seconds:.1f} s"
    text += f", {result.from_store} from the store" if result.from_store else ""
    text += f", {failed} failed" if failed else ""
    text += f", {missing} not run (interrupted)" if missing else ""
    extrapolated = count_extrapolated(result)
    text += f", {extrapolated} extrapolated" if extrapolated else ""
    if result.verdicts:
        known = sum(_is_known_miss(verdict) for verdict in result.verdicts)
        counts = counts_of(result.verdicts)
        text += f"; claims met: {counts_text(counts)}" if counts else ""
        absent = sum(bool(verdict.inapplicable) for verdict in result.verdicts)
        text += f"; {absent} not applicable" if absent else ""
        text += f"; {known} missed as expected" if known else ""
        doubtful = sum(verdict.is_doubtful for verdict in result.verdicts)
        text += f"; {doubtful} within the solver's error" if doubtful else ""
        undecided = sum(verdict.is_open for verdict in result.verdicts)
        text += f"; {undecided} open, as runs are missing" if undecided else ""
    return text


def _is_known_miss(verdict: Verdict) -> bool:
    undecided = verdict.is_open or verdict.is_doubtful or verdict.inapplicable
    return verdict.expected_miss and not verdict.met and not undecided


def _place(verdict: Verdict, several: bool) -> str:
    parts = [f"{short_key(key)} {value}" for key, value in verdict.target.where.items()]
    if several and "device" not in verdict.target.where:
        parts.insert(0, verdict.device)
    return ", ".join(parts)


def _target_notes(result: ScenarioResult) -> Iterable[str]:
    noted: dict[str, list[str]] = {}
    for verdict in result.verdicts:
        if verdict.note:
            noted.setdefault(verdict.note, []).append(verdict.target.id)
    for note, ids in noted.items():
        yield f"{', '.join(dict.fromkeys(ids))}: {note}"
    for device, expectation in result.loaded.scenario.expectations.items():
        if any(verdict.expected_miss and verdict.device == device for verdict in result.verdicts):
            yield f"expected misses of {device}: {' '.join(expectation.reason.split())}"
    if result.verdicts and not result.loaded.expectation_holds:
        changed = ", ".join(result.loaded.overrides)
        yield f"The targets are those of the scenario as published; changed here: {changed}."


def _colour(verdict: Verdict) -> str:
    if verdict.is_open:
        return "bold red"
    return _COLOURS.get((verdict.met, verdict.expected_miss), "bold red")
