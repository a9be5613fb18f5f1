"""`optospice run`: scenarios against what is claimed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optospice.cli.console import console
from optospice.cli.options import (
    AsJson,
    CacheFolder,
    Dask,
    NoCache,
    Scenarios,
    ShardOption,
    Workers,
    open_executor,
    open_store,
)
from optospice.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optospice.scenario.load import LoadedScenario
    from optospice.scenario.runs import Run
    from optospice.store.store import Store
    from optospice.sweep.alternatives import Choice
    from optospice.sweep.executor import Executor
    from optospice.sweep.record import ScenarioResult

#: Progress is shown for anything longer than this [s].
_PROGRESS_AFTER = 1.0


def run(
    scenarios: Scenarios,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help='Change a value, e.g. parameters.r3="30 Mohm".'
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for the results.")] = None,
    json: AsJson = False,
    extrapolate: Annotated[
        bool,
        typer.Option(
            "--extrapolate", help="Run outside a device's valid range too, and mark every number."
        ),
    ] = False,
    run_id: Annotated[
        str | None, typer.Option("--run", metavar="ID", help="Only this run, e.g. 0003.")
    ] = None,
    alternatives: Annotated[
        bool,
        typer.Option("--alternatives", help="Try the other readings that the claims name."),
    ] = False,
    workers: Workers = 0,
    yes: Annotated[
        bool, typer.Option("--yes", help="Run more than a million runs without asking back.")
    ] = False,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    dask: Dask = None,
    shard: ShardOption = None,
) -> None:
    """Run scenarios and hold them against what is claimed."""
    from contextlib import ExitStack

    from optospice.cli.shard import chosen_shard, compute_shard
    from optospice.files import claimed
    from optospice.report.folder import prepare_folder
    from optospice.scenario.expand import expand, only_run
    from optospice.scenario.load import load_scenario
    from optospice.scenario.variation import MOST_RUNS, MOST_RUNS_WITH_YES

    share = chosen_shard(shard, no_cache, out, run_id)
    with ExitStack() as stack:
        store = open_store(cache, no_cache)
        if store is not None:
            stack.enter_context(store)
        pool = open_executor(workers, dask)
        stack.callback(pool.close)
        if dask is None and (store is None or not store.count("metrics")):
            pool.start()  # they load while the scenarios are read
        # everything that can be wrong is found before anything is written
        changes = [*(settings or []), *(["extrapolate=true"] if extrapolate else [])]
        loaded = [load_scenario(name, changes) for name in scenarios]
        most = MOST_RUNS_WITH_YES if yes else MOST_RUNS
        whole = [expand(one, most=most) for one in loaded]
        expanded: list[Sequence[Run]] = [*whole]
        if run_id is not None:
            pairs = zip(loaded, whole, strict=True)
            chosen = [only_run(one, runs, run_id) for one, runs in pairs]
            loaded = [one for one, _ in chosen]
        if dask is not None:
            pool.start()  # a worker that cannot be used is found before anything is written
            stack.callback(_say_refused, pool)
        if share is not None:
            raise typer.Exit(compute_shard(loaded, expanded, pool, store, share, json))
        folders = [_result_folder(one, out, len(loaded), run_id) for one in loaded]
        for index, folder in enumerate(folders):
            if folder in folders[:index]:
                raise InputError(
                    f"{scenarios[index]!r} would write into {folder} as another scenario does; "
                    "accepted: each scenario once, or runs of their own with --out"
                )
        for folder in folders:
            stack.enter_context(claimed(folder))
            prepare_folder(folder)
        codes, documents = [], []
        only = None if run_id is None else [int(run_id) - 1]
        for one, runs, folder in zip(loaded, expanded, folders, strict=True):
            result = _simulate(one, runs, pool, store, only, quiet=json)
            choices = _alternatives(result, pool, store) if alternatives else []
            _write(result, folder, choices)
            codes.append(result.exit_code)
            if json:
                from optospice.report.tables import result_json

                documents.append(result_json(result, choices))
            else:
                _print(result, folder, choices)
            if store is not None and store.problem:
                print(f"optospice: {store.problem}", file=sys.stderr)
                store = None
            if result.interrupted:
                break
    if json:
        import json as json_module

        document = documents[0] if len(documents) == 1 else documents
        print(json_module.dumps(document, indent=2, allow_nan=False))
    raise typer.Exit(max(codes, default=0))


def _result_folder(
    loaded: LoadedScenario, out: Path | None, count: int, run_id: str | None
) -> Path:
    if out is None:
        # one run of a sweep does not replace the results of the whole
        return Path("results") / (loaded.name if run_id is None else f"{loaded.name}-{run_id}")
    return out if count == 1 else out / loaded.name


def _simulate(
    loaded: LoadedScenario,
    runs: Sequence[Run],
    pool: Executor,
    store: Store | None,
    only: list[int] | None,
    quiet: bool,
) -> ScenarioResult:
    from optospice.report.progress import Progress
    from optospice.sweep.local import run_scenario

    if only is not None:  # with what shares its block: there is nothing to count
        return run_scenario(loaded, runs, pool, store=store, chosen=only)
    with Progress(loaded.name, len(runs), after=_PROGRESS_AFTER) as progress:
        return run_scenario(loaded, runs, pool, on_progress=progress.advance, store=store)


def _say_refused(pool: Executor) -> None:
    """Say which workers of a cluster came later and were not used."""
    refused: dict[str, str] = getattr(pool, "refused", {})
    for told in refused.values():
        print(f"optospice: {told}", file=sys.stderr)


def _alternatives(result: ScenarioResult, pool: Executor, store: Store | None) -> list[Choice]:
    from optospice.sweep.alternatives import try_alternatives

    if result.interrupted:
        return []
    return try_alternatives(result.loaded, result.verdicts, pool, store)


def _write(result: ScenarioResult, folder: Path, choices: Sequence[Choice]) -> None:
    from optospice.report.folder import write_results

    write_results(result, folder, sys.argv, is_claimed=True, choices=choices)


def _print(result: ScenarioResult, folder: Path, choices: Sequence[Choice]) -> None:
    from optospice.report.tables import print_result

    print_result(console(), result, folder, choices)
