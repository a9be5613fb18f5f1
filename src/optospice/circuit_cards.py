"""Dot-cards of a circuit that comes from elsewhere: which count, which are refused and why.

The engine decides how a transient is solved. Cards that say what is to be simulated or
how exactly are therefore read here, and never reach the simulator as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from optospice.errors import InputError
from optospice.netlist import numbered_lines

#: Analyses that are not transients, with what to do instead.
_ANALYSES = {
    ".dc": "for a sweep optospice.analyse_circuit with a DCSweep",
    ".op": "for an operating point optospice.analyse_circuit with OperatingPoint()",
    ".ac": "for small signals optospice.analyse_circuit with a SmallSignal",
    ".noise": "for noise optospice.analyse_circuit with a Noise",
} | dict.fromkeys(
    (".disto", ".pz", ".sens", ".tf", ".sp", ".pss", ".hb", ".fft", ".four"),
    "for other analyses run the netlist with ngspice -b",
)
_MEASURES = frozenset((".meas", ".measure"))
#: Cards that say only what ngspice prints or keeps; the argument `signals` says it here.
_OUTPUT = frozenset((".save", ".print", ".plot", ".probe", ".width"))
#: Options that say how exactly a circuit is solved: the accuracy profile's matter.
_SOLVER_OPTIONS = frozenset((
    "abstol", "autostop", "chgtol", "interp", "itl1", "itl2", "itl3", "itl4", "itl5", "itl6",
    "lteabstol", "ltereltol", "maxord", "method", "minbreak", "newtrunc", "ramptime", "reltol",
    "trtol", "vntol", "xmu",
))  # fmt: skip
_SECTION = frozenset((".control", ".endc"))


@dataclass(frozen=True)
class Cards:
    """What the cards of a circuit say about its simulation.

    Parameters
    ----------
    lines : tuple of str
        The circuit without these cards; a card leaves an empty line behind, so that lines
        keep their numbers.
    transient : tuple of str
        Words of the ``.tran`` card behind its name; empty when there is none.
    temperature : str
        What the ``.temp`` card says [degC]; empty when there is none.
    """

    lines: tuple[str, ...]
    transient: tuple[str, ...]
    temperature: str


def read_cards(lines: Sequence[str]) -> Cards:
    """Take out of a circuit what says how it is simulated.

    Parameters
    ----------
    lines : sequence of str
        Physical lines; the first one is the title.

    Returns
    -------
    Cards
        What is left, and what the cards say.

    Raises
    ------
    InputError
        For another analysis, an option of the solver, or two cards that contradict.
    """
    kept = [*lines[:1], *[""] * (len(lines) - 1)]
    transient: tuple[str, ...] = ()
    temperature = ""
    for index, line in numbered_lines(["", *lines[1:]]):
        card, *words = re.sub(r" ?= ?", "=", line).split()
        low = card.lower()
        place = f"circuit:{index + 1}"
        if low in _SECTION:
            return Cards(tuple(lines), (), "")  # what stands in it is no card; the guard refuses
        if low in _ANALYSES:
            raise InputError(f"{place}: {low}: simulate_circuit gives transients; {_ANALYSES[low]}")
        if low in _MEASURES:
            raise InputError(
                f"{place}: {low}: is not evaluated; accepted: a circuit without it, measured on "
                "the waveforms that come back"
            )
        if low == ".tran":
            if transient:
                raise InputError(f"{place}: .tran: stands twice; accepted: one transient")
            transient = tuple(words) or ("",)
        elif low == ".temp":
            if len(words) != 1 or temperature:
                raise InputError(f"{place}: .temp: accepted: one temperature [degC]")
            temperature = words[0]
        elif low not in _OUTPUT:
            if low in (".option", ".options"):
                _check_options(words, place)
            kept[index] = line
    return Cards(tuple(kept), transient, temperature)


def _check_options(words: Sequence[str], place: str) -> None:
    for word in words:
        name = word.partition("=")[0].lower()
        if name == "temp":
            raise InputError(f"{place}: option temp: accepted: the argument temperature, or .temp")
        if name in _SOLVER_OPTIONS:
            raise InputError(
                f"{place}: option {name}: the accuracy profile sets it; accepted: a circuit "
                "without it, and accuracy = 'fast', 'standard' or 'reference'"
            )
