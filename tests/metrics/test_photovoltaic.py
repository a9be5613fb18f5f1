"""Numbers of a curve under light against the closed forms of the single-diode cell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import lambertw

from optospice.metrics import photovoltaic

THERMAL = 0.02585


def curve(photocurrent: float, saturation: float, ideality: float, points: int = 401):
    """Current into a single-diode cell without resistances, beyond its open-circuit voltage."""
    scale = ideality * THERMAL
    open_circuit = scale * np.log1p(photocurrent / saturation)
    voltage = np.linspace(-0.1 * open_circuit, 1.1 * open_circuit, points)
    return voltage, saturation * np.expm1(voltage / scale) - photocurrent, open_circuit, scale


@given(
    photocurrent=st.floats(1e-6, 1e-1),
    ratio=st.floats(1e3, 1e10),
    ideality=st.floats(1.0, 2.0),
)
def test_a_single_diode_cell(photocurrent: float, ratio: float, ideality: float) -> None:
    saturation = photocurrent / ratio
    voltage, current, open_circuit, scale = curve(photocurrent, saturation, ideality)
    best = lambertw(np.e * (ratio + 1)).real - 1  # (1 + u) exp(u) = J_ph/j0 + 1
    power = best * scale * (photocurrent - saturation * np.expm1(best))
    assert photovoltaic.short_circuit_current(voltage, current).value == pytest.approx(
        photocurrent, rel=1e-4
    )
    found = photovoltaic.open_circuit_voltage(voltage, current).value
    assert found == pytest.approx(open_circuit, rel=1e-4)
    assert photovoltaic.maximum_power(voltage, current).value == pytest.approx(power, rel=1e-3)
    assert photovoltaic.fill_factor(voltage, current).value == pytest.approx(
        power / (open_circuit * photocurrent), rel=1e-3
    )
    share = photovoltaic.power_conversion_efficiency(voltage, current, 2 * power).value
    assert share == pytest.approx(0.5, rel=1e-3)


def test_a_falling_sweep_gives_the_same() -> None:
    voltage, current, *_ = curve(1e-3, 1e-9, 1.5)
    for take in (photovoltaic.open_circuit_voltage, photovoltaic.maximum_power):
        assert take(voltage[::-1], current[::-1]) == take(voltage, current)


def test_what_a_curve_does_not_hold_is_missing_with_the_reason() -> None:
    voltage = np.linspace(0.1, 1, 20)
    resistor = voltage / 1e3
    assert "does not hold 0 V" in photovoltaic.short_circuit_current(voltage, resistor).note
    assert "does not change its sign" in photovoltaic.open_circuit_voltage(voltage, resistor).note
    assert "no power is delivered" in photovoltaic.maximum_power(voltage, resistor).note
    assert photovoltaic.fill_factor(voltage, resistor).is_missing
    assert "at an end" in photovoltaic.maximum_power(voltage, resistor - 1.0).note
    cell, current, *_ = curve(1e-3, 1e-9, 1.5)
    assert "no incident power" in photovoltaic.power_conversion_efficiency(cell, current, 0.0).note
