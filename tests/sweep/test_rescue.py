"""One run of a batch that fails, or that takes its worker down, fails alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from optospice.calibration import simulate as calibration
from optospice.calibration.problem import build
from optospice.ngspice.pool import Pool
from optospice.ngspice.worker import Finished
from optospice.scenario.expand import expand
from optospice.scenario.load import LoadedScenario, load_scenario
from optospice.sweep import collecting
from optospice.sweep.blocks import LARGEST_BLOCK
from optospice.sweep.local import run_scenario
from optospice.sweep.task import Task

PERFORM = "optospice.sweep.task:perform"
DYING = "worker_jobs:perform_or_die"
#: A resistor; of a negative resistance there is no logarithm, and no operating point.
LIBRARY = """* a resistor that may not be negative
.subckt fussy p n params: r=1e6
Bread p n I = V(p,n)/{r}
Bnone x 0 V = log({r})
Rx x 0 1
.ends fussy
"""
CARD = """title = "A resistor"

[[terminals]]
name = "p"
kind = "electrical"
role = "drive"

[[terminals]]
name = "n"
kind = "electrical"
role = "ground"

[parameters.r]
unit = "ohm"
meaning = "resistance"
bounds = ["-1 Gohm", "1 Gohm"]
origin = "assumed"
source = "a test"
"""
SCENARIO = """title = "Resistors"
device = "fussy"

[protocol]
name = "single_pulse"
readout = "0.5 V"
voltage = "1 V"
width = "1 s"
delay = "1 s"
tail = "1 s"

[sweep]
"parameters.r" = {values}

[[targets]]
id = "T1"
metric = "dark_current"
where = {{ "parameters.r" = {first} }}
published = "500 nA"
tolerance = "1 %"
source = "a test"
"""
#: Place of the bad one among them: in the middle of a batch [1].
BAD = 21
RESISTANCES = [1e6 * (1 + place / 10) for place in range(LARGEST_BLOCK)]
RESISTANCES[BAD] = -1e6


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoadedScenario:
    device = tmp_path / "netlists" / "devices" / "fussy.lib"
    device.parent.mkdir(parents=True)
    device.write_text(LIBRARY)
    device.with_suffix(".toml").write_text(CARD)
    (tmp_path / "own.toml").write_text(SCENARIO.format(values=RESISTANCES, first=RESISTANCES[0]))
    monkeypatch.chdir(tmp_path)
    return load_scenario("own.toml")


@pytest.fixture
def one_worker():
    """A process of its own, so that half of the runs are one batch."""
    with Pool(workers=1, attempts=1) as pool:
        yield pool


def test_a_bad_parameter_set_of_a_batch_fails_alone(loaded, pool):
    """The worker itself sorts it out: nothing of the batch has to be handed out again."""
    runs = expand(loaded)
    [(_, outcome)] = pool.map(PERFORM, [Task.of(runs, keep_results=True)])
    assert isinstance(outcome, Finished), outcome
    found = outcome.result.runs()
    assert len(found) == LARGEST_BLOCK
    for place, (measured, resistance) in enumerate(zip(found, RESISTANCES, strict=True)):
        if place == BAD:
            assert measured.failure
            assert not measured.metrics
            assert measured.result is None
        else:
            assert not measured.failure
            assert measured.metrics["dark_current"].value == pytest.approx(0.5 / resistance)
            assert measured.result.at("i(p)", 0.5) == pytest.approx(0.5 / resistance)


def test_a_bad_run_of_a_scenario_fails_alone(loaded, pool):
    result = run_scenario(loaded, expand(loaded), pool)
    _only_the_bad_one_failed(result.records)
    assert [record.run.id for record in result.failed] == [f"{BAD + 1:04d}"]
    assert [verdict.met for verdict in result.verdicts] == [True]
    assert result.exit_code == 1


def test_a_lost_worker_costs_a_scenario_only_the_guilty_run(loaded, one_worker, monkeypatch):
    monkeypatch.setattr(collecting, "_FUNCTION", DYING)
    ended = []
    runs = expand(loaded)
    result = run_scenario(
        loaded, runs, one_worker, on_progress=lambda *counts: ended.append(counts)
    )
    _only_the_bad_one_failed(result.records)
    assert "the simulator process died" in result.records[BAD].message
    assert sum(count for count, _ in ended) == len(runs)  # each of them once
    assert sum(failed for _, failed in ended) == 1


def test_a_device_alone_is_measured_by_its_own_waveforms(loaded, pool):
    runs = expand(loaded)
    task = Task.of(runs, keep_results=True)
    [(_, outcome)] = pool.map(PERFORM, [task])
    given = replace(task, given=outcome.result.results)
    rows = [0, 3, LARGEST_BLOCK - 1]
    for row, (_, alone) in zip(
        rows, pool.map(PERFORM, [given.alone(n) for n in rows]), strict=True
    ):
        (measured,) = alone.result.runs()
        assert measured.metrics["dark_current"].value == pytest.approx(0.5 / RESISTANCES[row])


def _only_the_bad_one_failed(records) -> None:
    for place, (record, resistance) in enumerate(zip(records, RESISTANCES, strict=True)):
        assert record.run.parameters["r"] == resistance
        assert record.status == ("failed" if place == BAD else "ok"), record.message
        if place != BAD:
            assert record.metrics["dark_current"].value == pytest.approx(0.5 / resistance)


@pytest.mark.parametrize("function", [PERFORM, DYING])
def test_a_fit_goes_on_without_the_bad_parameter_set(loaded, one_worker, monkeypatch, function):
    """Residuals are (i / 500 nA - 1) / 1 %; a set that fails has a reason instead."""
    monkeypatch.setattr(calibration, "_FUNCTION", function)
    plain = SCENARIO.partition("[sweep]")[0] + "[[targets]]" + SCENARIO.partition("[[targets]]")[2]
    Path("fit.toml").write_text(plain.replace('where = {{ "parameters.r" = {first} }}\n', ""))
    problem = build(["fit.toml"], ["r"])
    found = calibration.evaluate(problem, one_worker, [[value] for value in RESISTANCES])
    assert len(found) == LARGEST_BLOCK
    for place, (evaluation, resistance) in enumerate(zip(found, RESISTANCES, strict=True)):
        if place == BAD:
            assert evaluation.residuals is None
            assert ("the simulator process died" in evaluation.failure) == (function == DYING)
            assert evaluation.failure
        else:
            assert not evaluation.failure
            assert evaluation.residuals == pytest.approx([100 * (1e6 / resistance - 1)], abs=1e-3)
