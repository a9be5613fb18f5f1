"""The folder that explains a run: what was asked, what was simulated, what came of it."""

from __future__ import annotations

import platform
import shlex
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import optospice
from optospice.errors import InputError
from optospice.library import scenario_folders
from optospice.report.files import write_bytes, write_text, writing
from optospice.report.frames import (
    csv_bytes,
    runs_columns,
    runs_parquet,
    series_columns,
    spell_parameters,
    target_columns,
    waveforms_parquet,
)
from optospice.scenario.load import LoadedScenario
from optospice.sweep.record import ScenarioResult

#: Netlists and waveforms of so many runs are written.
MOST_NETLISTS = 200
_MARK = "# Resolved by optospice"
_FILES = ("log.txt", "runs.csv", "runs.parquet", "targets.csv")
_FOLDERS = ("netlists", "waveforms", "series", "figures")


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
        When it cannot be written, or holds something else than an earlier run's results.
    """
    if path.exists() and not path.is_dir():
        raise InputError(f"{path}: is a file; accepted: a folder for the results")
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()) and not _is_ours(path):
            raise InputError(
                f"{path}: holds files that optospice did not write; accepted: a new or empty "
                "folder, or that of an earlier run"
            )
        probe = path / ".optospice.part"
        probe.write_bytes(b"")
        probe.unlink()


def write_results(result: ScenarioResult, folder: Path, argv: Sequence[str]) -> list[Path]:
    """Write everything about a result; an earlier run's results are replaced.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.
    folder : Path
        From `prepare_folder`.
    argv : sequence of str
        The command, for the log.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        When a file cannot be written, e.g. on a full disk.
    """
    from optospice.report.figures import save_figures
    from optospice.report.series_figure import alike, series_of

    prepare_folder(folder)
    with writing(folder):
        # the scenario comes first: with it a folder that was left half-way can be used again
        files = [write_text(folder / "scenario.toml", resolved_scenario(result.loaded))]
        _clear(folder)
        columns = runs_columns(result)
        files.append(write_bytes(folder / "runs.csv", csv_bytes(columns)))
        files.append(write_bytes(folder / "runs.parquet", runs_parquet(result, columns)))
        files.append(write_bytes(folder / "targets.csv", csv_bytes(target_columns(result))))
        for record in result.records[:MOST_NETLISTS]:
            file = folder / "netlists" / f"{record.run.id}.cir"
            files.append(write_text(file, record.run.testbench().netlist()))
        for record in result.records:
            if record.waveforms is not None:
                file = folder / "waveforms" / f"{record.run.id}.parquet"
                content = waveforms_parquet(record.waveforms, record.run.id)
                files.append(write_bytes(file, content))
            for name, group in alike(series_of(record)):
                content = csv_bytes(series_columns(group))
                file = folder / "series" / record.run.id / f"{name}.csv"
                files.append(write_bytes(file, content))
        files += save_figures(result, folder / "figures")
        files.append(write_text(folder / "log.txt", log_text(result, folder, argv)))
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
    missing = sum(record.status == "not run" for record in records)
    lines = [
        f"{result.loaded.name}: {result.loaded.scenario.title}",
        f"date      {datetime.now().astimezone().isoformat(timespec='seconds')}",
        f"command   {shlex.join(argv)}",
        f"versions  optospice {optospice.__version__}, Python {platform.python_version()}, "
        f"ngspice {result.ngspice}, numpy {numpy.__version__}",
        f"system    {platform.platform()}, {sys.implementation.name}",
        f"runs      {len(records)}: {len(records) - len(failed) - missing} ok, "
        f"{len(failed)} failed, {missing} not run",
        f"seconds   {result.seconds:.2f}",
        f"exit code {result.exit_code}",
        "",
        "To repeat one run, from where this command was given:",
        f"  optospice run {shlex.quote(repeat_name(result.loaded, folder))} --run {first}",
        "or without optospice, in this folder:",
        f"  ngspice -n -b -r {first}.raw netlists/{first}.cir",
    ]
    if len(records) > MOST_NETLISTS:
        lines.append(
            f"netlists/ holds the first {MOST_NETLISTS} of {len(records)} runs; --run ID writes "
            "that of any other."
        )
    if failed:
        lines += ["", "Failed runs:"]
        for record in failed:
            varied = spell_parameters(record)
            where = f" ({varied})" if varied else ""
            lines.append(f"  {record.run.id}{where}: {record.message}")
    missed = [verdict for verdict in result.verdicts if not verdict.met]
    if missed:
        lines += ["", "Missed targets:"]
        lines += [f"  {verdict.target.id} ({verdict.device}): {verdict.word}" for verdict in missed]
    return "\n".join(lines) + "\n"


def repeat_name(loaded: LoadedScenario, folder: Path) -> str:
    """Name under which a scenario can be run again with all its changes."""
    listed = any(base / f"{loaded.name}.toml" == loaded.file for base in scenario_folders())
    return loaded.name if listed and not loaded.overrides else str(folder / "scenario.toml")


def _is_ours(path: Path) -> bool:
    """Whether a folder holds the scenario that optospice wrote there."""
    file = path / "scenario.toml"
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        return stream.read(len(_MARK)) == _MARK.encode()


def _clear(folder: Path) -> None:
    """Remove what an earlier run left, and nothing else."""
    for name in _FILES:
        (folder / name).unlink(missing_ok=True)
    for name in _FOLDERS:
        if (folder / name).is_symlink():
            (folder / name).unlink()
        elif (folder / name).is_dir():
            shutil.rmtree(folder / name)
