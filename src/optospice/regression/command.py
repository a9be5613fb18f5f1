"""What ``optospice regress`` does."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from optospice.files import claimed, remove, write_bytes, write_text, writing
from optospice.ngspice.pool import Pool
from optospice.regression import report
from optospice.regression.cases import Case, check_names, matching, planned, simulated
from optospice.regression.golden import points_file, write_golden
from optospice.regression.judge import Outcome, judge
from optospice.regression.keep import golden_device
from optospice.regression.stored import Golden
from optospice.scenario.load import find_scenario_file
from optospice.sweep.record import ScenarioResult
from optospice.texts import printable


@dataclass(frozen=True)
class Request:
    """What the command line asks for.

    Parameters
    ----------
    scenarios, update : sequence of str
        Names to run (the project's own when both are empty), and names or patterns such as
        ``"pbs/*"`` of those whose golden is rewritten.
    out : Path
        Folder for the figures of what moved; it is kept for one process at a time.
    junit, markdown : Path, optional
        Files to write.
    as_json : bool
        Whether one JSON document is printed in place of text.
    strict : bool
        Whether a scenario without a golden counts as a failure.
    workers : int
        Simulator processes, 0 for one per processor.
    packaged : bool
        Whether the packaged scenarios are run besides the project's own.
    """

    scenarios: Sequence[str]
    update: Sequence[str]
    out: Path
    junit: Path | None = None
    markdown: Path | None = None
    as_json: bool = False
    strict: bool = False
    workers: int = 0
    packaged: bool = False


def regress(request: Request) -> int:
    """Run scenarios, say what moved, and give the exit status.

    Parameters
    ----------
    request : Request
        What is asked for.

    Returns
    -------
    int
        0 when nothing moved, else 1.

    Raises
    ------
    InputError
        For a scenario or golden that cannot be read, a pattern that no scenario matches, a file
        that cannot be written, or a folder of figures in which another process writes.
    """
    started = time.perf_counter()
    update = matching(request.update, request.scenarios, request.packaged)
    named = [find_scenario_file(name)[0] for name in update]
    cases = planned([*request.scenarios, *update], request.packaged)
    cases = list({(case.scenario, case.device): case for case in cases}.values())
    check_names(named, cases)
    with claimed(request.out):
        return _regress(request, cases, named, started)


def _regress(request: Request, cases: Sequence[Case], named: Sequence[str], started: float) -> int:
    """Simulate, judge, update and write, while the folder of figures is ours."""
    outcomes: dict[tuple[str, str], list[Outcome]] = {}
    results: dict[tuple[str, str], ScenarioResult] = {}
    seconds: dict[tuple[str, str], float] = {}
    last = time.perf_counter()

    def say(text: str) -> None:
        nonlocal last
        if time.perf_counter() - last > 2:  # a long regression shows that it lives
            print(f"regress: {printable(text)}", file=sys.stderr, flush=True)
            last = time.perf_counter()

    with Pool(workers=request.workers, preload="optospice.sweep.task") as pool:
        for case, result in simulated(cases, pool, say):
            key = (case.scenario, case.device)
            outcomes[key] = judge(case, result)
            seconds[key] = result.seconds
            if case.scenario in named:
                results[key] = result
        version = pool.version
    notes = _notes_on(cases, named)
    for name in dict.fromkeys(named):
        own = [case for case in cases if case.scenario == name]
        notes.append(_update(own, results, outcomes, version))
    _write(request, outcomes, version, seconds, notes)
    found = report.everything(outcomes)
    if not request.as_json:
        print(f"{len(outcomes)} scenarios with devices in {time.perf_counter() - started:.0f} s")
    absent = request.strict and any(outcome.status == "absent" for outcome in found)
    return 1 if absent or any(not outcome.ok for outcome in found) else 0


def _notes_on(cases: Sequence[Case], named: Sequence[str]) -> list[str]:
    """Say which goldens are still of the form before."""
    old = {
        case.scenario: case.golden_file
        for case in cases
        if case.golden is not None and case.golden.format == 1 and case.scenario not in named
    }
    return [
        f"{file}: holds its points among the metrics, as before; "
        f"`optospice regress --update {name}` moves them to {points_file(file).name}"
        for name, file in old.items()
    ]


def _update(
    cases: Sequence[Case],
    results: dict[tuple[str, str], ScenarioResult],
    outcomes: dict[tuple[str, str], list[Outcome]],
    version: str,
) -> str:
    """Rewrite one golden; what it held of other devices goes, what moved is told."""
    name, file = cases[0].scenario, cases[0].golden_file
    own = {case.device: results[name, case.device] for case in cases}
    if any(result.failed for result in own.values()):
        return f"{file}: not written, a run failed"
    golden = Golden(
        scenario=name,
        ngspice=version,
        devices={device: golden_device(result) for device, result in own.items()},
    )
    old = cases[0].golden
    if old is not None and _is_same(old, golden, outcomes):
        fresh = _with_settings(old, golden)
        if old.format == 2 and fresh == old:
            return f"{file}: is up to date"
        write_golden(file, fresh)
        for case in cases:
            outcomes[name, case.device] = judge(Case(case.loaded, fresh), own[case.device])
        where = "" if old.format == 2 else f", its points moved to {points_file(file).name}"
        what = f", its settings are those of today{where}" if fresh != old else where
        return f"{file}: written{what}, no number changed"
    moved = 0
    for case in cases:
        moved += sum(o.is_moved for o in outcomes[name, case.device])
        outcomes[name, case.device] = judge(Case(case.loaded, golden), own[case.device])
    write_golden(file, golden)
    return f"{file}: written" + (f", {moved} moved" if old is not None else "")


def _is_same(
    old: Golden, new: Golden, outcomes: Mapping[tuple[str, str], Sequence[Outcome]]
) -> bool:
    """Whether a golden stays: what moves within the tolerance would only blur the diff."""
    moved = [o for device in new.devices for o in outcomes[new.scenario, device] if o.is_moved]
    return not moved and _shape(old) == _shape(new)


def _with_settings(old: Golden, new: Golden) -> Golden:
    """Give a golden with the settings of today and the numbers that it had."""
    devices = {
        name: device.model_copy(update={"settings": new.devices[name].settings})
        for name, device in old.devices.items()
    }
    return old.model_copy(update={"devices": devices})


def _shape(golden: Golden) -> list[object]:
    return [
        (name, device.runs, list(device.metrics), list(device.across),
         [(waveform.run, waveform.signal) for waveform in device.waveforms],
         [(curve.key, curve.against) for curve in device.curves])
        for name, device in golden.devices.items()
    ]  # fmt: skip


def _write(
    request: Request,
    outcomes: dict[tuple[str, str], list[Outcome]],
    version: str,
    seconds: dict[tuple[str, str], float],
    notes: Sequence[str],
) -> None:
    figures: dict[Outcome, Path] = {}
    with writing(request.out):
        for outcome in report.everything(outcomes):
            if outcome.overlay is not None:
                figures[outcome] = report.save_figure(outcome, request.out)
            elif outcome.kind in ("waveform", "curve"):  # of an earlier run: it moved no more
                remove(request.out, report.figure_file(outcome))
    if request.junit is not None:
        with writing(request.junit):
            write_bytes(request.junit, report.junit(outcomes, seconds))
    if request.markdown is not None:
        with writing(request.markdown):
            write_text(request.markdown, report.markdown(outcomes, version, figures))
    if request.as_json:
        document = {**report.document(outcomes, version, figures), "updated": list(notes)}
        print(json.dumps(document, indent=2, allow_nan=False))
        return
    for note in notes:
        print(printable(note))
    print(printable(report.text(outcomes)))
    for file in figures.values():
        print(f"figure: {printable(file)}")
