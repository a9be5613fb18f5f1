"""Analyses from a scenario's file, against closed forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optospice.errors import InputError
from optospice.ngspice.pool import Pool
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.sweep.local import run_scenario
from optospice.sweep.record import ScenarioResult

RC = """title = "RC"
[circuit]
name = "low_pass"
title = "RC low-pass"
terminals = {input = "drive", out = "output"}
elements.r = {between = ["input", "out"], resistance = "1 kohm"}
elements.c = {between = ["out", "0"], capacitance = "1 nF"}
[sweep]
"parameters.r" = ["1 kohm", "10 kohm"]
[protocol]
"""
AC = RC + 'name = "frequency_response"\nresponse = "v(out)"\nstart = "10 Hz"\nstop = "10 MHz"\n'
NOISE = RC + 'name = "noise"\nresponse = "v(out)"\nstart = "1 Hz"\nstop = "1e12 Hz"\n'
CELL = """* a diode with photocurrent
.subckt cell p n light gate params: j=1e-9 r=0.2
.model junction D(is={j} n=1.5 tnom=27)
Gphoto n p light 0 {1e-3*r}
Djunction p n junction
Bmirror p n I = 1e-6*V(gate)
.ends
"""
CARD = """title = "Cell"
[[terminals]]
name = "p"
kind = "electrical"
role = "drive"
[[terminals]]
name = "n"
kind = "electrical"
role = "ground"
[[terminals]]
name = "light"
kind = "optical"
wavelength = "any"
[[terminals]]
name = "gate"
kind = "electrical"
role = "control"
[parameters.j]
unit = "A"
meaning = "saturation current"
bounds = ["1 fA", "1 A"]
origin = "assumed"
source = "test"
[parameters.r]
unit = "1"
meaning = "responsivity [A/W]"
bounds = [0, 1]
origin = "assumed"
source = "test"
"""
CURVE = """title = "Cell"
device = "cell"
[protocol]
name = "current_voltage"
irradiance = "100 mW/cm^2"
wavelength = "550 nm"
start = "0 V"
stop = "0.7 V"
definitions = {incident = "100 mW/cm^2", area = "1 cm^2"}
"""
THERMAL = 1.380649e-23 * 300.15 / 1.602176634e-19


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a project with a photovoltaic cell."""
    devices = tmp_path / "netlists" / "devices"
    devices.mkdir(parents=True)
    (devices / "cell.lib").write_text(CELL)
    (devices / "cell.toml").write_text(CARD)
    monkeypatch.chdir(tmp_path)


def run(text: str, pool: Pool) -> ScenarioResult:
    Path("one.toml").write_text(text)
    loaded = load_scenario("one.toml")
    result = run_scenario(loaded, expand(loaded), pool)
    assert not result.failed, result.failed[0].message
    return result


def test_small_signals_of_an_rc(pool: Pool) -> None:
    for record, r in zip(run(AC, pool).records, (1e3, 1e4), strict=True):
        spectrum = record.analysed
        exact = 1 / (1 + 2j * np.pi * spectrum.frequency * r * 1e-9)
        assert np.abs(spectrum["v(out)"] - exact).max() < 1e-6
        corner = record.metrics["corner_frequency"].value
        assert corner == pytest.approx(1 / (2 * np.pi * r * 1e-9), rel=1e-3)
        assert record.metrics["low_frequency_gain"].value == pytest.approx(1, abs=1e-5)


def test_noise_of_an_rc_is_4ktr_and_kt_over_c(pool: Pool) -> None:
    for record, r in zip(run(NOISE, pool).records, (1e3, 1e4), strict=True):
        metrics = record.metrics
        thermal = np.sqrt(4 * 1.380649e-23 * 300.15 * r)
        assert metrics["voltage_noise_density"].value == pytest.approx(thermal, rel=1e-3)
        assert metrics["input_voltage_noise_density"].value == pytest.approx(thermal, rel=1e-3)
        stored = np.sqrt(1.380649e-23 * 300.15 / 1e-9)
        assert metrics["integrated_voltage_noise"].value == pytest.approx(stored, rel=1e-3)


def test_a_cell_under_light(pool: Pool) -> None:
    (record,) = run(CURVE, pool).records
    assert record.metrics["short_circuit_current"].value == pytest.approx(0.02, rel=1e-6)
    open_circuit = 1.5 * THERMAL * np.log1p(0.02 / 1e-9)
    assert record.metrics["open_circuit_voltage"].value == pytest.approx(open_circuit, rel=1e-5)
    power = record.metrics["maximum_power"].value
    share = record.metrics["power_conversion_efficiency"].value
    assert share == pytest.approx(power / 0.1)


def test_a_gate_is_swept_and_a_bias_stands_on_it_otherwise(pool: Pool) -> None:
    gate = CURVE.replace("current_voltage", "gate_transfer").split("irradiance")[0]
    swept = gate + 'readout = "0.1 V"\nstart = "0 V"\nstop = "1 V"\n'
    (record,) = run(swept, pool).records
    assert record.metrics["transconductance"].value == pytest.approx(1e-6, rel=1e-6)
    rest = ('title = "Rest"\ndevice = "cell"\n[protocol]\nname = "operating_point"\n'
            '[sweep]\n"bias.gate" = ["0 V", "2 V"]\n[bias]\ngate = "1 V"\n')  # fmt: skip
    dark, lifted = run(rest, pool).records
    step = lifted.metrics["current_at_rest"].value - dark.metrics["current_at_rest"].value
    assert step == pytest.approx(2e-6, rel=1e-6)


def test_the_netlist_of_a_run_is_its_analysis() -> None:
    Path("one.toml").write_text(NOISE)
    text = expand(load_scenario("one.toml"))[0].netlist()
    assert "\n.noise " in text
    assert "\n.tran " not in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (AC.replace("10 MHz", "1 Hz"), "a band that rises"),
        (AC + 'source = "out"\n', "no such terminal that takes a source"),
        (NOISE.replace('"v(out)"', '"x"'), "a voltage or a current"),
        (NOISE + 'at = "0.1 Hz"\n', "at = 0.1 Hz"),
        (CURVE.replace('"0.7 V"', '"0 V"'), "two voltages"),
        (CURVE.replace("wavelength", "wavelenght"), "wavelength"),
        (CURVE.replace('wavelength = "550 nm"\n', ""), "give both or none"),
        (CURVE.replace("current_voltage", "gate_transfer").replace(
            'definitions = {incident = "100 mW/cm^2", area = "1 cm^2"}', 'gate = "gait"'),
         "did you mean 'gate'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_a_run(text: str, words: str) -> None:
    Path("one.toml").write_text(text)
    with pytest.raises(InputError) as raised:
        expand(load_scenario("one.toml"))
    assert words in str(raised.value)


def test_a_signal_that_does_not_exist_is_named_before_a_run() -> None:
    Path("one.toml").write_text(AC.replace("v(out)", "v(aut)"))
    with pytest.raises(InputError, match=r"one\.toml: protocol\.response = 'v\(aut\)'.*'v\(out\)'"):
        expand(load_scenario("one.toml"))


def test_a_pulse_of_light_is_refused_where_no_time_passes() -> None:
    flash = '[lights.flash]\nwavelength = "550 nm"\nirradiance = "1 mW/cm^2"\nwidth = "1 s"\n'
    Path("one.toml").write_text(CURVE + flash)
    with pytest.raises(InputError, match=r"lights\.flash\.width: in an analysis no time passes"):
        expand(load_scenario("one.toml"))
