"""Whether what a scenario names exists: devices, metrics, values of its sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optospice import units
from optospice.accuracy import find_profile
from optospice.device import list_devices
from optospice.errors import InputError, close_matches
from optospice.scenario.axes import check_bounded, is_taken
from optospice.scenario.load import LoadedScenario
from optospice.validation import Value

#: How many values of a sweep a message lists [1].
_SHOWN_VALUES = 12


def check_levels(loaded: LoadedScenario, axes: Mapping[str, Sequence[Value]]) -> None:
    """Refuse a temperature that cannot be, and an unknown accuracy profile.

    Parameters
    ----------
    loaded : LoadedScenario
        The scenario.
    axes : mapping of str to sequence
        Swept keys with all their values.
    """
    where, scenario = str(loaded.file), loaded.scenario
    check_bounded(axes.get("temperature", []), lambda given: _check_temperature(given, where))
    for given in dict.fromkeys([scenario.accuracy, *map(str, axes.get("accuracy", []))]):
        _check_profile(given, where)


def _check_temperature(given: Value, where: str) -> None:
    try:
        kelvin = units.parse(given, "K")
    except units.UnitsError as error:
        raise InputError(f"{where}: sweep.temperature: {error}") from None
    if not kelvin > 0:
        raise InputError(f"{where}: sweep.temperature: {given!r}: must be above 0 K")


def _check_profile(name: str, where: str) -> None:
    try:
        find_profile(name)
    except InputError as error:
        raise InputError(f"{where}: sweep.accuracy: {error}") from None


def check_names(loaded: LoadedScenario) -> None:
    """Every device that targets and expectations name exists."""
    scenario = loaded.scenario
    devices = list_devices() if scenario.circuit is None else [scenario.device]
    named = [(f"expectations.{name}", name) for name in scenario.expectations]
    if scenario.claims_of:
        named.append((f"claims_of = {scenario.claims_of!r}", scenario.claims_of))
    for index, target in enumerate(scenario.targets):
        named += [(f"targets[{index}].devices: {name!r}", name) for name in target.devices]
    for key, name in named:
        if name not in devices:
            raise InputError(
                f"{loaded.file}: {key}: there is no such device; {close_matches(name, devices)}"
            )


def check_where(loaded: LoadedScenario, axes: Mapping[str, Sequence[Value]]) -> None:
    """Every value by which a target names its runs is one that the sweep takes."""
    scenario = loaded.scenario
    for index, target in enumerate(scenario.targets):
        for key, wanted in target.where.items():
            if f"sweep.{key}" in loaded.overrides:
                continue  # another sweep than the published one: the target goes without a run
            if not is_taken(axes[key], wanted):
                taken = ", ".join(map(str, axes[key][:_SHOWN_VALUES]))
                more = ", …" if len(axes[key]) > _SHOWN_VALUES else ""
                raise InputError(
                    f"{loaded.file}: {scenario.target_place(index)}.where: {key} = {wanted!r}: "
                    f"the sweep does not take this value; accepted: {taken}{more}"
                )
