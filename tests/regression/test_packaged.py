"""The packaged scenarios have goldens in the repository, and they hold, also elsewhere."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from optospice.ngspice.installation import find_installation
from optospice.ngspice.pool import Pool
from optospice.regression import judge, planned
from optospice.regression.cases import simulated
from optospice.regression.golden import points_file
from optospice.regression.judge import expected_keys

ROOT = Path(__file__).parents[2]
OTHER = ROOT / ".ngspice" / "current"
HOME = ROOT / "tests" / "goldens"
FILES = sorted((ROOT / "scenarios").glob("**/*.toml"))
#: Every protocol, the hard device, a closed loop and analyses, in a few seconds.
SOME = ["mose2/sensitisation", "mose2/device_variation", "mose2/hysteresis", "pbs/paired_pulse",
        "pbs/single_pulse", "pbs/width_trains", "pbs/oleic_acid_control",
        "closed_loop/pavlov", "circuits/rc_noise", "circuits/rc_response",
        "infrared/two_colours"]  # fmt: skip


def test_every_scenario_has_a_small_golden():
    for case in planned(str(file) for file in FILES):
        assert case.golden is not None, case.golden_file
        assert case.golden_device is not None, (case.golden_file, case.device)
        assert case.golden.scenario == case.scenario
        assert case.golden_file.is_relative_to(HOME)
        most = (15_000 + 100 * len(case.golden_device.runs)) * len(case.golden.devices)
        for file in (case.golden_file, points_file(case.golden_file)):
            assert not file.exists() or file.stat().st_size < most
        assert points_file(case.golden_file).exists() == (
            any(device.waveforms or device.curves for device in case.golden.devices.values())
        )
        for waveform in case.golden_device.waveforms:
            assert sum(map(len, waveform.segments)) <= 200


def test_there_is_no_golden_without_a_scenario():
    cases = planned(str(file) for file in FILES)
    known = {case.golden_file for case in cases}
    found = {file for file in HOME.rglob("*") if file.is_file()}
    assert known <= found  # the points are a file of their own, where there are any
    assert found <= known | {points_file(file) for file in known}


def test_what_the_wheel_packs_holds_no_golden():
    """By the configuration of the build; `test_package.py` builds it."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    packed = wheel["targets"]["wheel"]["only-include"]
    assert "scenarios" in packed
    for folder in packed:
        assert not HOME.is_relative_to(ROOT / folder)
        assert not list((ROOT / folder).rglob("*.golden.*"))
        assert not list((ROOT / folder).rglob("*.parquet"))


def hold(pool: Pool) -> None:
    for case, result in simulated(planned(SOME), pool):
        outcomes = judge(case, result)
        assert [outcome.key for outcome in outcomes] == expected_keys(case)
        for outcome in outcomes:
            assert outcome.ok, (case.scenario, case.device, outcome.name, outcome.message)


def test_they_hold(pool):
    hold(pool)


def test_they_hold_under_another_version():
    if not OTHER.is_dir():
        pytest.skip("no second ngspice here: scripts/fetch_ngspice.sh .ngspice/current")
    with Pool(workers=2, installation=find_installation(str(OTHER))) as other:
        hold(other)
        assert other.version != planned(SOME)[0].golden.ngspice
