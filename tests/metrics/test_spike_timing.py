"""The spike-timing window comes back from its own samples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.metrics.spike_timing import (
    fit_spike_timing_window,
    spike_timing_amplitude,
    spike_timing_time_constant,
)

INTERVALS = np.concatenate([-np.geomspace(0.1, 1e-3, 15), [0.0], np.geomspace(1e-3, 0.1, 15)])


def window(plus, tau_plus, minus, tau_minus):
    with np.errstate(over="ignore"):
        return np.where(
            INTERVALS > 0,
            plus * np.exp(-INTERVALS / tau_plus),
            minus * np.exp(INTERVALS / tau_minus),
        )


@settings(max_examples=20, deadline=None)
@given(st.floats(0.1, 2), st.floats(0.005, 0.05), st.floats(0.005, 0.05), st.integers(0, 1000))
def test_round_trip(size, tau_plus, tau_minus, seed):
    noise = np.random.default_rng(seed).normal(0, 0.01 * size, INTERVALS.size)
    change = window(size, tau_plus, -0.6 * size, tau_minus) + noise
    change[INTERVALS == 0] = 99.0  # coincident spikes belong to neither side
    fit = fit_spike_timing_window(INTERVALS, change)
    for side, amplitude, tau in (
        (fit.pre_before_post, size, tau_plus),
        (fit.post_before_pre, -0.6 * size, tau_minus),
    ):
        assert abs(side["A"].value - amplitude) < 6 * side["A"].standard_error
        assert abs(side["tau"].value - tau) < 6 * side["tau"].standard_error


def test_metrics_take_one_side_each():
    change = window(0.8, 0.0168, -0.4, 0.0337)
    assert spike_timing_time_constant(INTERVALS, change).value == pytest.approx(0.0168)
    late = spike_timing_time_constant(INTERVALS, change, "post_before_pre")
    assert late.value == pytest.approx(0.0337)
    assert spike_timing_amplitude(INTERVALS, change).value == pytest.approx(0.8)
    assert spike_timing_amplitude(INTERVALS, change, "post_before_pre").value == pytest.approx(-0.4)


def test_missing_side_is_told():
    found = spike_timing_amplitude([0.01, 0.02, 0.03], [3.0, 2.0, 1.0], "post_before_pre")
    assert found.is_missing
    assert "0 points are too few" in found.note


def test_impossible_arguments_are_refused():
    with pytest.raises(ValueError, match="as many changes"):
        fit_spike_timing_window([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="side of the window"):
        spike_timing_amplitude([1.0], [1.0], "left")
