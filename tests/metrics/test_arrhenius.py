"""Activation energies that generated the rates come back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.metrics.arrhenius import BOLTZMANN, activation_energy

EV = 1.602176634e-19
TEMPERATURES = np.linspace(280, 340, 7)


@settings(deadline=None)
@given(st.floats(0.01, 2), st.floats(1e-3, 1e12), st.integers(0, 2))
def test_round_trip(energy, prefactor, power):
    rates = prefactor * TEMPERATURES**power * np.exp(-energy * EV / (BOLTZMANN * TEMPERATURES))
    definition = ["rate", None, "rate_over_temperature_squared"][power]
    if definition is None:
        return
    found = activation_energy(TEMPERATURES, rates, definition)
    assert found.value == pytest.approx(energy * EV, rel=1e-6)
    assert found.unit == "J"


def test_standard_error_covers_the_noise():
    hits = 0
    for seed in range(200):
        noise = np.random.default_rng(seed).normal(0, 0.1, 7)
        rates = np.exp(-0.3 * EV / (BOLTZMANN * TEMPERATURES) + noise)
        found = activation_energy(TEMPERATURES, rates)
        hits += abs(found.value - 0.3 * EV) < 2.571 * found.standard_error  # t, 5 degrees, 95 %
    assert 180 <= hits <= 199


def test_time_constants_give_the_negative_energy():
    tau = np.exp(0.4 * EV / (BOLTZMANN * TEMPERATURES))
    assert activation_energy(TEMPERATURES, tau).value == pytest.approx(-0.4 * EV)
    assert activation_energy(TEMPERATURES, 1 / tau).value == pytest.approx(0.4 * EV)


def test_two_points_have_no_error_and_flat_rates_no_energy():
    assert activation_energy([300, 310], [1.0, 2.0]).standard_error is None
    assert activation_energy(TEMPERATURES, np.ones(7)).value == 0
    assert "logarithm" in activation_energy([300, 310], [0.0, 1.0]).note


@pytest.mark.parametrize(
    ("temperatures", "rates", "definition", "message"),
    [
        ([300, 300], [1, 2], "rate", "two different"),
        ([-1, 300], [1, 2], "rate", "kelvin"),
        ([300, 310], [1, 2, 3], "rate", "as many rates"),
        ([300, 310], [1, 2], "rates", "did you mean 'rate'"),
    ],
)
def test_impossible_arguments_are_refused(temperatures, rates, definition, message):
    with pytest.raises(ValueError, match=message):
        activation_energy(temperatures, rates, definition)
