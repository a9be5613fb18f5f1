"""Named experiments: the stimuli they apply and the metrics they take."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from optospice.errors import InputError, close_matches
from optospice.protocols.base import Protocol
from optospice.protocols.paired_pulse import PairedPulse
from optospice.protocols.pulse_train import Train
from optospice.protocols.single_pulse import SinglePulse

#: Every protocol by name.
PROTOCOLS: Mapping[str, type[Protocol]] = MappingProxyType(
    {
        "single_pulse": SinglePulse,
        "paired_pulse": PairedPulse,
        "pulse_train": Train,
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


__all__ = ["PROTOCOLS", "PairedPulse", "Protocol", "SinglePulse", "Train", "find_protocol"]
