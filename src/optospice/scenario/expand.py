"""From a scenario to its runs: one per point of the sweep and draw of the Monte Carlo block."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from optospice import units
from optospice.accuracy import Profile, find_profile
from optospice.device import Device, find_device, list_devices
from optospice.errors import InputError, close_matches
from optospice.metrics import METRICS
from optospice.netlist.guard import check_library
from optospice.protocols import PROTOCOLS, Protocol, find_protocol
from optospice.scenario.axes import check_axes
from optospice.scenario.claim import check_claim
from optospice.scenario.load import LoadedScenario, set_dotted
from optospice.scenario.schema import MonteCarlo, Range, Value
from optospice.scenario.verdict import check_across, matches, same_value
from optospice.testbench import Testbench
from optospice.validation import first_problem

#: How many values of a sweep a message lists [1].
_SHOWN_VALUES = 12

#: Longest simulated time of a run [s]: beyond it rounding of time is coarser than an edge.
LONGEST_RUN = 1e9


@dataclass(frozen=True, slots=True)
class Run:
    """One simulation of a scenario.

    Parameters
    ----------
    id : str
        Number of the run within its scenario, ``"0001"``.
    point : mapping
        Swept keys with their values as written.
    device : Device
        Device under test.
    parameters : mapping of str to float
        Parameters that differ from the defaults, in the card's units.
    protocol : Protocol
        What is applied and measured.
    temperature : float
        Device temperature [K].
    profile : Profile
        How exact.
    seed : int or None
        Seed of its draw, where it is one of a Monte Carlo block.
    """

    id: str
    point: Mapping[str, Value]
    device: Device
    parameters: Mapping[str, float]
    protocol: Protocol
    temperature: float
    profile: Profile
    seed: int | None = None

    @property
    def is_closed_loop(self) -> bool:
        """Whether a controller acts on the run; `testbench` is what it acts on."""
        return hasattr(self.protocol, "controllers")

    def testbench(self) -> Testbench:
        """Build the testbench of this run."""
        alone = " without its controller" if self.is_closed_loop else ""
        return Testbench(
            device=self.device,
            stimuli=self.protocol.stimuli(self.device),
            duration=self.protocol.duration,
            parameters=self.parameters,
            profile=self.profile,
            temperature=self.temperature,
            title=f"optospice {self.device.name} {self.protocol.name} run {self.id}{alone}",  # type: ignore[attr-defined]
        )


def expand(loaded: LoadedScenario) -> list[Run]:
    """Give every run of a scenario, in order: the last swept key varies fastest.

    Raises
    ------
    InputError
        When a value does not fit its protocol, its device or its bounds.
    """
    scenario, where = loaded.scenario, str(loaded.file)
    axes = {key: axis_values(key, values, loaded) for key, values in scenario.sweep.items()}
    _check_metrics(loaded)
    runs: list[Run] = []
    table = _table_of(loaded)
    points = (dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values()))
    protocols: dict[tuple[Any, ...], Protocol] = {}
    devices: dict[str, Device] = {}
    for point in points:
        fixed = {key: value for key, value in point.items() if key.startswith(table)}
        cache_key = tuple(fixed.items())
        if cache_key not in protocols:
            protocols[cache_key] = build_protocol(scenario.protocol, fixed, where, table)
        name = str(point.get("device", scenario.device))
        if name not in devices:
            devices[name] = find_device(name, where)
            check_library(devices[name].text, str(devices[name].file))
        device = devices[name]
        run_parameters = {
            **scenario.parameters,
            **{k.partition(".")[2]: v for k, v in point.items() if k.startswith("parameters.")},
        }
        spelled_where = where if not point else f"{where}: run {_spell(point)}"
        resolved = device.resolve(run_parameters, spelled_where)
        changed = {key: resolved[key] for key in run_parameters}
        _check_terminals(protocols[cache_key], device, where)
        _check_length(protocols[cache_key].duration, f"{spelled_where}: {table[:-1]}")
        for parameters, seed in _draws(scenario.monte_carlo, device, changed, resolved, where):
            runs.append(
                Run(
                    id=f"{len(runs) + 1:04d}",
                    point=point,
                    device=device,
                    parameters=parameters,
                    protocol=protocols[cache_key],
                    temperature=_temperature(point, scenario.temperature, where),
                    profile=_profile(point, scenario.accuracy, where),
                    seed=seed,
                )
            )
    _check_names(loaded)
    _check_where(loaded, axes)
    check_axes(scenario, axes, devices.values(), where)
    return runs


def only_run(
    loaded: LoadedScenario, runs: Sequence[Run], run_id: str
) -> tuple[LoadedScenario, Run]:
    """Choose one run, with the targets that this run alone decides.

    Raises
    ------
    InputError
        When the scenario has no run of this id.
    """
    for run in runs:
        if run.id != run_id:
            continue
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


def axis_values(key: str, values: list[Value] | Range, loaded: LoadedScenario) -> list[Value]:
    """Give the values of one swept key as written, a range spelled out."""
    if isinstance(values, list):
        return values
    where = f"{loaded.file}: sweep.{key}"
    (start, unit), (stop, stop_unit) = (_split(end, where) for end in (values.start, values.stop))
    if unit != stop_unit:
        raise InputError(
            f"{where}: start and stop need the same unit, not {unit!r} and {stop_unit!r}"
        )
    if values.spacing == "log":
        if start <= 0 or stop <= 0:
            raise InputError(f"{where}: spacing = 'log' needs start and stop above 0")
        numbers = np.geomspace(start, stop, values.count)
    else:
        numbers = np.linspace(start, stop, values.count)
    plain = [float(f"{number:.12g}") for number in numbers]
    return list(plain) if unit == "1" else [f"{number!r} {unit}" for number in plain]


def _split(value: Value, where: str) -> tuple[float, str]:
    if isinstance(value, (int, float)):
        return float(value), "1"
    try:
        return units.split_unit(value)
    except units.UnitsError as error:
        raise InputError(f"{where}: {error}") from None


def _temperature(point: Mapping[str, Value], default: float, where: str) -> float:
    if "temperature" not in point:
        return default
    given = point["temperature"]
    try:
        kelvin = units.parse(given, "K")
    except units.UnitsError as error:
        raise InputError(f"{where}: sweep.temperature: {error}") from None
    if not kelvin > 0:
        raise InputError(f"{where}: sweep.temperature: {given!r}: must be above 0 K")
    return kelvin


def _profile(point: Mapping[str, Value], default: str, where: str) -> Profile:
    try:
        return find_profile(str(point.get("accuracy", default)))
    except InputError as error:
        raise InputError(f"{where}: sweep.accuracy: {error}") from None


def _spell(point: Mapping[str, Value]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in point.items())


def _check_terminals(protocol: Protocol, device: Device, where: str) -> None:
    try:
        protocol.stimuli(device)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _check_length(duration: float, where: str) -> None:
    if not duration <= LONGEST_RUN:
        raise InputError(
            f"{where}: would simulate {duration:.3g} s; accepted: up to {LONGEST_RUN:.0e} s "
            "(thirty years)"
        )


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


def _check_where(loaded: LoadedScenario, axes: Mapping[str, list[Value]]) -> None:
    """Every value by which a target names its runs is one that the sweep takes."""
    for index, target in enumerate(loaded.scenario.targets):
        for key, wanted in target.where.items():
            if f"sweep.{key}" in loaded.overrides:
                continue  # another sweep than the published one: the target goes without a run
            if not any(same_value(value, wanted) for value in axes[key]):
                taken = ", ".join(map(str, axes[key][:_SHOWN_VALUES]))
                more = ", …" if len(axes[key]) > _SHOWN_VALUES else ""
                raise InputError(
                    f"{loaded.file}: targets[{index}].where: {key} = {wanted!r}: the sweep does "
                    f"not take this value; accepted: {taken}{more}"
                )


def _draws(
    block: MonteCarlo | None,
    device: Device,
    changed: Mapping[str, float],
    resolved: Mapping[str, float],
    where: str,
) -> Iterator[tuple[dict[str, float], int | None]]:
    """Give the parameters of every draw; a draw beyond the card's bounds is held at them."""
    if block is None:
        yield dict(changed), None
        return
    for name in block.parameters:
        if name not in device.card.parameters:
            raise InputError(
                f"{where}: monte_carlo.parameters.{name}: device {device.name!r} has no such "
                f"parameter; {close_matches(name, device.card.parameters)}"
            )
    for number in range(block.runs):
        generator = np.random.default_rng([block.seed, number])
        drawn = dict(changed)
        for name, draw in block.parameters.items():
            centre = resolved[name]
            if draw.distribution == "lognormal":
                value = centre * np.exp(generator.normal(0.0, np.log1p(draw.spread)))
            elif draw.distribution == "normal":
                value = centre * (1 + generator.normal(0.0, draw.spread))
            else:
                value = centre * (1 + generator.uniform(-draw.spread, draw.spread))
            low, high = device.card.parameters[name].limits
            drawn[name] = float(min(max(value, low), high))
        yield drawn, number
