"""Where a run starts: at the operating point under the bias, or at rest."""

import numpy as np
import pytest
from pydantic import ValidationError
from small_devices import make, memristor, resistor

from optospice.device import find_device
from optospice.testbench import Testbench

PULSES = {"voltage": "3 V", "width": "50 ms", "interval": "50 ms", "count": 3, "delay": "1 s"}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("single_pulse", {"voltage": "3 V", "width": "50 ms"}),
        ("potentiation_depression", PULSES),
        (
            "potentiation_depression",
            {"voltage": "3 V", "width": "50 ms", "interval": "1 s", "count": 2},
        ),
        ("learning_forgetting", {**PULSES, "pause": "1 s"}),
        ("spike_timing", {"voltage": "1 V", "width": "50 ms", "interval": "0.1 s"}),
    ],
)
def test_at_rest_the_bias_comes_after_a_millisecond_and_nothing_else_differs(tmp_path, name, given):
    device = resistor(tmp_path)
    bias = {**given, "readout": "0.5 V"}
    rest, biased = make(name, **bias, initial="rest"), make(name, **bias)
    new, old = rest.stimuli(device)["p"], biased.stimuli(device)["p"]
    t = np.linspace(0.002, rest.duration, 5001)
    assert np.interp(t, *new.points) == pytest.approx(np.interp(t, *old.points), abs=1e-9)
    assert np.interp([0, 1e-3, 1.001e-3], *new.points) == pytest.approx([0, 0, 0.5], abs=1e-9)
    assert np.interp(0, *old.points) == 0.5
    assert new.onsets == pytest.approx(old.onsets)
    assert rest.duration == biased.duration


def test_the_state_starts_from_zero_volts(simulate, tmp_path):
    device = memristor(tmp_path)
    for initial, voltage in (("rest", 0.0), ("operating_point", 0.5)):
        protocol = make("potentiation_depression", **PULSES, initial=initial)
        bench = Testbench(device, protocol.stimuli(device), protocol.duration)
        seen = simulate(bench)
        up, down = 0.2 * np.exp(0.6 * voltage), 0.8 * np.exp(-0.6 * voltage)
        start = 1e-8 * (1 + 3 * up / (up + down))
        assert seen.at("i(p)", 2e-3) / 0.5 == pytest.approx(start, rel=5e-3)


def test_light_leaves_the_bias_to_the_start(tmp_path):
    given = {"irradiance": "1 mW/cm^2", "wavelength": "740 nm", "width": "1 s", "initial": "rest"}
    protocol = make("single_pulse", **given)
    stimuli = protocol.stimuli(find_device("pbs_rc"))
    assert np.interp([0, 1], *stimuli["p"].points) == pytest.approx([0, 1])
    assert stimuli["light"].points[1][0] == 0


def test_a_delay_that_is_too_short_for_a_start_at_rest_is_refused():
    with pytest.raises(ValidationError, match=r"delay = 0\.001 s: must be above 0\.002 s"):
        make("single_pulse", voltage="1 V", width="1 s", delay="1 ms", initial="rest")
