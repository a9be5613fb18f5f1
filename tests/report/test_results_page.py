"""docs/results.md: the table of runs opens in one line each."""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from report_scenarios import PAIR

from optospice.report.folder import write_results
from optospice.sweep.record import ScenarioResult

PAGE = (Path(__file__).parents[2] / "docs" / "results.md").read_text(encoding="utf-8")
LINES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
RISING = [0.551, math.nan, 0.7, 0.8, 0.9, 0.95]
INDEX, INTERVAL = "paired_pulse_index [1]", "protocol.interval [s]"


@pytest.fixture
def opened(
    hand_made: Callable[..., ScenarioResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Any]:
    """Run the line of the page that opens the table with a library."""

    def run(library: str, what: str) -> Any:
        names = {name: pytest.importorskip(name) for name in {library, what}}
        folder = tmp_path / "results"
        write_results(hand_made(PAIR, "paired_pulse_index", RISING), folder, ["test"])
        monkeypatch.chdir(folder)
        (line,) = [one for one in LINES if (f"runs = {library}." in one) and what_of(one) == what]
        assert line.count("\n") == 1
        exec(line, names)
        return names["runs"]

    return run


def what_of(line: str) -> str:
    return "xarray" if "to_xarray" in line else line.removeprefix("runs = ").partition(".")[0]


def test_every_line_of_the_page_is_tested() -> None:
    assert [what_of(line) for line in LINES] == ["pandas", "polars", "duckdb", "xarray"]


def test_pandas(opened: Callable[..., Any]) -> None:
    runs = opened("pandas", "pandas")
    assert runs[INTERVAL].tolist() == [1, 2, 5, 10, 20, 40]
    assert runs[INDEX].isna().tolist() == [False, True, False, False, False, False]
    assert runs["parameters.r3 [ohm]"].nunique() == 1
    assert runs["protocol.interval"][0] == "1 s"


def test_polars(opened: Callable[..., Any]) -> None:
    runs = opened("polars", "polars")
    assert runs[INTERVAL].to_list() == [1, 2, 5, 10, 20, 40]
    assert runs[INDEX].to_list() == [0.551, None, 0.7, 0.8, 0.9, 0.95]


def test_duckdb(opened: Callable[..., Any]) -> None:
    rows = opened("duckdb", "duckdb").fetchall()
    intervals = ["1 s", "2 s", "5 s", "10 s", "20 s", "40 s"]
    assert rows == list(zip(intervals, [0.551, None, *RISING[2:]], strict=True))


def test_xarray(opened: Callable[..., Any]) -> None:
    importlib.import_module("pandas")
    runs = opened("pandas", "xarray")
    assert runs.sizes == {INTERVAL: 6}
    assert float(runs[INDEX].sel({INTERVAL: 5})) == 0.7
