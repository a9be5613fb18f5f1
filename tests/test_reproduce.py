"""The table paper vs simulation: its counts, its files, its check."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from optospice import reproduce as module
from optospice.report.reproduction import compare
from optospice.reproduce import devices_of, packaged_scenarios, reproduce
from optospice.scenario.load import load_scenario

TITLE = """title = "One pulse"
citation = "panagopoulou2026"
device = "{device}"

[protocol]
name = "single_pulse"
irradiance = "1.22 mW/cm^2"
wavelength = "740 nm"
width = "1 s"

[[targets]]
kind = "printed"
id = "T1"
metric = "dark_current"
published = "{published}"
tolerance = "1 %"
source = "Fig. 1"
note = "read from | the figure"
"""
OTHER = """
[expectations.pbs_rc]
misses = {misses}
reason = "a test"
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A packaged folder with one scenario of its own."""
    monkeypatch.setattr(module, "packaged_folder", lambda: tmp_path)
    (tmp_path / "scenarios").mkdir()
    return tmp_path / "scenarios" / "own.toml"


def test_claim_counts_once_with_the_device_that_is_meant(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = TITLE.format(device="pbs_trap", published="27.03 nA") + OTHER.format(misses="[]")
    library.write_text(text)
    out = tmp_path / "out"
    assert reproduce(out, as_json=True, check=None) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["numbers"] == {"met": 1, "published": 1}
    (claim,) = document["claims"]
    assert claim["meant_device"] == "pbs_trap"
    assert [row["device"] for row in claim["devices"]] == ["pbs_rc", "pbs_trap"]
    table = (out / "reproduction.md").read_text()
    assert "| T1 | dark current | 27.03 nA ± 1 % | Fig. 1 | **pbs_trap** | 27.03 nA |" in table
    assert "1 of 1 published numbers met (100%)" in table
    with (out / "reproduction.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["device"] for row in rows] == ["pbs_rc", "pbs_trap"]
    assert float(rows[0]["simulated"]) == pytest.approx(27.027e-9, rel=1e-3)
    assert {row["unit"] for row in rows} == {"A"}
    for row in claim["devices"]:
        assert row["simulated"] == pytest.approx(27.027e-9, rel=1e-3)
        assert (row["published"], row["unit"]) == (pytest.approx(27.03e-9), "A")


@pytest.mark.parametrize(
    ("misses", "published", "code"), [("[]", "30 nA", 1), ('["T1"]', "30 nA", 0)]
)
def test_exit_status_follows_the_expectation(
    library: Path, tmp_path: Path, misses: str, published: str, code: int
) -> None:
    text = TITLE.format(device="pbs_rc", published=published) + OTHER.format(misses=misses)
    library.write_text(text)
    assert reproduce(tmp_path / "out", as_json=False, check=None) == code
    assert "missed: T1" in (tmp_path / "out" / "reproduction.md").read_text()


def test_check_ignores_date_and_rounding_only(library: Path, tmp_path: Path) -> None:
    library.write_text(TITLE.format(device="pbs_rc", published="27.03 nA"))
    out, committed = tmp_path / "out", tmp_path / "committed.md"
    assert reproduce(out, as_json=False, check=None) == 0
    text = (out / "reproduction.md").read_text()
    committed.write_text(text.replace("reproduce` on 20", "reproduce` on 19"))
    assert reproduce(out, as_json=False, check=committed) == 0
    committed.write_text(text.replace("27.03 nA ± 1 %", "27.04 nA ± 1 %"))
    assert reproduce(out, as_json=False, check=committed) == 1
    assert not compare(text, text.replace("| 27.03 nA |", "| 27.04 nA |"))
    assert compare(text, text.replace("| 27.03 nA |", "| 27.43 nA |"))
    assert compare(text, text.replace("| met |", "| MISSED |"))
    assert compare(text, text + "\nmore\n")


def test_every_packaged_scenario_is_there_once_per_device() -> None:
    planned = [(loaded.name, loaded.scenario.device) for loaded, _ in packaged_scenarios()]
    assert len(set(planned)) == len(planned)
    assert ("pbs/paired_pulse", "pbs_trap") in planned
    assert ("pbs/paired_pulse", "pbs_rc") in planned
    assert devices_of(load_scenario("pbs/paired_pulse"))[-1] == "pbs_trap"
    assert devices_of(load_scenario("pbs/wavelength"))[-1] == "pbs_trap"


@pytest.mark.slow
def test_whole_reproduction_is_as_expected_and_quick(tmp_path: Path) -> None:
    assert reproduce(tmp_path, as_json=False, check=None) == 0
