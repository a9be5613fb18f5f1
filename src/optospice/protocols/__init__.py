"""Named experiments: the stimuli they apply and the metrics they take."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from optospice.errors import InputError, close_matches
from optospice.protocols.base import Protocol, Series
from optospice.protocols.dark_recovery import DarkRecovery
from optospice.protocols.learning_forgetting import LearningForgetting
from optospice.protocols.nociceptor import Nociceptor
from optospice.protocols.paired_pulse import PairedPulse
from optospice.protocols.potentiation_depression import PotentiationDepression
from optospice.protocols.pulse_train import Train
from optospice.protocols.retention import Retention
from optospice.protocols.single_pulse import SinglePulse
from optospice.protocols.spike_timing import SpikeTiming
from optospice.protocols.voltage_sweep import VoltageSweep

#: Every protocol by name.
PROTOCOLS: Mapping[str, type[Protocol]] = MappingProxyType(
    {
        "single_pulse": SinglePulse,
        "paired_pulse": PairedPulse,
        "pulse_train": Train,
        "retention": Retention,
        "dark_recovery": DarkRecovery,
        "potentiation_depression": PotentiationDepression,
        "learning_forgetting": LearningForgetting,
        "spike_timing": SpikeTiming,
        "voltage_sweep": VoltageSweep,
        "nociceptor": Nociceptor,
    }
)


def find_protocol(name: str) -> type[Protocol]:
    """Give a protocol by name.

    Raises
    ------
    InputError
        When there is none of this name; the message lists close matches.
    """
    try:
        return PROTOCOLS[name]
    except KeyError:
        raise InputError(f"there is no such protocol; {close_matches(name, PROTOCOLS)}") from None


__all__ = [
    "PROTOCOLS",
    "DarkRecovery",
    "LearningForgetting",
    "Nociceptor",
    "PairedPulse",
    "PotentiationDepression",
    "Protocol",
    "Retention",
    "Series",
    "SinglePulse",
    "SpikeTiming",
    "Train",
    "VoltageSweep",
    "find_protocol",
]
