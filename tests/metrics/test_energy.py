"""Energy of pulses whose integral is known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.metrics.energy import energy_per_event
from optospice.trace import Trace

TIME = np.array([0.0, 0.3, 0.31, 0.5, 1.0])


@pytest.mark.parametrize(("peak", "energy"), [(0.4e-6, 40e-9), (0.5e-6, 50e-9), (0.55e-6, 55e-9)])
def test_equation_4_of_the_pbs_paper(peak, energy):
    found = energy_per_event(1.0, Trace.straight(TIME, np.full(5, peak)), 0.2, 0.3)
    assert found.value == pytest.approx(energy)
    assert found.unit == "J"
    assert found.definition == "voltage x peak current x pulse width"


def test_rectangular_pulse_costs_the_same_by_product_and_integral():
    current = np.full(5, 2e-6)
    assert energy_per_event(
        3.0, Trace.straight(TIME, current), 0.1, 0.6, "integral"
    ).value == pytest.approx(3e-6)
    assert energy_per_event(3.0, Trace.straight(TIME, current), 0.1, 0.6).value == pytest.approx(
        3e-6
    )
    net = energy_per_event(3.0, Trace.straight(TIME, current), 0.1, 0.6, "net", baseline=0.5e-6)
    assert net.value == pytest.approx(2.25e-6)


@settings(deadline=None)
@given(st.floats(0.0, 0.45), st.floats(0.5, 1.0), st.floats(-5, 5), st.floats(-5, 5))
def test_integral_is_exact_for_straight_waveforms(start, end, slope, level):
    voltage, current = 1 + 2 * TIME, level + slope * TIME

    def primitive(t):
        return level * t + (slope + 2 * level) * t**2 / 2 + 2 * slope * t**3 / 3

    found = energy_per_event(
        Trace.straight(TIME, voltage), Trace.straight(TIME, current), start, end, "integral"
    ).value
    assert found == pytest.approx(primitive(end) - primitive(start), rel=1e-9, abs=1e-9)


def test_sampling_does_not_matter():
    fine = np.sort(np.concatenate([TIME, np.linspace(0, 1, 77)]))
    shape = np.array([0.0, 1.0, 4.0, 2.0, 0.0])
    coarse = energy_per_event(1.0, Trace.straight(TIME, shape), 0.15, 0.75, "integral").value
    again = energy_per_event(
        1.0, Trace.straight(fine, np.interp(fine, TIME, shape)), 0.15, 0.75, "integral"
    ).value
    assert again == pytest.approx(coarse)


def test_product_takes_the_extremes_of_either_sign():
    voltage, current = np.full(5, -2.0), np.array([0.0, -1.0, -3.0, -1.0, 0.0])
    assert energy_per_event(
        Trace.straight(TIME, voltage), Trace.straight(TIME, current), 0.3, 0.5
    ).value == pytest.approx(1.2)


def test_optical_energy_is_what_falls_on_the_area():
    # 1.22 mW/cm^2 = 12.2 W/m^2 on 100 um x 100 um for 0.1 s
    dark = np.zeros(5)
    found = energy_per_event(
        1.0, Trace.straight(TIME, dark), 0.2, 0.3, "optical", irradiance=12.2, area=1e-8
    )
    assert found.value == pytest.approx(12.2e-9)
    ramp = energy_per_event(
        1.0,
        Trace.straight(TIME, dark),
        0.0,
        1.0,
        "optical",
        irradiance=Trace.straight(TIME, 2 * TIME),
        area=3.0,
    )
    assert ramp.value == pytest.approx(3.0)
    beyond = energy_per_event(
        1.0,
        Trace.straight(TIME, dark),
        0.0,
        2.0,
        "optical",
        irradiance=Trace.straight(TIME, TIME),
        area=3.0,
    )
    assert beyond.is_missing


def test_missing_data_are_told():
    assert "not inside" in energy_per_event(1.0, Trace.straight(TIME, np.ones(5)), 0.5, 1.5).note
    volts = Trace.straight(TIME[:3], np.ones(3))
    current = Trace.straight(TIME, np.ones(5))
    assert "not inside" in energy_per_event(volts, current, 0.2, 0.5, "integral").note
    broken = np.array([0.0, math.nan, 1.0, 1.0, 1.0])
    assert (
        "not a number"
        in energy_per_event(1.0, Trace.straight(TIME, broken), 0.2, 0.6, "integral").note
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"definition": "net"}, "needs the argument baseline"),
        ({"definition": "optical"}, "irradiance"),
        ({"definition": "integrals"}, "did you mean 'integral'"),
        ({"offset": 0.1}, "must end after"),
    ],
)
def test_impossible_arguments_are_refused(change, message):
    current = Trace.straight(TIME, np.ones(5))
    arguments = {"voltage": 1.0, "current": current, "onset": 0.1, "offset": 0.2}
    with pytest.raises(ValueError, match=message):
        energy_per_event(**{**arguments, **change})


def test_the_integral_is_that_of_the_curve_between_points():
    """Of a decay and its square at few points: a tenth of what straight lines are off by."""
    time = np.linspace(0.0, 4.0, 21)
    current, volts = Trace(time, np.exp(-time)), Trace(time, 2 * np.exp(-time))
    whole = energy_per_event(2.0, current, 0.0, 4.0, "integral").value
    both = energy_per_event(volts, current, 0.0, 4.0, "integral").value
    assert whole == pytest.approx(2 * (1 - math.exp(-4)), rel=3e-4)
    assert both == pytest.approx(1 - math.exp(-8), rel=6e-4)
    straight = np.trapezoid(2 * np.exp(-time), time)
    assert abs(straight / (2 * (1 - math.exp(-4))) - 1) > 3e-3
