"""`optospice reproduce`: every packaged scenario on every device, paper against simulation."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from optospice import evidence
from optospice.device import find_device
from optospice.errors import InputError
from optospice.evidence.comparison import met_at_random, predicted
from optospice.evidence.record import Record, is_weak
from optospice.files import claimed, write_text, writing
from optospice.library import packaged_folder
from optospice.ngspice.pool import Pool
from optospice.report.reproduction import (
    Claim,
    Fitted,
    compare,
    document,
    summary,
    table_csv,
)
from optospice.report.reproduction_page import markdown
from optospice.scenario.evidence import Category, fitted_parameters
from optospice.scenario.expand import expand
from optospice.scenario.load import LoadedScenario, load_scenario
from optospice.sweep.alternatives import Choice, try_alternatives
from optospice.sweep.local import run_scenario
from optospice.sweep.record import ScenarioResult

#: What meets a claim of these kinds at random says nothing; of consistency checks nothing is said.
_CAN_BE_WEAK = (Category.HELD_OUT, Category.FITTED, Category.READING)


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
        results, choices = simulate_all(planned, workers)
        records = evidence_of({meant for _, meant in planned})
        claims = weighed(collect(results, [meant for _, meant in planned]), records)
        fitted = what_was_fitted(claims, records)
        seconds = time.perf_counter() - started
        text = markdown(claims, results, fitted, choices, scores_of(records))
        differences = [] if committed is None else compare(committed, text)
        with writing(folder):
            write_text(folder / "reproduction.md", text)
            write_text(folder / "reproduction.csv", table_csv(claims))
    failed = [record for result in results for record in result.failed]
    unexpected = [verdict for result in results for verdict in result.unexpected]
    code = 1 if failed or unexpected or differences else 0
    if as_json:
        print(json.dumps(document(claims, results, fitted, choices), indent=2, allow_nan=False))
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
    """Load every packaged scenario about a paper, one copy per device, with the one that counts.

    A closed loop or a circuit shows what devices can do, not what a paper printed; a Monte Carlo
    block shows an assumed spread; and what cites no paper is about none.
    """
    loaded = []
    for file in sorted((packaged_folder() / "scenarios").glob("**/*.toml")):
        one = load_scenario(str(file))
        scenario = one.scenario
        if scenario.controller or scenario.monte_carlo or not scenario.citation:
            continue
        if scenario.circuit or not scenario.targets:
            continue
        for device in devices_of(one):
            own = device == scenario.device
            copy = one if own else load_scenario(str(file), [f"device={device!r}"])
            loaded.append((copy, scenario.counted_device))
    return loaded


def devices_of(loaded: LoadedScenario) -> list[str]:
    """Give the devices that a scenario is about, the one whose verdicts count last.

    That is the one in its ``claims_of``, or its own device; those that the expectations name
    besides are shown beside it.
    """
    scenario = loaded.scenario
    if "device" in scenario.swept:
        return [scenario.device]
    counted = scenario.counted_device
    shown = dict.fromkeys([scenario.device, *scenario.expectations])
    return [*(name for name in shown if name != counted), counted]


def simulate_all(
    planned: Sequence[tuple[LoadedScenario, str]], workers: int = 0
) -> tuple[list[ScenarioResult], dict[str, list[Choice]]]:
    """Run scenarios one after the other through one pool.

    Returns
    -------
    results : list of ScenarioResult
        One per scenario and device.
    choices : dict of str to list of Choice
        The other readings of the counted device's claims, by scenario.
    """
    prepared = [(one, meant, expand(one)) for one, meant in planned]
    results, choices = [], {}
    with Pool(workers=workers, preload="optospice.sweep.task") as pool:
        for number, (one, meant, runs) in enumerate(prepared, start=1):
            result = run_scenario(one, runs, pool, keep_waveforms=False)
            results.append(result)
            if result.interrupted:
                raise KeyboardInterrupt
            if one.scenario.device == meant:
                choices[one.name] = try_alternatives(one, result.verdicts, pool)
            print(
                f"reproduce: {number} of {len(prepared)}: {one.name} on {one.scenario.device}, "
                f"{len(runs)} runs in {result.seconds:.1f} s",
                file=sys.stderr,
                flush=True,
            )
    return results, choices


def collect(results: Sequence[ScenarioResult], counted: Sequence[str]) -> list[Claim]:
    """Bring the verdicts of all devices on one claim together."""
    claims: dict[tuple[str, str], Claim] = {}
    for result, device in zip(results, counted, strict=True):
        for verdict in result.verdicts:
            key = (result.loaded.name, verdict.target.id)
            meant = (verdict.target.devices or [device])[-1]
            claims.setdefault(key, Claim(result.loaded, meant)).verdicts.append(verdict)
    return list(claims.values())


def evidence_of(devices: Iterable[str]) -> dict[str, Record]:
    """Read the records of what the claims of devices are worth, where there are any."""
    found = {name: evidence.load(name) for name in sorted(devices)}
    return {name: record for name, record in found.items() if record is not None}


def weighed(claims: Sequence[Claim], records: Mapping[str, Record]) -> list[Claim]:
    """Give the claims with the share of random parameter sets that meet them."""
    shares = {name: record.shares() for name, record in records.items()}
    weighed = []
    for claim in claims:
        share = shares.get(claim.meant, {}).get((claim.loaded.name, claim.id))
        weak = share is not None and is_weak(share) and claim.category in _CAN_BE_WEAK
        weighed.append(replace(claim, null_share=share, is_weak=weak))
    return weighed


def scores_of(records: Mapping[str, Record]) -> dict[str, list[str]]:
    """Write what the claims of each device are worth."""
    found = {}
    for name, record in records.items():
        lines = ["", f"### What the claims of `{name}` are worth"]
        if evidence.is_stale(record):
            lines += ["", f"Out of date: `optospice evidence {name} --update` computes it anew."]
        for title, section in evidence.markdown_sections(record):
            lines += ["", f"#### {title}", "", *section]
        found[name] = lines
    return found


def what_was_fitted(claims: Sequence[Claim], records: Mapping[str, Record]) -> dict[str, Fitted]:
    """Count what went into each device whose verdicts count."""
    found = {}
    for device in dict.fromkeys(claim.meant for claim in claims):
        parameters = find_device(device).card.parameters
        printed = sum(
            claim.meant == device and claim.category is Category.FITTED for claim in claims
        )
        record = records.get(device)
        worth = (met_at_random(record), predicted(record)) if record is not None else ()
        found[device] = Fitted(len(fitted_parameters(parameters)), printed, *worth)
    return found


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--check {file}: cannot be read; accepted: a reproduction.md") from error
