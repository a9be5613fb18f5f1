"""Spike pairs: the superposed stimulus, and the weight change on an exactly solved state."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.optimize import curve_fit
from small_devices import make, memristor, memristor_current, resistor, run

from optospice.device import find_device
from optospice.errors import InputError
from optospice.scenario.across import take_across
from optospice.scenario.schema import Across
from optospice.scenario.verdict import Observation

PAIR = {"voltage": "2 V", "width": "20 ms", "delay": "1 s", "rise": "1 ms", "fall": "1 ms"}
INTERVALS = (-0.5, -0.05, -0.02, -0.0105, -0.001, 0.0, 0.0005, 0.02, 0.021, 0.3)


def trapezoid(times, start, level, width, ratio=0.0, after=0.0):
    """One spike by its definition, independent of the protocol."""
    t = times - start
    rise = np.clip(t / 1e-3, 0, 1)
    fall = np.clip((t - width) / 1e-3, 0, 1)
    shape = level * rise * (1 - fall) + ratio * level * fall
    back = t - width - 1e-3
    if after:
        shape = np.where(back > 0, ratio * level * np.clip(1 - back / after, 0, 1), shape)
    return shape


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("after", [{}, {"after_ratio": -0.4, "after_width": "80 ms"}])
def test_drive_is_the_difference_of_both_spikes(interval, after):
    other = {"post_voltage": "1.5 V", "post_width": "30 ms"}
    protocol = make("spike_timing", **PAIR, **other, **after, interval=f"{interval} s")
    times = np.linspace(0, protocol.duration, 40_001)
    tail = (-0.4, 0.08) if after else (0.0, 0.0)
    pre = trapezoid(times, 1 + max(-interval, 0), 2.0, 0.02, *tail)
    post = trapezoid(times, 1 + max(interval, 0), 1.5, 0.03, *tail)
    drive = protocol.drive()
    assert np.interp(times, *drive.points) == pytest.approx(0.5 + pre - post, abs=1e-9)
    assert np.diff(drive.times).min() > 1e-10
    assert drive.onsets == pytest.approx([1.0])
    assert drive.offsets == pytest.approx([protocol.duration - 1.0])


@pytest.mark.parametrize("interval", [-0.3, -0.01, 0.0, 0.01, 0.3])
def test_weight_change_is_that_of_the_exact_solution(simulate, tmp_path, interval):
    device = memristor(tmp_path)
    protocol = make("spike_timing", **PAIR, interval=f"{interval} s", read_delay="0.1 s")
    _, metrics = run(simulate, device, protocol)
    before, after = memristor_current(protocol.drive(), np.array([1.0, protocol.duration]))
    assert metrics["dark_current"].value == pytest.approx(before, rel=1e-4)
    assert metrics["level_after_pause"].value == pytest.approx(after, rel=1e-4)
    assert metrics["synaptic_weight_change"].value == pytest.approx(after / before - 1, abs=1e-4)
    if interval == 0:  # equal spikes at both electrodes: the device sees none
        assert metrics["synaptic_weight_change"].value == pytest.approx(0, abs=1e-6)


def test_pairs_repeat(simulate, tmp_path):
    device = memristor(tmp_path)
    protocol = make("spike_timing", **PAIR, interval="30 ms", count=20, period="0.2 s")
    assert protocol.pairs_end == pytest.approx(1 + 0.03 + 0.021 + 19 * 0.2)
    assert protocol.drive().onsets == pytest.approx(1 + 0.2 * np.arange(20))
    _, metrics = run(simulate, device, protocol)
    before, after = memristor_current(protocol.drive(), np.array([1.0, protocol.duration]))
    assert metrics["synaptic_weight_change"].value == pytest.approx(after / before - 1, abs=2e-4)


def test_window_is_fitted_across_intervals(simulate, tmp_path):
    device = memristor(tmp_path)
    intervals = [-0.1, -0.07, -0.05, -0.03, 0.03, 0.05, 0.07, 0.1]
    observations, changes = [], []
    given = {**PAIR, "voltage": "5 V", "read_delay": "10 ms"}
    given |= {"after_ratio": -0.6, "after_width": "0.1 s"}
    for interval in intervals:
        written = f"{1000 * interval:g} ms"
        _, metrics = run(simulate, device, make("spike_timing", **given, interval=written))
        observations.append(Observation("memristor", {"protocol.interval": written}, metrics))
        changes.append(metrics["synaptic_weight_change"].value)
    for side, sign in (("pre_before_post", 1), ("post_before_pre", -1)):
        across = Across(
            metric="spike_timing_time_constant",
            of="synaptic_weight_change",
            over="protocol.interval",
            definition=side,
        )
        found = take_across(across, observations)
        x = np.array([sign * t for t in intervals if sign * t > 0])
        y = np.array([c for t, c in zip(intervals, changes, strict=True) if sign * t > 0])
        (_, tau), _ = curve_fit(lambda t, a, tau: a * np.exp(-t / tau), x, y, p0=(y[0], 0.05))
        assert found.value == pytest.approx(tau, rel=1e-3)


def test_light_before_voltage(simulate, tmp_path):
    light = {"irradiance": "1.22 mW/cm^2", "wavelength": "740 nm", "readout": "1 V"}
    timing = {"width": "50 ms", "interval": "0.2 s"}
    protocol = make("spike_timing", **light, **timing, post_voltage="0.5 V")
    device = find_device("pbs_rc")
    stimuli = protocol.stimuli(device)
    assert stimuli["light"].onsets == pytest.approx([5.0])
    assert min(stimuli["p"].levels) == pytest.approx(0.5)
    assert stimuli["p"].times[1] == pytest.approx(5.2)
    _, metrics = run(simulate, device, protocol)
    # linear circuit: each spike alone adds its own decaying share
    tau, gain = 1.62162162, 25 / 37
    left = lambda width: np.exp(-1.0 / tau) * -np.expm1(-width / tau)  # noqa: E731
    shift = 6 * gain * left(0.05) * np.exp(-0.2 / tau) - 0.5 * gain * left(0.05)
    expected = -shift / 12e6 / (1 / 37e6)
    assert metrics["synaptic_weight_change"].value == pytest.approx(expected, rel=5e-3)
    with pytest.raises(InputError, match="has no optical terminal"):
        protocol.stimuli(resistor(tmp_path))
    with pytest.raises(ValidationError, match="post_voltage: is missing"):
        make("spike_timing", **light, **timing)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"after_ratio": -0.3}, "belong together"),
        ({"count": 2}, "period"),
        ({"count": 2, "period": "30 ms"}, "a pair with what follows it lasts"),
        ({"post_width": "0 s"}, "must be above 0 s"),
        ({"read_delay": "0 s"}, "must be above 0 s"),
    ],
)
def test_bad_input_names_the_field(change, message):
    with pytest.raises(ValidationError, match=message):
        make("spike_timing", **PAIR, interval="20 ms", **change)
