"""What is fitted to what: free parameters, runs, and the numbers that they are held against."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from optospice import units
from optospice.calibration.measurement import Measurement
from optospice.calibration.nuisance import NUISANCES
from optospice.device import Device
from optospice.errors import InputError, close_matches
from optospice.scenario.expand import expand
from optospice.scenario.load import LoadedScenario, load_scenario
from optospice.scenario.runs import Run
from optospice.scenario.schema import Target


@dataclass(frozen=True)
class FreeParameter:
    """A parameter that the fit may move, and the coordinate in which it moves.

    The coordinate counts relative changes: the logarithm of the value where the card's
    bounds are above zero, else the value in units of its start.

    Parameters
    ----------
    name, unit : str
        As in the card.
    start, low, high : float
        First value and the card's bounds, in `unit`.
    log : bool
        Whether the coordinate is logarithmic.
    log_scale : bool
        Whether the interval is one of the logarithm, as the card says.
    """

    name: str
    unit: str
    start: float
    low: float
    high: float
    log: bool
    log_scale: bool = False

    @property
    def size(self) -> float:
        """Change of the value that counts as 100 % [`unit`], for a linear coordinate."""
        return abs(self.start) if self.start else 0.1 * (self.high - self.low)

    def coordinate(self, value: float) -> float:
        """Give the coordinate of a value."""
        return math.log(value) if self.log else value / self.size

    def value(self, coordinate: float) -> float:
        """Give the value at a coordinate, within the card's bounds."""
        value = math.exp(coordinate) if self.log else coordinate * self.size
        return self.bounded(value)

    def bounded(self, value: float) -> float:
        """Give the value, or the bound of the card that it is beyond."""
        return min(max(value, self.low), self.high)

    def interval(self, value: float, width: float) -> tuple[float, float]:
        """Give the ends of an interval, so many times 100 % to both sides [`unit`]."""
        if self.log_scale:
            return self.bounded(value / math.exp(width)), self.bounded(value * math.exp(width))
        reach = width * (abs(value) or self.size)
        return self.bounded(value - reach), self.bounded(value + reach)


@dataclass(frozen=True)
class Experiment:
    """One scenario of the fit with its runs, its targets and the records that belong to them.

    Parameters
    ----------
    loaded : LoadedScenario
        The scenario.
    runs : sequence of Run
        What has to be simulated for it.
    targets : sequence of Target
        Numbers and bounds that are fitted; empty where waveforms are.
    measurements : mapping of str to Measurement
        Measured waveforms by run.
    """

    loaded: LoadedScenario
    runs: Sequence[Run]
    targets: Sequence[Target]
    measurements: Mapping[str, Measurement]


@dataclass(frozen=True)
class Problem:
    """A device, its free parameters and the experiments that decide them.

    Parameters
    ----------
    device : Device
        What is fitted.
    free : sequence of FreeParameter
        Its free parameters.
    experiments : sequence of Experiment
        What they are fitted to.
    kinds : sequence of {"offset", "drift"}
        What is free in every record besides.
    """

    device: Device
    free: Sequence[FreeParameter]
    experiments: Sequence[Experiment]
    kinds: Sequence[str] = ()

    @property
    def nuisances(self) -> list[tuple[str, Measurement, str]]:
        """Label, record and kind of each free offset and drift, in their order."""
        return [
            (label_of(record, run), record, kind)
            for one in self.experiments
            for run, record in one.measurements.items()
            for kind in self.kinds
        ]

    @property
    def names(self) -> list[str]:
        """Names of the free parameters."""
        return [parameter.name for parameter in self.free]


def build(
    scenarios: Sequence[str],
    free: Sequence[str],
    starts: Sequence[str] = (),
    measurements: Sequence[Measurement] = (),
    device: str | None = None,
) -> Problem:
    """Read scenarios and options; everything that can be wrong is found here.

    Parameters
    ----------
    scenarios : sequence of str
        Names or files.
    free : sequence of str
        Parameters to fit; ``"offset"`` and ``"drift"`` are those of every record, unless the
        device has a parameter of that name.
    starts : sequence of str
        ``PARAM=VALUE``.
    measurements : sequence of Measurement
        Measured waveforms; a scenario that has one is fitted to it, not to its targets.
    device : str, optional
        Device in place of the scenarios' own.

    Raises
    ------
    InputError
        For anything that cannot be used.
    """
    settings = [] if device is None else [f"device={device!r}"]
    loaded = [load_scenario(name, settings) for name in dict.fromkeys(scenarios)]
    expanded = [expand(one, explores=True) for one in loaded]
    _check_scenarios(loaded, expanded)
    the_device = expanded[0][0].device
    if device is None and len({one.scenario.device for one in loaded}) > 1:
        spelled = ", ".join(f"{one.name} ({one.scenario.device})" for one in loaded)
        raise InputError(f"the scenarios name several devices: {spelled}; accepted: --device NAME")
    owners = [_owner(measurement, loaded, expanded) for measurement in measurements]
    experiments = []
    for index, (one, runs) in enumerate(zip(loaded, expanded, strict=True)):
        own = {
            run: record
            for record, (which, run) in zip(measurements, owners, strict=True)
            if which == index
        }
        targets = [] if own else _numeric(one, the_device.name)
        chosen = [run for run in runs if run.id in own] if own else runs
        experiments.append(Experiment(one, chosen, targets, own))
    if not any(one.targets or one.measurements for one in experiments):
        raise InputError(
            f"{', '.join(one.name for one in loaded)}: no numeric target for device "
            f"{the_device.name!r} (shapes are not fitted); accepted: a scenario with published, "
            "at_least or at_most, or --data FILE.csv"
        )
    kinds = [name for name in NUISANCES if name in free and name not in the_device.defaults]
    if kinds and not measurements:
        raise InputError(
            f"--free {kinds[0]!r}: is free in a record; accepted: with --data FILE.csv"
        )
    names = [name for name in free if name not in kinds]
    return Problem(the_device, _free(the_device, names, starts, loaded), experiments, kinds)


def label_of(record: Measurement, run: str) -> str:
    """Name a record in tables and sentences."""
    return f"{record.file.name} (run {run})"


def _check_scenarios(loaded: Sequence[LoadedScenario], expanded: Sequence[Sequence[Run]]) -> None:
    for one, runs in zip(loaded, expanded, strict=True):
        if one.scenario.monte_carlo is not None:
            raise InputError(f"{one.file}: monte_carlo: random draws cannot be fitted to")
        if len({run.device.name for run in runs}) > 1 or "device" in one.scenario.swept:
            raise InputError(f"{one.file}: sweep.device: a fit is of one device")


def _numeric(loaded: LoadedScenario, device: str) -> list[Target]:
    return [
        target
        for target in loaded.scenario.targets
        if target.shape is None and (not target.devices or device in target.devices)
    ]


def _owner(
    record: Measurement, loaded: Sequence[LoadedScenario], expanded: Sequence[Sequence[Run]]
) -> tuple[int, str]:
    names = [one.name for one in loaded]
    wanted = record.mapping.scenario
    if wanted is None:
        if len(names) > 1:
            raise InputError(
                f"{record.file}: belongs to which scenario? accepted: scenario = one of "
                + ", ".join(map(repr, names))
            )
        wanted = names[0]
    if wanted not in names:
        raise InputError(f"{record.file}: scenario = {wanted!r}: {close_matches(wanted, names)}")
    index = names.index(wanted)
    ids = [run.id for run in expanded[index]]
    run = record.mapping.run or (ids[0] if len(ids) == 1 else "")
    if run not in ids:
        raise InputError(
            f"{record.file}: run = {run!r}: scenario {wanted!r} has the runs {ids[0]} to {ids[-1]}"
        )
    duration = expanded[index][ids.index(run)].protocol.duration
    if record.time[0] < 0 or record.time[-1] > duration * (1 + 1e-9):
        raise InputError(
            f"{record.file}: its times, {record.time[0]:g} s to {record.time[-1]:g} s, lie outside "
            f"the {duration:g} s of {wanted}; accepted: start = the time at which the scenario "
            "begins, and a record that ends with it"
        )
    return index, run


def _free(
    device: Device, names: Sequence[str], starts: Sequence[str], loaded: Sequence[LoadedScenario]
) -> list[FreeParameter]:
    if not names:
        raise InputError("--free: is missing; accepted: one or more parameters of the device")
    card = device.card.parameters
    for name in names:
        if name not in card:
            raise InputError(
                f"--free {name!r}: device {device.name!r} has no such parameter; "
                + close_matches(name, card)
            )
        for one in loaded:
            if name in one.scenario.parameters or f"parameters.{name}" in one.scenario.swept:
                raise InputError(f"--free {name!r}: {one.file} sets or sweeps this parameter")
    given: dict[str, object] = {}
    for start in starts:
        key, equals, text = (part.strip() for part in start.partition("="))
        if not equals or key not in names:
            raise InputError(
                f"--start {start!r}: accepted: PARAM=VALUE of a free parameter; "
                + close_matches(key, names)
            )
        try:
            given[key] = units.parse(text, card[key].unit)
        except units.UnitsError as error:
            raise InputError(f"--start {start!r}: {error}") from None
    values = device.resolve(given, "--start")
    free = []
    for name in dict.fromkeys(names):
        low, high = card[name].limits
        unit = card[name].unit
        if not low < values[name] < high:
            raise InputError(
                f"--free {name!r}: its start {units.format_human(values[name], unit)} is a bound "
                f"of the card; accepted: --start {name}=VALUE between {low:g} and {high:g} {unit}"
            )
        log = card[name].scale == "log" and low > 0
        # a relative step is as large everywhere, and a factor is a distance
        free.append(FreeParameter(name, unit, values[name], low, high, low > 0, log))
    return free


def moved(run: Run, names: Sequence[str], values: Sequence[float]) -> Run:
    """Give a run with other values of the free parameters."""
    return replace(run, parameters={**run.parameters, **dict(zip(names, values, strict=True))})
