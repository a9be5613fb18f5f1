"""The runs of a scenario: each is made when it is asked for, from the values of the axes."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from optospice import units
from optospice.accuracy import Profile, find_profile
from optospice.device import Device
from optospice.device.valid import outside_in_temperature
from optospice.ngspice.bench_analyses import analysis_netlist
from optospice.protocols import Experiment
from optospice.protocols.analyses.base import AnalysisExperiment
from optospice.scenario.axes import Axis, Numbers, dense, taking
from optospice.scenario.draws import Drawn, draw_matrix
from optospice.scenario.load import set_dotted
from optospice.scenario.monte_carlo import MonteCarlo
from optospice.scenario.surroundings import Surroundings, read_surroundings
from optospice.scenario.validity import limits_left
from optospice.scenario.variation import SURROUNDINGS
from optospice.testbench import Testbench
from optospice.validation import Value

FloatArray = NDArray[np.float64]

_NOTHING = Surroundings()
#: Runs that are kept once they are made [1]: reports ask for every run many times.
_KEPT_RUNS = 4096


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
    protocol : Experiment
        What is applied and measured.
    temperature : float
        Device temperature [K].
    profile : Profile
        How exact.
    draw : int or None
        Number of its draw, where it is one of a Monte Carlo block.
    surroundings : Surroundings
        Biases, loads and programmed states.
    outside : tuple of str
        Which limits of the device's valid range it leaves, where the scenario extrapolates.
    """

    id: str
    point: Mapping[str, Value]
    device: Device
    parameters: Mapping[str, float]
    protocol: Experiment
    temperature: float
    profile: Profile
    draw: int | None = None
    surroundings: Surroundings = _NOTHING
    outside: tuple[str, ...] = ()

    @property
    def is_closed_loop(self) -> bool:
        """Whether a controller acts on the run; `testbench` is what it acts on."""
        return self.protocol.kind == "closed loop"

    def testbench(self) -> Testbench:
        """Build the testbench of this run."""
        alone = " without its controller" if self.is_closed_loop else ""
        return Testbench(
            device=self.device,
            stimuli=self.surroundings.stimuli(self.protocol, self.device),
            duration=self.protocol.duration or 1.0,  # of an analysis no time passes
            parameters=self.parameters,
            profile=self.profile,
            temperature=self.temperature,
            initial=self.surroundings.initial,
            loads=self.surroundings.load,
            title=f"optospice {self.device.name} {self.protocol.name} run {self.id}{alone}",
        )

    def netlist(self) -> str:
        """Write the circuit with its analysis; ``ngspice -b`` runs it as it stands."""
        bench = self.testbench()
        if isinstance(self.protocol, AnalysisExperiment):
            return analysis_netlist(bench, self.protocol.analysis(self.device))
        return bench.netlist()


@dataclass(frozen=True)
class Plan:
    """What the runs of a scenario are made of; all of it has been found fit.

    Parameters
    ----------
    axes : sequence of Axis
        Swept keys with their values as written; the last axis varies fastest.
    devices : mapping of str to Device
        Devices by name; the first stands where none is swept.
    protocols : mapping of tuple of int to Experiment
        Protocols by the numbers that `Axis.numbered` gives the rows of every axis for the keys
        in `protocol_keys`.
    protocol_keys : sequence of str
        Swept keys that change the protocol.
    parameters : mapping
        Parameters of the scenario itself, as written.
    surroundings : mapping of str to mapping
        Tables of what surrounds the device, as written.
    temperature : float
        Temperature where none is swept [K].
    accuracy : str
        Profile where none is swept.
    draws : MonteCarlo or None
        Random variation, at every point.
    marks : bool
        Whether runs outside the valid range are told apart.
    """

    axes: Sequence[Axis]
    devices: Mapping[str, Device]
    protocols: Mapping[tuple[int, ...], Experiment]
    protocol_keys: Sequence[str]
    parameters: Mapping[str, Value]
    surroundings: Mapping[str, Mapping[str, Value]]
    temperature: float
    accuracy: str
    draws: MonteCarlo | None
    marks: bool = False


class Runs(Sequence[Run]):
    """Runs in order, made from a plan when they are asked for.

    Parameters
    ----------
    plan : Plan
        What they are made of.

    Attributes
    ----------
    draws : int
        Runs at every point of the sweep, side by side [1].
    are_drawn : bool
        Whether these are random draws.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.draws = plan.draws.runs if plan.draws else 1
        self.are_drawn = plan.draws is not None
        self._shape = tuple(map(len, plan.axes))
        self._length = self.draws * math.prod(self._shape)
        self._numbers = [axis.numbered(plan.protocol_keys) for axis in plan.axes]
        self._made: OrderedDict[int, Run] = OrderedDict()
        self._point: tuple[int, Device, Mapping[str, Value]] | None = None
        self._drawn = Drawn(plan.draws) if plan.draws else None

    def __len__(self) -> int:
        """Count the runs."""
        return self._length

    @overload
    def __getitem__(self, index: int) -> Run: ...
    @overload
    def __getitem__(self, index: slice) -> list[Run]: ...

    def __getitem__(self, index: int | slice) -> Run | list[Run]:
        """Make a run, or a list of some."""
        places = range(self._length)[index]
        if isinstance(places, range):
            return [self[place] for place in places]
        run = self._made.get(places)
        if run is None:
            run = self._made[places] = self._make(places)
            if len(self._made) > _KEPT_RUNS:
                self._made.popitem(last=False)
        else:
            self._made.move_to_end(places)
        return run

    def kinds(self) -> NDArray[np.int64]:
        """Number the runs so that those which differ in device parameters only agree.

        Returns
        -------
        ndarray of int, shape (runs,)
            The number says nothing by itself; equal ones are of one kind, wherever the runs
            stand and however their values are written [1].
        """
        plan = self._plan
        others = np.zeros(self._shape, np.int64)
        for number, axis in enumerate(plan.axes):
            keys = [key for key in axis.columns if not key.startswith("parameters.")]
            other = axis.numbered(key for key in keys if key not in plan.protocol_keys)
            others = others * (int(other.max()) + 1) + _along(other, number, self._shape)
        protocols = self._distinct_protocols()
        which = protocols[np.ix_(*self._numbers)] if self._numbers else protocols
        points = dense((others * (int(which.max()) + 1) + which).ravel())
        kinds = np.repeat(points, self.draws)
        if next(iter(plan.protocols.values())).kind == "closed loop":  # each draw seeds its own
            kinds = kinds * self.draws + np.tile(np.arange(self.draws), points.size)
        return kinds

    @property
    def are_marked(self) -> bool:
        """Whether runs may say which limits of the device's valid range they leave."""
        return self._plan.marks

    def id_at(self, place: int) -> str:
        """Give the number of the run at a place as it is written."""
        return f"{place + 1:04d}"

    def point_at(self, place: int) -> tuple[Device, Mapping[str, Value]]:
        """Give the device and the point of a run without making it; draws share their point."""
        number = place // self.draws
        if self._point is None or self._point[0] != number:
            rows, _ = self._rows(place)
            self._point = number, self._device_at(place), self._point_of(rows)
        return self._point[1], self._point[2]

    def _point_of(self, rows: Sequence[int]) -> dict[str, Value]:
        point: dict[str, Value] = {}
        for axis, row in zip(self._plan.axes, rows, strict=True):
            point.update(axis.row(row))
        return point

    def count(self, where: Mapping[str, Value]) -> int:
        """Count the runs whose swept keys have some values, however these are written [1]."""
        number = self.draws
        for axis in self._plan.axes:
            taken = np.ones(len(axis), np.bool_)
            for key in axis.columns:
                if key in where:
                    taken &= taking(axis.columns[key], where[key])
            number *= int(taken.sum())
        return number

    def parameter_matrix(self, places: NDArray[np.int64]) -> tuple[tuple[str, ...], FloatArray]:
        """Give what `Run.parameters` of many runs of one kind holds, without making the runs.

        Parameters
        ----------
        places : ndarray of int, shape (n,)
            Places of the runs.

        Returns
        -------
        names : tuple of str
            Names of the parameters, in the order of `Run.parameters`.
        values : ndarray, shape (n, names)
            Their values, in the card's units.
        """
        plan = self._plan
        rest, numbers = np.divmod(places, self.draws)
        rows = np.unravel_index(rest, self._shape) if self._shape else ()
        device = self._device_at(int(places[0]))
        swept = {key for axis in plan.axes for key in axis.columns}
        fixed = {k: v for k, v in plan.parameters.items() if f"parameters.{k}" not in swept}
        resolved = device.resolve(fixed)
        # in the order of a run's own; what is swept is filled in below
        columns = {name: np.full(places.size, resolved[name]) for name in plan.parameters}
        for axis, row in zip(plan.axes, rows, strict=True):
            for key, values in axis.columns.items():
                table, _, name = key.partition(".")
                if table == "parameters":
                    columns[name] = _resolved(device, name, values, row)
        if plan.draws is not None:
            columns.update(_drawn(plan.draws, numbers, device, {**resolved, **columns}))
        matrix = np.empty((places.size, len(columns)))
        for place, column in enumerate(columns.values()):
            matrix[:, place] = column
        return tuple(columns), matrix

    def _distinct_protocols(self) -> NDArray[np.int64]:
        """Number the protocols of all combinations, equal ones alike."""
        plan = self._plan
        distinct: dict[str, list[tuple[Experiment, int]]] = {}
        shape = tuple(int(numbers.max()) + 1 for numbers in self._numbers)
        found, count = np.zeros(shape, np.int64), 0
        for place, protocol in plan.protocols.items():
            alike = distinct.setdefault(repr(protocol), [])
            number = next((n for other, n in alike if other == protocol), None)
            if number is None:
                number, count = count, count + 1
                alike.append((protocol, number))
            found[place] = number
        return found

    def _rows(self, place: int) -> tuple[list[int], int]:
        """Give the row of every axis, and the number of the draw."""
        rest, number = divmod(place, self.draws)
        rows = []
        for length in reversed(self._shape):
            rest, row = divmod(rest, length)
            rows.append(row)
        return rows[::-1], number

    def _device_at(self, place: int) -> Device:
        plan, (rows, _) = self._plan, self._rows(place)
        for axis, row in zip(plan.axes, rows, strict=True):
            if "device" in axis.columns:
                return plan.devices[str(axis.columns["device"][row])]
        return next(iter(plan.devices.values()))

    def _make(self, place: int) -> Run:
        plan = self._plan
        rows, number = self._rows(place)
        point = self._point_of(rows)
        device = self._device_at(place)
        given = parameters_at(plan.parameters, point)
        resolved = device.resolve(given)
        parameters = {key: resolved[key] for key in given}
        if self._drawn is not None:
            parameters.update(self._drawn.at(number, device, resolved))
        swept = point.get("temperature")
        temperature = plan.temperature if swept is None else units.parse(swept, "K")
        combination = tuple(int(n[row]) for n, row in zip(self._numbers, rows, strict=True))
        protocol = plan.protocols[combination]
        around = surroundings_at(plan.surroundings, point)
        outside: tuple[str, ...] = ()
        if plan.marks:
            outside = limits_left(protocol, device, around.stimuli(protocol, device))
            outside += tuple(outside_in_temperature(device, temperature))
        return Run(
            id=self.id_at(place),
            point=point,
            device=device,
            parameters=parameters,
            protocol=protocol,
            temperature=temperature,
            profile=find_profile(str(point.get("accuracy", plan.accuracy))),
            draw=None if plan.draws is None else number,
            surroundings=around,
            outside=outside,
        )


def _along(numbers: NDArray[np.int64], axis: int, shape: Sequence[int]) -> NDArray[np.int64]:
    """Lay the numbers of one axis along it in an array of all axes."""
    return numbers.reshape([-1 if place == axis else 1 for place in range(len(shape))])


def _resolved(
    device: Device, name: str, values: Sequence[Value], rows: NDArray[np.int64]
) -> FloatArray:
    """Read the values of a parameter in some rows of its axis, each of them once."""
    needed, inverse = np.unique(rows, return_inverse=True)
    if isinstance(values, Numbers):  # a bare number is in the card's own unit
        unit = device.card.parameters[name].unit
        numbers = values.in_unit(needed, values.unit if values.unit == "1" else unit)
    else:
        numbers = np.array([device.resolve({name: values[row]})[name] for row in needed.tolist()])
    found: FloatArray = numbers[inverse.reshape(-1)]
    return found


def _drawn(
    block: MonteCarlo,
    numbers: NDArray[np.int64],
    device: Device,
    centres: Mapping[str, float | FloatArray],
) -> dict[str, FloatArray]:
    """Give the random parameters of some draws, each around what its run has without them."""
    around = np.column_stack([np.broadcast_to(centres[n], numbers.shape) for n in block.names])
    groups, which = np.unique(around, axis=0, return_inverse=True)
    found = np.empty(around.shape)
    for place, group in enumerate(groups):
        own = np.flatnonzero(which.reshape(-1) == place) if len(groups) > 1 else slice(None)
        resolved = {**device.defaults, **dict(zip(block.names, group.tolist(), strict=True))}
        names, found[own] = draw_matrix(block, numbers[own], device, resolved)
    return dict(zip(names, found.T, strict=True))


def parameters_at(own: Mapping[str, Value], point: Mapping[str, Value]) -> dict[str, Value]:
    """Give the parameters of a point as written: the scenario's own, then what it sweeps."""
    swept = {k.partition(".")[2]: v for k, v in point.items() if k.startswith("parameters.")}
    return {**own, **swept}


def surroundings_at(
    own: Mapping[str, Mapping[str, Value]], point: Mapping[str, Value], where: str = ""
) -> Surroundings:
    """Give what surrounds the device at a point: the scenario's own, then what it sweeps."""
    swept = {key: value for key, value in point.items() if key.partition(".")[0] in SURROUNDINGS}
    if not swept and not any(own.values()):
        return _NOTHING
    return read_surroundings(set_dotted(own, swept), where)
