"""Currents read at named instants."""

import pytest

from optospice.metrics.levels import (
    current_at_pulse_end,
    dark_current,
    last_amplitude,
    level_after_pause,
)
from optospice.trace import Trace

TIME, CURRENT = [0.0, 1.0, 2.0, 3.0], [1e-9, 1e-9, 5e-9, 3e-9]


def test_instants_are_read_on_their_side_of_the_edge():
    met = dark_current(Trace.straight(TIME, CURRENT), 1.0)
    assert (met.value, met.note) == (1e-9, "")
    between = dark_current(Trace.straight(TIME, CURRENT), 1.4)
    assert between.value == 1e-9
    assert between.note == "no sample at the edge at 1.4 s: read at the last sample before it"
    assert current_at_pulse_end(Trace.straight(TIME, CURRENT), 2.5).value == 5e-9
    assert level_after_pause(Trace.straight(TIME, CURRENT), 2.5).value == pytest.approx(
        4e-9
    )  # no edge there


def test_instants_outside_are_told():
    assert "does not cover" in dark_current(Trace.straight(TIME, CURRENT), -1.0).note
    assert current_at_pulse_end(Trace.straight(TIME, CURRENT), 4.0).is_missing


def test_last_amplitude_keeps_the_words():
    found = last_amplitude([3e-9, 2e-9], "peak as measured")
    assert (found.value, found.definition) == (2e-9, "peak as measured")
