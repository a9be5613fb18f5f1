"""Protocols by name: the ready-made ones, and those that installed packages declare.

A scenario names a protocol and gives its parameters. Code comes from packages alone: this
one, and the entry points of the group ``optospice.protocols``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, TypeVar

from optospice.errors import InputError
from optospice.protocols.analyses.curves import (
    CurrentVoltage,
    GateTransfer,
    OperatingPointExperiment,
)
from optospice.protocols.analyses.spectra import FrequencyResponse, NoiseExperiment
from optospice.protocols.base import Experiment
from optospice.protocols.dark_recovery import DarkRecovery
from optospice.protocols.learning_forgetting import LearningForgetting
from optospice.protocols.nociceptor import Nociceptor
from optospice.protocols.paired_pulse import PairedPulse
from optospice.protocols.potentiation_depression import PotentiationDepression
from optospice.protocols.pulse_train import Train
from optospice.protocols.retention import Retention
from optospice.protocols.single_pulse import SinglePulse
from optospice.protocols.spike_timing import SpikeTiming
from optospice.protocols.timeline.protocol import Timeline
from optospice.protocols.voltage_sweep import VoltageSweep

Kind = TypeVar("Kind")

GROUP = "optospice.protocols"
#: The ready-made protocols by name.
PROTOCOLS: Mapping[str, type[Experiment]] = MappingProxyType(
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
        "timeline": Timeline,
        "operating_point": OperatingPointExperiment,
        "current_voltage": CurrentVoltage,
        "gate_transfer": GateTransfer,
        "frequency_response": FrequencyResponse,
        "noise": NoiseExperiment,
    }
)


@cache
def protocols() -> Mapping[str, type[Experiment]]:
    """Every protocol by name, the ready-made ones first.

    Raises
    ------
    InputError
        When an installed package declares something that is no experiment.
    """
    return MappingProxyType(with_installed(PROTOCOLS, entry_points(group=GROUP), GROUP, Experiment))


def with_installed(
    ready: Mapping[str, type[Kind]],
    entries: Iterable[EntryPoint],
    group: str,
    base: type[Any],
) -> dict[str, type[Kind]]:
    """Add what installed packages declare to what is there; nothing ready is replaced.

    Parameters
    ----------
    ready : mapping of str to type
        Classes of this package by name.
    entries : iterable of EntryPoint
        What is declared.
    group : str
        Name of the group, for messages.
    base : type
        Class that all are derived from.

    Raises
    ------
    InputError
        When something cannot be loaded, or is no such class.
    """
    found = dict(ready)
    for entry in entries:
        if entry.name in found:
            continue
        try:
            kind = entry.load()
        except Exception as error:  # whatever the package does when it is imported
            raise InputError(
                f"entry point {entry.value!r} of {group}: cannot be loaded: {error}"
            ) from None
        if not (isinstance(kind, type) and issubclass(kind, base)):
            raise InputError(
                f"entry point {entry.value!r} of {group}: is no class derived from "
                f"{base.__module__}.{base.__name__}"
            )
        found[entry.name] = kind
    return found
