"""Time steps that optospice asks of the solver, where the solver's own would be too long."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from optospice.interpolation import FloatArray

#: ngspice gives up at steps of 1e-11 of the largest one, which is the run at most: times
#: closer than this share of the run are the same [1].
_SAME_TIME = 5e-11


class Steps(Protocol):
    """What is asked before every step of a run."""

    def begin(self) -> Steps:
        """Start from the beginning of a run; gives itself."""

    def step(self, time: float, proposed: float) -> float:
        """Give the step to take [s] from a time [s], where the solver proposes one [s]."""


class LongestSteps:
    """A longest step for each part of a run, and times that no step leaps over.

    The solver still takes shorter steps where its error estimate asks for them.

    Parameters
    ----------
    edges : ndarray, shape (n + 1,)
        Increasing times that bound the parts [s].
    longest : ndarray, shape (n,)
        Longest step in each part [s].
    stops : ndarray
        Times [s] at which a step ends.
    """

    def __init__(self, edges: FloatArray, longest: FloatArray, stops: FloatArray) -> None:
        self._edges: list[float] = edges[1:].tolist()
        self._longest: list[float] = longest.tolist()
        self._stops: list[float] = [*np.unique(stops).tolist(), np.inf]
        self._part = self._stop = 0
        self._slack = float(_SAME_TIME * self._edges[-1])

    def begin(self) -> LongestSteps:
        """Start from the beginning of a run; gives itself."""
        self._part = self._stop = 0
        return self

    def step(self, time: float, proposed: float) -> float:
        """Give the step to take [s]; times come in order."""
        edges, longest, stops = self._edges, self._longest, self._stops
        part, last = self._part, len(edges) - 1
        while part < last and edges[part] <= time + self._slack:
            part += 1
        self._part = part
        step = min(proposed, longest[part])
        ahead = part
        while ahead < last and edges[ahead] < time + step:  # a finer part begins within it
            ahead += 1
            step = min(step, edges[ahead - 1] - time + longest[ahead])
        while stops[self._stop] <= time + self._slack:
            self._stop += 1
        shortest = max(step, self._slack)
        return min(shortest, stops[self._stop] - time, proposed)


class MeshSteps:
    """Points to step to, one after the other, whatever the solver proposes.

    For circuits in which nothing is stored: there the solver has no reason of its own for
    the length of a step. A step that it could not take (no convergence) is shorter, and
    the mesh goes on from there.

    Parameters
    ----------
    points : ndarray
        Increasing times [s].
    """

    def __init__(self, points: FloatArray) -> None:
        self._points: list[float] = points.tolist()
        self._next = 0
        self._slack = float(_SAME_TIME * self._points[-1])

    def begin(self) -> MeshSteps:
        """Start from the beginning of a run; gives itself."""
        self._next = 0
        return self

    def step(self, time: float, proposed: float) -> float:
        """Give the step to the next point [s]."""
        points, index, last = self._points, self._next, len(self._points) - 1
        while index < last and points[index] <= time + self._slack:
            index += 1
        self._next = index
        step = points[index] - time
        return step if step > self._slack else proposed
