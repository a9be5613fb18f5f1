"""A device under stimuli: the netlist that the engine and plain ``ngspice -b`` run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from optospice.accuracy import PROFILES, Profile
from optospice.circuit import Circuit, Instance, PassiveElement, Source, transient_card
from optospice.circuit.elements import check_initial
from optospice.circuit.lights import check_light, shining
from optospice.circuit.model import MERGED_BREAKPOINTS
from optospice.circuit.pyspice import exported
from optospice.circuit.writer import Answered, netlist
from optospice.device import Device, Terminal
from optospice.errors import InputError, close_matches
from optospice.interpolation import nearest_points
from optospice.light import Illumination, lights_of, total_of
from optospice.sources import sources
from optospice.stimulus import (
    Course,
    FloatArray,
    Stimulus,
    breakpoints,
    constant,
    corner_times,
    ramps,
)
from optospice.waveform_block import WaveformBlock, joined
from optospice.waveforms import Waveforms

if TYPE_CHECKING:
    from PySpice.Spice.Netlist import Circuit as PySpiceCircuit

#: No times [s].
NOWHERE: FloatArray = np.empty(0)
#: A ramp that takes less than this share of the run is judged by its curvature alone [1].
SHORTEST_RAMP = 1e-3
#: Intervals that a ramp is looked at in, so that no shape hides between two points [1].
RAMP_INTERVALS = 64


@dataclass(frozen=True)
class Testbench:
    """A device with sources on its terminals.

    Parameters
    ----------
    device : Device
        The subcircuit under test.
    stimuli : mapping of str to Signal, Samples or Illumination
        What each terminal sees: [V] or [W/m^2]. A terminal that is not named is
        grounded (electrical) or dark (optical). Several lights, and light of a colour, are
        an `Illumination`; a terminal with a spectral response needs one.
    duration : float
        Simulated time [s].
    parameters : mapping of str to float
        Parameters in the card's units; defaults from the ``.lib`` for the others.
    profile : Profile
        How exact the waveforms have to be.
    temperature : float
        Device temperature [K].
    title : str
        First line of the netlist.
    tabulated : bool
        Whether the engine answers for every source that changes: slower than PULSE, and
        certain to meet every edge.
    initial : mapping of str to float
        Value that a declared state starts from [1]; of a state that is not named that of
        its card, and without one its operating point. A transient begins with it; in every
        other analysis the operating point is solved with the state held there, and small
        signals and noise move it freely.
    loads : mapping of str to float
        Resistance in series between an electrical terminal and its source, or ground where it
        has none [ohm]. ``v(t)`` is then the terminal's own voltage, ``v(t_source)`` the level
        of the source, and ``i(t)`` the current through both.

    Raises
    ------
    InputError
        For an initial value or a load that the device cannot have, and for light that a
        terminal does not take.
    """

    __test__ = False  # not a pytest class, whatever its name

    device: Device
    stimuli: Mapping[str, Stimulus | Illumination]
    duration: float
    parameters: Mapping[str, float] = field(default_factory=dict)
    profile: Profile = PROFILES["standard"]
    temperature: float = 300.15
    title: str = ""
    tabulated: bool = False
    initial: Mapping[str, float] = field(default_factory=dict)
    loads: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.initial:
            check_initial(self.device, self.initial)
        for terminal in self.device.terminals("optical"):
            if terminal.name in self.stimuli:
                check_light(self.device, terminal.name, self.stimuli[terminal.name])
        allowed = [t.name for t in self.device.terminals("electrical") if not t.is_output]
        for name, resistance in self.loads.items():
            if name not in allowed:
                raise InputError(
                    f"loads.{name}: no terminal of {self.device.name!r} that takes one; "
                    + close_matches(name, allowed)
                )
            if not (resistance > 0 and math.isfinite(resistance)):
                raise InputError(f"loads.{name} = {resistance:g} ohm: accepted: above 0 ohm")

    @cached_property
    def breakpoints(self) -> FloatArray:
        """Times at which the solver starts its steps afresh [s]."""
        return breakpoints(self._all_stimuli, self.duration)

    @cached_property
    def _all_stimuli(self) -> list[Stimulus]:
        """Everything that changes on a terminal, each light by itself."""
        return [part for one in self.stimuli.values() for part in lights_of(one)]

    @cached_property
    def courses(self) -> tuple[Course, ...]:
        """Ramps of the stimuli, which the engine looks at closely enough."""
        return tuple(
            Course(start, stop, (stop - start) / RAMP_INTERVALS)
            for stimulus in self._all_stimuli
            for start, stop in ramps(stimulus)
            if start < self.duration and stop - start > SHORTEST_RAMP * self.duration
        )

    def model(self, parameter_sets: Sequence[Mapping[str, float]] | None = None) -> Circuit:
        """Give the bench as a circuit.

        Parameters
        ----------
        parameter_sets : sequence of mapping, optional
            Parameters of copies that share the sources; one device ``Xdevice`` with the
            bench's own parameters without them.
        """
        copies = {"": self.parameters} if parameter_sets is None else {
            str(index): parameters for index, parameters in enumerate(parameter_sets)
        }  # fmt: skip
        passives = {
            _at(f"load_{terminal}", copy): PassiveElement(
                "R", _source(terminal), _at(terminal, copy), resistance
            )
            for terminal, resistance in self.loads.items()
            for copy in copies
        }
        nodes = {copy: self._nodes(copy) for copy in copies}
        driving: dict[str, Source] = {}
        for terminal in self._driven_terminals:
            name, stimulus = terminal.name, self.driven[terminal.name]
            if terminal.kind == "electrical":
                driving[name] = Source(
                    _source(name) if name in self.loads else name,
                    "voltage",
                    total_of(stimulus),
                    controlled=False,
                )
                continue
            lights = shining(self.device, name, stimulus, copies)
            driving.update(lights.sources)
            for copy, node in lights.nodes.items():
                nodes[copy][name] = node
        return Circuit(
            {
                copy: Instance(self.device, nodes[copy], parameters, self.initial)
                for copy, parameters in copies.items()
            },
            driving,
            passives,
            duration=self.duration,
            profile=self.profile,
            temperature=self.temperature,
            title=self.title or f"optospice {self.device.name}",
            probes=tuple(name for copy in copies for name in self._probes(copy).values()),
        )

    def circuit(self) -> PySpiceCircuit:
        """Export the bench to PySpice: device, sources, one instance ``Xdevice``."""
        return exported(self.model())

    def netlist(self) -> str:
        """Write the whole netlist; ``ngspice -b`` runs it as it stands."""
        # the engine looks at ramps by itself, plain ngspice does not
        longest = min([self.largest_step, *(course.longest for course in self.courses)])
        card = transient_card(self.duration, longest)
        return netlist(self.model(), card, tabulated=self.tabulated, printed=True)

    def engine_netlist(self) -> str:
        """Write the netlist for the engine, which answers for the sources in `tables`."""
        return self._written(self._single)

    def batch_netlist(self, parameter_sets: Sequence[Mapping[str, float]]) -> str:
        """Write several copies of the device, one per parameter set, under the same stimuli.

        Like `engine_netlist` it leaves the sources in `tables` to the engine.
        """
        circuit = self.model(parameter_sets)
        self._batches.setdefault(len(parameter_sets), circuit)  # it tells the signals as well
        return self._written(circuit)

    def _written(self, circuit: Circuit) -> str:
        card = transient_card(self.duration, self.largest_step)
        return netlist(circuit, card, Answered.TABLES, tabulated=self.tabulated)

    @cached_property
    def tables(self) -> dict[str, tuple[FloatArray, FloatArray]]:
        """Long tables by source name: corners (times [s], voltages [V])."""
        found = {}
        for name, source in self._single.sources.items():
            (first, *_) = sources(source.base, source.scale, self.tabulated)
            if first.table is not None:
                found[f"v{name}".lower()] = first.table
        return found

    @cached_property
    def vectors(self) -> tuple[str, ...]:
        """ngspice vectors that the run must give, besides ``time``."""
        return self._single.wanted

    def batch_vectors(self, count: int) -> list[str]:
        """ngspice vectors that a batch run must give, besides ``time``."""
        return list(self._batch(count).wanted)

    def waveforms(
        self, vectors: Mapping[str, FloatArray], jumps: FloatArray = NOWHERE
    ) -> Waveforms:
        """Name what the engine read from the run of `netlist`.

        Parameters
        ----------
        vectors : mapping of str to ndarray
            By ngspice's names, ``time`` included.
        jumps : ndarray
            Times between which a signal jumps by itself [s].
        """
        return self._waveforms(self._single, [""], vectors, jumps)[0]

    def batch_waveforms(
        self, vectors: Mapping[str, FloatArray], count: int, jumps: FloatArray = NOWHERE
    ) -> WaveformBlock:
        """Name what the engine read from the run of `batch_netlist`, one run per device."""
        copies = [str(index) for index in range(count)]
        return self._waveforms(self._batch(count), copies, vectors, jumps)

    def _waveforms(
        self,
        circuit: Circuit,
        copies: Sequence[str],
        vectors: Mapping[str, FloatArray],
        jumps: FloatArray,
    ) -> WaveformBlock:
        time = vectors["time"]
        applied = {
            name: np.interp(time, *self.driven[terminal].points)
            for name, terminal in self.levels.items()
        }
        found = [self.named(circuit, copy, vectors, applied) for copy in copies]
        signals, units_of = found[0]
        notes = self.light_notes
        return WaveformBlock(
            time,
            {name: joined([one[name] for one, _ in found]) for name in signals},
            units_of,
            np.union1d(self.breakpoints, jumps) if jumps.size else self.breakpoints,
            np.full(len(copies), self.profile.bound),
            (notes,) * len(copies) if notes else (),
        )

    def named(
        self,
        circuit: Circuit,
        copy: str,
        vectors: Mapping[str, Any],
        applied: Mapping[str, Any],
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Name what was read of one copy.

        Parameters
        ----------
        circuit : Circuit
            What `model` gives.
        copy : str
            Name of the device in it.
        vectors : mapping of str to ndarray
            By ngspice's names.
        applied : mapping of str to ndarray
            Levels of the sources by signal, see `levels`.

        Returns
        -------
        signals, units : dict
            Currents, outputs, levels and states, in this order, each with its SI unit.
        """
        read = {
            name: (vectors[one.vector] * one.factor if one.factor != 1.0 else vectors[one.vector])
            for name, one in ((n, circuit.readings[p]) for n, p in self._probes(copy).items())
        }
        states = {name: read.pop(name) for name in self.device.card.states}
        signals = {**read, **applied, **states}
        letters = {"i": "A", "v": "V", "e": "W/m^2", "p": "W"}
        units_of = {name: "1" if name in states else letters[name[0]] for name in signals}
        return signals, units_of

    @cached_property
    def light_notes(self) -> tuple[str, ...]:
        """What the spectral responses assume for the lights, each in one sentence."""
        return tuple(
            note
            for name, one in self.stimuli.items()
            if isinstance(one, Illumination)
            for note in self.device.light_notes(name, [beam.colour for beam in one.beams])
        )

    @cached_property
    def driven(self) -> Mapping[str, Stimulus | Illumination]:
        """What each terminal with a source sees; 0 V behind a load that has none."""
        return {**{name: constant(0.0) for name in self.loads}, **self.stimuli}

    @cached_property
    def levels(self) -> Mapping[str, str]:
        """Terminal whose source each signal of an applied level is of."""
        return {
            (
                f"e({t.name})"
                if t.kind == "optical"
                else f"v({_source(t.name) if t.name in self.loads else t.name})"
            ): t.name
            for t in self._driven_terminals
        }

    @cached_property
    def _single(self) -> Circuit:
        return self.model()

    def _batch(self, count: int) -> Circuit:
        """Give copies that tell their signals, whatever their parameters."""
        if count not in self._batches:
            self._batches[count] = self.model([{}] * count)
        return self._batches[count]

    @cached_property
    def _batches(self) -> dict[int, Circuit]:
        return {}

    @cached_property
    def _driven_terminals(self) -> list[Terminal]:
        return [t for t in self.device.card.terminals if t.name in self.driven]

    def _probes(self, copy: str) -> dict[str, str]:
        """Signal of the circuit for each signal of a copy that is read from the simulator."""
        path = f"{copy}." if copy else ""
        found = {}
        for terminal in self._driven_terminals:
            if terminal.kind == "electrical":
                found[f"i({terminal.name})"] = f"i({path}{terminal.name})"
        for terminal in self.device.outputs:
            letter = "v" if terminal.kind == "electrical" else "p"
            found[f"{letter}({terminal.name})"] = f"{letter}({path}{terminal.name})"
        for name in self.loads:
            found[f"v({name})"] = f"v({path}{name})"
        return {**found, **{name: f"{path}{name}" for name in self.device.card.states}}

    def _nodes(self, copy: str) -> dict[str, str]:
        nodes = {}
        for terminal in self.device.card.terminals:
            name = terminal.name
            if terminal.is_output or name in self.loads:
                nodes[name] = _at(name, copy)
            elif name in self.driven:
                nodes[name] = name
        return nodes

    @cached_property
    def largest_step(self) -> float:
        """Largest time step [s]: all of it, unless edges are shorter than the solver can see."""
        gaps = np.diff(self.breakpoints, prepend=0.0)
        gaps = gaps[gaps > 1e-12 * self.duration]
        longest = self.duration * self.profile.largest_step
        if not gaps.size:
            return longest
        share = self.profile.bound / 3  # of the bound, that the edges may use up
        return min(longest, share / MERGED_BREAKPOINTS * float(gaps.min()))

    def edges_were_met(self, time: FloatArray) -> bool:
        """Whether the solver placed a point on every edge.

        A step that lands just before a corner can make ngspice forget all later edges of
        a PULSE source, without a word.

        Parameters
        ----------
        time : ndarray
            Time points of a run [s].
        """
        corners = corner_times(self._all_stimuli, self.duration)
        _, distances = nearest_points(time, corners)
        return bool((distances <= 2 * MERGED_BREAKPOINTS * self.largest_step).all())


def _source(terminal: str) -> str:
    """Node between a source and the load in front of its terminal."""
    return f"{terminal}_source"


def _at(name: str, copy: str) -> str:
    """Name of what each copy has of its own."""
    return f"{name}_{copy}" if copy else name
