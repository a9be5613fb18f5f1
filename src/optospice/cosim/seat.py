"""What a controller waits for: its times, its clock, its thresholds."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from optospice.cosim.actions import Every
from optospice.cosim.controller import Context, Controller
from optospice.cosim.crossing import Watch


@dataclass
class Seat:
    """A controller with what it waits for."""

    name: str
    controller: Controller
    context: Context
    wakes: list[float] = field(default_factory=list)
    clock: Every | None = None
    ticks: int = 0
    watches: list[Watch] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    last: float = -math.inf

    def next_tick(self) -> float:
        """Next time of its clock [s]."""
        if self.clock is None or self.clock.first is None:
            return math.inf
        return self.clock.first + self.ticks * self.clock.period

    def due(self) -> float:
        """Next time at which it wants to be called [s]."""
        return min(self.next_tick(), min(self.wakes, default=math.inf))

    def drop(self, until: float) -> None:
        """Forget the times up to now."""
        self.wakes = [time for time in self.wakes if time > until]
        while self.next_tick() <= until:
            self.ticks += 1
