"""Currents read at named instants."""

import pytest

from optospice.metrics.levels import current_at_pulse_end, dark_current, last_amplitude

TIME, CURRENT = [0.0, 1.0, 2.0, 3.0], [1e-9, 1e-9, 5e-9, 3e-9]


def test_instants_are_interpolated():
    assert dark_current(TIME, CURRENT, 1.0).value == 1e-9
    assert current_at_pulse_end(TIME, CURRENT, 2.5).value == pytest.approx(4e-9)


def test_instants_outside_are_told():
    assert "does not cover" in dark_current(TIME, CURRENT, -1.0).note
    assert current_at_pulse_end(TIME, CURRENT, 4.0).is_missing


def test_last_amplitude_keeps_the_words():
    found = last_amplitude([3e-9, 2e-9], "peak as measured")
    assert (found.value, found.definition) == (2e-9, "peak as measured")
