"""What a netlist holds: elements with their nodes, subcircuits, parameters and functions.

It reads the text that `optospice.netlist.guard` writes, one card per line.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from optospice.expressions import Function, Scope, UnknownValueError

_WORD = re.compile(r"(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|'[^']*'|[^\s{}'])+")
_FUNCTION = re.compile(r"\.func ([a-z_][a-z0-9_]*) ?\(([^)]*)\) ?=? ?(.*)\Z")
_NODES = {
    **dict.fromkeys("rclvibdfhw", 2), **dict.fromkeys("sto", 4), **dict.fromkeys("jz", 3), "k": 0,
}  # fmt: skip
_FEWEST_NODES = {"q": 3, "m": 3}
_CONTROLLED = re.compile(r"(value|vol|cur|poly|table|laplace)\b|.*[={']")
_PIN_NAMES = {"q": "cbes", "m": "dgsb", "j": "dgs", "z": "dgs"}
#: Names of the reference node.
GROUND = ("0", "gnd")


@dataclass(frozen=True)
class Element:
    """One element or instance.

    Parameters
    ----------
    name : str
        Name, lower case.
    text : str
        Everything behind the name, lower case.
    line : int
        Index of its line in the netlist.
    nodes : tuple of str
        Nodes that it connects.
    calls : str
        Subcircuit of an instance, otherwise empty.
    """

    name: str
    text: str
    line: int
    nodes: tuple[str, ...]
    calls: str = ""

    @property
    def kind(self) -> str:
        """First letter."""
        return self.name[0]

    @property
    def pins(self) -> str:
        """One-letter names of a transistor's terminals in order; empty for other elements."""
        return _PIN_NAMES.get(self.kind, "")[: len(self.nodes)]

    @property
    def overrides(self) -> dict[str, str]:
        """Parameters that an instance gives, as expressions."""
        return assignments(self.text)


@dataclass
class Section:
    """The circuit itself, or a subcircuit.

    Parameters
    ----------
    name : str
        Name of the subcircuit; empty for the circuit itself.
    terminals : tuple of str
        Terminals of the subcircuit in order.
    parent : Section or None
        What it is defined in.
    """

    name: str = ""
    terminals: tuple[str, ...] = ()
    parent: Section | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    elements: dict[str, Element] = field(default_factory=dict)
    subcircuits: dict[str, Section] = field(default_factory=dict)
    models: set[str] = field(default_factory=set)
    global_nodes: frozenset[str] = frozenset()

    def subcircuit(self, name: str) -> Section | None:
        """Find a subcircuit as an instance in this section sees it."""
        if name in self.subcircuits:
            return self.subcircuits[name]
        return None if self.parent is None else self.parent.subcircuit(name)

    def called(self, element: Element) -> Section | None:
        """Give the subcircuit of an instance; None for an element or an unknown one."""
        return self.subcircuit(element.calls) if element.calls else None

    @property
    def nodes(self) -> set[str]:
        """Nodes that its elements connect."""
        return {node for element in self.elements.values() for node in element.nodes}

    def scope(self, parent: Scope | None, given: Mapping[str, float | None]) -> Scope:
        """Give what expressions inside see, with the parameters of an instance."""
        return Scope({**self.parameters, **given}, self.functions, parent)

    def given_to(self, element: Element, scope: Scope) -> dict[str, float | None]:
        """Evaluate the parameters of an instance; None where a value cannot be told."""
        values: dict[str, float | None] = {}
        for name, text in element.overrides.items():
            try:
                values[name] = scope.evaluate(text)
            except UnknownValueError:
                values[name] = None
        return values


def read_circuit(netlist: str) -> Section:
    """Read a netlist.

    Parameters
    ----------
    netlist : str
        Text as the guard writes it: a title, then one card per line.

    Returns
    -------
    Section
        The circuit with its subcircuits.
    """
    lines = [line.lower() for line in netlist.splitlines()]
    heads = [line.split() for line in lines[1:] if line.strip()]
    models = {words[1] for words in heads if words[0] == ".model"}
    names = {words[1] for words in heads if words[0] == ".subckt"}
    circuit = Section()
    here = circuit
    for index, line in enumerate(lines):
        if index == 0 or not line.strip() or line.startswith("*"):
            continue
        card, _, rest = line.partition(" ")
        if card == ".subckt":
            name, *words = split_words(rest)
            terminals = tuple(word for word in words if "=" not in word and word != "params:")
            inner = Section(name, terminals, here, assignments(rest))
            here.subcircuits.setdefault(name, inner)
            here = inner
        elif card == ".ends":
            here = here.parent or circuit
        elif card == ".param":
            here.parameters |= assignments(rest)
        elif card == ".func":
            match = _FUNCTION.match(line)
            if match is not None:
                arguments = tuple(
                    name.strip() for name in match.group(2).split(",") if name.strip()
                )
                here.functions[match.group(1)] = Function(arguments, match.group(3))
        elif card == ".model":
            here.models.add(rest.split()[0])
        elif card == ".global":
            circuit.global_nodes |= frozenset(rest.split())
        elif not card.startswith("."):
            here.elements[card] = _element(card, rest, index, models, names)
    return circuit


def _element(name: str, text: str, line: int, models: set[str], subcircuits: set[str]) -> Element:
    words = split_words(text)
    if name[0] == "x":
        plain = [word for word in words if "=" not in word and word != "params:"]
        place = next((k for k in reversed(range(len(plain))) if plain[k] in subcircuits), None)
        if place is None:
            return Element(name, text, line, tuple(plain[:-1]), plain[-1] if plain else "")
        return Element(name, text, line, tuple(plain[:place]), plain[place])
    if name[0] in "eg":
        count = 2 if len(words) < 4 or _CONTROLLED.match(words[2]) else 4
    elif name[0] in _FEWEST_NODES:
        fewest = _FEWEST_NODES[name[0]]
        found = (k for k in range(fewest, len(words)) if words[k] in models)
        count = next(found, fewest)
    else:
        count = _NODES.get(name[0], 2)
    return Element(name, text, line, tuple(words[:count]))


def split_words(text: str) -> list[str]:
    """Split a card at blanks, ``name = value`` and what stands in braces or quotes kept whole."""
    return _WORD.findall(re.sub(r" ?= ?", "=", text))


def assignments(text: str) -> dict[str, str]:
    """Read every ``name=value`` of a card."""
    pairs = (word.partition("=") for word in split_words(text))
    return {name: value for name, sign, value in pairs if sign and name.isidentifier()}


def instances(circuit: Section, limit: int) -> Iterator[tuple[str, Section]]:
    """Walk the circuit and its instances, outer before inner, siblings in order.

    Parameters
    ----------
    circuit : Section
        From `read_circuit`.
    limit : int
        Most sections to visit [1].

    Yields
    ------
    (str, Section)
        Prefix of the names inside (``""``, ``"x1."``, ``"x1.x2."``) and the section.
    """
    waiting = deque([("", circuit)])
    for _ in range(limit):
        if not waiting:
            return
        prefix, section = waiting.popleft()
        yield prefix, section
        for element in section.elements.values():
            inner = section.called(element)
            if inner is not None:
                waiting.append((f"{prefix}{element.name}.", inner))
