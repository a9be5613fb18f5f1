"""The smallest capacitance of a circuit: below which charge the solver's error must count."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache

from optospice.circuit_text import Section, read_circuit, split_words
from optospice.expressions import Scope, UnknownValueError

#: Instances that are looked into [1]; larger circuits repeat what they hold.
_INSTANCES = 2000
_WORD = re.compile(r"\w+")


@lru_cache(maxsize=256)
def smallest_capacitance(netlist: str) -> float:
    """Give the smallest capacitance of the capacitors of a netlist [F].

    Parameters
    ----------
    netlist : str
        Text as the guard writes it: a title, then one card per line.

    Returns
    -------
    float
        Infinite where there is none, or none whose value can be told.
    """
    circuit = read_circuit(netlist)
    visits = [_INSTANCES]
    return _smallest(circuit, circuit.scope(None, {}), (), visits)


def smallest_of_device(text: str, name: str, parameters: Mapping[str, float]) -> float:
    """Give the smallest capacitance of one instance of a device [F].

    Parameters
    ----------
    text : str
        The device's library as the guard writes it.
    name : str
        Its subcircuit.
    parameters : mapping of str to float
        Those that differ from the defaults.

    Returns
    -------
    float
        As `smallest_capacitance`.
    """
    known = _changeable(text)
    given = tuple(sorted((k, v) for k, v in parameters.items() if k.lower() in known))
    return _of_device(text, name, given)


@lru_cache(maxsize=1024)
def _of_device(text: str, name: str, given: tuple[tuple[str, float], ...]) -> float:
    spelled = " ".join(f"{key}={value!r}" for key, value in given)
    return smallest_capacitance(f"device\n{text}xdevice 0 0 {name} {spelled}\n")


@lru_cache(maxsize=64)
def _changeable(text: str) -> frozenset[str]:
    """Names that may matter for a capacitance: those on lines that can pass one on."""
    words: set[str] = set()
    for line in text.lower().splitlines():
        if line.startswith(("c", "x", ".param", ".subckt", ".func")):
            words.update(_WORD.findall(line))
    return frozenset(words)


def _smallest(section: Section, scope: Scope, callers: tuple[str, ...], visits: list[int]) -> float:
    smallest = math.inf
    for element in section.elements.values():
        if element.kind == "c":
            smallest = min(smallest, _value(element.text, scope))
        elif element.kind == "x" and visits[0] > 0:
            inner = section.called(element)
            if inner is not None and inner.name not in callers:
                visits[0] -= 1
                given = section.given_to(element, scope)
                own = inner.scope(scope, given)
                smallest = min(smallest, _smallest(inner, own, (*callers, inner.name), visits))
    return smallest


def _value(text: str, scope: Scope) -> float:
    """Give the value of a capacitor's line; infinite where it cannot be told, or is none."""
    words = split_words(text)[2:]
    written = next((word for word in words if "=" not in word), "")
    named = next((word[2:] for word in words if word.startswith("c=")), written)
    try:
        value = scope.evaluate(named) if named else math.inf
    except UnknownValueError:
        return math.inf
    return value if value > 0 else math.inf
