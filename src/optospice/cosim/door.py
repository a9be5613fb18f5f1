"""Who may step the circuit: handshakes beside the runs, so that strangers wait for nobody.

Any process of this machine reaches the port, and so does a web page in a browser. Whoever does
not begin with ``{`` is cut off at the first byte, whoever has not shown the token in time is
cut off then; neither counts as a run.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import queue
import selectors
import socket
import threading
import time
from dataclasses import dataclass
from types import TracebackType

#: Longest time for a whole handshake [s], and its longest line [bytes].
HANDSHAKE = 2.0
LONGEST_TOKEN_LINE = 4096
#: Most connections that are in their handshake, and most that wait for their run [1].
MOST_STRANGERS = 64
MOST_WAITING = 8
_PAUSE = 0.1


@dataclass
class _Stranger:
    """A connection that has not shown the token."""

    connection: socket.socket
    deadline: float
    received: bytes = b""


class Door:
    """Accepts connections in a thread of its own and lets in who knows the token.

    Parameters
    ----------
    listener : socket
        The listening socket.
    token : str
        What a client has to show.
    """

    def __init__(self, listener: socket.socket, token: str) -> None:
        self._listener = listener
        self._token = token.encode("utf-8", "surrogatepass")
        self._strangers: list[_Stranger] = []
        self._guests: queue.Queue[tuple[socket.socket, bytes]] = queue.Queue(MOST_WAITING)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Door:
        """Begin to accept."""
        self._listener.setblocking(False)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Cut everybody off who still waits."""
        self._closed.set()
        self._thread.join()
        for stranger in self._strangers:
            _cut(stranger.connection)
        with contextlib.suppress(queue.Empty):
            while True:
                _cut(self._guests.get_nowait()[0])

    def next(self) -> tuple[socket.socket, bytes]:
        """Wait for a client with the token; gives what it sent behind it as well."""
        return self._guests.get()

    def _watch(self) -> None:
        while not self._closed.is_set():
            with selectors.DefaultSelector() as selector:
                selector.register(self._listener, selectors.EVENT_READ)
                for stranger in self._strangers:
                    selector.register(stranger.connection, selectors.EVENT_READ, stranger)
                ready = selector.select(_PAUSE)
            for key, _ in ready:
                # nothing that one connection does may end the others
                with contextlib.suppress(Exception):
                    if key.data is None:
                        self._accept()
                    else:
                        self._hear(key.data)
            now = time.monotonic()
            for stranger in [one for one in self._strangers if one.deadline < now]:
                self._refuse(stranger)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # no more descriptors: those that wait will be cut off in time
            self._closed.wait(_PAUSE)
            return
        connection.setblocking(False)
        if len(self._strangers) >= MOST_STRANGERS:
            self._refuse(self._strangers[0])
        self._strangers.append(_Stranger(connection, time.monotonic() + HANDSHAKE))

    def _hear(self, stranger: _Stranger) -> None:
        try:
            part = stranger.connection.recv(LONGEST_TOKEN_LINE)
        except OSError:
            part = b""
        stranger.received += part
        line, ended, rest = stranger.received.partition(b"\n")
        if not part or not line.startswith(b"{"):
            self._refuse(stranger)
        elif ended and len(line) <= LONGEST_TOKEN_LINE:
            self._judge(stranger, line, rest)
        elif len(stranger.received) > LONGEST_TOKEN_LINE:
            self._refuse(stranger)

    def _judge(self, stranger: _Stranger, line: bytes, rest: bytes) -> None:
        try:
            shown = json.loads(line).get("token")
        except (ValueError, RecursionError, AttributeError):
            shown = None
        if not isinstance(shown, str) or not hmac.compare_digest(
            shown.encode("utf-8", "surrogatepass"), self._token
        ):
            self._refuse(stranger, "wrong token")
            return
        try:
            self._guests.put_nowait((stranger.connection, rest))
        except queue.Full:
            self._refuse(stranger, f"{MOST_WAITING} clients wait already")
            return
        self._strangers.remove(stranger)

    def _refuse(self, stranger: _Stranger, reason: str = "") -> None:
        self._strangers.remove(stranger)
        if reason:
            with contextlib.suppress(OSError):
                answer = json.dumps({"error": reason, "end": True}, separators=(",", ":"))
                stranger.connection.send(answer.encode() + b"\n")
        _cut(stranger.connection)


def _cut(connection: socket.socket) -> None:
    # a run that was forked off meanwhile holds a copy: only a shutdown reaches the other side
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
