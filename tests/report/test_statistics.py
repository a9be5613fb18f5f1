"""Numbers over draws and shares of draws, as they are printed and written."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from report_scenarios import PAIR
from rich.console import Console

from optospice.report.folder import write_results
from optospice.report.statistics import statistics_columns, statistics_of
from optospice.report.tables import print_result, result_json

DRAWN = """
[monte_carlo]
runs = 20
[monte_carlo.parameters.r3]
spread = 0.1

[[statistics]]
name = "typical index"
of = "paired_pulse_index"
statistic = "mean"

[[statistics]]
name = "depressing"
of = "paired_pulse_index"
statistic = "yield"
at_most = "50 %"

[[targets]]
id = "share"
metric = "paired_pulse_index"
where = { "protocol.interval" = "2 s" }
at_most = "45 %"
yield_at_least = "90 %"
kind = "own"
source = "a test"
"""
POINTS = 6
#: 20 draws at each of six points: the index rises from point to point.
VALUES = np.repeat(np.linspace(0.3, 0.8, POINTS), 20) + np.tile(np.linspace(-0.1, 0.1, 20), POINTS)


@pytest.fixture
def result(hand_made):
    return hand_made(PAIR + DRAWN, "paired_pulse_index", VALUES)


def test_each_statistic_is_taken_at_each_point(result):
    taken = statistics_of(result)
    assert [one.statistic.name for one in taken] == ["typical index"] * 6 + ["depressing"] * 6
    rows = VALUES.reshape(POINTS, 20)
    assert [one.value.value for one in taken[:POINTS]] == pytest.approx(rows.mean(axis=1))
    assert [one.value.value for one in taken[POINTS:]] == list((rows <= 0.5).mean(axis=1))
    assert all((one.done, one.planned) == (20, 20) for one in taken)


def test_they_are_printed_with_their_intervals(result):
    stream = io.StringIO()
    print_result(Console(file=stream, width=200), result, Path("results/example"))
    text = " ".join(stream.getvalue().split())
    # t(19, 97.5 %) = 2.0930 standard errors of the mean of evenly spread values
    reach = 100 * 2.0930 * VALUES[:20].std(ddof=1) / np.sqrt(20)
    assert f"typical index at protocol.interval = 1 s: 30 %, {30 - reach:.2f} to" in text
    assert "depressing at protocol.interval = 40 s: 0 %" in text
    assert "in ≥ 90 % of draws" in text


def test_they_are_written_in_si_units(result, tmp_path):
    write_results(result, tmp_path / "out", ["optospice"])
    with (tmp_path / "out" / "statistics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert [row["protocol.interval"] for row in rows[:3]] == ["1 s", "2 s", "5 s"]
    assert float(rows[0]["value"]) == pytest.approx(0.3)
    assert float(rows[0]["low"]) < 0.3 < float(rows[0]["high"])
    document = result_json(result)
    assert len(document["statistics"]) == 12
    assert document["statistics"][6]["interval"] == [float(rows[6]["low"]), float(rows[6]["high"])]
    share = next(target for target in document["targets"] if target["id"] == "share")["draws"]
    meeting = int((VALUES[20:40] <= 0.45).sum())
    assert (share["meeting"], share["count"], share["worst_run"]) == (meeting, 20, "0040")
    with (tmp_path / "out" / "targets.csv").open() as file:
        row = next(row for row in csv.DictReader(file) if row["id"] == "share")
    assert (row["draws_meeting"], row["draws"], row["worst_run"]) == (str(meeting), "20", "0040")


def test_a_result_without_statistics_has_no_file_of_them(hand_made, tmp_path):
    plain = hand_made(PAIR, "paired_pulse_index", VALUES[::20])
    assert statistics_columns(plain) == {}
    write_results(plain, tmp_path / "out", ["optospice"])
    assert not (tmp_path / "out" / "statistics.csv").exists()
    assert "statistics" not in result_json(plain)


def test_a_part_of_the_draws_is_said(hand_made):
    cut = hand_made(PAIR + DRAWN, "paired_pulse_index", VALUES, failed=["0001", "0002"])
    stream = io.StringIO()
    print_result(Console(file=stream, width=300), cut, Path("results/example"))
    assert ", 18 of 20 draws (" in " ".join(stream.getvalue().split())
