"""What moved: a result against the targets, the golden metrics and the golden waveforms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from optospice import units
from optospice.interpolation import FloatArray
from optospice.regression.cases import Case
from optospice.regression.curve import compare_curve
from optospice.regression.keep import curves_of, rounded
from optospice.regression.settings import moved_settings, settings_of
from optospice.regression.stored import GoldenCurve, GoldenDevice, GoldenMetric, GoldenWaveform
from optospice.regression.waveform import Difference, compare
from optospice.report.numbers import claim_text, with_unit
from optospice.scenario.verdict import Verdict, display_unit
from optospice.sweep.record import RunRecord, ScenarioResult
from optospice.waveforms import Waveforms

Kind = Literal["runs", "target", "golden", "metric", "waveform", "curve"]
Status = Literal["same", "moved", "failed", "absent"]
#: A value below this share of its scale is held to this share of the scale [1].
FLOOR = 0.05
#: Said of the packaged scenarios where the package is installed.
NOT_PACKED = (
    "the goldens of the packaged scenarios stand in the repository and are not installed: their "
    "targets alone are judged"
)
_SHOWN_RUNS = 3


@dataclass(frozen=True, eq=False)
class Overlay:
    """A waveform or a curve that moved, with its golden, for a figure.

    Parameters
    ----------
    x_label, y_label : str
        What is drawn, with units.
    golden : sequence of pairs of ndarray
        Places and values of each stretch that is kept.
    now : pair of ndarray
        Places and values now.
    """

    x_label: str
    y_label: str
    golden: Sequence[tuple[FloatArray, FloatArray]]
    now: tuple[FloatArray, FloatArray]


@dataclass(frozen=True, eq=False)
class Outcome:
    """One thing that was held against what is known.

    Parameters
    ----------
    scenario, device : str
        Where.
    kind : {"runs", "target", "golden", "metric", "waveform", "curve"}
        What it was held against.
    name : str
        Id of the target, name of the metric, run of the waveform, run and name of the curve.
    status : {"same", "moved", "failed", "absent"}
        ``"absent"`` when there is no golden to compare with.
    message : str
        What moved, from where to where; empty for ``"same"``.
    overlay : Overlay, optional
        For a waveform or a curve that moved.
    """

    scenario: str
    device: str
    kind: Kind
    name: str
    status: Status
    message: str = ""
    overlay: Overlay | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; a missing golden is not."""
        return self.status in ("same", "absent")

    @property
    def is_moved(self) -> bool:
        """Whether it differs from its golden."""
        return self.status == "moved"

    @property
    def key(self) -> tuple[str, str]:
        """What it is within its case."""
        return self.kind, self.name


def expected_keys(case: Case) -> list[tuple[str, str]]:
    """Give what `judge` will have something to say of, without running anything."""
    keys = [("runs", "all"), *(("target", target.id) for target in case.targets)]
    golden = case.golden_device
    if golden is None:
        return [*keys, ("golden", "stored")]
    keys += [("golden", "runs")] + [("golden", "settings")] * bool(golden.settings)
    keys += [("metric", name) for name in [*golden.metrics, *golden.across]]
    keys += [("waveform", waveform.run) for waveform in golden.waveforms]
    return keys + [("curve", curve.key) for curve in golden.curves]


def judge(case: Case, result: ScenarioResult) -> list[Outcome]:
    """Hold one result against everything that is known of it.

    Parameters
    ----------
    case : Case
        The scenario with its golden.
    result : ScenarioResult
        What it gave.
    """

    def outcome(kind: Kind, name: str, status: Status, message: str = "") -> Outcome:
        return Outcome(case.scenario, case.device, kind, name, status, message)

    failed = [f"run {record.run.id}: {record.message}" for record in result.failed]
    found = [outcome("runs", "all", "failed" if failed else "same", "; ".join(failed))]
    for target in case.targets:
        own = [verdict for verdict in result.verdicts if verdict.target.id == target.id]
        wrong = [_missed(verdict) for verdict in own if not verdict.as_expected]
        found.append(outcome("target", target.id, "failed" if wrong else "same", "; ".join(wrong)))
    golden = case.golden_device
    if golden is None:
        text = f"no golden; `optospice regress --update {case.scenario}` writes it"
        text = NOT_PACKED if case.is_installed else text
        return [*found, outcome("golden", "stored", "absent", text)]
    records = {record.run.id: record for record in result.records}
    changed = _changed_runs(golden, records)
    found.append(outcome("golden", "runs", "moved" if changed else "same", changed))
    ids = list(golden.runs)
    measured = {name: [_value(records.get(run), name) for run in ids] for name in golden.metrics}
    across = {
        name: [rounded(result.across[name].value) if name in result.across else None]
        for name in golden.across
    }
    bound = max((record.run.profile.bound for record in result.records), default=0.0)
    for name, metric in golden.metrics.items():
        text = _moved_metric(name, metric, measured[name], ids, golden, bound)
        found.append(outcome("metric", name, "moved" if text else "same", text))
    for name, metric in golden.across.items():
        text = _moved_metric(name, metric, across[name], ["across the runs"], golden, bound)
        found.append(outcome("metric", name, "moved" if text else "same", text))
    found += [_waveform(case, waveform, records.get(waveform.run)) for waveform in golden.waveforms]
    found += [_curve(case, curve, records.get(curve.run)) for curve in golden.curves]
    if golden.settings:
        settings = settings_of([record.run for record in result.records])
        text = moved_settings(golden.settings, settings)
        text = f"since it was written: {text}" if text else ""
        # what moved no number is told, and is no failure
        red = bool(text) and any(one.is_moved for one in found)
        at = [one.key for one in found].index(("golden", "runs")) + 1
        found.insert(at, outcome("golden", "settings", "moved" if red else "same", text))
    return found


def _missed(verdict: Verdict) -> str:
    seen = verdict.shown if verdict.simulated is None else f"{verdict.simulated:.4g}"
    place = f" ({verdict.where})" if verdict.where else ""
    return (
        f"{verdict.target.metric}{place}: {claim_text(verdict.target)} is published, "
        f"{with_unit(seen, verdict.unit)} simulated: {verdict.word}"
    )


def _changed_runs(golden: GoldenDevice, records: Mapping[str, RunRecord]) -> str:
    for run, point in golden.runs.items():
        if run not in records:
            return f"run {run} is gone: there are {len(records)} runs, the golden has " \
                f"{len(golden.runs)}"  # fmt: skip
        if dict(records[run].run.point) != point:
            return f"run {run} was {_point(point)}, is {_point(records[run].run.point)}"
    if len(records) > len(golden.runs):
        return f"there are {len(records)} runs, the golden has {len(golden.runs)}"
    return ""


def _value(record: RunRecord | None, name: str) -> float | None:
    value = None if record is None else record.metrics.get(name)
    return None if value is None else rounded(value.value)


def allowed_change(name: str, golden: GoldenDevice, value: float, bound: float) -> float:
    """Amount by which a metric may move: twice the accuracy bound, relative to its scale.

    Parameters
    ----------
    name : str
        Name of the metric.
    golden : GoldenDevice
        What was stored.
    value : float
        Its golden value in SI units.
    bound : float
        Accuracy bound [1].

    Returns
    -------
    float
        Twice `bound` times the value; for a value near zero times 1/20 of the scale: the
        largest current among the metrics [A], 1 for a ratio, else the metric's largest value.
    """
    metric = golden.metrics.get(name) or golden.across[name]
    alike = [metric]
    if metric.unit == "A":
        alike = [other for other in golden.metrics.values() if other.unit == "A"]
    scale = max((abs(v) for other in alike for v in other.values if v is not None), default=0.0)
    if metric.unit == "1":
        scale = 1.0
    return 2 * bound * max(abs(value), FLOOR * scale)


def _moved_metric(
    name: str,
    metric: GoldenMetric,
    now: Sequence[float | None],
    runs: Sequence[str],
    golden: GoldenDevice,
    bound: float,
) -> str:
    unit = display_unit(name, metric.unit)
    moved = []
    for run, then, value in zip(runs, metric.values, now, strict=True):
        if then is None and value is None:
            continue
        allowed = allowed_change(name, golden, then, bound) if then is not None else 0.0
        if then is not None and value is not None and abs(value - then) <= allowed:
            continue
        change = (
            f" ({100 * (value - then) / abs(then):+.3g} %, +-{100 * allowed / abs(then):.2g} % "
            "allowed)"
            if then and value is not None
            else ""
        )
        place = f"run {run}" if run in golden.runs else run
        point = golden.runs.get(run)
        place += f", {_point(point)}" if point else ""
        moved.append(f"{_shown(then, metric.unit, unit)} -> "
                     f"{_shown(value, metric.unit, unit)}{change}, {place}")  # fmt: skip
    more = len(moved) - _SHOWN_RUNS
    return "; ".join(moved[:_SHOWN_RUNS]) + (f"; and {more} more runs" if more > 0 else "")


def _shown(value: float | None, unit: str, display: str) -> str:
    if value is None:
        return "none"
    number = f"{units.convert(value, unit, display):.5g}"
    return number if display == "1" else f"{number} {display}"


def _point(point: Mapping[str, object]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in point.items()) or "not swept"


def _waveform(case: Case, golden: GoldenWaveform, record: RunRecord | None) -> Outcome:
    waveforms = None if record is None else record.waveforms
    differences: list[Difference] = []
    text = ""
    if record is None or waveforms is None:
        text = "there is no such waveform now"
    elif golden.signal not in waveforms.signals:
        text = f"there is no signal {golden.signal!r} now"
    else:
        now = waveforms.trace(golden.signal)
        for segment in golden.traces():
            found = compare(segment, now, record.run.profile.bound, golden.unit)
            differences += [] if found is None else [found]
        text = "; ".join(dict.fromkeys(difference.message for difference in differences))
        text = f"{golden.signal}: {text}" if text else ""
    overlay = _overlay(golden, waveforms) if differences and waveforms else None
    status: Status = "moved" if text else "same"
    return Outcome(case.scenario, case.device, "waveform", golden.run, status, text, overlay)


def _overlay(golden: GoldenWaveform, now: Waveforms) -> Overlay:
    then = []
    for trace in golden.traces():
        fine = np.union1d(np.linspace(trace.time[0], trace.time[-1], 2000), trace.time)
        then.append((fine, trace.at(fine)))
    label = f"{golden.signal} ({golden.unit})"
    return Overlay("time (s)", label, then, (now.time, now[golden.signal]))


def _curve(case: Case, golden: GoldenCurve, record: RunRecord | None) -> Outcome:
    overlay, now = None, None
    text = "there is no such curve now"
    if record is not None:
        now = curves_of(record).get(golden.name)
    if record is not None and now is not None:
        text = compare_curve(golden, now, record.run.profile.bound)
    if text and now is not None:
        labels = f"{now.x_name} ({now.x_unit})", f"{golden.name} ({golden.unit})"
        overlay = Overlay(*labels, [golden.points()], (now.x, now.y))
    status: Status = "moved" if text else "same"
    return Outcome(case.scenario, case.device, "curve", golden.key, status, text, overlay)
