"""Circuits that come from elsewhere: a PySpice `Circuit`, or a netlist's text, as it stands."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from optospice import units
from optospice.accuracy import Profile
from optospice.capacitances import smallest_capacitance
from optospice.circuit import simulation_cards, transient_card
from optospice.circuit_cards import Cards, read_cards
from optospice.circuit_text import Section, read_circuit
from optospice.device import included_set
from optospice.errors import InputError
from optospice.expressions import UnknownValueError
from optospice.library import netlist_folders
from optospice.netlist import check_lines, expand_includes, find_included, included_name
from optospice.netlist.guard import cleaned, cleaned_netlist
from optospice.ngspice.exactness import Solved
from optospice.ngspice.foreign_job import ForeignJob
from optospice.ngspice.refinement import Demand
from optospice.ngspice.simulate import Job
from optospice.ngspice.storage import is_without_charge
from optospice.probes import probe
from optospice.reading import exists
from optospice.separation import definitions, separated
from optospice.source_shapes import SourceShapes, source_shapes
from optospice.stimulus import unknown_courses
from optospice.waveforms import Waveforms

DEFAULT_TEMPERATURE = 300.15
_MOST_CURRENTS = 16
_WORD = re.compile(r"[a-z_][\w.]*")
_SAME = 1e-9  # two numbers that differ by less are the same one, written twice


@dataclass(frozen=True)
class Transient:
    """A transient analysis of a circuit, ready to run.

    Parameters
    ----------
    netlist : str
        Text that the guard wrote, with its analysis.
    duration : float
        Simulated time [s].
    vectors : mapping of str to str
        The simulator's vector for each signal that was asked for.
    shapes : SourceShapes
        What the circuit's sources do.
    profile : Profile
        How exact.
    currents : tuple of str
        Vectors that tell how large the circuit's currents are.
    """

    netlist: str
    duration: float
    vectors: Mapping[str, str]
    shapes: SourceShapes
    profile: Profile
    currents: tuple[str, ...] = ()

    @property
    def job(self) -> ForeignJob:
        """What a worker is to run."""
        courses = self.shapes.courses
        if self.shapes.depends_on_time:
            courses = (*courses, *unknown_courses(self.duration))
        return ForeignJob(
            Job(self.netlist, tuple(dict.fromkeys(self.vectors.values())), self.duration),
            self.profile,
            Demand(
                self.profile.bound,
                self.shapes.corners,
                courses,
                self.currents,
                is_without_charge(self.netlist),
            ),
        )

    def waveforms(self, run: Solved) -> Waveforms:
        """Give the vectors of the run the names that were asked for."""
        signals = {signal: run.vectors[vector] for signal, vector in self.vectors.items()}
        unit = {name: "A" if name.strip().lower().startswith("i") else "V" for name in signals}
        breaks = np.union1d(self.shapes.corners, run.jumps)
        return Waveforms(
            run.vectors["time"], signals, unit, breaks, run.error_bound, notes=run.notes
        )


@dataclass(frozen=True)
class _Span:
    """What the ``.tran`` card and the arguments say together; times in [s]."""

    duration: float
    step: float
    largest_step: float
    from_initial_conditions: bool

    @property
    def card(self) -> str:
        """The analysis."""
        return transient_card(
            self.duration, self.largest_step, self.step, self.from_initial_conditions
        )


def transient(
    circuit: object,
    signals: Sequence[str],
    profile: Profile,
    duration: float | None = None,
    temperature: float | None = None,
) -> Transient:
    """Write a transient analysis of a circuit as it stands.

    Parameters
    ----------
    circuit : PySpice Circuit or str
        The circuit. An ``.include`` of a packaged device or of one in ``./netlists`` is
        followed, nothing else is.
    signals : sequence of str
        ``"v(node)"``, ``"i(source)"``, ``"i(element)"``, ``"i(instance.terminal)"``.
    profile : Profile
        How exact.
    duration : float, optional
        Simulated time [s]; otherwise that of the circuit's ``.tran`` card.
    temperature : float, optional
        Temperature [K]; otherwise that of the circuit's ``.temp`` card, or 300.15 K.

    Raises
    ------
    InputError
        When the circuit holds what may not pass to the simulator, another analysis, or not
        what is asked for.
    """
    cards, text, parts = read_foreign(circuit)
    profile = profile.down_to(smallest_capacitance(text))
    span = _span(cards, parts, duration)
    probed = probe(text, parts, signals)
    currents = _source_currents(parts)
    netlist = with_analysis(
        probed.netlist,
        simulation_cards(
            asked_temperature(cards, temperature),
            profile,
            (*probed.vectors.values(), *currents),
            span.card,
        ),
    )
    shapes = source_shapes(_ended(text, [span.card, ".end"]), span.duration)
    return Transient(netlist, span.duration, probed.vectors, shapes, profile, currents)


def read_foreign(circuit: object) -> tuple[Cards, str, Section]:
    """Read a circuit: its cards, its text as the guard writes it, and what that holds."""
    cards = read_cards(_expanded(str(circuit)))
    text = cleaned_netlist("\n".join(cards.lines) + "\n", "circuit")
    return cards, text, read_circuit(text)


def _expanded(text: str) -> list[str]:
    """Give the lines of a circuit with every library in the place of its ``.include``."""
    check_lines(text, "circuit")
    folders, seen = netlist_folders(), set[Path]()
    title, *body = text.split("\n")
    included: dict[int, tuple[str, str]] = {}
    for index, line in enumerate(body):
        name = included_name(line)
        if name is not None:
            included[index] = _library(name, folders, seen)
    plain = {k: line.removesuffix("\r") for k, line in enumerate(body) if k not in included}
    lines = [title]
    libraries = iter(_apart(list(included.values()), plain.values()))
    for index in range(len(body)):
        lines += [plain[index]] if index in plain else next(libraries).split("\n")
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].strip().lower() == ".end"):
        lines.pop()
    return lines


def _library(name: str, folders: Sequence[Path], seen: set[Path]) -> tuple[str, str]:
    """Give the name and the text of a library: a file's, or that of a parameter set."""
    given = Path(name)
    if given.is_absolute() and not exists(given) and given.is_relative_to(Path.cwd()):
        # PySpice has made the name absolute from the working folder
        name = str(given.relative_to(Path.cwd()))
    found = given if given.is_absolute() and exists(given) else find_included(name, folders)
    if found is None:
        written = included_set(name, seen)
        if written is not None:
            return given.stem, "".join(f"{line.text}\n" for line in written)
    if found is None and not given.is_absolute() and not exists(given):
        raise InputError(
            f"circuit: .include {name!r}: there is no such file; accepted: files in "
            + ", ".join(map(str, folders))
        )
    file = found or given  # one that lies outside is refused by the reader
    return file.stem, expand_includes(file, folders, seen, included_set)


def _apart(libraries: Sequence[tuple[str, str]], lines: Iterable[str]) -> list[str]:
    """Give included libraries whose inner names do not meet; refuse what the circuit names."""
    if len(libraries) < 2:
        return [text for _, text in libraries]
    texts = [
        (name, cleaned(text, f"{name}, which the circuit includes")) for name, text in libraries
    ]
    counts: Counter[str] = Counter()
    for _, text in dict.fromkeys(texts):
        counts.update(_all_names(text))
    used = {word for line in lines for word in _WORD.findall(line.lower())}
    for name in sorted(used):
        if counts[name] > 1:
            both = [library for library, text in texts if name in _all_names(text)]
            raise InputError(
                f"circuit: {name!r} is defined by {' and by '.join(both)}, and used here; "
                "accepted: one definition of what the circuit itself names"
            )
    return [one.text for one in separated(texts)]


def _all_names(text: str) -> set[str]:
    return {name for _, names in definitions(text).kinds for name in names}


def _span(cards: Cards, circuit: Section, duration: float | None) -> _Span:
    """Bring the ``.tran`` card and the argument together."""
    if not cards.transient:
        if duration is None:
            raise InputError("duration: is missing; accepted: a time such as '10 s', or .tran")
        return _Span(duration, duration / 1000, duration, False)
    words = list(cards.transient)
    initial = words[-1].lower() == "uic"
    scope = circuit.scope(None, {})
    try:
        times = [scope.evaluate(word) for word in words[: -1 if initial else None]]
    except UnknownValueError:
        times = []
    if not 2 <= len(times) <= 4 or not all(map(math.isfinite, times)) or min(times[:2]) <= 0:
        raise InputError(
            f"circuit: .tran {' '.join(words)}: accepted: .tran step stop 0 largest_step, in "
            "seconds above 0"
        )
    step, stop, start, largest = (*times, *(0.0, 0.0)[len(times) - 2 :])
    if start != 0:
        raise InputError(
            f"circuit: .tran {' '.join(words)}: starts at {start:g} s; accepted: 0, waveforms "
            "are given from 0 s on"
        )
    if duration is not None and abs(duration - stop) > _SAME * stop:
        raise InputError(
            f"duration {duration:g} s and .tran to {stop:g} s: accepted: one of them, or the same"
        )
    return _Span(stop, step, min(largest, stop) if largest > 0 else stop, initial)


def with_analysis(text: str, cards: Iterable[str]) -> str:
    """Put cards in the place of a netlist's ``.end``, and have the guard write it anew."""
    return cleaned_netlist(_ended(text, cards), "circuit")


def _ended(text: str, cards: Iterable[str]) -> str:
    lines = text.splitlines()
    kept = lines[:-1] if lines[-1] == ".end" else lines
    return "\n".join((*kept, *cards)) + "\n"


def asked_temperature(cards: Cards, temperature: float | None) -> float:
    """Bring the ``.temp`` card and the argument together [K]."""
    if not cards.temperature:
        return DEFAULT_TEMPERATURE if temperature is None else temperature
    try:
        written = units.parse(f"{cards.temperature} degC", "K")
    except units.UnitsError:
        raise InputError(f"circuit: .temp {cards.temperature}: accepted: a number [degC]") from None
    if temperature is not None and abs(temperature - written) > _SAME * written:
        raise InputError(
            f"temperature {temperature:g} K and .temp {cards.temperature} degC: accepted: one of "
            "them, or the same"
        )
    return written


def _source_currents(circuit: Section) -> tuple[str, ...]:
    """Give the vectors of the currents of some voltage sources outside subcircuits."""
    sources = [element.name for element in circuit.elements.values() if element.kind == "v"]
    return tuple(f"{name}#branch" for name in sources[:_MOST_CURRENTS])
