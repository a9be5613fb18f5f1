"""Hardware in the loop: another process steps the circuit over a local socket.

Nothing listens unless `serve` is called; it listens on 127.0.0.1 alone and answers only
who knows the token. See `docs/closed_loop.md` for the messages.
"""

from __future__ import annotations

import contextlib
import itertools
import secrets
import socket
from collections.abc import Callable
from typing import Any

from optospice.circuit import Circuit
from optospice.cosim.actions import Every, Level, Pulse, Request, RequestError, Stop, When
from optospice.cosim.controller import Context, Requests, Signals
from optospice.cosim.door import MOST_WAITING, Door
from optospice.cosim.lines import GarbageError, HungUpError, Lines, number
from optospice.cosim.local import simulate
from optospice.errors import SimulationError

#: Latest corner of an action as a multiple of the run's duration [1].
LATEST = 1000.0
_MOST_MISTAKES = 20
_MOST_ACTIONS = 1000
#: Largest level that an actuator takes [V, A or W/m^2].
_LARGEST_LEVEL = 1e12
_KEYS = frozenset(("until", "by", "actions", "when", "stop"))
_ACTION_KEYS = frozenset(("actuator", "level", "width", "start", "rise", "fall"))


class Remote:
    """A controller whose decisions come through a socket.

    Parameters
    ----------
    lines : Lines
        The connection, whose client has shown its token.
    circuit : Circuit
        What it steps.
    """

    def __init__(self, lines: Lines, circuit: Circuit) -> None:
        self._lines = lines
        self._circuit = circuit

    def start(self, context: Context) -> Requests:
        """Say what there is, and begin at time 0."""
        self._context = context
        self._lines.send(
            {
                "ready": True,
                "signals": list(context.signals),
                "actuators": list(context.actuators),
                "duration": context.duration,
            }
        )
        return 0.0

    def sample(self, time: float, signals: Signals) -> Requests:
        """Send what is measured and wait for what to do; mistakes may be mended."""
        crossings = [
            {"signal": c.event.signal, "threshold": c.event.threshold, "time": c.time}
            for c in signals.crossings
        ]
        self._lines.send({"time": time, "signals": dict(signals), "crossings": crossings})
        for _ in range(_MOST_MISTAKES):
            try:
                return self._requests(time, self._lines.receive())
            except (GarbageError, RequestError) as error:
                self._lines.send({"error": str(error)})
        raise HungUpError(f"the client sent {_MOST_MISTAKES} messages in a row that are none")

    def _requests(self, time: float, message: dict[str, Any]) -> list[Request]:
        unknown = sorted(message.keys() - _KEYS)
        if unknown:
            raise GarbageError(f"{unknown[0]}: unknown key; accepted: {', '.join(sorted(_KEYS))}")
        if message.get("stop") is True:
            return [Stop()]
        if ("until" in message) == ("by" in message):
            raise GarbageError("until and by: give one of the two, or stop")
        until = number(message, "until") if "until" in message else time + number(message, "by")
        if not until > time + self._circuit.tolerance:
            raise GarbageError(
                f"until = {until!r} s: must lie after now, which is {time!r} s, by more than "
                f"{self._circuit.tolerance:.1g} s"
            )
        found: list[Request] = [Every(10 * self._context.duration + 1.0, until)]
        found += [self._action(time, given) for given in _listed(message, "actions")]
        found += [self._event(given) for given in _listed(message, "when")]
        return found

    def _action(self, time: float, given: dict[str, Any]) -> Request:
        unknown = sorted(given.keys() - _ACTION_KEYS)
        if unknown:
            raise GarbageError(f"actions: {unknown[0]}: unknown key")
        name = given.get("actuator")
        if name not in self._context.actuators:
            raise GarbageError(f"actions: no actuator {name!r}")
        timing = {k: number(given, k) for k in ("start", "rise", "fall") if k in given}
        start, level = timing.get("start", time), number(given, "level")
        if start < time:
            raise GarbageError(f"start = {start!r} s: lies in the past")
        if start > self._context.duration:
            raise GarbageError(f"start = {start!r} s: the run ends at {self._context.duration!r} s")
        lowest = 0.0 if self._circuit.sources[name].kind == "light" else -_LARGEST_LEVEL
        if not lowest <= level <= _LARGEST_LEVEL:
            raise GarbageError(f"level = {level!r}: accepted: {lowest:g} to {_LARGEST_LEVEL:g}")
        for key in ("rise", "fall"):
            if timing.get(key, 1.0) < self._context.shortest_edge:
                raise GarbageError(f"{key}: must be at least {self._context.shortest_edge:g} s")
        if "width" in given:
            pulse = Pulse(name, level, number(given, "width"), **timing)
            return self._resolved(pulse, start)
        if "fall" in timing:
            raise GarbageError("fall: only a pulse, which has a width, falls")
        return self._resolved(Level(name, level, **timing), start)

    def _resolved(self, action: Pulse | Level, start: float) -> Pulse | Level:
        """Give an action back whose corners this loop can tell apart."""
        times = [start, *(time for time, _ in action.corners(start, 0.0))]
        if not times[-1] <= LATEST * self._context.duration:
            raise GarbageError(
                f"the action lasts until {times[-1]:g} s; accepted: up to "
                f"{LATEST * self._context.duration:g} s"
            )
        for one, following in itertools.pairwise(times):
            if following - one < self._context.shortest_edge * (1 - 1e-3):
                raise GarbageError(
                    f"two corners lie {following - one:g} s apart; this loop resolves "
                    f"{self._context.shortest_edge:g} s"
                )
        return action

    def _event(self, given: dict[str, Any]) -> Request:
        if given.get("signal") not in self._context.signals:
            raise GarbageError(f"when: no signal {given.get('signal')!r}")
        return When(given["signal"], number(given, "threshold"), given.get("direction", "rising"))


def _listed(message: dict[str, Any], key: str) -> list[dict[str, Any]]:
    given = message.get(key, [])
    fine = isinstance(given, list) and all(isinstance(entry, dict) for entry in given)
    if not fine or len(given) > _MOST_ACTIONS:
        raise GarbageError(f"{key}: must be a list of at most {_MOST_ACTIONS} objects")
    return list(given)


def serve(
    circuit: Circuit,
    *,
    token: str = "",
    port: int = 0,
    runs: int = 0,
    patience: float = 60.0,
    timeout: float = 3600.0,
    on_ready: Callable[[int, str], object] | None = None,
) -> None:
    """Let clients on this machine step a circuit, one after the other.

    Every client that shows the token is one run from time 0. Who does not is cut off within
    2 s, uses up no run and keeps nobody waiting.

    Parameters
    ----------
    circuit : Circuit
        What they step.
    token : str
        What a client has to show; made up when empty.
    port : int
        Port on 127.0.0.1; any free one when 0.
    runs : int
        Number of runs after which to end; 0 for never.
    patience : float
        Longest silence of a client [s].
    timeout : float
        Longest run [s].
    on_ready : callable, optional
        Called with port and token when clients may connect; by default both are printed.
    """
    token = token or secrets.token_urlsafe(24)
    with socket.create_server(("127.0.0.1", port), backlog=MOST_WAITING) as listener:
        (on_ready or _print)(listener.getsockname()[1], token)
        with Door(listener, token) as door:
            for _ in range(runs) if runs else itertools.count():
                connection, rest = door.next()
                with connection, contextlib.suppress(HungUpError):
                    _serve_one(connection, rest, circuit, patience, timeout)


def _serve_one(
    connection: socket.socket, rest: bytes, circuit: Circuit, patience: float, timeout: float
) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lines = Lines(connection, patience, rest)
    try:
        client = Remote(lines, circuit)
        result = simulate(circuit, {"client": client}, timeout=timeout, patience=0.0)
    except SimulationError as error:
        lines.send({"error": str(error), "end": True})
        return
    lines.send({"end": True, "time": float(result.waveforms.time[-1])})


def _print(port: int, token: str) -> None:
    print(f"listening on 127.0.0.1:{port}, token {token}", flush=True)
