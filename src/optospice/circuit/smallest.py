"""The smallest capacitance of a circuit: of its devices, each kind once, and of what is between."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

from optospice.capacitances import smallest_capacitance, smallest_of_device
from optospice.circuit.elements import Instance, PassiveElement

#: Devices with parameters of their own that are looked into [1]; larger circuits repeat what
#: they hold.
_INSTANCES = 500


def smallest_capacitance_of(
    devices: Mapping[str, Instance], passives: Mapping[str, PassiveElement], elements: str
) -> float:
    """Give the smallest capacitance of a circuit [F].

    Parameters
    ----------
    devices : mapping of str to Instance
        Devices by name.
    passives : mapping of str to PassiveElement
        Passive elements by name.
    elements : str
        Further element lines, as the guard writes them; they may call the devices'
        subcircuits.
    """
    between = [one.value for one in passives.values() if one.kind == "C" and one.value > 0]
    inside = list(itertools.islice(_distinct(devices), _INSTANCES))
    found = [smallest_of_device(one.device.text, one.device.name, one.parameters) for one in inside]
    if elements:
        texts = dict.fromkeys(placed.device.text for placed in inside)
        found.append(smallest_capacitance(f"circuit\n{''.join(texts)}{elements}\n"))
    return min((*between, *found), default=math.inf)


def _distinct(devices: Mapping[str, Instance]) -> Iterator[Instance]:
    """Give instances that differ in their device or in their parameters."""
    seen = set()
    for placed in devices.values():
        key = (placed.device.name, *placed.parameters.items())
        if key not in seen:
            seen.add(key)
            yield placed
