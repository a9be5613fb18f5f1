"""What a deck of ordinary parts is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Deck:
    """A circuit written from data sheets, and what is read from it.

    Parameters
    ----------
    text : str
        The circuit without title and analysis.
    duration : float
        Simulated time [s].
    signals : tuple of str
        ``"v(node)"`` and ``"i(source)"``.
    corners : tuple of float
        Times at which a source changes its slope [s].
    steps : int
        Steps of the dense reference at the least.
    """

    text: str
    duration: float
    signals: tuple[str, ...]
    corners: tuple[float, ...] = ()
    steps: int = 20_000

    @property
    def circuit(self) -> str:
        """The netlist with its title."""
        return f"ordinary parts\n{self.text.strip()}\n"


def pulse_corners(
    delay: float, rise: float, fall: float, width: float, period: float, duration: float
) -> tuple[float, ...]:
    """Give the corners of a ``PULSE`` source, its arguments in ngspice's order [s]."""
    corners: list[float] = []
    start = delay
    while start < duration:
        corners += [start, start + rise, start + rise + width, start + rise + width + fall]
        start += period
    return tuple(corner for corner in corners if 0 < corner < duration)
