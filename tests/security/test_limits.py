"""The numbers of the limits, each from both sides; expansions have a file of their own."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from watchdog import refused, run_command

from optospice import netlist, reading, toml_text, units
from optospice.cosim import door, server
from optospice.errors import InputError
from optospice.netlist import expansion, functions
from optospice.netlist.guard import cleaned, cleaned_netlist
from optospice.ngspice import pool
from optospice.protocols import limits
from optospice.regression import golden
from optospice.scenario import schema, variation
from optospice.sweep import keeping, task
from own_form import write_own_form


def test_the_numbers_are_those_of_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs/security.md").read_text()
    for number in (
        netlist.LARGEST_LIBRARY, netlist.MOST_LINES, netlist.LONGEST_LINE, reading.LARGEST_FILE,
        functions.LONGEST_EXPRESSION, functions.LARGEST_SUM, expansion.LARGEST_CIRCUIT,
        expansion.LARGEST_EXPANSION, toml_text.LARGEST, variation.MOST_RUNS, task.LARGEST_ANSWER,
        keeping.KEPT_BYTES, golden.LARGEST_GOLDEN, limits.MOST_PULSES,
    ):  # fmt: skip
        assert f"{number:,}" in page, number
    for words in (
        f"{units.LONGEST_QUANTITY} characters; {units.LONGEST_UNIT} characters",
        f"TOML | 1,000,000 characters, {toml_text.DEEPEST} levels",
        f"{functions.DEEPEST} calls inside calls, {functions.MOST_ARGUMENTS} arguments",
        f"{expansion.LARGEST_EXPANSION:,} characters, {expansion.DEEPEST} deep",
        f"{door.HANDSHAKE:g} s and {door.LONGEST_TOKEN_LINE} bytes in all",
        f"{door.MOST_STRANGERS} in their handshake, {door.MOST_WAITING} that wait for a run",
        f"ends within {server.LATEST:g} durations",
        f"{keeping.KEPT_WAVEFORMS} runs by default",
        f"({pool.DEFAULT_MEMORY_LIMIT >> 30} GiB, or less",
    ):
        assert words in page, words


def test_text_files_are_as_large_as_said(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"a" * 10_000_000)
    assert len(reading.read_text(file)) == 10_000_000
    file.write_bytes(b"a" * 10_000_001)
    with pytest.raises(InputError, match="10000001 bytes; accepted: up to 10000000"):
        reading.read_text(file)


@pytest.mark.parametrize("read", [cleaned, cleaned_netlist])
def test_lines_and_characters_are_as_many_as_said(read: object) -> None:
    assert callable(read)
    for character, most in (("\n", 100_000), ("*", 4_000_000)):
        read(character * most, "o")
        with pytest.raises(InputError, match="100000 lines and 4000000 characters"):
            read(character * (most + 1), "o")


def test_a_library_file_is_as_large_as_said(tmp_path: Path) -> None:
    (tmp_path / "one.lib").write_text(".include two.lib\n" + "*" * (3_000_000 - 18) + "\n")
    (tmp_path / "two.lib").write_text("*" * 999_999 + "\n")
    netlist.expand_includes(tmp_path / "one.lib", [tmp_path])
    (tmp_path / "two.lib").write_text("*" * 1_000_000 + "\n")
    with pytest.raises(InputError, match="larger than 4000000 characters with its includes"):
        netlist.expand_includes(tmp_path / "one.lib", [tmp_path])


def test_toml_is_as_large_and_deep_as_said() -> None:
    def nested(depth: int) -> str:
        return f"a = {'[' * (depth - 1)}{']' * (depth - 1)}\n"

    assert toml_text.parse_toml("a = 1\n" + "#" * 999_994) == {"a": 1}
    assert toml_text.parse_toml(nested(30))
    assert toml_text.parse_toml("a." * 29 + "b = 1")
    for text in ("a = 1\n" + "#" * 999_995, nested(31), "a." * 30 + "b = 1"):
        with pytest.raises(toml_text.TomlError, match="accepted: up to"):
            toml_text.parse_toml(text)


def test_quantities_are_as_long_as_said() -> None:
    longest = "hour" + "*s/s" * 14
    assert len(longest) == 60
    assert units.parse(f"1 {longest}", "s") == 3600.0
    with pytest.raises(units.UnitsError):
        units.parse(f"1 s{'*s/s' * 15}", "s")
    assert units.parse("1" + " " * 98 + "s", "s") == 1.0
    with pytest.raises(units.UnitsError):
        units.parse("1" + " " * 99 + "s", "s")


HEAD = """title = "a pulse"
device = "{device}"
timeout = "{timeout}"
[protocol]
name = "single_pulse"
readout = "80 mV"
wavelength = "740 nm"
irradiance = "1 mW/cm^2"
width = "1 s"
"""


def test_scenarios_are_as_large_as_said(tmp_path: Path) -> None:
    import tomllib

    def load(text: str) -> schema.Scenario:
        return schema.Scenario.model_validate(tomllib.loads(text))

    sound = HEAD.format(device="pbs_rc", timeout="86400 s")
    axis = '[sweep."parameters.{}"]\nstart = "1 ohm"\nstop = "2 ohm"\ncount = 1000\n'
    assert load(sound + axis.format("r1") + axis.format("r3")).run_count == 1_000_000
    with pytest.raises(ValueError, match="accepted: up to 10,000,000"):
        load(sound + axis.format("r1") + axis.format("r3").replace("1000", "10001"))
    with pytest.raises(ValueError, match="must be at most 86400 s"):
        load(HEAD.format(device="pbs_rc", timeout="86401 s"))


def test_the_name_of_a_device_is_as_long_as_said(tmp_path: Path) -> None:
    for name in ("q" * 100, "q" * 101):
        write_own_form(tmp_path, name=name)
    assert run_command("show", "q" * 100, folder=tmp_path).status == 0
    refused(run_command("show", "q" * 101, folder=tmp_path), "up to 100 ASCII characters")


def test_so_many_owners_wait_for_a_run() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with door.Door(listener, "secret"):
            owners = []
            for number in range(door.MOST_WAITING + 1):
                owner = socket.create_connection(("127.0.0.1", port), timeout=5)
                owners.append(owner)
                owner.sendall(b'{"token": "secret"}\n')
                if number < door.MOST_WAITING:
                    owner.settimeout(0.1)
                    with pytest.raises(TimeoutError):
                        owner.recv(1)
            owners[-1].settimeout(5)
            assert json.loads(owners[-1].recv(4096)) == {
                "error": "8 clients wait already", "end": True
            }  # fmt: skip
            for owner in owners:
                owner.close()


def test_a_token_line_is_as_long_as_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with door.Door(listener, "secret") as open_door:
            for size in (4096, 4097):
                with socket.create_connection(("127.0.0.1", port), timeout=5) as owner:
                    line = b'{"token": "secret"}'
                    owner.sendall(line + b" " * (size - len(line)) + b"\n")
                    if size == 4096:
                        connection, rest = open_door.next()
                        assert rest == b""
                        connection.close()
                    else:
                        assert owner.recv(100) == b""
