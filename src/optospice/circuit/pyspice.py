"""A circuit for PySpice, for what others have built on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optospice.circuit.model import Circuit
from optospice.circuit.writer import body

if TYPE_CHECKING:
    from PySpice.Spice.Netlist import Circuit as PySpiceCircuit


def exported(circuit: Circuit) -> PySpiceCircuit:
    """Export a circuit, without any analysis.

    Parameters
    ----------
    circuit : Circuit
        What is exported; its devices, sources and passive elements become PySpice elements,
        their libraries and everything else its raw text.
    """
    from PySpice.Spice.Netlist import Circuit as PySpiceCircuit

    title, *lines = body(circuit)
    found = PySpiceCircuit(title)
    own = False
    for text in lines:
        name, *words = text.split(" ")
        own = own or (name.startswith("Xdevice") and "\n" not in text)
        if not own or name[0] not in "XVIRCL":  # libraries come before the first device
            found.raw_spice += f"{text}\n"
        elif name[0] == "X":
            nodes = [word for word in words if "=" not in word]
            given = dict(word.split("=", 1) for word in words if "=" in word)
            found.X(name[1:], nodes[-1], *nodes[:-1], **given)
        else:
            add = getattr(found, name[0])
            add(name[1:], *words[:2], " ".join(words[2:]))
    return found


__all__ = ["exported"]
