"""Every number of the device scenarios, a second time from the same equations by scipy.

Only the parameter values are taken from the ``.lib``; the equations are written here again.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from optospice.ngspice.worker import Finished
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.waveforms import Waveforms
from probe_device import RUN_TESTBENCH

BOLTZMANN = 8.617333262e-5  # eV/K
SHORT = 1e-4  #: a segment this short [s] is one midpoint step


def hill(u, m):
    return 0.0 if u <= 0 else u**m / (1 + u**m)


class Mose2:
    """Equations of mose2: states fast, weight, noxious."""

    drives = ("p",)

    def __init__(self, p, temperature):
        self.p = p

    def start(self, inputs):
        (v,) = inputs
        if v == 0:
            return np.array([0.0, self.p["weight"], 0.0])
        raise AssertionError("a run starts at 0 V")

    def slope(self, state, inputs):
        (v,), p = inputs, self.p
        fast, weight, noxious = state
        fill = p["rate_fast"] * hill(abs(v) / p["v_fast"], p["steepness"])
        up, down = (
            p["rate_weight"] * hill(sign * v / p["v_weight"], p["steepness"]) for sign in (1, -1)
        )
        hurt, heal = (
            p["rate_noxious"] * hill(sign * v / p["v_noxious"], p["steepness_noxious"])
            for sign in (1, -1)
        )
        ratio = p["reset_ratio"]
        return np.array(
            [
                fill * (1 - fast) - fast / (p["tau_fast"] * (1 + p["slowing"] * noxious)),
                up * (1 - weight) - ratio * down * weight + (p["weight"] - weight) / p["retention"],
                hurt * (1 - noxious) - ratio * heal * noxious - noxious / p["retention"],
            ]
        )

    def current(self, state, inputs):
        (v,), p = inputs, self.p
        fast, weight, _ = state
        gain = (1 + p["gain_fast"] * fast) * np.exp(p["gain_weight"] * weight)
        return p["i0"] * np.sinh(v / p["v0"]) * gain


class DoseMemristor:
    """Equations of the family dose_memristor: volatile state, weight, dose, none of them scaled."""

    drives = ("p",)

    def __init__(self, p, temperature):
        self.p = p

    def start(self, inputs):
        (v,) = inputs
        if v == 0:
            return np.array([0.0, self.p["weight"], 0.0])
        raise AssertionError("a run starts at 0 V")

    def dose_rate(self, v):
        slope = 2 * self.p["v_dose"]
        return self.p["rate_dose"] * (np.sinh(abs(v) / slope) / np.sinh(5 / slope)) ** 2

    def slope(self, state, inputs):
        (v,), p = inputs, self.p
        volatile, weight, dose = state
        u, bend = v / 2, p["v_smooth"] / 2
        fill = p["rate_volatile"] * u**2 / (u**2 + bend**2) ** (1 - p["exponent_volatile"] / 2)
        drive = p["rate_weight"] * (abs(v) / 3) ** p["exponent_weight"]
        harm = self.dose_rate(v)
        kept, rest = p["retention"], p["weight"]
        return np.array(
            [
                fill * (1 - volatile / p["cap_volatile"])
                - volatile / (p["lifetime"] * (1 + dose))
                - volatile / kept,
                (drive * (1 - weight) if v > 0 else -drive * weight) + (rest - weight) / kept,
                (harm * (1 - dose / p["cap_dose"]) if v > 0 else -harm * dose) - dose / kept,
            ]
        )

    def current(self, state, inputs):
        (v,), p = inputs, self.p
        volatile, weight, dose = state
        u = (dose / (p["time_dose"] * self.dose_rate(7.0))) ** p["steepness_dose"]
        gain = (1 + volatile) * (1 + p["gain_weight"] * weight) * (1 + p["gain_dose"] * u / (1 + u))
        return p["i0"] * np.sinh(v / p["v0"]) / np.sinh(2 / p["v0"]) * gain


class PbsTrap:
    """Equations of pbs_trap: states fast trap, slow trap, network voltage; carriers follow."""

    colours = ("740", "550", "450")
    drives = ("p", 740, 550, 450)

    def __init__(self, p, temperature):
        assert p["carrier_lifetime"] == 0
        self.p = p
        reference = p["temperature_ref"] + 273.15
        inverse = (1 / temperature - 1 / reference) / BOLTZMANN
        self.faster = np.exp(-p["activation_energy"] * inverse)
        self.conduction = np.exp(-p["conduction_energy"] * inverse)
        self.coupling = p["trap_coupling"] * reference / temperature
        #: Of a trap in the dark: thermal capture over emission.
        self.filling = p["thermal_filling"] * np.exp(-p["trap_level"] / BOLTZMANN / temperature)

    def start(self, inputs):
        assert not any(inputs[1:])
        occupied = self.filling / (1 + self.filling)
        state = np.array([occupied, occupied, 0.0])
        contact, network = self.resistances(state)
        state[2] = inputs[0] * network / (contact + network)
        return state

    def carriers(self, inputs):
        light = zip(self.colours, inputs[1:], strict=True)
        return sum(self.p[f"responsivity_{c}"] * e for c, e in light) / self.p["irradiance_ref"]

    def resistances(self, state):
        p, (fast, slow, _) = self.p, state
        contact = (p["r1"] + p["r2"]) * np.exp(self.coupling * (fast + slow)) / self.conduction
        return contact, p["r3"] * np.exp(self.coupling * fast) / self.conduction

    def slope(self, state, inputs):
        p, carriers = self.p, self.carriers(inputs)
        rates = []
        for name, n in (("fast", state[0]), ("slow", state[1])):
            emission = self.faster / p[f"release_time_{name}"]
            capture = p[f"capture_rate_{name}"] * carriers + self.filling * emission
            rates.append(capture * (1 - n) - emission * n)
        leak = state[2] / self.resistances(state)[1]
        return np.array([*rates, (self.current(state, inputs) - leak) / p["c"]])

    def current(self, state, inputs):
        drive = inputs[0] + self.p["v_ac"] * self.carriers(inputs)
        return (drive - state[2]) / self.resistances(state)[0]


DOSE = ("mose2_dose", "mose2_dose_sublinear", "mose2_dose_seven")
EQUATIONS = {"mose2": Mose2, "pbs_trap": PbsTrap, **dict.fromkeys(DOSE, DoseMemristor)}


def solve(run, wanted):
    """Waveforms of a run from its equations, densely after every corner and at wanted times."""
    bench = run.testbench()
    equations = EQUATIONS[run.device.name](
        {**run.device.defaults, **run.parameters}, bench.temperature
    )
    signals = []
    for name in equations.drives:
        if name == "p":
            stimulus = bench.stimuli[name]
        else:  # light of one wavelength [nm]
            beams = bench.stimuli["light"].beams
            found = [beam.course for beam in beams if round(beam.colour * 1e9) == name]
            stimulus = found[0] if found else None
        scale = 1.0 if name == "p" else 0.1  # W/m^2 to mW/cm^2
        points = (np.zeros(1), np.zeros(1)) if stimulus is None else stimulus.points
        signals.append((points[0], points[1] * scale))
    corners = np.concatenate([[0.0], *(t for t, _ in signals), [bench.duration]])
    corners = np.unique(corners[corners <= bench.duration])

    def inputs(t):
        return [float(np.interp(t, *signal)) for signal in signals]

    state = equations.start(inputs(0.0))
    times, currents = [np.zeros(1)], [np.array([equations.current(state, inputs(0.0))])]
    for begin, end in itertools.pairwise(corners):
        span, first, last = end - begin, inputs(begin), inputs(end)
        steady = first == last

        def held(t, begin=begin, span=span, first=first, last=last, steady=steady):
            if steady:
                return first
            share = (t - begin) / span
            return [a + (b - a) * share for a, b in zip(first, last, strict=True)]

        if span < SHORT:
            middle = begin + span / 2
            half = state + span / 2 * equations.slope(state, held(begin))
            state = state + span * equations.slope(half, held(middle))
            times.append(np.array([end]))
            currents.append(np.array([equations.current(state, last)]))
            continue
        grid = begin + span * np.concatenate(
            [np.linspace(0, 1, 61)[1:-1], np.geomspace(1e-5, 0.5, 60)]
        )
        inside = wanted[(wanted > begin) & (wanted < end)]
        at = np.unique(np.concatenate([grid, inside, [end]]))
        solution = solve_ivp(
            lambda t, y, held=held: equations.slope(y, held(t)),
            (begin, end),
            state,
            "LSODA",
            at,
            rtol=1e-8,
            atol=1e-11,
            max_step=np.inf if steady else span / 50,
        )
        assert solution.success, solution.message
        state = solution.y[:, -1]
        times.append(at)
        currents.append(
            np.array([equations.current(y, held(t)) for t, y in zip(at, solution.y.T, strict=True)])
        )
    time, current = np.concatenate(times), np.concatenate(currents)
    stimulus = bench.stimuli["p"].points
    return Waveforms(
        time,
        {"i(p)": current, "v(p)": np.interp(time, *stimulus)},
        {"i(p)": "A", "v(p)": "V"},
        bench.breakpoints,
        bench.profile.bound,
    )


#: Relative differences of metrics that amplify an error of the current: fits of a small rest
#: within a window, whose ends are the solver's own points.
AMPLIFIED = {"recovery_time_constant": 1e-2, "recovery_rate": 1e-3}
EDGE = 2e-6  #: within an edge a threshold is crossed anywhere [s]


def compare(name, got, expected, bound, peak):
    """Whether a metric is the same within the accuracy profile."""
    if np.isnan(expected.value) or np.isnan(got.value):
        assert np.isnan(expected.value) == np.isnan(got.value), (name, got.note, expected.note)
        return
    factor = max(2 * bound, AMPLIFIED.get(name, 0.0))
    floor = peak if expected.unit == "A" else 1.0 if expected.unit == "1" else 0.0
    allowed = factor * max(abs(expected.value), floor) + (EDGE if expected.unit == "s" else 0.0)
    assert abs(got.value - expected.value) <= allowed, (name, got.value, expected.value)


def steady(run, time):
    """Which times lie outside the edges."""
    corners = run.testbench().breakpoints
    place = np.searchsorted(corners, time)
    bounds = np.concatenate([[0.0], corners, [np.inf]])
    return (bounds[place + 1] - bounds[place] > SHORT) & ~np.isin(time, corners)


def check(pool, name, device, chosen=None):
    loaded = load_scenario(name, [f"device={device}"])
    runs = expand(loaded)
    if chosen is not None:
        runs = [runs[k] for k in chosen]
    for (_, outcome), run in zip(
        sorted(pool.map(RUN_TESTBENCH, [run.testbench() for run in runs])), runs, strict=True
    ):
        assert isinstance(outcome, Finished), outcome.message
        waveforms = outcome.result
        reference = solve(run, waveforms.time)
        peak = float(np.abs(reference["i(p)"]).max())
        bound = run.profile.bound
        here = np.interp(waveforms.time, reference.time, reference["i(p)"])
        assert np.abs(waveforms["i(p)"] - here)[steady(run, waveforms.time)].max() <= bound * peak
        metrics = [run.protocol.measure(w, run.device) for w in (waveforms, reference)]
        for metric in metrics[0]:
            compare(metric, metrics[0][metric], metrics[1][metric], bound, peak)


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("single_pulse", None),
        ("pulse_width", None),
        ("paired_pulse", None),
        ("spike_rate", [0, 3]),
        ("energy_per_spike", None),
        ("wavelength", None),
        ("width_trains", [1, 3]),
        ("pulse_number", [1, 17]),
        ("published_trace", None),
        ("consecutive_trains", [0]),
        ("colour_trains", [2]),
        ("dark_recovery", [0, 2, 5]),
        ("low_pass", [1]),
    ],
)
def test_pbs_trap(pool, name, chosen):
    check(pool, f"pbs/{name}", "pbs_trap", chosen)


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("hysteresis", None),
        ("repeated_sweeps", None),
        ("paired_pulse", None),
        ("potentiation_depression", [0]),
        ("pulse_width", None),
        ("learning_forgetting", [0]),
        ("forgetting", None),
        ("nociceptor", None),
        ("sensitisation", [0, 2, 4, 6]),
        ("device_variation", [3]),
    ],
)
def test_mose2(pool, name, chosen):
    check(pool, f"mose2/{name}", "mose2", chosen)


@pytest.mark.parametrize(
    ("name", "device", "chosen"),
    [
        ("hysteresis", "mose2_dose", None),
        ("repeated_sweeps", "mose2_dose_sublinear", None),
        ("paired_pulse", "mose2_dose_sublinear", [0, 4, 9]),
        ("potentiation_depression", "mose2_dose", None),
        ("steady_cycle", "mose2_dose_sublinear", None),
        ("nociceptor", "mose2_dose_seven", None),
        *(("learning_forgetting", device, None) for device in DOSE),
        *(("forgetting", device, [0, 2, 4]) for device in DOSE),
        *(("sensitisation", device, [0, 2, 4, 6]) for device in DOSE),
    ],
)
def test_dose_memristors(pool, name, device, chosen):
    check(pool, f"mose2/{name}", device, chosen)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("pbs/spike_rate", "pbs_trap"),
        ("pbs/pulse_number", "pbs_trap"),
        ("pbs/colour_trains", "pbs_trap"),
        ("pbs/dark_recovery", "pbs_trap"),
        ("pbs/low_pass", "pbs_trap"),
        ("mose2/endurance", "mose2"),
        ("mose2/steady_cycle", "mose2"),
        ("mose2/endurance", "mose2_dose"),
    ],
)
def test_the_long_ones_in_full(pool, name, device):
    check(pool, name, device)
