"""`optospice evidence`: what the claims of a device are worth."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optospice.cli.options import AsJson, Workers
from optospice.errors import InputError, close_matches

if TYPE_CHECKING:
    from optospice.evidence.record import Record
    from optospice.evidence.tables import Table

_SCORES = {"null": "null", "fragility": "fragility", "leave-one-out": "leave_one_out"}


def evidence(
    devices: Annotated[list[str], typer.Argument(metavar="DEVICE...", help="Names of devices.")],
    draws: Annotated[int, typer.Option(help="Random parameter sets of the null score.")] = 100,
    factor: Annotated[float, typer.Option(help="Largest factor of a random parameter.")] = 2.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random sets.")] = 1,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="null|fragility|leave-one-out", help="Only this score."),
    ] = None,
    only_fitted: Annotated[
        bool,
        typer.Option("--only-fitted", help="Change only fitted parameters in the fragility."),
    ] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Put the records of the devices side by side.")
    ] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Write netlists/evidence/DEVICE.json.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.md|FILE.json", help="Write what is printed to a file."),
    ] = None,
    json: AsJson = False,
    workers: Workers = 0,
) -> None:
    """Say what a device's claims are worth: null score, fragility, leave-one-out."""
    from optospice.evidence.variants import check_draws

    check_draws(draws, factor)
    for name in only or ():
        if name not in _SCORES:
            raise InputError(f"--only {name!r}: {close_matches(name, _SCORES)}")
    if out is not None and out.suffix not in (".md", ".json"):
        raise InputError(f"--out {out}: accepted: a file .md or .json")
    if compare and (update or only):
        given = "--update" if update else "--only"
        raise InputError(f"--compare and {given}: the comparison computes nothing; give one")
    names = list(dict.fromkeys(devices))
    if compare:
        records, stale = _stored(names)
        _show_comparison(records, stale, out, json)
        return
    chosen = [_SCORES[name] for name in only or _SCORES]
    records = _compute(names, chosen, draws, factor, seed, workers, update, only_fitted)
    _show(records, out, json)


def _say(text: str) -> None:
    print(f"evidence: {text}", file=sys.stderr, flush=True)


def _compute(
    names: list[str],
    chosen: list[str],
    draws: int,
    factor: float,
    seed: int,
    workers: int,
    update: bool,
    only_fitted: bool,
) -> list[Record]:
    from optospice.calibration.scores import computed, prepared
    from optospice.evidence.record import load, merged, write
    from optospice.files import writing
    from optospice.ngspice.pool import Pool

    found = [prepared(name, _say) for name in names]  # what is wrong is found before anything runs
    records = []
    with Pool(workers=workers, preload="optospice.sweep.task") as pool:
        for device, experiments in found:
            record = computed(
                device, experiments, pool, chosen, draws, factor, seed, _say, only_fitted
            )
            if update:
                record = merged(load(device.name), record)
                with writing(Path("netlists")):
                    _say(f"{write(record)} written")
            records.append(record)
    return records


def _stored(names: list[str]) -> tuple[list[Record], list[str]]:
    """Read the records of some devices, and say which of them are out of date."""
    from optospice.device import find_device
    from optospice.evidence.record import is_stale, load

    records = []
    for name in names:
        find_device(name, "evidence")
        record = load(name)
        if record is None:
            raise InputError(
                f"--compare: there is no record of {name!r}; accepted: optospice evidence {name} "
                "--update before it"
            )
        records.append(record)
    return records, [record.device for record in records if is_stale(record)]


def _show(records: list[Record], out: Path | None, as_json: bool) -> None:
    import json

    from optospice.evidence.tables import markdown_sections, sections, summary

    documents = [record.model_dump(mode="json") for record in records]
    text = json.dumps(documents, indent=1, allow_nan=False) + "\n"
    if out is not None:
        lines = []
        for record in records:
            lines += [f"# What the claims of {record.device} are worth", "", *summary(record)[:1]]
            for title, section in markdown_sections(record):
                lines += ["", f"## {title}", "", *section]
            lines.append("")
        _write(out, text if out.suffix == ".json" else "\n".join(lines))
    if as_json:
        print(text, end="")
        return
    for record in records:
        _print(f"{record.device}: {summary(record)[0]}")
        for _, line, table in sections(record):
            _print(f"\n{line}\n")
            _print_table(table)
        _print("")


def _show_comparison(
    records: list[Record], stale: list[str], out: Path | None, as_json: bool
) -> None:
    import json

    from optospice.evidence.comparison import comparison_table
    from optospice.evidence.tables import markdown_table

    table = comparison_table(records, stale)
    head, rows = table
    columns = {
        name: {row[0]: row[place] for row in rows} for place, name in enumerate(head) if place
    }
    text = json.dumps(columns, indent=1, ensure_ascii=False) + "\n"
    if out is not None:
        _write(out, text if out.suffix == ".json" else "\n".join([*markdown_table(table), ""]))
    if as_json:
        print(text, end="")
        return
    _print_table(table)
    for name in stale:
        _print(f"{name}: the record is out of date; optospice evidence {name} --update")


def _write(file: Path, text: str) -> None:
    from optospice.files import write_text, writing

    with writing(file):
        write_text(file, text)
    _say(f"{file} written")


def _print(text: str) -> None:
    from rich.text import Text

    from optospice.cli.console import console
    from optospice.texts import printable

    for line in text.split("\n"):
        console().print(Text(printable(line)), soft_wrap=True)


def _print_table(table: Table) -> None:
    from optospice.cli.console import console
    from optospice.report.layout import cell, new_table

    head, rows = table
    shown = new_table()
    for name in head:
        shown.add_column(cell(name), overflow="fold")
    for row in rows:
        shown.add_row(*map(cell, row))
    console().print(shown)
