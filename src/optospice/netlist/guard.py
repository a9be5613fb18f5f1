"""Which SPICE text may reach the simulator.

ngspice runs shell commands from a netlist (``.control``, lines that begin with ``*#``,
a title ``*ng_script``) and reads and writes any file that a netlist names. Text that does
not come from optospice itself is therefore parsed and written anew: element lines and a
few dot-cards, each on one line, without comments. ngspice gets only what was written
here, so that guard and simulator cannot disagree about what a line is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from optospice.errors import InputError
from optospice.netlist import (
    LARGEST_LIBRARY,
    LONGEST_LINE,
    LogicalLine,
    check_lines,
    numbered_lines,
    split_comment,
)
from optospice.netlist.expansion import check_expansion
from optospice.netlist.models import MODELS, pairs, parameter_problem
from optospice.netlist.reserved import parameter_card_problem, subcircuit_parameter_problem

#: First letters of element lines that may pass: sources, passives, semiconductors, switches,
#: lossy and lossless lines, instances. Not A (code models), N (Verilog-A), P, U and Y.
ELEMENTS = frozenset("bcdefghijklmoqrstvwxz")
#: Dot-cards that a device library may hold.
CARDS = frozenset((".subckt", ".ends", ".model", ".param", ".func", ".global"))
#: Dot-cards that a whole netlist may hold besides.
ANALYSIS_CARDS = frozenset(
    (
        ".tran",
        ".op",
        ".dc",
        ".ac",
        ".noise",
        ".save",
        ".temp",
        ".options",
        ".option",
        ".ic",
        ".nodeset",
    )
)
#: Options that take a number.
NUMERIC_OPTIONS = frozenset((
    "abstol", "chgtol", "cshunt", "defad", "defas", "defl", "defw", "gmin", "gminsteps",
    "itl1", "itl2", "itl3", "itl4", "itl5", "itl6", "maxord", "minbreak", "pivrel", "pivtol",
    "ramptime", "reltol", "rshunt", "seed", "srcsteps", "temp", "tnom", "trtol", "vntol", "xmu",
))  # fmt: skip
#: Options that stand alone.
FLAG_OPTIONS = frozenset((
    "acct", "autostop", "badmos3", "keepopinfo", "klu", "list", "noacct", "noinit", "nomod",
    "noopiter", "nopage", "savecurrents", "sparse", "trytocompact",
))  # fmt: skip
_CHOICES = {"method": ("trap", "trapezoidal", "gear"), "filetype": ("ascii", "binary")}
#: Longest name or number [1]; ngspice has buffers of fixed length.
LONGEST_WORD = 200
_LONGEST_TITLE = 200

# What a logical line may consist of. Not among it: ` \ " ; $ @ % ~ and control characters.
_PERMITTED = re.compile(r"[a-z0-9_.+\-*/^()\[\]{},=:'<>&|!?# ]*\Z")
_ODD = re.compile(r"[^\t\n\x20-\x7e]")
_ELEMENT_NAME = re.compile(r"[a-z][a-z0-9_.:+\-]*\Z")
_NAME = re.compile(r"[a-z_][a-z0-9_.#]*\Z")
_PARAMETER = re.compile(r"[a-z_][a-z0-9_]*\Z")
_NODE = re.compile(r"[a-z0-9_][a-z0-9_.#+\-/\[\]]*\Z")
_LONG_WORD = re.compile(rf"[a-z0-9_.]{{{LONGEST_WORD + 1},}}")
_FILE_WORD = re.compile(
    r"(?<![a-z0-9])(?:[a-z0-9]*_)?(?:in|out|wave|root)?file(?:name)?(?![a-z0-9_])"
)
_EXTERNAL = re.compile(r"(?<![a-z0-9_])external(?![a-z0-9_])")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?[a-z]*"
_MODEL = re.compile(r"\.model ([a-z0-9_][a-z0-9_.:+\-]*) ([a-z]+)(?=[ (]|\Z)(.*)\Z")
_ASSIGNMENT = re.compile(r"\.param [a-z_][a-z0-9_]* ?=[^=]")
_FUNCTION = re.compile(r"\.func [a-z_][a-z0-9_]* ?\(")
_VECTOR = re.compile(
    r"all|[vi]\([a-z0-9_.#+\-/\[\]]+(?:,[a-z0-9_.#+\-/\[\]]+)?\)"
    r"|@[a-z][a-z0-9_.:#]*\[[a-z0-9_]+\]|[a-z0-9_][a-z0-9_.#]*"
)


class Line(LogicalLine):
    """One logical line as it will be written."""

    def refuse(self, reason: str) -> InputError:
        """Give the error that names this line."""
        shown = self.text if len(self.text) <= 60 else self.text[:59] + "…"
        return InputError(f"{self.place}: {shown!r}: {reason}")


def check_library(text: str, origin: str) -> None:
    """Refuse library text that is not exactly what `cleaned` writes.

    Parameters
    ----------
    text : str
        What ngspice would read.
    origin : str
        Where it comes from, for the message.

    Raises
    ------
    InputError
        Naming the first line that may not pass.
    """
    if cleaned(text, origin) != text:
        raise InputError(
            f"{origin}: this text has not been through the netlist guard; accepted: what "
            "optospice.netlist.guard.cleaned gives"
        )


@lru_cache(maxsize=256)
def cleaned(text: str, origin: str, places: tuple[str, ...] = ()) -> str:
    """Write a device library anew, for ngspice.

    Parameters
    ----------
    text : str
        SPICE text with its includes expanded.
    origin : str
        Where it comes from, for messages.
    places : tuple of str
        File and number of each physical line, where they differ from lines of `origin`.

    Returns
    -------
    str
        Element lines, subcircuits, models, parameters and functions; nothing else. Text
        that was cleaned before comes back as it is.

    Raises
    ------
    InputError
        Naming the first line that may not pass and what is accepted.
    """
    lines = list(_read(text, origin, places, LONGEST_LINE))
    for line in lines:
        _check(line, CARDS, "a device library")
    check_expansion([(line.low, line.place) for line in lines])
    return "".join(f"{line.text}\n" for line in lines)


@lru_cache(maxsize=32)
def cleaned_netlist(text: str, origin: str) -> str:
    """Write a whole netlist from outside anew, for the library or ``ngspice -b``.

    Parameters
    ----------
    text : str
        A netlist: title line, circuit, analysis cards; `str` of a PySpice circuit.
    origin : str
        Where it comes from, for messages.

    Returns
    -------
    str
        The netlist that may be simulated: its title as a comment, then one card per line,
        ``.end`` last.

    Raises
    ------
    InputError
        Naming the first line that may not pass and what is accepted.
    """
    check_lines(text, origin)  # with its title
    first, _, rest = text.partition("\n")
    title = first.strip()
    if title.startswith(".") and not title.lower().startswith(".title "):
        raise Line(title, f"{origin}:1").refuse("a card on the title line; accepted: a title")
    titles = [Line(re.sub(r"^\.title\s+", "", title, flags=re.IGNORECASE), f"{origin}:1")]
    lines: list[Line] = []
    ended = False
    for line in _read(f"\n{rest}", origin, (), LARGEST_LIBRARY):
        word, _, words = line.text.partition(" ")
        word = word.lower()
        if ended:
            raise line.refuse("stands after .end; accepted: nothing, one netlist per file")
        if word == ".title":
            titles.append(Line(words, line.place))  # ngspice takes the last one
        elif line.low == ".end":
            ended = True
        else:
            _check(line, CARDS | ANALYSIS_CARDS, "a netlist")
            lines.append(line)
    for one in titles:
        if one.low.startswith("*ng_script"):
            raise one.refuse("makes every line a command; accepted: a netlist with another title")
    check_expansion([(line.low, line.place) for line in lines])
    body = "".join(f"{line.text}\n" for line in lines)
    return f"* {safe_title(titles[-1].text)}\n{body}.end\n"


def safe_title(text: str) -> str:
    """Reduce a title to one short line of plain text that begins with a letter or digit.

    A title can turn every line of a netlist into a command (``*ng_script``), and what
    stands beyond its 5,000th character is the next line.

    Parameters
    ----------
    text : str
        Any text.
    """
    plain = " ".join(re.sub(r"[^\x20-\x7e]|[\\`\"$;]", " ", text).split())
    return re.sub(r"^[^A-Za-z0-9]+", "", plain)[:_LONGEST_TITLE].rstrip() or "untitled"


def _read(text: str, origin: str, places: Sequence[str], longest: int) -> Iterator[Line]:
    """Give the logical lines of a text, refusing what can be read in two ways."""
    check_lines(text, origin)
    # ngspice ends a line at LF only and drops a CR before it
    physical = [line.removesuffix("\r") for line in text.split("\n")]

    def place(index: int) -> str:
        return places[index] if places else f"{origin}:{index + 1}"

    for index, line in enumerate(physical if _ODD.search(text) else ()):
        code, comment = split_comment(line)
        odd = [*_ODD.findall(code), *(c for c in comment if not c.isprintable() and c != "\t")]
        if odd:
            raise InputError(
                f"{place(index)}: holds the character {odd[0]!a}; accepted: ASCII text, "
                "other letters in comments only, lines that end with LF or CRLF"
            )
    for index, joined in numbered_lines(physical):
        if len(joined) > longest:
            raise InputError(
                f"{place(index)}: a line of {len(joined)} characters with its continuations; "
                f"accepted: up to {longest}"
            )
        yield Line(" ".join(joined.split()), place(index))


def _check(line: Line, cards: frozenset[str], where: str) -> None:
    text = line.low
    word = text.split(" ", 1)[0]
    if word.startswith("."):
        if word not in cards:
            raise line.refuse(
                f"{word[:60]} may not stand in {where}; accepted: {', '.join(sorted(cards))}"
            )
    elif word[0] == "+":
        raise line.refuse("continues nothing; accepted: + after an element or a card")
    elif word[0] not in ELEMENTS:
        raise line.refuse(
            f"begins with {word[0]!r}; accepted: elements {' '.join(sorted(ELEMENTS))} "
            "and dot-cards"
        )
    elif not _ELEMENT_NAME.match(word):
        raise line.refuse(
            f"{word!r} is no element name; accepted: a letter, then letters, digits and _ . : + -"
        )
    _check_words(line, word)
    check = _CARD_CHECKS.get(word)
    if check is not None:
        check(line)


def _check_words(line: Line, card: str) -> None:
    text = line.low.replace("@", "") if card == ".save" else line.low
    if not _PERMITTED.match(text):
        wrong = next(c for c in text if not _PERMITTED.match(c))
        raise line.refuse(f"holds {wrong!r}; accepted: letters, digits, brackets and operators")
    if _LONG_WORD.search(text):
        raise line.refuse(f"holds a very long word; accepted: up to {LONGEST_WORD} characters")
    if _FILE_WORD.search(text):
        raise line.refuse("names a file; accepted: lines that read and write no file")
    if card[0] in "vi" and _EXTERNAL.search(text):
        raise line.refuse("an EXTERNAL source needs a program; accepted: DC, PULSE, PWL, …")
    if text.count("'") % 2 or not _braces_match(text):
        raise line.refuse("has a lone quote or brace; accepted: {…} and '…' in pairs")


def _braces_match(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0


def _check_subcircuit(line: Line) -> None:
    words = list(pairs(line.low.replace("params:", " ").partition(" ")[2]))
    nodes = [name for name, value in words if value is None]
    behind = [name for name, value in words[len(nodes) :] if value is None]
    fine = all(len(node) <= LONGEST_WORD and _NODE.match(node) for node in nodes)
    if not nodes or behind or not fine:
        raise line.refuse("accepted: .subckt name terminal … params: name=number …")
    for name, value in words[len(nodes) :]:
        if not _PARAMETER.match(name) or not value:
            raise line.refuse(
                f"{name!r} is no parameter; accepted: name=number, a name of letters, digits and _"
            )
        problem = subcircuit_parameter_problem(name)
        if problem:
            raise line.refuse(problem)


def _check_model(line: Line) -> None:
    match = _MODEL.match(line.low)
    if match is None or match.group(2) not in MODELS:
        raise line.refuse(f"accepted: .model name type (…) with type {', '.join(sorted(MODELS))}")
    name, kind, rest = match.groups()
    if kind in ("nmos", "pmos") and "level" in name:
        raise line.refuse("'level' in a name sets the level for ngspice; accepted: another name")
    problem = parameter_problem(kind, rest)
    if problem:
        raise line.refuse(problem)


def _check_parameters(line: Line) -> None:
    if not _ASSIGNMENT.match(line.low):
        raise line.refuse("accepted: .param name = number or {expression}; functions with .func")
    for name, value in pairs(line.low.removeprefix(".param ")):
        problem = parameter_card_problem(name, value) if value is not None else ""
        if problem:
            raise line.refuse(problem)


def _check_function(line: Line) -> None:
    if not _FUNCTION.match(line.low):
        raise line.refuse("accepted: .func name(arguments) {expression}")


def _check_nodes(line: Line) -> None:
    if not all(map(_NODE.match, line.low.split()[1:])):
        raise line.refuse("accepted: names")


def _check_options(line: Line) -> None:
    for word in re.sub(r" ?= ?", "=", line.low).split()[1:]:
        name, equals, value = word.partition("=")
        if name in _CHOICES:
            fits = value in _CHOICES[name]
        elif name in NUMERIC_OPTIONS:
            fits = re.fullmatch(_NUMBER, value) is not None or (name, value) == ("seed", "random")
        else:
            fits = name in FLAG_OPTIONS and not equals
        if not fits:
            raise line.refuse(
                f"{word!r} is no option that may be set here; accepted: "
                + ", ".join(sorted(NUMERIC_OPTIONS | FLAG_OPTIONS | _CHOICES.keys()))
            )


def _check_vectors(line: Line) -> None:
    packed = re.sub(r" ?, ?", ",", re.sub(r"\( ", "(", line.low.replace(" )", ")")))
    for word in packed.split()[1:]:
        if not _VECTOR.fullmatch(word):
            raise line.refuse(
                f"{word!r} is no vector; accepted: all, v(node), i(source), @device[name]"
            )


def _check_temperature(line: Line) -> None:
    words = line.low.split()[1:]
    if not words or not all(re.fullmatch(_NUMBER, word) for word in words):
        raise line.refuse("accepted: .temp and numbers [degC]")


_CARD_CHECKS = {
    ".subckt": _check_subcircuit,
    ".ends": _check_nodes,
    ".global": _check_nodes,
    ".model": _check_model,
    ".param": _check_parameters,
    ".func": _check_function,
    ".options": _check_options,
    ".option": _check_options,
    ".save": _check_vectors,
    ".temp": _check_temperature,
}
