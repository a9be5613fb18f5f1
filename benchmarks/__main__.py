"""Measure everything, print the table and write it to ``benchmarks/results.md``."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import time
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.harness import Options, Row, load_average

NAMES = (
    "rc_transient",
    "sweep_spicelib",
    "sweep_pyspice",
    "memristor",
    "static_ramp",
    "workers",
    "dask_cluster",
    "memory",
    "fixed_cost",
    "batching",
    "pulse_trains",
    "limit",
    "binding",
    "closed_loop",
    "analyses",
    "metrics_share",
    "monte_carlo",
    "runs_count",
    "stored_runs",
    "setup_time",
)
RESULTS = Path(__file__).parent / "results.md"
_PACKAGES = ("numpy", "scipy", "PySpice", "spicelib")


def main() -> int:
    """Give 1 when a benchmark is wrong (an error bound does not hold), else 0."""
    arguments = _parser().parse_args()
    options = Options(quick=arguments.quick, million=arguments.million)
    console = Console()
    if not console.is_terminal:
        console = Console(width=150)
    started, load = time.perf_counter(), load_average()
    rows: list[Row] = []
    for name in arguments.only or NAMES:
        console.print(f"{name} …", style="dim", highlight=False)
        rows += _measured(name, options)
    head = _about(time.perf_counter() - started, load, options)
    console.print(_table(rows))
    console.print("\n".join(_notes(rows)), highlight=False, markup=False)
    console.print("\n".join(head), highlight=False, markup=False)
    arguments.out.write_text(_markdown(rows, head), encoding="utf-8")
    console.print(f"written to {arguments.out}", highlight=False)
    return 1 if any(row.problem for row in rows) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs, for orientation only")
    parser.add_argument(
        "--million", action="store_true", help="up to 1,000,000 runs in runs_count: minutes"
    )
    parser.add_argument(
        "--only", action="append", choices=NAMES, metavar="NAME", help=", ".join(NAMES)
    )
    parser.add_argument("--out", type=Path, default=RESULTS, help="file for the table")
    return parser


def _measured(name: str, options: Options) -> list[Row]:
    module = importlib.import_module(f"benchmarks.{name}")
    try:
        found: list[Row] = module.measure(options)
    except Exception as error:  # one benchmark must not take the others along
        return [Row(name, "", "", "", wrong=f"{type(error).__name__}: {error}")]
    return found


def _met(row: Row) -> str:
    if row.problem:
        return "wrong"
    return "" if row.met is None else ("yes" if row.met else "no")


def _error(value: float | None) -> str:
    return "" if value is None else f"{value:.2g} %"


def _cells(row: Row) -> list[str]:
    return [
        row.what, row.ours, row.theirs, row.ratio, row.floor,
        _error(row.error_ours), _error(row.error_theirs), _met(row),
    ]  # fmt: skip


_HEADINGS = (
    "what", "optospice", "alternative", "ratio", "floor",
    "error", "error of the alternative", "met",
)  # fmt: skip


def _table(rows: list[Row]) -> Table:
    table = Table(show_lines=True)
    for heading in _HEADINGS:
        table.add_column(heading)
    for row in rows:
        style = {"no": "yellow", "wrong": "red"}.get(_met(row))
        table.add_row(*_cells(row), style=style)
    return table


def _notes(rows: list[Row]) -> list[str]:
    lines = []
    for number, row in enumerate(rows, 1):
        for note in filter(None, (row.problem and f"WRONG: {row.problem}", *row.notes)):
            lines.append(f"{number}. {note}")
    return lines


def _about(seconds: float, load: float, options: Options) -> list[str]:
    from optospice.ngspice.installation import find_installation, program_version

    program = find_installation().program
    packages = []
    for name in _PACKAGES:
        try:
            packages.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            packages.append(f"{name} missing")
    lines = [
        f"{datetime.now().astimezone():%Y-%m-%d %H:%M %Z}, {seconds:.0f} s; load average "
        f"{load:.1f} before, {load_average():.1f} after",
        f"{_processor()}, {len(os.sched_getaffinity(0))} cores; {platform.platform()}",
        f"Python {platform.python_version()}, ngspice "
        f"{program_version(program) if program else 'unknown'}, {', '.join(packages)}",
    ]
    if options.quick:
        lines.append("--quick: few rounds and runs, figures for orientation only")
    return lines


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _markdown(rows: list[Row], head: list[str]) -> str:
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Both sides of a row were measured in turn in the same run;",
        "errors are in per cent of the peak, against an exact solution.",
        "",
    ]
    lines += [f"- {line}" for line in head]
    lines += ["", "| " + " | ".join(_HEADINGS) + " |", "|" + "---|" * len(_HEADINGS)]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in rows]
    lines += ["", "Notes, by row:", "", *(f"- {note}" for note in _notes(rows))]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
