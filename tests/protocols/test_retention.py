"""Retention on a memristive state and on the published RC circuit, both exactly solved."""

import numpy as np
import pytest
from pydantic import ValidationError
from small_devices import make, memristor, memristor_current, rates, resistor, run

from closed_form import rc_current
from optospice.device import find_device
from optospice.errors import InputError
from optospice.metrics import levels
from optospice.trace import Trace
from optospice.waveforms import Waveforms

TRAIN = {
    "voltage": "3 V",
    "readout": "0.5 V",
    "width": "50 ms",
    "count": 5,
    "interval": "50 ms",
    "delay": "1 s",
}
LIGHT = {"irradiance": "1.22 mW/cm^2", "wavelength": "740 nm"}


@pytest.mark.parametrize("read_time", [0.1, 0.7, 3.0])
def test_retained_fraction_decays_with_the_exact_rate(simulate, tmp_path, read_time):
    device = memristor(tmp_path)
    protocol = make(
        "retention", **TRAIN, read_time=f"{read_time} s", times=["0.3 s", "2 s"], read_delay="10 ms"
    )
    end = 1 + 5 * 0.05 + 4 * 0.05
    assert protocol.duration == pytest.approx(end + max(read_time, 2.0))
    waveforms, metrics = run(simulate, device, protocol)
    exact = memristor_current(protocol.signal, np.array([1.0, end + 0.01, end + read_time]))
    assert metrics["dark_current"].value == pytest.approx(exact[0], rel=1e-3)
    assert metrics["level_after_pause"].value == pytest.approx(exact[2], rel=1e-3)
    fraction = np.exp(-sum(rates(0.5)) * (read_time - 0.01))
    assert metrics["retained_fraction"].value == pytest.approx(fraction, abs=2e-3)
    change = exact[2] / exact[0] - 1
    assert metrics["residual_change"].value == pytest.approx(change, abs=2e-3)
    tau = metrics["decay_time_constant"]
    assert tau.value == pytest.approx(1 / sum(rates(0.5)), rel=3e-3)
    times, retained = protocol.series(waveforms, device)["retained fraction"]
    assert list(times) == sorted({0.3, read_time, 2.0})
    exact_row = np.exp(-sum(rates(0.5)) * (times - 0.01))
    assert retained == pytest.approx(exact_row, abs=2e-3)


def test_longer_light_pulses_leave_more(simulate):
    """The test of P06: a deficit some time after five pulses of 1 s and of 5 s."""
    device = find_device("pbs_rc")
    left = []
    for width in ("1 s", "5 s"):
        protocol = make("retention", **LIGHT, width=width, count=5, interval="1 s", read_time="2 s")
        _, metrics = run(simulate, device, protocol)
        times = np.array([5.0, protocol.signal.offsets[-1] + 2])
        before, later = rc_current(device.defaults, 1.0, protocol.signal, times)
        exact = later / before - 1
        assert metrics["residual_change"].value == pytest.approx(exact, rel=2e-3)
        left.append(metrics["residual_change"].value)
    assert left[1] < left[0] < 0


def test_definitions_of_the_decay(simulate, tmp_path):
    device = memristor(tmp_path)
    for baseline in ("before", "fitted"):
        chosen = {"baseline": baseline, "decay_start": "0.2 s"}
        protocol = make("retention", **TRAIN, read_time="3 s", definitions=chosen)
        _, metrics = run(simulate, device, protocol)
        tau = metrics["decay_time_constant"]
        assert tau.value == pytest.approx(1 / sum(rates(0.5)), rel=5e-3)
        assert ("= baseline" if baseline == "before" else "fitted") in tau.definition
        assert "window 0.2 s" in tau.definition


def test_resistor_has_nothing_to_retain(simulate, tmp_path):
    _, metrics = run(simulate, resistor(tmp_path), make("retention", **TRAIN, read_time="1 s"))
    assert "nothing can be retained" in metrics["retained_fraction"].note
    assert metrics["residual_change"].value == pytest.approx(0, abs=1e-6)
    with pytest.raises(InputError, match="has no optical terminal"):
        make("retention", **LIGHT, width="1 s", read_time="1 s").stimuli(resistor(tmp_path))


def test_one_instant_has_one_current():
    """A reading far between the points of a tail, by a reading and by a metric of the trace."""
    protocol = make("retention", **LIGHT, width="1 s", read_time="3.4 s", times=["8 s"])
    end = protocol.signal.end
    tail = end + np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.5, 9.0])
    time = np.concatenate([[0.0, 5.0, 5.000001, protocol.signal.offsets[0]], tail])
    current = np.where(time > 5, 9e-9, 1e-9)
    current[4:] = 1e-9 - 0.5e-9 * np.exp(-(tail - end) / 2)
    seen = Waveforms(
        time, {"i(p)": current, "v(p)": np.ones(time.size)}, breakpoints=time[1:5], error_bound=1e-3
    )
    found = protocol.measure(seen, find_device("pbs_rc"))
    before, later = found["dark_current"].value, found["level_after_pause"].value
    assert found["residual_change"].value == pytest.approx(later / before - 1, rel=1e-12)
    exact = -0.5 * np.exp(-(protocol.signal.offsets[0] + 3.4 - end) / 2)
    straight = np.interp(3.4, [3.0, 4.0], -0.5 * np.exp([-1.5, -2.0]))
    assert abs(found["residual_change"].value - exact) < 0.2 * abs(straight - exact)


def test_residual_change_of_arrays():
    time = np.linspace(0, 10, 101)
    current = 2.0 - np.exp(-time)
    found = levels.residual_change(Trace(time, current), 1.0, 3.0, 2.0)
    assert found.value == pytest.approx(-np.exp(-4) / 2)
    assert "does not cover" in levels.residual_change(Trace(time, current), 1.0, 30.0, 2.0).note
    assert "no current before" in levels.residual_change(Trace(time, current), 1.0, 3.0, 0.0).note


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"read_time": "0 s"}, "must be above 0 s"),
        ({"read_delay": "2 s"}, "read_delay = 2 s"),
        ({"read_delay": "0 s"}, "read_delay = 0 s"),
        ({"times": ["0 s"]}, "first reading"),
        ({"period": "1 s"}, "give one of the two"),
        ({"definitions": {"decay_start": "1 s"}}, "decay_start"),
    ],
)
def test_bad_input_names_the_field(change, message):
    with pytest.raises(ValidationError, match=message):
        make("retention", **{**TRAIN, "read_time": "1 s", **change})
