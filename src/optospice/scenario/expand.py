"""From a scenario to its runs: one per point of the sweep and draw of the Monte Carlo block."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from optospice import units
from optospice.accuracy import find_profile
from optospice.assembly import assembled
from optospice.device import Device, find_device, list_devices
from optospice.device.valid import outside_in_temperature, refusal
from optospice.errors import InputError, close_matches
from optospice.light import Illumination
from optospice.metrics import METRICS
from optospice.netlist.guard import check_library
from optospice.protocols import Experiment
from optospice.scenario.axes import Axis, axis_values, check_bounded, deciding, is_taken
from optospice.scenario.claim import check_claim
from optospice.scenario.experiments import build_experiment
from optospice.scenario.load import LoadedScenario
from optospice.scenario.order import check_axes
from optospice.scenario.runs import Plan, Run, Runs, parameters_at, surroundings_at
from optospice.scenario.schema import SURROUNDINGS, Scenario
from optospice.scenario.surroundings import Surroundings, check_surroundings
from optospice.scenario.validity import limits_left
from optospice.scenario.verdict import check_across, matches
from optospice.stimulus import Stimulus
from optospice.texts import one_line
from optospice.validation import Value

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
    groups = [
        Axis({key: axis_values(values, f"{where}: sweep.{key}")})
        for key, values in scenario.sweep.items()
    ]
    axes = {key: values for axis in groups for key, values in axis.columns.items()}
    first = {key: values[0] for key, values in axes.items()}
    swept = [key for key in axes if key.startswith(f"{scenario.experiment_table}.")]
    protocols = _protocols(loaded, groups, swept, first)
    _check_metrics(loaded, next(iter(protocols.values())))
    devices: dict[str, Device] = {}
    marks = scenario.extrapolate and not explores
    refuses = not (explores or marks)
    for name in dict.fromkeys(map(str, axes.get("device", [scenario.device]))):
        device = devices[name] = device_of(loaded, name)
        check_library(device.text, str(device.file))
        _check_parameters(loaded, device, axes, first)
        _check_surroundings(loaded, device, axes, first, next(iter(protocols.values())), refuses)
        here = {**first, "device": name} if "device" in first else first
        around = surroundings_at(surrounding_tables(scenario), first, where)
        for place, protocol in protocols.items():
            stimuli = _stimuli(protocol, device, around, where)
            _check_response(protocol, device, around, stimuli, where)
            reasons = limits_left(protocol, device, stimuli) if refuses else ()
            if reasons:
                at = {**here, **_written(groups, swept, place)}
                raise InputError(f"{_at(at, where)}: {refusal(device, reasons)}")
        if refuses:
            _check_lights_together(loaded, device, groups, here, protocols, swept)
    check_bounded(axes.get("temperature", []), lambda given: _check_temperature(given, where))
    if refuses:
        _check_temperatures_are_valid(loaded, axes, devices, first)
    for given in dict.fromkeys([scenario.accuracy, *map(str, axes.get("accuracy", []))]):
        _check_profile(given, where)
    _check_names(loaded)
    _check_where(loaded, axes)
    check_axes(scenario, axes, devices.values(), where)
    return Runs(
        Plan(
            axes=groups,
            devices=devices,
            protocols=protocols,
            protocol_keys=swept,
            parameters=scenario.parameters,
            surroundings=surrounding_tables(scenario),
            temperature=scenario.temperature,
            accuracy=scenario.accuracy,
            draws=scenario.monte_carlo,
            marks=marks,
        )
    )


def device_of(loaded: LoadedScenario, name: str) -> Device:
    """Find a device of a scenario, or make that of its ``[circuit]``.

    Raises
    ------
    InputError
        When there is no such device, or the circuit cannot be.
    """
    circuit = loaded.scenario.circuit
    return (
        find_device(name, str(loaded.file)) if circuit is None else assembled(circuit, loaded.file)
    )


def surrounding_tables(scenario: Scenario) -> dict[str, dict[str, Value]]:
    """Give the tables of what surrounds the device, as written."""
    return {table: getattr(scenario, table) for table in SURROUNDINGS}


def _check_surroundings(
    loaded: LoadedScenario,
    device: Device,
    axes: Mapping[str, Sequence[Value]],
    first: Mapping[str, Value],
    experiment: Experiment,
    refuses: bool,
) -> None:
    """Every bias, load, light and initial state is one that the device has, and can be."""
    tables, where = surrounding_tables(loaded.scenario), str(loaded.file)
    check_surroundings(surroundings_at(tables, first, where), device, experiment, where)
    for key, values in axes.items():
        if key.partition(".")[0] not in SURROUNDINGS:
            continue

        def check(value: Value, key: str = key) -> None:
            here = _at({**first, key: value}, where)
            around = surroundings_at(tables, {**first, key: value}, here)
            check_surroundings(around, device, experiment, here)
            stimuli = _stimuli(experiment, device, around, here)
            reasons = limits_left(experiment, device, stimuli) if refuses else ()
            if reasons:
                raise InputError(f"{here}: {refusal(device, reasons)}")

        check_bounded(values, check)


def _check_lights_together(
    loaded: LoadedScenario,
    device: Device,
    groups: Sequence[Axis],
    here: Mapping[str, Value],
    protocols: Mapping[tuple[int, ...], Experiment],
    swept: Sequence[str],
) -> None:
    """Lights add up, so that each may be within the valid range and two of them outside it."""
    where = str(loaded.file)
    axes = {key: values for axis in groups for key, values in axis.columns.items()}
    lights = {key: deciding(key, axes[key]) for key in axes if key.startswith("lights.")}
    count = math.prod(map(len, lights.values())) * len(protocols)
    if lights and count > MOST_PROTOCOLS:
        raise InputError(
            f"{where}: sweep: {count:,} combinations of lights and protocols to hold against the "
            f"valid range; accepted: up to {MOST_PROTOCOLS:,}, or --extrapolate"
        )
    for values in itertools.product(*lights.values()) if lights else ():
        point = {**here, **dict(zip(lights, values, strict=True))}
        around = surroundings_at(surrounding_tables(loaded.scenario), point, _at(point, where))
        for place, protocol in protocols.items():
            reasons = limits_left(protocol, device, _stimuli(protocol, device, around, where))
            if reasons:
                at = {**point, **_written(groups, swept, place)}
                raise InputError(f"{_at(at, where)}: {refusal(device, reasons)}")


def _written(
    groups: Sequence[Axis], swept: Sequence[str], place: Sequence[int]
) -> dict[str, Value]:
    """Give the values of a combination as written, from its numbers."""
    found: dict[str, Value] = {}
    for axis, number in zip(groups, place, strict=True):
        row = axis.row(axis.numbered(swept).tolist().index(number))
        found.update({key: value for key, value in row.items() if key in swept})
    return found


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
    loaded: LoadedScenario, groups: Sequence[Axis], swept: Sequence[str], first: Mapping[str, Value]
) -> dict[tuple[int, ...], Experiment]:
    """Build the protocol of every combination of the values that change it, by their numbers."""
    scenario, where = loaded.scenario, str(loaded.file)
    table = scenario.experiment_table
    numbered = [axis.numbered(swept) for axis in groups]
    count = math.prod(int(numbers.max()) + 1 for numbers in numbered)
    if count > MOST_PROTOCOLS:
        raise InputError(
            f"{where}: sweep: {count:,} combinations of {' and '.join(swept)[:200]}; accepted: up "
            f"to {MOST_PROTOCOLS:,} (each is another {table})"
        )
    choices: list[list[tuple[int, dict[str, Value]]]] = []
    for axis, numbers in zip(groups, numbered, strict=True):
        rows = sorted(np.unique(numbers, return_index=True)[1].tolist())
        own = [key for key in axis.columns if key in swept]
        choices.append(
            [(int(numbers[row]), {key: axis.columns[key][row] for key in own}) for row in rows]
        )
    protocols: dict[tuple[int, ...], Experiment] = {}
    for values in itertools.product(*choices):
        fixed = {key: value for _, row in values for key, value in row.items()}
        protocol = build_experiment(table, scenario.experiment, fixed, where)
        if not protocol.duration <= LONGEST_RUN:
            raise InputError(
                f"{_at({**first, **fixed}, where)}: {table}: would simulate "
                f"{protocol.duration:.3g} s; accepted: up to {LONGEST_RUN:.0e} s (thirty years)"
            )
        protocols[tuple(number for number, _ in values)] = protocol
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
    told = one_line(", ".join(f"{key} = {value}" for key, value in point.items()))
    return f"{where}: run {told}" if told else where


def _check_response(
    protocol: Experiment,
    device: Device,
    around: Surroundings,
    stimuli: Mapping[str, object],
    where: str,
) -> None:
    """Refuse a response that the run will not have."""
    response = getattr(protocol, "response", "")
    known = around.signals(protocol, device, stimuli) if response else []
    if response and response not in known:
        raise InputError(
            f"{where}: protocol.response = {response!r}: there is no such signal; "
            + close_matches(response, known)
        )


def _stimuli(
    protocol: Experiment, device: Device, around: Surroundings, where: str
) -> Mapping[str, Stimulus | Illumination]:
    try:
        return around.stimuli(protocol, device)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _check_names(loaded: LoadedScenario) -> None:
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


def _check_metrics(loaded: LoadedScenario, protocol: Experiment) -> None:
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
