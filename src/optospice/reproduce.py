"""`optospice reproduce`: every packaged scenario on every device, paper against simulation."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from optospice.errors import InputError
from optospice.files import claimed, write_text, writing
from optospice.library import packaged_folder
from optospice.ngspice.pool import Pool
from optospice.report.reproduction import (
    Claim,
    compare,
    document,
    markdown,
    summary,
    table_csv,
)
from optospice.scenario.expand import expand
from optospice.scenario.load import LoadedScenario, load_scenario
from optospice.sweep.local import run_scenario
from optospice.sweep.record import ScenarioResult


def reproduce(folder: Path, as_json: bool, check: Path | None, workers: int = 0) -> int:
    """Run everything, write ``reproduction.md`` and ``.csv``, and give the exit status.

    Parameters
    ----------
    folder : Path
        Where to write.
    as_json : bool
        Whether one JSON document is printed in place of a summary.
    check : Path, optional
        A ``reproduction.md`` that the new one has to agree with, apart from the line that
        says when and with what it was made.
    workers : int
        Simulator processes, 0 for one per processor.

    Returns
    -------
    int
        0 when every run succeeded, every verdict is as expected and `check` agrees, else 1.
    """
    started = time.perf_counter()
    committed = None if check is None else _read(check)
    with claimed(folder):
        planned = packaged_scenarios()
        results = simulate_all([loaded for loaded, _ in planned], workers)
        claims = collect(results, [meant for _, meant in planned])
        seconds = time.perf_counter() - started
        text = markdown(claims, results)
        differences = [] if committed is None else compare(committed, text)
        with writing(folder):
            write_text(folder / "reproduction.md", text)
            write_text(folder / "reproduction.csv", table_csv(claims))
    failed = [record for result in results for record in result.failed]
    unexpected = [verdict for result in results for verdict in result.unexpected]
    code = 1 if failed or unexpected or differences else 0
    if as_json:
        print(json.dumps(document(claims, results), indent=2, allow_nan=False))
        return code
    print(summary(claims))
    for verdict in unexpected:
        print(f"not as expected: {verdict.target.id} on {verdict.device}: {verdict.word}")
    for record in failed:
        print(f"failed: run {record.run.id} on {record.run.device.name}: {record.message}")
    if check is not None:
        for line in differences:
            print(line)
        print(f"{check}: {'differs' if differences else 'agrees'}")
    runs = sum(len(result.records) for result in results)
    print(f"{runs} runs in {seconds:.0f} s; results: {folder}")
    return code


def packaged_scenarios() -> list[tuple[LoadedScenario, str]]:
    """Load every packaged scenario, one copy per device, each with the device meant for it."""
    loaded = []
    for file in sorted((packaged_folder() / "scenarios").glob("**/*.toml")):
        one = load_scenario(str(file))
        if one.scenario.controller:
            continue  # a closed loop shows what a device can do, not what a paper printed
        if one.scenario.targets and all(t.kind == "own" for t in one.scenario.targets):
            continue  # nor do checks of our own
        devices = devices_of(one)
        for device in devices:
            own = device == one.scenario.device
            copy = one if own else load_scenario(str(file), [f"device={device!r}"])
            loaded.append((copy, devices[-1]))
    return loaded


def devices_of(loaded: LoadedScenario) -> list[str]:
    """Give the devices that a scenario is about, the one that is meant for its claims last.

    That is the last one in its expectations, or its own device where these do not name it:
    such a scenario was written for it, and the others are shown beside.
    """
    scenario = loaded.scenario
    if "device" in scenario.swept:
        return [scenario.device]
    named = list(scenario.expectations)
    return named if scenario.device in named else [*named, scenario.device]


def simulate_all(loaded: Sequence[LoadedScenario], workers: int = 0) -> list[ScenarioResult]:
    """Run scenarios one after the other through one pool."""
    prepared = [(one, expand(one)) for one in loaded]
    results = []
    with Pool(workers=workers, preload="optospice.sweep.task") as pool:
        for number, (one, runs) in enumerate(prepared, start=1):
            result = run_scenario(one, runs, pool, keep_waveforms=False)
            results.append(result)
            if result.interrupted:
                raise KeyboardInterrupt
            print(
                f"reproduce: {number} of {len(prepared)}: {one.name} on {one.scenario.device}, "
                f"{len(runs)} runs in {result.seconds:.1f} s",
                file=sys.stderr,
                flush=True,
            )
    return results


def collect(results: Sequence[ScenarioResult], meant: Sequence[str]) -> list[Claim]:
    """Bring the verdicts of all devices on one claim together."""
    claims: dict[tuple[str, str], Claim] = {}
    for result, device in zip(results, meant, strict=True):
        for verdict in result.verdicts:
            if verdict.target.kind == "own":
                continue  # a check of ours: no paper claims it
            key = (result.loaded.name, verdict.target.id)
            its = (verdict.target.devices or [device])[-1]
            claims.setdefault(key, Claim(result.loaded, its)).verdicts.append(verdict)
    return list(claims.values())


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--check {file}: cannot be read; accepted: a reproduction.md") from error
