"""A pulse pair on the published RC circuit, against its closed form."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rc_circuit import DARK, PULSE, STEP, peaks
from test_single_pulse import ACCURACY, measure

from optospice.protocols import PairedPulse


def pair(width, interval, **definitions):
    return PairedPulse(
        width=f"{width} s", interval=f"{interval} s", definitions=definitions, **PULSE
    )


@settings(max_examples=20)
@given(st.floats(0.05, 20), st.floats(0.05, 20))
def test_depression_of_the_raw_peak(simulate, width, interval):
    """The capacitor is still charged when the second pulse comes: its peak is lower."""
    found = measure(simulate, pair(width, interval, amplitude="raw"))
    first, second = peaks(width, interval, 2)
    assert found["postsynaptic_current_amplitude"].value == pytest.approx(first, abs=ACCURACY)
    assert found["last_amplitude"].value == pytest.approx(second, abs=ACCURACY)
    assert found["paired_pulse_index"].value == pytest.approx(second / first, abs=2e-3)


@pytest.mark.parametrize("interval", [0.5, 1.0, 5.0])
def test_the_step_alone_knows_no_depression(simulate, interval):
    found = measure(simulate, pair(10.0, interval, amplitude="step"))
    assert found["paired_pulse_index"].value == pytest.approx(1.0, abs=2e-3)
    assert found["last_amplitude"].value == pytest.approx(STEP, abs=ACCURACY)


def test_definitions_of_the_index(simulate):
    first, second = peaks(10.0, 1.0, 2) - DARK
    for definition, expected in (("ratio", second / first), ("relative", second / first - 1)):
        found = measure(simulate, pair(10.0, 1.0, amplitude="baseline", index=definition))
        assert found["paired_pulse_index"].value == pytest.approx(expected, abs=2e-3)


def test_the_pair_lies_as_it_is_asked_for():
    signal = pair(2.0, 3.0).signal
    assert signal.onsets == pytest.approx([5.0, 10.0])
    assert signal.offsets == pytest.approx([7.0, 12.0])
    assert pair(2.0, 3.0).duration == pytest.approx(12.0 + 30.0 + 1e-6)
