"""Lights on a device: what its node sees is the weighted sum, run by run and copy by copy."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import optospice
from optospice.analysis import DCSweep, SmallSignal, Sweep
from optospice.circuit import array
from optospice.cosim.registry import controllers
from optospice.device import Device, load_device
from optospice.errors import InputError
from optospice.light import Beam, Illumination, led_line, reference_spectrum
from optospice.ngspice.bench_analyses import analysis_netlist
from optospice.ngspice.pool import Pool
from optospice.ngspice.worker import Finished
from optospice.stimulus import PulseTrain, Samples, Signal, constant
from optospice.testbench import Testbench
from optospice.waveforms import Waveforms
from probe_device import PROBE_CARD, PROBE_LIB, RUN_COPIES, write_device

NM = 1e-9
RESPONSE = """
[terminals.response]
kind = "table"
wavelengths = ["700 nm", "500 nm"]
values = ["red", 0.5]
"""
RED = """
[parameters.red]
unit = "1"
meaning = "relative responsivity at 700 nm"
bounds = [0, 100]
origin = "assumed"
source = "a test"
value = 2
"""
IN_VOLTS = RED.replace('"1"', '"V"').replace("[0, 100]", '["0 V", "1 V"]').replace("2", '"1 V"')
CARD = PROBE_CARD.replace('wavelength = "any"', RESPONSE.strip()) + RED
#: 1 mW/cm^2 [W/m^2]; the probe's state counts in it.
UNIT = 10.0

Run = Callable[[Testbench], Waveforms]


def load(folder: Path, card: str, library: str = PROBE_LIB) -> Device:
    with contextlib.chdir(folder):
        return load_device(write_device(folder, "probe", library, card))


@pytest.fixture(scope="module")
def coloured(tmp_path_factory: pytest.TempPathFactory) -> Device:
    return load(tmp_path_factory.mktemp("coloured"), CARD)


def lit(device: Device, *beams: Beam, duration: float = 1.0, **parameters: float) -> Testbench:
    stimuli = {"p": constant(1.0), "light": Illumination(beams)}
    return Testbench(device, stimuli, duration, parameters)


def pulse(level: float, start: float) -> Signal:
    return Signal(0.0, (PulseTrain(level, 0.2, delay=start),))


def test_a_parameter_that_only_a_response_names_is_one_of_the_device(coloured: Device) -> None:
    assert coloured.defaults["red"] == 2.0
    assert coloured.resolve({"red": "50 %"})["red"] == 0.5
    with pytest.raises(InputError, match="out of bounds"):
        coloured.resolve({"red": 200})


def test_the_node_sees_the_weighted_sum(simulate: Run, coloured: Device) -> None:
    ramp = Samples(np.array([0.0, 1.0]), np.array([0.0, UNIT]))
    beams = (Beam(ramp, 700 * NM), Beam(pulse(2 * UNIT, 0.3), 500 * NM))
    waves = simulate(lit(coloured, *beams))
    at = np.array([0.1, 0.4, 0.45, 0.9])
    red, green = at, np.where((at > 0.3) & (at < 0.5), 2.0, 0.0)
    assert waves.at("seen", at) == pytest.approx(2 * red + 0.5 * green, rel=1e-6)
    # the signal of the light itself is what is applied, whatever its colour
    assert waves.at("e(light)", at) == pytest.approx(UNIT * (red + green), rel=1e-6)
    assert waves.notes == ()


def test_an_interpolated_colour_is_said(simulate: Run, coloured: Device) -> None:
    waves = simulate(lit(coloured, Beam(constant(UNIT), 640 * NM)))
    assert waves["seen"][-1] == pytest.approx(0.5 + 1.5 * 0.7, rel=1e-9)
    assert waves.notes == (
        "640 nm: the response is interpolated between the tabulated 500 nm and 700 nm",
    )


def test_a_spectrum_is_its_mean_weight(simulate: Run, coloured: Device) -> None:
    line = led_line(600 * NM, 30 * NM)
    waves = simulate(lit(coloured, Beam(constant(UNIT), line)))
    assert waves["seen"][-1] == pytest.approx(1.25, rel=1e-9)  # symmetrical on a straight line


def test_two_lights_of_a_colour_are_one_source(coloured: Device) -> None:
    bench = lit(coloured, *(Beam(pulse(UNIT, start), 700 * NM) for start in (0.1, 0.6)))
    text = bench.netlist()
    assert text.count("Eweight") == 1
    assert bench.breakpoints.size >= 8


def test_a_light_of_weight_one_is_a_plain_source(coloured: Device) -> None:
    text = lit(coloured, Beam(constant(UNIT), 700 * NM), red=1.0).netlist()
    assert "Eweight" not in text
    assert "Vlight light 0 DC 1" in text


@pytest.mark.parametrize("many", [False, True])
def test_every_copy_has_its_own_response(pool: Pool, coloured: Device, many: bool) -> None:
    """Copies share sources, also those that the engine answers for; each has its weights."""
    if many:
        times = np.linspace(0, 1, 200)
        light = Samples(times, UNIT * (1 + np.sin(20 * times)))
    else:
        light = constant(UNIT)
    bench = lit(coloured, Beam(light, 700 * NM), Beam(constant(2 * UNIT), 500 * NM))
    sets = [{"red": 0.0}, {"red": 1.0}, {"red": 3.0}, {"red": 1.0, "r": 5.0}]
    [(_, outcome)] = pool.map(RUN_COPIES, [(bench, sets)])
    assert isinstance(outcome, Finished), outcome
    assert len(outcome.result) == len(sets)
    for waves, own in zip(outcome.result, sets, strict=True):
        red = np.interp(waves.time, *light.points) / UNIT
        assert waves["seen"] == pytest.approx(own["red"] * red + 1.0, rel=1e-6)
        assert waves["i(p)"][-1] == pytest.approx(1 / own.get("r", 1.0), rel=1e-6)
    text = bench.batch_netlist(sets)
    assert "red=" not in text  # the subcircuit has no such parameter


@pytest.mark.parametrize(
    ("colour", "sentence"),
    [
        (300 * NM, "300 nm is outside its tabulated response; accepted: 500 nm to 700 nm"),
        (1500 * NM, "1500 nm is outside"),
        (reference_spectrum("AM1.5G"), "AM1.5G (280 nm to 4000 nm) is outside"),
    ],
)
def test_light_outside_the_response_is_refused(
    coloured: Device, colour: float, sentence: str
) -> None:
    with pytest.raises(InputError) as caught:
        lit(coloured, Beam(constant(UNIT), colour))
    assert sentence in str(caught.value)


def test_light_without_a_colour_is_refused_where_it_matters(coloured: Device) -> None:
    with pytest.raises(InputError, match="the light needs its colour"):
        Testbench(coloured, {"light": constant(1.0)}, 1.0)
    Testbench(coloured, {"light": constant(0.0)}, 1.0)
    with pytest.raises(InputError, match="takes no light"):
        Testbench(coloured, {"p": constant(1.0)}, 1.0).device.check_light("p", 500 * NM)


def test_a_light_is_swept_and_modulated_as_it_is(coloured: Device) -> None:
    bench = lit(coloured, Beam(constant(UNIT), 500 * NM))
    swept = analysis_netlist(bench, DCSweep(Sweep("light", 0.0, 5 * UNIT, 6)))
    assert ".dc vlight 0.0 5" in swept
    assert "Eweight_light_0 light 0 light_lamp1 0 0.5" in swept
    small = analysis_netlist(bench, SmallSignal(1.0, 10.0, source="light"))
    assert "Vlight light_lamp1 0 DC 1.0 AC 0.1" in small
    dark = Testbench(coloured, {"p": constant(1.0)}, 1.0)
    with pytest.raises(InputError, match="spectral response and 0 lights"):
        analysis_netlist(dark, DCSweep(Sweep("light", 0.0, 1.0, 6)))


@pytest.mark.parametrize(
    ("card", "sentence"),
    [
        (CARD.replace("value = 2", ""), "[parameters.red] value: is missing"),
        (CARD.replace("value = 2", "value = 200"), "exclude the value 200"),
        (CARD.replace('"red", 0.5', '"rad", 0.5'), "'rad' is no parameter; did you mean 'red'"),
        (CARD.replace(RED, IN_VOLTS), "'red' is in 'V'; accepted: a parameter in '1'"),
        (PROBE_CARD + RED, "[parameters.red] is not a parameter"),
        (CARD.replace("[parameters.r]", '[parameters.r]\nvalue = "1 ohm"'),
         "[parameters.r] value: stands in probe.lib"),
        (CARD.replace("[terminals.response]", 'wavelength = "any"\n[terminals.response]'),
         "a wavelength ('740 nm' or 'any') or a response"),
        (CARD.replace('"700 nm", "500 nm"', '"700 nm", "500 V"'), "response.wavelengths[1]"),
    ],
)  # fmt: skip
def test_a_wrong_card_is_said_in_one_sentence(tmp_path: Path, card: str, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, card)
    assert sentence in str(caught.value)
    assert "probe.toml" in str(caught.value)


def test_several_lights_from_python(coloured: Device) -> None:
    green = {"wavelength": "500 nm", "irradiance": "4 mW/cm^2", "width": "0.2 s", "delay": "0.3 s"}
    red = optospice.beam("1 mW/cm^2", wavelength="700 nm")
    waves = optospice.simulate(coloured, p="1 V", light=[red, green], duration="1 s")
    assert waves.at("seen", 0.4) == pytest.approx(2 + 0.5 * 4, rel=1e-6)
    assert waves.at("seen", 0.9) == pytest.approx(2, rel=1e-6)
    behind = optospice.beam("1 mW/cm^2", wavelength="700 nm", filter="shortpass 600 nm")
    assert behind.course == constant(0.0)


@pytest.mark.parametrize(
    ("light", "sentence"),
    [
        ("1 mW/cm^2", "beam(light, wavelength='740 nm')"),
        ([{"wavelength": "500 nm"}], "light: irradiance and scale: give one of the two"),
        ([{"wavelenght": "500 nm", "irradiance": "1 W/m^2"}], "did you mean 'wavelength'"),
        ({"wavelength": "800 nm", "irradiance": "1 W/m^2"}, "800 nm is outside"),
    ],
)
def test_a_wrong_light_from_python(coloured: Device, light: object, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        optospice.simulate(coloured, light=light, duration="1 s")  # type: ignore[arg-type]
    assert sentence in str(caught.value)


def test_a_plain_stimulus_still_lights_a_device_that_knows_no_colour() -> None:
    device = optospice.find_device("pbs_rc")
    bench = Testbench(device, {"p": constant(1.0), "light": constant(12.2)}, 1.0)
    assert "Vlight light 0 DC 1.22" in bench.netlist()


def test_lights_are_added_to_what_a_protocol_applies(coloured: Device) -> None:
    one, other = Beam(constant(UNIT), 500 * NM), Beam(constant(UNIT), 700 * NM)
    both = coloured.with_lights({"p": constant(1.0), "light": Illumination((one,))}, [other])
    light = both["light"]
    assert isinstance(light, Illumination)
    assert light.beams == (one, other)
    assert coloured.with_lights({}, [other])["light"] == Illumination((other,))
    with pytest.raises(InputError, match="300 nm is outside"):
        coloured.with_lights({}, [Beam(constant(1.0), 300 * NM)])


def test_cells_of_an_array_are_lit_by_colour(coloured: Device) -> None:
    line = Illumination((Beam(constant(UNIT), 500 * NM),))
    circuit = array(
        coloured,
        [constant(1.0)],
        [constant(0.0)],
        lights={(0, 0): line},
        parameters={(0, 0): {"red": 3.0}},
    )
    text = circuit.netlist(external=False)
    assert "Vlight_0_0 light_0_0_lamp1 0 DC 1.0" in text
    assert "light_0_0 0 light_0_0_lamp1 0 0.5" in text
    with pytest.raises(InputError, match="the light needs its colour"):
        array(coloured, [constant(1.0)], [constant(0.0)], lights={(0, 0): constant(1.0)})


@pytest.mark.parametrize(("colour", "weight"), [("740 nm", None), ("550 nm", "1.338")])
def test_a_controlled_lamp_counts_by_its_colour(colour: str, weight: str | None) -> None:
    device = optospice.find_device("pbs_trap")
    table = {"name": "light_adaptation", "wavelength": colour, "target": "100 nA"}
    text = controllers()["light_adaptation"].model_validate(table).circuit(device, {}).netlist()
    line = [line for line in text.splitlines() if line.startswith("Eweight")]
    assert [one.split()[-1] for one in line] == ([] if weight is None else [weight])


def test_a_controller_that_knows_no_colour_is_refused() -> None:
    device = optospice.find_device("pbs_trap")

    table = {"name": "light_adaptation", "wavelength": "740 nm", "target": "100 nA"}

    class Colourless(controllers()["light_adaptation"]):  # type: ignore[misc]
        @property
        def colour(self) -> None:
            return None

    with pytest.raises(InputError, match="the light needs its colour"):
        Colourless.model_validate(table).circuit(device, {})
