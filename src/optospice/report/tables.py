"""Tables for a terminal: targets with their verdicts, and the runs of a sweep."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from optospice import units
from optospice.report.json_document import devices_of, result_json
from optospice.report.numbers import claim_text, displayed, pretty_unit, short_key, with_unit
from optospice.report.statistics import statistics_lines
from optospice.scenario.verdict import Verdict
from optospice.sweep.record import RunRecord, ScenarioResult
from optospice.texts import printable

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

__all__ = ["print_result", "result_json", "runs_table", "targets_table"]

_COLOURS = {(True, False): "green", (True, True): "green", (False, True): "yellow"}
_LONGEST_LINE = 9
_SHOWN_FAILURES = 3
_SHOWN_LIMITS = 3
#: Stands behind every number of a run that left the valid range of its device.
_MARK = " *"


def print_result(console: Console, result: ScenarioResult, folder: Path) -> None:
    """Print a result: its runs, its targets, one line that sums up, and where the files are.

    Parameters
    ----------
    console : rich.console.Console
        Where to print.
    result : ScenarioResult
        What a scenario gave.
    folder : Path
        Folder of the results.
    """
    scenario = result.loaded.scenario
    devices = ", ".join(devices_of(result))
    console.print(_text(f"{result.loaded.name}: {scenario.title} ({devices})", "bold"))
    console.print()
    console.print(runs_table(result, width=console.width))
    for line in failure_lines(result):
        console.print(_text(line), soft_wrap=True)
    console.print()
    if result.verdicts:
        console.print(targets_table(result))
        console.print()
    console.print(_text(_summary(result)), soft_wrap=True)
    console.print(_text(f"results: {folder}"), soft_wrap=True)


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
    table = _table()
    table.add_column("target", overflow="fold", max_width=12)
    table.add_column("metric", overflow="fold")
    for name in ("published", "simulated", "error"):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("verdict", overflow="fold")
    definitions: dict[str, int] = {}
    for verdict in result.verdicts:
        metric = _text(_words(verdict.target.metric))
        if verdict.definition:
            number = definitions.setdefault(verdict.definition, len(definitions) + 1)
            metric.append(f" ({number})")
        place = _place(verdict, several)
        if place:
            metric.append(f"\n{place}", style="dim")
        head = _text(verdict.target.id, "bold")
        if verdict.target.kind != "printed":
            head.append(f"\n{_KINDS[verdict.target.kind]}", style="dim")
        table.add_row(
            head,
            metric,
            _text(claim_text(verdict.target)),
            _text(_simulated(verdict) + _MARK * verdict.is_extrapolated),
            _text(_error(verdict)),
            _text(verdict.word, _colour(verdict)),
        )
    lines = [f"definition ({number}): {text}" for text, number in definitions.items()]
    if any(verdict.is_extrapolated for verdict in result.verdicts):
        lines += _extrapolated_lines(result)
    return _with_notes(table, [*lines, *_target_notes(result)])


#: What stands below the id of a claim that no paper prints as it is.
_KINDS = {
    "digitised": "from a figure",
    "derived": "derived",
    "reading": "a reading",
    "own": "own check",
}


def runs_table(result: ScenarioResult, limit: int = 40, width: int = 100) -> RenderableType:
    """Give the runs with their swept values and metrics; a single run metric by metric.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.
    limit : int
        Largest number of runs to show [1].
    width : int
        Columns of the terminal [1]; metrics that no target asks for are left out, and
        named below the table, when they do not fit.

    Returns
    -------
    rich renderable
        One row per run, in display units; for a single run one row per metric.
    """
    records = result.records
    if len(records) == 1 and records[0].metrics:
        return _single_run_table(result, records[0])
    table = _table()
    keys = list(dict.fromkeys(key for record in records for key in record.run.point))
    draws = any(record.run.draw is not None for record in records)
    metrics = {
        name: displayed(name, value)[2]
        for record in reversed(records)
        for name, value in record.metrics.items()
    }
    order = next((list(record.metrics) for record in records if record.metrics), [])
    names = [*order, *(name for name in metrics if name not in order)]
    table.add_column("run", no_wrap=True)
    swept = {key: _swept_column(key, records) for key in keys}
    for header, _ in swept.values():
        table.add_column(header, justify="right", overflow="fold")
    if draws:
        table.add_column("draw", justify="right")
    table.add_column("status")
    taken = sum(max(map(len, str(column.header).split("\n"))) + 2 for column in table.columns)
    headers = {name: _header(name, metrics[name]) for name in names}
    names, left_out = _fitting(result, headers, width - taken)
    same = {}
    if left_out:  # what no run changes makes room first
        same = _same_in_all(result, headers)
        changing = {name: header for name, header in headers.items() if name not in same}
        names, left_out = _fitting(result, changing, width - taken)
    for name in names:
        table.add_column(_header(name, metrics[name]), justify="right", overflow="fold")
    for record in records[:limit]:
        cells = [record.run.id, *(cells[record.run.id] for _, cells in swept.values())]
        if draws:
            cells.append("–" if record.run.draw is None else str(record.run.draw))
        row = [_text(cell) for cell in cells]
        row.append(_text(record.status, "" if record.status == "ok" else "bold red"))
        row += [_text(_metric(record, name)) for name in names]
        table.add_row(*row)
    lines = []
    if same:
        spelled = (
            f"{_words(name)} {with_unit(text.removesuffix(_MARK), metrics[name])}"
            f"{_MARK if text.endswith(_MARK) else ''}"
            for name, text in same.items()
        )
        lines.append(f"the same in all runs: {', '.join(spelled)}")
    if left_out:
        lines.append(f"also in runs.csv: {', '.join(_words(name) for name in left_out)}")
    if len(records) > limit:
        lines.append(f"… and {len(records) - limit} more runs, in runs.csv")
    return _with_notes(
        table,
        [*lines, *_across_lines(result), *statistics_lines(result), *_extrapolated_lines(result)],
    )


def _extrapolated_lines(result: ScenarioResult) -> list[str]:
    """Say what the mark behind a number means, and which limits were left."""
    reasons = list(dict.fromkeys(r for record in result.extrapolated for r in record.outside))
    if not reasons:
        return []
    more = f"; and {len(reasons) - _SHOWN_LIMITS} more" if len(reasons) > _SHOWN_LIMITS else ""
    return [f"* extrapolated, outside the valid range: {'; '.join(reasons[:_SHOWN_LIMITS])}{more}"]


def _summary(result: ScenarioResult) -> str:
    count, failed = len(result.records), len(result.failed)
    missing = sum(record.status == "not run" for record in result.records)
    text = f"{count} {'run' if count == 1 else 'runs'} in {result.seconds:.1f} s"
    text += f", {failed} failed" if failed else ""
    text += f", {missing} not run (interrupted)" if missing else ""
    text += f", {len(result.extrapolated)} extrapolated" if result.extrapolated else ""
    if result.verdicts:
        met = sum(verdict.met for verdict in result.verdicts)
        known = sum(_is_known_miss(verdict) for verdict in result.verdicts)
        text += f"; {met} of {len(result.verdicts)} targets met"
        text += f", {known} missed as expected" if known else ""
        undecided = sum(verdict.is_open for verdict in result.verdicts)
        text += f", {undecided} open, as runs are missing" if undecided else ""
    return text


def _is_known_miss(verdict: Verdict) -> bool:
    return verdict.expected_miss and not verdict.met and not verdict.is_open


def _single_run_table(result: ScenarioResult, record: RunRecord) -> RenderableType:
    table = _table()
    table.add_column("metric", overflow="fold", min_width=16)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("definition", overflow="fold")
    for name, value in record.metrics.items():
        number, error, unit = displayed(name, value)
        text = units.short_number(number)
        if error is not None:
            text += f" ± {units.short_number(error, 2)}"
        meaning = f"{value.definition}; {value.note}" if value.note else value.definition
        shown = with_unit(text, unit) + _MARK * bool(record.outside)
        table.add_row(_text(_words(name)), _text(shown), _text(meaning))
    return _with_notes(
        table, [*_across_lines(result), *statistics_lines(result), *_extrapolated_lines(result)]
    )


def _asked(result: ScenarioResult) -> set[str]:
    """Names of the metrics that targets and fits name."""
    scenario = result.loaded.scenario
    return (
        {target.metric for target in scenario.targets}
        | {name for one in scenario.statistics for name in one.metrics}
        | {a.of for a in scenario.across}
    )


def _fitting(
    result: ScenarioResult, headers: Mapping[str, Text], room: int
) -> tuple[list[str], list[str]]:
    """Choose the metrics that fit side by side, those that are asked for first."""
    widths = {name: max(map(len, header.plain.split("\n"))) + 2 for name, header in headers.items()}
    asked = _asked(result)
    kept: list[str] = []
    for name in sorted(headers, key=lambda name: name not in asked):
        if name in asked or sum(widths[n] for n in [*kept, name]) <= room:
            kept.append(name)
    return [n for n in headers if n in kept], [n for n in headers if n not in kept]


def _swept_column(key: str, records: Sequence[RunRecord]) -> tuple[Text, dict[str, str]]:
    """Give the head of a swept key's column and its cells, the unit in the head if it is one."""
    texts = {record.run.id: str(record.run.point.get(key, "–")) for record in records}
    split = {run: text.rpartition(" ") for run, text in texts.items()}
    units_written = {unit for _, _, unit in split.values()}
    if len(units_written) == 1 and all(_is_number(number) for number, _, _ in split.values()):
        unit = units_written.pop()
        return _header(short_key(key), unit), {run: number for run, (number, _, _) in split.items()}
    return _header(short_key(key)), texts


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _same_in_all(result: ScenarioResult, names: Iterable[str]) -> dict[str, str]:
    """Give the metrics that nobody asks about and that no run changes, with their value."""
    asked = _asked(result)
    done = [record for record in result.records if record.metrics]
    same = {}
    for name in names:
        texts = {_metric(record, name) for record in done}
        if len(done) > 1 and len(texts) == 1 and asked and name not in asked:
            same[name] = texts.pop()
    return same


def _table() -> Table:
    from rich import box
    from rich.table import Table

    return Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
        header_style="bold",
    )


def _text(content: str, style: str = "") -> Text:
    from rich.text import Text  # a Text, as brackets in a name are no markup

    return Text(printable(content), style=style)


def _with_notes(table: Table, lines: Iterable[str]) -> RenderableType:
    """Put notes below a table, as wide as the terminal and not as narrow as the table."""
    from rich.console import Group

    text = "\n".join(lines)
    return Group(table, _text(f"\n{text}")) if text else table


def _words(name: str) -> str:
    """Spell a metric's name so that it can wrap."""
    return name.replace("_", " ")


def _header(name: str, unit: str = "") -> Text:
    """Head of a column, broken between words so that the column stays narrow."""
    lines = textwrap.wrap(_words(name), _LONGEST_LINE, break_long_words=False)
    return _text("\n".join([*lines, *([f"({pretty_unit(unit)})"] if pretty_unit(unit) else [])]))


def _metric(record: RunRecord, name: str) -> str:
    if name not in record.metrics:
        return "–"
    return units.short_number(displayed(name, record.metrics[name])[0]) + _MARK * bool(
        record.outside
    )


def _place(verdict: Verdict, several: bool) -> str:
    parts = [f"{short_key(key)} {value}" for key, value in verdict.target.where.items()]
    if several and "device" not in verdict.target.where:
        parts.insert(0, verdict.device)
    return ", ".join(parts)


def _simulated(verdict: Verdict) -> str:
    if verdict.simulated is not None:
        return with_unit(units.short_number(verdict.simulated), verdict.unit)
    if verdict.shown in ("", "none"):
        return "–"
    return with_unit(verdict.shown.replace("nan", "–"), verdict.unit)


def _error(verdict: Verdict) -> str:
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


def _across_lines(result: ScenarioResult) -> Iterable[str]:
    for name, value in result.across.items():
        number, error, unit = displayed(name.partition(" (")[0], value)
        text = units.short_number(number) + (
            "" if error is None else f" ± {units.short_number(error, 2)}"
        )
        meaning = f"{value.definition}; {value.note}" if value.note else value.definition
        mark = _MARK * bool(result.extrapolated)
        yield f"across the runs: {_words(name)} {with_unit(text, unit)}{mark} ({meaning})"
