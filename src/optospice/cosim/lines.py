"""JSON lines over a socket, with bounds: length of a line, patience, number of mistakes."""

from __future__ import annotations

import contextlib
import json
import math
import socket
from typing import Any

#: Longest line that is read [bytes].
LONGEST_LINE = 64 * 1024


class GarbageError(ValueError):
    """A line that is no message; the other side is told and may try again."""


class HungUpError(ConnectionError):
    """The other side is gone, or does not read or write any more."""


class Lines:
    """The server's end of a connection.

    It reads only what it is about to answer: a client that sends ahead is held back by its
    own socket, and one that does not read its answers is given up after the patience.

    Parameters
    ----------
    connection : socket
        The connection.
    patience : float
        Longest time to wait for the other side [s].
    rest : bytes
        What was received already.
    """

    def __init__(self, connection: socket.socket, patience: float, rest: bytes = b"") -> None:
        self._socket = connection
        self._socket.settimeout(patience)
        self._rest = rest

    def send(self, message: dict[str, Any]) -> None:
        """Send one message.

        Raises
        ------
        HungUpError
            When the other side does not take it.
        """
        text = json.dumps(message, separators=(",", ":"), allow_nan=False)
        try:
            self._socket.sendall(text.encode() + b"\n")
        except OSError as error:
            raise HungUpError(f"the client does not take its answer: {error}") from None

    def receive(self) -> dict[str, Any]:
        """Wait for one message.

        Raises
        ------
        GarbageError
            When it is none.
        HungUpError
            When the other side is gone, silent or sends a line without end.
        """
        while b"\n" not in self._rest:
            if len(self._rest) > LONGEST_LINE:
                raise HungUpError(f"the client sent a line of more than {LONGEST_LINE} bytes")
            try:
                part = self._socket.recv(4096)
            except OSError as error:
                raise HungUpError(f"the client is silent: {error}") from None
            if not part:
                raise HungUpError("the client has hung up")
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            message = json.loads(line, parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise GarbageError("this line is no JSON") from None
        if not isinstance(message, dict):
            raise GarbageError("a message is a JSON object")
        return message


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is no JSON")


def number(message: dict[str, Any], key: str, default: float | None = None) -> float:
    """Give a finite number of a message.

    Raises
    ------
    GarbageError
        When it is missing or none.
    """
    value = message.get(key, default)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):  # an integer beyond any float
            if math.isfinite(value):
                return float(value)
    raise GarbageError(f"{key}: must be a finite number")
