"""Profiles keep their bound against the exact solution, whatever the circuit and the pulses."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from closed_form import rc_current
from optospice.accuracy import PROFILES, find_profile
from optospice.device import find_device
from optospice.errors import InputError
from optospice.stimulus import PulseTrain, Samples, Signal
from optospice.testbench import Testbench


def decades(low, high):
    return st.floats(np.log10(low), np.log10(high)).map(lambda power: float(10.0**power))


@st.composite
def experiments(draw):
    """A circuit, its bias and light pulses from a hundredth to thirty time constants."""
    parameters = {
        "r1": draw(decades(1e5, 1e8)),
        "r2": draw(decades(1e5, 1e8)),
        "r3": draw(decades(1e5, 1e9)),
        "c": draw(decades(1e-9, 1e-5)),
        "v_ac": draw(decades(0.5, 20)),
        "irradiance_ref": 1.22,
        "reading": float(draw(st.integers(0, 1))),
    }
    # a current that is the difference of voltages which cancel to less than 1 % is beyond
    # what the profiles promise: see optospice.accuracy
    parameters["r3"] = min(parameters["r3"], 100 * (parameters["r1"] + parameters["r2"]))
    tau = time_constant(parameters)
    width = tau * draw(decades(0.01, 30))
    fall = width * draw(decades(1e-6, 0.9))
    train = PulseTrain(
        level=12.2,
        width=width,
        count=draw(st.integers(1, 7)),
        interval=fall + tau * draw(decades(0.01, 30)),
        delay=tau * draw(decades(0.01, 30)),
        rise=width * draw(decades(1e-6, 0.9)),
        fall=fall,
    )
    read_out = 1.0
    tail = tau * draw(decades(0.01, 30))
    between = draw(st.integers(0, 2**32 - 1))
    return parameters, read_out, Signal(0.0, (train,)), tail, between


def time_constant(parameters):
    series = parameters["r1"] + parameters["r2"]
    return parameters["c"] * parameters["r3"] * series / (series + parameters["r3"])


def errors_against_closed_form(simulate, experiment, profile):
    """Largest error at the points and between them, as fractions of the peak."""
    parameters, read_out, light, tail, seed = experiment
    bench = Testbench(
        find_device("pbs_rc"),
        {"p": Signal(read_out), "light": light},
        light.end + tail,
        parameters,
        PROFILES[profile],
    )
    waves = simulate(bench)
    corners = light.points[0]
    # between the points: uniformly in time, and near every corner over decades
    generator = np.random.default_rng(seed)
    after = (
        10.0 ** generator.uniform(-7, 0, (corners.size, 40)) * (light.end + tail - corners)[:, None]
    )
    times = np.concatenate(
        [generator.uniform(0.0, waves.time[-1], 400), (corners[:, None] + after).ravel(), corners]
    )
    times = np.minimum(times, waves.time[-1])
    exact_at_points = rc_current(parameters, read_out, light, waves.time)
    exact_between = rc_current(parameters, read_out, light, times)
    peak = max(np.abs(exact_at_points).max(), np.abs(exact_between).max())
    return (
        np.abs(waves["i(p)"] - exact_at_points).max() / peak,
        np.abs(waves.at("i(p)", times) - exact_between).max() / peak,
    )


@settings(max_examples=150)
@given(experiments())
def test_standard_is_exact_to_a_tenth_of_a_per_cent(simulate, experiment):
    at_points, between = errors_against_closed_form(simulate, experiment, "standard")
    assert at_points <= 1e-3
    assert between <= 1e-3


@settings(max_examples=60)
@given(experiments())
def test_fast_is_exact_to_a_per_cent(simulate, experiment):
    at_points, between = errors_against_closed_form(simulate, experiment, "fast")
    assert at_points <= 1e-2
    assert between <= 1e-2


@settings(max_examples=60)
@given(experiments())
def test_reference_is_exact_to_a_hundredth_of_a_per_cent(simulate, experiment):
    at_points, between = errors_against_closed_form(simulate, experiment, "reference")
    assert at_points <= 1e-4
    assert between <= 1e-4


def experiment(read_out, tail, circuit, **train):
    """One experiment in full, for the cases below, each of which once went wrong."""
    names = ("r1", "r2", "r3", "c", "v_ac", "reading")
    parameters = {**dict(zip(names, circuit, strict=True)), "irradiance_ref": 1.22}
    return parameters, read_out, Signal(0.0, (PulseTrain(**train),)), tail, 0


HARD = {
    # a step that lands just before a corner makes ngspice forget every later edge of a PULSE
    "lost edges, rest at 0 V": (
        "fast",
        experiment(
            0.0, 1.6e-2, (5.3e6, 2.6e6, 3.4e6, 1.152e-9, 0.96, 1.0), level=12.2,
            width=0.000117502214209745, count=3, interval=0.0002652443860687937,
            delay=0.0001855318672990443, rise=7.505427360612091e-10, fall=1.6375294233384843e-05,
        ),
    ),
    "lost edges, standard": (
        "standard",
        experiment(
            0.0, 1.8303930694823147e-05,
            (918431.2390376846, 133241.43112830963, 320845.54382371856, 3.6556064037441673e-09,
             7.953021838478419, 1.0),
            level=12.2, width=5.85627547547265e-05, count=6, interval=0.014985778153768736,
            delay=0.00029876709826614643, rise=2.314007392251397e-10, fall=1.5313059574575741e-09,
        ),
    ),
    # charges of nothing held to 2e-8 of 1e-16 C
    "time step too small, rest at 0 V": (
        "reference",
        experiment(
            0.0, 21.72919347995085,
            (16503746.500674272, 2375671.4373436295, 532797952.56454265, 8.276298730543523e-08,
             2.0784310621949023, 1.0),
            level=12.2, width=0.01993135451636056, count=7, interval=11.320826824799548,
            delay=6.280062032971, rise=5.409520720179481e-07, fall=2.3325733107639757e-05,
        ),
    ),
    # edges of a few ns, half a second into the run
    "short edges late": (
        "standard",
        experiment(
            1.0, 0.0005340007211835422,
            (1292056.608483594, 2272712.6021417715, 404274711.6342896, 6.086001477407647e-09,
             4.968426793477937, 1.0),
            level=12.2, width=0.00043201261082547425, count=6, interval=0.1787348725355579,
            delay=0.06511696777125885, rise=2.0290034340730176e-09, fall=0.00016197546676848738,
        ),
    ),
    # 1 V of bias and almost as much on the capacitor
    "voltages that cancel": (
        "standard",
        experiment(
            1.0, 2.0, (1e5, 1e5, 1e7, 1e-5, 1.0, 0.0), level=1.0, width=1.9607843137254906,
            delay=1.9607843137254906, rise=0.019607843137254905, fall=0.19607843137254907,
        ),
    ),
    "voltages that cancel, 5 V": (
        "standard",
        experiment(
            5.0, 2.0, (1e5, 1e5, 1e7, 1e-5, 1.0, 0.0), level=1.0, width=1.9607843137254906,
            delay=1.9607843137254906, rise=0.019607843137254905, fall=0.19607843137254907,
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HARD)
def test_hard_cases(simulate, name):
    profile, case = HARD[name]
    at_points, between = errors_against_closed_form(simulate, case, profile)
    assert at_points <= PROFILES[profile].bound
    assert between <= PROFILES[profile].bound


def test_a_stricter_profile_costs_points_and_gains_digits(simulate):
    light = Signal(0.0, (PulseTrain(12.2, 10.0, delay=5.0),))
    experiment = (dict(find_device("pbs_rc").defaults), 1.0, light, 35.0, 0)
    errors = [errors_against_closed_form(simulate, experiment, name)[0] for name in PROFILES]
    assert list(PROFILES) == ["fast", "standard", "reference"]
    assert errors[0] > errors[1] > errors[2]


def test_profiles_by_name():
    assert find_profile("standard").bound == 1e-3
    with pytest.raises(InputError, match="'standart': there is no such profile; did you mean"):
        find_profile("standart")


@pytest.mark.parametrize("reading", [0.0, 1.0])
@pytest.mark.parametrize(
    "light",
    [
        Signal(0.0, (PulseTrain(12.2, 10.0, delay=5.0, rise=0.5, fall=2.0),)),
        Signal(0.0, (PulseTrain(8.0, 0.7, 3, interval=0.4, delay=0.2, rise=1e-6, fall=0.3),)),
        Signal(3.0, (PulseTrain(0.0, 2.0, 2, period=3.0, rise=0.1, fall=0.1),)),
        Samples([0.0, 1.0, 4.0, 4.5], [0.0, 10.0, 2.0, 6.0]),
    ],
)
def test_the_closed_form_solves_the_circuits_equation(light, reading):
    """Kirchhoff's laws of the header of the .lib, integrated without any closed form."""
    parameters = {**find_device("pbs_rc").defaults, "reading": reading, "c": 3e-7, "r1": 2e6}
    read_out, end = 1.5, light.end + 6.0
    series = parameters["r1"] + parameters["r2"]
    corners = np.unique(np.append(light.points[0], [0.0, end]))

    def driven(t):
        share = np.interp(t, *light.points) / 10 / parameters["irradiance_ref"]
        return read_out + share * (parameters["v_ac"] - reading * read_out)

    def slope(t, charge):
        current = (driven(t) - charge) / series
        return (current - charge / parameters["r3"]) / parameters["c"]

    charge = np.array([driven(0.0) * parameters["r3"] / (series + parameters["r3"])])
    for start, stop in itertools.pairwise(corners):
        moments = np.linspace(start, stop, 9)
        solved = solve_ivp(
            slope, (start, stop), charge, method="Radau", t_eval=moments, rtol=1e-10, atol=1e-13
        )
        current = (driven(moments) - solved.y[0]) / series
        exact = rc_current(parameters, read_out, light, moments)
        assert np.abs(current - exact).max() <= 1e-8 * np.abs(exact).max()
        charge = solved.y[:, -1]


def test_the_closed_form_at_its_limits():
    """Dark: Ohm's law. Long light: Ohm's law again. A step: the capacitor holds its voltage."""
    parameters = dict(find_device("pbs_rc").defaults)
    light = Signal(0.0, (PulseTrain(12.2, 100.0, delay=1.0, rise=1e-9, fall=1e-9),))
    total = parameters["r1"] + parameters["r2"] + parameters["r3"]
    series = parameters["r1"] + parameters["r2"]
    dark, step, long = rc_current(parameters, 1.0, light, np.array([0.5, 1.0 + 1e-9, 101.0]))
    assert dark == pytest.approx(1 / total, rel=1e-12)
    assert long == pytest.approx(7 / total, rel=1e-9)
    assert step == pytest.approx((7 - parameters["r3"] / total) / series, rel=1e-8)
