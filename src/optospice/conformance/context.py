"""What the checks share: the device, the simulators, how hard to drive, and netlists."""

from __future__ import annotations

import itertools
import math
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optospice.accuracy import PROFILES, Profile
from optospice.circuit.writer import netlist
from optospice.conformance.finding import Finding, Severity
from optospice.conformance.jobs import NetlistJob, NetlistResult
from optospice.device import IRRADIANCE_UNIT, Device, Terminal
from optospice.light import Beam, Illumination
from optospice.ngspice.pool import Pool
from optospice.ngspice.worker import Failed
from optospice.resolution import SHORTEST_SHOWN, BoolArray
from optospice.stimulus import FloatArray, Samples, Stimulus, constant
from optospice.testbench import Testbench
from optospice.units import convert
from optospice.waveforms import Waveforms

#: Durations of the rich stimulus [s]: slow traps, drift, and switching.
WINDOWS = (100.0, 10e-3, 1e-6)
#: Temperature at which waveforms are taken [K]: off every usual reference temperature.
OFFSET_TEMPERATURE = 330.15
ROOM = 300.15
#: Units of the levels of an analysis, and of a testbench.
_LEVELS = {"electrical": ("V", "V"), "optical": (IRRADIANCE_UNIT, "W/m^2")}
#: Duration of an edge as a share of its level: long enough for the engine to look into it where
#: charge is stored; and so short that nothing follows it, for runs that nobody looks into [1].
_EDGE_FRACTION, _STEEP = 1e-4, 1e-6
#: Emitted light below this is not compared [W]: 1 uV on its node, a thousand times the engine's
#: tolerance of a voltage.
_FAINTEST_LIGHT = 1e-9
#: A terminal, and the wavelength of a light on it [m].
_Light = tuple[str, float | None]
_RUN_TESTBENCH = "optospice.ngspice.simulate:run_testbench"
_RUN_NETLIST = "optospice.conformance.jobs:run_netlist"


class OutOfTimeError(RuntimeError):
    """The time that a device may take is over."""


@dataclass(frozen=True)
class Drive:
    """How hard a device is driven.

    Parameters
    ----------
    voltage : float
        Amplitude on every electrical drive terminal, both signs [V].
    irradiance : float or None
        Amplitude on every optical terminal [W/m^2]; None: the device's own reference
        irradiance, 1 mW/cm^2 where it has none.
    """

    voltage: float = 1.0
    irradiance: float | None = None


@dataclass
class Context:
    """A device under check.

    Parameters
    ----------
    device : Device
        The subcircuit with its card.
    pool : Pool
        Simulator processes.
    drive : Drive
        How hard it is driven.
    profile : Profile
        How exact the runs are and what counts as a difference.
    deadline : float
        Moment of `time.monotonic` after which nothing more is run [s].
    """

    device: Device
    pool: Pool
    drive: Drive = Drive()
    profile: Profile = PROFILES["standard"]
    deadline: float = math.inf
    _kept: dict[tuple[float, float, bool], Waveforms | Failed] = field(default_factory=dict)

    def finding(
        self, check: str, seen: str, where: str = "", severity: Severity = "error", cure: str = ""
    ) -> Finding:
        """Give a finding; it points at the ``.lib`` unless told otherwise."""
        return Finding(check, severity, seen, where or str(self.device.file), cure)

    @property
    def begin(self) -> Profile:
        """The profile that runs of this device begin with."""
        return self.profile.suited_to(self.device.text)

    @property
    def follows_slowly(self) -> bool:
        """Whether nothing in the device follows a steep edge, as the charge of a junction does."""
        return not self.begin.eased

    @property
    def irradiance(self) -> float:
        """Amplitude of the light [W/m^2]."""
        if self.drive.irradiance is not None:
            return self.drive.irradiance
        for name, parameter in self.device.card.parameters.items():
            if parameter.unit == IRRADIANCE_UNIT and self.device.defaults[name] > 0:
                return convert(self.device.defaults[name], IRRADIANCE_UNIT, "W/m^2")
        return convert(1.0, IRRADIANCE_UNIT, "W/m^2")

    @property
    def driven(self) -> list[Terminal]:
        """Terminals that carry a source: electrical drives and light."""
        return [t for t in self.device.card.terminals if t.role != "ground" and not t.is_output]

    def rich(
        self,
        duration: float,
        scale: float = 1.0,
        parameters: Mapping[str, float] | None = None,
        profile: Profile | None = None,
        steep: bool = False,
    ) -> Testbench:
        """Give a bench that moves everything: bias of both signs, each colour alone and all."""
        return Testbench(
            self.device,
            rich_stimuli(self, duration, scale, steep),
            duration,
            dict(parameters or {}),
            profile or self.profile,
            OFFSET_TEMPERATURE,
            "conformance",
        )

    def baseline(
        self, duration: float, scale: float = 1.0, steep: bool = False
    ) -> Waveforms | Failed:
        """Give the run of the rich stimulus with default parameters (run once)."""
        key = (duration, scale, steep)
        if key not in self._kept:
            (self._kept[key],) = self.simulate([self.rich(duration, scale, steep=steep)])
        return self._kept[key]

    def simulate(self, benches: Sequence[Testbench]) -> list[Waveforms | Failed]:
        """Run benches, in order."""
        return list(self._map(_RUN_TESTBENCH, benches))

    def analyse(self, analyses: Sequence[NetlistJob]) -> list[NetlistResult | Failed]:
        """Run OP, DC or AC analyses, in order."""
        return list(self._map(_RUN_NETLIST, analyses))

    def _map(self, function: str, items: Sequence[Any]) -> Iterator[Any]:
        if time.monotonic() > self.deadline:
            raise OutOfTimeError
        found: dict[int, Any] = {}
        for index, outcome in self.pool.map(function, items):
            found[index] = outcome if isinstance(outcome, Failed) else outcome.result
        return (found[index] for index in range(len(items)))

    def analysis(
        self,
        card: str,
        levels: Mapping[str, float] | None = None,
        parameters: Mapping[str, float] | None = None,
        temperature: float = ROOM,
        small_signal: str = "",
    ) -> NetlistJob:
        """Write a netlist with constant sources and one analysis card.

        Parameters
        ----------
        card : str
            ``.op``, ``.dc …`` or ``.ac …``.
        levels : mapping of str to float
            Voltage of each terminal's source [V] (light: 1 V = 1 mW/cm^2); 0 for others.
        parameters : mapping of str to float
            Parameters that differ.
        temperature : float
            [K].
        small_signal : str
            Terminal that carries the AC amplitude of 1 V, or of 1 W/m^2.
        """
        given = levels or {}
        stimuli = self.at_rest(
            {t.name: convert(given.get(t.name, 0.0), *_LEVELS[t.kind]) for t in self.driven}
        )
        bench = Testbench(
            self.device,
            stimuli,
            1.0,
            dict(parameters or {}),
            self.begin,
            temperature,
            "conformance",
        )
        wanted = (*self.currents, *self.states)
        text = netlist(bench.model().at_rest(small_signal), card, vectors=wanted)
        return NetlistJob(text, wanted)

    def at_rest(self, levels: Mapping[str, float]) -> dict[str, Stimulus | Illumination]:
        """Give constant levels [V or W/m^2], light of a colour that the device takes."""
        stimuli: dict[str, Stimulus | Illumination] = {}
        for terminal in self.driven:
            level = constant(levels[terminal.name])
            (colour, *_) = [*_colours(terminal), None]
            stimuli[terminal.name] = (
                level if colour is None else Illumination((Beam(level, colour),))
            )
        return stimuli

    @property
    def currents(self) -> list[str]:
        """Vectors of the currents of the driven electrical terminals."""
        return [f"v{t.name}#branch" for t in self.driven if t.kind == "electrical"]

    @property
    def states(self) -> list[str]:
        """Vectors of the declared states."""
        return [f"xdevice.{state.node}" for state in self.device.card.states.values()]

    def bias(self, voltage: float, light: float = 0.0) -> dict[str, float]:
        """Levels of all sources: fractions of the drive's amplitudes."""
        irradiance = convert(self.irradiance, "W/m^2", IRRADIANCE_UNIT)
        return {
            t.name: self.drive.voltage * voltage if t.kind == "electrical" else irradiance * light
            for t in self.driven
        }

    def outside(self, name: str, values: FloatArray) -> tuple[float, float] | None:
        """Give the extremes of a state when they leave its declared range."""
        state = self.device.card.states[name]
        slack = self.profile.bound * (state.maximum - state.minimum)
        low, high = float(np.min(values)), float(np.max(values))
        inside = low >= state.minimum - slack and high <= state.maximum + slack
        return None if inside else (low, high)


def in_short(failed: Failed, limit: int = 240) -> str:
    """Give why a run failed without the solver's steps on the way."""
    parts = [" ".join(part.split()) for part in failed.message.split(" / ")]
    reason, _, words = parts[0].partition("; ngspice: ")
    told = [words, *parts[1:]] if words else parts[1:]
    noise = ("trying gmin", "supplies reduced", "warning: singular", "run simulation")
    told = [part for part in told if part and not part.lower().startswith(noise)]
    text = reason + (f"; ngspice: {' / '.join(dict.fromkeys(told))}" if told else "")
    return text if len(text) <= limit else text[: limit - 1] + "…"


def rich_stimuli(
    context: Context, duration: float, scale: float, steep: bool = False
) -> dict[str, Stimulus | Illumination]:
    """Give the rich stimulus: see `Context.rich`."""
    optical = [(t.name, colour) for t in context.driven for colour in _colours(t)]
    # what is on in each slot: sign of the bias, and which colours
    slots: list[tuple[float, tuple[_Light, ...]]] = [(0, ()), (1, ()), (-1, ()), (0, ())]
    for one in optical:
        slots += [(0, (one,)), (1, (one,)), (-1, (one,)), (0, ())]
    slots += [(0.5, tuple(optical)), (1, ()), (0, ())]
    voltage, irradiance = context.drive.voltage * scale, context.irradiance * scale
    edge = _STEEP if steep else _EDGE_FRACTION

    def over_time(levels: Iterable[float]) -> Samples:
        return _steps(list(levels), duration, edge)

    found: dict[str, Stimulus | Illumination] = {}
    for terminal in context.driven:
        if terminal.kind == "electrical":
            found[terminal.name] = over_time(voltage * sign for sign, _ in slots)
            continue
        courses = {
            colour: over_time(irradiance * ((terminal.name, colour) in on) for _, on in slots)
            for colour in _colours(terminal)
        }
        found[terminal.name] = (
            courses[None]
            if None in courses
            else Illumination(tuple(Beam(course, c) for c, course in courses.items() if c))
        )
    return found


def _colours(terminal: Terminal) -> list[float | None]:
    """Give the wavelengths that show a terminal's response [m]; None where it knows none."""
    if terminal.kind != "optical":
        return []
    return [None] if terminal.response is None else list(terminal.response.probes)


def _steps(levels: Sequence[float], duration: float, edge_fraction: float) -> Samples:
    slot = duration / len(levels)
    edge = edge_fraction * slot
    times, values = [0.0], [levels[0]]
    for index, (before, after) in enumerate(itertools.pairwise(levels), start=1):
        if before != after:
            times += [index * slot, index * slot + edge]
            values += [before, after]
    return Samples(np.array(times), np.array(values))


def worst_difference(
    context: Context, one: Waveforms, other: Waveforms, looked_at: bool = True
) -> tuple[float, str]:
    """Give the largest difference of two runs as a fraction of the signal's scale, and where.

    Parameters
    ----------
    context : Context
        The device under test.
    one, other : Waveforms
        The runs.
    looked_at : bool
        Whether the engine has seen to it that the other can be read between its points too.

    Returns
    -------
    fraction : float
        Of the larger peak of a current, of an observed voltage or of emitted light; of a
        state's declared range where its peak is less than a hundredth of it.
    signal : str
        Name of the signal.
    """
    states = context.device.card.states
    times = other.time
    if looked_at:
        times = np.unique(np.concatenate([one.time, times]))
        times = times[_is_shown(other.time, times)]
    times = times[_is_shown(one.time, times)]
    worst, where = 0.0, ""
    for name in _outputs(context.device, one):
        peak = max(float(np.abs(wave[name]).max()) for wave in (one, other))
        if name in states:
            peak = max(peak, 0.01 * (states[name].maximum - states[name].minimum))
        if peak < (_FAINTEST_LIGHT if name.startswith("p(") else 1e-15):
            continue
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # PCHIP divides by slopes next to nothing
            distance = float(np.abs(one.at(name, times) - other.at(name, times)).max()) / peak
        if distance > worst:
            worst, where = distance, name
    return worst, where


def _is_shown(points: FloatArray, times: FloatArray) -> BoolArray:
    """Whether the engine answers for what is read at times from a run with such points."""
    after = np.clip(np.searchsorted(points, times), 1, points.size - 1)
    shown = points[after] - points[after - 1] >= SHORTEST_SHOWN * points[-1]
    at_a_point = (times == points[after]) | (times == points[after - 1])
    result: BoolArray = (shown | at_a_point) & (times <= points[-1])
    return result


def _outputs(device: Device, waves: Waveforms) -> list[str]:
    """Name what a device answers with: currents, states, voltages and light that it gives out."""
    known = {*device.card.states, *(f"{kind}({t.name})" for t in device.outputs for kind in "vp")}
    return [name for name in waves.signals if name.startswith("i(") or name in known]
