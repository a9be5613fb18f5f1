"""One pulse on the published RC circuit, against its closed form."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from rc_circuit import DARK, PULSE, SETTLED, STEP, TAU, after

from optospice.accuracy import PROFILES
from optospice.device import find_device
from optospice.protocols import SinglePulse
from optospice.testbench import Testbench

ACCURACY = PROFILES["standard"].bound * (DARK + STEP)  # [A]: a fraction of the peak


def measure(simulate, protocol):
    device = find_device("pbs_rc")
    waves = simulate(Testbench(device, protocol.stimuli(device), protocol.duration))
    found = protocol.measure(waves, device)
    assert tuple(found) == protocol.metric_names()
    return found


def test_every_number_of_a_pulse(simulate):
    found = measure(simulate, SinglePulse(width="10 s", delay="5 s", tail="35 s", **PULSE))
    at_end = after(10.0, DARK + STEP, SETTLED)
    expected = {
        "dark_current": 1 / 37e6,
        "postsynaptic_current_amplitude": DARK + STEP,
        "current_at_pulse_end": at_end,
        "undershoot": at_end - STEP,
    }
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value, abs=ACCURACY), name
        assert found[name].unit == "A"
    assert pytest.approx(1.6216, rel=1e-4) == TAU
    assert found["recovery_time_constant"].value == pytest.approx(TAU, rel=2e-3)
    assert found["energy_per_event"].value == pytest.approx(1.0 * (DARK + STEP) * 10.0, rel=1e-3)


@pytest.mark.parametrize(
    ("definition", "expected"), [("raw", DARK + STEP), ("baseline", STEP), ("step", STEP)]
)
def test_amplitudes(simulate, definition, expected):
    protocol = SinglePulse(width="2 s", definitions={"amplitude": definition}, **PULSE)
    found = measure(simulate, protocol)["postsynaptic_current_amplitude"]
    assert found.value == pytest.approx(expected, abs=ACCURACY)


def test_energies(simulate):
    width = 3.0
    charge = SETTLED * width + (DARK + STEP - SETTLED) * TAU * (1 - after(width, 1.0, 0.0))
    for definition, expected in (("integral", charge), ("net", charge - DARK * width)):
        protocol = SinglePulse(width="3 s", definitions={"energy": definition}, **PULSE)
        found = measure(simulate, protocol)["energy_per_event"]
        assert found.value == pytest.approx(expected * 1.0, rel=2e-3)  # at 1 V
        assert found.unit == "J"


def test_a_voltage_pulse(simulate):
    """From 1 V to 3 V: the capacitor holds its voltage at the edge."""
    protocol = SinglePulse(readout="1 V", voltage="3 V", width="10 s", rise="1 us", fall="1 us")
    found = measure(simulate, protocol)
    jump = 2.0 / 12e6
    peak = DARK + jump
    assert found["postsynaptic_current_amplitude"].value == pytest.approx(peak, rel=1e-3)
    assert found["current_at_pulse_end"].value == pytest.approx(
        after(10.0, peak, 3.0 / 37e6), abs=1e-3 * peak
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"voltage": "1 V"}, "give one of the two"),
        ({"wavelength": None}, "belong together"),
        ({"irradiance": None}, "give one of the two"),
        ({"irradiance": "-1 mW/cm^2"}, "must not be below 0"),
        ({"delay": "0 s"}, "delay = 0 s: must be above 0"),
        ({"tail": "0 s"}, "tail = 0 s: must be above 0"),
        ({"width": "0 s"}, "width = 0 s"),
        ({"rise": "20 s"}, "shorter than the width"),
        ({"width": 10}, "has no unit"),
        ({"widht": "1 s"}, "Extra inputs"),
    ],
)
def test_what_is_refused(changes, words):
    with pytest.raises(ValidationError, match=words):
        SinglePulse(**{"width": "10 s", **PULSE, **changes})
