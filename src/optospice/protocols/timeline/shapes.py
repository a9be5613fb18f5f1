"""Courses of one pulse, and what a channel sees: pulses, sweeps and holds one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from optospice.stimulus import FloatArray, PulseTrain, Samples, Signal, Stimulus, StimulusError

PulseShape = Literal["rectangle", "triangle"]
#: Corners of superposed stimuli that lie closer than this fraction of the shortest edge are one.
_SAME_CORNER = 1e-6


@dataclass(frozen=True)
class Outline:
    """Course of one pulse between its start and its end, joined by straight lines.

    A pulse starts and ends at the resting level of its channel.

    Parameters
    ----------
    times : tuple of float
        Times after the start, as a share of the width, rising within (0, 1) [1].
    levels : tuple of float
        Levels at these times, as a share of the pulse's level above the resting one [1].
    """

    times: tuple[float, ...]
    levels: tuple[float, ...]


#: Up to the level at half the width, and down again.
TRIANGLE = Outline((0.5,), (1.0,))


def outline(
    shape: PulseShape, points: Sequence[tuple[float, float]], width: float
) -> Outline | None:
    """Give the course of a pulse; None for a rectangle with edges.

    Parameters
    ----------
    shape : {"rectangle", "triangle"}
        Named course.
    points : sequence of (float, float)
        Times after the start [s] and shares of the level [1], instead of a named course.
    width : float
        Duration of the pulse [s].

    Raises
    ------
    StimulusError
        When the times do not rise within the pulse.
    """
    if not points:
        return TRIANGLE if shape == "triangle" else None
    if shape != "rectangle":
        raise StimulusError(f"points and shape = {shape!r}: give one of the two")
    times = np.array([time for time, _ in points])
    if not (times[0] > 0 and times[-1] < width and (np.diff(times) > 0).all()):
        raise StimulusError(
            f"points: their times must rise between 0 s and the width, {width:g} s, where the "
            "pulse starts and ends at the resting level"
        )
    return Outline(tuple((times / width).tolist()), tuple(level for _, level in points))


@dataclass(frozen=True)
class Pulses:
    """A train of pulses of one course.

    Parameters
    ----------
    train : PulseTrain
        When they come and how high they are.
    outline : Outline, optional
        Their course; rectangles with the edges of the train if left out.
    """

    train: PulseTrain
    outline: Outline | None = None

    @property
    def start(self) -> float:
        """Start of the first pulse [s]."""
        return self.train.delay

    @property
    def end(self) -> float:
        """Time at which the channel rests again [s]."""
        return self.train.end if self.outline is None else float(self.train.offsets[-1])

    def path(self, rest: float) -> tuple[FloatArray, FloatArray]:
        """Give the corners: times [s] and levels, on a channel that rests at a level."""
        train = self.train
        if self.outline is None:
            places = np.array([0.0, train.rise_time, train.width, train.width + train.fall_time])
            shares = np.array([0.0, 1.0, 1.0, 0.0])
        else:
            places = train.width * np.array([0.0, *self.outline.times, 1.0])
            shares = np.array([0.0, *self.outline.levels, 0.0])
        levels = np.where(shares == 1, train.level, rest + shares * (train.level - rest))
        return (train.onsets[:, None] + places).ravel(), np.tile(levels, train.count)


@dataclass(frozen=True, eq=False)
class Path:
    """A course through given corners, after which the channel rests at the last level.

    Parameters
    ----------
    times, levels : ndarray
        Corners: times [s], rising, and levels.
    """

    times: FloatArray
    levels: FloatArray

    @property
    def start(self) -> float:
        """First corner [s]."""
        return float(self.times[0])

    @property
    def end(self) -> float:
        """Last corner [s]."""
        return float(self.times[-1])


def compose(rest: float, pieces: Sequence[Pulses | Path]) -> Stimulus:
    """Join what happens on one channel.

    Parameters
    ----------
    rest : float
        Level before the first piece [V or W/m^2].
    pieces : sequence of Pulses or Path
        In any order.

    Returns
    -------
    Signal or Samples
        A signal of trains where there is nothing else, which costs the solver least.

    Raises
    ------
    StimulusError
        When two pieces overlap, or one begins at another level than the channel rests at.
    """
    ordered = sorted(pieces, key=lambda piece: piece.start)
    trains = [p.train for p in ordered if isinstance(p, Pulses) and p.outline is None]
    if len(trains) == len(ordered):
        return Signal(rest, tuple(trains))
    times, levels = [np.empty(0)], [np.empty(0)]
    last, level = 0.0, rest
    for piece in ordered:
        if piece.start < last:
            raise StimulusError(
                f"starts at {piece.start:g} s, before what is on this channel already ends, at "
                f"{last:g} s"
            )
        if isinstance(piece, Pulses):
            at, path = piece.path(level)
        else:
            at, path = piece.times, piece.levels
        if path[0] != level:
            raise StimulusError(
                f"begins at {path[0]:g}, where the channel rests at {level:g}; accepted: the same "
                "level, or a hold before it"
            )
        times.append(at)
        levels.append(path)
        last, level = piece.end, float(path[-1])
    time, course = np.concatenate(times), np.concatenate(levels)
    keep = np.concatenate([[True], np.diff(time) > 0])
    onsets = [p.train.onsets for p in ordered if isinstance(p, Pulses)]
    offsets = [p.train.offsets for p in ordered if isinstance(p, Pulses)]
    return Samples(
        time[keep],
        course[keep],
        np.concatenate([*onsets, np.empty(0)]),
        np.concatenate([*offsets, np.empty(0)]),
    )


def superpose(stimuli: Sequence[Stimulus], signs: Sequence[float] | None = None) -> Stimulus:
    """Add up stimuli, with every corner of all.

    Parameters
    ----------
    stimuli : sequence of Signal or Samples
        What comes together on one terminal.
    signs : sequence of float, optional
        Factor of each [1]; 1 if left out.

    Returns
    -------
    Signal or Samples
        The only one of them as it is.
    """
    factors = [1.0] * len(stimuli) if signs is None else list(signs)
    if len(stimuli) == 1 and factors == [1.0]:
        return stimuli[0]
    corners = [stimulus.points for stimulus in stimuli]
    gaps = [float(np.diff(at).min()) for at, _ in corners if at.size > 1]
    times = np.sort(np.concatenate([[0.0], *(at for at, _ in corners)]))
    slack = _SAME_CORNER * min(gaps, default=0.0)
    times = times[np.concatenate([[True], np.diff(times) > slack])]
    total = np.zeros(times.size)
    for (at, level), factor in zip(corners, factors, strict=True):
        total += factor * np.interp(times, at, level)
    return Samples(
        times,
        total,
        np.sort(np.concatenate([stimulus.onsets for stimulus in stimuli])),
        np.sort(np.concatenate([stimulus.offsets for stimulus in stimuli])),
    )
