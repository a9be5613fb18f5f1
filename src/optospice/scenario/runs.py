"""The runs of a scenario: each is made when it is asked for, from the values of the axes."""

from __future__ import annotations

import math
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
from optospice.scenario.axes import codes
from optospice.scenario.draws import Drawn
from optospice.scenario.load import set_dotted
from optospice.scenario.monte_carlo import MonteCarlo
from optospice.scenario.schema import SURROUNDINGS
from optospice.scenario.surroundings import Surroundings, read_surroundings
from optospice.scenario.validity import limits_left
from optospice.testbench import Testbench
from optospice.validation import Value

_NOTHING = Surroundings()


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
    axes : mapping of str to sequence
        Values of each swept key as written; the last key varies fastest.
    devices : mapping of str to Device
        Devices by name; the first stands where none is swept.
    protocols : mapping of tuple of int to Experiment
        Protocols by the numbers that `codes` gives the values of `protocol_keys`.
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

    axes: Mapping[str, Sequence[Value]]
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
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._draws = plan.draws.runs if plan.draws else 1
        self._length = self._draws * math.prod(map(len, plan.axes.values()))
        self._codes = {key: codes(plan.axes[key]) for key in plan.protocol_keys}
        self._made: dict[int, Run] = {}
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
        if run is None:  # kept from now on: reports ask for every run many times
            run = self._made[places] = self._make(places)
        return run

    def starts(self) -> NDArray[np.int64]:
        """Places at which more than the parameters of the device differs from the run before."""
        plan = self._plan
        kinds = np.zeros(1, np.int64)
        for key, values in plan.axes.items():
            same = key.startswith("parameters.")
            numbers = np.zeros(len(values), np.int64) if same else self._codes.get(key)
            if numbers is None:
                numbers = codes(values)
            kinds = (kinds[:, None] * len(values) + numbers).ravel()
        changes = np.flatnonzero(np.diff(kinds)) + 1
        return np.concatenate([np.zeros(1, np.int64), changes]) * self._draws

    def _make(self, place: int) -> Run:
        plan = self._plan
        rest, number = divmod(place, self._draws)
        places: dict[str, int] = {}
        for key in reversed(list(plan.axes)):
            rest, places[key] = divmod(rest, len(plan.axes[key]))
        point = {key: values[places[key]] for key, values in plan.axes.items()}
        device = plan.devices[str(point.get("device", next(iter(plan.devices))))]
        given = parameters_at(plan.parameters, point)
        resolved = device.resolve(given)
        parameters = {key: resolved[key] for key in given}
        if self._drawn is not None:
            parameters.update(self._drawn.at(number, device, resolved))
        swept = point.get("temperature")
        temperature = plan.temperature if swept is None else units.parse(swept, "K")
        combination = tuple(int(self._codes[key][places[key]]) for key in plan.protocol_keys)
        protocol = plan.protocols[combination]
        around = surroundings_at(plan.surroundings, point)
        outside: tuple[str, ...] = ()
        if plan.marks:
            outside = limits_left(protocol, device, around.stimuli(protocol, device))
            outside += tuple(outside_in_temperature(device, temperature))
        return Run(
            id=f"{place + 1:04d}",
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
