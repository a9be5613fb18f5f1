"""Outside the range in which a device holds a run is refused, or its numbers are marked."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import optospice
from optospice.api import beam
from optospice.cli import main
from optospice.device import find_device, outside_valid_range
from optospice.device.valid import changes_of
from optospice.errors import InputError
from optospice.scenario.expand import expand
from optospice.scenario.load import list_scenarios, load_scenario
from optospice.stimulus import PulseTrain, Samples, Signal, constant, voltage_sweep
from own_form import own_form, write_own_form
from probe_device import PROBE_CARD, PROBE_LIB, write_device

ROOM = 300.15


def outside(device, stimuli, duration=1.0, temperature=ROOM, **more):
    return outside_valid_range(find_device(device), stimuli, duration, temperature, **more)


def pulsed(level, width=0.5, count=1, **timing):
    return Signal(0.0, (PulseTrain(level, width, count, delay=0.1, **timing),))


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Run the command line in a folder of its own; gives exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["optospice", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return run


# What lies outside


@pytest.mark.parametrize(("level", "is_outside"), [(7.0, False), (-7.0, False), (7.001, True)])
def test_a_voltage_is_held_to_its_range(level, is_outside):
    found = outside("mose2", {"p": pulsed(level)})
    assert bool(found) == is_outside
    if is_outside:
        assert found == ["valid.voltage.p: 7.001 V; accepted: -7 V to 7 V"]


@given(st.floats(-20, 20), st.floats(-20, 20))
def test_the_voltage_is_that_between_the_terminals(first, second):
    found = outside("mose2", {"p": constant(first), "n": constant(second)})
    assert bool(found) == (abs(first - second) > 7 * (1 + 1e-6))


def test_two_pulses_that_meet_in_time_add_up():
    up, down = pulsed(4.0, 0.2), Signal(0.0, (PulseTrain(-4.0, 0.2, delay=0.2),))
    assert outside("mose2", {"p": up, "n": down})
    later = Signal(0.0, (PulseTrain(-4.0, 0.2, delay=0.5),))
    assert not outside("mose2", {"p": up, "n": later})


def test_irradiance_wavelength_and_temperature():
    light = {"light": pulsed(13.0)}  # 1.3 mW/cm^2
    assert outside("pbs_rc", light) == [
        "valid.irradiance.light: 1.3 mW/cm^2; accepted: 0 mW/cm^2 to 1.22 mW/cm^2"
    ]
    dim = {"light": pulsed(12.0)}
    assert not outside("pbs_rc", dim)
    assert not outside("pbs_trap", {}, temperature=280.15)
    assert outside("pbs_trap", {}, temperature=280.0) == [
        "valid.temperature: 6.85 degC; accepted: 7 degC to 57 degC"
    ]


def test_a_device_without_temperature_dependence_says_so():
    (told,) = outside("mose2", {}, temperature=393.15)
    assert told == (
        "valid.temperature: 120 degC; accepted: 27 degC, as the device has no temperature "
        "dependence"
    )
    assert not outside("mose2", {}, temperature=300.0)  # room temperature, however it is written


def test_the_shortest_time_is_that_of_pulse_pause_and_branch():
    pair = {"count": 2}
    assert not outside("mose2", {"p": pulsed(1.0, 0.01, interval=0.01, **pair)})
    for width, interval in ((0.009, 0.05), (0.05, 0.009)):
        (told,) = outside("mose2", {"p": pulsed(1.0, width, interval=interval, **pair)})
        assert told == "valid.shortest: a stimulus changes after 9 ms; accepted: at least 10 ms"
    assert not outside("mose2", {"p": voltage_sweep((0, 5, 0, -5, 0), 500.0)}, 0.05)
    assert outside("mose2", {"p": voltage_sweep((0, 5, 0, -5, 0), 600.0)}, 0.05)


def test_the_longest_time_counts_any_change():
    assert outside("mose2", {"p": pulsed(1.0)}, 150.0) == [
        "valid.longest: nothing changes for 149.4 s; accepted: up to 100 s"
    ]
    every_minute = Signal(0.0, (PulseTrain(1.0, 0.5, 5, period=60.0, delay=1.0),))
    assert not outside("mose2", {"p": every_minute}, 300.0)
    # a constant bias beside the light is no experiment of its own
    assert not outside("pbs_rc", {"p": constant(1.0), "light": every_minute}, 300.0)
    assert outside("pbs_rc", {"p": constant(1.0)}, 300.0)


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=12))
def test_changes_begin_where_the_direction_changes(levels):
    times = np.arange(1.0, len(levels) + 1)
    found = changes_of(Samples(times, np.array(levels)), 100.0)
    expected, before = [], 0
    for k in range(len(levels) - 1):
        now = (levels[k + 1] > levels[k]) - (levels[k + 1] < levels[k])
        if now and now != before:
            expected.append(times[k])
        before = now
    assert found.tolist() == expected


def test_what_is_not_named_is_not_limited(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_device(tmp_path, "probe", PROBE_LIB, PROBE_CARD)
    assert not outside("probe", {"p": constant(1e6), "light": constant(1e9)}, 1e8, 1000.0)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('p = ["-7 V", "7 V"]', 'q = ["-7 V", "7 V"]', r"valid\.voltage\.q: is no electrical term"),
        ('p = ["-7 V", "7 V"]', 'p = ["7 V", "-7 V"]', r"valid\.voltage: 7 to -7: the first is ab"),
        ('p = ["-7 V", "7 V"]', 'p = ["-7 V", "7 A"]', r"valid\.voltage\.p.*is not a voltage"),
        ('shortest = "10 ms"', 'shortest = "0 s"', r"valid\.shortest: 0 s: must be above 0 s"),
        ('shortest = "10 ms"', 'shortes = "10 ms"', r"valid\.shortes: unknown key; did you mean"),
        ('temperature = "27 degC"', 'temperature = "27 V"', r"valid\.temperature.*temperature"),
    ],
)
def test_a_range_that_cannot_be_one(tmp_path, monkeypatch, old, new, words):
    monkeypatch.chdir(tmp_path)
    text = find_device("mose2").card_file.read_text()
    assert text.count(old) == 1
    (tmp_path / "netlists/devices").mkdir(parents=True)
    (tmp_path / "netlists/devices/mose2.toml").write_text(text.replace(old, new))
    with pytest.raises(InputError, match=words) as caught:
        find_device("mose2")
    assert "mose2.toml" in str(caught.value)


def test_a_card_of_ones_own_has_a_range_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "[valid.voltage]" in own_form("mose2")[1]
    write_own_form(tmp_path, "mose2")
    assert find_device("mose2").family == ""
    assert outside("mose2", {"p": constant(8.0)})


# Scenarios


def test_every_packaged_scenario_lies_inside():
    for name in list_scenarios():
        loaded = load_scenario(name)
        assert not loaded.scenario.extrapolate
        assert not any(run.outside for run in expand(loaded)[:50])


HOT = ("--set", "temperature=120 degC")
HIGH = ("--set", "protocol.turning_points=['0 V', '100 V', '0 V']")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (HOT, ("valid.temperature: 120 degC; accepted: 27 degC, as the device has no temp",)),
        (HIGH, ("valid.voltage.p: 100 V; accepted: -7 V to 7 V",)),
        ((*HOT, "--set", "protocol.turning_points=['0 V', '30 V', '0 V']"), ("30 V",)),
        (("--set", "sweep.temperature=['27 degC', '60 degC']"), ("temperature = 60 degC", "60 de")),
        (
            ("--set", "sweep.protocol.rate=['1 V/s', '1 kV/s']"),
            ("run protocol.rate = 1 kV/s", "valid.shortest: a stimulus changes after 5 ms"),
        ),
    ],
)
def test_a_scenario_outside_is_refused_in_one_sentence(command, changes, words):
    code, out, err = command("run", "mose2/hysteresis", *changes)
    assert (code, out, err.count("\n")) == (2, "", 1)
    for word in ("hysteresis.toml", "mose2_dose.toml", "accepted: ", "--extrapolate", *words):
        assert word in " ".join(err.split())
    assert not Path("results").exists()


PROBE_RANGE = """
[valid]
temperature = ["0 degC", "100 degC"]
voltage.p = ["-2 V", "2 V"]
irradiance.light = ["0 mW/cm^2", "1 mW/cm^2"]
wavelength.light = ["450 nm", "740 nm"]
shortest = "1 ms"
"""


@pytest.fixture
def probe(tmp_path, monkeypatch):
    """A device of one's own that takes any colour, valid for some."""
    monkeypatch.chdir(tmp_path)
    write_device(tmp_path, "probe", PROBE_LIB, PROBE_CARD + PROBE_RANGE)
    return find_device("probe")


def test_every_light_on_a_terminal_is_held_to_its_range(probe):
    lights = [beam("0.6 mW/cm^2", wavelength=colour) for colour in ("500 nm", "700 nm")]
    with pytest.raises(InputError, match=r"irradiance\.light: 1\.2 mW/cm\^2; accepted: 0 mW"):
        optospice.simulate(probe, light=lights, duration="1 s")
    assert optospice.simulate(probe, light=lights[:1], duration="1 s").notes == ()
    with pytest.raises(InputError, match=r"wavelength\.light: 850 nm; accepted: 450 nm to 740 nm"):
        optospice.simulate(probe, light=[beam("0.1 mW/cm^2", wavelength="850 nm")], duration="1 s")


SCENARIO = """
title = "probe"
device = "probe"

[protocol]
name = "{protocol}"
{keys}
"""


def scenario(text: str, *changes: str):
    Path("s.toml").write_text(text)
    return expand(load_scenario("s.toml", list(changes)))


def test_the_light_of_a_protocol_is_held_to_its_range(probe):
    keys = 'width = "1 s"\nirradiance = "1 mW/cm^2"\nwavelength = "740 nm"'
    text = SCENARIO.format(protocol="single_pulse", keys=keys)
    assert scenario(text)
    with pytest.raises(InputError, match=r"valid\.wavelength\.light: 850 nm; accepted: 450"):
        scenario(text, "protocol.wavelength='850 nm'")
    with pytest.raises(
        InputError, match=r"run protocol\.irradiance = 3 mW/cm\^2: .*irradiance\.li"
    ):
        scenario(text, "sweep.protocol.irradiance=['1 mW/cm^2', '3 mW/cm^2']")


def test_an_analysis_is_held_to_the_range_of_what_it_sweeps(probe):
    keys = 'start = "-1 V"\nstop = "2 V"\npoints = 4'
    text = SCENARIO.format(protocol="current_voltage", keys=keys)
    assert scenario(text)
    with pytest.raises(InputError, match=r"valid\.voltage\.p: 5 V; accepted: -2 V to 2 V"):
        scenario(text.replace('"2 V"', '"5 V"'))
    with pytest.raises(InputError, match=r"valid\.temperature: 120 degC; accepted: 0 degC to 100"):
        scenario(text, "temperature='120 degC'")
    (run,) = scenario(text, "temperature='120 degC'", "extrapolate=true")
    assert run.outside == ("valid.temperature: 120 degC; accepted: 0 degC to 100 degC",)


CIRCUIT = """
title = "two devices side by side"

[circuit]
name = "pair"
title = "two devices side by side"

[circuit.terminals]
top = "drive"

[circuit.instances.first]
device = "probe"
nodes = {p = "top", n = "0"}

[circuit.instances.second]
device = "pbs_rc"
nodes = {p = "top", n = "0"}

[protocol]
name = "single_pulse"
voltage = "1 V"
readout = "0 V"
width = "1 s"
"""


def test_a_circuit_holds_where_all_its_devices_do(probe):
    text = CIRCUIT
    assert scenario(text)
    with pytest.raises(InputError, match=r"valid\.voltage\.top: 1\.5 V; accepted: 0 V to 1 V"):
        scenario(text, "protocol.voltage='1.5 V'")
    with pytest.raises(InputError, match=r"valid\.temperature: 90 degC; accepted: 27 degC"):
        scenario(text, "temperature='90 degC'")
    with pytest.raises(InputError, match=r"valid\.shortest: .*accepted: at least 50 ms"):
        scenario(text, "protocol.width='20 ms'")
    alone = text.replace('device = "pbs_rc"', 'device = "probe"')
    assert scenario(alone, "protocol.voltage='1.5 V'", "temperature='90 degC'")


def test_devices_without_a_common_temperature_are_no_circuit(probe):
    card = PROBE_CARD + PROBE_RANGE.replace('"0 degC", "100 degC"', '"50 degC", "60 degC"')
    write_device(Path(), "probe", PROBE_LIB, card)
    with pytest.raises(InputError, match="valid at different temperatures"):
        scenario(CIRCUIT)


def test_every_number_is_marked_through_to_the_files(command, monkeypatch):
    from optospice.report import figures

    titles = []
    keep = figures._title
    monkeypatch.setattr(figures, "_title", lambda f, text: (titles.append(text), keep(f, text)))
    code, out, err = command("run", "mose2/hysteresis", *HIGH, "--extrapolate", "--out", "r")
    assert code == 0, err
    runs, _, rest = out.partition("target ")
    for line in runs.splitlines():
        if " nA" in line or " % " in line:
            assert " * " in line, line
    assert "* extrapolated, outside the valid range: valid.voltage.p: 100 V" in rest
    verdicts = [line for line in rest.splitlines() if line.startswith("M05")]
    assert sum("extrapolated" in line for line in verdicts) == 3
    assert "1 run in" in out
    assert ", 1 extrapolated" in out
    assert titles
    assert all(title.endswith("(extrapolated)") for title in titles)
    with open("r/runs.csv", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["extrapolated"] == "valid.voltage.p: 100 V; accepted: -7 V to 7 V"
    with open("r/targets.csv", newline="") as file:
        assert {row["extrapolated"] for row in csv.DictReader(file)} == {"True"}
    import pyarrow.parquet

    metadata = pyarrow.parquet.read_schema("r/waveforms/0001.parquet").metadata
    assert b"valid.voltage.p" in metadata[b"extrapolated"]
    for series in Path("r/series/0001").glob("*.csv"):
        assert series.read_text().splitlines()[0].endswith(",extrapolated")
    # the folder's own scenario says it too, so that it runs again
    code, out, _ = command("run", "r/scenario.toml", "--json", "--out", "again")
    document = json.loads(out)
    assert document["runs"][0]["extrapolated"]
    assert all(entry["extrapolated"] for entry in document["runs"][0]["metrics"].values())
    assert all(target["extrapolated"] for target in document["targets"])


def test_only_the_runs_outside_are_marked(command):
    sweep = ("--set", "sweep.temperature=['27 degC', '60 degC']")
    code, out, _ = command("run", "mose2/hysteresis", *sweep, "--extrapolate", "--json")
    assert code == 0
    first, second = json.loads(out)["runs"]
    assert "extrapolated" not in first
    assert not any("extrapolated" in entry for entry in first["metrics"].values())
    assert second["extrapolated"] == [
        "valid.temperature: 60 degC; accepted: 27 degC, as the device has no temperature dependence"
    ]


def test_inside_nothing_is_marked(command):
    code, out, _ = command("run", "mose2/hysteresis", "--extrapolate", "--out", "r")
    assert code == 0
    assert "extrapolated" not in out


def test_a_closed_loop_is_marked_by_what_its_controller_did(command):
    """The write-verify controller of a device that is valid up to 2 V writes with more."""
    text = find_device("mose2").card_file.read_text()
    Path("netlists/devices").mkdir(parents=True)
    Path("netlists/devices/mose2.toml").write_text(
        text.replace('p = ["-7 V", "7 V"]', 'p = ["-1 V", "1 V"]')
    )
    settings = ("--set", "sweep.controller.target=['3.2 nS']")
    code, out, err = command(
        "run", "closed_loop/write_verify", *settings, "--run", "0001", "--json"
    )
    assert code in (0, 1), err
    (run,) = json.loads(out)["runs"]
    assert "valid.voltage.p" in run["extrapolated"][0]


# Python


def test_simulate_refuses_or_notes():
    device = find_device("mose2")
    with pytest.raises(
        InputError, match=r"mose2\.toml: valid\.voltage\.p: 8 V; .*extrapolate=True"
    ):
        optospice.simulate(device, p="8 V", duration="1 s")
    with pytest.raises(InputError, match=r"120 degC; accepted: 27 degC"):
        optospice.simulate(device, p="1 V", duration="1 s", temperature="120 degC")
    waves = optospice.simulate(device, p="8 V", duration="1 s", extrapolate=True)
    assert waves.notes[-1] == "extrapolated: valid.voltage.p: 8 V; accepted: -7 V to 7 V"
    inside = optospice.simulate(device, p="1 V", duration="1 s", extrapolate=True)
    assert not any("extrapolated" in note for note in inside.notes)


def test_a_fit_explores():
    loaded = load_scenario("mose2/hysteresis", ["temperature='120 degC'"])
    runs = expand(loaded, explores=True)
    assert not runs[0].outside
