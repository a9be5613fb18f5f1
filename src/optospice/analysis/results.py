"""What analyses give: values, curves, spectra; each with the bound that was shown for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from optospice.errors import close_matches
from optospice.interpolation import FloatArray


@dataclass(frozen=True)
class _Result:
    """What all results have.

    Parameters
    ----------
    signals : mapping of str to ndarray or float
        Values by the names that were asked for, in their units.
    units : mapping of str to str
        SI unit of each.
    error_bound : float
        Largest error as a fraction of a signal's peak [1], as far as the solver's tolerance goes.
    notes : tuple of str
        What was eased, and where the profile's bound is not reached.
    """

    signals: Mapping[str, Any]
    units: Mapping[str, str]
    error_bound: float
    notes: tuple[str, ...]

    def __getitem__(self, name: str) -> Any:
        """Give one signal by name."""
        try:
            return self.signals[name]
        except KeyError:
            raise KeyError(f"no signal {name!r}; {close_matches(name, [*self.signals])}") from None


@dataclass(frozen=True)
class Solution(_Result):
    """An operating point: one number for each signal."""


@dataclass(frozen=True)
class Curve(_Result):
    """Operating points along a sweep.

    Parameters
    ----------
    sweep : ndarray, shape (n,)
        Values of what was swept [V, A, W/m^2 or K]; signals have shape (n,).
    outer : ndarray, shape (m,)
        Values of the outer sweep; signals then have shape (m, n). Empty without one.
    """

    sweep: FloatArray
    outer: FloatArray


@dataclass(frozen=True)
class Spectrum(_Result):
    """Complex amplitudes against frequency.

    Parameters
    ----------
    frequency : ndarray, shape (n,)
        Frequencies [Hz].
    """

    frequency: FloatArray


@dataclass(frozen=True)
class NoiseSpectrum(_Result):
    """Noise densities against frequency; signals are ``output`` and ``input``.

    Parameters
    ----------
    frequency : ndarray, shape (n,)
        Frequencies [Hz]. ``output`` is a density in V^2/Hz, ``input`` in V^2/Hz or A^2/Hz; of a
        testbench, each in the square of its own unit per hertz.
    """

    frequency: FloatArray

    def total(self, name: str = "output") -> float:
        """Integrate a density over the frequencies [V^2 or A^2].

        Between two frequencies a density is a power law, which is exact for white and 1/f
        noise; the bound of the densities does not hold for what lies outside.

        Parameters
        ----------
        name : {"output", "input"}
            Which of the two.
        """
        f, density = self.frequency, np.asarray(self[name], dtype=np.float64)
        low, high = density[:-1], density[1:]
        steps = np.log(f[1:] / f[:-1])
        both = (low > 0) & (high > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(both, np.log(high / low) / steps, 0.0)
        # integral of S0 (f/f0)^a from f0 to f1, whose limit at a = -1 is S0 f0 ln(f1/f0)
        exponent = slope + 1.0
        grown = exponent * steps
        factor = np.where(np.abs(grown) < 1e-8, 1.0, np.expm1(grown) / np.where(grown, grown, 1))
        parts = np.where(both, low * f[:-1] * steps * factor, 0.5 * (low + high) * np.diff(f))
        return float(parts.sum())
