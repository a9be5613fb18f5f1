"""From a scenario to its runs: one per point of the sweep and draw of the Monte Carlo block."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from optospice import units
from optospice.accuracy import find_profile
from optospice.device import Device, find_device, list_devices
from optospice.device.valid import (
    outside_in_level,
    outside_in_temperature,
    outside_in_time,
    refusal,
)
from optospice.errors import InputError, close_matches
from optospice.metrics import METRICS
from optospice.netlist.guard import check_library
from optospice.protocols import PROTOCOLS, Protocol, find_protocol
from optospice.scenario.axes import axis_values, check_bounded, codes, is_taken
from optospice.scenario.claim import check_claim
from optospice.scenario.load import LoadedScenario, set_dotted
from optospice.scenario.order import check_axes
from optospice.scenario.runs import Plan, Run, Runs, is_closed_loop, parameters_at
from optospice.scenario.schema import Value
from optospice.scenario.verdict import check_across, matches
from optospice.stimulus import Stimulus
from optospice.validation import first_problem

#: How many values of a sweep a message lists [1].
_SHOWN_VALUES = 12

#: Longest simulated time of a run [s]: beyond it rounding of time is coarser than an edge.
LONGEST_RUN = 1e9

#: Most protocols of a sweep [1]: each is built and checked before anything runs.
MOST_PROTOCOLS = 50_000


def expand(loaded: LoadedScenario, explores: bool = False) -> Runs:
    """Give every run of a scenario, in order: the last swept key varies fastest.

    Every value of every axis is checked here; the runs are made when they are asked for.

    Parameters
    ----------
    loaded : LoadedScenario
        The scenario.
    explores : bool
        Whether the runs may leave the device's valid range without being marked, as those of a
        fit do.

    Raises
    ------
    InputError
        When a value does not fit its protocol, its device or its bounds, or a run would leave
        the range in which its device is valid and the scenario does not extrapolate.
    """
    scenario, where = loaded.scenario, str(loaded.file)
    axes = {
        key: axis_values(values, f"{where}: sweep.{key}") for key, values in scenario.sweep.items()
    }
    _check_metrics(loaded)
    first = {key: values[0] for key, values in axes.items()}
    table = _table_of(loaded)
    swept = [key for key in axes if key.startswith(table)]
    protocols = _protocols(loaded, axes, swept, first)
    devices: dict[str, Device] = {}
    outside: dict[tuple[str, tuple[int, ...]], tuple[str, ...]] = {}
    for name in dict.fromkeys(map(str, axes.get("device", [scenario.device]))):
        device = find_device(name, where)
        check_library(device.text, str(device.file))
        devices[name] = device
        _check_parameters(loaded, device, axes, first)
        here = {**first, "device": name} if "device" in first else first
        for place, protocol in protocols.items():
            stimuli = _stimuli(protocol, device, where)
            reasons = () if explores else _left(protocol, device, stimuli)
            if reasons and not scenario.extrapolate:
                at = {**here, **_written(axes, swept, place)}
                raise InputError(f"{_at(at, where)}: {refusal(device, reasons)}")
            if reasons:
                outside[name, place] = reasons
    check_bounded(axes.get("temperature", []), lambda given: _check_temperature(given, where))
    if not explores and not scenario.extrapolate:
        _check_temperatures_are_valid(loaded, axes, devices, first)
    for given in dict.fromkeys([scenario.accuracy, *map(str, axes.get("accuracy", []))]):
        _check_profile(given, where)
    _check_names(loaded)
    _check_where(loaded, axes)
    check_axes(scenario, axes, devices.values(), where)
    return Runs(
        Plan(
            axes=axes,
            devices=devices,
            protocols=protocols,
            protocol_keys=swept,
            parameters=scenario.parameters,
            temperature=scenario.temperature,
            accuracy=scenario.accuracy,
            draws=scenario.monte_carlo,
            outside=outside,
            marks=scenario.extrapolate and not explores,
        )
    )


def _written(
    axes: Mapping[str, Sequence[Value]], swept: Sequence[str], place: Sequence[int]
) -> dict[str, Value]:
    """Give the values of a combination as written, from their numbers."""
    return {
        key: axes[key][codes(axes[key]).tolist().index(number)]
        for key, number in zip(swept, place, strict=True)
    }


def _left(protocol: Protocol, device: Device, stimuli: Mapping[str, Stimulus]) -> tuple[str, ...]:
    """Say which limits of a device's valid range a protocol leaves, whatever the temperature."""
    colour = getattr(protocol, "wavelength", None)
    lit = [t.name for t in device.terminals("optical") if t.name in stimuli]
    wavelengths = {name: colour for name in lit} if isinstance(colour, float) else {}
    levels = outside_in_level(device, stimuli, wavelengths)
    if is_closed_loop(protocol):  # its controllers make the times, step by step
        return tuple(levels)
    return (*levels, *outside_in_time(device, stimuli, protocol.duration))


def _check_temperatures_are_valid(
    loaded: LoadedScenario,
    axes: Mapping[str, Sequence[Value]],
    devices: Mapping[str, Device],
    first: Mapping[str, Value],
) -> None:
    where = str(loaded.file)
    for name, device in devices.items():
        here = {**first, "device": name} if "device" in first else dict(first)

        def check(given: Value, device: Device = device, here: Mapping[str, Value] = here) -> None:
            kelvin = units.parse(given, "K") if isinstance(given, str) else float(given)
            reasons = outside_in_temperature(device, kelvin)
            if reasons:
                at = {**here, "temperature": given} if "temperature" in axes else here
                raise InputError(f"{_at(at, where)}: {refusal(device, reasons)}")

        if "temperature" in axes:
            check_bounded(axes["temperature"], check)
        else:
            check(loaded.scenario.temperature)


def _protocols(
    loaded: LoadedScenario,
    axes: Mapping[str, Sequence[Value]],
    swept: Sequence[str],
    first: Mapping[str, Value],
) -> dict[tuple[int, ...], Protocol]:
    """Build the protocol of every combination of the values that change it, by their numbers."""
    scenario, where, table = loaded.scenario, str(loaded.file), _table_of(loaded)
    count = math.prod(len(axes[key]) for key in swept)
    if count > MOST_PROTOCOLS:
        raise InputError(
            f"{where}: sweep: {count:,} combinations of {' and '.join(swept)[:200]}; accepted: up "
            f"to {MOST_PROTOCOLS:,} (each is another {table[:-1]})"
        )
    numbered = [zip(codes(axes[key]).tolist(), axes[key], strict=True) for key in swept]
    protocols: dict[tuple[int, ...], Protocol] = {}
    for values in itertools.product(*numbered):
        place = tuple(number for number, _ in values)
        if place in protocols:
            continue
        fixed = {key: value for key, (_, value) in zip(swept, values, strict=True)}
        protocols[place] = build_protocol(scenario.protocol, fixed, where, table)
        if not protocols[place].duration <= LONGEST_RUN:
            raise InputError(
                f"{_at({**first, **fixed}, where)}: {table[:-1]}: would simulate "
                f"{protocols[place].duration:.3g} s; accepted: up to {LONGEST_RUN:.0e} s "
                "(thirty years)"
            )
    return protocols


def _check_parameters(
    loaded: LoadedScenario,
    device: Device,
    axes: Mapping[str, Sequence[Value]],
    first: Mapping[str, Value],
) -> None:
    """Every parameter that is given, swept or drawn is one of the device and within its bounds."""
    scenario, where = loaded.scenario, str(loaded.file)
    here = {**first, "device": device.name} if "device" in first else dict(first)
    device.resolve(parameters_at(scenario.parameters, here), _at(here, where))
    for key, values in axes.items():
        if not key.startswith("parameters."):
            continue

        def check(value: Value, key: str = key) -> None:
            device.resolve({key.partition(".")[2]: value}, _at({**here, key: value}, where))

        check_bounded(values, check)
    for name in scenario.monte_carlo.parameters if scenario.monte_carlo else ():
        if name not in device.card.parameters:
            raise InputError(
                f"{where}: monte_carlo.parameters.{name}: device {device.name!r} has no such "
                f"parameter; {close_matches(name, device.card.parameters)}"
            )


def only_run(
    loaded: LoadedScenario, runs: Sequence[Run], run_id: str
) -> tuple[LoadedScenario, Run]:
    """Choose one run, with the targets that this run alone decides.

    Raises
    ------
    InputError
        When the scenario has no run of this id.
    """
    place = int(run_id) - 1 if len(run_id) < 10 and run_id.isdecimal() else -1
    if 0 <= place < len(runs) and runs[place].id == run_id:
        run = runs[place]
        own = [
            target
            for target in loaded.scenario.targets
            if target.shape is None
            and matches(run.point, target.where)
            and _decides_alone(run, runs, target.where)
            and target.metric in run.protocol.metric_names()
        ]
        scenario = loaded.scenario.model_copy(update={"targets": own, "across": []})
        return replace(loaded, scenario=scenario), run
    raise InputError(
        f"--run {run_id!r}: scenario {loaded.name!r} has the runs {runs[0].id} to {runs[-1].id}"
    )


def _decides_alone(run: Run, runs: Sequence[Run], where: Mapping[str, Any]) -> bool:
    """Whether a claim is about this run and no other of its device, such as another draw."""
    alike = (other for other in runs if other.device.name == run.device.name)
    return all(other.id == run.id or not matches(other.point, where) for other in alike)


def build_protocol(
    data: Mapping[str, Any], changes: Mapping[str, Any], where: str, table: str = "protocol."
) -> Protocol:
    """Validate a ``[protocol]`` or ``[controller]`` table with dotted changes applied.

    Raises
    ------
    InputError
        When it does not fit the protocol that it names.
    """
    name = table.removesuffix(".")
    merged = set_dotted({name: dict(data)}, changes)[name]
    kind = _protocol_kind(merged, where, table)
    try:
        return kind.model_validate(merged)
    except ValidationError as error:
        problem = first_problem(error, "", kind).removeprefix(": ")
        raise InputError(f"{where}: {table}{problem}") from None


def _table_of(loaded: LoadedScenario) -> str:
    """Prefix of the keys that say what is done: ``"protocol."`` or ``"controller."``."""
    return "controller." if loaded.scenario.controller else "protocol."


def _protocol_kind(data: Mapping[str, Any], where: str, table: str = "protocol.") -> type[Protocol]:
    known, find = PROTOCOLS, find_protocol
    if table == "controller.":
        from optospice.cosim.registry import controllers, find_controller

        known, find = controllers(), find_controller
    name = data.get("name")
    if name is None:
        raise InputError(f"{where}: {table}name: is missing; accepted: {', '.join(known)}")
    try:
        return find(str(name))
    except InputError as error:
        raise InputError(f"{where}: {table}name = {name!r}: {error}") from None


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


def _at(point: Mapping[str, Value], where: str) -> str:
    """Say which file and, of a sweep, which of its runs."""
    return f"{where}: run {_spell(point)}" if point else where


def _spell(point: Mapping[str, Value]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in point.items())


def _stimuli(protocol: Protocol, device: Device, where: str) -> Mapping[str, Stimulus]:
    try:
        return protocol.stimuli(device)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _check_names(loaded: LoadedScenario) -> None:
    """Every device that targets and expectations name exists."""
    scenario, devices = loaded.scenario, list_devices()
    named = [(f"expectations.{name}", name) for name in scenario.expectations]
    for index, target in enumerate(scenario.targets):
        named += [(f"targets[{index}].devices: {name!r}", name) for name in target.devices]
    for key, name in named:
        if name not in devices:
            raise InputError(
                f"{loaded.file}: {key}: there is no such device; {close_matches(name, devices)}"
            )


def _check_metrics(loaded: LoadedScenario) -> None:
    """Every metric that targets and fits name is one that the protocol or a fit gives."""
    scenario, where = loaded.scenario, str(loaded.file)
    kind = _protocol_kind(scenario.protocol, where, _table_of(loaded))
    name = scenario.protocol["name"]
    own = list(kind.metric_names())
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
        unit = METRICS[across_metric].unit if across_metric else kind.metric_unit(target.metric)
        try:
            check_claim(target, unit)
        except InputError as error:
            raise InputError(f"{where}: targets[{index}].{error}") from None


def _check_where(loaded: LoadedScenario, axes: Mapping[str, Sequence[Value]]) -> None:
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
