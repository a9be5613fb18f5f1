"""The loop itself: follows a run, wakes controllers, turns their requests into corners."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from optospice.circuit import Circuit, base_name
from optospice.cosim.actions import (
    Crossing,
    Every,
    Level,
    Pulse,
    Request,
    RequestError,
    Stop,
    Wake,
    When,
)
from optospice.cosim.actuator import DrivenSource
from optospice.cosim.blame import Patience, blame
from optospice.cosim.controller import Context, Controller, Requests, Signals
from optospice.cosim.crossing import Watch
from optospice.cosim.seat import Seat
from optospice.errors import close_matches
from optospice.ngspice.observation import Values
from optospice.ngspice.session import Table

#: Longest time a controller may take for one answer [s].
PATIENCE = 10.0
#: Most calls that a clock may ask for, and most accepted points of a loop [1].
MOST_CALLS = 10_000_000
MOST_POINTS = 50_000_000


class Loop:
    """Follows one run of a circuit; see `optospice.ngspice.observation.Observer`.

    Parameters
    ----------
    circuit : Circuit
        What runs.
    controllers : mapping of str to Controller
        Who acts on it.
    seed : int
        Seed of the controllers' random numbers.
    patience : float
        Longest time a controller may take for one answer [s].
    """

    def __init__(
        self,
        circuit: Circuit,
        controllers: Mapping[str, Controller],
        seed: int = 0,
        patience: float = PATIENCE,
    ) -> None:
        self.circuit = circuit
        self.tracks = {
            name: DrivenSource(source.scale) for name, source in circuit.actuators.items()
        }
        self.bases = {
            name: Table(*source.base.points)
            for name, source in circuit.sources.items()
            if source.base.points[0].size > 1
        }
        signals = (*circuit.vectors, *(circuit.level_name(name) for name in circuit.sources))
        self.seats = [
            Seat(
                name,
                controller,
                Context(
                    name, circuit.duration, signals, tuple(circuit.actuators),
                    circuit.shortest_edge, np.random.default_rng([seed, number]),
                ),
            )
            for number, (name, controller) in enumerate(controllers.items())
        ]  # fmt: skip
        self.failure = ""
        self.stopped: float | None = None
        self.points = 0
        #: Times that the solver was told of because of the loop [s], with when it was told.
        self.announced: list[tuple[float, float]] = []
        self._patience = Patience(patience)
        self._now = 0.0
        self._due = -math.inf
        self._watching = False
        self._tolerance = circuit.tolerance

    def begin(self, values: Values, set_breakpoint: Callable[[float], object]) -> None:
        """Take the run's vectors and ask every controller for its first requests."""
        self._time = values["time"]
        self._cells = [
            (name, values[vector], factor)
            for name, (vector, factor) in self.circuit.vectors.items()
        ]
        self._by_name = {name: (cell, factor) for name, cell, factor in self._cells}
        self._set_breakpoint = set_breakpoint
        for seat in self.seats:
            self._ask(seat, None)
        self._plan()

    def point(self) -> None:
        """Take note of an accepted point."""
        self.points += 1
        if self.points > MOST_POINTS:
            self._fail(f"the loop took more than {MOST_POINTS:.0e} time points; "
                       "accepted: a shorter run, or longer intervals")  # fmt: skip
            return
        time = self._time.value
        if (time < self._due and not self._watching) or self.failure or self.stopped is not None:
            return
        try:
            self._accepted(time)
        except Exception as error:  # nothing may pass into the solver
            self._fail(f"the loop failed: {type(error).__name__}: {error}")

    def _accepted(self, time: float) -> None:
        self._now = time
        crossings = self._look(time) if self._watching else {}
        woken = [seat for seat in self.seats if seat.due() <= time + self._tolerance]
        woken += [s for s in self.seats if s.name in crossings and s not in woken]
        if woken:
            measured = self._measure(time)
            for seat in woken:
                if time <= seat.last:
                    continue
                seat.last = time
                seat.seen.append(time)
                seat.drop(time + self._tolerance)
                signals = Signals(time, measured, tuple(crossings.get(seat.name, ())))
                self._ask(seat, signals)
                if self.failure or self.stopped is not None:
                    return
        self._plan()
        if self._watching:
            self._expect(time)

    def _measure(self, time: float) -> dict[str, float]:
        values = {name: cell.value * factor for name, cell, factor in self._cells}
        for name, source in self.circuit.sources.items():
            table, track = self.bases.get(name), self.tracks.get(name)
            level = table.value(time) if table else float(source.base.points[1][0])
            if track:
                level += track.level(time)
            values[self.circuit.level_name(name)] = level
        return values

    def _look(self, time: float) -> dict[str, list[Crossing]]:
        found: dict[str, list[Crossing]] = {}
        for seat in self.seats:
            for watch in list(seat.watches):
                cell, factor = self._by_name[watch.event.signal]
                crossing = watch.look(time, cell.value * factor)
                if crossing is not None:
                    seat.watches.remove(watch)
                    found.setdefault(seat.name, []).append(crossing)
        return found

    def _expect(self, time: float) -> None:
        for seat in self.seats:
            for watch in seat.watches:
                if (expected := watch.expected()) < self.circuit.duration:
                    self._announce(expected)

    def _plan(self) -> None:
        """Announce who wants to be called next; a sample never lies within a step."""
        due = math.inf
        for seat in self.seats:
            own = seat.due()
            due = min(due, own)
            self._announce(own)
            if seat.clock is not None:  # the solver looks two breakpoints ahead
                self._announce(seat.next_tick() + seat.clock.period)
        self._due = due - self._tolerance
        self._watching = any(seat.watches for seat in self.seats)

    def _announce(self, time: float) -> None:
        if self._now < time < self.circuit.duration:
            self.announced.append((self._now, time))
            self._set_breakpoint(time)

    def _ask(self, seat: Seat, signals: Signals | None) -> None:
        seat.context.now = self._now
        try:
            with self._patience:
                requests = _listed(
                    seat.controller.start(seat.context)
                    if signals is None
                    else seat.controller.sample(self._now, signals)
                )
            for request in requests:
                self._take(seat, request)
        except BaseException as error:
            self._fail(blame(seat.name, self._now, error))

    def _take(self, seat: Seat, request: Request) -> None:
        now = self._now
        if isinstance(request, (Pulse, Level)):
            self._drive(request)
        elif isinstance(request, Every):
            first = now + request.period if request.first is None else request.first
            self._not_past(seat, "first", first)
            calls = (self.circuit.duration - first) / request.period
            if calls > MOST_CALLS:
                raise RequestError(
                    f"a period of {request.period:g} s until {self.circuit.duration:g} s means "
                    f"{calls:.2g} calls; accepted: up to {MOST_CALLS:.0e}"
                )
            seat.clock, seat.ticks = Every(request.period, first), 0
            if not math.isinf(seat.last):
                seat.drop(now + self._tolerance)
        elif isinstance(request, When):
            if request.signal not in self._by_name:
                raise RequestError(
                    f"no measured signal {request.signal!r}; "
                    f"{close_matches(request.signal, self._by_name)}"
                )
            watch = Watch(request, self.circuit.profile.bound)
            if not math.isinf(seat.last):
                cell, factor = self._by_name[request.signal]
                watch.look(now, cell.value * factor)
            seat.watches.append(watch)
        elif isinstance(request, Stop):
            self.stopped = now
            self._break_off()
        elif isinstance(request, (int, float, Wake)) and not isinstance(request, bool):
            at = request.at if isinstance(request, Wake) else Wake(float(request)).at
            self._not_past(seat, "wake", at)
            seat.wakes.append(at)
        else:
            raise RequestError(f"{request!r} is no request; accepted: Pulse, Level, Wake, …")

    def _not_past(self, seat: Seat, what: str, time: float) -> None:
        called = not math.isinf(seat.last)
        if time < self._now or (called and time <= self._now + self._tolerance):
            raise RequestError(f"{what} = {time!r} s: must lie after now, which is {self._now!r} s")

    def _drive(self, action: Pulse | Level) -> None:
        track = self.tracks.get(action.actuator)
        if track is None:
            raise RequestError(
                f"no actuator {action.actuator!r}; {close_matches(action.actuator, self.tracks)}"
            )
        if self.circuit.sources[action.actuator].kind == "light" and action.level < 0:
            raise RequestError(f"{action}: an irradiance must not be below 0 W/m^2")
        corners = track.act(action, self._now, self._tolerance, self.circuit.shortest_edge)
        for seat in self.seats:
            for watch in seat.watches:
                watch.forget()
        for corner in corners:
            if corner >= self._now:
                self.announced.append((self._now, corner))
                self._set_breakpoint(corner)

    def _fail(self, message: str) -> None:
        self.failure = self.failure or message
        self._break_off()

    def _break_off(self) -> None:
        for track in self.tracks.values():
            track.break_off()

    @property
    def answers(self) -> dict[str, DrivenSource | Table]:
        """What answers for the netlist's ``EXTERNAL`` sources, by name."""
        found: dict[str, DrivenSource | Table] = {}
        for name, source in self.circuit.sources.items():
            letter = "i" if source.kind == "current" else "v"
            if source.controlled:
                found[f"{letter}{name}".lower()] = self.tracks[name]
            if name in self.bases:
                own = base_name(name) if source.controlled or letter == "i" else name
                found[f"{letter}{own}".lower()] = _Scaled(self.bases[name], source.scale)
        return found


class _Scaled(Table):
    """A table with its levels in the source's own unit."""

    def __init__(self, table: Table, scale: float) -> None:
        super().__init__(np.array(table.times), np.array([level * scale for level in table.levels]))


def _listed(given: Requests) -> list[Request]:
    if given is None:
        return []
    if isinstance(given, Iterable) and not isinstance(given, (str, bytes)):
        return list(given)
    return [given]  # type: ignore[list-item]
