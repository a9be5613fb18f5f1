"""Scenarios of circuits: devices, elements and links under the same protocols."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optospice.device import find_device
from optospice.errors import InputError
from optospice.ngspice.pool import Pool
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.scenario.runs import Run
from optospice.stimulus import Signal
from optospice.testbench import Testbench
from optospice.waveforms import Waveforms

LAMP = """* A lamp that turns a share of its power into light.
.subckt lamp p n light_out params: r=1k share=0.1
R1 p n {r}
Bout light_out 0 V = 1e3*share*V(p,n)*V(p,n)/r
.ends
"""
LAMP_CARD = """title = "Lamp"
[[terminals]]
name = "p"
kind = "electrical"
role = "drive"
[[terminals]]
name = "n"
kind = "electrical"
role = "ground"
[[terminals]]
name = "light_out"
kind = "optical"
direction = "out"
wavelength = "740 nm"
[parameters.r]
unit = "ohm"
meaning = "resistance"
bounds = ["1 ohm", "1 Gohm"]
origin = "assumed"
source = "test"
[parameters.share]
unit = "1"
meaning = "share of the power that is emitted"
bounds = [0, 1]
origin = "assumed"
source = "test"
"""
RC = """title = "An RC"
[circuit]
name = "low_pass"
title = "RC low-pass"
terminals = {input = "drive", out = "output"}
elements.r = {between = ["input", "out"], resistance = "1 kohm"}
elements.c = {between = ["out", "0"], capacitance = "1 uF"}
[protocol]
name = "single_pulse"
readout = "0 V"
voltage = "1 V"
width = "20 ms"
delay = "5 ms"
tail = "40 ms"
"""
LINK = """title = "A lamp drives a photosynapse"
[circuit]
name = "lamp_and_synapse"
title = "Lamp and photosynapse"
terminals = {anode = "drive", read = "control"}
[circuit.instances.glow]
device = "lamp"
nodes = {p = "anode"}
[circuit.instances.synapse]
device = "pbs_rc"
nodes = {p = "read"}
[circuit.links.beam]
from = "glow"
to = "synapse"
share = 0.5
area = "0.1 cm^2"
[bias]
read = "1 V"
[protocol]
name = "single_pulse"
readout = "0 V"
voltage = "1 V"
width = "10 s"
delay = "5 s"
tail = "10 s"
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a project with a lamp."""
    devices = tmp_path / "netlists" / "devices"
    devices.mkdir(parents=True)
    (devices / "lamp.lib").write_text(LAMP)
    (devices / "lamp.toml").write_text(LAMP_CARD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def runs_of(text: str, *changes: tuple[str, str]) -> list[Run]:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    Path("one.toml").write_text(text)
    return list(expand(load_scenario("one.toml")))


def waves_of(pool: Pool, benches: list[Testbench]) -> list[Waveforms]:
    outcomes = sorted(pool.map("optospice.ngspice.simulate:run_testbench", benches))
    return [outcome.result for _, outcome in outcomes]


def test_an_rc_of_elements_alone_follows_its_closed_form(pool: Pool) -> None:
    swept = RC + '[sweep]\n"parameters.r" = ["1 kohm", "2 kohm"]\n'
    runs = runs_of(swept)
    for run, waves in zip(runs, waves_of(pool, [r.testbench() for r in runs]), strict=True):
        tau = run.parameters["r"] * 1e-6
        time = np.linspace(5.1e-3, 24.9e-3, 50)
        expected = 1 - np.exp(-(time - 5e-3) / tau)
        assert waves.trace("v(out)").at(time) == pytest.approx(expected, abs=2e-3)
        charge = (waves["v(input)"] - waves["v(out)"]) / run.parameters["r"]
        assert waves["i(input)"] == pytest.approx(charge, abs=1e-7)


def test_linked_light_acts_like_the_same_light_from_outside(pool: Pool) -> None:
    (run,) = runs_of(LINK)
    linked = run.testbench()
    # 1 mW * 0.1 emitted, half of it on 0.1 cm^2: 0.5 mW/cm^2
    light = linked.stimuli["anode"]
    assert isinstance(light, Signal)
    synapse = find_device("pbs_rc")
    outside = Signal(0.0, tuple(
        type(train)(level=5.0, width=train.width, delay=train.delay) for train in light.trains
    ))  # fmt: skip
    alone = Testbench(synapse, {"p": linked.stimuli["read"], "light": outside}, linked.duration)
    through, direct = waves_of(pool, [linked, alone])
    assert through["p(glow_light_out)"].max() == pytest.approx(1e-4, rel=1e-6)
    time = np.linspace(0.1, 24.9, 60)
    time = time[(abs(time - 5) > 0.01) & (abs(time - 15) > 0.01)]
    expected = direct.trace("i(p)").at(time)
    scale = abs(direct["i(p)"]).max()
    assert through.trace("i(read)").at(time) == pytest.approx(expected, abs=2e-3 * scale)


def test_light_from_a_link_and_from_outside_add_up(pool: Pool) -> None:
    (run,) = runs_of(LINK, ('voltage = "1 V"', 'voltage = "0.1 mV"'))
    bench = run.testbench()
    lit = {**bench.stimuli, "synapse_light": Signal(5.0)}
    (waves,) = waves_of(pool, [Testbench(bench.device, lit, bench.duration)])
    dark = 1 / 37e6
    assert waves["i(read)"][0] > 1.5 * dark  # 0.5 mW/cm^2 of 1.22 adds 2.5 V to 1 V


def test_a_link_can_take_time(pool: Pool) -> None:
    (run,) = runs_of(LINK, ('area = "0.1 cm^2"', 'area = "0.1 cm^2"\ndelay = "2 s"'))
    (waves,) = waves_of(pool, [run.testbench()])
    current = waves.trace("i(read)")
    assert float(current.at(6.9)) == pytest.approx(1 / 37e6, rel=1e-3)
    assert float(current.at(7.1)) > 2 / 37e6


def test_a_share_is_a_parameter_and_a_bias_is_swept() -> None:
    runs = runs_of(LINK + '[sweep]\n"parameters.beam_share" = [0.1, 1.0]\n"bias.read" = '
                   '["0.5 V", "1 V"]\n')  # fmt: skip
    assert [(r.parameters["beam_share"], r.surroundings.bias["read"]) for r in runs] == [
        (0.1, 0.5), (0.1, 1.0), (1.0, 0.5), (1.0, 1.0)
    ]  # fmt: skip
    assert runs[0].device.name == "lamp_and_synapse"
    assert runs[0].device.card.citations == find_device("pbs_rc").card.citations


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('device = "lamp"', 'device = "lamb"'), "did you mean 'lamp'"),
        (('nodes = {p = "anode"}', 'nodes = {q = "anode"}'), "no electrical terminal 'q'"),
        (('nodes = {p = "anode"}', ""), "instances.glow.nodes.p: is missing"),
        (('from = "glow"', 'from = "gloww"'), "no such instance; did you mean 'glow'"),
        (('from = "glow"', 'from = "synapse"'), "no terminal that emits light"),
        (('to = "synapse"', 'to = "synapse.lihgt"'), "did you mean 'light'"),
        (("share = 0.5", "share = 1.5"), "less than or equal to 1"),
        (('area = "0.1 cm^2"', 'area = "0.1 cm"'), "area"),
        (('read = "control"', 'read = "gate"'), "accepted: control, drive, ground, output"),
        (('anode = "drive"', 'anode = "control"'), "one needs the role 'drive'"),
        (('name = "lamp_and_synapse"', 'name = "pbs_rc"'), "a device is called so"),
        (('[circuit]\n', 'device = "lamp"\n[circuit]\n'), "device and circuit: give one"),
        (('read = "1 V"', 'reed = "1 V"'), "no terminal of this name"),
        (('read = "1 V"', 'anode = "1 V"'), "the protocol drives this terminal itself"),
        (('read = "1 V"', 'read = "1 A"'), "bias.read"),
        (('[bias]', '[load]\nread = "-1 ohm"\n[bias]'), "must be above 0 ohm"),
        (('[bias]', '[initial]\nx = 0.3\n[bias]'), "initial.x: device 'lamp_and_synapse' has no"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_sentence(change: tuple[str, str], words: str) -> None:
    with pytest.raises(InputError) as raised:
        runs_of(LINK, change)
    assert words in str(raised.value)
    assert "one.toml" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_more_light_than_is_emitted_is_refused() -> None:
    second = '[circuit.links.other]\nfrom = "glow"\nto = "synapse"\nshare = 0.6\narea = "1 cm^2"\n'
    with pytest.raises(InputError, match=r"1\.1 of the light of glow\.light_out is given away"):
        runs_of(LINK, ("[bias]", f"{second}[bias]"))


def test_a_colour_that_the_receiver_does_not_take_is_refused() -> None:
    card = Path("netlists/devices/lamp.toml")
    card.write_text(LAMP_CARD.replace("740 nm", "1500 nm"))
    with pytest.raises(InputError, match="1500 nm is outside its tabulated response"):
        runs_of(LINK, ('device = "pbs_rc"', 'device = "pbs_trap"'))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('resistance = "1 kohm"', 'resistance = "1 kohm", capacitance = "1 F"'), "exactly one of"),
        (('resistance = "1 kohm"', 'resistance = "-1 kohm"'), "must be above 0 ohm"),
        (('resistance = "1 kohm"', 'gain = 10'), "gain and control belong together"),
        (('between = ["input", "out"]', 'between = ["out", "out"]'), "two different nodes"),
        (('elements.c', 'elements.R'), "SPICE knows no capitals"),
        (('elements.c', '"elements"."time"'), "time"),
    ],
)  # fmt: skip
def test_elements_are_checked(change: tuple[str, str], words: str) -> None:
    with pytest.raises(InputError) as raised:
        runs_of(RC, change)
    assert words in str(raised.value)
