"""Errors of metrics follow from the profile's bound, and doubtful claims are simulated again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_stored_runs import Counting, ran

from optospice.accuracy import PROFILES
from optospice.ngspice.pool import Pool
from optospice.protocols.solver_error import perturbed
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.store.store import Store
from optospice.sweep.local import run_scenario
from optospice.sweep.task import Task
from optospice.waveform_block import WaveformBlock

PERFORM = "optospice.sweep.task:perform"
HEAD = """
title = "a pulse"
device = "pbs_rc"

[protocol]
name = "single_pulse"
readout = "1 V"
wavelength = "740 nm"
irradiance = "1.22 mW/cm^2"
width = "1 s"
tail = "5 s"
"""
PEAK, TAU = "postsynaptic_current_amplitude", "recovery_time_constant"


@pytest.fixture
def counting(pool: Pool) -> Counting:
    return Counting(pool)


def claim(bound: str, metric: str = PEAK, more: str = "") -> str:
    return f"""
[[targets]]
id = "T"
metric = "{metric}"
{bound}
source = "a test"
{more}
"""


def errors_of(name: str, profile: str, pool: Pool) -> tuple[Any, Any, Any]:
    """Give the waveforms of a scenario's first run, what was measured, and its exact signals."""
    run = replace(expand(load_scenario(name))[0], profile=PROFILES[profile])
    task = replace(Task.of([run], True), with_errors=True)
    [(_, outcome)] = pool.map(PERFORM, [task])
    found = outcome.result  # type: ignore[union-attr]
    return found.runs()[0].result, found.measured[0], run.testbench().levels


def test_perturbed_waveforms_stay_within_the_bound_and_reach_it() -> None:
    time = np.linspace(0.0, 10.0, 101)
    level = np.where((time >= 4) & (time < 6), 4.0, 0.5)
    current = np.where(level > 1, 1e-6, 1e-9) * np.array([[1.0], [2.0]])
    bounds = np.array([1e-3, 1e-2])
    block = WaveformBlock(
        time,
        {"i(p)": current, "v(p)": np.broadcast_to(level, (2, 101))},
        {"i(p)": "A", "v(p)": "V"},
        time[[40, 60]],
        bounds,
    )
    away = [np.abs(one.signals["i(p)"] - current) / current for one in perturbed(block, ["v(p)"])]
    inside = [n for n in range(101) if n not in (39, 40, 59, 60)]  # beside the edges
    largest = np.max(away, axis=0)[:, inside]
    # against what flows at the same level, not against the thousandfold during the pulse
    assert largest == pytest.approx(np.repeat(bounds[:, None], len(inside), axis=1), rel=1e-9)
    assert all(one.signals["v(p)"] is block.signals["v(p)"] for one in perturbed(block, ["v(p)"]))
    without = np.max([np.abs(o.signals["i(p)"] - current)[0, 0] for o in perturbed(block)])
    assert without == pytest.approx(1e-3 * 1e-6)


@pytest.mark.parametrize("name", ["mose2/learning_forgetting", "pbs/spike_rate"])
def test_the_bound_holds_against_what_flows_at_the_same_levels(name: str, pool: Pool) -> None:
    """Reference is ten times as exact: it stands for the truth."""
    seen, _, exact = errors_of(name, "standard", pool)
    truth, _, _ = errors_of(name, "reference", pool)
    levels = np.array([truth[one] for one in exact])
    stays = np.flatnonzero((np.diff(levels, axis=1) == 0).all(axis=0))
    for signal in (one for one in truth.signals if one not in exact):
        off = np.abs(seen.at(signal, truth.time) - truth[signal])
        for level in np.unique(levels[:, stays], axis=1).T:
            points = stays[(levels[:, stays] == level[:, None]).all(axis=0)]
            largest = np.abs(truth[signal][points]).max()
            assert off[points].max() <= PROFILES["standard"].bound * largest + 1e-15


def test_the_error_of_an_amplitude_is_the_bound(pool: Pool) -> None:
    """An amplitude above a dark level: its own part of the peak, in both directions."""
    for profile in ("standard", "reference"):
        waveforms, measured, _ = errors_of("pbs/single_pulse", profile, pool)
        bound = PROFILES[profile].bound
        peak = np.abs(waveforms.current).max()
        assert 0.9 * bound * peak <= measured.errors[PEAK][0] <= 2 * bound * peak


def test_what_the_bound_could_flip_is_repeated_at_reference(pool: Pool, tmp_path: Path) -> None:
    plain = ran(tmp_path, HEAD + claim('at_least = "1 nA"'), pool)
    [sure] = plain.verdicts
    assert (sure.met, sure.repeated_at) == (True, "")
    assert 0 < sure.solver_error < 0.01 * sure.simulated  # type: ignore[operator]
    # half an error of the standard profile above the bound, five of reference
    bound = sure.simulated - 0.5 * sure.solver_error  # type: ignore[operator]
    result = ran(tmp_path, HEAD + claim(f'at_least = "{bound!r} {sure.unit}"'), pool)
    [verdict] = result.verdicts
    assert verdict.word == "met, repeated at reference"
    assert verdict.solver_error < 0.2 * sure.solver_error
    own = plain.records[0].metrics[PEAK]
    assert result.records[0].metrics[PEAK] == own  # the table shows the scenario's own profile
    assert result.exit_code == 0


def test_what_reference_leaves_open_is_not_met(pool: Pool, tmp_path: Path) -> None:
    at_reference = ran(
        tmp_path, 'accuracy = "reference"\n' + HEAD + claim('at_least = "0 s"', TAU), pool
    )
    bound = at_reference.verdicts[0].simulated_si
    text = HEAD + claim(f'at_least = "{bound!r} s"', TAU)
    result = ran(tmp_path, text, pool)
    [verdict] = result.verdicts
    assert verdict.word == "within the solver's error, repeated at reference"
    assert not verdict.met
    assert result.exit_code == 1
    known = '[expectations.pbs_rc]\nmisses = ["T"]\nreason = "known"\n'
    result = ran(tmp_path, text + known, pool)
    assert result.verdicts[0].word.startswith("within the solver's error, as expected")
    assert result.exit_code == 0


def test_a_second_command_repeats_nothing(counting: Counting, tmp_path: Path) -> None:
    plain = ran(tmp_path, HEAD + claim('at_least = "1 nA"'), counting)
    text = HEAD + claim(f'at_least = "{plain.verdicts[0].simulated!r} nA"')
    with Store(tmp_path / "store") as store:
        first = ran(tmp_path, text, counting, store)
        before = counting.simulated
        assert ran(tmp_path, text, counting, store).verdicts == first.verdicts
        assert counting.simulated == before
        # without a claim nobody asks for errors: the waveforms are measured, not simulated
        ran(tmp_path, HEAD, counting, store)
        assert counting.simulated == before


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ('irradiance = "0 mW/cm^2"', "nothing is applied"),
        ('irradiance = "1e-9 mW/cm^2"', "nothing answers"),
    ],
)
def test_no_claim_is_met_in_the_dark(changed: str, reason: str, pool: Pool, tmp_path: Path) -> None:
    head = HEAD.replace('irradiance = "1.22 mW/cm^2"', changed)
    result = ran(tmp_path, head + claim('at_most = "100 nA"'), pool)
    assert result.verdicts[0].word.startswith(f"not applicable: {reason}")
    assert result.exit_code == 1
    result = ran(tmp_path, head + claim('at_most = "100 nA"', more="of_absence = true"), pool)
    assert result.verdicts[0].word == "met"
    result = ran(tmp_path, head + claim('at_least = "1 nA"', "dark_current"), pool)
    assert result.verdicts[0].word == "met"


@pytest.mark.parametrize("voltage", ["0 V", "0.5 V"])
def test_pulses_without_an_amplitude_teach_nothing(voltage: str, pool: Pool) -> None:
    """0.5 V is the read-out; M14a-positive and M14b were met at both."""
    loaded = load_scenario("mose2/learning_forgetting", [f"protocol.voltage={voltage}"])
    result = run_scenario(loaded, expand(loaded), pool)
    assert all(one.inapplicable and not one.met for one in result.verdicts)
    assert result.exit_code == 0  # after a change nothing is expected


@pytest.mark.slow
def test_a_pulse_more_or_less_is_within_the_error_of_the_solver(pool: Pool) -> None:
    """The ninth and the tenth pulse: standard says one, reference the other."""
    changes = ["device=mose2", "accuracy=standard", "parameters.v_fast=0.8757 V"]
    loaded = load_scenario("mose2/sensitisation", changes)
    result = run_scenario(loaded, expand(loaded), pool)
    verdict = next(one for one in result.verdicts if one.target.id == "M19b")
    assert verdict.repeated_at == "reference"
    assert verdict.word.startswith("within the solver's error")
