"""Spike trains to and from the arrays of network simulators."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import optospice
from optospice.cosim import spike_trains
from optospice.errors import InputError

TRAINS = st.lists(st.lists(st.integers(0, 999), unique=True, max_size=20), min_size=1, max_size=5)


@given(TRAINS)
def test_flat_arrays_there_and_back(steps):
    trains = [np.sort(np.array(train, dtype=float)) * 1e-3 for train in steps]
    indices, times = spike_trains.to_indices(trains)
    assert (np.diff(times) >= 0).all()
    back = spike_trains.from_indices(indices, times, len(trains))
    assert all(np.array_equal(one, two) for one, two in zip(trains, back, strict=True))


@given(TRAINS)
def test_frames_there_and_back(steps):
    trains = [np.sort(np.array(train, dtype=float)) * 1e-3 for train in steps]
    frames = spike_trains.to_frames(trains, 1e-3, 1.0)
    assert frames.shape == (1000, len(trains))
    assert frames.sum() == sum(map(len, steps))
    back = spike_trains.from_frames(frames, 1e-3)
    assert all(np.allclose(one, two) for one, two in zip(trains, back, strict=True))


def test_a_train_drives_a_device_and_comes_back():
    """Spikes in, light pulses on the synapse, and the crossings of its current are the spikes."""
    times = [5.0, 7.0, 12.0]
    light = spike_trains.stimulus(times, level=12.2, width=0.1)
    device = optospice.find_device("pbs_rc")
    waves = optospice.simulate(device, p="1 V", light=light, duration="20 s")
    (found,) = spike_trains.spikes_of(waves.time, {"post": waves.current}, 300e-9)
    assert found == pytest.approx(times, abs=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: spike_trains.from_indices([0, 1], [0.1]), "one length"),
        (lambda: spike_trains.from_indices([0.5], [0.1]), "whole numbers"),
        (lambda: spike_trains.from_indices([0], [-0.1]), "from 0 s"),
        (lambda: spike_trains.from_indices([3], [0.1], 2), "below 2 neurons"),
        (lambda: spike_trains.from_frames([[0, 2]], 1e-3), "0 and 1"),
        (lambda: spike_trains.from_frames([[0, 1]], 0), "above 0"),
        (lambda: spike_trains.to_frames([[2.0]], 1e-3, 1.0), "outside"),
        (lambda: spike_trains.to_frames([[0.1, 0.1001]], 1e-3, 1.0), "two spikes"),
        (lambda: spike_trains.stimulus([1.0, 1.05], 1.0, 0.1), "overlap"),
    ],
)
def test_what_cannot_be_used(call, message):
    with pytest.raises(InputError, match=message):
        call()
