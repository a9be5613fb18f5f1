"""Circuits, lights and biases that nobody should write, and what is said about them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from optospice.errors import InputError
from optospice.scenario.expand import expand
from optospice.scenario.runs import Runs

from .scenario_files import load

RC = """title = "An RC"
[circuit]
name = "low_pass"
title = "RC low-pass"
terminals = {input = "drive", out = "output"}
[circuit.elements]
r = {between = ["input", "out"], resistance = "1 kohm"}
c = {between = ["out", "0"], capacitance = "1 uF"}
[protocol]
name = "single_pulse"
readout = "0 V"
voltage = "1 V"
width = "20 ms"
"""
SYNAPSE = """title = "A synapse"
[circuit]
name = "behind_a_load"
title = "Synapse behind a load"
terminals = {supply = "drive"}
[circuit.instances.synapse]
device = "pbs_trap"
nodes = {p = "inner"}
[circuit.elements]
series = {between = ["supply", "inner"], resistance = "1 Mohm"}
[protocol]
name = "single_pulse"
readout = "1 V"
wavelength = "740 nm"
irradiance = "0.1 mW/cm^2"
width = "10 s"
"""
LIGHTS = """title = "Three lights"
device = "pbs_trap"
[lights.a]
wavelength = "740 nm"
irradiance = "0.1 mW/cm^2"
[lights.b]
wavelength = "740 nm"
irradiance = "0.1 mW/cm^2"
[protocol]
name = "single_pulse"
wavelength = "740 nm"
irradiance = "0.1 mW/cm^2"
width = "10 s"
"""


def runs_of(folder: Path, text: str, *changes: tuple[str, str]) -> Runs:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return expand(load(folder, text))


@pytest.mark.parametrize(
    ("text", "changes", "words"),
    [
        # v(time) is the time, v(gnd) is 0 V, and a node called temper ends the simulator
        (RC, [("out", "time")], "the name 'time' is the time of the simulation to ngspice"),
        (RC, [("input", "GND")], "the name 'GND' is the reference node, '0', to ngspice"),
        (RC, [('["out", "0"]', '["out", "gnd"]')], "elements.c.between[1]: the name 'gnd'"),
        (RC, [("input", "Temper")], "is the temperature of the simulation to ngspice"),
        (RC, [('"low_pass"', '"temper"')], "circuit.name: the name 'temper'"),
        (RC, [('["out", "0"]', '["Out", "0"]')], "the nodes 'out' and 'Out' are one"),
        (RC, [('"1 kohm"', '"1e-300 ohm"')],
         "elements.r.resistance = '1e-300 ohm' is out of bounds; accepted: 1e-06 ohm to 1e+18 ohm"),
        (RC, [('"1 uF"', '"1e-30 F"')], "accepted: 1e-21 F to 1000 F"),
        (RC, [("r = {", '"r\\n" = {')], r"circuit.elements.r\n"),
        (SYNAPSE, [("inner", "Synapse_light")], "the node 'Synapse_light' is called as one that"),
        (SYNAPSE, [("[protocol]", '[sweep]\n"parameters.series" = ["1\\n.control"]\n[protocol]')],
         r"run parameters.series = 1\n.control"),
        ('title = "x"\ncircuit = "a"\n[protocol]\nname = "single_pulse"\n', [],
         "circuit = 'a': input should be a valid dictionary"),
        (RC, [('name = "low_pass"', "name = 3")], "circuit.name = 3"),
        (RC, [('name = "single_pulse"\nreadout = "0 V"\nvoltage = "1 V"\nwidth = "20 ms"',
               'name = "frequency_response"\nsource = "out"\nstart = "1 Hz"\nstop = "1 kHz"')],
         "pair.toml: protocol.source = 'out'"),
        (LIGHTS, [("[lights.b]", 'width = "1 s"\ncount = true\n[lights.b]')],
         "lights.a: count: True: accepted: a number"),
        (LIGHTS, [("[lights.b]", f"filter = {['longpass 300 nm'] * 101}\n[lights.b]")],
         "lights.a: filter"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_sentence(
    tmp_path: Path, text: str, changes: list[tuple[str, str]], words: str
) -> None:
    with pytest.raises(InputError) as caught:
        runs_of(tmp_path, text, *changes)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "pair.toml" in str(caught.value)


@pytest.mark.parametrize(
    "sweep",
    [
        # 1.22 mW/cm^2 is the most: each value is within it beside the others' first ones
        '"lights.a.irradiance" = ["0.1 mW/cm^2", "0.7 mW/cm^2", "0.2 mW/cm^2"]\n'
        '"lights.b.irradiance" = ["0.1 mW/cm^2", "0.7 mW/cm^2"]',
        '"lights.a.irradiance" = ["0.1 mW/cm^2", "0.7 mW/cm^2"]\n'
        '"protocol.irradiance" = ["0.1 mW/cm^2", "0.7 mW/cm^2"]',
        '"lights.a.irradiance" = {start = "0.1 mW/cm^2", stop = "0.7 mW/cm^2", count = 1000}\n'
        '"lights.b.irradiance" = {start = "0.1 mW/cm^2", stop = "0.7 mW/cm^2", count = 1000}',
    ],
)
def test_lights_that_leave_the_valid_range_only_together_are_refused(
    tmp_path: Path, sweep: str
) -> None:
    with pytest.raises(
        InputError, match=r"0\.7 mW/cm\^2, .*0\.7 mW/cm\^2: outside the valid range"
    ):
        runs_of(tmp_path, f"{LIGHTS}[sweep]\n{sweep}\n")
    within = sweep.replace("0.7 mW", "0.5 mW")
    assert len(runs_of(tmp_path, f"{LIGHTS}[sweep]\n{within}\n")) > 3


def test_two_pulses_that_overlap_only_within_a_range_of_delays_are_refused(tmp_path: Path) -> None:
    pulses = LIGHTS.replace(
        '[lights.b]\nwavelength = "740 nm"\nirradiance = "0.1 mW/cm^2"',
        '[lights.b]\nwavelength = "740 nm"\nirradiance = "1 mW/cm^2"\nwidth = "1 s"\ndelay = "2 s"',
    ).replace('[lights.a]\nwavelength = "740 nm"\nirradiance = "0.1',
              '[lights.a]\nwavelength = "740 nm"\nwidth = "1 s"\nirradiance = "1')  # fmt: skip
    sweep = '[sweep]\n"lights.a.delay" = {start = "0 s", stop = "4 s", count = 5}\n'
    with pytest.raises(InputError, match=r"delay = 2\.0 s: outside the valid range"):
        runs_of(tmp_path, pulses + sweep)


def test_a_thousand_instances_are_looked_up_once_and_too_much_text_is_said_of_the_circuit(
    tmp_path: Path,
) -> None:
    more = "".join(
        f'[circuit.instances.s{i}]\ndevice = "pbs_trap"\nnodes = {{p = "inner"}}\n'
        for i in range(1000)
    )
    start = time.perf_counter()
    with pytest.raises(InputError, match=r"pair\.toml: circuit: its netlist"):
        runs_of(tmp_path, SYNAPSE, ("[circuit.elements]", more + "[circuit.elements]"))
    assert time.perf_counter() - start < 5.0
