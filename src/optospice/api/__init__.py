"""The short way from Python: a device, a stimulus, waveforms, a number, a plot."""

from __future__ import annotations

from optospice.api.circuits import analyse_circuit, simulate_circuit
from optospice.api.devices import simulate
from optospice.api.reading import amplitudes, paired_pulse_index
from optospice.api.stimuli import beam, pulse, pulse_pair, pulse_train
from optospice.device import find_device

__all__ = [
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
