"""A pulse train on the published RC circuit, against its closed form."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from rc_circuit import DARK, PULSE, SETTLED, STEP, TAU, after, peaks
from test_single_pulse import ACCURACY, measure

from optospice.protocols import Train


@pytest.mark.parametrize(
    ("width", "interval", "count"), [(1.0, 1.0, 10), (0.2, 0.3, 25), (3.0, 0.5, 4)]
)
def test_every_number_of_a_train(simulate, width, interval, count):
    protocol = Train(width=f"{width} s", interval=f"{interval} s", count=count, **PULSE)
    found = measure(simulate, protocol)
    high = peaks(width, interval, count)
    lowest = after(width, high[-1], SETTLED) - STEP
    assert found["dark_current"].value == pytest.approx(DARK, abs=ACCURACY)
    assert found["postsynaptic_current_amplitude"].value == pytest.approx(high[0], abs=ACCURACY)
    assert found["last_amplitude"].value == pytest.approx(high[-1], abs=ACCURACY)
    change = found["synaptic_weight_change"]
    assert change.value == pytest.approx((high[-1] - high[0]) / high[0], abs=2e-3)
    assert found["energy_per_event"].value == pytest.approx(high[0] * width, rel=1e-3)
    assert found["undershoot"].value == pytest.approx(lowest, abs=ACCURACY)
    assert found["recovery_time_constant"].value == pytest.approx(TAU, rel=2e-3)


def test_definitions(simulate):
    timing = {"width": "1 s", "period": "2 s", "count": 5}
    high = peaks(1.0, 1.0, 5)
    definitions = {"weight_change": "ratio", "energy_of": "mean", "amplitude": "baseline"}
    found = measure(simulate, Train(**timing, definitions=definitions, **PULSE))
    ratio = (high[-1] - DARK) / (high[0] - DARK)
    assert found["synaptic_weight_change"].value == pytest.approx(ratio, abs=2e-3)
    assert found["energy_per_event"].value == pytest.approx(np.mean(high) * 1.0, rel=2e-3)


def test_three_ways_to_say_how_often():
    common = {"width": "1 s", "count": 4, **PULSE}
    trains = [
        Train(**common, frequency="0.25 Hz"),
        Train(**common, period="4 s"),
        Train(**common, interval="3 s"),
    ]
    for train in trains:
        assert train.signal.onsets == pytest.approx([5.0, 9.0, 13.0, 17.0])
        assert train.duration == pytest.approx(5.0 + 3 * 4.0 + 1.0 + 1e-6 + 30.0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "give one of the three, not none"),
        ({"period": "4 s", "interval": "3 s"}, "not period, interval"),
        ({"frequency": "1 Hz", "period": "4 s"}, "not frequency, period"),
        ({"period": "0.5 s"}, "overlap"),
        ({"frequency": "2 Hz"}, "overlap"),
        ({"frequency": "0 Hz"}, "frequency"),
        ({"frequency": "-1 Hz"}, "overlap|frequency"),
        ({"period": "4 s", "count": 1}, "count"),
        ({"period": "4 s", "count": 2.5}, "count"),
    ],
)
def test_what_is_refused(changes, words):
    with pytest.raises(ValidationError, match=words):
        Train(**{"width": "1 s", "count": 4, **PULSE, **changes})
