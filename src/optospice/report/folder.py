"""The folder that explains a run: what was asked, what was simulated, what came of it."""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import optospice
from optospice import files as safe
from optospice.errors import InputError
from optospice.library import scenario_folders
from optospice.report.alternatives import alternatives_columns
from optospice.report.columns import count_extrapolated, run_columns
from optospice.report.frames import (
    csv_bytes,
    csv_parts,
    runs_columns,
    series_columns,
    spell_parameters,
    target_columns,
)
from optospice.report.parquet import runs_parquet, waveforms_parquet
from optospice.report.statistics import statistics_columns
from optospice.scenario.load import LoadedScenario
from optospice.sweep.alternatives import Choice
from optospice.sweep.record import RunRecord, ScenarioResult
from optospice.texts import one_line

#: Netlists of so many runs are written: of all, or of the first and of those that failed [1].
MOST_NETLISTS = 20
_MARK = "# Resolved by optospice"
_FILES = (
    "alternatives.csv",
    "log.txt",
    "runs.csv",
    "runs.parquet",
    "statistics.csv",
    "targets.csv",
)
_RUN = "[0-9]{4,}"
_NAME = "[A-Za-z0-9_.()-]+"
#: Folders of a result, and the names that are written below them.
_FOLDERS = {
    "netlists": re.compile(rf"{_RUN}\.cir"),
    "waveforms": re.compile(rf"{_RUN}\.parquet"),
    "series": re.compile(rf"{_RUN}/{_NAME}\.csv"),
    "figures": re.compile(rf"{_NAME}\.png"),
}


def prepare_folder(path: Path) -> None:
    """Make sure that results can be written to a folder, before anything is simulated.

    What an earlier run left stays until `write_results` replaces it.

    Parameters
    ----------
    path : Path
        Folder for the results; it is made when it is missing.

    Raises
    ------
    InputError
        When it cannot be written, holds something else than an earlier run's results, or
        holds a link where a result would be written.
    """
    safe.make_folder(path)
    with safe.writing(path):
        there = [file.name for file in path.iterdir()]
        if any(name != safe.LOCK and not safe.is_part(name) for name in there) and not (
            _is_ours(path)
        ):
            raise InputError(
                f"{one_line(path)}: holds files that optospice did not write; accepted: a new or "
                "empty folder, or that of an earlier run"
            )
        for file in _written_before(path):
            if file.is_symlink():
                raise InputError(
                    f"{one_line(file)}: is a link; accepted: a folder of results without links"
                )
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def write_results(
    result: ScenarioResult,
    folder: Path,
    argv: Sequence[str],
    is_claimed: bool = False,
    figures: bool = True,
    choices: Sequence[Choice] = (),
) -> list[Path]:
    """Write everything about a result; an earlier run's results are replaced.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.
    folder : Path
        From `prepare_folder`.
    argv : sequence of str
        The command, for the log.
    is_claimed : bool
        Whether the caller holds the folder with `optospice.files.claimed`.
    figures : bool
        Whether the result is drawn too; that may take longer than many short runs.
    choices : sequence of Choice
        Other readings of its claims, where they were tried.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        When a file cannot be written, e.g. on a full disk, or another process writes there.
    """
    from optospice.report.series_figure import alike, series_of

    def put(name: str, content: bytes | str | Iterable[bytes]) -> None:
        files.append(safe.write_in(folder, name, content))

    files: list[Path] = []
    claim = contextlib.nullcontext() if is_claimed else safe.claimed(folder)
    with claim, safe.writing(folder):
        prepare_folder(folder)
        # the scenario comes first: with it a folder that was left half-way can be used again
        put("scenario.toml", resolved_scenario(result.loaded))
        _clear(folder)
        columns = runs_columns(result)
        put("runs.csv", csv_parts(columns))
        put("runs.parquet", runs_parquet(result, columns))
        put("targets.csv", csv_bytes(target_columns(result)))
        if choices:
            put("alternatives.csv", csv_bytes(alternatives_columns(choices)))
        if result.loaded.scenario.statistics:
            put("statistics.csv", csv_bytes(statistics_columns(result)))
        for record in _with_netlist(result):
            put(f"netlists/{record.run.id}.cir", record.netlist or record.run.netlist())
        for place in run_columns(result).kept:
            record = result.records[place]
            run = record.run.id
            if record.waveforms is not None:
                put(
                    f"waveforms/{run}.parquet",
                    waveforms_parquet(record.waveforms, run, record.outside),
                )
            for name, group in alike(series_of(record)):
                put(
                    f"series/{run}/{safe.plain_name(name)}.csv",
                    csv_bytes(series_columns(group, record.outside)),
                )
        put("log.txt", log_text(result, folder, argv))  # also where a figure cannot be drawn
        if figures:
            from optospice.report.figures import save_figures

            files += save_figures(result, folder / "figures")
    return files


def resolved_scenario(loaded: LoadedScenario) -> str:
    """Give the scenario as it was run, as TOML that runs again."""
    import tomli_w

    lines = [f"{_MARK} {optospice.__version__} from {loaded.file} ({loaded.name})."]
    if loaded.overrides:
        lines.append(f"# Changed: {', '.join(loaded.overrides)}.")
    head = "".join(f"{' '.join(line.split())}\n" for line in lines)
    return head + "\n" + tomli_w.dumps(dict(loaded.data), multiline_strings=True)


def log_text(result: ScenarioResult, folder: Path, argv: Sequence[str]) -> str:
    """Say when, with what and how it ran, what failed, and how to repeat it."""
    import numpy

    records, failed = result.records, result.failed
    first = (failed or records)[0].run.id if records else "ID"
    missing = result.missing
    lines = [
        f"{result.loaded.name}: {result.loaded.scenario.title}",
        f"date      {datetime.now().astimezone().isoformat(timespec='seconds')}",
        f"command   {shlex.join(argv)}",
        f"versions  optospice {optospice.__version__}, Python {platform.python_version()}, "
        f"ngspice {result.ngspice}, numpy {numpy.__version__}",
        f"system    {platform.platform()}, {sys.implementation.name}",
        f"runs      {len(records)}: {len(records) - len(failed) - missing} ok, "
        f"{len(failed)} failed, {missing} not run, {count_extrapolated(result)} extrapolated",
        f"seconds   {result.seconds:.2f}; {result.from_store} runs from the store",
        f"exit code {result.exit_code}",
        "",
        "To repeat one run, from where this command was given:",
        f"  optospice run {shlex.quote(repeat_name(result.loaded, folder))} --run {first}",
        "or without optospice, in this folder:",
        f"  ngspice -n -b -r {first}.raw netlists/{first}.cir",
    ]
    if len(records) > MOST_NETLISTS:
        again = (
            f"optospice run {shlex.quote(repeat_name(result.loaded, folder))} --run ID"
            if records[0].run.is_closed_loop  # what its controller did is known after the run
            else f"optospice netlist {shlex.quote(str(folder))} --run ID"
        )
        lines.append(
            f"netlists/ holds the first of {len(records)} runs and those that failed, up to "
            f"{MOST_NETLISTS}; that of any other: {again}"
        )
    if failed:
        lines += ["", "Failed runs:"]
        for record in failed:
            varied = spell_parameters(record)
            where = f" ({varied})" if varied else ""
            lines.append(f"  {record.run.id}{where}: {record.message}")
    missed = [
        verdict for verdict in result.verdicts if not verdict.met and not verdict.inapplicable
    ]
    if missed:
        lines += ["", "Missed targets:"]
        lines += [f"  {verdict.target.id} ({verdict.device}): {verdict.word}" for verdict in missed]
    return "\n".join(lines) + "\n"


def _with_netlist(result: ScenarioResult) -> Sequence[RunRecord]:
    """Give the runs whose netlists are written: any other is told by `optospice netlist`."""
    if len(result.records) <= MOST_NETLISTS:
        return result.records
    first, failed = result.records[0], result.failed[:MOST_NETLISTS]
    others = [record for record in failed if record.run.id != first.run.id]
    return [first, *others[: MOST_NETLISTS - 1]]


def repeat_name(loaded: LoadedScenario, folder: Path) -> str:
    """Name under which a scenario can be run again with all its changes."""
    listed = any(base / f"{loaded.name}.toml" == loaded.file for base in scenario_folders())
    return loaded.name if listed and not loaded.overrides else str(folder / "scenario.toml")


def _is_ours(path: Path) -> bool:
    """Whether a folder holds the scenario that optospice wrote there."""
    file = path / "scenario.toml"
    if not safe.is_regular(file):
        return False
    with file.open("rb") as stream:
        return stream.read(len(_MARK)) == _MARK.encode()


def _written_before(folder: Path) -> Iterator[Path]:
    """Give the places where an earlier run wrote, with all that lies below them."""
    for name in ("scenario.toml", *_FILES, *_FOLDERS):
        yield folder / name
        for place, folders, files in os.walk(folder / name):
            yield from (Path(place) / inner for inner in (*folders, *files))


def _clear(folder: Path) -> None:
    """Remove what an earlier run left, by the names that it gives, and nothing else."""
    for name in _FILES:
        safe.remove(folder, name)
    for file in list(folder.iterdir()):
        if safe.is_part(file.name):
            safe.remove(folder, file.name)
    for name, pattern in _FOLDERS.items():
        _clear_below(folder, name, pattern)


def _clear_below(folder: Path, name: str, pattern: re.Pattern[str]) -> None:
    place = folder / name
    if place.is_symlink() or not place.is_dir():
        return
    for file in list(place.iterdir()):
        below = file.relative_to(folder).as_posix()
        if file.is_dir() and not file.is_symlink() and re.fullmatch(_RUN, file.name):
            for inner in list(file.iterdir()):
                if pattern.fullmatch(f"{file.name}/{inner.name}"):
                    safe.remove(folder, f"{below}/{inner.name}")
            _remove_empty(file)
        elif pattern.fullmatch(file.name) or safe.is_part(file.name):
            safe.remove(folder, below)
    _remove_empty(place)


def _remove_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()
