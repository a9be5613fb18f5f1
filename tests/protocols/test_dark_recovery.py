"""The rate of the recovery in the dark, its activation energy, and a filter's cut-off."""

import math

import numpy as np
import pytest
from pydantic import ValidationError
from small_devices import make, memristor, rates, run, thermal

from optospice.device import find_device
from optospice.metrics import recovery
from optospice.scenario.across import take_across
from optospice.scenario.schema import Across
from optospice.scenario.verdict import Observation
from optospice.trace import Trace

LIGHT = {"irradiance": "1.22 mW/cm^2", "wavelength": "740 nm"}
ELECTRONVOLT = 1.602176634e-19
ENERGY = 0.3 * 8.617333262e-5 / 8.617333262145e-5  # the netlist rounds k/e


def test_rate_of_a_circuit_with_one_time_constant(simulate):
    protocol = make("dark_recovery", **LIGHT, width="20 s", tail="30 s")
    _, metrics = run(simulate, find_device("pbs_rc"), protocol, accuracy="reference")
    tau = 200e-9 * 25e6 * 12e6 / 37e6
    assert metrics["recovery_rate"].value == pytest.approx(1 / tau, rel=5e-3)
    assert metrics["dark_current"].value == pytest.approx(1 / 37e6, rel=1e-4)


def test_standard_accuracy_is_called_too_coarse_where_it_is(simulate):
    protocol = make("dark_recovery", **LIGHT, width="20 s", tail="30 s")
    _, metrics = run(simulate, find_device("pbs_rc"), protocol)
    assert "accuracy 'reference'" in metrics["recovery_rate"].note


def test_voltage_pulse_works_as_well(simulate, tmp_path):
    pulse = {"voltage": "2 V", "width": "1 s", "readout": "0.5 V", "tail": "20 s"}
    protocol = make("dark_recovery", **pulse)
    device = memristor(tmp_path)
    waveforms, metrics = run(simulate, device, protocol, accuracy="reference")
    assert metrics["recovery_rate"].value == pytest.approx(sum(rates(0.5)), rel=5e-3)
    after, deficit = protocol.series(waveforms, device)["deficit"]
    assert after[0] == pytest.approx(0, abs=1e-9)
    assert deficit[-1] == pytest.approx(0, abs=1e-4)


def test_activation_energy_over_temperature(simulate, tmp_path):
    device = thermal(tmp_path)
    protocol = make("dark_recovery", **LIGHT, width="2 s", tail="120 s")
    observations = []
    for written, kelvin in (("7 degC", 280.15), ("300.15 K", 300.15), ("47 degC", 320.15)):
        _, metrics = run(simulate, device, protocol, kelvin, "reference")
        exact = 0.2 * math.exp(-(ENERGY / 8.617333262145e-5) * (1 / kelvin - 1 / 300.15))
        assert metrics["recovery_rate"].value == pytest.approx(exact, rel=3e-3)
        observations.append(Observation("thermal", {"temperature": written}, metrics))
    across = Across(metric="activation_energy", of="recovery_rate", over="temperature")
    found = take_across(across, observations)
    assert found.unit == "J"
    assert found.value / ELECTRONVOLT == pytest.approx(0.3, rel=2e-3)


def test_filter_gain_over_frequency(simulate):
    """The way P20 is taken: the ratio of a train across its frequency."""
    device = find_device("pbs_rc")
    frequencies, observations, gains = ["1 Hz", "2 Hz", "3 Hz", "4 Hz"], [], []
    for frequency in frequencies:
        protocol = make(
            "pulse_train",
            **LIGHT,
            width="200 ms",
            count=30,
            frequency=frequency,
            definitions={"weight_change": "ratio"},
        )
        _, metrics = run(simulate, device, protocol)
        observations.append(Observation("pbs_rc", {"protocol.frequency": frequency}, metrics))
        gains.append(metrics["synaptic_weight_change"].value)
    assert (np.diff(gains) < 0).all()
    across = Across(
        metric="cutoff_frequency", of="synaptic_weight_change", over="protocol.frequency"
    )
    found = take_across(across, observations)
    limit = gains[0] / math.sqrt(2)
    crossing = np.interp(-math.log(limit), -np.log(gains), np.log([1, 2, 3, 4]))
    assert found.value == pytest.approx(math.exp(crossing), rel=1e-6)


def test_rate_of_arrays():
    time = np.concatenate([np.linspace(0, 5, 51), np.linspace(5, 100, 4001)[1:]])
    two = 0.3 * np.exp(-(time - 5) / 2) + 0.1 * np.exp(-(time - 5) / 8)
    current = np.where(time < 5, 5.0, 2.0 * (1 - two))
    assert recovery.recovery_rate(Trace(time, current), 5.0, 2.0).value == pytest.approx(
        1 / 8, rel=1e-3
    )
    excess = np.where(time < 5, 5.0, 2.0 * (1 + two))
    assert recovery.recovery_rate(Trace(time, excess), 5.0, 2.0).value == pytest.approx(
        1 / 8, rel=1e-3
    )
    early = recovery.recovery_rate(Trace(time, current), 5.0, 2.0, upper=0.3, lower=0.2)
    assert early.value > 1 / 8
    short = recovery.recovery_rate(Trace(time[:500], current[:500]), 5.0, 2.0)
    assert "the record ends at a deficit of" in short.note
    flat = recovery.recovery_rate(Trace(time, np.full(time.size, 2.0)), 5.0, 2.0)
    assert "deficit is at most 0" in flat.note
    assert "no dark current" in recovery.recovery_rate(Trace(time, current), 5.0, 0.0).note
    with pytest.raises(ValueError, match="upper to a lower"):
        recovery.recovery_rate(Trace(time, current), 5.0, 2.0, upper=0.1, lower=0.2)


@pytest.mark.parametrize("window", [{"upper": 0.001}, {"lower": 0}, {"upper": "0.05 %"}])
def test_window_must_fall(window):
    with pytest.raises(ValidationError, match="must fall from upper to lower"):
        make("dark_recovery", **LIGHT, width="1 s", definitions=window)
