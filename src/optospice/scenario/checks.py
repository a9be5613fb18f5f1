"""Whether what a scenario names exists: devices, metrics, values of its sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optospice import units
from optospice.accuracy import find_profile
from optospice.device import list_devices
from optospice.errors import InputError, close_matches
from optospice.metrics import METRICS
from optospice.protocols import Experiment
from optospice.scenario.axes import check_bounded, is_taken
from optospice.scenario.claim import check_claim
from optospice.scenario.load import LoadedScenario
from optospice.scenario.verdict import check_across
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
    for index, target in enumerate(scenario.targets):
        named += [(f"targets[{index}].devices: {name!r}", name) for name in target.devices]
    for key, name in named:
        if name not in devices:
            raise InputError(
                f"{loaded.file}: {key}: there is no such device; {close_matches(name, devices)}"
            )


def check_metrics(loaded: LoadedScenario, protocol: Experiment) -> None:
    """Every metric that targets and fits name is one that the protocol or a fit gives."""
    scenario, where, name = loaded.scenario, str(loaded.file), protocol.name
    own = list(protocol.metric_names())
    for index, across in enumerate(scenario.across):
        if across.of not in own:
            raise InputError(
                f"{where}: across[{index}].of = {across.of!r}: protocol {name!r} does not give "
                f"it; {close_matches(across.of, own)}"
            )
        try:
            check_across(across)
        except InputError as error:
            raise InputError(f"{where}: across[{index}].{error}") from None
    accepted = own + [across.name or across.metric for across in scenario.across]
    for index, target in enumerate(scenario.targets):
        if target.metric not in accepted:
            raise InputError(
                f"{where}: targets[{index}].metric = {target.metric!r}: protocol {name!r} does "
                f"not give it; {close_matches(target.metric, accepted)}"
            )
        taken = {across.name or across.metric: across.metric for across in scenario.across}
        across_metric = taken.get(target.metric)
        unit = protocol.metric_unit(target.metric)
        if across_metric:
            unit = METRICS[across_metric].unit
        try:
            check_claim(target, unit)
        except InputError as error:
            raise InputError(f"{where}: targets[{index}].{error}") from None


def check_where(loaded: LoadedScenario, axes: Mapping[str, Sequence[Value]]) -> None:
    """Every value by which a target names its runs is one that the sweep takes."""
    for index, target in enumerate(loaded.scenario.targets):
        for key, wanted in target.where.items():
            if f"sweep.{key}" in loaded.overrides:
                continue  # another sweep than the published one: the target goes without a run
            if not is_taken(axes[key], wanted):
                taken = ", ".join(map(str, axes[key][:_SHOWN_VALUES]))
                more = ", …" if len(axes[key]) > _SHOWN_VALUES else ""
                raise InputError(
                    f"{loaded.file}: targets[{index}].where: {key} = {wanted!r}: the sweep does "
                    f"not take this value; accepted: {taken}{more}"
                )
