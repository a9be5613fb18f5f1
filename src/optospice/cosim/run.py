"""Running a closed loop in a session, and running it again from its record."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from optospice.circuit import Circuit
from optospice.cosim.controller import Controller
from optospice.cosim.loop import PATIENCE, Loop
from optospice.errors import InputError
from optospice.interpolation import corner_indices
from optospice.ngspice.installation import Installation
from optospice.ngspice.judge import RunFailedError, end_exactly, in_users_words, judge
from optospice.ngspice.observation import Values
from optospice.ngspice.session import Session
from optospice.resolution import look_at, peaks
from optospice.stimulus import FloatArray, Samples
from optospice.waveforms import Waveforms

_observed: list[Session] = []


@dataclass(frozen=True)
class LoopResult:
    """What a closed-loop run gave.

    Parameters
    ----------
    circuit : Circuit
        What ran.
    waveforms : Waveforms
        Measured signals and the levels of all sources.
    samples : mapping of str to ndarray
        When each controller was called [s].
    corners : mapping of str to (times, levels)
        What the controllers made each actuator do.
    notes : mapping of str to (times, values)
        What the controllers recorded, ``"controller.name"``.
    announced : ndarray, shape (n, 2)
        When which breakpoint was announced [s].
    stopped : float or None
        When a controller ended the run [s].
    """

    circuit: Circuit
    waveforms: Waveforms
    samples: Mapping[str, FloatArray]
    corners: Mapping[str, tuple[FloatArray, FloatArray]]
    notes: Mapping[str, tuple[FloatArray, FloatArray]]
    announced: FloatArray = field(default_factory=lambda: np.empty((0, 2)))
    stopped: float | None = None

    def __repr__(self) -> str:
        """Say in one line what ran and how often each controller was called."""
        calls = ", ".join(f"{name} {times.size}" for name, times in self.samples.items())
        return f"<LoopResult: calls: {calls or 'none'}; {self.waveforms!r}>"

    def _repr_html_(self) -> str:
        """Give a small table of the signals, for notebooks."""
        return self.waveforms._repr_html_()

    def open_loop(self) -> Circuit:
        """Give the circuit with the recorded actions as fixed stimuli, without controllers.

        Its netlist runs under plain ``ngspice -b``.
        """
        sources = {}
        for name, source in self.circuit.sources.items():
            base = source.base
            if name in self.corners:
                base = _sum(base.points, self.corners[name])
            sources[name] = replace(source, base=base, controlled=False)
        return replace(
            self.circuit, sources=sources, duration=self.stopped or self.circuit.duration
        )


def _sum(first: tuple[FloatArray, FloatArray], second: tuple[FloatArray, FloatArray]) -> Samples:
    times = np.unique(np.concatenate([first[0], second[0]]))
    return Samples(times, np.interp(times, *first) + np.interp(times, *second))


def run_loop(
    session: Session,
    circuit: Circuit,
    controllers: Mapping[str, Controller],
    seed: int = 0,
    patience: float = PATIENCE,
) -> LoopResult:
    """Run a circuit with its controllers.

    Parameters
    ----------
    session : Session
        The simulator; one that is not observed gets an observed one beside it.
    circuit : Circuit
        Devices, sources, duration.
    controllers : mapping of str to Controller
        Who acts, by name. Called in this order where they are due together.
    seed : int
        Seed of their random numbers.
    patience : float
        Longest time a controller may take for one answer [s].

    Raises
    ------
    RunFailedError
        When a controller went wrong, with its own lines, or the simulation did.
    """
    loop = Loop(circuit, controllers, seed, patience)
    return _looked_at(_follow(session, circuit, loop))


def replay(session: Session, result: LoopResult) -> LoopResult:
    """Run the recorded actions again, without any controller.

    Every corner and every sample time is announced to the solver when it was announced in
    the closed loop, so that both take the same steps.
    """
    return _follow(session, result.circuit, Record(result))


class Record(Loop):
    """Plays the record of a closed loop."""

    def __init__(self, result: LoopResult) -> None:
        super().__init__(result.circuit, {})
        self._announcements = [(float(when), float(what)) for when, what in result.announced]
        self._next = 0
        for name, track in self.tracks.items():
            times, levels = result.corners[name]
            track.times, track.levels = times.tolist(), levels.tolist()
            track._set_segment(0)

    def begin(self, values: Values, set_breakpoint: Callable[[float], object]) -> None:
        """Take the run's vectors."""
        super().begin(values, set_breakpoint)
        self._due = -np.inf

    def _accepted(self, time: float) -> None:
        plan = self._announcements
        while self._next < len(plan) and plan[self._next][0] <= time + self._tolerance:
            when = plan[self._next][1]
            if when >= time:
                self._set_breakpoint(when)
            self._next += 1
        self._due = plan[self._next][0] if self._next < len(plan) else np.inf
        self._due -= self._tolerance


def _looked_at(result: LoopResult) -> LoopResult:
    """Say where the points of a closed loop do not show what lies between them.

    The controllers saw the solver's points, which are exact; a loop is not run again for
    the sake of what nobody acted on.
    """
    taken, bound = result.waveforms, result.circuit.profile.bound
    names = [name for name in result.circuit.vectors if name in taken.signals]
    if not names or taken.time.size < 3:
        return result
    values = np.stack([taken[name] for name in names], axis=1)
    scale = peaks(values, np.array([name.startswith("i(") for name in names]))
    corners = corner_indices(taken.time, taken.breakpoints)
    worst = look_at(taken.time, values, corners, scale, bound).worst
    if worst <= bound:
        return result
    note = f"between its points a signal may be off by {min(worst, 1.0):.2g} of its peak"
    return replace(result, waveforms=replace(taken, notes=(*taken.notes, note)))


def _follow(session: Session, circuit: Circuit, loop: Loop) -> LoopResult:
    try:
        circuit.check()
        netlist = circuit.netlist()
    except InputError as error:
        raise RunFailedError(str(error)) from None
    wanted = [vector for vector, _ in circuit.vectors.values()]
    raw = observed_session(session).run(netlist, wanted, loop.answers, loop)
    if loop.failure:
        raise RunFailedError(loop.failure)
    vectors = raw.vectors
    end = loop.stopped
    if end is not None:
        keep = vectors["time"] <= end
        vectors = {name: values[keep] for name, values in vectors.items()}
    try:
        judge(vectors, wanted, end or circuit.duration, raw.log)
    except RunFailedError as error:
        names = {vector: name for name, (vector, _) in circuit.vectors.items()}
        raise RunFailedError(in_users_words(str(error), names)) from None
    if end is None:
        end_exactly(vectors, circuit.duration)
    return _result(circuit, loop, vectors)


def _result(circuit: Circuit, loop: Loop, vectors: Mapping[str, FloatArray]) -> LoopResult:
    time = vectors["time"]
    signals = {name: vectors[v] * factor for name, (v, factor) in circuit.vectors.items()}
    corners = {name: track.corners for name, track in loop.tracks.items()}
    places = [np.array([seen for seat in loop.seats for seen in seat.seen])]
    for name, source in circuit.sources.items():
        level = np.interp(time, *source.base.points)
        places.append(source.base.points[0])
        if name in corners:
            level = level + np.interp(time, *corners[name])
            places.append(corners[name][0])
        signals[circuit.level_name(name)] = level
    breaks = np.unique(np.concatenate(places))
    breaks = breaks[(breaks > 0) & (breaks < time[-1])]
    notes = {
        f"{seat.name}.{name}": (np.array([t for t, _ in rows]), np.array([v for _, v in rows]))
        for seat in loop.seats
        for name, rows in seat.context.notes.items()
    }
    return LoopResult(
        circuit,
        Waveforms(time, signals, circuit.units, breaks, circuit.profile.bound),
        {seat.name: np.array(seat.seen) for seat in loop.seats},
        corners,
        notes,
        np.array(loop.announced).reshape(-1, 2),
        loop.stopped,
    )


def observed_session(session: Session) -> Session:
    """Give a session that can be observed: this one, or one with its own copy of the library.

    ngspice takes the callback for accepted points once, when it is initialised, and pays
    for it at every point of every run; a library can be initialised once per process. A
    copy of the file is another library.
    """
    if session.observed:
        return session
    if not _observed:
        _observed.append(private_session(session.installation))
    return _observed[0]


def private_session(installation: Installation) -> Session:
    """Give an observed session with a copy of the library that nobody else has loaded."""
    copy = os.memfd_create("optospice-ngspice")  # stays open as long as the process
    with open(copy, "wb", closefd=False) as file:
        file.write(installation.library.read_bytes())
    here, home = os.open(".", os.O_RDONLY), os.environ.get("HOME")
    with tempfile.TemporaryDirectory() as folder:  # no start-up file of anybody
        os.chdir(folder)
        os.environ["HOME"] = folder
        try:
            return Session(Installation(Path(f"/proc/self/fd/{copy}"), None), observed=True)
        finally:
            if home is not None:
                os.environ["HOME"] = home
            os.fchdir(here)  # also where that folder is gone, as a worker's is
            os.close(here)


__all__ = ["LoopResult", "Record", "observed_session", "private_session", "replay", "run_loop"]
