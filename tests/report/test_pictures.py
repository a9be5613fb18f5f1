"""Every shape of a sweep has its picture, and every picture what it says it shows."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from report_scenarios import PAIR, PULSE
from scipy.stats import spearmanr

from optospice.drawing import style
from optospice.drawing.distribution import Mark, draw_bands, draw_histogram, draw_outlines
from optospice.drawing.field import Field, draw_family, draw_map
from optospice.drawing.tornado import draw_tornado
from optospice.report.pictures import chosen_pictures, metric_pictures, pictures_for
from optospice.report.sensitivity import rank_correlations
from optospice.scenario.across import take_across
from optospice.scenario.verdict import Observation
from optospice.sweep.record import ScenarioResult

Make = Callable[..., ScenarioResult]
PEAK = "postsynaptic_current_amplitude"
DRAWN = """
[monte_carlo]
runs = {}
[monte_carlo.parameters.r3]
spread = 0.1
[monte_carlo.parameters.c]
spread = 0.05
"""
GRID = """
[sweep]
"protocol.width" = {{ start = "0.1 s", stop = "10 s", count = {}, spacing = "log" }}
"protocol.irradiance" = {{ start = "0.2 mW/cm^2", stop = "1.2 mW/cm^2", count = {} }}
"""


@pytest.mark.parametrize(
    ("axes", "names", "at_once", "draws", "expected"),
    [
        ([], 1, 1, 1, []),
        ([], 1, 1, 9, []),
        ([], 1, 1, 15, ["histogram"]),
        ([], 1, 1, 2000, ["histogram", "tornado"]),
        ([], 3, 3, 500, ["outlines"]),
        ([6], 1, 6, 1, ["curve"]),
        ([6], 2, 12, 1, ["curve"]),
        ([6], 1, 6, 9, ["curve"]),
        ([6], 1, 6, 100, ["bands"]),
        ([6, 2], 1, 12, 1, ["curve"]),
        ([20, 4], 1, 80, 1, ["family"]),
        ([20, 4], 2, 160, 1, ["curve"]),
        ([20, 10], 1, 200, 1, ["map"]),
        ([20, 10], 1, 200, 50, ["map"]),
        ([5, 5, 5], 1, 125, 1, ["curve"]),
        ([256, 256, 256], 1, 256, 1, ["tornado"]),
        ([6, 6], 1, 6, 1, ["curve"]),
    ],
)
def test_the_shape_of_a_sweep_chooses(
    axes: list[int], names: int, at_once: int, draws: int, expected: list[str]
) -> None:
    assert pictures_for(axes, names, at_once, draws) == expected


def test_draws_give_a_histogram_with_the_claim_and_a_tornado(hand_made: Make) -> None:
    text = PULSE + DRAWN.format(200)
    empty = hand_made(text, PEAK, np.full(200, 5e-7), "A")
    r3 = np.array([record.run.parameters["r3"] for record in empty.records])
    result = hand_made(text, PEAK, 5e-7 * np.median(r3) / r3, "A")
    figures = dict(metric_pictures(result, PEAK, chosen_pictures(result, PEAK)))
    assert list(figures) == [PEAK, f"{PEAK}_tornado"]
    (ax,) = figures[PEAK].axes
    labels = ax.get_legend_handles_labels()[1]
    assert "published 526.7 nA ± 0.1 %" in labels
    assert ax.get_xlabel() == "postsynaptic current amplitude (nA)"
    lines = {line.get_label(): line.get_xdata()[0] for line in ax.lines}
    assert lines["median"] == pytest.approx(np.median(5e2 * np.median(r3) / r3))
    assert lines["published 526.7 nA ± 0.1 %"] == pytest.approx(526.7)
    (tornado,) = figures[f"{PEAK}_tornado"].axes
    assert [label.get_text() for label in tornado.get_yticklabels()] == ["r3", "c"]
    assert "200 runs" in tornado.get_xlabel()


def test_rank_correlations_are_those_of_scipy(hand_made: Make) -> None:
    generator = np.random.default_rng(5)
    text = PULSE + DRAWN.format(60)
    values = np.round(generator.normal(5e-7, 1e-8, 60), 9)  # with ties
    values[11] = np.nan
    result = hand_made(text, PEAK, values, "A", failed=["0004"])
    effects = rank_correlations(result, PEAK)
    assert effects is not None
    assert (effects.names, effects.runs) == (("r3", "c"), 58)
    kept = np.delete(np.arange(60), [3, 11])
    for name, found in zip(effects.names, effects.correlations, strict=True):
        drawn = np.array([record.run.parameters[name] for record in result.records])
        assert found == pytest.approx(spearmanr(drawn[kept], values[kept]).statistic, abs=1e-12)
    same = hand_made(text, PEAK, np.full(60, 5e-7), "A")
    assert rank_correlations(same, PEAK) is None


def test_bands_along_a_key_are_the_quantiles_of_its_draws(hand_made: Make) -> None:
    no_fit = PAIR.replace("[[across]]", "[[unused]]").split("[[unused]]")[0]
    no_fit += "[[targets]]" + PAIR.split("[[targets]]")[1]
    values = (np.arange(1, 7)[:, None] / 10 + np.linspace(0, 0.04, 21)).ravel()
    result = hand_made(no_fit + DRAWN.format(21), "paired_pulse_index", values)
    assert chosen_pictures(result, "paired_pulse_index") == ["bands"]
    (figure,) = dict(
        metric_pictures(result, "paired_pulse_index", chosen_pictures(result, "paired_pulse_index"))
    ).values()
    (ax,) = figure.axes
    median = next(line for line in ax.lines if line.get_label() == "median")
    assert list(median.get_xdata()) == [1, 2, 5, 10, 20, 40]
    np.testing.assert_allclose(median.get_ydata(), [12, 22, 32, 42, 52, 62])
    assert ax.get_xlabel() == "interval (s)"
    assert "published" in ax.get_legend_handles_labels()[1]


def test_two_keys_give_a_family_with_a_colour_scale(hand_made: Make) -> None:
    values = np.outer(np.arange(1, 8), np.arange(1, 5)).ravel() * 1e-8
    head, targets = PULSE.split("[[targets]]")
    result = hand_made(head + GRID.format(7, 4), PEAK, values, "A", failed=["0006"])
    assert chosen_pictures(result, PEAK) == ["family"]
    ((_, figure),) = metric_pictures(result, PEAK, chosen_pictures(result, PEAK))
    ax, bar = figure.axes
    assert len(ax.lines) == 4
    assert [line.get_xdata().size for line in ax.lines] == [7, 6, 7, 7]  # one run failed
    assert (ax.get_xlabel(), bar.get_ylabel()) == ("width (s)", "irradiance (mW/cm²)")
    assert ax.get_xscale() == "log"
    assert targets


def test_two_long_keys_give_a_map_with_units_and_the_published_number(hand_made: Make) -> None:
    head, _ = PULSE.split("[[targets]]")
    claim = """
[[targets]]
kind = "printed"
id = "corner"
metric = "postsynaptic_current_amplitude"
where = { "protocol.width" = "10 s", "protocol.irradiance" = "1.2 mW/cm^2" }
published = "600 nA"
tolerance = "10 %"
source = "Fig. 1"
"""
    values = np.outer(np.arange(1, 10), np.arange(1, 8)).ravel() * 1e-8
    values[5] = np.nan
    result = hand_made(head + GRID.format(9, 7) + claim, PEAK, values, "A")
    assert chosen_pictures(result, PEAK) == ["map"]
    ((_, figure),) = metric_pictures(result, PEAK, chosen_pictures(result, PEAK))
    ax, bar = figure.axes
    assert {ax.get_xlabel(), ax.get_ylabel()} == {"width (s)", "irradiance (mW/cm²)"}
    assert "(nA)" in bar.get_ylabel()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["no value", "published"]
    shown = ax.collections[0].get_array()
    assert np.ma.count_masked(shown) == 1
    assert shown.max() == pytest.approx(630)


def test_a_map_has_logarithmic_cells_around_its_places() -> None:
    x, y = np.geomspace(1, 1000, 4), np.array([1.0, 2.0, 4.0])
    _, ax = style.new_figure(89, 65)
    draw_map(ax, Field(x, y, np.arange(12.0).reshape(3, 4), "x", "y", "z", x_log=True))
    assert ax.get_xlim() == pytest.approx((10**-0.5, 10**3.5))
    assert ax.get_ylim() == pytest.approx((0.5, 5.0))
    assert not ax.figure.legends


def test_the_longest_bar_of_a_tornado_stands_on_top() -> None:
    _, ax = style.new_figure(89, 40)
    low, high = np.array([9.0, 5.0, 10.0]), np.array([11.0, 12.0, np.nan])
    draw_tornado(ax, ["a", "b", "c"], low, high, 10.0, "metric (nA)")
    labels = {label.get_text(): place for label, place in
              zip(ax.get_yticklabels(), ax.get_yticks(), strict=True)}  # fmt: skip
    assert labels["b"] > labels["a"] > labels["c"]
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    assert (10.0, 5.0) in ends
    assert (10.0, 12.0) in ends


def test_groups_by_name_are_outlines_of_shares() -> None:
    _, ax = style.new_figure(89, 40)
    draw_outlines(ax, [("one", np.arange(10.0)), ("two", np.arange(1000.0) / 100)])
    for patch in ax.patches:
        assert patch.get_data().values.sum() == pytest.approx(100)


def test_no_picture_of_50_000_runs_takes_a_second() -> None:
    generator = np.random.default_rng(1)
    values = generator.lognormal(0, 0.3, 50_000)
    grid = Field(
        np.geomspace(1, 1e3, 250), np.arange(200.0), values.reshape(200, 250), "x", "y", "z", True
    )
    quantiles = np.sort(generator.normal(size=(5000, 5)), axis=1)
    mark = Mark("claim", 1.0, 0.9, 1.1)
    pictures = [
        lambda ax: draw_histogram(
            ax, values, np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95]), [mark]
        ),
        lambda ax: draw_bands(ax, np.arange(5000.0), quantiles),
        lambda ax: draw_family(ax, grid),
        lambda ax: draw_map(ax, Field(**{**vars(grid), "z": np.sort(values).reshape(200, 250)})),
    ]
    with style.house_style():
        for draw in pictures:
            figure, ax = style.new_figure(89, 65)
            started = time.process_time()
            draw(ax)
            figure.canvas.draw()
            assert time.process_time() - started < 2  # of this process alone; half a second here


def test_a_saltelli_design_gives_its_indices_and_rank_correlations(hand_made: Make) -> None:
    pytest.importorskip("SALib")
    text = (
        PULSE
        + """
[design]
kind = "saltelli"
points = 16
seed = 3
of = ["postsynaptic_current_amplitude"]
[design.ranges]
"parameters.r3" = { start = "20 Mohm", stop = "30 Mohm" }
"parameters.c" = { start = "190 nF", stop = "210 nF" }
"""
    )
    empty = hand_made(text, PEAK, np.full(64, 5e-7), "A")
    r3 = np.array([record.run.parameters["r3"] for record in empty.records])
    bare = hand_made(text, PEAK, r3 * 1e-14, "A")
    observations = [
        Observation("pbs_rc", record.run.point, record.metrics) for record in bare.records
    ]
    asked = bare.loaded.scenario.across
    taken = {one.name: take_across(one, observations) for one in asked}
    result = replace(bare, across=taken)
    pictures = chosen_pictures(result, PEAK)
    assert pictures == ["indices", "tornado"]
    (ax,) = dict(metric_pictures(result, PEAK, pictures))[PEAK].axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["r3", "c"]
    lengths = {
        bars.get_label(): [patch.get_width() for patch in bars]
        for bars in ax.containers if hasattr(bars, "patches")
    }  # fmt: skip
    assert lengths["total, with interactions"] == pytest.approx([1.0, 0.0], abs=0.3)
    assert lengths["first order, by itself"][1] == pytest.approx(0.0, abs=1e-12)


def test_an_own_check_on_a_map_is_not_called_published() -> None:
    places = np.array([1.0, 2.0, 3.0])
    field = Field(places, places, np.outer(places, places), "x", "y", "z")
    figure, ax = style.new_figure(80, 60)
    draw_map(ax, field, [(1.0, 1.0, 1.0)], "own check")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["own check"]


def test_a_logarithmic_axis_of_few_decades_has_more_than_one_tick() -> None:
    figure, ax = style.new_figure(80, 60)
    ax.set_xscale("log")
    ax.set_xlim(0.25, 4)
    style.plain_ticks(ax.xaxis, 0.25, 4)
    figure.canvas.draw()
    assert {"0.5", "1", "2"} <= {label.get_text() for label in ax.get_xticklabels()}
