"""The ten numbers that the PbS paper prints, from the card and nothing else of optospice.

Occupancies are exponentials between hard edges; the voltage of the network is left to scipy. What
the metrics mean is written here again: Eq. 1, 3 and 4 of the paper, and two fits.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import curve_fit

from optospice.device import find_device
from optospice.ngspice.worker import Finished
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from probe_device import RUN_TESTBENCH

#: As printed, and the tolerances of the scenarios.
PRINTED = {
    "P05a": (8.2, 0.05 * 8.2),
    "P05b": (27.0, 0.05 * 27.0),
    "P08a": (55.1, 1.0),
    "P08b": (93.4, 1.0),
    "P09": (10.4, 0.03 * 10.4),
    "P11a": (-48.1, 1.0),
    "P11b": (-72.5, 1.0),
    "P16a": (40.0, 0.03 * 40.0),
    "P16b": (50.0, 0.03 * 50.0),
    "P16c": (55.0, 0.03 * 55.0),
}
INTERVALS = (1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0)


@pytest.fixture(scope="module")
def card():
    return dict(find_device("pbs_trap").defaults)


class Solution:
    """The device at 1 V from rest in the dark on, through stretches of constant light."""

    def __init__(self, card):
        self.card = card
        self.occupied = np.zeros(2)
        self.voltage = card["r3"] / (card["r1"] + card["r2"] + card["r3"])

    def occupancies(self, light, after):
        p = self.card
        capture = np.array([p["capture_rate_fast"], p["capture_rate_slow"]]) * light
        rate = capture + 1 / np.array([p["release_time_fast"], p["release_time_slow"]])
        full = capture / rate
        return full + (self.occupied - full) * np.exp(-np.multiply.outer(after, rate))

    def shine(self, light, duration, points=(0.0,)):
        """Go on for a time and give the current at points of it [A], the last one at its end."""
        p = self.card

        def parts(after, voltage):
            fast, slow = np.moveaxis(self.occupancies(light, after), -1, 0)
            contact = (p["r1"] + p["r2"]) * np.exp(p["trap_coupling"] * (fast + slow))
            current = (1.0 + p["v_ac"] * light - voltage) / contact
            return current, voltage / p["r3"] * np.exp(-p["trap_coupling"] * fast)

        def slope(after, voltage):
            current, leak = parts(after, voltage)
            return (current - leak) / p["c"]

        at = np.append(points, duration)
        found = solve_ivp(slope, (0, duration), [self.voltage], "LSODA", at, rtol=1e-9, atol=1e-12)
        current, _ = parts(at, found.y[0])
        self.occupied = self.occupancies(light, duration)
        self.voltage = found.y[0, -1]
        return current


def post_pulse_time(card, width):
    solution = Solution(card)
    solution.shine(1.0, width)
    after = np.linspace(15.0, 80.0, 1301)
    current = solution.shine(0.0, 100.0, after)[:-1]
    law = curve_fit(
        lambda t, a, tau: a * np.exp(-t / tau), after - 15, current - 1 / 37e6, (-1e-9, 9)
    )
    return law[0][1]


def paired_pulse_index(card, interval):
    solution = Solution(card)
    first = solution.shine(1.0, 10.0)[0] - 1 / 37e6
    before = solution.shine(0.0, interval)[-1]
    return 100 * (solution.shine(1.0, 10.0)[0] - before) / first


def peaks(card, colour, width, period, count):
    solution, found = Solution(card), []
    for _ in range(count):
        found.append(solution.shine(card[f"responsivity_{colour}"], width)[0])
        solution.shine(0.0, period - width)
    return np.array(found)


def weight_change(card, frequency):
    train = peaks(card, 550, 0.2, 1 / frequency, 30)
    return 100 * (train[-1] / train[0] - 1)


def test_the_ten_printed_numbers(card):
    indices = [paired_pulse_index(card, interval) for interval in INTERVALS]
    law = curve_fit(lambda t, p, c, tau: p - c * np.exp(-t / tau), INTERVALS, indices, (94, 43, 10))
    found = {
        "P05a": post_pulse_time(card, 1.0),
        "P05b": post_pulse_time(card, 20.0),
        "P08a": indices[0],
        "P08b": indices[-1],
        "P09": law[0][2],
        "P11a": weight_change(card, 1.0),
        "P11b": weight_change(card, 4.0),
    }
    for name, colour in (("P16a", 740), ("P16b", 550), ("P16c", 450)):
        found[name] = 1e9 * peaks(card, colour, 0.1, 1.0, 10).mean() * 0.1  # nJ at 1 V
    missed = {
        k: found[k] for k, (value, allowed) in PRINTED.items() if abs(found[k] - value) > allowed
    }
    assert not missed


@pytest.mark.parametrize(
    ("name", "metric", "scale", "independent"),
    [
        (
            "spike_rate",
            "synaptic_weight_change",
            100,
            lambda card: [weight_change(card, f) for f in (1.0, 2.0, 3.0, 4.0)],
        ),
        (
            "energy_per_spike",
            "energy_per_event",
            1e9,
            lambda card: [0.1e9 * peaks(card, c, 0.1, 1.0, 10).mean() for c in (740, 550, 450)],
        ),
        (
            "paired_pulse",
            "paired_pulse_index",
            100,
            lambda card: [paired_pulse_index(card, interval) for interval in INTERVALS],
        ),
        (
            "pulse_width",
            "recovery_time_constant",
            1,
            lambda card: [post_pulse_time(card, width) for width in (1.0, 2.0, 5.0, 10.0, 20.0)],
        ),
    ],
)
def test_optospice_gives_the_same(pool, card, name, metric, scale, independent):
    runs = expand(load_scenario(f"pbs/{name}", ["device=pbs_trap"]))
    simulated = []
    for (_, outcome), run in zip(
        sorted(pool.map(RUN_TESTBENCH, [run.testbench() for run in runs])), runs, strict=True
    ):
        assert isinstance(outcome, Finished), outcome.message
        simulated.append(scale * run.protocol.measure(outcome.result, run.device)[metric].value)
    # the time constants are those of a small rest, in which the error of the peak counts
    allowed = 5e-3 if metric == "recovery_time_constant" else 2e-3
    assert simulated == pytest.approx(independent(card), rel=allowed)


def test_without_the_slow_trap_the_numbers_are_missed(card):
    """The check above can fail: one trap alone forgets too fast."""
    one = {**card, "capture_rate_slow": 0.0}
    value, allowed = PRINTED["P05b"]
    assert post_pulse_time(one, 20.0) < value - 5 * allowed
    assert all(a < b for a, b in itertools.pairwise(weight_change(one, f) for f in (4.0, 2.0, 1.0)))
