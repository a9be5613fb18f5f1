"""What is simulated: one model of a circuit, and the one writer of its netlist.

The bench of one device, a batch of copies, a closed loop and an array are all a `Circuit`.
"""

from optospice.circuit.builders import array
from optospice.circuit.elements import Instance, OpticalLink, PassiveElement, Source, base_name
from optospice.circuit.lights import shining
from optospice.circuit.model import Circuit
from optospice.circuit.signals import Reading
from optospice.circuit.writer import simulation_cards, transient_card

__all__ = [
    "Circuit",
    "Instance",
    "OpticalLink",
    "PassiveElement",
    "Reading",
    "Source",
    "array",
    "base_name",
    "shining",
    "simulation_cards",
    "transient_card",
]
