"""From a scenario to its runs: one per point of the sweep and draw of the Monte Carlo block."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from optospice.assembly import assembled
from optospice.device import Device, find_device
from optospice.errors import InputError
from optospice.netlist.guard import check_library
from optospice.protocols import Experiment
from optospice.scenario.axes import Axis, axis_values, columns_of
from optospice.scenario.checks import check_levels, check_names, check_where
from optospice.scenario.designs import corner_axis, design_axis
from optospice.scenario.device_checks import (
    MOST_PROTOCOLS,
    DeviceCheck,
    at_point,
    surrounding_tables,
)
from optospice.scenario.experiments import build_experiment
from optospice.scenario.load import LoadedScenario
from optospice.scenario.metric_names import check_metrics
from optospice.scenario.order import check_axes
from optospice.scenario.points import matches
from optospice.scenario.runs import Plan, Run, Runs
from optospice.scenario.schema import Scenario
from optospice.scenario.variation import MOST_RUNS, MOST_RUNS_WITH_YES
from optospice.validation import Value

#: Longest simulated time of a run [s]: beyond it rounding of time is coarser than an edge.
LONGEST_RUN = 1e9


def expand(loaded: LoadedScenario, explores: bool = False, most: int = MOST_RUNS) -> Runs:
    """Give every run of a scenario, in order: the last axis varies fastest, then the draws.

    Every value of every axis is checked here; the runs are made when they are asked for.

    Parameters
    ----------
    loaded : LoadedScenario
        The scenario.
    explores : bool
        Whether the runs may leave the device's valid range without being marked, as those of a
        fit do.
    most : int
        Most runs that are accepted [1].

    Raises
    ------
    InputError
        When a value does not fit its protocol, its device or its bounds, a run would leave
        the range in which its device is valid and the scenario does not extrapolate, or there
        are too many runs.
    """
    scenario, where = loaded.scenario, str(loaded.file)
    if scenario.run_count > most:
        raise InputError(
            f"{where}: sweep and monte_carlo: {scenario.run_count:,} runs; accepted: up to "
            f"{most:,}, or up to {MOST_RUNS_WITH_YES:,} with --yes"
        )
    groups = axes_of(scenario, where)
    axes = columns_of(groups)
    swept = [key for key in axes if key.startswith(f"{scenario.experiment_table}.")]
    protocols, written = _protocols(loaded, groups, swept)
    check_levels(loaded, axes)
    check_metrics(loaded, next(iter(protocols.values())))
    devices: dict[str, Device] = {}
    marks = scenario.extrapolate and not explores
    for name in dict.fromkeys(map(str, axes.get("device", [scenario.device]))):
        device = devices[name] = device_of(loaded, name)
        check_library(device.text, str(device.file))
        own = [axis.of_device(name) for axis in groups]
        there = [set(axis.numbered(swept)[axis.rows_of_device(name)].tolist()) for axis in groups]
        taken = {
            place: protocol
            for place, protocol in protocols.items()
            if all(number in numbers for number, numbers in zip(place, there, strict=True))
        }
        DeviceCheck(loaded, device, own, taken, written, not (explores or marks)).run()
    check_names(loaded)
    check_where(loaded, axes)
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


def axes_of(scenario: Scenario, where: str) -> list[Axis]:
    """Give the axes of a scenario: of its sweep, keys that move together, corners and design.

    Raises
    ------
    InputError
        When a value is no finite number, or a design cannot be laid.
    """
    axes = [
        Axis({key: axis_values(values, f"{where}: sweep.{key}")})
        for key, values in scenario.sweep.items()
    ]
    axes += [
        Axis({key: axis_values(v, f"{where}: zip[{index}].{key}") for key, v in group.items()})
        for index, group in enumerate(scenario.zip)
    ]
    if scenario.corners:
        axes.append(corner_axis(scenario.corners))
    if scenario.design is not None:
        axes.append(design_axis(scenario.design, where))
    return axes


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


def _protocols(
    loaded: LoadedScenario, groups: Sequence[Axis], swept: Sequence[str]
) -> tuple[dict[tuple[int, ...], Experiment], dict[tuple[int, ...], dict[str, Value]]]:
    """Build the protocol of every combination of the values that change it, by their numbers.

    The second mapping holds these values as written.
    """
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
            [(int(numbers[n]), {key: axis.columns[key][n] for key in own}) for n in rows]
        )
    first = {key: value for axis in groups for key, value in axis.row(0).items()}
    protocols: dict[tuple[int, ...], Experiment] = {}
    written: dict[tuple[int, ...], dict[str, Value]] = {}
    for values in itertools.product(*choices):
        place = tuple(number for number, _ in values)
        fixed = written[place] = {key: value for _, row in values for key, value in row.items()}
        protocol = build_experiment(table, scenario.experiment, fixed, where)
        if not protocol.duration <= LONGEST_RUN:
            raise InputError(
                f"{at_point({**first, **fixed}, where)}: {table}: would simulate "
                f"{protocol.duration:.3g} s; accepted: up to {LONGEST_RUN:.0e} s (thirty years)"
            )
        protocols[place] = protocol
    return protocols, written


def only_run(loaded: LoadedScenario, runs: Runs, run_id: str) -> tuple[LoadedScenario, Run]:
    """Choose one run, with the targets that this run alone decides.

    Raises
    ------
    InputError
        When the scenario has no run of this id.
    """
    place = int(run_id) - 1 if len(run_id) < 10 and run_id.isdecimal() else -1
    if 0 <= place < len(runs) and runs[place].id == run_id:
        run = runs[place]
        alike = {"device": run.device.name} if "device" in run.point else {}
        own = [
            target
            for target in loaded.scenario.targets
            if target.shape is None
            and matches(run.point, target.where)
            and runs.count({**alike, **target.where}) == 1
            and target.metric in run.protocol.metric_names()
        ]
        scenario = loaded.scenario.model_copy(
            update={"targets": own, "across": [], "statistics": []}
        )
        return replace(loaded, scenario=scenario), run
    raise InputError(
        f"--run {run_id!r}: scenario {loaded.name!r} has the runs {runs[0].id} to {runs[-1].id}"
    )
