"""Libraries in one circuit never meet: what two of them call alike gets two names.

ngspice takes the first definition of a name and ignores the second without a word, so two
devices that each bring a `.subckt leak` of their own would share one of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from optospice.circuit_text import Element, Section, read_circuit

#: A call of a function, a probe of a node or a current (which names no parameter), or a word.
_TOKEN = re.compile(r"\b([vi]\([^()]*\))|([a-z_][\w.]*)(\s*\()?", re.IGNORECASE)
_EXPRESSION = re.compile(r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|'[^']*'")
#: Elements whose value behind the nodes is an expression without braces.
_BEHAVIOURAL = "beg"


@dataclass(frozen=True)
class Definitions:
    """Names that a library defines for the whole circuit, lower case.

    Parameters
    ----------
    subcircuits, models, functions, parameters : frozenset of str
        Those that stand outside all its subcircuits.
    """

    subcircuits: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()

    @property
    def kinds(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """Each kind by a short name, with its names."""
        return (
            ("subcircuit", self.subcircuits),
            ("model", self.models),
            ("function", self.functions),
            ("parameter", self.parameters),
        )


@dataclass(frozen=True)
class Separated:
    """A library whose names are its own.

    Parameters
    ----------
    text : str
        The library.
    subcircuit : str
        Name under which its device is called.
    """

    text: str
    subcircuit: str


@lru_cache(maxsize=64)
def definitions(text: str) -> Definitions:
    """Give what a library defines for the whole circuit.

    Parameters
    ----------
    text : str
        Text as the guard writes it, one card per line.
    """
    circuit = read_circuit(f"library\n{text}")
    return Definitions(
        frozenset(circuit.subcircuits),
        frozenset(circuit.models),
        frozenset(circuit.functions),
        frozenset(circuit.parameters),
    )


def separated(libraries: Sequence[tuple[str, str]], own: str = "") -> list[Separated]:
    """Give libraries in which no name is defined twice.

    A name that only one text defines stays as it is. One that several define becomes another
    in each of them, whatever their order; a device keeps the name of its subcircuit unless two
    different texts share it.

    Parameters
    ----------
    libraries : sequence of (str, str)
        Subcircuit of a device, and the text that defines it as the guard writes it. The same
        text may come several times.
    own : str
        Further text of the circuit, whose names stay.

    Returns
    -------
    list of Separated
        One entry for each library, in order; the same text gives the same entry.
    """
    texts = list(dict.fromkeys(libraries))
    known = [definitions(text) for _, text in texts]
    kept = definitions(own) if own else Definitions()
    clashes = _clashes([*known, kept])
    taken = {name for one in (*known, kept) for _, names in one.kinds for name in names}
    found: dict[tuple[str, str], Separated] = {}
    devices = Counter(name.lower() for name, _ in texts)
    for number, ((device, text), mine) in enumerate(zip(texts, known, strict=True), start=1):
        alone = devices[device.lower()] == 1 and device.lower() not in kept.subcircuits
        prefix = device.lower() if alone else f"{device.lower()}_{number}"
        renames: dict[str, dict[str, str]] = {}
        for kind, names in mine.kinds:
            for name in sorted(names & clashes[kind]):
                if kind == "subcircuit" and name == device.lower() and alone:
                    continue
                renames.setdefault(kind, {})[name] = _free(f"{prefix}_{name}", taken)
        called = renames.get("subcircuit", {}).get(device.lower(), device)
        found[device, text] = Separated(_renamed(text, renames) if renames else text, called)
    return [found[device, text] for device, text in libraries]


def _clashes(known: Iterable[Definitions]) -> dict[str, frozenset[str]]:
    counts: dict[str, Counter[str]] = {}
    for one in known:
        for kind, names in one.kinds:
            counts.setdefault(kind, Counter()).update(names)
    return {
        kind: frozenset(name for name, count in counted.items() if count > 1)
        for kind, counted in counts.items()
    }


def _free(wanted: str, taken: set[str]) -> str:
    name = wanted
    number = 1
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    taken.add(name)
    return name


@dataclass(frozen=True)
class _Scope:
    """What a line may mean: the renamed names, less those that its subcircuit hides."""

    section: Section
    renames: Mapping[str, Mapping[str, str]]
    hidden: dict[str, frozenset[str]] = field(default_factory=dict)

    def inner(self, section: Section) -> _Scope:
        """Give the scope of a subcircuit that is defined in this one."""
        own = {
            "subcircuit": frozenset(section.subcircuits),
            "model": frozenset(section.models),
            "function": frozenset(section.functions),
            "parameter": frozenset(section.parameters),
        }
        hidden = {kind: names | self.hidden.get(kind, frozenset()) for kind, names in own.items()}
        return _Scope(section, self.renames, hidden)

    def name(self, kind: str, name: str) -> str:
        """Give the new name of what is called so here, or the old one."""
        low = name.lower()
        if low in self.hidden.get(kind, frozenset()):
            return name
        return self.renames.get(kind, {}).get(low, name)

    def function(self, text: str) -> str:
        """Rename in the definition of a function, whose arguments hide parameters."""
        arguments = text.partition("(")[2].partition(")")[0].lower().replace(" ", "").split(",")
        own = self.hidden.get("parameter", frozenset()) | frozenset(arguments)
        return replace(self, hidden={**self.hidden, "parameter": own}).expression(text)

    def expression(self, text: str) -> str:
        """Rename the functions and parameters of an expression."""

        def other(match: re.Match[str]) -> str:
            if match[1]:
                return match[1]
            kind = "function" if match[3] else "parameter"
            return self.name(kind, match[2]) + (match[3] or "")

        return _TOKEN.sub(other, text)


def _renamed(text: str, renames: Mapping[str, Mapping[str, str]]) -> str:
    circuit = read_circuit(f"library\n{text}")
    scopes = [_Scope(circuit, renames)]
    lines = []
    for line in text.split("\n"):
        card, _, rest = line.partition(" ")
        low = card.lower()
        here = scopes[-1]
        if low == ".subckt":
            name, _, header = rest.partition(" ")
            lines.append(f"{card} {here.name('subcircuit', name)} {_values(header, here)}".rstrip())
            scopes.append(here.inner(here.section.subcircuits[name.lower()]))
        elif low == ".ends":
            if len(scopes) > 1:
                scopes.pop()
            lines.append(f"{card} {scopes[-1].name('subcircuit', rest)}" if rest else card)
        elif low == ".model":
            name, _, values = rest.partition(" ")
            lines.append(f"{card} {here.name('model', name)} {_in_brackets(values, here)}".rstrip())
        elif low == ".func":
            lines.append(f"{card} {here.function(rest)}")
        elif low == ".param":
            lines.append(f"{card} {here.expression(rest)}")
        elif card and not card.startswith((".", "*")):
            lines.append(f"{card} {_element(here.section.elements[low], rest, here)}".rstrip())
        else:
            lines.append(line)
    return "\n".join(lines)


def _values(text: str, scope: _Scope) -> str:
    """Rename in the values of ``name=value`` pairs, whose names belong to the callee."""
    words = _words(text)
    return " ".join(
        f"{word.partition('=')[0]}={scope.expression(word.partition('=')[2])}"
        if "=" in word
        else word
        for word in words
    )


def _in_brackets(text: str, scope: _Scope) -> str:
    """Rename in braces and quotes only."""
    return _EXPRESSION.sub(lambda match: scope.expression(match[0]), text)


def _element(element: Element, text: str, scope: _Scope) -> str:
    words = _words(text)
    count = len(element.nodes)
    nodes, rest = words[:count], words[count:]
    if element.kind == "x":
        called = rest[0] if rest else ""
        return " ".join(
            [*nodes, scope.name("subcircuit", called), _values(" ".join(rest[1:]), scope)]
        ).rstrip()
    if element.kind in _BEHAVIOURAL:
        head, sign, tail = " ".join(rest).partition("=")
        if sign and head.strip().isidentifier():  # V=…, I=…, VALUE=…
            return " ".join([*nodes, f"{head}={scope.expression(tail)}"])
        return " ".join([*nodes, scope.expression(" ".join(rest))]).rstrip()
    written = []
    for word in rest:
        model = scope.name("model", word)
        if "=" in word:
            written.append(_values(word, scope))
        elif model != word:
            written.append(model)
        else:
            written.append(scope.expression(word))
    return " ".join([*nodes, *written])


def _words(text: str) -> list[str]:
    """Split at blanks; what stands in braces or quotes, and ``name=value``, stays whole."""
    found: list[str] = []
    deep, quoted, word = 0, False, ""
    for letter in re.sub(r" ?= ?", "=", text):
        deep += (letter == "{") - (letter == "}")
        quoted ^= letter == "'"
        if letter == " " and not deep and not quoted:
            if word:
                found.append(word)
            word = ""
        else:
            word += letter
    return [*found, word] if word else found
