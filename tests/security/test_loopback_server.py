"""Whoever reaches the port without the token neither ends the server nor keeps it busy."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import socket
import time
from collections.abc import Iterator

import pytest
from loops import light_circuit

from optospice.cosim.door import HANDSHAKE, MOST_STRANGERS
from optospice.cosim.server import serve

BROWSER = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\n\r\n"


@contextlib.contextmanager
def serving(runs: int = 0) -> Iterator[tuple[int, str, multiprocessing.Process]]:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=serve,
        args=(light_circuit("pbs_rc", 20.0),),
        kwargs={"patience": 2.0, "runs": runs, "on_ready": lambda *about: theirs.send(about)},
    )
    process.start()
    try:
        assert ours.poll(10)
        yield *ours.recv(), process
    finally:
        process.kill()
        process.join()


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[int, str]]:
    with serving() as (port, token, _):
        yield port, token


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def owner_steps(port: int, token: str, extra: bytes = b"") -> float:
    """Run as the owner; gives how long the first answer took [s]."""
    started = time.monotonic()
    with connect(port) as connection, connection.makefile("rwb") as file:
        file.write(json.dumps({"token": token}).encode() + b"\n" + extra)
        file.flush()
        assert json.loads(file.readline())["ready"]
        waited = time.monotonic() - started
        assert json.loads(file.readline())["time"] == 0.0
        if not extra:
            file.write(b'{"by": 1.0}\n')
            file.flush()
        assert json.loads(file.readline())["time"] == pytest.approx(1.0)
        file.write(b'{"stop": true}\n')
        file.flush()
        assert json.loads(file.readline())["end"]
    return waited


@pytest.mark.parametrize(
    "line",
    [
        b'{"token":"\\ud800"}', b'{"token":null}', b'{"token":' + b"[" * 3000, b"{" * 4000,
        b'{"token":' + b"9" * 4000 + b"}", b'{"token":{"a":1}}', b'{"token":"\xff"}', b"{}",
        b'{"token":"\\u0000"}', b'{"token":true}', b'{"a":"' + b"x" * 100_000 + b'"}',
    ],
)  # fmt: skip
def test_no_token_line_ends_the_server(server: tuple[int, str], line: bytes) -> None:
    with connect(server[0]) as stranger, contextlib.suppress(OSError):
        stranger.sendall(line + b"\n")
        answer = stranger.recv(4096)
        assert answer in (b"", b'{"error":"wrong token","end":true}\n')
    assert owner_steps(*server) < 5.0


def test_strangers_use_up_no_run() -> None:
    with serving(runs=2) as (port, token, process):
        for text in (BROWSER, BROWSER, b'{"token":"guess"}\n', b"", b"\x16\x03\x01"):
            with connect(port) as stranger:
                stranger.sendall(text)
        for _ in range(2):
            owner_steps(port, token)
        process.join(10)
        assert process.exitcode == 0


@pytest.mark.parametrize(
    "text", [BROWSER, b"POST / HTTP/1.1\r\n\r\n", b"OPTIONS *", b"\x16\x03\x01", b" {", b"\n"]
)
def test_a_browser_is_cut_off_at_its_first_byte(server: tuple[int, str], text: bytes) -> None:
    with connect(server[0]) as stranger:
        started = time.monotonic()
        stranger.sendall(text[:1])
        with contextlib.suppress(ConnectionResetError):
            assert stranger.recv(100) == b""
        assert time.monotonic() - started < HANDSHAKE / 2


def test_slow_strangers_keep_nobody_waiting(server: tuple[int, str]) -> None:
    strangers = [connect(server[0]) for _ in range(MOST_STRANGERS + 10)]
    try:
        for stranger in strangers:
            with contextlib.suppress(OSError):
                stranger.sendall(b"{")
        assert owner_steps(*server) < HANDSHAKE
    finally:
        for stranger in strangers:
            stranger.close()


def test_one_byte_now_and_then_does_not_prolong_a_handshake(server: tuple[int, str]) -> None:
    with connect(server[0]) as stranger:
        started = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - started < 10 and stranger.send(b"{"):
                time.sleep(0.2)
                stranger.settimeout(0.01)
                with contextlib.suppress(TimeoutError):
                    if stranger.recv(1) == b"":
                        break
        assert time.monotonic() - started < HANDSHAKE + 1.0


def test_what_comes_with_the_token_is_not_lost(server: tuple[int, str]) -> None:
    owner_steps(*server, extra=b'{"by": 1.0}\n')


def test_an_owner_waits_for_the_run_before_only(server: tuple[int, str]) -> None:
    port, token = server
    with connect(port) as first, first.makefile("rwb") as file:
        file.write(json.dumps({"token": token}).encode() + b"\n")
        file.flush()
        assert json.loads(file.readline())["ready"]
        with connect(port) as stranger:  # answered although a run is under way
            stranger.sendall(b'{"token":"guess"}\n')
            assert b"wrong token" in stranger.recv(100)


@pytest.mark.parametrize(
    "message",
    [
        '{"by": 1' + "0" * 400 + "}", '{"by": 1e-300}', '{"until": 1e-12}',
        '{"by": 1, "actions": [{"actuator": "light", "level": 1, "start": 1e308}]}',
        '{"by": 1, "actions": [{"actuator": "light", "level": 1, "width": 1e308}]}',
        '{"by": 1, "actions": [{"actuator": "light", "level": 1, "width": 1e-300}]}',
        '{"by": 1, "actions": [{"actuator": "light", "level": 1e300}]}',
        '{"by": 1, "actions": [{"actuator": "light", "level": -1}]}',
        '{"by": 1, "actions": [{"actuator": "light", "level": 1, "rise": 1e300}]}',
        '{"by": 1, "actions": [{"actuator": ["light"], "level": 1}]}',
        '{"by": 1, "when": [{"signal": "i(p)", "threshold": 1, "direction": []}]}',
    ],
)  # fmt: skip
def test_a_mistake_of_the_owner_may_be_mended(server: tuple[int, str], message: str) -> None:
    port, token = server
    with connect(port) as connection, connection.makefile("rwb") as file:
        for line in (json.dumps({"token": token}), message, '{"by": 1.0}', '{"stop": true}'):
            file.write(line.encode() + b"\n")
        file.flush()
        answers = [json.loads(line) for line in file]
    assert "error" in answers[2]
    assert "end" not in answers[2]
    assert answers[3]["time"] == pytest.approx(1.0)
    assert answers[4] == {"end": True, "time": pytest.approx(1.0)}
