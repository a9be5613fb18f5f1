"""Where the sources of a netlist bring time points: their corners, ramps and curves.

ngspice's truncation control watches charges, so that it sees neither a ramp on a part
without charge nor a sine. This module reads from the text what the sources do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from optospice.circuit_text import Element, Section, read_circuit
from optospice.errors import InputError
from optospice.expressions import Scope, UnknownValueError
from optospice.stimulus import Course, FloatArray
from optospice.waveshapes import (
    MOST_CORNERS,
    SAME_CORNER,
    Run,
    Shape,
    UnknownShapeError,
    shape,
)

__all__ = ["SourceShapes", "source_shapes"]

_FUNCTIONS = frozenset(
    ("pulse", "pwl", "sin", "sine", "exp", "sffm", "am", "trnoise", "trrandom", "external")
)
_OTHER_KEYS = frozenset(("dc", "ac", "distof1", "distof2"))
_TIME = re.compile(r"(?<![\w.])time(?![\w.])")
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_VALUE = r"(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|'[^']*'|[^\s(),={}']+)"
_TOKEN = re.compile(_VALUE)
_ASSIGNMENT = re.compile(rf"([a-z_]\w*) ?= ?({_VALUE})")


@dataclass(frozen=True)
class SourceShapes:
    """What the sources of a circuit do over time.

    Parameters
    ----------
    corners : ndarray
        Times at which a source changes its slope or value abruptly [s], increasing, above
        zero and below the duration.
    courses : tuple of Course
        Stretches on which a source follows a ramp or a curve, by their start.
    depends_on_time : bool
        Whether something else depends on time, or a source could not be read: then nothing
        is known about where it changes.
    """

    corners: FloatArray
    courses: tuple[Course, ...]
    depends_on_time: bool


@dataclass
class _Found:
    shapes: list[Shape] = field(default_factory=list)
    unknown: bool = False
    count: int = 0
    seen: set[object] = field(default_factory=set)
    mattering: dict[int, bool] = field(default_factory=dict)

    def add(self, found: Shape) -> None:
        self.shapes.append(found)
        self.count += found.corners.size
        if self.count > 4 * MOST_CORNERS:  # before they are made one, to bound the memory
            _refuse(self.count)


def source_shapes(netlist: str, duration: float) -> SourceShapes:
    """Read what the sources of a netlist do.

    Subcircuits are followed with the parameters of each instance.

    Parameters
    ----------
    netlist : str
        Text that `optospice.netlist.guard` wrote: one card per line, includes expanded.
    duration : float
        Simulated time [s]. Fields that are missing refer to it and to the step of the
        netlist's ``.tran`` card, a thousandth of the duration where there is none.

    Returns
    -------
    SourceShapes
        Corners, ramps and curves.

    Raises
    ------
    InputError
        When the sources have more than `MOST_CORNERS` corners.
    """
    circuit = read_circuit(netlist)
    scope = circuit.scope(None, {})
    found = _Found()
    _collect(circuit, scope, Run(duration, _step(netlist, duration, scope)), found, ())
    corners = np.unique(np.concatenate([np.empty(0), *(s.corners for s in found.shapes)]))
    apart = np.diff(corners, prepend=-np.inf) > SAME_CORNER * duration
    corners = corners[apart]
    if corners.size > MOST_CORNERS:
        _refuse(corners.size)
    courses = {course for one in found.shapes for course in one.courses}
    ordered = sorted(courses, key=lambda course: (course.start, course.stop, course.longest))
    return SourceShapes(corners, tuple(ordered), found.unknown)


def _refuse(count: int) -> None:
    raise InputError(
        f"the circuit's sources have {count:,} corners; accepted: up to {MOST_CORNERS:,}, "
        "so a shorter duration or slower sources"
    )


def _step(netlist: str, duration: float, scope: Scope) -> float:
    for line in netlist.lower().splitlines():
        if line.startswith(".tran "):
            try:
                return scope.evaluate(line.split()[1])
            except UnknownValueError:
                break
    return duration / 1000


def _collect(
    section: Section, scope: Scope, run: Run, found: _Found, callers: tuple[str, ...]
) -> None:
    """Add what the sources of a section do, and those of its instances."""
    for element in section.elements.values():
        if element.kind in "vi":
            try:
                found.add(_source(element, scope, run))
            except (UnknownValueError, UnknownShapeError):
                found.unknown = True
        elif element.kind != "x":
            found.unknown = found.unknown or _depends_on_time(element, section, scope)
        else:
            inner = section.called(element)
            if inner is None or inner.name in callers or not _matters(inner, found.mattering):
                continue
            given = section.given_to(element, scope)
            if not callers:  # instances of the circuit itself with the same parameters do the same
                key = (id(inner), tuple(sorted(given.items(), key=str)))
                if key in found.seen:
                    continue
                found.seen.add(key)
            _collect(inner, inner.scope(scope, given), run, found, (*callers, inner.name))


def _matters(section: Section, known: dict[int, bool]) -> bool:
    """Whether a subcircuit holds a source that changes or anything that names the time."""
    if id(section) not in known:
        known[id(section)] = False  # while it is looked at
        known[id(section)] = any(
            _element_matters(element, section, known) for element in section.elements.values()
        )
    return known[id(section)]


def _element_matters(element: Element, section: Section, known: dict[int, bool]) -> bool:
    if element.kind == "x":
        inner = section.called(element)
        return inner is not None and _matters(inner, known)
    if element.kind in "vi" and not _FUNCTIONS.isdisjoint(_TOKEN.findall(element.text)):
        return True
    return _names_time(element.text, section, ())


def _source(element: Element, scope: Scope, run: Run) -> Shape:
    """Read a V or I line."""
    given = dict(_ASSIGNMENT.findall(element.text))
    words = _TOKEN.findall(_ASSIGNMENT.sub(" ", element.text))[2:]
    start = next((k for k, word in enumerate(words) if word in _FUNCTIONS), None)
    if start is None:
        if _TIME.search(element.text):
            raise UnknownShapeError("an expression of the time")
        return Shape(np.empty(0))
    rest = words[start + 1 :]
    end = next((k for k, word in enumerate(rest) if word in _OTHER_KEYS), len(rest))
    fields = [scope.evaluate(word) for word in rest[:end]]
    options = {key: scope.evaluate(given[key]) for key in ("r", "td") if key in given}
    try:
        return shape(words[start], fields, options, run)
    except InputError as error:
        raise InputError(f"source {element.name}: {error}") from None


def _depends_on_time(element: Element, section: Section, scope: Scope) -> bool:
    """Whether an element other than a source is a function of the time.

    Something that is multiplied by zero is not, so that a fluctuation that is switched off
    costs nothing.
    """
    if not _names_time(element.text, section, ()):
        return False
    sign, expression = _after_sign(element.text)
    if not sign:
        return True
    # braces lose their meaning in such an expression unless they hold one value or stand in ()
    plain = re.sub(r"\{\s*([\w.]+)\s*\}", r"\1", expression)
    plain = re.sub(r"\(\{([^{}]*)\}\)", r"((\1))", plain)
    try:
        scope.evaluate(plain)
    except UnknownValueError:
        return True
    return False


def _after_sign(text: str) -> tuple[str, str]:
    _, sign, expression = text.partition("=")
    return sign, expression.strip()


def _names_time(text: str, section: Section | None, callers: Sequence[str]) -> bool:
    """Whether an expression names the time, itself or through a parameter or function."""
    if _TIME.search(text):
        return True
    names = set(_NAME.findall(text)) - set(callers)
    while section is not None:
        for name in names & section.functions.keys():
            if _names_time(section.functions[name].body, section, (*callers, name)):
                return True
        for name in names & section.parameters.keys():
            if _names_time(section.parameters[name], section, (*callers, name)):
                return True
        section = section.parent
    return False
