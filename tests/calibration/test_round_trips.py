"""Generate with known parameters, fit, recover; say so where that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from calibration.calibration_project import (
    fitted,
    record_problem,
    simulated,
    write_record,
    write_scenario,
)
from optospice import units
from optospice.calibration.cards import prepare, write_device
from optospice.calibration.problem import build
from optospice.calibration.report import document, markdown
from optospice.calibration.simulate import evaluate
from optospice.device import find_device
from optospice.errors import InputError
from optospice.ngspice.pool import Pool
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from own_form import write_own_form

TRUTH = {"r1": 7e6, "r3": 31e6, "c": 240e-9}
FREE = list(TRUTH)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_noisy_waveform_gives_its_parameters_back(tmp_path: Path, pool: Pool, seed: int) -> None:
    scenario = write_scenario(tmp_path / "pulse.toml")
    record = write_record(tmp_path / "m.csv", simulated(pool, scenario, TRUTH), seed)
    _, statistics = fitted(pool, record_problem(scenario, record, FREE))
    for estimate in statistics.estimates:
        truth = TRUTH[estimate.free.name]
        assert estimate.interval is not None
        half = (estimate.interval[1] - estimate.interval[0]) / 2
        assert abs(estimate.value - truth) < 3 * half, estimate
        assert half < 0.02 * truth
    # the residuals are in standard deviations: the noise was estimated from the record
    assert statistics.chi2 / statistics.freedom == pytest.approx(1, abs=0.35)
    assert not statistics.loose
    assert not statistics.contradictions


def _targets(pool: Pool, file: Path, truth: dict[str, float]) -> list[tuple[str, str, str, str]]:
    """Give what the scenario measures with known parameters, as published numbers."""
    (run,) = expand(load_scenario(str(write_scenario(file))))
    metrics = run.protocol.measure(simulated(pool, file, truth), run.device)
    names = ("dark_current", "postsynaptic_current_amplitude", "current_at_pulse_end", "undershoot")
    return [(name, name, f"{metrics[name].value!r} A", "0.5 %") for name in names]


def test_targets_of_a_known_set_give_it_back_from_several_starts(
    tmp_path: Path, pool: Pool
) -> None:
    file = tmp_path / "pulse.toml"
    write_scenario(file, *_targets(pool, file, TRUTH))
    _, statistics = fitted(pool, build([str(file)], FREE), multistart=3)
    assert [e.value for e in statistics.estimates] == pytest.approx(list(TRUTH.values()), rel=5e-3)
    assert statistics.chi2 < 0.1
    assert statistics.as_good == 3
    assert max(statistics.spread) < 0.01


def test_uncertainty_does_not_depend_on_the_start(tmp_path: Path) -> None:
    file = tmp_path / "pulse.toml"
    starts = ([], ["r1=2 Mohm", "r3=90 Mohm", "c=50 nF"])
    with Pool(workers=2) as pool:  # its own: nothing that ran before has a say
        write_scenario(file, *_targets(pool, file, TRUTH))
        near, far = (fitted(pool, build([str(file)], FREE, start))[1] for start in starts)
    for first, second in zip(near.estimates, far.estimates, strict=True):
        assert second.value == pytest.approx(first.value, rel=5e-3)
        assert second.deviation == pytest.approx(first.deviation, rel=0.1)
        assert second.interval == pytest.approx(first.interval, rel=5e-3)
    assert far.singular_values == pytest.approx(near.singular_values, rel=0.1)


def test_parameters_that_act_as_a_sum_are_not_identified(tmp_path: Path, pool: Pool) -> None:
    file = tmp_path / "pulse.toml"
    write_scenario(file, *_targets(pool, file, TRUTH))
    fit, statistics = fitted(pool, build([str(file)], ["r1", "r2", "r3", "c"]))
    r1, r2, r3, c = statistics.estimates
    assert r1.interval is None
    assert r2.interval is None
    assert r1.value + r2.value == pytest.approx(13e6, rel=5e-3)
    assert r3.value == pytest.approx(31e6, rel=5e-3)
    assert c.interval is not None
    (line,) = statistics.loose
    assert "r1" in line
    assert "r2" in line
    assert "not identified separately" in line
    assert statistics.freedom == 1  # four numbers, three directions
    assert "not identified" in markdown(fit, statistics, "optospice calibrate")
    assert document(fit, statistics)["parameters"][0]["identified"] is False


def test_targets_that_contradict_each_other_are_named(tmp_path: Path, pool: Pool) -> None:
    file = tmp_path / "pulse.toml"
    targets = _targets(pool, file, TRUTH)
    wrong = ("peak-too-high", "postsynaptic_current_amplitude", "560 nA", "0.5 %")
    write_scenario(file, *targets, wrong)
    _, statistics = fitted(pool, build([str(file)], FREE))
    assert any(line.startswith("peak-too-high against") for line in statistics.contradictions)
    both = [line for line in statistics.contradictions if "peak-too-high" in line]
    assert any("postsynaptic_current_amplitude" in line for line in both)


def test_bound_pulls_only_from_beyond_it(tmp_path: Path, pool: Pool) -> None:
    file = write_scenario(tmp_path / "pulse.toml")
    bound = """
[[targets]]
id = "dark"
metric = "dark_current"
{key} = "25 nA"
source = "a test"
"""
    text = file.read_text()
    for key, met in (("at_least", True), ("at_most", False)):
        file.write_text(text + bound.format(key=key))
        problem = build([str(file)], ["r3"])
        (result,) = evaluate(problem, pool, [[25e6]])  # 27.03 nA
        assert result.residuals is not None
        assert result.residuals[0] == pytest.approx(0 if met else 8.108, abs=0.02)


def test_written_card_loads_and_gives_the_same_numbers(
    tmp_path: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "pulse.toml"
    write_scenario(file, *_targets(pool, file, TRUTH))
    fit, statistics = fitted(pool, build([str(file)], FREE))
    folder = tmp_path / "netlists" / "devices"
    before = find_device("pbs_rc")
    prepare(folder, before)
    write_device(fit, statistics, folder)
    device = find_device("pbs_rc")
    assert device.card_file == folder / "pbs_rc.toml"
    assert device.file == before.file
    assert [device.defaults[name] for name in FREE] == list(fit.values)
    assert device.defaults["r2"] == before.defaults["r2"]
    assert device.card.parameters["r3"].origin == "fitted"
    assert "dark_current" in device.card.parameters["r3"].source
    interval = device.card.parameters["r3"].interval
    assert interval is not None
    ends = [units.parse(end, "ohm") for end in interval]
    assert ends == pytest.approx(statistics.estimates[1].interval, rel=1e-5)
    (again,) = evaluate(build([str(file)], FREE), pool, [fit.values])
    assert again.residuals == pytest.approx(fit.residuals, abs=0.05)
    with pytest.raises(InputError, match="never writes over"):
        prepare(folder, before)


def only(name: str, unit: str, value: float) -> Any:
    """Give the statistics of a fit of one parameter."""
    from optospice.calibration.problem import FreeParameter
    from optospice.calibration.statistics import Estimate

    free = FreeParameter(name, unit, value, 0, 20, False)

    class Only:
        estimates = [Estimate(free, value, (0.85, 0.9), None, 0.02, False)]

    return Only()


def test_the_set_keeps_all_that_was_not_fitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from optospice.calibration.cards import parameter_set

    monkeypatch.chdir(tmp_path)
    device = find_device("pbs_trap")
    folder = tmp_path / "netlists" / "devices"
    folder.mkdir(parents=True)
    text = parameter_set(device, only("trap_coupling", "1", 0.8765), "P08a", ["P08a"])
    (folder / "pbs_trap.toml").write_text(text)
    changed = find_device("pbs_trap")
    assert changed.card_file.parent == folder
    assert changed.defaults == {**device.defaults, "trap_coupling": 0.8765}
    assert changed.card.parameters["trap_coupling"].source == "P08a"
    assert changed.card.parameters["r3"] == device.card.parameters["r3"]
    assert changed.card.valid == device.card.valid
    assert changed.family == device.family


def test_a_device_with_its_own_library_becomes_the_family_of_its_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from optospice.calibration.cards import parameter_set, prepare

    monkeypatch.chdir(tmp_path)
    library = write_own_form(tmp_path, "pbs_trap", "mine")
    device = find_device("mine")
    text = parameter_set(device, only("trap_coupling", "1", 0.8765), "P08a", ["P08a"])
    library.with_name("mine_fitted.toml").write_text(text)
    fitted_device = find_device("mine_fitted")
    assert fitted_device.family == "mine"
    assert fitted_device.defaults == {**device.defaults, "trap_coupling": 0.8765}
    assert fitted_device.card.parameters["r3"] == device.card.parameters["r3"]
    assert find_device("mine").defaults == device.defaults
    with pytest.raises(InputError, match=r"holds mine_fitted\.toml, and .* never writes over"):
        prepare(library.parent, device)
