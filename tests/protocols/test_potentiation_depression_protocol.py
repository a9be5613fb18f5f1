"""Potentiation and depression on a memristive state with an exact solution."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import linregress
from small_devices import make, memristor, memristor_current, resistor, run

from optospice.device import find_device
from optospice.errors import InputError

MOSE2 = {"voltage": "3 V", "width": "50 ms", "interval": "50 ms", "count": 25, "delay": "1 s"}


def exact_rows(protocol):
    """Conductances [S] by the closed form: (cycles, pulses), and the initial one."""
    times = protocol.signal.offsets + 0.01
    rows = memristor_current(protocol.signal, times) / 0.5
    [initial] = memristor_current(protocol.signal, np.array([1.0])) / 0.5
    return rows.reshape(protocol.cycles, -1), initial


@pytest.mark.parametrize("cycles", [5, 20])
def test_every_metric_is_that_of_the_exact_solution(simulate, tmp_path, cycles):
    device = memristor(tmp_path)
    protocol = make("potentiation_depression", **MOSE2, cycles=cycles)
    waveforms, metrics = run(simulate, device, protocol)
    rows, initial = exact_rows(protocol)
    found = protocol.conductances(waveforms, device)
    assert found.shape == (cycles, 50)
    assert found == pytest.approx(rows, rel=1e-3)

    got = {name: value.value for name, value in metrics.items()}
    assert got["maximum_conductance"] == pytest.approx(rows.max(), rel=1e-3)
    assert got["minimum_conductance"] == pytest.approx(rows.min(), rel=1e-3)
    assert got["dynamic_range"] == pytest.approx(rows.max() / rows.min(), rel=1e-3)
    pulses = np.arange(25)
    for name, branch in (("potentiation", rows[-1, :25]), ("depression", rows[-1, 25:])):
        line = linregress(pulses, branch)
        assert got[f"{name}_linearity"] == pytest.approx(line.rvalue**2, abs=1e-4)
    ends = rows[1:, [24, 49]]
    span = abs(np.diff(ends.mean(axis=0)))[0]
    assert got["end_point_repeatability"] == pytest.approx(
        np.ptp(ends, axis=0).max() / span, abs=1e-4
    )
    spread = np.sqrt(rows[1:].var(axis=0, ddof=1).mean()) / np.ptp(rows[1:], axis=1).mean()
    assert got["cycle_to_cycle_spread"] == pytest.approx(spread, abs=1e-4)
    assert got["synaptic_weight_change"] == pytest.approx(rows[0, 24] / initial - 1, rel=2e-3)


def test_nonlinearity_is_that_of_the_exponential_which_the_state_follows(simulate, tmp_path):
    device = memristor(tmp_path)
    protocol = make("potentiation_depression", **MOSE2, cycles=3)
    _, metrics = run(simulate, device, protocol)
    # per pulse the state moves by exp(-(rates at 3 V) w - (rates at 0.5 V) gap)
    per_pulse = sum(0.05 * (0.2 * np.exp(0.6 * v) + 0.8 * np.exp(-0.6 * v)) for v in (3.0, 0.5))
    x = np.linspace(0, 1, 200_001)
    bend = 24 * per_pulse
    distance = np.abs(np.expm1(-bend * x) / np.expm1(-bend) - x).max() / np.sqrt(2)
    assert metrics["potentiation_nonlinearity"].value == pytest.approx(distance / 0.07, rel=5e-3)
    bend = 24 * 0.05 * sum(0.2 * np.exp(0.6 * v) + 0.8 * np.exp(-0.6 * v) for v in (-3.0, 0.5))
    distance = np.abs(np.expm1(-bend * x) / np.expm1(-bend) - x).max() / np.sqrt(2)
    # the depression slows down on its way: negative in NeuroSim's convention
    assert metrics["depression_nonlinearity"].value == pytest.approx(-distance / 0.07, rel=5e-3)
    both = [metrics[f"{name}_nonlinearity"].value for name in ("potentiation", "depression")]
    assert metrics["update_asymmetry"].value == pytest.approx(both[0] - both[1], rel=1e-9)


def test_series_is_the_conductance_against_the_pulse_number(simulate, tmp_path):
    device = memristor(tmp_path)
    protocol = make("potentiation_depression", **MOSE2, cycles=2)
    waveforms, _ = run(simulate, device, protocol)
    pulses, conductance = protocol.series(waveforms, device)["conductance"]
    rows, initial = exact_rows(protocol)
    assert list(pulses) == list(range(101))
    assert conductance == pytest.approx([initial, *rows.ravel()], rel=1e-3)


def test_potentiation_alone_grows_with_the_width(simulate, tmp_path):
    device = memristor(tmp_path)
    grown = []
    for width in ("20 ms", "40 ms", "60 ms", "80 ms"):
        given = {**MOSE2, "width": width, "depression_count": 0}
        _, metrics = run(simulate, device, make("potentiation_depression", **given))
        grown.append(metrics["synaptic_weight_change"].value)
        assert metrics["depression_linearity"].is_missing
        assert "fewer than three" in metrics["depression_linearity"].note
        assert "two are needed" in metrics["end_point_repeatability"].note
    assert (np.diff(grown) > 0).all()


def test_definitions_choose_cycle_and_branch(simulate, tmp_path):
    device = memristor(tmp_path)
    rows, initial = exact_rows(make("potentiation_depression", **MOSE2, cycles=3))
    branches = {
        ("first", "pulses"): rows[0, :25],
        ("first", "from_start"): [initial, *rows[0, :25]],
        ("last", "from_start"): [rows[1, -1], *rows[2, :25]],
        ("mean", "pulses"): rows[1:, :25].mean(axis=0),
    }
    for (cycle, branch), values in branches.items():
        protocol = make(
            "potentiation_depression",
            **MOSE2,
            cycles=3,
            definitions={"cycle": cycle, "branch": branch},
        )
        _, metrics = run(simulate, device, protocol)
        line = linregress(np.arange(len(values)), values)
        assert metrics["potentiation_linearity"].value == pytest.approx(line.rvalue**2, abs=1e-4)
        assert cycle in metrics["potentiation_linearity"].definition


def test_unequal_branches_have_no_curve_asymmetry(simulate, tmp_path):
    protocol = make(
        "potentiation_depression",
        **MOSE2,
        depression_count=10,
        depression_width="100 ms",
        depression_voltage="-2 V",
        definitions={"asymmetry": "curves"},
    )
    assert protocol.signal.trains[1].level == -2.0
    assert protocol.duration == pytest.approx(1 + 25 * 0.1 + 10 * 0.15)
    _, metrics = run(simulate, memristor(tmp_path), protocol)
    assert "one length" in metrics["update_asymmetry"].note


def test_resistor_does_not_change(simulate, tmp_path):
    _, metrics = run(
        simulate, resistor(tmp_path), make("potentiation_depression", **MOSE2, cycles=2)
    )
    assert metrics["dynamic_range"].value == pytest.approx(1, abs=1e-6)
    assert metrics["synaptic_weight_change"].value == pytest.approx(0, abs=1e-6)
    assert metrics["potentiation_nonlinearity"].is_missing


def test_light_potentiates_and_voltage_depresses(simulate, tmp_path):
    light = {"irradiance": "1.22 mW/cm^2", "wavelength": "740 nm", "readout": "1 V"}
    timing = {"width": "50 ms", "interval": "50 ms", "count": 5, "cycles": 2}
    protocol = make("potentiation_depression", **light, **timing, depression_voltage="-1 V")
    stimuli = protocol.stimuli(find_device("pbs_rc"))
    assert stimuli["light"].onsets == pytest.approx(5 + np.array([*range(5), *range(10, 15)]) / 10)
    assert stimuli["p"].onsets == pytest.approx(5 + np.array([*range(5, 10), *range(15, 20)]) / 10)
    assert {train.level for train in stimuli["p"].trains} == {-1.0}
    run(simulate, find_device("pbs_rc"), protocol)
    with pytest.raises(InputError, match="has no optical terminal"):
        protocol.stimuli(resistor(tmp_path))
    with pytest.raises(ValidationError, match="depression_voltage: is missing"):
        make("potentiation_depression", **light, **timing)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"readout": "0 V"}, "needs a bias"),
        ({"read_delay": "60 ms"}, "must lie between two pulses"),
        ({"read_delay": "0 s"}, "must lie between two pulses"),
        ({"interval": "0 s"}, "pulses overlap"),
        ({"count": 0}, "count"),
        ({"depression_width": "0 s"}, "must be above 0 s"),
        ({"tail": "1 s"}, "tail"),
    ],
)
def test_bad_input_names_the_field(change, message):
    with pytest.raises(ValidationError, match=message):
        make("potentiation_depression", **{**MOSE2, **change})
