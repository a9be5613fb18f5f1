"""Numbers of transfer curves against the models that they come from."""

from __future__ import annotations

import numpy as np
import pytest

from optospice.metrics import transfer

THERMAL = 0.02585


def ekv(gate: np.ndarray, threshold: float = 0.8, slope: float = 1.4) -> np.ndarray:
    """Drain current of a saturated transistor in the EKV model."""
    return 1e-6 * np.logaddexp(0, (gate - threshold) / (2 * slope * THERMAL)) ** 2


def test_the_swing_is_that_of_weak_inversion() -> None:
    gate = np.linspace(0.0, 3.0, 601)
    swing = transfer.subthreshold_swing(gate, ekv(gate)).value
    assert swing == pytest.approx(1.4 * THERMAL * np.log(10), rel=1e-3)


def test_a_straight_line_is_extrapolated_to_its_foot() -> None:
    gate = np.linspace(-2, 3, 501)
    current = 1e-6 * np.maximum(gate - 0.7, 0)
    assert transfer.threshold_voltage(gate, current).value == pytest.approx(0.7, abs=1e-9)
    assert transfer.transconductance(gate, current).value == pytest.approx(1e-6)
    mirrored = transfer.threshold_voltage(-gate, -current)
    assert mirrored.value == pytest.approx(-0.7, abs=1e-9)


def test_the_threshold_at_a_constant_current() -> None:
    gate = np.linspace(0.0, 2.0, 81)
    value = transfer.threshold_voltage(gate, ekv(gate), "constant_current", 1e-9)
    exact = 0.8 + 2 * 1.4 * THERMAL * np.log(np.expm1(np.sqrt(1e-3)))
    assert value.value == pytest.approx(exact, abs=1e-3)
    assert "1e-09 A" in value.definition


def test_ratio_and_largest_current() -> None:
    gate = np.linspace(0.0, 2.0, 81)
    current = -ekv(gate)
    ratio = transfer.transfer_on_off_ratio(gate, current).value
    assert ratio == pytest.approx(current[-1] / current[0])
    assert transfer.largest_drain_current(gate, current).value == current[-1]


def test_what_a_curve_does_not_hold_is_missing_with_the_reason() -> None:
    gate = np.linspace(-1, 1, 21)
    assert "does not depend" in transfer.threshold_voltage(gate, np.ones(21)).note
    assert "changes its sign" in transfer.subthreshold_swing(gate, gate).note
    assert "tenfold" in transfer.subthreshold_swing(gate, 2 + 0.1 * gate).note
    assert (
        "does not pass" in transfer.threshold_voltage(gate, 2 + gate, "constant_current", 1e3).note
    )
    assert (
        "no current is given" in transfer.threshold_voltage(gate, 2 + gate, "constant_current").note
    )
    assert "vanishes" in transfer.transfer_on_off_ratio(gate, gate - gate[0]).note


def test_an_ambipolar_channel_conducts_least_at_its_neutrality_point() -> None:
    gate = np.linspace(-20, 10, 61)
    current = 1e-6 * np.sqrt(1 + (gate + 7.3) ** 2)
    assert transfer.charge_neutrality_voltage(gate, current).value == pytest.approx(-7.3, abs=0.02)
    assert transfer.current_at_zero_gate(gate, current).value == pytest.approx(
        1e-6 * np.sqrt(1 + 7.3**2), rel=1e-3
    )
    assert "at an end" in transfer.charge_neutrality_voltage(gate + 30, gate + 40).note
    assert "does not hold 0 V" in transfer.current_at_zero_gate(gate + 30, current).note
