"""The metrics that exist: name, unit, definitions and source of each.

Those of this package are declared where they stand; those of installed packages by the entry
points of the group ``optospice.metrics``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import ParamSpec

from optospice.errors import InputError, close_matches
from optospice.metrics.column import MetricColumn
from optospice.metrics.value import MetricValue

P = ParamSpec("P")

GROUP = "optospice.metrics"


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """What a user is told about a metric.

    Attributes
    ----------
    name : str
        Name of the metric, which is the name of its function.
    title : str
        One line for a reader.
    unit : str
        SI unit of the value.
    display_unit : str
        Unit in which tables and figures print it.
    definitions : mapping of str to str
        Accepted definitions with their meaning; the first is the default.
        Empty for a metric with a single definition.
    source : str
        Paper and equation, or the derivation.
    family : str
        Module in which the function lives.
    function : callable
        The function; it returns a `MetricValue`.
    arguments : mapping of str to str
        What a timeline's window calls an argument, where the function calls it otherwise.
    block : callable, optional
        Its equal for all runs of a block at once, see `in_blocks`.
    needs_stimulus : bool
        Whether it says nothing about a run in which nothing is applied.
    """

    name: str
    title: str
    unit: str
    display_unit: str
    definitions: Mapping[str, str]
    source: str
    family: str
    function: Callable[..., MetricValue]
    arguments: Mapping[str, str]
    block: Callable[..., MetricColumn] | None = None
    needs_stimulus: bool = True


_METRICS: dict[str, MetricInfo] = {}

#: Every metric by name, in the order of declaration.
METRICS: Mapping[str, MetricInfo] = MappingProxyType(_METRICS)


def metric(
    *,
    title: str,
    unit: str,
    source: str,
    display_unit: str | None = None,
    definitions: Mapping[str, str] | None = None,
    arguments: Mapping[str, str] | None = None,
    needs_stimulus: bool = True,
) -> Callable[[Callable[P, MetricValue]], Callable[P, MetricValue]]:
    """Register the decorated function as a metric under its own name.

    Parameters
    ----------
    title : str
        One line for a reader.
    unit : str
        SI unit of the value.
    source : str
        Paper and equation, or the derivation.
    display_unit : str, optional
        Unit in which to print the value; `unit` if left out.
    definitions : mapping of str to str, optional
        Accepted values of the argument ``definition``, the default first.
    arguments : mapping of str to str, optional
        What a timeline's window calls an argument, where the function calls it otherwise.
    needs_stimulus : bool, optional
        Whether it says nothing about a run in which nothing is applied, or nothing answers:
        claims about it are then not applicable.

    Returns
    -------
    callable
        A decorator that returns the function unchanged.

    Raises
    ------
    ValueError
        If a metric of that name exists already.
    """

    def register(function: Callable[P, MetricValue]) -> Callable[P, MetricValue]:
        name = getattr(function, "__name__", type(function).__name__)
        if name in _METRICS:
            raise ValueError(
                f"metric {name!r} exists already, declared in family {_METRICS[name].family!r}"
            )
        _METRICS[name] = MetricInfo(
            name=name,
            title=title,
            unit=unit,
            display_unit=display_unit or unit,
            definitions=MappingProxyType(dict(definitions or {})),
            source=source,
            family=function.__module__.rpartition(".")[2],
            function=function,
            arguments=MappingProxyType(dict(arguments or {})),
            needs_stimulus=needs_stimulus,
        )
        return function

    return register


def in_blocks(
    of: Callable[..., MetricValue],
) -> Callable[[Callable[P, MetricColumn]], Callable[P, MetricColumn]]:
    """Declare the decorated function as the equal of a metric for all runs of a block at once.

    The metric stays the definition; its equal only spares a block of runs the loop, and tests
    hold the two together. It takes the same arguments by the same names, with a `TraceBlock`
    for a trace, and for a number or a row that a run has of its own one more axis, the first,
    over the runs. A metric without an equal is taken run by run.

    Parameters
    ----------
    of : callable
        The metric, registered before.

    Returns
    -------
    callable
        A decorator that returns the function unchanged.

    Raises
    ------
    ValueError
        If there is no such metric.
    """
    info = next((one for one in _METRICS.values() if one.function is of), None)
    if info is None:
        raise ValueError(f"{of!r} is no metric: nothing can be its equal for blocks")

    def register(function: Callable[P, MetricColumn]) -> Callable[P, MetricColumn]:
        _METRICS[info.name] = replace(info, block=function)
        return function

    return register


@cache
def _declare_installed() -> None:
    """Load the metrics of installed packages, which declare themselves."""
    for entry in entry_points(group=GROUP):
        ready = _METRICS.get(entry.name)
        if ready is not None and ready.function.__module__.startswith("optospice."):
            continue  # a metric of this package is never replaced
        try:
            entry.load()
        except Exception as error:  # whatever the package does when it is imported
            raise InputError(
                f"entry point {entry.value!r} of {GROUP}: cannot be loaded: {error}"
            ) from None
        if entry.name not in _METRICS:
            raise InputError(
                f"entry point {entry.value!r} of {GROUP}: declares no metric {entry.name!r}; "
                "accepted: a function of this name under optospice.metrics.metric"
            )


def metrics() -> Mapping[str, MetricInfo]:
    """Every metric by name: those of this package, and those of installed packages.

    Raises
    ------
    InputError
        When an installed package declares something that is no metric.
    """
    _declare_installed()
    return METRICS


def find_metric(name: str) -> MetricInfo:
    """Give a metric by name, also one of an installed package.

    Raises
    ------
    InputError
        When there is none of this name; the message lists close matches.
    """
    found = _METRICS.get(name) or metrics().get(name)
    if found is None:
        raise InputError(f"there is no such metric; {close_matches(name, metrics())}")
    return found


@cache
def argument_units(function: Callable[..., MetricValue]) -> Mapping[str, str]:
    """Read the SI unit of each argument of a metric from its docstring, where it says one.

    Parameters
    ----------
    function : callable
        A metric, whose docstring ends the meaning of an argument with ``[A]``.
    """
    text = inspect.getdoc(function) or ""
    body = text.partition("Parameters\n----------\n")[2]
    body = re.split(r"\n\n\S[^\n]*\n-{3,}\n", body)[0]
    found = {}
    for match in re.finditer(r"^(\w[\w, ]*?)(?: : [^\n]*)?\n((?:[ ]+[^\n]*\n?|\n)*)", body, re.M):
        units = re.findall(r"\[([^\]\s]+)\]", match.group(2))
        for name in match.group(1).split(", ") if units else ():
            found[name] = units[-1]
    return MappingProxyType(found)


def accepted_name(name: str, accepted: Mapping[str, object], kind: str) -> str:
    """Return `name` if it is accepted.

    Parameters
    ----------
    name : str
        The name that was asked for.
    accepted : mapping
        The accepted names, as keys.
    kind : str
        What is being named, for the message.

    Returns
    -------
    str
        `name` itself.

    Raises
    ------
    InputError
        A ValueError, if it is not accepted; the message holds the accepted names and
        close matches.
    """
    if name in accepted:
        return name
    from difflib import get_close_matches

    close = get_close_matches(str(name), list(accepted), n=3)
    hint = f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
    raise InputError(f"unknown {kind} {name!r}{hint} (accepted: {', '.join(accepted)})")
