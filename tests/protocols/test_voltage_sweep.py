"""Voltage sweeps on a resistor and on a memristive state that scipy integrates."""

import numpy as np
import pytest
from pydantic import ValidationError
from small_devices import make, memristor, memristor_current, resistor, run

from optospice.device import find_device
from optospice.errors import InputError
from optospice.metrics import steps, switching_voltages

LOOP = {"turning_points": ["0 V", "5 V", "0 V", "-5 V", "0 V"], "rate": "2 V/s"}
UP = {"turning_points": ["0 V", "2 V", "0 V"], "rate": "4 V/s"}


def test_loop_is_that_of_the_exact_solution(simulate, tmp_path):
    device = memristor(tmp_path)
    protocol = make("voltage_sweep", **LOOP, readout="1 V")
    assert protocol.duration == pytest.approx(10)
    waveforms, metrics = run(simulate, device, protocol)
    times = np.linspace(0, 10, 20_001)
    voltage = np.interp(times, [0, 2.5, 5, 7.5, 10], [0, 5, 0, -5, 0])
    current = memristor_current(protocol.signal, times)
    got = {name: value.value for name, value in metrics.items()}
    areas = {}
    for sign, part in (("positive", voltage >= 0), ("negative", voltage <= 0)):
        areas[sign] = abs(np.trapezoid(current[part], voltage[part]))
        chosen = make("voltage_sweep", **LOOP, definitions={"area": sign})
        found = chosen.measure(waveforms, device)["hysteresis_area"].value
        assert found == pytest.approx(areas[sign], rel=2e-3)
    assert got["hysteresis_area"] == pytest.approx(sum(areas.values()), rel=2e-3)
    assert got["zero_bias_current"] == pytest.approx(0, abs=1e-6)  # pinched
    near = np.linspace(0, 20, 200)  # 200 points along the path of 20 V
    row = np.interp(near, np.linspace(0, 20, times.size), current)
    jump = np.abs(np.diff(row)).max() / np.abs(row).max()
    assert got["largest_jump"] == pytest.approx(jump, rel=2e-3)
    first, second = memristor_current(protocol.signal, np.array([0.5, 4.5]))
    assert got["on_off_ratio"] == pytest.approx(second / first, rel=2e-3)
    high, low = memristor_current(protocol.signal, np.array([2.5, 7.5]))
    assert got["first_peak_current"] == pytest.approx(high, rel=1e-3)
    assert got["first_trough_current"] == pytest.approx(low, abs=1e-3 * high)
    assert metrics["set_voltage"].is_missing
    assert "analogue" in metrics["reset_voltage"].note


def test_repeated_sweeps_rise_ever_more_slowly(simulate, tmp_path):
    device = memristor(tmp_path)
    protocol = make("voltage_sweep", **UP, repeats=5, definitions={"repetition": "last"})
    assert protocol.duration == pytest.approx(5)
    waveforms, metrics = run(simulate, device, protocol)
    exact = memristor_current(protocol.signal, 0.5 + np.arange(5.0))
    repetition, peaks = protocol.series(waveforms, device)["peak current"]
    assert list(repetition) == [1, 2, 3, 4, 5]
    assert peaks == pytest.approx(exact, rel=1e-3)
    assert metrics["first_peak_current"].value == pytest.approx(exact[0], rel=1e-3)
    assert metrics["last_peak_current"].value == pytest.approx(exact[-1], rel=1e-3)
    assert (np.diff(exact) > 0).all()
    assert metrics["rising_steps"].value == 1
    assert metrics["slowing_steps"].value == 1
    rows = protocol.view("sweep", waveforms, device).turning_rows
    assert rows.shape == (5, 3)
    assert rows[1:, 0] == pytest.approx(rows[:-1, 2])
    times = 4 + np.linspace(0, 1, 2001)
    current = memristor_current(protocol.signal, times)
    area = abs(np.trapezoid(current, np.interp(times, [4, 4.5, 5], [0, 2, 0])))
    assert metrics["hysteresis_area"].value == pytest.approx(area, rel=5e-3)
    assert "last repetition" in metrics["hysteresis_area"].definition
    assert set(protocol.series(waveforms, device)) >= {"loop 1", "loop 5"}


def test_resistor_has_neither_loop_nor_growth(simulate, tmp_path):
    protocol = make("voltage_sweep", **LOOP, readout="1 V", repeats=3, delay="0.5 s")
    assert protocol.duration == pytest.approx(30.5)
    _, metrics = run(simulate, resistor(tmp_path), protocol)
    assert metrics["hysteresis_area"].value == pytest.approx(0, abs=1e-13)
    assert metrics["on_off_ratio"].value == pytest.approx(1, abs=1e-6)
    seen = 10 - 50 * 20 / 199  # the largest voltage among 200 points along 20 V
    assert metrics["largest_jump"].value == pytest.approx(20 / 199 / seen, rel=1e-6)
    assert metrics["last_peak_current"].value == pytest.approx(5e-8)
    assert metrics["last_trough_current"].value == pytest.approx(-5e-8)
    assert metrics["rising_steps"].value == 0


def test_sweep_under_light(simulate, tmp_path):
    light = {"irradiance": "1.22 mW/cm^2", "wavelength": "740 nm"}
    protocol = make("voltage_sweep", **UP, **light)
    device = find_device("pbs_rc")
    waveforms, metrics = run(simulate, device, protocol)
    # 6 V of light through 37 Mohm at the start, where the device is at rest
    assert protocol.view("sweep", waveforms, device).turning_rows[0, 0] == pytest.approx(
        6 / 37e6, rel=1e-4
    )
    assert metrics["zero_bias_current"].value > 0.1
    with pytest.raises(InputError, match="has no optical terminal"):
        protocol.stimuli(resistor(tmp_path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate": "0 V/s"}, "rate"),
        ({"turning_points": ["0 V", "0 V"]}, "neighbours must differ"),
        ({"turning_points": ["0 V", "5 V"], "repeats": 2}, "must end where it begins"),
        ({"irradiance": "1 mW/cm^2"}, "belong together"),
        ({"readout": "0 V"}, "on/off ratio"),
        ({"turning_points": ["5"]}, "turning_points"),
    ],
)
def test_bad_input_names_the_field(change, message):
    with pytest.raises(ValidationError, match=message):
        make("voltage_sweep", **{**LOOP, **change})


def test_set_and_reset_of_arrays():
    voltage = np.concatenate(
        [np.linspace(0, 3, 301), np.linspace(3, -3, 601), np.linspace(-3, 0, 301)]
    )
    on = np.zeros(voltage.size, dtype=bool)
    on[200:] = True  # sets at 2 V on the way up
    on[751:] = False  # resets at -1.5 V
    current = voltage * np.where(on, 1e-6, 1e-8)
    step = 12 / 199
    assert switching_voltages.set_voltage(voltage, current).value == pytest.approx(2, abs=step)
    assert switching_voltages.reset_voltage(voltage, current).value == pytest.approx(-1.5, abs=step)


def test_steps_of_arrays():
    assert steps.rising_steps([1, 2, 3, 2.5]).value == pytest.approx(2 / 3)
    assert steps.rising_steps([1, 1.001], resolution=0.01).value == 0
    assert steps.slowing_steps([0, 3, 5, 6]).value == 1
    assert steps.slowing_steps([0, 1, 3, 4]).value == 0.5
    assert steps.slowing_steps([0, 1, 2.001], resolution=0.01).value == 1
    assert steps.rising_steps([1]).is_missing
    assert steps.slowing_steps([1, 2]).is_missing
    assert steps.rising_steps([1, np.nan]).note == "a value is not a number"
