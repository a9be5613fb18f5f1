"""Whether everything that a sweep does to a device can be, before anything runs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from optospice import units
from optospice.device import Device
from optospice.device.valid import outside_in_temperature, refusal
from optospice.errors import InputError, close_matches
from optospice.light import Illumination
from optospice.protocols import Experiment
from optospice.scenario.axes import Axis, check_bounded, columns_of, deciding
from optospice.scenario.draws import check_draws
from optospice.scenario.load import LoadedScenario
from optospice.scenario.runs import parameters_at, surroundings_at
from optospice.scenario.schema import Scenario
from optospice.scenario.surroundings import Surroundings, check_surroundings
from optospice.scenario.validity import limits_left
from optospice.scenario.variation import SURROUNDINGS
from optospice.stimulus import Stimulus
from optospice.texts import one_line
from optospice.validation import Value

#: Most protocols of a sweep [1]: each is built and checked before anything runs.
MOST_PROTOCOLS = 50_000
#: Rows of keys that move together which are checked one by one [1]; of more only the ends of each
#: key are.
_MOST_ROWS = 10_000

Protocols = Mapping[tuple[int, ...], Experiment]


@dataclass(frozen=True)
class DeviceCheck:
    """What a scenario does to one device.

    Parameters
    ----------
    loaded : LoadedScenario
        The scenario.
    device : Device
        One of its devices.
    axes : sequence of Axis
        Its axes with the rows of this device alone.
    protocols : mapping of tuple of int to Experiment
        Protocols of this device.
    written : mapping of tuple of int to mapping
        Values of the swept keys that make each of these.
    refuses : bool
        Whether runs outside the device's valid range are refused.
    """

    loaded: LoadedScenario
    device: Device
    axes: Sequence[Axis]
    protocols: Protocols
    written: Mapping[tuple[int, ...], Mapping[str, Value]]
    refuses: bool

    @cached_property
    def first(self) -> dict[str, Value]:
        """Swept keys with the values of the first run."""
        return {key: value for axis in self.axes for key, value in axis.row(0).items()}

    @property
    def where(self) -> str:
        """The file, for messages."""
        return str(self.loaded.file)

    def run(self) -> None:
        """Check parameters, surroundings, protocols, lights and temperatures.

        Raises
        ------
        InputError
            For the first thing that does not fit the device, or leaves the range in which it is
            valid where that is refused.
        """
        self._parameters()
        self._surroundings()
        around = surroundings_at(surrounding_tables(self.loaded.scenario), self.first, self.where)
        for place, protocol in self.protocols.items():
            stimuli = _stimuli(protocol, self.device, around, self.where)
            _check_response(protocol, self.device, around, stimuli, self.where)
            self._limits(protocol, stimuli, {**self.first, **self.written[place]})
        if self.refuses:
            self._lights_together()
            self._temperatures()

    def _limits(
        self,
        protocol: Experiment,
        stimuli: Mapping[str, Stimulus | Illumination],
        at: Mapping[str, Value],
    ) -> None:
        """Refuse a run outside the valid range."""
        reasons = limits_left(protocol, self.device, stimuli) if self.refuses else ()
        if reasons:
            raise InputError(f"{at_point(at, self.where)}: {refusal(self.device, reasons)}")

    def _parameters(self) -> None:
        """Every parameter that is given, swept or drawn is one of the device, within its bounds."""
        first, where = self.first, self.where
        own = parameters_at(self.loaded.scenario.parameters, first)
        block = self.loaded.scenario.monte_carlo
        resolved = self.device.resolve(own, at_point(first, where))
        if block is not None:
            check_draws(block, self.device, resolved, where)
        for key, values in columns_of(self.axes).items():
            if not key.startswith("parameters."):
                continue

            def check(value: Value, key: str = key) -> None:
                at = at_point({**first, key: value}, where)
                changed = self.device.resolve({**own, key.partition(".")[2]: value}, at)
                if block is not None:
                    check_draws(block, self.device, changed, at)

            check_bounded(values, check)

    def _surroundings(self) -> None:
        """Every bias, load, light and initial state is one that the device has, and can be."""
        tables = surrounding_tables(self.loaded.scenario)
        experiment = next(iter(self.protocols.values()))
        around = surroundings_at(tables, self.first, self.where)
        check_surroundings(around, self.device, experiment, self.where)

        def check(change: Mapping[str, Value]) -> None:
            point = {**self.first, **change}
            here = at_point(point, self.where)
            around = surroundings_at(tables, point, here)
            check_surroundings(around, self.device, experiment, here)
            self._limits(experiment, _stimuli(experiment, self.device, around, here), point)

        for axis in self.axes:
            keys = [key for key in axis.columns if key.partition(".")[0] in SURROUNDINGS]
            if len(keys) > 1 and len(axis) <= _MOST_ROWS:  # they may fit together alone
                for row in axis.rows(keys):
                    check(row)
            else:
                for key in keys:
                    check_bounded(axis.columns[key], lambda value, key=key: check({key: value}))  # type: ignore[misc]

    def _lights_together(self) -> None:
        """Lights add up, so that each may be within the valid range and two of them outside it."""
        choices = [list(_deciding_rows(axis)) for axis in self.axes]
        count = math.prod(map(len, choices)) * len(self.protocols)
        if not any(key.startswith("lights.") for key in self.first):
            return
        if count > MOST_PROTOCOLS:
            raise InputError(
                f"{self.where}: sweep: {count:,} combinations of lights and protocols to hold "
                f"against the valid range; accepted: up to {MOST_PROTOCOLS:,}, or --extrapolate"
            )
        tables = surrounding_tables(self.loaded.scenario)
        for rows in itertools.product(*choices):
            point = {**self.first, **{key: value for row in rows for key, value in row.items()}}
            around = surroundings_at(tables, point, at_point(point, self.where))
            for place, protocol in self.protocols.items():
                stimuli = _stimuli(protocol, self.device, around, self.where)
                self._limits(protocol, stimuli, {**point, **self.written[place]})

    def _temperatures(self) -> None:
        def check(given: Value) -> None:
            kelvin = units.parse(given, "K") if isinstance(given, str) else float(given)
            reasons = outside_in_temperature(self.device, kelvin)
            if reasons:
                is_swept = "temperature" in self.first
                at = {**self.first, "temperature": given} if is_swept else self.first
                raise InputError(f"{at_point(at, self.where)}: {refusal(self.device, reasons)}")

        own: Sequence[Value] = [self.loaded.scenario.temperature]
        check_bounded(columns_of(self.axes).get("temperature", own), check)


def _deciding_rows(axis: Axis) -> Iterator[dict[str, Value]]:
    """Give the values of an axis's lights that decide what lies within bounds."""
    keys = [key for key in axis.columns if key.startswith("lights.")]
    if len(keys) == 1:
        yield from ({keys[0]: value} for value in deciding(keys[0], axis.columns[keys[0]]))
    else:
        yield from axis.rows(keys)


def surrounding_tables(scenario: Scenario) -> dict[str, dict[str, Value]]:
    """Give the tables of what surrounds the device, as written."""
    return {table: getattr(scenario, table) for table in SURROUNDINGS}


def at_point(point: Mapping[str, Value], where: str) -> str:
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
