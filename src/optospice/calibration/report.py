"""The report of a calibration: Markdown for people, JSON for programs, tables for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import optospice
from optospice import units
from optospice.calibration.fit import AS_GOOD, Fit
from optospice.calibration.leave_one_out import Prediction
from optospice.calibration.problem import FreeParameter
from optospice.calibration.statistics import Estimate, FittedTarget, Nuisance, Statistics
from optospice.report.numbers import claim_text, shown_with_unit
from optospice.texts import markdown_text, printable

if TYPE_CHECKING:
    from rich.console import Console

Table = tuple[list[str], list[list[str]]]


def parameters_table(statistics: Statistics) -> Table:
    """Give head and rows: fitted values with their intervals."""
    head = [
        "parameter",
        "start",
        "fitted",
        "68 %, sigma = tolerance",
        "68 %, scaled",
        "uncertainty",
    ]
    rows = []
    for e in statistics.estimates:
        uncertainty = f"{e.deviation:.2%}" if e.interval else "not identified"
        rows.append(
            [
                e.free.name,
                _value(e.free.start, e),
                _value(e.value, e),
                _interval(e, e.interval),
                _interval(e, e.scaled),
                uncertainty + (", at a bound" if e.at_bound else ""),
            ]
        )
    return head, rows


def residuals_table(fit: Fit, statistics: Statistics) -> Table:
    """Give head and rows: every target and record with its residual."""
    verdicts = {(name, verdict.target.id): verdict for name, verdict in fit.evaluation.verdicts}
    head = ["target", "scenario", "published", "fitted", "residual", "leverage", "chi^2 without"]
    rows = []
    for held in statistics.held:
        verdict = verdicts.get((held.row.scenario, held.row.label))
        numbers = ["–", "–"]
        if verdict is not None:
            numbers = [claim_text(verdict.target), shown_with_unit(verdict)]
        drop = "–" if held.drop is None else f"{-held.drop:+.2f}"
        rows.append(
            [
                held.row.label,
                held.row.scenario,
                *numbers,
                _residual(held),
                f"{held.leverage:.2f}",
                drop,
            ]
        )
    return head, rows


def shapes_table(fit: Fit) -> Table:
    """Give head and rows: the claims that are reported and not fitted."""
    rows = [
        [verdict.target.id, name, claim_text(verdict.target), verdict.shown, verdict.word]
        for name, verdict in fit.evaluation.verdicts
        if verdict.target.shape is not None
    ]
    return ["target", "scenario", "published", "fitted", "verdict"], rows


def minima_table(fit: Fit) -> Table:
    """Give head and rows: where every start led."""
    rows = [
        [
            f"{m.chi2:.4g}",
            *(f"{value:.4g}" for value in m.values),
            str(m.evaluations),
            "yes" if m.converged else "no",
            m.ended,
        ]
        for m in fit.minima
    ]
    return ["chi^2", *fit.problem.names, "steps", "converged", "ended"], rows


def nuisances_table(statistics: Statistics) -> Table:
    """Give head and rows: offset and drift of each record."""
    rows = [[n.record, n.kind, *_with_deviation(n)] for n in statistics.nuisances]
    return ["record", "free in it", "value", "68 %, sigma = scale"], rows


def predictions_table(predictions: Sequence[Prediction]) -> Table:
    """Give head and rows: every number as the others predict it."""
    head = ["left out", "scenario", "published", "predicted", "error / tolerance", "verdict"]
    rows = []
    for one in predictions:
        shown = "–" if one.verdict is None else shown_with_unit(one.verdict)
        error = "–" if one.error is None else f"{one.error:+.2f}"
        word = one.word + (f": {one.note}" if one.note else "")
        rows.append([one.target.id, one.scenario, claim_text(one.target), shown, error, word])
    return head, rows


def print_report(
    console: Console,
    fit: Fit,
    statistics: Statistics,
    predictions: Sequence[Prediction] = (),
) -> None:
    """Print parameters, residuals and what the fit is worth."""
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    tables = [parameters_table(statistics), residuals_table(fit, statistics)]
    if statistics.nuisances:
        tables.insert(1, nuisances_table(statistics))
    if predictions:
        tables.append(predictions_table(predictions))
    for head, rows in tables:
        table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for column in head:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text(printable(cell)) for cell in row))
        console.print(table)
        console.print()
    for line in findings(fit, statistics):
        console.print(Text(printable(line)), soft_wrap=True)


def findings(fit: Fit, statistics: Statistics) -> list[str]:
    """Say what the fit is worth, one sentence after the other."""
    count = len(statistics.estimates)
    nuisances = len(statistics.nuisances)
    loose = statistics.numbers - statistics.freedom - nuisances
    lines = []
    if not fit.converged:
        lines.append(
            f"The fit has not converged: {fit.minima[0].ended}. These values are no result; "
            "accepted: another --start, --multistart N, or fewer free parameters."
        )
    for record in statistics.records:
        lines += record.sentences
        if record.systematic and not nuisances:
            lines.append("If the instrument has an offset or drifts: --free offset, --free drift.")
    lines += [
        f"{count} free parameter{'s' if count != 1 else ''} to {statistics.numbers} numbers that "
        f"depend on them; chi^2 {statistics.chi2:.4g} with {statistics.freedom} degrees of freedom"
        + (f" ({loose} directions are held by the numbers)" if loose != count else "")
        + (f"; {nuisances} offsets and drifts are solved for with them." if nuisances else ".")
    ]
    lines += statistics.loose or ["Every parameter is identified by these numbers."]
    lines += [f"Contradiction: {line}" for line in statistics.contradictions]
    if not statistics.contradictions and any(h.row.kind != "waveform" for h in statistics.held):
        lines.append("No target contradicts the others.")
    if len(fit.minima) > 1:
        pairs = zip(fit.problem.names, statistics.spread, strict=True)
        spread = ", ".join(f"{name} {value:.1%}" for name, value in pairs)
        lines.append(
            f"{statistics.as_good} of {len(fit.minima)} starts end within {AS_GOOD:g} of the best "
            f"chi^2; over these the values spread by {spread}."
        )
    return lines


def markdown(
    fit: Fit, statistics: Statistics, command: str, predictions: Sequence[Prediction] = ()
) -> str:
    """Write the whole report."""
    problem = fit.problem
    scenarios = ", ".join(one.loaded.name for one in problem.experiments)
    lines = [
        f"# Calibration of {problem.device.name}",
        "",
        f"Fitted to {scenarios}. optospice {optospice.__version__}, ngspice {fit.ngspice}.",
        f"\n```sh\n{command}\n```",
        "\n## What it is worth\n",
        *(f"- {markdown_text(line)}" for line in findings(fit, statistics)),
        "\n## Parameters\n",
        *_markdown(parameters_table(statistics)),
    ]
    if statistics.nuisances:
        lines += ["\n## Offset and drift\n", *_markdown(nuisances_table(statistics))]
    lines += [
        "\n## Residuals\n",
        "In tolerances (of a bound: per cent of it, beyond it alone; of a record: root mean square "
        "in standard deviations). Leverage: share of a number that the fit follows; at 1 it alone "
        "fixes a parameter. Last column: change of chi^2 were it left out.\n",
        *_markdown(residuals_table(fit, statistics)),
    ]
    if predictions:
        lines += [
            "\n## Leave-one-out\n",
            "Each number left out of the fit and predicted by the set that is fitted to the "
            "others, beginning at the values above.\n",
            *_markdown(predictions_table(predictions)),
        ]
    shapes = shapes_table(fit)
    if shapes[1]:
        lines += ["\n## Shapes (not fitted)\n", *_markdown(shapes)]
    records = [r for one in problem.experiments for r in one.measurements.values()]
    if records:
        lines += [
            "\n## Records\n",
            *(f"- {markdown_text(f'{r.file.name}: {r.reading}')}" for r in records),
        ]
    lines += ["\n## Correlations\n", *_markdown(_correlations(statistics))]
    spelled = ", ".join(f"{value:.3g}" for value in statistics.singular_values)
    lines += [
        f"\nSingular values, tolerances per 100 % of change along each direction: {spelled}.",
        "\n## Starts\n",
        *_markdown(minima_table(fit)),
    ]
    return "\n".join(lines) + "\n"


def document(
    fit: Fit, statistics: Statistics, predictions: Sequence[Prediction] = ()
) -> dict[str, Any]:
    """Give the report as plain data for ``json.dumps``, every value in the SI unit beside it."""
    free = fit.problem.free
    return {
        "device": fit.problem.device.name,
        "scenarios": [one.loaded.name for one in fit.problem.experiments],
        "ngspice": fit.ngspice,
        "converged": fit.converged,
        "chi2": statistics.chi2,
        "numbers": statistics.numbers,
        "degrees_of_freedom": statistics.freedom,
        "parameters": [_estimate_in_si(estimate) for estimate in statistics.estimates],
        "residuals": [
            {
                "id": held.row.label,
                "scenario": held.row.scenario,
                "kind": held.row.kind,
                "count": held.row.count,
                "residual": held.rms,
                "leverage": held.leverage,
                "chi2_drop": held.drop,
            }
            for held in statistics.held
        ],
        "nuisances": [
            {
                "record": n.record,
                "kind": n.kind,
                "value": n.value,
                "standard_deviation": n.deviation,
                "unit": n.unit,
            }
            for n in statistics.nuisances
        ],
        "records": [
            {
                "record": r.label,
                "count": r.count,
                "rms": r.rms,
                "runs": r.runs,
                "lag1_autocorrelation": r.lag1,
                "systematic": r.systematic,
                "far_above_noise": r.far_above,
            }
            for r in statistics.records
        ],
        "correlations": statistics.correlations.tolist(),
        "singular_values": statistics.singular_values.tolist(),
        "not_identified": list(statistics.loose),
        "contradictions": list(statistics.contradictions),
        "leave_one_out": [
            {
                "id": one.target.id,
                "scenario": one.scenario,
                "predicted": None if one.verdict is None else one.verdict.simulated_si,
                "unit": None if one.verdict is None else one.verdict.si_unit,
                "error": one.error,
                "verdict": one.word,
                "note": one.note,
            }
            for one in predictions
        ],
        "starts": [
            {
                "start": _all_in_si(free, m.start),
                "values": _all_in_si(free, m.values),
                "chi2": m.chi2,
                "converged": m.converged,
                "ended": m.ended,
            }
            for m in fit.minima
        ],
    }


def _estimate_in_si(estimate: Estimate) -> dict[str, Any]:
    free = estimate.free
    value, deviation = _in_si(free, estimate.value), estimate.deviation
    zero = _in_si(free, 0.0)
    if zero and value:  # degrees Celsius: a share of the kelvins is another one
        width = deviation * (abs(estimate.value) or free.size)
        deviation = (_in_si(free, width) - zero) / abs(value)
    return {
        "name": free.name,
        "unit": units.si_unit(free.unit),
        "start": _in_si(free, free.start),
        "value": value,
        "interval": _ends_in_si(free, estimate.interval),
        "interval_scaled": _ends_in_si(free, estimate.scaled),
        "relative_uncertainty": deviation if math.isfinite(deviation) else None,
        "identified": estimate.interval is not None,
        "at_bound": estimate.at_bound,
    }


def _in_si(free: FreeParameter, number: float) -> float:
    return units.convert(number, free.unit, units.si_unit(free.unit))


def _all_in_si(free: Sequence[FreeParameter], numbers: Sequence[float]) -> list[float]:
    return [_in_si(one, number) for one, number in zip(free, numbers, strict=True)]


def _ends_in_si(free: FreeParameter, ends: tuple[float, float] | None) -> list[float] | None:
    return None if ends is None else [_in_si(free, end) for end in ends]


def _correlations(statistics: Statistics) -> Table:
    names = [e.free.name for e in statistics.estimates]
    pairs = zip(names, statistics.correlations, strict=True)
    return ["", *names], [[name, *(f"{value:+.2f}" for value in row)] for name, row in pairs]


def _markdown(table: Table) -> list[str]:
    head, rows = table
    cells = [[markdown_text(cell) for cell in row] for row in (head, *rows)]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return [lines[0], "|" + "---|" * len(head), *lines[1:]]


def _value(value: float, estimate: Estimate) -> str:
    return units.format_human(value, estimate.free.unit)


def _interval(estimate: Estimate, ends: tuple[float, float] | None) -> str:
    return "–" if ends is None else " to ".join(_value(end, estimate) for end in ends)


def _with_deviation(nuisance: Nuisance) -> list[str]:
    value = units.format_human(nuisance.value, nuisance.unit)
    return [value, f"± {units.format_human(nuisance.deviation, nuisance.unit, 2)}"]


def _residual(held: FittedTarget) -> str:
    return f"rms {held.rms:.3f}" if held.row.kind == "waveform" else f"{held.rms:+.3f}"
