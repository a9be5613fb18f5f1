"""optospice: circuit-level co-simulation of optoelectronic synaptic devices.

>>> import optospice
>>> device = optospice.find_device("pbs_rc")
>>> light = optospice.pulse_pair("1.22 mW/cm^2", width="10 s", interval="20 s")
>>> waveforms = optospice.simulate(device, p="1 V", light=light, duration="80 s")
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optospice.api import (
        amplitudes,
        analyse_circuit,
        beam,
        paired_pulse_index,
        pulse,
        pulse_pair,
        pulse_train,
        simulate,
        simulate_circuit,
    )
    from optospice.device import find_device

__version__ = "0.1.0"
__all__ = [
    "__version__",
    "amplitudes",
    "analyse_circuit",
    "beam",
    "find_device",
    "paired_pulse_index",
    "pulse",
    "pulse_pair",
    "pulse_train",
    "simulate",
    "simulate_circuit",
]


def __getattr__(name: str) -> Any:
    """Import the Python interface when it is first used: ``import optospice`` stays quick."""
    if name.startswith("_") or name not in __all__:
        raise AttributeError(f"module 'optospice' has no attribute {name!r}")
    return getattr(importlib.import_module("optospice.api"), name)
