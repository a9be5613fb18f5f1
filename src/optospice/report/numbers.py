"""Numbers as people read them: display units, swept values as numbers, names without dots."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from optospice import units
from optospice.interpolation import FloatArray
from optospice.metrics.column import MetricColumn
from optospice.metrics.value import MetricValue
from optospice.report.columns import unit_of
from optospice.scenario.claim import BOUND_SIGNS, shape_text
from optospice.scenario.order import swept_quantity
from optospice.scenario.schema import Target
from optospice.scenario.verdict import Verdict, display_unit
from optospice.sweep.record import RunRecord, ScenarioResult
from optospice.validation import Value

_SPELLED = {"1": "", "ohm": "Ω", "degC": "°C", "Mohm": "MΩ", "kohm": "kΩ", "us": "µs", "um": "µm"}

#: Units that an engineering prefix can stand before.
_WITH_PREFIX = frozenset(("A", "F", "H", "Hz", "J", "S", "V", "W", "ohm", "s"))


def pretty_unit(unit: str) -> str:
    """Spell a unit for people; nothing for ``"1"``."""
    plain = unit.replace("Hz^0.5", "√Hz").replace("^2", "²").replace("*", "·")
    return _SPELLED.get(unit, plain)


def with_unit(text: str, unit: str) -> str:
    """Put a unit behind a number that is text already; none behind ``"–"``."""
    if text == "–":
        return text
    return f"{text} {pretty_unit(unit)}".rstrip()


def claim_text(target: Target) -> str:
    """Write what a target claims, its digits as the publication has them.

    Parameters
    ----------
    target : Target
        The claim.

    Returns
    -------
    str
        ``"40 nJ ± 10 %"``, ``"≥ 5 nA in ≥ 90 % of draws"`` or ``"increasing with width"``.
    """
    if target.claim == "shape":
        return shape_text(target)
    claimed = _as_written(target.claimed)
    if target.claim == "published":
        text = f"{claimed} ± {_as_written(str(target.tolerance))}"
    else:
        text = f"{BOUND_SIGNS[target.claim]}{claimed}"
    wanted = target.yield_at_least
    return text if wanted is None else f"{text} in ≥ {100 * wanted:g} % of draws"


def _as_written(quantity: Value) -> str:
    text = str(quantity).strip()
    _, unit = units.split_unit(text)
    return text if unit == "1" else with_unit(text.removesuffix(unit).rstrip(), unit)


def shown_with_unit(verdict: Verdict) -> str:
    """Write what was simulated in the unit of the publication; ``"none"`` has no unit."""
    return verdict.shown if verdict.shown == "none" else with_unit(verdict.shown, verdict.unit)


def finite(number: float | None) -> float | None:
    """Give a number that JSON can hold."""
    return None if number is None or not math.isfinite(number) else number


def short_key(key: str) -> str:
    """Last part of a dotted key."""
    return key.rpartition(".")[2]


def displayed(name: str, value: MetricValue) -> tuple[float, float | None, str]:
    """Give a metric in its display unit.

    Parameters
    ----------
    name : str
        Name of the metric, which decides the unit.
    value : MetricValue
        The value in SI units.

    Returns
    -------
    number : float
        The value in `unit`.
    standard_error : float or None
        Its standard error in `unit`.
    unit : str
        The display unit.
    """
    unit = display_unit(name, value.unit)
    if unit != value.unit:
        zero = units.convert(0.0, value.unit, unit)
        number = units.convert(value.value, value.unit, unit)
        if value.standard_error is None:
            return number, None, unit
        return number, units.convert(value.standard_error, value.unit, unit) - zero, unit
    return value.value, value.standard_error, unit


def converted(values: FloatArray, unit: str, wanted: str) -> FloatArray:
    """Convert numbers from one unit to another, as `optospice.units.convert` does one."""
    if unit == wanted:
        return values
    zero = units.convert(0.0, unit, wanted)
    return values * (units.convert(1.0, unit, wanted) - zero) + zero


def displayed_column(name: str, column: MetricColumn) -> tuple[FloatArray, str]:
    """Give a metric of all runs in its display unit; nan where it has no value."""
    unit = unit_of(column)
    own = np.array([words.unit == unit for words in column.words])[column.codes]
    wanted = display_unit(name, unit)
    return converted(np.where(own, column.values, np.nan), unit, wanted), wanted


def scaled(values: FloatArray, unit: str) -> tuple[FloatArray, str]:
    """Give numbers with an engineering prefix that suits their middle, and the unit with it."""
    known = np.abs(values[np.isfinite(values)])
    middle = float(np.median(known)) if known.size else 0.0
    if middle == 0 or unit not in _WITH_PREFIX:
        return values, unit
    power, prefix = units.engineering_prefix(middle, highest=0 if unit == "s" else 12)
    return values * 10.0**-power, f"{prefix}{pretty_unit(unit)}" if power else unit


def asked_metrics(result: ScenarioResult) -> set[str]:
    """Names of the metrics that targets and fits name."""
    scenario = result.loaded.scenario
    return (
        {target.metric for target in scenario.targets}
        | {name for one in scenario.statistics for name in one.metrics}
        | {across.of for across in scenario.across}
    )


def swept_numbers(key: str, records: Sequence[RunRecord]) -> tuple[list[float], str] | None:
    """Give the swept values of a key as numbers in one unit, that of the first run.

    Parameters
    ----------
    key : str
        Swept key.
    records : sequence of RunRecord
        Runs that all have it.

    Returns
    -------
    tuple of list and str, or None
        One number per run and their unit; None where the values are names or do not
        share a dimension.
    """
    pairs = [_quantity(key, record) for record in records]
    known = [pair for pair in pairs if pair is not None]
    if not known or len(known) < len(pairs):
        return None
    unit = known[0][1]
    try:
        return [units.convert(n, u, unit) if u != unit else n for n, u in known], unit
    except Exception:  # pint raises many kinds, all of them mean another dimension
        return None


def number_of(key: str, value: Value, unit: str, record: RunRecord) -> float:
    """Read a value of a swept key in a unit, as for the device of a run; nan where it is none."""
    found = swept_quantity(key, value, record.run.device.card.parameters)
    try:
        return math.nan if found is None else units.convert(*found, unit)
    except units.UnitsError:
        return math.nan


def spans_decades(numbers: Iterable[float]) -> bool:
    """Whether positive numbers span more than 1.5 decades."""
    finite = np.array([number for number in numbers if math.isfinite(number)])
    return bool(finite.size and finite.min() > 0 and finite.max() / finite.min() > 10**1.5)


def _quantity(key: str, record: RunRecord) -> tuple[float, str] | None:
    if key not in record.run.point:
        return None
    return swept_quantity(key, record.run.point[key], record.run.device.card.parameters)
