"""Analyses: frozen data that knows its card and the values of its axes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from optospice.errors import InputError
from optospice.interpolation import FloatArray
from optospice.sources import number
from optospice.units import convert

#: What a sweep calls the temperature of the circuit.
TEMPERATURE = "temperature"
#: Points of one analysis [1].
MOST_POINTS = 1_000_000
_NAME = re.compile(r"[a-z_][a-z0-9_.#]*\Z", re.IGNORECASE)
_OUTPUT = re.compile(r"([vip])\(([a-z0-9_.#]+)(?:, ?([a-z0-9_.#]+))?\)\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Sweep:
    """Evenly spaced values of a source or of the temperature.

    Parameters
    ----------
    source : str
        Name of a voltage or current source, such as ``v1``, or ``temperature``; of a
        testbench, the name of a terminal.
    start, stop : float
        First and last value [V, A, W/m^2 or K].
    points : int
        How many values [1], at least 2.
    """

    source: str
    start: float
    stop: float
    points: int

    def __post_init__(self) -> None:
        if self.source.lower() != TEMPERATURE and not _NAME.match(self.source):
            raise InputError(
                f"sweep of {self.source!r}: accepted: the name of a source, such as 'v1', of a "
                f"terminal, or {TEMPERATURE!r}"
            )
        if not 2 <= self.points <= MOST_POINTS:
            raise InputError(
                f"sweep of {self.source!r}: {self.points} points; accepted: 2 to {MOST_POINTS:,}"
            )
        if not math.isfinite(self.start) or not math.isfinite(self.stop) or self.start == self.stop:
            raise InputError(
                f"sweep of {self.source!r}: from {self.start:g} to {self.stop:g}; accepted: two "
                "different numbers"
            )
        if self.is_temperature and not min(self.start, self.stop) > 0:
            raise InputError(f"sweep of {self.source!r}: accepted: temperatures above 0 K")

    @property
    def is_temperature(self) -> bool:
        """Whether the temperature is swept."""
        return self.source.lower() == TEMPERATURE

    @property
    def values(self) -> FloatArray:
        """The values [V, A, W/m^2 or K], shape (points,)."""
        return np.linspace(self.start, self.stop, self.points)

    @property
    def words(self) -> str:
        """Source, start, stop and step as ngspice wants them; a quarter step beyond the last."""
        step = (self.stop - self.start) / (self.points - 1)
        start, stop = self.start, self.stop + step / 4
        if self.is_temperature:
            start, stop = convert(start, "K", "degC"), convert(stop, "K", "degC")
        name = "temp" if self.is_temperature else self.source
        return f"{name} {number(start)} {number(stop)} {number(step)}"

    def thinned(self, most: int) -> tuple[Sweep, int]:
        """Give a sweep of fewer of these values, and how many of them one step of it passes.

        Parameters
        ----------
        most : int
            Of its values [1], at least 2.
        """
        stride = max(1, math.ceil((self.points - 1) / (most - 1)))
        points = (self.points - 1) // stride + 1
        if points < 2:
            return self, 1
        step = (self.stop - self.start) / (self.points - 1)
        last = self.start + step * stride * (points - 1)
        return Sweep(self.source, self.start, last, points), stride


@dataclass(frozen=True)
class OperatingPoint:
    """The circuit at rest: all sources at their values at time zero."""

    @property
    def card(self) -> str:
        """The card."""
        return ".op"


@dataclass(frozen=True)
class DCSweep:
    """Operating points along a sweep, or on the grid of two.

    Parameters
    ----------
    sweep : Sweep
        What changes from point to point.
    outer : Sweep or None
        What changes from curve to curve.
    """

    sweep: Sweep
    outer: Sweep | None = None

    def __post_init__(self) -> None:
        if self.outer is None:
            return
        if self.outer.source.lower() == self.sweep.source.lower():
            raise InputError(f"sweep of {self.sweep.source!r}: given twice; accepted: two sources")
        if self.sweep.points * self.outer.points > MOST_POINTS:
            raise InputError(
                f"sweep: {self.sweep.points} x {self.outer.points} points; accepted: up to "
                f"{MOST_POINTS:,} in all"
            )

    @property
    def card(self) -> str:
        """The card."""
        return f".dc {self.sweep.words}{f' {self.outer.words}' if self.outer else ''}"


def _check_frequencies(start: float, stop: float, points_per_decade: int) -> None:
    if not (0 < start < stop and math.isfinite(stop)):
        raise InputError(
            f"frequencies from {start:g} to {stop:g} Hz; accepted: rising, and above 0 Hz"
        )
    if not 1 <= points_per_decade <= 10_000:
        raise InputError(f"points_per_decade = {points_per_decade}; accepted: 1 to 10,000")


@dataclass(frozen=True)
class SmallSignal:
    """Amplitudes and phases about the operating point (AC), for sources that say ``AC 1``.

    Parameters
    ----------
    start, stop : float
        Lowest and highest frequency [Hz].
    points_per_decade : int
        Frequencies per decade [1].
    source : str
        Terminal of a testbench whose source has the amplitude of one unit [V or W/m^2];
        empty for a circuit as it stands, whose sources say so themselves.
    """

    start: float
    stop: float
    points_per_decade: int = 20
    source: str = ""

    def __post_init__(self) -> None:
        _check_frequencies(self.start, self.stop, self.points_per_decade)
        if self.source and not _NAME.match(self.source):
            raise InputError(f"small signal of {self.source!r}: accepted: the name of a terminal")

    @property
    def card(self) -> str:
        """The card."""
        return f".ac dec {self.points_per_decade} {number(self.start)} {number(self.stop)}"


@dataclass(frozen=True)
class Noise:
    """Noise of a voltage about the operating point, and what it means at an input.

    Parameters
    ----------
    output : str
        ``v(node)`` or ``v(node, reference)``; of a testbench ``i(terminal)``,
        ``v(terminal)`` or ``p(terminal)``.
    source : str
        Voltage or current source with ``AC 1``, to which the noise is referred; of a
        testbench a terminal.
    start, stop : float
        Lowest and highest frequency [Hz].
    points_per_decade : int
        Frequencies per decade [1].
    """

    output: str
    source: str
    start: float
    stop: float
    points_per_decade: int = 20

    def __post_init__(self) -> None:
        _check_frequencies(self.start, self.stop, self.points_per_decade)
        if not _OUTPUT.match(self.output):
            raise InputError(
                f"noise of {self.output!r}: accepted: 'v(node)' or 'v(node, other)'; of a "
                "testbench 'i(terminal)' too"
            )
        if not _NAME.match(self.source):
            raise InputError(
                f"noise referred to {self.source!r}: accepted: the name of a source or of a "
                "terminal"
            )

    @property
    def card(self) -> str:
        """The card."""
        return (
            f".noise {self.output.replace(' ', '')} {self.source} dec {self.points_per_decade} "
            f"{number(self.start)} {number(self.stop)}"
        )


def noise_nodes(noise: Noise) -> list[str]:
    """Give the node of a noise analysis' output, and that of its reference where it has one.

    Raises
    ------
    InputError
        When the output is no voltage.
    """
    match = _OUTPUT.match(noise.output)
    assert match is not None, "checked when it was made"
    if match[1] not in "vV":
        raise InputError(
            f"noise of {noise.output!r}: accepted in a circuit as it stands: 'v(node)' or "
            "'v(node, other)'"
        )
    return [node for node in match.groups()[1:] if node]


Analysis = OperatingPoint | DCSweep | SmallSignal | Noise
