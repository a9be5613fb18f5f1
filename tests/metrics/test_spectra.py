"""Numbers of responses and noise spectra against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optospice.metrics import frequency_response, noise


@given(corner=st.floats(1e2, 1e6), level=st.floats(1e-12, 1e3), points=st.integers(5, 60))
def test_one_pole(corner: float, level: float, points: int) -> None:
    decades = np.log10(corner) + np.linspace(-4, 2, 6 * points + 1)
    frequency = 10.0**decades
    response = level / (1 + 1j * frequency / corner)
    assert frequency_response.low_frequency_gain(frequency, response).value == pytest.approx(
        level, rel=1e-6
    )
    found = frequency_response.corner_frequency(frequency, response).value
    assert found == pytest.approx(corner, rel=1e-3)
    phase = frequency_response.phase_at_corner(frequency, response).value
    assert phase == pytest.approx(-np.pi / 4, abs=0.01)


def test_a_response_that_does_not_fall_has_no_corner() -> None:
    frequency = np.geomspace(1, 10, 11)
    flat = frequency_response.corner_frequency(frequency, np.ones(11))
    assert "does not fall so far up to 10 Hz" in flat.note
    assert frequency_response.phase_at_corner(frequency, np.ones(11)).is_missing
    assert "no response" in frequency_response.corner_frequency(frequency, np.zeros(11)).note


def test_densities_are_power_laws_between_points() -> None:
    frequency = np.geomspace(1, 1e4, 5)
    flicker = 1e-12 / frequency
    value = noise.voltage_noise_density(frequency, flicker, 33.0)
    assert value.value == pytest.approx(np.sqrt(1e-12 / 33), rel=1e-9)
    assert "from 1 to 1e+04 Hz" in noise.current_noise_density(frequency, flicker, 1e5).note


def test_integrals() -> None:
    assert noise.integrated_voltage_noise(4e-12, 1, 10).value == pytest.approx(2e-6)
    assert noise.integrated_current_noise(-1e-30, 1, 10).value == 0.0
