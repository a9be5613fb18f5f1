"""The null score against its closed form: of i = v/r, ln((1 + t)/(1 - t)) / ln 4."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from evidence.evidence_project import CLAIMS, write_project
from optospice.calibration.scores import computed, prepared
from optospice.device import Device, find_device
from optospice.errors import InputError
from optospice.evidence.claims import Experiment
from optospice.evidence.scores import null_score
from optospice.evidence.variants import check_draws, random_sets
from optospice.evidence.verdicts import judge_sets
from optospice.ngspice.pool import Pool

Tiny = tuple[Device, list[Experiment]]


@pytest.mark.parametrize(
    ("bounds", "width"),
    [('["1 ohm", "1 Tohm"]', math.log(4)), ('["0.8 Mohm", "1 Tohm"]', math.log(2 / 0.8))],
)
def test_values_are_log_uniform_between_the_bounds(
    project: Path, bounds: str, width: float
) -> None:
    write_project(project, bounds=bounds)
    sets = random_sets(find_device("tiny"), 2.0, 20_000, 1)
    logs = np.log([one["r"] / 1e6 for one in sets])
    low = math.log(2) - width
    assert low < logs.min() < low + 0.001  # to the bound, and none beyond it
    assert math.log(2) - 0.001 < logs.max() < math.log(2)
    assert np.unique(logs).size == logs.size  # clipped ones would be equal
    shares = np.sort((logs - low) / width)
    distance = np.abs(shares - np.arange(shares.size) / shares.size).max()
    assert distance < 1.95 / math.sqrt(shares.size)  # Kolmogorov, 0.1 %
    other = np.log([one["k"] / 1e-5 for one in sets])
    assert abs(np.corrcoef(logs, other)[0, 1]) < 4 / math.sqrt(shares.size)
    assert all(one.keys() == {"r", "k"} for one in sets)  # what was fitted, and nothing else


def test_a_draw_depends_on_its_number_and_the_seed_alone(project: Path) -> None:
    device = find_device("tiny")
    assert random_sets(device, 2.0, 5, 1) == random_sets(device, 2.0, 50, 1)[:5]
    assert random_sets(device, 2.0, 5, 1) != random_sets(device, 2.0, 5, 2)


def test_shares_are_those_of_the_closed_form(tiny: Tiny, pool: Pool) -> None:
    device, experiments = tiny
    draws = 300
    score = null_score(device, experiments, pool, draws=draws, seed=3)
    met = {row.id: row.met for row in score.rows}
    sets = random_sets(device, 2.0, draws, 3)
    r = np.array([one["r"] for one in sets])
    k = np.array([one["k"] for one in sets])
    assert met["one"] == np.count_nonzero(np.abs(1e6 / r - 1) <= 0.05)
    assert met["two"] == np.count_nonzero(np.abs(2e6 / r - 2.06) <= 0.206)
    assert met["three"] == np.count_nonzero(np.abs(3e6 / r + 0.5e6 * k - 8) <= 0.4)
    assert met["some"] == met["rising"] == draws
    expected = math.log(1.05 / 0.95) / math.log(4)
    deviation = math.sqrt(expected * (1 - expected) / draws)
    assert abs(met["one"] / draws - expected) < 4 * deviation
    assert (score.runs, score.failed) == (3 * draws, 0)


def test_weak_claims_and_the_mean_of_what_is_met(tiny: Tiny, pool: Pool) -> None:
    record = computed(*tiny, pool, ["null"], draws=40)
    assert record.weak_ids("currents") == {"some", "rising"}
    assert record.weak_ids("another") == set()
    assert record.null is not None
    met = {row.id: row.met for row in record.null.rows}
    assert record.mean_met(record.printed) == pytest.approx(
        (met["one"] + met["two"] + met["three"]) / 40
    )
    assert record.fragility is None
    # 0, 3 % of a tolerance of 10 % of 2.06, 0
    assert record.chi2 == pytest.approx((0.06 / 0.206) ** 2, rel=1e-4)
    assert (record.numbers_used, record.freedom) == (3, 1)


def test_a_run_that_fails_meets_nothing_and_is_counted(tiny: Tiny, pool: Pool) -> None:
    device, (experiment,) = tiny
    judged = judge_sets(experiment, device.name, [{}, {"spare": 3.5}], pool)
    good, bad = judged.verdicts
    assert all(verdict.met for verdict in good.values())
    assert not any(verdict.met for verdict in bad.values())
    assert (judged.runs, judged.failed) == (6, 3)


def test_what_the_scenario_sets_is_not_drawn(project: Path, pool: Pool) -> None:
    file = project / "scenarios" / "currents.toml"
    file.write_text(
        file.read_text().replace("[protocol]", '[parameters]\nr = "1 Mohm"\n[protocol]')
    )
    device, experiments = prepared("tiny")
    score = null_score(device, experiments, pool, draws=10)
    assert {row.id: row.met for row in score.rows}["one"] == 10


def test_only_what_a_publication_claims_counts(project: Path) -> None:
    own = {name: ("own", text) for name, (_, text) in CLAIMS.items()}
    write_project(project, own)
    with pytest.raises(InputError, match="no scenario holds a claim of a publication"):
        prepared("tiny")


@pytest.mark.parametrize("factor", [1.0, 0.5, math.nan, math.inf, -2.0])
def test_a_factor_without_meaning(factor: float) -> None:
    with pytest.raises(InputError, match=r"--factor .*: accepted: above 1"):
        check_draws(10, factor)


@pytest.mark.parametrize("draws", [0, -3, 10**7])
def test_a_number_of_draws_without_meaning(draws: int) -> None:
    with pytest.raises(InputError, match=r"--draws .*: accepted: 1 to"):
        check_draws(draws, 2.0)
