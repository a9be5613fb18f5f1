"""A source that grows while the run goes on."""

from __future__ import annotations

import math
from bisect import bisect_left

import numpy as np

from optospice.cosim.actions import Drive, RequestError
from optospice.stimulus import FloatArray

_NEVER = math.inf


class DrivenSource:
    """What an actuator does: corners joined by straight lines, the past fixed.

    Parameters
    ----------
    scale : float
        Volts (or amperes) of the source per unit of the level.
    """

    announces = False  # the loop announces corners when they are decided

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self.times: list[float] = [0.0]
        self.levels: list[float] = [0.0]
        self.revealed: list[float] = [0.0]  # when each corner was decided
        self._set_segment(0)

    def _set_segment(self, index: int) -> None:
        times, levels = self.times, self.levels
        self._index = index
        self._from = times[index]
        self._level = levels[index] * self.scale
        if index + 1 < len(times):
            self._until = times[index + 1]
            self._slope = (levels[index + 1] - levels[index]) / (self._until - times[index])
            self._slope *= self.scale
        else:
            self._until, self._slope = _NEVER, 0.0

    def value(self, time: float) -> float:
        """Level on the source at a trial time [s]; cheap within one segment."""
        if not self._from <= time < self._until:
            self._find(time)
        if self._slope:
            return self._level + self._slope * (time - self._from)
        return self._level

    def next_corners(self) -> tuple[float, ...]:
        """Nothing."""
        return ()

    def _find(self, time: float) -> None:
        index = self._index
        while index + 1 < len(self.times) and self.times[index + 1] <= time:
            index += 1
        while index > 0 and self.times[index] > time:
            index -= 1
        self._set_segment(index)

    def break_off(self) -> None:
        """Make every further answer something that the solver cannot go on with."""
        # no solution passes a source that is not a number
        self._from, self._until, self._slope, self._level = -_NEVER, _NEVER, 0.0, math.nan

    def level(self, time: float) -> float:
        """Level at a time [s], in the unit of the actuator."""
        return self.value(time) / self.scale

    def act(self, action: Drive, now: float, tolerance: float, shortest: float) -> list[float]:
        """Take an action and give the times [s] that have become breakpoints.

        The newest action wins from its start on: what was planned after it is dropped.

        Raises
        ------
        RequestError
            When it begins in the past or its edges are shorter than the loop resolves.
        """
        start = now if action.start is None else action.start
        if start < now - tolerance:
            raise RequestError(f"start = {start!r} s: lies in the past, now is {now!r} s")
        held = self.level(start)
        corners = action.corners(start, held)
        before = start
        for time, _ in corners:
            if time - before < shortest * (1 - 1e-3):
                raise RequestError(
                    f"{action}: two corners lie {time - before:g} s apart; this loop resolves "
                    f"{shortest:g} s; accepted: shortest_edge = {time - before:g}"
                )
            before = time
        keep = bisect_left(self.times, start - tolerance)
        del self.times[keep:], self.levels[keep:], self.revealed[keep:]
        self._put(start, held, now)
        for time, level in corners:
            self._put(time, level, now)
        self._set_segment(0 if self._index >= len(self.times) else self._index)
        self._find(now)
        return [start, *(time for time, _ in corners)]

    def _put(self, time: float, level: float, now: float) -> None:
        self.times.append(time)
        self.levels.append(level)
        self.revealed.append(now)

    @property
    def corners(self) -> tuple[FloatArray, FloatArray]:
        """All corners so far: times [s] and levels."""
        return np.array(self.times), np.array(self.levels)
