"""Named steps of easing: their order, when they are taken, what they leave."""

from __future__ import annotations

import numpy as np
import pytest

from closed_form import rc_current
from optospice.accuracy import PROFILES, easings, find_profile
from optospice.device import find_device
from optospice.ngspice.easing import eased
from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.proof import proved
from optospice.stimulus import PulseTrain, Signal
from optospice.testbench import Testbench

TOO_SMALL = "stopped at 1 s of 2 s; ngspice: TRAN: Timestep too small"


@pytest.mark.parametrize("name", PROFILES)
def test_steps_are_named_and_never_tighter(name):
    profile = PROFILES[name]
    steps = (profile, *easings(profile))
    assert all(step.eased for step in steps[1:])
    assert len({step.eased for step in steps}) == len(steps)
    assert all(step.bound >= profile.bound for step in steps)
    assert all(step.relative_tolerance >= profile.relative_tolerance for step in steps)
    assert all(step.current_tolerance > profile.current_tolerance for step in steps[1:])


def test_the_first_step_that_converges_is_taken():
    profile = find_profile("standard")
    tried = []

    def run(step):
        tried.append(step)
        if step.current_tolerance < 1e-13:
            raise RunFailedError(TOO_SMALL)
        return step.bound

    outcome = eased(profile, run)
    assert tried == [profile, *easings(profile)[:2]]
    assert outcome.result == profile.bound
    assert outcome.notes == ("tolerances of standard eased: abstol 1e-18 -> 1e-12 A",)


def test_it_may_begin_with_a_step():
    profile = find_profile("fast")
    begin = profile.suited_to("t\nQ1 c b e QX\n")
    assert begin == easings(profile)[0]
    assert profile.suited_to("t\nR1 a b 1k\nBx a b I=V(q1)\n") == profile
    assert eased(profile, lambda step: step, begin).profile == begin


def test_what_was_tried_is_named():
    profile = find_profile("standard")

    def run(_):
        raise RunFailedError(TOO_SMALL)

    with pytest.raises(
        RunFailedError,
        match=r"Timestep too small; tried as well with \d+ easier tolerances, the last: abstol",
    ) as e:
        eased(profile, run)
    assert easings(profile)[-1].eased in str(e.value)


def test_another_failure_is_not_repeated():
    calls = []

    def run(step):
        calls.append(step)
        raise RunFailedError("ngspice gave no data for nowhere")

    with pytest.raises(RunFailedError, match="nowhere"):
        eased(find_profile("fast"), run)
    assert len(calls) == 1


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("decade", range(-12, -2, 2))
def test_the_bound_that_is_left_for_a_current(simulate, place, decade):
    """The device's closed form at eased tolerances: 1 pA to 1 mA."""
    device = find_device("pbs_rc")
    scale = 5e-7 / 10.0**decade
    parameters = {
        name: value * (scale if name in ("r1", "r2", "r3") else 1 / scale if name == "c" else 1)
        for name, value in device.defaults.items()
    }
    light = Signal(0.0, (PulseTrain(12.2, 10.0, delay=5.0),))
    step = easings(find_profile("standard"))[place]
    waves = simulate(Testbench(device, {"p": Signal(1.0), "light": light}, 50.0, parameters, step))
    exact = rc_current(parameters, 1.0, light, waves.time)
    peak = np.abs(exact).max()
    assert np.abs(waves.current - exact).max() <= step.kept_bound(peak) * peak


def test_an_error_is_seen_by_moving_the_tolerance():
    """Runs whose error is tolerance**(2/3): tightened until it is below the bound."""
    profile = find_profile("standard")
    time = np.linspace(0.0, 1.0, 201)

    def run(step):
        off = 40 * profile.bound * (step.relative_tolerance / profile.relative_tolerance) ** (2 / 3)
        return {"time": time, "a": np.sin(6 * time) * (1 + off)}

    proof = proved(profile, run, run(profile), ["a"], np.empty(0))
    true = np.abs(proof.vectors["a"] - np.sin(6 * time)).max()
    assert true <= proof.error <= profile.bound


def test_an_error_that_does_not_shrink_is_told():
    profile = find_profile("standard")
    time = np.linspace(0.0, 1.0, 201)
    noise = np.random.default_rng(0)

    def run(_):
        return {"time": time, "a": 1 + 0.1 * noise.standard_normal(time.size)}

    assert proved(profile, run, run(profile), ["a"], np.empty(0)).error > profile.bound


def test_where_nothing_finer_converges_a_looser_run_tells():
    profile = find_profile("standard")
    time = np.linspace(0.0, 1.0, 201)

    def run(step):
        if step.relative_tolerance < profile.relative_tolerance:
            raise RunFailedError(TOO_SMALL)
        off = 0.01 * (step.relative_tolerance / profile.relative_tolerance) ** (2 / 3)
        return {"time": time, "a": np.full(time.size, 1 + off)}

    assert proved(profile, run, run(profile), ["a"], np.empty(0)).error >= 0.01
