"""The packaged scenarios have goldens, and they hold, under another ngspice as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from optospice.ngspice.installation import find_installation
from optospice.ngspice.pool import Pool
from optospice.regression import judge, planned
from optospice.regression.cases import simulated
from optospice.regression.judge import expected_keys

ROOT = Path(__file__).parents[2]
OTHER = ROOT / ".ngspice" / "current"
FILES = sorted((ROOT / "scenarios").glob("**/*.toml"))
#: Every protocol, the hard device and a closed loop, in a few seconds.
SOME = ["mose2/sensitisation", "mose2/device_variation", "mose2/hysteresis", "pbs/paired_pulse",
        "pbs/single_pulse", "pbs/width_trains", "pbs/oleic_acid_control",
        "closed_loop/pavlov"]  # fmt: skip


def test_every_scenario_has_a_small_golden():
    for case in planned(str(file) for file in FILES):
        assert case.golden is not None, case.golden_file
        assert case.golden_device is not None, (case.golden_file, case.device)
        assert case.golden.scenario == case.scenario
        assert case.golden_file.stat().st_size < 25_000 * len(case.golden.devices)
        for waveform in case.golden_device.waveforms:
            assert sum(map(len, waveform.segments)) <= 200


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
