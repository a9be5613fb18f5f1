"""Figures show the points, the light and the published numbers, and leave pyplot alone."""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib import rcParams
from report_scenarios import PAIR, PULSE

from optospice.drawing import style
from optospice.drawing.traces import on_spans, scale_of, thinned
from optospice.ngspice.pool import Pool
from optospice.report.figures import plot_waveforms, save_figures
from optospice.report.folder import write_results
from optospice.report.metric_figure import MetricAxis, metric_axis, plot_metric
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.sweep.local import run_scenario
from optospice.sweep.record import ScenarioResult
from optospice.waveforms import Waveforms

Make = Callable[..., ScenarioResult]
RISING = [0.551, 0.6, 0.7, 0.8, 0.9, 0.95]


def pixels(file: Path) -> tuple[int, int]:
    width, height = struct.unpack(">II", file.read_bytes()[16:24])
    return width, height


def test_a_single_run_gives_one_figure_one_column_wide(simulated: Make, tmp_path: Path) -> None:
    result = simulated(PULSE)
    before, loaded = dict(rcParams), "matplotlib.pyplot" in sys.modules
    files = save_figures(result, tmp_path)
    assert [file.name for file in files] == ["waveforms.png"]
    assert pixels(files[0])[0] == pytest.approx(89 / 25.4 * 300, abs=1)
    assert dict(rcParams) == before
    assert ("matplotlib.pyplot" in sys.modules) == loaded


def test_a_sweep_gives_traces_and_the_targeted_metric(simulated: Make, tmp_path: Path) -> None:
    files = save_figures(simulated(PAIR), tmp_path)
    assert [file.name for file in files] == ["waveforms.png", "paired_pulse_index.png"]
    assert pixels(files[0])[0] == pytest.approx(183 / 25.4 * 300, abs=1)


def test_a_train_sweep_is_drawn_in_panels(simulated: Make, tmp_path: Path) -> None:
    train = PULSE.replace('"single_pulse"', '"pulse_train"\ncount = 12\nfrequency = "1 Hz"')
    train = train.replace('width = "10 s"', 'width = "200 ms"')
    swept = train + '[sweep]\n"protocol.frequency" = ["1 Hz", "2 Hz"]\n'
    files = save_figures(simulated(swept), tmp_path)
    assert pixels(files[0])[1] == pytest.approx((12 + 2 * 25) / 25.4 * 300, abs=1)


def test_the_metric_axis_has_the_numbers_the_published_point_and_the_fit(simulated: Make) -> None:
    result = simulated(PAIR)
    axis = metric_axis(result, "paired_pulse_index")
    assert axis == MetricAxis("protocol.interval", "s")
    _, ax = style.new_figure(89, 65)
    plot_metric(result, "paired_pulse_index", axis, ax)
    assert ax.get_xscale() == "log"  # 1 s to 40 s
    labels = ax.get_legend_handles_labels()[1]
    assert labels[0] == "simulated"
    assert "published" in labels
    (fit,) = [label for label in labels if label.startswith("fit")]
    assert fit.startswith("fit: relaxation time 1.6")
    assert ax.get_xlabel() == "interval (s)"
    assert ax.get_ylabel() == "paired pulse index (%)"
    points = ax.lines[0]
    assert list(points.get_xdata()) == [1, 2, 5, 10, 20, 40]
    assert np.asarray(points.get_ydata())[0] == pytest.approx(65.5, abs=0.5)
    (bars,) = ax.containers
    assert bars.lines[0].get_ydata()[0] == 55.1


def test_no_curve_is_drawn_through_numbers_that_do_not_change(simulated: Make) -> None:
    result = simulated(PAIR.replace('"raw"', '"step"'))
    _, ax = style.new_figure(89, 65)
    plot_metric(result, "paired_pulse_index", MetricAxis("protocol.interval", "s"), ax)
    assert not [label for label in ax.get_legend_handles_labels()[1] if label.startswith("fit")]


def test_without_waveforms_or_swept_numbers_there_is_nothing_to_draw(
    hand_made: Make, tmp_path: Path
) -> None:
    untargeted = PULSE[: PULSE.index("[[targets]]")]
    swept = untargeted + '[sweep]\naccuracy = ["fast", "standard"]\n'
    result = hand_made(swept, "postsynaptic_current_amplitude", [5e-7, 5e-7], "A")
    assert [file.name for file in save_figures(result, tmp_path)] == ["waveforms.png"]
    failed = hand_made(
        swept, "postsynaptic_current_amplitude", [0, 0], "A", failed=["0001", "0002"]
    )
    assert save_figures(failed, tmp_path / "none") == []


def test_a_trace_is_drawn_by_its_own_points_on_given_axes(simulated: Make) -> None:
    waveforms = simulated(PULSE).records[0].waveforms
    assert waveforms is not None
    _, ax = style.new_figure(89, 60)
    assert plot_waveforms(waveforms, ax=ax, wavelength=740e-9) is ax
    assert ax.lines[0].get_xdata().size == waveforms.time.size
    assert ax.get_ylabel() == "current (nA)"
    assert "740 nm, 1.22 mW/cm²" in [text.get_text() for text in ax.texts]
    assert waveforms.plot("v(p)").get_ylabel() == "voltage (V)"


def test_light_is_on_from_the_onset_to_the_end_of_the_falling_edge(simulated: Make) -> None:
    waveforms = simulated(PULSE).records[0].waveforms
    assert waveforms is not None
    ((start, stop),) = on_spans(waveforms, "e(light)")
    assert start == pytest.approx(5.0, abs=1e-4)
    assert stop == pytest.approx(15.0, abs=1e-4)


def test_a_long_trace_keeps_its_extremes_and_ends() -> None:
    time = np.linspace(0, 1, 200_001)
    values = np.sin(700 * time)
    values[77_777] = 9.0
    thin_time, thin = thinned(time, values)
    assert thin.size <= 4 * 3000
    assert thin.max() == 9.0
    assert thin.min() == values.min()
    assert (thin_time[0], thin_time[-1]) == (0.0, 1.0)
    assert (np.diff(thin_time) > 0).all()
    short = thinned(time[:100], values[:100])
    assert short[0].size == 100


def test_sizes_get_the_engineering_prefix() -> None:
    assert scale_of(5.27e-7, "A") == (pytest.approx(1e9), "nA")
    assert scale_of(2e-6, "A")[1] == "µA"
    assert scale_of(0.15, "s")[1] == "ms"
    assert scale_of(5e4, "s") == (1.0, "s")
    assert scale_of(0.0, "A") == (1.0, "A")


def test_a_constant_signal_without_stimulus_can_be_drawn() -> None:
    time = np.linspace(0, 1, 5)
    waveforms = Waveforms(time, {"i(p)": np.zeros(5), "v(p)": np.ones(5)}, {"i(p)": "A"})
    assert plot_waveforms(waveforms).get_ylabel() == "current (A)"


def test_series_are_drawn_and_saved(tmp_path: Path) -> None:
    """A protocol's own rows: conductance against pulse number, as a picture and a table."""
    cycles = 'sweep={"protocol.definitions.cycle" = ["last", "first"]}'
    loaded = load_scenario("mose2/potentiation_depression", [cycles])
    runs = expand(loaded)
    with Pool(workers=1) as pool:
        result = run_scenario(loaded, runs, pool)
    folder = tmp_path / "out"
    write_results(result, folder, ["test"])
    for record in result.records:
        table = folder / "series" / record.run.id / "conductance.csv"
        head, *rows = table.read_text().splitlines()
        assert head == "pulse number [1],conductance [S]"
        assert record.waveforms is not None
        series = record.run.protocol.series(record.waveforms, record.run.device)["conductance"]
        assert len(rows) == series.x.size
        assert float(rows[-1].split(",")[1]) == pytest.approx(series.y[-1], rel=1e-12)
        assert (folder / "figures" / f"conductance_{record.run.id}.png").stat().st_size > 5000
