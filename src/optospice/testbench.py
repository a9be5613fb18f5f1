"""A device under stimuli: the netlist that the engine and plain ``ngspice -b`` run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from optospice.accuracy import PROFILES, Profile
from optospice.capacitances import smallest_of_device
from optospice.device import EMISSION_UNIT, IRRADIANCE_UNIT, Device, Terminal
from optospice.interpolation import nearest_points
from optospice.netlist.guard import safe_title
from optospice.probes import saved_vector
from optospice.sources import Source, number, sources
from optospice.stimulus import Course, FloatArray, Stimulus, breakpoints, corner_times, ramps
from optospice.units import convert
from optospice.waveforms import Waveforms

if TYPE_CHECKING:
    from PySpice.Spice.Netlist import Circuit

#: ngspice takes two breakpoints for one when they are closer than 1e-10 of the largest
#: time step, and an edge that begins or ends late by as much is that much wrong.
_MERGED_BREAKPOINTS = 1e-10
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
    stimuli : mapping of str to Signal or Samples
        What each terminal sees: [V] or [W/m^2]. A terminal that is not named is
        grounded (electrical) or dark (optical).
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
    """

    __test__ = False  # not a pytest class, whatever its name

    device: Device
    stimuli: Mapping[str, Stimulus]
    duration: float
    parameters: Mapping[str, float] = field(default_factory=dict)
    profile: Profile = PROFILES["standard"]
    temperature: float = 300.15
    title: str = ""
    tabulated: bool = False

    @cached_property
    def breakpoints(self) -> FloatArray:
        """Times at which the solver starts its steps afresh [s]."""
        return breakpoints(list(self.stimuli.values()), self.duration)

    @cached_property
    def courses(self) -> tuple[Course, ...]:
        """Ramps of the stimuli, which the engine looks at closely enough."""
        return tuple(
            Course(start, stop, (stop - start) / RAMP_INTERVALS)
            for stimulus in self.stimuli.values()
            for start, stop in ramps(stimulus)
            if start < self.duration and stop - start > SHORTEST_RAMP * self.duration
        )

    def circuit(self) -> Circuit:
        """Build the PySpice circuit: device, sources, one instance ``Xdevice``."""
        return self._circuit(external=False)

    def _circuit(self, external: bool) -> Circuit:
        circuit = self._fixture(external)
        circuit.X("device", self.device.name, *self._nodes(), **self._spelled(self.parameters))
        return circuit

    def netlist(self) -> str:
        """Write the whole netlist; ``ngspice -b`` runs it as it stands."""
        return str(self.circuit()) + self._analysis(self.vectors, printed=True)

    def engine_netlist(self) -> str:
        """Write the netlist for the engine, which answers for the sources in `tables`."""
        return str(self._circuit(external=True)) + self._analysis(self.vectors)

    @cached_property
    def tables(self) -> dict[str, tuple[FloatArray, FloatArray]]:
        """Long tables by source name: corners (times [s], voltages [V])."""
        return {
            f"v{name}".lower(): source.table
            for name, _, _, source in self._sources()
            if source.table is not None
        }

    def batch_netlist(self, parameter_sets: Sequence[Mapping[str, float]]) -> str:
        """Write several copies of the device, one per parameter set, under the same stimuli.

        Like `engine_netlist` it leaves the sources in `tables` to the engine.
        """
        lines = [str(self._fixture(external=True))]
        driven = self._driven_electrical()
        for index, parameters in enumerate(parameter_sets):
            nodes = list(self._nodes())
            for terminal in [*driven, *self.device.outputs]:
                own = f"{terminal.name}_{index}"
                nodes[nodes.index(terminal.name)] = own
                if not terminal.is_output:
                    lines.append(f"Vsense_{own} {terminal.name} {own} 0\n")
            spelled = " ".join(f"{key}={text}" for key, text in self._spelled(parameters).items())
            lines.append(f"Xdevice_{index} {' '.join(nodes)} {self.device.name} {spelled}\n")
        wanted = [name for index in range(len(parameter_sets)) for name in self._sensed(index)]
        return "".join(lines) + self._analysis(wanted, copies=parameter_sets)

    @cached_property
    def vectors(self) -> tuple[str, ...]:
        """ngspice vectors that the run must give, besides ``time``."""
        currents = [f"v{terminal.name}#branch" for terminal in self._driven_electrical()]
        states = [f"xdevice.{state.node}" for state in self.device.card.states.values()]
        return (*currents, *states, *(terminal.name for terminal in self.device.outputs))

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
        currents = {
            f"i({terminal.name})": -vectors[f"v{terminal.name}#branch"]
            for terminal in self._driven_electrical()
        }
        states = {
            name: vectors[f"xdevice.{state.node}"]
            for name, state in self.device.card.states.items()
        }
        outputs = {t.name: vectors[t.name] for t in self.device.outputs}
        applied = self._applied(vectors["time"])
        return self._named(vectors["time"], currents, states, outputs, applied, jumps)

    def batch_waveforms(
        self, vectors: Mapping[str, FloatArray], count: int, jumps: FloatArray = NOWHERE
    ) -> list[Waveforms]:
        """Name what the engine read from the run of `batch_netlist`, one entry per device."""
        results = []
        applied = self._applied(vectors["time"])
        for index in range(count):
            currents = {
                f"i({terminal.name})": vectors[f"vsense_{terminal.name}_{index}#branch"]
                for terminal in self._driven_electrical()
            }
            states = {
                name: vectors[f"xdevice_{index}.{state.node}"]
                for name, state in self.device.card.states.items()
            }
            outputs = {t.name: vectors[f"{t.name}_{index}"] for t in self.device.outputs}
            results.append(self._named(vectors["time"], currents, states, outputs, applied, jumps))
        return results

    def batch_vectors(self, count: int) -> list[str]:
        """ngspice vectors that a batch run must give, besides ``time``."""
        return [name for index in range(count) for name in self._sensed(index)]

    def _sensed(self, index: int) -> list[str]:
        currents = [
            f"vsense_{terminal.name}_{index}#branch" for terminal in self._driven_electrical()
        ]
        states = [f"xdevice_{index}.{state.node}" for state in self.device.card.states.values()]
        return [*currents, *states, *(f"{t.name}_{index}" for t in self.device.outputs)]

    def _named(
        self,
        time: FloatArray,
        currents: dict[str, FloatArray],
        states: dict[str, FloatArray],
        outputs: dict[str, FloatArray],
        applied: dict[str, FloatArray],
        jumps: FloatArray,
    ) -> Waveforms:
        emitted = convert(1.0, EMISSION_UNIT, "W")
        seen = {
            f"v({t.name})" if t.kind == "electrical" else f"p({t.name})": outputs[t.name]
            * (1.0 if t.kind == "electrical" else emitted)
            for t in self.device.outputs
        }
        signals = {**currents, **seen, **applied, **states}
        letters = {"v": "V", "e": "W/m^2", "p": "W"}
        units_of = dict.fromkeys(currents, "A")
        units_of |= {name: letters[name[0]] for name in (*seen, *applied)}
        units_of |= dict.fromkeys(states, "1")
        breaks = np.union1d(self.breakpoints, jumps) if jumps.size else self.breakpoints
        return Waveforms(time, signals, units_of, breaks, self.profile.bound)

    def _applied(self, time: FloatArray) -> dict[str, FloatArray]:
        """Give the stimuli at the solver's points."""
        return {
            f"{'v' if terminal.kind == 'electrical' else 'e'}({terminal.name})": np.interp(
                time, *self.stimuli[terminal.name].points
            )
            for terminal in self.device.card.terminals
            if terminal.name in self.stimuli
        }

    def _driven_electrical(self) -> list[Terminal]:
        return [t for t in self.device.terminals("electrical") if t.name in self.stimuli]

    def _nodes(self) -> list[str]:
        return [
            t.name if t.name in self.stimuli or t.is_output else "0"
            for t in self.device.card.terminals
        ]

    def _spelled(self, parameters: Mapping[str, float]) -> dict[str, str]:
        return {key: number(value) for key, value in parameters.items()}

    def _fixture(self, external: bool) -> Circuit:
        """Give the circuit without the device's instance."""
        from PySpice.Spice.Netlist import Circuit

        circuit = Circuit(safe_title(self.title or f"optospice {self.device.name}"))
        circuit.raw_spice += self.device.text
        for name, upper, lower, source in self._sources():
            value = "EXTERNAL" if external and source.table is not None else source.value
            circuit.V(name, upper, lower, value)
        return circuit

    def _sources(self) -> Iterator[tuple[str, str, str, Source]]:
        """Give every source: name, upper node, lower node, what it does."""
        for terminal in self.device.card.terminals:
            stimulus = self.stimuli.get(terminal.name)
            if stimulus is None:
                continue
            scale = 1.0 if terminal.kind == "electrical" else convert(1.0, "W/m^2", IRRADIANCE_UNIT)
            stack = sources(stimulus, scale, self.tabulated)
            names = [terminal.name, *(f"{terminal.name}_stack{k}" for k in range(1, len(stack)))]
            for name, lower, source in zip(names, [*names[1:], "0"], stack, strict=True):
                yield name, name, lower, source

    @cached_property
    def largest_step(self) -> float:
        """Largest time step [s]: all of it, unless edges are shorter than the solver can see."""
        gaps = np.diff(self.breakpoints, prepend=0.0)
        gaps = gaps[gaps > 1e-12 * self.duration]
        longest = self.duration * self.profile.largest_step
        if not gaps.size:
            return longest
        share = self.profile.bound / 3  # of the bound, that the edges may use up
        return min(longest, share / _MERGED_BREAKPOINTS * float(gaps.min()))

    def edges_were_met(self, time: FloatArray) -> bool:
        """Whether the solver placed a point on every edge.

        A step that lands just before a corner can make ngspice forget all later edges of
        a PULSE source, without a word.

        Parameters
        ----------
        time : ndarray
            Time points of a run [s].
        """
        corners = corner_times(list(self.stimuli.values()), self.duration)
        _, distances = nearest_points(time, corners)
        return bool((distances <= 2 * _MERGED_BREAKPOINTS * self.largest_step).all())

    def _analysis(
        self,
        vectors: Sequence[str],
        printed: bool = False,
        copies: Sequence[Mapping[str, float]] = (),
    ) -> str:
        largest = self.largest_step
        smallest = min(
            smallest_of_device(self.device.text, self.device.name, parameters)
            for parameters in copies or [self.parameters]
        )
        if printed:  # the engine looks at ramps by itself, plain ngspice does not
            largest = min([largest, *(course.longest for course in self.courses)])
        first = min(self.duration / 1000, largest)
        saved = " ".join(saved_vector(name) for name in vectors)
        # without .print, plain ``ngspice -b`` runs no analysis at all
        output = f".print tran {saved}\n" if printed else ""
        return (
            f".temp {number(convert(self.temperature, 'K', 'degC'))}\n"
            f"{self.profile.down_to(smallest).options}\n"
            f".save {saved}\n{output}"
            f".tran {number(first)} {number(self.duration)} 0 {number(largest)}\n"
            ".end\n"
        )
