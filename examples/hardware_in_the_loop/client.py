"""A robot that turns away from light: steps the circuit of `server.py`, needs nothing but Python.

python client.py PORT TOKEN
"""

import json
import socket
import sys


class Circuit:
    """A circuit behind a socket."""

    def __init__(self, port: int, token: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._file = self._socket.makefile("rw")
        self.about = self.ask({"token": token})
        self.state = self._receive()

    def ask(self, message: dict) -> dict:
        """Send one line and wait for one."""
        self._file.write(json.dumps(message) + "\n")
        self._file.flush()
        return self._receive()

    def _receive(self) -> dict:
        answer = json.loads(self._file.readline() or '{"error": "the server has hung up"}')
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()

    def step(self, by: float, actions: list[dict] | None = None) -> dict:
        """Let the circuit run on, with new light from now on."""
        return self.ask({"by": by, "actions": actions or []})


def main(port: int, token: str) -> None:
    """Drive for ten seconds; the wheel turns with the synapse's current."""
    circuit = Circuit(port, token)
    heading = 0.0
    for _ in range(100):
        light = 12.2 * max(0.0, 1.0 - abs(heading))  # W/m^2, brightest straight ahead
        level = {"actuator": "light", "level": light, "rise": 1e-3}
        state = circuit.step(0.1, [level])
        heading += 2e5 * state["signals"]["i(p)"] * 0.1
        print(f"{state['time']:6.2f} s  {light:6.3f} W/m^2  heading {heading:7.4f}")
    print(circuit.ask({"stop": True}))
    circuit.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
