"""`optospice run --shard`: a share of the blocks into the store, for jobs of a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optospice.cli.console import console
from optospice.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from optospice.scenario.load import LoadedScenario
    from optospice.scenario.runs import Run
    from optospice.store.store import Store
    from optospice.sweep.executor import Executor
    from optospice.sweep.shard import Shard, ShardResult

#: Progress is shown for anything longer than this [s].
_PROGRESS_AFTER = 1.0


def chosen_shard(
    text: str | None, no_cache: bool, out: Path | None, run_id: str | None
) -> Shard | None:
    """Read ``--shard``; None without it.

    Raises
    ------
    InputError
        When it is no share, or another option contradicts it.
    """
    if text is None:
        return None
    from optospice.sweep.shard import Shard

    shard = Shard.parse(text)
    others = {"--no-cache": no_cache, "--out": out is not None, "--run": run_id is not None}
    for option, is_given in others.items():
        if is_given:
            raise InputError(
                f"--shard and {option}: a share goes into the store, without a results folder; "
                "give one of the two"
            )
    return shard


def compute_shard(
    loaded: Sequence[LoadedScenario],
    expanded: Sequence[Sequence[Run]],
    executor: Executor,
    store: Store | None,
    shard: Shard,
    json: bool,
) -> int:
    """Compute a share of every scenario, and say what was done; give the exit code.

    Raises
    ------
    InputError
        When there is no store.
    """
    from optospice.report.progress import Progress
    from optospice.sweep.shard import ShardWork

    if store is None:
        raise InputError(
            "--shard: a share goes into the store, which is switched off; accepted: --cache DIR"
        )
    codes, documents = [], []
    for one, runs in zip(loaded, expanded, strict=True):
        work = ShardWork(one, runs, executor, store, shard)
        with Progress(f"{one.name} {shard}", work.runs, _PROGRESS_AFTER) as progress:
            result = work.compute(progress.advance)
        codes.append(result.exit_code)
        documents.append(_document(one, result))
        if not json:
            _print(one, result)
        if result.interrupted:
            break
    if json:
        import json as json_module

        document = documents[0] if len(documents) == 1 else documents
        print(json_module.dumps(document, indent=2))
    return max(codes, default=0)


def _document(loaded: LoadedScenario, result: ShardResult) -> dict[str, object]:
    return {
        "scenario": loaded.name,
        "shard": str(result.shard),
        "blocks": result.blocks,
        "runs": result.runs,
        "from_store": result.from_store,
        "failed": result.failed,
        "open": result.open_runs,
        "seconds": round(result.seconds, 3),
    }


def _print(loaded: LoadedScenario, result: ShardResult) -> None:
    told = [f"{result.from_store:,} were in the store"] if result.from_store else []
    told += [f"{result.failed:,} failed"] if result.failed else []
    told += [f"{result.open_runs:,} are not in the store"] if result.open_runs else []
    more = f"; {', '.join(told)}" if told else ""
    console().print(
        f"{loaded.name}: shard {result.shard}, {result.runs:,} runs in {result.blocks:,} blocks, "
        f"{result.seconds:.1f} s{more}",
        soft_wrap=True, markup=False, highlight=False,
    )  # fmt: skip
