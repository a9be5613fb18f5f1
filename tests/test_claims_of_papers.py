"""What is called printed is printed, and every count of the page is the sum of its rows."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from optospice import evidence
from optospice.device import find_device, list_devices
from optospice.evidence.claims import experiments_of
from optospice.evidence.comparison import comparison_table, met_at_random, predicted
from optospice.evidence.tables import lost_by_any, markdown_table
from optospice.library import packaged_folder
from optospice.scenario.evidence import Category, category_of, fitted_parameters
from optospice.scenario.load import LoadedScenario, load_scenario

ROOT = Path(__file__).parents[1]
#: Every number that is claimed here and stands in a paper, as the paper prints it.
PRINTED = {
    "panagopoulou2026": {
        "P05a": "8.2 s", "P05b": "27 s", "P08a": "55.1 %", "P08b": "93.4 %", "P09": "10.4 s",
        "P11a": "-48.1 %", "P11b": "-72.5 %", "P16a": "40 nJ", "P16b": "50 nJ", "P16c": "55 nJ",
    },
    "duan_mose2": {
        "M15": "13", "M16a": "512 ms", "M16b": "540 ms", "M16c": "826 ms",
        "M19a": "27 s", "M19b": "21 s", "M19c": "13 s", "M19d": "10 s",
    },
    "lee2020": {"R14 sun": "8.87 %", "R14 750": "3.57 %", "R14 1100": "1.43 %"},
    "zhu2023": {"R26 1550 nm": "10.29 %", "R26 current": "11.91 mA"},
}  # fmt: skip
PAGE = ROOT / "docs" / "reproduction.md"


def packaged() -> Iterator[LoadedScenario]:
    for file in sorted((packaged_folder() / "scenarios").glob("**/*.toml")):
        yield load_scenario(str(file))


def written(loaded: LoadedScenario) -> list[dict[str, Any]]:
    """Targets as the file has them, specs left out."""
    return list(loaded.data.get("targets", ()))


def test_every_claim_about_a_paper_says_what_it_is() -> None:
    silent = [
        f"{one.name}: {target['id']}"
        for one in packaged()
        for target in written(one)
        if "kind" not in target
    ]
    assert not silent


def test_nothing_is_called_printed_that_no_paper_prints() -> None:
    found: dict[str, dict[str, str]] = {}
    for one in packaged():
        for target in one.scenario.targets:
            if target.kind in ("printed", "digitised"):
                own = found.setdefault(one.scenario.citation, {})
                assert target.id not in own, f"{target.id} stands twice"
                own[target.id] = str(target.published)
    assert found == PRINTED


@pytest.mark.parametrize(
    ("device", "fitted", "held_out", "parameters"),
    [
        ("pbs_trap", 10, 0, 7),
        ("pbs_rc", 0, 10, 0),
        ("mose2_dose", 8, 0, 9),
        ("mose2_dose_sublinear", 8, 0, 10),
        ("mose2_dose_seven", 8, 0, 7),
        ("mose2", 8, 0, 14),
        ("pbs_cell_lee2020", 3, 0, 3),
        ("pbs_cell_zhu2023", 1, 1, 2),
    ],
)
def test_what_was_used_in_a_fit_follows_from_the_card(
    device: str, fitted: int, held_out: int, parameters: int
) -> None:
    found = find_device(device)
    card = found.card.parameters
    counts = Counter(
        category_of(target, card) for one in experiments_of(found) for target in one.targets
    )
    assert (counts[Category.FITTED], counts[Category.HELD_OUT]) == (fitted, held_out)
    assert len(fitted_parameters(card)) == parameters


@pytest.mark.parametrize("device", list_devices())
def test_every_fitted_value_says_to_what(device: str) -> None:
    card = find_device(device).card.parameters
    assert all(card[name].fitted_to for name in fitted_parameters(card))


def records() -> list[str]:
    return sorted(file.stem for file in (packaged_folder() / "netlists/evidence").glob("*.json"))


@pytest.mark.parametrize("device", records())
def test_packaged_scores_are_those_of_the_packaged_device(device: str) -> None:
    record = evidence.load(device)
    assert record is not None
    assert not evidence.is_stale(record)
    assert record.null is not None
    assert record.fragility is not None
    card = find_device(device).card.parameters
    assert record.fitted == list(fitted_parameters(card))
    known = set().union(*PRINTED.values())
    assert {row.id for row in record.claims if row.printed} <= known


def test_the_devices_of_the_two_papers_have_their_scores() -> None:
    assert {"pbs_trap", "mose2", "mose2_dose", "mose2_dose_seven"} <= set(records())
    record = evidence.load("pbs_trap")
    assert record is not None
    assert record.leave_one_out is not None
    assert len(record.leave_one_out.rows) == 10


def rows_of_the_page() -> list[dict[str, str]]:
    with PAGE.with_suffix(".csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    # a claim counts once, with the device that is meant for it
    return [row for row in rows if row["device"] == row["meant_device"]]


def test_the_counts_of_the_page_are_the_sums_of_its_rows() -> None:
    rows = rows_of_the_page()
    weak = [row for row in rows if row["counted as"].startswith("weak")]
    counted = [row for row in rows if row not in weak and "not applicable" not in row["verdict"]]
    parts = []
    for category in Category:
        own = [row for row in counted if row["counted as"] == category]
        if own:
            met = sum(row["met"] == "true" for row in own)
            parts.append(f"{met} of {len(own)} {category} met")
    if weak:
        parts.append(f"{len(weak)} weak, not counted")
    summary = next(line for line in PAGE.read_text("utf-8").splitlines() if " printed" in line)
    assert summary.startswith("; ".join(parts) + "; ")
    assert len(counted) == sum(int(re.findall(r"of (\d+)", part)[0]) for part in parts[:4])


def test_what_the_page_calls_printed_is_what_the_papers_print() -> None:
    found: dict[str, set[str]] = {}
    for row in rows_of_the_page():
        if "printed" in row["counted as"]:
            found.setdefault(row["citation"], set()).add(row["id"])
    assert found == {key: set(numbers) for key, numbers in PRINTED.items()}


def test_weak_claims_are_those_that_random_sets_meet() -> None:
    for row in rows_of_the_page():
        share = row["null_share"]
        is_weak = bool(share) and float(share) >= 0.9
        checked = "consistency" not in row["counted as"]
        assert row["counted as"].startswith("weak") == (is_weak and checked)


def test_the_readme_and_the_page_of_the_memristor_say_what_the_records_say() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for device in ("pbs_trap", "mose2_dose", "mose2"):
        record = evidence.load(device)
        assert record is not None
        met = sum(row.met for row in record.printed)
        cells = [
            f"`{device}`", f"{met} of {len(record.printed)}", str(len(record.fitted)),
            met_at_random(record), f"{lost_by_any(record, 0.01)} parameters", predicted(record),
        ]  # fmt: skip
        assert f"| {' | '.join(cells)} |" in readme
    devices = ["mose2", "mose2_dose_seven", "mose2_dose", "mose2_dose_sublinear"]
    found = [record for name in devices if (record := evidence.load(name)) is not None]
    page = (ROOT / "docs" / "mose2.md").read_text("utf-8")
    for line in markdown_table(comparison_table(found)):
        assert line in page
