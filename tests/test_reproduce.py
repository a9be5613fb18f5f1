"""The table paper vs simulation: its counts, its files, its check."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from optospice import reproduce as module
from optospice.errors import InputError
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
    library.write_text(f'claims_of = "pbs_rc"\n{text}')
    out = tmp_path / "out"
    assert reproduce(out, as_json=True, check=None) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["counts"] == {"printed, held out": {"met": 1, "total": 1}}
    (claim,) = document["claims"]
    assert claim["meant_device"] == "pbs_rc"
    assert [row["device"] for row in claim["devices"]] == ["pbs_trap", "pbs_rc"]
    table = (out / "reproduction.md").read_text()
    assert (
        "| T1 | dark current | 27.03 nA ± 1 % | printed, held out | Fig. 1 | **pbs_rc** | 27.03 nA"
        in table
    )
    assert "1 of 1 printed, held out met; none missed" in table
    with (out / "reproduction.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["device"] for row in rows] == ["pbs_trap", "pbs_rc"]
    assert float(rows[0]["simulated"]) == pytest.approx(27.027e-9, rel=1e-3)
    assert {row["unit"] for row in rows} == {"A"}
    for row in claim["devices"]:
        assert row["simulated"] == pytest.approx(27.027e-9, rel=1e-3)
        assert (row["claimed"], row["unit"]) == (pytest.approx(27.03e-9), "A")


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


def test_a_counted_device_that_is_none_is_refused(library: Path, tmp_path: Path) -> None:
    library.write_text('claims_of = "pbs_tarp"\n' + TITLE.format(device="pbs_rc", published="1 A"))
    with pytest.raises(InputError, match=r"claims_of = 'pbs_tarp'.*did you mean 'pbs_trap'"):
        reproduce(tmp_path / "out", as_json=False, check=None)


KINDS = """
[[targets]]
id = "{name}"
metric = "dark_current"
published = "{published}"
tolerance = "1 %"
kind = "{kind}"
source = "a test"
"""


def test_kinds_of_claims_are_counted_apart(library: Path, tmp_path: Path) -> None:
    claims = [("a", "reading", "27.03 nA"), ("b", "own", "27.03 nA"), ("c", "derived", "30 nA"),
              ("d", "digitised", "27.03 nA"), ("e", "digitised", "30 nA")]  # fmt: skip
    more = "".join(
        KINDS.format(name=name, kind=kind, published=published) for name, kind, published in claims
    )
    library.write_text(TITLE.format(device="pbs_rc", published="27.03 nA") + more)
    assert reproduce(tmp_path / "out", as_json=False, check=None) == 1
    table = (tmp_path / "out" / "reproduction.md").read_text()
    assert (
        "2 of 3 printed, held out met; 1 of 1 bounds and readings met; 1 of 2 consistency checks "
        "met; missed: c, e." in table
    )
    assert (
        "| panagopoulou2026 | pbs_rc | 2 of 3 | – | 1 of 1 | 1 of 2 | 0 | 0 | – | – | – |" in table
    )


def test_what_cites_no_paper_is_no_part_of_the_page(library: Path, tmp_path: Path) -> None:
    text = TITLE.format(device="pbs_rc", published="27.03 nA")
    library.write_text(text.replace('citation = "panagopoulou2026"\n', ""))
    assert reproduce(tmp_path / "out", as_json=False, check=None) == 0
    assert "T1" not in (tmp_path / "out" / "reproduction.md").read_text()


def test_a_conflict_and_the_other_readings_stand_on_the_page(library: Path, tmp_path: Path) -> None:
    readings = """
[[targets.alternatives]]
reading = "readout"
key = "protocol.readout"
values = ["0.5 V"]

[[conflicts]]
id = "K1"
source = "Eq. 4, Fig. 5c"
text = "Two currents."
unit = "nA"
values = { "Eq. 4" = "400 nA", "Fig. 5c" = "1 V / (37 Mohm) + 6 V / (12 Mohm)" }
"""
    library.write_text(TITLE.format(device="pbs_rc", published="27.03 nA") + readings)
    out = tmp_path / "out"
    assert reproduce(out, as_json=False, check=None) == 0
    text = (out / "reproduction.md").read_text()
    assert "| T1 | readout | **as judged** | 27.03 nA ± 1 % | 27.03 nA |" in text
    assert "| T1 | readout | 0.5 V | 27.03 nA ± 1 % | 13.51 nA | -50 % | missed |" in text
    conflict = "Eq. 4 400 nA, Fig. 5c 1 V / (37 Mohm) + 6 V / (12 Mohm) = 527 nA."
    assert f"- K1 (Eq. 4, Fig. 5c): Two currents: {conflict}" in text


@pytest.mark.slow
def test_whole_reproduction_is_as_expected_and_quick(tmp_path: Path) -> None:
    assert reproduce(tmp_path, as_json=False, check=None) == 0
