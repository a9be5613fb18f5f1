"""Named experiments: the stimuli they apply and the metrics they take."""

from optospice.protocols.base import Experiment, Protocol, Series
from optospice.protocols.dark_recovery import DarkRecovery
from optospice.protocols.learning_forgetting import LearningForgetting
from optospice.protocols.nociceptor import Nociceptor
from optospice.protocols.paired_pulse import PairedPulse
from optospice.protocols.potentiation_depression import PotentiationDepression
from optospice.protocols.pulse_train import Train
from optospice.protocols.registry import PROTOCOLS, protocols
from optospice.protocols.retention import Retention
from optospice.protocols.single_pulse import SinglePulse
from optospice.protocols.spike_timing import SpikeTiming
from optospice.protocols.voltage_sweep import VoltageSweep

__all__ = [
    "PROTOCOLS",
    "DarkRecovery",
    "Experiment",
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
    "protocols",
]
