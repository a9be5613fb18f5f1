"""Several lights at once on one optical terminal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from optospice.light.filters import Colour
from optospice.light.spectrum import FloatArray, Spectrum
from optospice.stimulus import Samples, Signal, Stimulus, constant


@dataclass(frozen=True)
class Beam:
    """One light over time.

    Parameters
    ----------
    course : Signal or Samples
        Irradiance at the device [W/m^2].
    colour : float or Spectrum
        Wavelength [m], or the shape of a spectrum; its own irradiance does not count.
    """

    course: Stimulus
    colour: Colour

    @property
    def wavelength(self) -> float | None:
        """Wavelength [m]; nothing for a spectrum."""
        return None if isinstance(self.colour, Spectrum) else self.colour


@dataclass(frozen=True)
class Illumination:
    """All lights on one optical terminal; their irradiances add up.

    Parameters
    ----------
    beams : tuple of Beam
        The lights.
    """

    beams: tuple[Beam, ...]

    @cached_property
    def total(self) -> Stimulus:
        """Irradiance of all lights together over time [W/m^2]."""
        return superposed([(1.0, beam.course) for beam in self.beams])

    @property
    def points(self) -> tuple[FloatArray, FloatArray]:
        """Corners of the irradiance: times [s] and levels [W/m^2]."""
        return self.total.points

    @property
    def onsets(self) -> FloatArray:
        """Start of every pulse [s]."""
        return np.unique(np.concatenate([beam.course.onsets for beam in self.beams]))

    @property
    def offsets(self) -> FloatArray:
        """Start of every falling edge [s]."""
        return np.unique(np.concatenate([beam.course.offsets for beam in self.beams]))

    @property
    def end(self) -> float:
        """Time after which nothing changes [s]."""
        return max(beam.course.end for beam in self.beams)


def lights_of(stimulus: Stimulus | Illumination) -> list[Stimulus]:
    """Give every light of an illumination by itself, or the stimulus alone."""
    if isinstance(stimulus, Illumination):
        return [beam.course for beam in stimulus.beams]
    return [stimulus]


def total_of(stimulus: Stimulus | Illumination) -> Stimulus:
    """Give what a terminal sees in all, whatever its colours."""
    return stimulus.total if isinstance(stimulus, Illumination) else stimulus


def at_rest(stimulus: Stimulus | Illumination) -> Stimulus | Illumination:
    """Give what a terminal sees at time zero, for ever."""
    if not isinstance(stimulus, Illumination):
        return constant(_level(stimulus))
    return Illumination(
        tuple(Beam(constant(_level(beam.course)), beam.colour) for beam in stimulus.beams)
    )


def superposed(parts: list[tuple[float, Stimulus]]) -> Stimulus:
    """Add stimuli, each times a factor.

    Parameters
    ----------
    parts : list of (float, Signal or Samples)
        Factors [1] and stimuli.

    Returns
    -------
    Signal or Samples
        A signal where at most one of them changes and it is a signal; else samples with
        the corners of all.
    """
    changing = [part for part in parts if not _is_constant(part[1])]
    resting = sum(factor * _level(part) for factor, part in parts if _is_constant(part))
    if not changing:
        return Signal(base=resting)
    if len(changing) == 1:
        return _scaled(*changing[0], resting)
    times = np.unique(np.concatenate([part.points[0] for _, part in changing]))
    levels = resting + sum(factor * np.interp(times, *part.points) for factor, part in changing)
    onsets = np.unique(np.concatenate([part.onsets for _, part in changing]))
    offsets = np.unique(np.concatenate([part.offsets for _, part in changing]))
    return Samples(times, levels, onsets, offsets)


def _is_constant(stimulus: Stimulus) -> bool:
    return isinstance(stimulus, Signal) and not stimulus.trains


def _level(stimulus: Stimulus) -> float:
    return float(stimulus.points[1][0])


def _scaled(factor: float, stimulus: Stimulus, added: float) -> Stimulus:
    if isinstance(stimulus, Samples):
        levels = factor * stimulus.levels + added
        return Samples(stimulus.times, levels, stimulus.onsets, stimulus.offsets)
    trains = tuple(replace(t, level=factor * t.level + added) for t in stimulus.trains)
    return Signal(factor * stimulus.base + added, trains)
