"""The one place that writes netlist lines: elements, sources, and the cards of an analysis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING

from optospice.accuracy import Profile
from optospice.circuit.elements import Source, base_name
from optospice.circuit.links import LightNodes, light_nodes
from optospice.circuit.signals import instance_name, node_of, sense_name
from optospice.netlist.guard import safe_title
from optospice.probes import saved_vector
from optospice.separation import separated
from optospice.sources import number, sources
from optospice.units import convert

if TYPE_CHECKING:
    from optospice.circuit.model import Circuit

#: Vectors on one ``.save`` card [1]: ngspice takes lines of any length, readers do not.
_SAVED_ON_A_CARD = 50
#: Inductance that holds a state in the operating point and leaves it free in small signals [H]:
#: far above any 1/(omega^2 C), and without any digit lost.
_HOLDING = 1e30


class Answered(Enum):
    """Which sources the engine answers for: none, long tables, or all that change."""

    NONE = "none"
    TABLES = "tables"
    ALL = "all"


def transient_card(
    duration: float,
    largest_step: float,
    first_step: float | None = None,
    from_initial_conditions: bool = False,
) -> str:
    """Write the card of a transient.

    Parameters
    ----------
    duration, largest_step : float
        Simulated time and largest time step [s].
    first_step : float, optional
        ``.tran``'s own step [s]; a thousandth of the duration without one.
    from_initial_conditions : bool
        Whether it starts without an operating point (``uic``).
    """
    step = min(duration / 1000 if first_step is None else first_step, largest_step)
    initial = " uic" if from_initial_conditions else ""
    return f".tran {number(step)} {number(duration)} 0 {number(largest_step)}{initial}"


def simulation_cards(
    temperature: float,
    profile: Profile,
    vectors: Iterable[str],
    analysis: str = "",
    printed: bool = False,
) -> Iterator[str]:
    """Write temperature, options, what is saved (each vector once) and the analysis.

    Parameters
    ----------
    temperature : float
        Temperature [K].
    profile : Profile
        How exact.
    vectors : iterable of str
        The simulator's vectors that will be read.
    analysis : str
        Card of the analysis, which ends the netlist; without one neither is written.
    printed : bool
        Whether plain ``ngspice -b`` is to run it, which does nothing without ``.print``.
    """
    yield f".temp {number(convert(temperature, 'K', 'degC'))}"
    yield profile.options
    wanted = list(dict.fromkeys(map(saved_vector, vectors)))
    for first in range(0, len(wanted), _SAVED_ON_A_CARD):
        saved = " ".join(wanted[first : first + _SAVED_ON_A_CARD])
        yield f".save {saved}"
        if printed:
            yield f".print {_kind(analysis)} {saved}"
    if printed and not wanted:  # the densities of noise
        yield f".print {_kind(analysis)} all"
    if analysis:
        yield analysis
        yield ".end"


def _kind(card: str) -> str:
    return card.split(" ", 1)[0].removeprefix(".")


def netlist(
    circuit: Circuit,
    analysis: str,
    answered: Answered = Answered.NONE,
    *,
    tabulated: bool = False,
    held: bool = False,
    printed: bool = False,
    vectors: Iterable[str] | None = None,
    further: Iterable[str] = (),
) -> str:
    """Write a circuit with an analysis.

    Parameters
    ----------
    circuit : Circuit
        What is simulated.
    analysis : str
        Card of the analysis.
    answered : Answered
        Which sources the engine answers for.
    tabulated : bool
        Whether it answers also for those that PULSE or a short PWL could make.
    held : bool
        Whether initial values are held in the operating point and free in small signals; a
        transient starts from them otherwise.
    printed : bool
        Whether plain ``ngspice -b`` is to run it.
    vectors : iterable of str, optional
        What is saved; without it what the circuit's signals are read from.
    further : iterable of str
        Lines of this package's own that read something for the analysis.

    Raises
    ------
    InputError
        When `Circuit.elements` holds what may not pass to the simulator.
    """
    profile = circuit.profile.down_to(circuit.smallest_capacitance)
    saved = circuit.wanted if vectors is None else vectors
    lines = [
        *body(circuit, answered, tabulated=tabulated, held=held),
        *further,
        *simulation_cards(circuit.temperature, profile, saved, analysis, printed),
    ]
    return "\n".join(lines) + "\n"


def body(
    circuit: Circuit,
    answered: Answered = Answered.NONE,
    *,
    tabulated: bool = False,
    held: bool = False,
) -> Iterator[str]:
    """Write title, libraries and elements of a circuit, without any analysis."""
    yield safe_title(circuit.title)
    elements = circuit.checked_elements
    known = dict.fromkeys((one.device.name, one.device.text) for one in circuit.devices.values())
    parts = dict(zip(known, separated(list(known), elements), strict=True))
    for text in dict.fromkeys(one.text for one in parts.values()):
        yield text.rstrip("\n")
    if elements:
        yield elements.rstrip("\n")
    called = {key: one.subcircuit for key, one in parts.items()}
    yield from _instances(circuit, called)
    yield from passive_lines(circuit)
    lights = light_nodes(circuit.sources, circuit.links)
    for name, source in circuit.sources.items():
        yield from source_lines(
            name,
            source,
            answered,
            tabulated=tabulated or answered is Answered.ALL,
            ends=lights.sources.get(name),
        )
        for index, (node, weight) in enumerate(source.shines_on.items()):
            upper, lower = lights.weighted[name, node]
            own = f"Eweight_{name}_{index}"
            yield f"{own} {upper} {lower} {source.node} {source.reference} {number(weight)}"
    yield from _links(circuit, lights)
    yield from _initial(circuit, held)


def _instances(circuit: Circuit, called: Mapping[tuple[str, str], str]) -> Iterator[str]:
    sensed = {one.sensed for one in circuit.readings.values() if one.sensed}
    for name, placed in circuit.devices.items():
        nodes = []
        for terminal in placed.device.card.terminals:
            node = node_of(name, placed, terminal)
            if sensed and (name, terminal.name) in sensed:
                own = f"{name}_{terminal.name}_in"
                yield f"V{sense_name(name, terminal.name)} {node} {own} 0"
                node = own
            nodes.append(node)
        given = "".join(
            f" {key}={number(value)}"
            for key, value in placed.parameters.items()
            if key not in placed.device.optical_values
        )
        subcircuit = called[placed.device.name, placed.device.text]
        yield f"{instance_name(name)} {' '.join(nodes)} {subcircuit}{given}"


def passive_lines(circuit: Circuit) -> Iterator[str]:
    """Write resistors, capacitors and inductors."""
    for name, passive in circuit.passives.items():
        yield f"{passive.kind}{name} {passive.first} {passive.second} {number(passive.value)}"


def source_lines(
    name: str,
    source: Source,
    answered: Answered = Answered.NONE,
    *,
    tabulated: bool = False,
    ends: tuple[str, str] | None = None,
) -> Iterator[str]:
    """Write a source; an actuator of a loop has its controllers' in series or in parallel.

    Parameters
    ----------
    name : str
        Its name.
    source : Source
        What it does.
    answered : Answered
        What the engine answers for.
    tabulated : bool
        Whether it answers for every source that changes.
    ends : pair of str, optional
        Upper and lower node, where light comes from several places.
    """
    stack = sources(source.base, source.scale, tabulated)
    external = answered is not Answered.NONE
    values = ["EXTERNAL" if external and one.table is not None else one.value for one in stack]
    if source.small_signal:
        values[0] += f" AC {number(source.small_signal * source.scale)}"
    upper, lower = ends or (source.node, source.reference)
    driven = source.controlled and answered is Answered.ALL
    if source.kind == "current":
        # SPICE: from the first node through the source to the second
        for k, value in enumerate(values):
            yield f"I{base_name(name)}{f'_stack{k}' if k else ''} {lower} {upper} {value}"
        if driven:
            yield f"I{name} {lower} {upper} EXTERNAL"
        return
    own = name
    if driven:
        middle = f"{name}_middle"
        yield f"V{name} {upper} {middle} EXTERNAL"
        upper, own = middle, base_name(name)
    nodes = [upper, *(f"{name}_stack{k}" for k in range(1, len(values))), lower]
    for k, value in enumerate(values):
        yield f"V{own}{f'_stack{k}' if k else ''} {nodes[k]} {nodes[k + 1]} {value}"


def _links(circuit: Circuit, lights: LightNodes) -> Iterator[str]:
    for name, link in circuit.links.items():
        ends = lights.links[name]
        yield from link_lines(f"link_{name}", link.emitter, ends, number(link.gain), link.delay)


def link_lines(
    name: str, emitter: str, ends: tuple[str, str], gain: str, delay: float = 0.0
) -> Iterator[str]:
    """Write an optical link.

    Parameters
    ----------
    name : str
        Name of its elements and inner nodes.
    emitter : str
        Node of the emitted power, 1 V = 1 mW.
    ends : pair of str
        Upper and lower node of the irradiance that arrives, 1 V = 1 mW/cm^2.
    gain : str
        Volts that arrive per volt at the emitter, a number or an expression.
    delay : float
        Time that the light takes [s].
    """
    upper, lower = ends
    if not delay:
        yield f"E{name} {upper} {lower} {emitter} 0 {gain}"
        return
    near, line, far = f"{name}_near", f"{name}_line", f"{name}_far"
    # a matched line halves its level; a G source across its own nodes is a resistor of 1 ohm
    # without noise
    yield f"E{name}_in {near} 0 {emitter} 0 {gain}"
    yield f"G{name}_in {near} {line} {near} {line} 1.0"
    yield f"T{name} {line} 0 {far} 0 Z0=1.0 TD={number(delay)}"
    yield f"G{name}_out {far} 0 {far} 0 1.0"
    yield f"E{name} {upper} {lower} {far} 0 2.0"


def _initial(circuit: Circuit, held: bool) -> Iterator[str]:
    for name, placed in circuit.devices.items():
        for index, (node, value) in enumerate(placed.held.items()):
            state = f"{instance_name(name)}.{node}".lower()
            if held:
                own = f"held_{name}_{index}"
                yield f"V{own} {own} 0 {number(value)}"
                yield f"L{own} {state} {own} {number(_HOLDING)}"
            else:
                yield f".ic v({state})={number(value)}"
