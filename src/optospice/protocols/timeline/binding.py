"""Metrics bound to windows: each argument of a metric follows from the window by its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal, TypeVar

import numpy as np

from optospice import units
from optospice.errors import InputError, close_matches
from optospice.metrics.column import MetricColumn, Words
from optospice.metrics.registry import MetricInfo, argument_units, find_metric
from optospice.metrics.value import MetricValue, missing
from optospice.protocols.timeline.course import Window, WindowKind
from optospice.protocols.timeline.view import ARGUMENTS, OF_AMPLITUDES, WORDS, View
from optospice.waveform_block import WaveformBlock

#: One value of a metric, or what several share.
Told = TypeVar("Told", MetricValue, Words)
Pulse = int | Literal["first", "last", "mean"]
#: What the letter before the bracket of a signal's name measures.
_SIGNAL_UNITS = {"i(": "A", "v(": "V", "p(": "W", "e(": "W/m^2"}


@dataclass(frozen=True)
class Bound:
    """A metric bound to a window.

    Parameters
    ----------
    metric : str
        Name of the metric.
    window : str
        Name of the window, or the step that left it.
    definition : str, optional
        Its named definition; the default one if left out.
    response : str
        Signal that it reads; that of the protocol if empty.
    amplitude : str
        Definition of the amplitudes that it is made of.
    pulse : int or {"first", "last", "mean"}
        Pulse that it looks at, from 1 on, or its mean over all pulses.
    repetition : {"first", "last"}
        Repetition of a sweep.
    options : mapping
        Further arguments in SI units.
    """

    metric: str
    window: str
    definition: str | None = None
    response: str = ""
    amplitude: str = "raw"
    pulse: Pulse = "first"
    repetition: Literal["first", "last"] = "first"
    options: Mapping[str, Any] = field(default_factory=dict)


def signal_unit(name: str) -> str:
    """SI unit of a signal by its name, ``"i(p)"``; that of a state is 1."""
    return _SIGNAL_UNITS.get(name[:2], "1")


def response_unit(unit: str, response: str) -> str | None:
    """SI unit of a metric of currents when it is taken of another signal.

    Parameters
    ----------
    unit : str
        Its SI unit when it reads a current.
    response : str
        The signal.

    Returns
    -------
    str or None
        The unit; None where the metric has no meaning for this signal.
    """
    own = signal_unit(response)
    if own == "A":
        return unit
    if unit in ("J", "S"):
        return None
    return {"A": own, "A*V": "V" if own == "1" else f"{own}*V"}.get(unit, unit)


def of_response(value: MetricValue, response: str) -> MetricValue:
    """Give a metric that was taken of a signal in its unit, and say which signal it was."""
    if signal_unit(response) == "A":
        return value
    unit = response_unit(value.unit, response)
    if unit is None:
        words = f"{value.definition}; of {response}"
        return missing(value.unit, words, f"is taken of a current, and {response} is none")
    return _in_unit(value, unit, response)


def column_of_response(column: MetricColumn, response: str) -> MetricColumn:
    """Give `of_response` of every run of a block."""
    if signal_unit(response) == "A":
        return column
    if any(response_unit(words.unit, response) is None for words in column.words):
        return MetricColumn.of([of_response(value, response) for value in column])
    return column.reworded(
        lambda words: _in_unit(words, str(response_unit(words.unit, response)), response)
    )


def _in_unit(told: Told, unit: str, response: str) -> Told:
    return replace(told, unit=unit, definition=f"{told.definition}; of {response}")


@cache
def _parameters(function: Callable[..., MetricValue]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(function).parameters


def _fillings(info: MetricInfo, kind: WindowKind) -> Iterator[tuple[str, str, bool]]:
    """Arguments that a kind of window fills: own name, name in the window, whether it must."""
    for name, parameter in _parameters(info.function).items():
        source = info.arguments.get(name, name)
        # the start and the end of a fit are counted from the window: they are options
        optional = parameter.kind is inspect.Parameter.KEYWORD_ONLY
        if optional and source not in ("baseline", "resolution"):
            continue
        if name in WORDS and (name != "definition" or not info.definitions):
            continue
        if source in ARGUMENTS[kind] and _fits(parameter, source, kind):
            yield name, source, not optional


@cache
def _filled(metric: str, kind: WindowKind) -> tuple[tuple[str, str], ...]:
    """Arguments that a kind of window fills, by the name of the metric."""
    return tuple((name, source) for name, source, _ in _fillings(find_metric(metric), kind))


def _fits(parameter: inspect.Parameter, source: str, kind: WindowKind) -> bool:
    """Whether an argument takes a signal over time, or rows of numbers, as the window has them."""
    if source not in ("current", "voltage") or parameter.annotation is inspect.Parameter.empty:
        return True
    annotation = parameter.annotation
    told = annotation if isinstance(annotation, str) else repr(annotation)
    return ("Trace" in told) == (kind != "sweep")


def options_of(metric: str) -> dict[str, str]:
    """Arguments of a metric that a user may give, with the SI unit of each; "" for words."""
    info = find_metric(metric)
    known = argument_units(info.function)
    of_windows = {name for held in ARGUMENTS.values() for name in held}
    return {
        name: known.get(name, "")
        for name, parameter in _parameters(info.function).items()
        if name not in WORDS
        and name != "resolution"
        and "ArrayLike" not in str(parameter.annotation)
        and (
            parameter.kind is inspect.Parameter.KEYWORD_ONLY
            or info.arguments.get(name, name) not in of_windows
        )
    }


def read_options(bound: Bound, response: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Turn options as written into numbers in SI units.

    Raises
    ------
    InputError
        For an unknown option, a wrong unit, or an argument that is missing.
    """
    info, accepted = find_metric(bound.metric), options_of(bound.metric)
    found: dict[str, Any] = {}
    for key, value in given.items():
        if key not in accepted:
            raise InputError(
                f"{key}: metric {bound.metric!r} has no such option; "
                f"{close_matches(key, ['metric', 'window', 'definition', 'response', *accepted])}"
            )
        unit = accepted[key]
        default = _parameters(info.function)[key].default
        if key == "baseline" and value == "fitted":
            found[key] = None
        elif isinstance(default, str):
            found[key] = value
        elif isinstance(default, int) and not isinstance(default, bool):
            if not isinstance(value, int) or isinstance(value, bool):
                raise InputError(f"{key} = {value!r}: accepted: a whole number")
            found[key] = value
        elif not unit:
            raise InputError(f"{key}: the docstring of metric {bound.metric!r} states no unit")
        else:
            try:
                own = signal_unit(response) if unit in ("any", "A") else unit
                found[key] = units.parse(value, own)
            except units.UnitsError as error:
                raise InputError(f"{key} = {value!r}: {error}") from None
    return found


def check(bound: Bound, window: Window, response: str) -> None:
    """Refuse a metric that a window cannot hold, or to which an argument is missing.

    Raises
    ------
    InputError
        Naming what is accepted.
    """
    info, kind = find_metric(bound.metric), window.kind
    filled = {name for name, _, _ in _fillings(info, kind)}
    needed = [
        name
        for name, parameter in _parameters(info.function).items()
        if parameter.default is inspect.Parameter.empty
        and name not in filled
        and name not in bound.options
        and not (name in WORDS and not info.definitions)
    ]
    options = options_of(bound.metric)
    held = [name for name in needed if name not in options]
    if held:
        fitting = [other for other in ARGUMENTS if _holds(info, other, held)]
        raise InputError(
            f"window = {bound.window!r}: metric {bound.metric!r} needs {', '.join(held)}, which "
            f"no window of {kind} holds; accepted: "
            + (" or ".join(f"a window of {other}" for other in fitting) or "another metric")
        )
    for name in needed:
        raise InputError(f"{name}: is missing; accepted: {_kind_of(options[name], response)}")
    if bound.definition is not None and bound.definition not in info.definitions:
        near = close_matches(bound.definition, info.definitions)
        raise InputError(
            f"definition = {bound.definition!r}: {near}"
            if info.definitions
            else f"definition: metric {bound.metric!r} has only one"
        )
    if response_unit(info.unit, response) is None:
        raise InputError(f"response = {response!r}: metric {bound.metric!r} is taken of a current")
    if kind == "pulses" and isinstance(bound.pulse, int):
        count = window.onsets.size
        if not 1 <= bound.pulse <= count:
            raise InputError(f"pulse = {bound.pulse}: accepted: 1 to {count}, first, last, mean")


def _holds(info: MetricInfo, kind: WindowKind, needed: Collection[str]) -> bool:
    filled = {name for name, _, _ in _fillings(info, kind)}
    return filled.issuperset(needed)


def _kind_of(unit: str, response: str) -> str:
    own = signal_unit(response)
    return units.kind_of(own if unit in ("any", "A") else unit)


def unit_of(bound: Bound, response: str) -> str | None:
    """SI unit of a bound metric."""
    return response_unit(find_metric(bound.metric).unit, response)


def measure(bound: Bound, view: View) -> MetricValue:
    """Take a metric of a window.

    Parameters
    ----------
    bound : Bound
        Which metric, and how.
    view : View
        The window in a run.
    """
    if bound.pulse == "mean" and view.window.kind == "pulses":
        return _mean(bound, view)
    arguments, sources = _arguments(bound, view)
    value = find_metric(bound.metric).function(**arguments)
    text, note = _told(bound, view, sources)
    if text or note:
        value = _with(value, text, note)
    return of_response(value, view.response)


def _arguments(bound: Bound, view: View) -> tuple[dict[str, Any], set[str]]:
    """Arguments of a metric, and what the window calls those that it fills."""
    info = find_metric(bound.metric)
    arguments: dict[str, Any] = dict(bound.options)
    sources: set[str] = set()
    for name, source in _filled(bound.metric, view.window.kind):
        if name not in arguments:
            arguments[name] = view.take(source)
            sources.add(source)
    if not info.definitions:
        arguments |= {
            name: view.words(sources) for name in WORDS & _parameters(info.function).keys()
        }
    elif bound.definition is not None:
        arguments["definition"] = bound.definition
    return arguments, sources


def _told(bound: Bound, view: View, sources: Collection[str]) -> tuple[str, str]:
    """What a window adds to the definition of a metric, and to its note."""
    text = note = ""
    if view.window.kind == "pulses" and not OF_AMPLITUDES.isdisjoint(sources):
        note = view.edge_note
        if find_metric(bound.metric).definitions:
            text = f"; A = {view.words(sources)}"
    if view.window.kind == "sweep" and "voltage" in sources:
        text = f"; {bound.repetition} repetition"
    return text, note


def _with(told: Told, text: str, note: str) -> Told:
    notes = "; ".join(filter(None, (told.note, note)))
    return replace(told, definition=f"{told.definition}{text}", note=notes)


def measure_block(bound: Bound, view: View) -> MetricColumn | None:
    """Take a metric of a window in all runs of a block at once.

    Parameters
    ----------
    bound : Bound
        Which metric, and how.
    view : View
        The window in a block of runs.

    Returns
    -------
    MetricColumn or None
        What `measure` gives for each run; None for a metric that has no equal for blocks.
    """
    block, waveforms = find_metric(bound.metric).block, view.waveforms
    if block is None or not isinstance(waveforms, WaveformBlock):
        return None
    if bound.pulse == "mean" and view.window.kind == "pulses":
        return _mean_block(bound, view)
    arguments, sources = _arguments(bound, view)
    text, note = _told(bound, view, sources)
    column = block(**arguments).spread_over(len(waveforms))
    if text or note:
        column = column.reworded(lambda words: _with(words, text, note))
    return column_of_response(column, view.response)


def _mean_block(bound: Bound, view: View) -> MetricColumn | None:
    count = view.window.onsets.size
    found = [
        measure_block(replace(bound, pulse=n + 1), replace(view, pulse=n)) for n in range(count)
    ]
    columns = [column for column in found if column is not None]
    if len(columns) < count:
        return None
    mean = np.mean([column.values for column in columns], axis=0)

    def whole(words: Words) -> Words:
        return replace(words, definition=f"{words.definition}; mean over {count} pulses")

    return replace(columns[0], values=mean).reworded(whole)


def _mean(bound: Bound, view: View) -> MetricValue:
    """Take a metric of every pulse, and the mean."""
    count = view.window.onsets.size
    found = [measure(replace(bound, pulse=n + 1), replace(view, pulse=n)) for n in range(count)]
    number = float(np.mean([value.value for value in found]))
    words = f"{found[0].definition}; mean over {count} pulses"
    return replace(found[0], value=number, definition=words)


def chosen_pulse(pulse: Pulse) -> int:
    """Place of a chosen pulse, from 0 on or from the last one backwards [1]."""
    if isinstance(pulse, int):
        return pulse - 1
    return -1 if pulse == "last" else 0
