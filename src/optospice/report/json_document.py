"""A result as a JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from optospice import units
from optospice.report.alternatives import alternatives_json
from optospice.report.columns import run_columns
from optospice.report.draws_table import quantiles_json
from optospice.report.numbers import finite
from optospice.report.statistics import statistics_json
from optospice.scenario.share import CONFIDENCE
from optospice.scenario.verdict import Verdict
from optospice.sweep.alternatives import Choice
from optospice.sweep.record import RunRecord, ScenarioResult


def result_json(result: ScenarioResult, choices: Sequence[Choice] = ()) -> dict[str, Any]:
    """Give a result as plain data for ``json.dumps``.

    Parameters
    ----------
    result : ScenarioResult
        What a scenario gave.
    choices : sequence of Choice
        Other readings of its claims, where they were tried.

    Returns
    -------
    dict
        Scenario, device, ngspice version, runs and targets. Every metric is in the SI unit
        named beside it; a number that does not exist is None; one of a run outside the valid
        range of its device has ``"extrapolated": True``. Of random draws there are also the
        ``"quantiles"`` of every metric at every point.
    """
    devices = devices_of(result)
    statistics = statistics_json(result)
    quantiles = quantiles_json(result)
    return {
        "scenario": result.loaded.name,
        "device": ", ".join(devices),
        "ngspice": result.ngspice,
        "from_store": result.from_store,
        **({"quantiles": quantiles} if quantiles else {}),
        "runs": [_run(record) for record in result.records],
        "targets": [_target(verdict, len(devices) > 1) for verdict in result.verdicts],
        **({"statistics": statistics} if statistics else {}),
        **({"alternatives": alternatives_json(choices)} if choices else {}),
    }


def devices_of(result: ScenarioResult) -> list[str]:
    """Names of the devices that were simulated, in order."""
    names = [device.name for device in run_columns(result).devices]
    return names or [result.loaded.scenario.device]


def _run(record: RunRecord) -> dict[str, Any]:
    parameters: dict[str, Any] = dict(record.run.point)
    card = record.run.device.card.parameters
    for name, number in record.run.parameters.items():
        unit = card[name].unit if name in card else "1"
        text = number if unit == "1" else units.format_quantity(number, unit)
        parameters.setdefault(f"parameters.{name}", text)
    document: dict[str, Any] = {
        "id": record.run.id,
        "parameters": parameters,
        "status": record.status,
    }
    if record.status == "failed":
        document["message"] = record.message
    if record.outside:
        document["extrapolated"] = list(record.outside)
    document["metrics"] = {}
    for name, value in record.metrics.items():
        entry: dict[str, Any] = {
            "value": finite(value.value),
            "unit": value.unit,
            "definition": value.definition,
        }
        if value.standard_error is not None:
            entry["standard_error"] = finite(value.standard_error)
        if value.note:
            entry["note"] = value.note
        if record.outside:
            entry["extrapolated"] = True
        document["metrics"][name] = entry
    return document


def _target(verdict: Verdict, name_device: bool) -> dict[str, Any]:
    where = dict(verdict.target.where)
    if name_device:
        where.setdefault("device", verdict.device)
    published = verdict.claimed_si
    mark: dict[str, Any] = {"extrapolated": True} if verdict.is_extrapolated else {}
    mark |= {"within_solver_error": True} if verdict.is_doubtful else {}
    mark |= {"repeated_at": verdict.repeated_at} if verdict.repeated_at else {}
    mark |= {"not_applicable": verdict.inapplicable} if verdict.inapplicable else {}
    return {
        "id": verdict.target.id,
        "metric": verdict.target.metric,
        "where": where,
        "claim": verdict.target.claim,
        "kind": verdict.target.kind,
        "category": str(verdict.category),
        "published": published if isinstance(published, str) else finite(published),
        "simulated": finite(verdict.simulated_si),
        "unit": verdict.si_unit,
        "error_percent": finite(verdict.error_percent),
        "tolerance_percent": finite(verdict.tolerance_percent),
        "met": verdict.met,
        "expected_miss": verdict.expected_miss,
        "runs": {"done": verdict.runs[0], "planned": verdict.runs[1]},
        "source": verdict.target.source,
        **_share(verdict),
        **mark,
    }


def _share(verdict: Verdict) -> dict[str, Any]:
    """Give how many draws meet a target; nothing where it is about none."""
    share = verdict.share
    if share is None:
        return {}
    return {
        "draws": {
            "meeting": share.meeting,
            "count": share.count,
            "share": share.share,
            "interval": list(share.interval),
            "confidence": CONFIDENCE,
            "yield_at_least": verdict.target.yield_at_least,
            "worst_run": share.worst or None,
        }
    }
