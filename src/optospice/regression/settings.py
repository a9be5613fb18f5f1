"""What the runs of a scenario have in common, so that a moved golden can say why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from optospice import units
from optospice.scenario.runs import Run

#: Significant digits [1].
_DIGITS = 7
_SHOWN = 6


def settings_of(runs: Sequence[Run]) -> dict[str, str]:
    """Give the parameters, the keys of the experiment and the rest that all runs share.

    Parameters
    ----------
    runs : sequence of Run
        All runs of a scenario.

    Returns
    -------
    dict of str to str
        By dotted key, with units; of several devices each parameter behind the device's name.
    """
    found: dict[str, set[str]] = {}
    devices = {run.device.name: run.device for run in runs}
    for name, device in devices.items():
        place = "parameters" if len(devices) == 1 else f"{name}.parameters"
        own = [run.parameters for run in runs if run.device.name == name]
        for key, default in device.defaults.items():
            numbers = {given.get(key, default) for given in own}
            unit = device.card.parameters[key].unit if key in device.card.parameters else "1"
            found[f"{place}.{key}"] = {_spelled(number, unit) for number in numbers}
    # most runs share their protocol as an object
    for protocol in {id(run.protocol): run.protocol for run in runs}.values():
        for key, text in _flat("protocol", protocol.model_dump(mode="json")):
            found.setdefault(key, set()).add(text)
    found["temperature"] = {_spelled(run.temperature, "K") for run in runs}
    found["accuracy"] = {run.profile.name for run in runs}
    return {key: texts.pop() for key, texts in found.items() if len(texts) == 1}


def moved_settings(then: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Say which settings differ, from what to what; one that only one side has is no news.

    Parameters
    ----------
    then, now : mapping of str to str
        Settings from `settings_of`; nothing moved where `then` is empty.

    Returns
    -------
    str
        ``"lifetime 5 s → 4 s"``, several with semicolons; empty where nothing moved.
    """
    moved = [
        f"{key.removeprefix('parameters.')} {text} → {now[key]}"
        for key, text in then.items()
        if key in now and now[key] != text
    ]
    more = len(moved) - _SHOWN
    return "; ".join(moved[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _spelled(number: float, unit: str) -> str:
    return units.format_human(number, unit, _DIGITS)


def _flat(place: str, value: Any) -> Iterator[tuple[str, str]]:
    """Give the leaves of nested tables and lists by dotted keys."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{place}.{key}", inner)
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _flat(f"{place}.{index}", inner)
    elif value not in (None, ""):
        yield place, _tidy(value)


def _tidy(value: Any) -> str:
    """Spell a quantity for people: ``"5 s"`` for ``"5.0 s"``."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return str(value)
    number, _, unit = str(value).partition(" ")
    try:
        return _spelled(float(number), unit or "1")
    except ValueError:
        return str(value)
