"""Of many draws the terminal and the JSON document show quantiles, of few the drawn values."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from report_scenarios import PAIR, PULSE
from rich.console import Console

from optospice.report.quantiles import LEVELS, histogram_line, spreads_of
from optospice.report.tables import print_result, result_json, runs_table
from optospice.sweep.record import ScenarioResult

Make = Callable[..., ScenarioResult]
PEAK = "postsynaptic_current_amplitude"


def draws(count: int) -> str:
    return f"""
[monte_carlo]
runs = {count}
[monte_carlo.parameters.r3]
spread = 0.1
"""


def printed(result: ScenarioResult, width: int, blocks: bool = True) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width).print(runs_table(result, width=width, blocks=blocks))
    return stream.getvalue()


def test_quantiles_means_and_deviations_are_those_of_numpy() -> None:
    generator = np.random.default_rng(3)
    values = generator.normal(size=500)
    values[::17] = np.nan
    groups = generator.integers(0, 4, size=500)
    groups[groups == 2] = 4  # a point without a number stays, and is empty
    spreads = spreads_of(values, groups, 5)
    for group in (0, 1, 3, 4):
        own = values[(groups == group) & np.isfinite(values)]
        assert spreads.counts[group] == own.size
        assert spreads.missing[group] == np.sum((groups == group) & np.isnan(values))
        np.testing.assert_allclose(spreads.quantiles[group], np.quantile(own, LEVELS), rtol=1e-13)
        assert spreads.means[group] == pytest.approx(own.mean(), rel=1e-13, abs=1e-14)
        assert spreads.sds[group] == pytest.approx(own.std(ddof=1), rel=1e-12)
    assert spreads.counts[2] == 0
    assert np.isnan([*spreads.quantiles[2], spreads.means[2], spreads.sds[2]]).all()


def test_one_number_has_no_deviation() -> None:
    spreads = spreads_of(np.array([3.0]), np.zeros(1, int), 1)
    assert spreads.quantiles[0].tolist() == [3.0] * len(LEVELS)
    assert np.isnan(spreads.sds[0])


@pytest.mark.parametrize("blocks", [True, False])
def test_a_histogram_is_as_high_as_its_bins_are_full(blocks: bool) -> None:
    values = np.array([0.0] * 8 + [1.5] * 4 + [4.0, np.nan])
    assert histogram_line(values, 4, blocks) == ("█▄ ▁" if blocks else "@= .")
    assert histogram_line(np.array([2.0, 2.0, np.nan]), 4, blocks) == ""
    assert histogram_line(np.array([]), 4, blocks) == ""
    assert histogram_line(np.array([-1.7e308, 1.7e308]), 2, blocks) in ("██", "@@")


@pytest.mark.parametrize("width", [80, 120])
def test_many_draws_are_a_line_of_quantiles_with_what_was_drawn(
    hand_made: Make, width: int
) -> None:
    values = np.linspace(4e-7, 6e-7, 201)
    values[7] = np.nan
    result = hand_made(PULSE + draws(201), PEAK, values, "A", failed=["0003"])
    text = printed(result, width)
    assert max(map(len, text.splitlines())) <= width
    (line,) = [line for line in text.splitlines() if line.startswith("postsynaptic")]
    known = np.delete(values, [2, 7]) * 1e9
    shown = [float(number) for number in line.split()[1 : 1 + len(LEVELS)]]
    assert shown == pytest.approx(np.quantile(known, LEVELS), abs=0.06)
    numbers = [number for number in line.split() if number[0].isdigit()]
    mean, sd, missing = (float(number) for number in numbers[5:8])
    assert (mean, sd) == (
        pytest.approx(known.mean(), abs=0.06),
        pytest.approx(known.std(ddof=1), rel=1e-3),
    )
    assert missing == 2
    assert "drawn r3 (MΩ)" in text
    assert "█" in text
    assert "0001" not in text
    assert "quantiles of 201 draws" in text
    plain = printed(result, width, blocks=False)
    assert "@" in plain
    assert not set(plain) & set("▁▂▃▄▅▆▇█")


@pytest.mark.parametrize("width", [80, 120])
def test_draws_along_a_sweep_have_a_line_for_each_point(hand_made: Make, width: int) -> None:
    values = (np.arange(6)[:, None] / 10 + np.linspace(0, 0.04, 9)).ravel()
    text = printed(hand_made(PAIR + draws(9), "paired_pulse_index", values), width)
    assert max(map(len, text.splitlines())) <= width
    rows = [line for line in text.splitlines() if " s " in line and "█" in line]
    medians = [float(line.split(" s ")[1].split()[1 if width == 80 else 2]) for line in rows]
    assert medians == pytest.approx([2, 12, 22, 32, 42, 52])
    assert [line.split(" s ")[0].split()[-1] for line in rows] == ["1", "2", "5", "10", "20", "40"]
    assert "54 draws at 6 points" in text
    assert ("also with --json: mean" in text) == (width == 80)


def test_few_draws_stand_row_by_row_with_their_values(hand_made: Make) -> None:
    result = hand_made(PULSE + draws(6), PEAK, [5.267e-7] * 6, "A")
    rows = [line.split() for line in printed(result, 100).splitlines() if line[:2] == "00"]
    drawn = [record.run.parameters["r3"] / 1e6 for record in result.records]
    assert [float(row[2]) for row in rows] == pytest.approx(drawn, rel=5e-4)
    assert "(MΩ)" in printed(result, 100)


def test_a_long_sweep_without_draws_stays_row_by_row(hand_made: Make) -> None:
    swept = PULSE + '[sweep]\n"protocol.width" = { start = "1 s", stop = "9 s", count = 50 }\n'
    text = printed(hand_made(swept, PEAK, [5e-7] * 50, "A"), 100)
    assert "… and 10 more runs, in runs.csv" in text
    assert "quantiles" not in text


def test_the_document_has_the_quantiles_in_si(hand_made: Make) -> None:
    values = (np.arange(6)[:, None] / 10 + np.linspace(0, 0.04, 9)).ravel()
    values[:9] = np.nan
    document = result_json(hand_made(PAIR + draws(9), "paired_pulse_index", values))
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    first, second, *_ = document["quantiles"]
    assert first["where"] == {"protocol.interval": "1 s"}
    assert (first["runs"], first["missing"], first["mean"]) == (9, 9, None)
    assert second["quantiles"]["0.5"] == pytest.approx(0.12)
    assert second["standard_deviation"] == pytest.approx(values[9:18].std(ddof=1))
    assert "quantiles" not in result_json(hand_made(PAIR, "paired_pulse_index", [0.5] * 6))


def test_a_file_without_block_characters_gets_plain_ones(hand_made: Make) -> None:
    result = hand_made(PULSE + draws(60), PEAK, np.linspace(4e-7, 6e-7, 60), "A")
    stream = io.TextIOWrapper(io.BytesIO(), encoding="latin-1", errors="replace")
    print_result(Console(file=stream, width=120), result, Path("results/x"))
    stream.flush()
    text = stream.buffer.getvalue().decode("latin-1")
    assert "@" in text
