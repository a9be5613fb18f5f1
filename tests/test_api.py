"""The Python interface: stimuli, waveforms, a number, and how it says no."""

from __future__ import annotations

import numpy as np
import pytest

import optospice
from closed_form import rc_current
from optospice.device import load_device
from optospice.errors import InputError, SimulationError
from optospice.stimulus import Samples, Signal
from probe_device import PROBE_CARD, PROBE_LIB, write_device

LIGHT = "1.22 mW/cm^2"
#: The circuit's time constant [s].
TAU = 200e-9 * 25e6 * 12e6 / 37e6


@pytest.fixture(scope="module")
def device():
    return optospice.find_device("pbs_rc")


def against_closed_form(device, light, waveforms, read_out=1.0, **parameters):
    """Largest distance from the exact solution, as a fraction of the peak."""
    values = {**device.defaults, **parameters}
    exact = rc_current(values, read_out, light, waveforms.time)
    return np.abs(waveforms["i(p)"] - exact).max() / np.abs(exact).max()


def test_a_pulse(device):
    light = optospice.pulse(LIGHT, width="2 s")
    assert list(light.onsets) == [5.0]
    assert list(light.offsets) == [7.0]
    waveforms = optospice.simulate(device, p="1 V", light=light, duration="12 s")
    assert against_closed_form(device, light, waveforms) < 1e-3
    assert waveforms["v(p)"] == pytest.approx(1)
    assert waveforms["e(light)"].max() == pytest.approx(12.2)  # [W/m^2]


def test_a_pulse_pair_and_its_index(device):
    light = optospice.pulse_pair(LIGHT, width="10 s", interval="1 s", delay="2 s")
    assert list(light.onsets) == [2.0, 13.0]
    waveforms = optospice.simulate(device, p="1 V", light=light, duration="30 s")
    assert against_closed_form(device, light, waveforms) < 1e-3
    steps = optospice.amplitudes(waveforms, light)
    assert steps == pytest.approx([500e-9, 500e-9], rel=2e-3)  # 6 V / 12 Mohm
    raw = optospice.amplitudes(waveforms, light, "raw")
    charged = 1 - np.exp(-10 / TAU)
    kept = 6 * 25 / 37 * charged * np.exp(-1 / TAU) / 12e6
    assert raw == pytest.approx([527.027e-9, 527.027e-9 - kept], rel=2e-3)
    index = optospice.paired_pulse_index(waveforms, light, amplitude="raw")
    assert index.value == pytest.approx(raw[1] / raw[0])
    relative = optospice.paired_pulse_index(waveforms, light, "relative", amplitude="raw")
    assert relative.value == pytest.approx(index.value - 1)


def test_a_train_with_parameters_and_accuracy(device):
    light = optospice.pulse_train(LIGHT, width="200 ms", count=5, period="1 s", base="0.1 mW/cm^2")
    assert light.base == pytest.approx(1.0)
    waveforms = optospice.simulate(
        device,
        p="0.5 V",
        light=light,
        duration="12 s",
        parameters={"r3": "30 Mohm", "c": 1e-7},
        accuracy="reference",
    )
    assert against_closed_form(device, light, waveforms, 0.5, r3=30e6, c=1e-7) < 1e-4


def test_voltage_pulses_and_samples(device):
    train = optospice.pulse_train("3 V", width="1 s", count=2, interval="1 s", base="1 V")
    waveforms = optospice.simulate(device, p=train, duration="10 s", extrapolate=True)
    assert waveforms["v(p)"].max() == pytest.approx(3)
    ramp = Samples(np.array([0.0, 4.0]), np.array([0.0, 12.2]))
    waveforms = optospice.simulate(
        device, p=Signal(1.0), light=ramp, duration="8 s", extrapolate=True
    )
    assert against_closed_form(device, ramp, waveforms) < 1e-3


def test_a_table_and_a_picture(device):
    light = optospice.pulse(LIGHT, width="1 s")
    waveforms = optospice.simulate(device, p="1 V", light=light, duration="8 s")
    table = waveforms.to_pandas()
    assert list(table) == ["time", "i(p)", "v(p)", "e(light)"]
    assert table["time"].is_monotonic_increasing
    axes = waveforms.plot()
    assert "A" in axes.get_ylabel()
    with pytest.raises(KeyError, match=r"did you mean 'i\(p\)'"):
        waveforms["i(q)"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"q": "1 V"}, "has no terminal 'q'; accepted: light, n, p"),
        ({"lihgt": LIGHT}, "no terminal 'lihgt'; did you mean 'light'"),
        ({"p": "1 s"}, "terminal p: '1 s' is not a voltage such as '1 V'"),
        ({"p": "one volt"}, "'one volt' is not a voltage"),
        ({"p": LIGHT}, "p: .*1.22 mW/cm\\^2.* is not a voltage"),
        ({"light": "1 V"}, "light: .*1 V.* is not an irradiance"),
        ({"duration": "10"}, "'10' has no unit; write a time such as '10 s'"),
        ({"duration": "10 V"}, "'10 V' is not a time"),
        ({"duration": "0 s"}, "duration .* must be above 0 s"),
        ({"duration": "-1 s"}, "duration .* must be above 0 s"),
        ({"temperature": "27 V"}, "'27 V' is not a temperature"),
        ({"temperature": "-300 degC"}, "temperature .* must be above 0 K"),
        ({"accuracy": "standart"}, "did you mean 'standard'"),
        ({"parameters": {"r4": "1 ohm"}}, "device 'pbs_rc' has no such parameter; accepted: c, "),
        ({"parameters": {"r3": "1 F"}}, "'1 F' is not a resistance"),
        ({"parameters": {"r3": "1 ohm"}}, "is out of bounds; accepted: 1 kohm to 1 Tohm"),
        ({"parameters": {"r3": float("nan")}}, "is out of bounds"),
    ],
)
def test_what_cannot_be_simulated(device, arguments, words):
    with pytest.raises(InputError, match=words):
        optospice.simulate(device, **{"p": "1 V", "duration": "10 s", **arguments})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: optospice.pulse("1 s", width="1 s"), "'1 s' is neither an irradiance"),
        (lambda: optospice.pulse(LIGHT, width="1 V"), "'1 V' is not a time"),
        (lambda: optospice.pulse(LIGHT, width="-1 s"), "width = -1 s: must be above 0 s"),
        (lambda: optospice.pulse(LIGHT, width="1 s", delay="-1 s"), "delay = -1 s"),
        (lambda: optospice.pulse_pair(LIGHT, width="1 s", interval="0 s"), "the pulses overlap"),
        (lambda: optospice.pulse_train(LIGHT, width="1 s", count=2), "give one of the two"),
        (lambda: optospice.pulse_train(LIGHT, width="1 s", count=0), "must be at least 1"),
        (
            lambda: optospice.pulse_train(LIGHT, width="1 s", count=2, period="1 s"),
            "period = 1 s: the pulses overlap",
        ),
        (lambda: optospice.pulse_train("3 V", width="1 s", base=LIGHT), "is not a voltage"),
        (lambda: optospice.find_device("pbs_rk"), "did you mean 'pbs_rc'"),
    ],
)
def test_what_is_no_stimulus(call, words):
    with pytest.raises(InputError, match=words):
        call()


def test_an_index_needs_two_pulses(device):
    light = optospice.pulse(LIGHT, width="1 s")
    waveforms = optospice.simulate(device, p="1 V", light=light, duration="8 s")
    with pytest.raises(InputError, match="at least two pulses"):
        optospice.paired_pulse_index(waveforms, light)
    with pytest.raises(InputError, match="did you mean 'step'"):
        optospice.amplitudes(waveforms, light, "stepp")


def test_a_failing_simulation_says_what_ngspice_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    library = PROBE_LIB.replace("Rload p n {r} tc1={tc1}", "Dload p n nomodel")
    broken = load_device(write_device(tmp_path, "probe", library, PROBE_CARD))
    with pytest.raises(SimulationError, match=r"device 'probe': .*nomodel"):
        optospice.simulate(broken, p="1 V", duration="1 s")
    # the next one is not touched by it
    library = PROBE_LIB.replace("probe", "whole")
    whole = load_device(write_device(tmp_path, "whole", library, PROBE_CARD))
    assert optospice.simulate(whole, p="2 V", duration="1 s")["i(p)"] == pytest.approx(2)


def test_a_library_with_a_control_block_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    library = PROBE_LIB + ".control\nshell touch owned\n.endc\n"
    file = write_device(tmp_path, "probe", library, PROBE_CARD)
    with pytest.raises(InputError, match=r"\.control may not stand in a device library"):
        optospice.simulate(load_device(file), p="1 V", duration="1 s")
    assert not list(tmp_path.glob("**/owned"))
