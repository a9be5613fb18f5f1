"""Colours in scenarios: interpolated with a word, refused with a sentence, linked, in a loop."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from optospice.assembly.compose import assembled
from optospice.assembly.tables import CircuitTable
from optospice.cli.app import app
from optospice.device import Device, find_device, load_device
from optospice.errors import InputError
from optospice.protocols import protocols
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.stimulus import constant
from optospice.testbench import Testbench
from probe_device import PROBE_CARD, PROBE_LIB, write_device

SCENARIO = """
title = "One pulse of another colour"
device = "{device}"

[protocol]
name = "single_pulse"
readout = "1 V"
wavelength = "{colour}"
irradiance = "1.22 mW/cm^2"
width = "100 ms"
delay = "1 s"
tail = "1 s"
"""


def written(folder: Path, device: str, colour: str) -> Path:
    file = folder / "colour.toml"
    file.write_text(SCENARIO.format(device=device, colour=colour))
    return file


def test_an_interpolated_colour_is_said_with_every_metric(tmp_path: Path) -> None:
    file = written(tmp_path, "pbs_trap", "640 nm")
    with contextlib.chdir(tmp_path):
        result = CliRunner().invoke(app, ["run", str(file)])
    assert result.exit_code == 0, result.output
    told = " ".join(result.output.split())
    assert "640 nm: the response is interpolated between the tabulated 550 nm and 740 nm" in told


@pytest.mark.parametrize(
    ("device", "colour", "accepted"),
    [
        ("pbs_trap", "300 nm", "450 nm to 740 nm"),
        ("pbs_trap", "1500 nm", "450 nm to 740 nm"),
        ("pbs_rc", "640 nm", "450 nm, 550 nm, 740 nm"),
    ],
)
def test_a_colour_that_the_paper_does_not_cover_is_refused_before_the_run(
    tmp_path: Path, device: str, colour: str, accepted: str
) -> None:
    loaded = load_scenario(str(written(tmp_path, device, colour)))
    with pytest.raises(InputError) as caught:
        expand(loaded)
    assert colour in str(caught.value)
    assert accepted in str(caught.value)


def test_responsivities_stay_parameters_of_the_device() -> None:
    device = find_device("pbs_trap")
    assert device.card.parameters["responsivity_550"].origin == "fitted"
    assert "responsivity_550" not in device.subcircuit.parameters
    protocol = protocols()["single_pulse"].model_validate(
        {"name": "single_pulse", "wavelength": "550 nm", "irradiance": "10 W/m^2", "width": "1 s"}
    )
    for value in (0.0, 1.294, 2.0):
        bench = Testbench(
            device, protocol.stimuli(device), protocol.duration, {"responsivity_550": value}
        )
        assert f"light_lamp1 0 {value!r}" in bench.netlist()


EMITTER_LIB = """* 1 mW per volt
.subckt lamp a k glow params: efficiency=1
Rload a k 1
Eglow glow 0 a k {efficiency}
.ends
"""
EMITTER_CARD = """
title = "a lamp"

[[terminals]]
name = "a"
kind = "electrical"
role = "drive"

[[terminals]]
name = "k"
kind = "electrical"
role = "ground"

[[terminals]]
name = "glow"
kind = "optical"
direction = "out"
wavelength = "640 nm"

[parameters.efficiency]
unit = "1"
meaning = "mW per volt"
bounds = [0, 10]
origin = "assumed"
source = "a test"
"""
RECEIVER_CARD = (
    PROBE_CARD.replace(
        'wavelength = "any"',
        '[terminals.response]\nkind = "table"\nwavelengths = ["700 nm", "500 nm"]\n'
        'values = ["red", 0.5]',
    )
    + """
[parameters.red]
unit = "1"
meaning = "relative responsivity at 700 nm"
bounds = [0, 100]
origin = "assumed"
source = "a test"
value = 2
"""
)
CIRCUIT = {
    "title": "a lamp on a probe",
    "name": "pair",
    "terminals": {"a": "drive", "p": "control", "n": "ground"},
    "instances": {
        "led": {"device": "lamp", "nodes": {"a": "a", "k": "n"}},
        "eye": {"device": "probe", "nodes": {"p": "p", "n": "n"}},
    },
    "links": {"beam": {"from": "led", "to": "eye", "share": 0.5, "area": "1 cm^2"}},
}


@pytest.fixture
def pair(tmp_path: Path) -> Device:
    with contextlib.chdir(tmp_path):
        write_device(tmp_path, "lamp", EMITTER_LIB, EMITTER_CARD)
        load_device(write_device(tmp_path, "probe", PROBE_LIB, RECEIVER_CARD))
        return assembled(CircuitTable.model_validate(CIRCUIT), tmp_path / "pair.toml")


@pytest.mark.parametrize("red", [2.0, 7.0])
def test_an_emission_counts_as_the_receiver_responds(simulate, pair: Device, red: float) -> None:
    """3 mW of 640 nm, half of it on 1 cm^2: 1.5 mW/cm^2 times the interpolated response."""
    waves = simulate(Testbench(pair, {"a": constant(3.0)}, 1.0, {"eye_red": red}))
    assert waves["eye_seen"][-1] == pytest.approx(1.5 * (0.3 * 0.5 + 0.7 * red), rel=1e-6)


def test_a_light_from_outside_keeps_its_colour_in_a_circuit(simulate, pair: Device) -> None:
    lit = pair.lit({"eye_light": constant(10.0)}, 500e-9)
    waves = simulate(Testbench(pair, lit, 1.0, {}))
    assert waves["eye_seen"][-1] == pytest.approx(0.5, rel=1e-6)
    assert np.all(waves["e(eye_light)"] == 10.0)


SUN = """
title = "The sun behind silicon, and a flash"
device = "probe"

[protocol]
name = "single_pulse"
voltage = "1 V"
readout = "0.5 V"
width = "100 ms"
delay = "1 s"
tail = "1 s"

[lights.sun]
spectrum = "AM1.5G"
filter = "longpass 1100 nm"
scale = 1

[lights.flash]
wavelength = "{colour}"
irradiance = "2 mW/cm^2"
width = "100 ms"
delay = "1.5 s"
"""
QUANTUM = PROBE_CARD.replace(
    'wavelength = "any"',
    "[terminals.response]\nkind = 'quantum_efficiency'\nefficiency = 1\nedge = '1300 nm'\n"
    "reference = '1239.84198 nm'",
)


def test_the_sun_behind_a_filter_beside_a_flash(simulate, tmp_path: Path) -> None:
    """At 1239.84 nm 1 mW/cm^2 are 1 mA/cm^2: the node counts the current limit, 7.27 mA/cm^2."""
    (tmp_path / "sun.toml").write_text(SUN.format(colour="1000 nm"))
    with contextlib.chdir(tmp_path):
        write_device(tmp_path, "probe", PROBE_LIB, QUANTUM)
        (run,) = expand(load_scenario("sun.toml"))
        waves = simulate(run.testbench())
    flash = 2.0 * 1000 / 1239.84198
    assert waves.at("seen", 1.0) == pytest.approx(7.27, abs=0.01)
    assert waves.at("seen", 1.55) == pytest.approx(7.27 + flash, abs=0.01)
    assert waves.at("e(light)", [1.0, 1.55]) == pytest.approx([195.8, 215.8], abs=0.1)
