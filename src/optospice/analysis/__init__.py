"""What is asked of a circuit besides a transient: operating points, sweeps, small signals, noise.

`cards` says what is simulated, `results` what comes back. The simulator is `optospice.ngspice`.
"""

from optospice.analysis.cards import (
    Analysis,
    DCSweep,
    Noise,
    OperatingPoint,
    SmallSignal,
    Sweep,
)
from optospice.analysis.results import Curve, NoiseSpectrum, Solution, Spectrum

__all__ = [
    "Analysis",
    "Curve",
    "DCSweep",
    "Noise",
    "NoiseSpectrum",
    "OperatingPoint",
    "SmallSignal",
    "Solution",
    "Spectrum",
    "Sweep",
]
