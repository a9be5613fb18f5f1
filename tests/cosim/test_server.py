"""The socket server: local, with a token; garbage, silence and disconnects harm one run only."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import runpy
import socket
import time
from pathlib import Path

import pytest
from loops import light_circuit

from optospice.cosim.server import serve

CLIENT = Path(__file__).parents[2] / "examples" / "hardware_in_the_loop" / "client.py"


@pytest.fixture(scope="module")
def server():
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=serve,
        args=(light_circuit("pbs_rc", 20.0),),
        kwargs={"patience": 1.0, "on_ready": lambda *about: theirs.send(about)},
    )  # not a daemon: it has children of its own
    process.start()
    assert ours.poll(10)
    yield ours.recv()
    process.kill()
    process.join()


CLIENTS: list[Client] = []


@pytest.fixture(autouse=True)
def _close_clients():
    yield
    while CLIENTS:
        CLIENTS.pop().close()


class Client:
    def __init__(self, server, token=None):
        port, right = server
        CLIENTS.append(self)
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.file = self.socket.makefile("rwb")
        self.ask({"token": right if token is None else token})

    def close(self):
        with contextlib.suppress(OSError):
            self.file.close()
        self.socket.close()

    def ask(self, message):
        self.write(json.dumps(message).encode() + b"\n")
        self.answer = self.read()
        return self.answer

    def write(self, data):
        self.file.write(data)
        self.file.flush()

    def read(self):
        line = self.file.readline()
        return json.loads(line) if line else None


def test_a_client_steps_the_circuit(server):
    client = Client(server)
    assert client.answer["ready"]
    assert "i(p)" in client.answer["signals"]
    assert client.answer["actuators"] == ["light"]
    assert client.read()["time"] == 0.0
    state = client.ask(
        {"until": 5.0, "actions": [{"actuator": "light", "level": 12.2, "rise": 1e-3, "start": 1}],
         "when": [{"signal": "i(p)", "threshold": 3e-7, "direction": "falling"}]}
    )  # fmt: skip
    assert state["time"] < 5.0
    assert state["crossings"][0]["time"] == pytest.approx(2.808, abs=2e-3)
    state = client.ask({"until": 5.0})
    assert state["time"] == pytest.approx(5.0)
    assert state["signals"]["e(light)"] == 12.2
    assert client.ask({"by": 100.0}) == {"end": True, "time": 20.0}
    assert client.read() is None


def test_the_example_runs(server, capsys):
    runpy.run_path(str(CLIENT))["main"](*server)
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 101
    assert "'end': True" in out[-1]


def test_garbage_is_answered_and_may_be_mended(server):
    client = Client(server)
    client.read()
    for garbage, words in (
        (b"hello\n", "no JSON"), (b"[1]\n", "a JSON object"), (b"\xff\xfe\n", "no JSON"),
        (b"[" * 50_000 + b"\n", "no JSON"), (b'{"until": NaN}\n', "no JSON"),
        (b'{"by": -1}\n', "must lie after now"), (b'{"by": true}\n', "finite number"),
        (b'{"quit": 1}\n', "unknown key"), (b'{"by": 1, "actions": 3}\n', "must be a list"),
        (b'{"by": 1, "actions": [{"actuator": "x"}]}\n', "no actuator"),
        (b'{"by": 1, "when": [{"signal": "x"}]}\n', "no signal"),
        (
            b'{"by": 1, "actions": [{"actuator": "light", "level": 1, "start": -1}]}\n',
            "in the past",
        ),
    ):  # fmt: skip
        client.write(garbage)
        assert words in client.read()["error"]
    assert client.ask({"by": 1.0})["time"] == pytest.approx(1.0)


def test_a_wrong_token_learns_nothing(server):
    client = Client(server, "guess")
    assert client.answer == {"error": "wrong token", "end": True}
    assert client.read() is None


@pytest.mark.parametrize("way", ["hangs up", "is silent", "never ends its line", "sends ahead"])
def test_bad_clients_end_their_own_run_only(server, way):
    client = Client(server)
    client.read()
    if way == "hangs up":
        client.socket.shutdown(socket.SHUT_RDWR)
    elif way == "never ends its line":
        client.write(b"x" * 100_000)
        assert "more than 65536 bytes" in client.read()["error"]
    elif way == "is silent":
        assert "silent" in client.read()["error"]
    else:  # a thousand steps at once, answers unread: every one is answered in turn
        client.write(b'{"by": 0.001}\n' * 1000)
        times = [client.read()["time"] for _ in range(1000)]
        assert times == sorted(times)
        assert times[-1] == pytest.approx(1.0)
    client.close()
    started = time.monotonic()
    following = Client(server)
    assert following.read()["time"] == 0.0
    assert time.monotonic() - started < 5.0


def test_it_listens_on_this_machine_only(server):
    port, _ = server
    for address in {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)}:
        if address.startswith("127.") or ":" in address:
            continue
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((address, port), timeout=1)
