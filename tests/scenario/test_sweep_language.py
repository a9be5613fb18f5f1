"""Lists, ranges, keys that move together, designs and corners: which runs they make."""

from __future__ import annotations

import math
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scenario_files import BASE, load

from optospice import units
from optospice.errors import InputError
from optospice.scenario.axes import axis_values
from optospice.scenario.designs import corner_axis, design_axis
from optospice.scenario.expand import expand, only_run
from optospice.scenario.variation import Corner, Design, Range
from optospice.sweep.keeping import Keeping

RANGES = """
[design.ranges]
"parameters.r3" = { start = "10 Mohm", stop = "100 Mohm", spacing = "log" }
"parameters.r1" = { start = "1 Mohm", stop = "9 Mohm" }
"protocol.interval" = { start = "1 s", stop = "2 s" }
"""
SLOW = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def design(kind: str, points: int, seed: int = 0) -> Design:
    ranges = {
        "parameters.r3": {"start": "10 Mohm", "stop": "100 Mohm", "spacing": "log"},
        "parameters.r1": {"start": "1 Mohm", "stop": "9 Mohm"},
    }
    return Design.model_validate({"kind": kind, "points": points, "seed": seed, "ranges": ranges})


def numbers(values, unit):
    return np.array([units.parse(value, unit) for value in values])


ends = st.floats(-1e30, 1e30, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-30)


@given(start=ends, stop=ends, count=st.integers(2, 50), unit=st.sampled_from(["", " s", " mV"]))
def test_a_range_ends_exactly_at_its_ends_and_stays_between(start, stop, count, unit):
    spelled = [f"{start!r}{unit}", f"{stop!r}{unit}"] if unit else [start, stop]
    values = axis_values(Range(start=spelled[0], stop=spelled[1], count=count), "here")
    assert len(values) == len(list(values)) == count
    found = [units.split_unit(value)[0] if unit else value for value in values]
    assert (found[0], found[-1]) == (start, stop)
    assert min(found) == min(start, stop)
    assert max(found) == max(start, stop)
    assert found == sorted(found, reverse=start > stop)


@given(
    start=st.floats(-1e6, 1e6),
    stop=st.floats(-1e6, 1e6),
    units_of=st.sampled_from([("mV", "V"), ("V", "V"), ("degC", "K"), ("ohm", "Mohm"), ("1", "1")]),
)
def test_many_values_are_read_at_once_as_one_by_one(start, stop, units_of):
    unit, wanted = units_of
    written = [start, stop] if unit == "1" else [f"{start!r} {unit}", f"{stop!r} {unit}"]
    values = axis_values(Range(start=written[0], stop=written[1], count=37), "here")
    rows = np.arange(37)[::-1]
    assert values.in_unit(rows, wanted).tolist() == [units.parse(v, wanted) for v in values][::-1]


@given(
    start=st.floats(1e-20, 1e20),
    stop=st.floats(1e-20, 1e20),
    count=st.integers(2, 30),
    sign=st.sampled_from([1, -1]),
)
def test_a_logarithmic_range_has_equal_ratios(start, stop, count, sign):
    ends = {"start": sign * start, "stop": sign * stop}
    found = np.array(axis_values(Range(**ends, count=count, spacing="log"), "here"), float)
    assert (found[0], found[-1]) == (sign * start, sign * stop)
    assert np.diff(np.log(np.abs(found))) == pytest.approx(
        math.log(stop / start) / (count - 1), rel=1e-6, abs=1e-9
    )


@SLOW
@given(
    counts=st.permutations([("parameters.r1", 2), ("parameters.r2", 3), ("protocol.interval", 4)])
)
def test_the_number_of_runs_is_the_product_and_their_set_does_not_depend_on_order(tmp_path, counts):
    ends = {"parameters.r1": '"1 Mohm"|"2 Mohm"', "parameters.r2": '"1 Mohm"|"3 Mohm"',
            "protocol.interval": '"1 s"|"2 s"'}  # fmt: skip
    lines = []
    for key, count in counts:
        start, stop = ends[key].split("|")
        lines.append(f'"{key}" = {{ start = {start}, stop = {stop}, count = {count} }}')
    text = BASE + "[sweep]\n" + "\n".join(lines)
    loaded = load(tmp_path, text + "\n[monte_carlo]\nruns = 2\nparameters.r3.spread = 0.1")
    runs = expand(loaded)
    assert len(runs) == loaded.scenario.run_count == 2 * 3 * 4 * 2
    points = Counter(tuple(sorted(run.point.items())) for run in runs)
    assert len(points) == 24
    assert set(points.values()) == {2}
    fixed = {("parameters.r1", "1000000.0 ohm")} & {item for point in points for item in point}
    assert not fixed  # spelled in the unit that was written
    assert {dict(point)["parameters.r2"] for point in points} == {
        "1.0 Mohm", "2.0 Mohm", "3.0 Mohm"
    }  # fmt: skip


def test_keys_that_move_together_make_rows_and_not_a_grid(tmp_path):
    text = (
        BASE
        + """
[sweep]
temperature = ["27 degC", "300.15 K"]
[[zip]]
"parameters.r1" = ["1 Mohm", "2 Mohm", "3 Mohm"]
"protocol.interval" = { start = "1 s", stop = "3 s", count = 3 }
[[zip]]
accuracy = ["fast", "standard"]
"parameters.r2" = ["4 Mohm", "5 Mohm"]
"""
    )
    runs = expand(load(tmp_path, text))
    assert len(runs) == 2 * 3 * 2
    found = {
        (r.parameters["r1"], r.protocol.interval, r.profile.name, r.parameters["r2"]) for r in runs
    }
    assert found == {
        (n * 1e6, float(n), profile, other)
        for n in (1, 2, 3)
        for profile, other in (("fast", 4e6), ("standard", 5e6))
    }
    assert np.unique(runs.kinds()).size == 3 * 2  # the temperatures are one


def test_a_device_moves_together_with_its_own_parameters(tmp_path):
    text = (
        BASE.replace('r1 = "5 Mohm"', "")
        + """
[[zip]]
device = ["pbs_rc", "pbs_trap"]
"parameters.reading" = [0.5, 0.5]
"""
    )
    with pytest.raises(InputError, match="device 'pbs_trap' has no such parameter"):
        expand(load(tmp_path, text))
    own = text.replace('"parameters.reading" = [0.5, 0.5]', 'temperature = ["27 degC", "300.15 K"]')
    assert [run.device.name for run in expand(load(tmp_path, own))] == ["pbs_rc", "pbs_trap"]


@pytest.mark.parametrize("kind", ["sobol", "latin_hypercube"])
def test_a_design_fills_its_ranges_evenly(kind):
    """Every sixteenth of each range, linear or logarithmic, holds one of sixteen points."""
    axis = design_axis(design(kind, 16), "here")
    assert len(axis) == 16
    r3, r1 = (numbers(axis.columns[f"parameters.{name}"], "ohm") for name in ("r3", "r1"))
    for places in (np.log10(r3 / 10e6), (r1 - 1e6) / 8e6):
        assert sorted(np.floor(places * 16).astype(int)) == list(range(16))


def test_more_points_of_a_sobol_design_keep_those_before():
    few, many = (design_axis(design("sobol", points), "here") for points in (100, 256))
    for key, values in few.columns.items():
        assert list(values) == list(many.columns[key][:100])


@pytest.mark.parametrize("kind", ["sobol", "latin_hypercube", "saltelli"])
def test_a_design_follows_from_its_seed(kind):
    if kind == "saltelli":
        pytest.importorskip("SALib")
    once, again, other = (design_axis(design(kind, 8, seed), "here") for seed in (1, 1, 2))
    assert [list(v) for v in once.columns.values()] == [list(v) for v in again.columns.values()]
    assert [list(v) for v in once.columns.values()] != [list(v) for v in other.columns.values()]


def test_the_points_of_a_design_are_runs(tmp_path):
    text = (
        BASE
        + '[sweep]\naccuracy = ["fast", "standard"]\n[design]\nkind = "sobol"\npoints = 8'
        + RANGES
    )
    loaded = load(tmp_path, text)
    runs = expand(loaded)
    assert len(runs) == loaded.scenario.run_count == 16
    assert {len(set(run.point)) for run in runs} == {4}
    assert all(1 <= run.protocol.interval <= 2 for run in runs)
    assert all(10e6 <= run.parameters["r3"] <= 100e6 for run in runs)
    first = [dict(run.point, accuracy="") for run in runs[:8]]
    assert first == [dict(run.point, accuracy="") for run in runs[8:]]


def test_saltelli_has_two_points_more_than_keys_for_each_of_its_base(tmp_path):
    pytest.importorskip("SALib")
    loaded = load(tmp_path, BASE + '[design]\nkind = "saltelli"\npoints = 4' + RANGES)
    assert len(expand(loaded)) == loaded.scenario.run_count == 4 * (3 + 2)


def test_without_salib_one_sentence_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "SALib", None)
    monkeypatch.setitem(sys.modules, "SALib.sample", None)
    with pytest.raises(InputError, match=r"design.kind = 'saltelli'.*optospice\[sensitivity\]"):
        expand(load(tmp_path, BASE + '[design]\nkind = "saltelli"\npoints = 4' + RANGES))


@given(st.integers(1, 6))
def test_corners_are_the_typical_point_and_all_combinations_of_extremes(keys):
    corners = {f"parameters.p{n}": Corner(min=n, typ=n + 10, max=n + 20) for n in range(keys)}
    axis = corner_axis(corners)
    rows = [tuple(axis.row(place).values()) for place in range(len(axis))]
    assert rows[0] == tuple(n + 10 for n in range(keys))
    assert len(rows) == 1 + 2**keys == len(set(rows))
    assert all(value in (n, n + 20) for row in rows[1:] for n, value in enumerate(row))


def test_corners_multiply_with_draws_and_a_run_is_found_by_its_corner(tmp_path):
    text = (
        BASE
        + """
[corners]
"parameters.r3" = { min = "20 Mohm", typ = "25 Mohm", max = "30 Mohm" }
"protocol.interval" = { min = "1 s", typ = "2 s", max = "3 s" }
[monte_carlo]
runs = 4
parameters.r1.spread = 0.1
"""
    )
    runs = expand(load(tmp_path, text))
    assert len(runs) == 5 * 4
    assert runs.count({"parameters.r3": "20000 kohm"}) == 2 * 4
    assert runs.count({"parameters.r3": "25 Mohm", "protocol.interval": "2000 ms"}) == 4
    assert runs.count({}) == 20


BAD = [
    ('[sweep]\n"protocol.interval" = []', "sweep: 'protocol.interval' has no values"),
    ('[sweep]\n"protocl.interval" = ["1 s"]',
     "sweep: 'protocl.interval' cannot be swept; did you mean 'protocol.interval'"),
    ('[sweep]\ninterval = ["1 s"]', "'interval' cannot be swept; did you mean 'protocol.interval'"),
    ('[sweep]\ntemprature = ["300 K"]', "'temprature' cannot be swept; did you mean 'temperature'"),
    ('[sweep]\n"circuit.elements.a.resistance" = ["1 ohm"]', "accepted: parameters.INSTANCE_NAME"),
    ('[sweep]\n"parameters." = ["1 s"]',
     "'parameters.' cannot be swept; accepted: parameters.NAME"),
    ('[sweep]\ntargets = ["1 s"]', "'targets' cannot be swept; accepted: device, temperature"),
    ('[sweep]\n"parameters.r3" = ["1 Mohm"]\n[[zip]]\n"parameters.r3" = ["1 Mohm"]',
     r"sweep and zip\[0\]: 'parameters.r3' stands in both; accepted: one of them"),
    ('[[zip]]\n"parameters.r3" = ["25 Mohm"]\n"parameters.r1" = ["1 Mohm", "2 Mohm"]',
     r"zip\[0\]: parameters.r3 has 1, parameters.r1 has 2; accepted: as many"),
    ("[[zip]]", r"zip\[0\]"),
    ('[sweep]\n"parameters.r3" = { start = inf, stop = "1 Mohm", count = 2 }',
     r"sweep.parameters.r3.start: 'inf'|inf.*finite number"),
    ('[sweep]\n"parameters.r3" = { start = nan, stop = 1, count = 2 }',
     "nan: accepted: a finite number"),
    ('[sweep]\n"parameters.r3" = { start = "1e400 ohm", stop = "1 ohm", count = 2 }',
     "accepted: a finite number in ohm"),
    ('[sweep]\n"parameters.r3" = [1e6, inf]', "sweep.parameters.r3: inf: accepted: finite numbers"),
    ('[sweep]\n"parameters.r3" = { start = "-1 ohm", stop = "1 ohm", count = 3, spacing = "log" }',
     "sweep.parameters.r3: spacing = 'log' from '-1 ohm' .*accepted: .*both above 0"),
    ('[sweep]\n"parameters.r3" = { start = "1 ohm", stop = "2 ohm", count = 1 }',
     "count = 1 .*accepted: 2 or more"),
    ('[sweep]\n"parameters.r3" = { start = "1 ohm", stop = "2 ohm", count = 0 }',
     "sweep.parameters.r3.count = 0"),
    ('[design]\nkind = "sobol"\npoints = 4', "design.ranges: is missing"),
    ('[design]\nkind = "sobl"\npoints = 4' + RANGES,
     "design.kind = 'sobl': not accepted; did you mean 'sobol'"),
    ('[design]\nkind = "sobol"\npoints = 0' + RANGES, "design.points = 0"),
    ('[design]\nkind = "sobol"\npoints = 4\nof = ["paired_pulse_index"]' + RANGES,
     "of: belongs to kind = 'saltelli'"),
    ('[design]\nkind = "saltelli"\npoints = 6' + RANGES,
     "points = 6: accepted with kind = 'saltelli': a power of two, such as 4 or 8"),
    ('[corners]\n"parameters.r3" = { min = "1 ohm", max = "2 ohm" }',
     "corners.parameters.r3.typ: is missing"),
    ('[[spec]]\nmetric = "paired_pulse_index"',
     r"spec\[0\]: a spec has at least one of min, typ, max"),
    ('[[spec]]\nmetric = "paired_pulse_index"\nmin = "60 %"\nmax = 0.5',
     "accepted: a min that is not above max"),
    ('[[spec]]\nmetric = "paired_puls"\nmin = "60 %"',
     "does not give it; did you mean 'paired_pulse_"),
    ('keep = "some"', "keep: 'some': accepted: 'none', 'failed', 'every 100th' or 'all'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), BAD)
def test_what_contradicts_itself_is_refused_in_one_sentence(tmp_path, text, words):
    whole = f"{text}\n{BASE}" if text.startswith("keep") else f"{BASE}\n{text}"
    with pytest.raises(InputError, match=words) as caught:
        expand(load(tmp_path, whole))
    assert "pair.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_setting_that_the_sweep_varies_is_refused_and_its_values_can_be_replaced(tmp_path):
    text = BASE + '[sweep]\n"parameters.r3" = ["20 Mohm", "30 Mohm"]'
    with pytest.raises(
        InputError, match=r"--set parameters.r3=1: .* varies parameters.r3"
    ) as caught:
        load(tmp_path, text, "parameters.r3=1")
    assert "--set 'sweep.parameters.r3=[...]'" in str(caught.value)
    runs = expand(load(tmp_path, text, 'sweep.parameters.r3=["40 Mohm"]'))
    assert [run.parameters["r3"] for run in runs] == [40e6]
    with pytest.raises(InputError, match="varies parameters"):
        load(tmp_path, BASE + '[[zip]]\n"parameters.r1" = ["2 Mohm"]', "parameters.r1=1")


def test_more_than_a_million_runs_need_consent(tmp_path):
    text = (
        BASE
        + """[sweep]
"parameters.r3" = { start = "10 Mohm", stop = "90 Mohm", count = 2000 }
"parameters.r1" = { start = "1 Mohm", stop = "9 Mohm", count = 1000 }
"""
    )
    loaded = load(tmp_path, text)
    with pytest.raises(InputError, match=r"2,000,000 runs; accepted: up to 1,000,000, .*--yes"):
        expand(loaded)
    runs = expand(loaded, most=10_000_000)
    assert len(runs) == 2_000_000
    assert runs[1_999_999].parameters == {"r1": 9e6, "r3": 90e6}
    assert only_run(loaded, runs, "2000000")[1].id == "2000000"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("none", []),
        ("failed", [1, 3]),
        ("all", [0, 1, 2, 3, 4, 5, 6]),
        ("every 3rd", [0, 3, 6]),
        ("every 1st", [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_whose_waveforms_stay(tmp_path, text, kept):
    keep = load(tmp_path, f'keep = "{text}"\n{BASE}').scenario.keep
    keeping = Keeping(keep.every, keep.failed)
    places = np.arange(7)
    assert places[keeping.keeps(places, ~np.isin(places, (1, 3)))].tolist() == kept
    assert load(tmp_path).scenario.keep is None
