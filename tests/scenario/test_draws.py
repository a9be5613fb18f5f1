"""Draws are what the scenario says of them: distribution, bounds, correlations, components."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenario_files import BASE, load
from scipy import stats

from optospice.device import find_device
from optospice.errors import InputError
from optospice.scenario.draws import Drawn, draw_matrix, marginals_of
from optospice.scenario.expand import expand
from optospice.scenario.monte_carlo import MonteCarlo

DEVICE = find_device("pbs_rc")
OWN = {**DEVICE.defaults, "r3": 25e6, "r1": 6e6}
#: Level of the tests of a distribution: with fixed seeds they pass or fail for good.
LEVEL = 1e-3
MANY = 40_000


def block(parameters, runs=MANY, seed=3, **more):
    return MonteCarlo.model_validate({"runs": runs, "seed": seed, "parameters": parameters, **more})


def drawn(monte_carlo, resolved=OWN, numbers=None):
    numbers = np.arange(monte_carlo.runs) if numbers is None else numbers
    names, matrix = draw_matrix(monte_carlo, numbers, DEVICE, resolved)
    return dict(zip(names, matrix.T, strict=True))


@pytest.mark.parametrize("spread", [0.05, 0.3, 1.0])
def test_the_spread_of_a_lognormal_is_its_relative_standard_deviation(spread):
    """Standard deviation over mean is the spread; the scenario's own value is the median."""
    values = drawn(block({"r3": {"distribution": "lognormal", "spread": spread}}))["r3"]
    law = stats.lognorm(math.sqrt(math.log(1 + spread**2)), scale=25e6)
    assert law.std() / law.mean() == pytest.approx(spread)
    assert law.median() == pytest.approx(25e6)
    assert stats.kstest(values, law.cdf).pvalue > LEVEL
    excess = float(law.stats("k"))  # decides how well a sample's deviation is known
    error = math.sqrt((excess + 2) / (4 * MANY))
    assert values.std() / law.std() == pytest.approx(1, abs=min(5 * error, 0.5))


def test_normal_and_uniform():
    normal = drawn(block({"r3": {"distribution": "normal", "spread": "10 %"}}))["r3"]
    assert stats.kstest(normal, stats.norm(25e6, 2.5e6).cdf).pvalue > LEVEL
    uniform = drawn(block({"r3": {"distribution": "uniform", "spread": "20 %"}}))["r3"]
    assert stats.kstest(uniform, stats.uniform(20e6, 10e6).cdf).pvalue > LEVEL


def test_amounts_instead_of_shares():
    amount = {"standard_deviation": "2.5 Mohm"}
    normal = drawn(block({"r3": {"distribution": "normal", **amount}}))["r3"]
    assert stats.kstest(normal, stats.norm(25e6, 2.5e6).cdf).pvalue > LEVEL
    found = marginals_of(block({"r3": {"distribution": "lognormal", **amount}}), DEVICE, OWN)["r3"]
    assert stats.lognorm(found.width, scale=25e6).std() == pytest.approx(2.5e6)
    uniform = drawn(block({"r3": {"distribution": "uniform", "half_width": "5 Mohm"}}))["r3"]
    assert stats.kstest(uniform, stats.uniform(20e6, 10e6).cdf).pvalue > LEVEL


def test_a_value_of_zero_varies_by_an_amount():
    reading = {"distribution": "normal", "standard_deviation": 0.1}
    values = drawn(block({"reading": reading}), {**OWN, "reading": 0.0})["reading"]
    assert (values >= 0).all()  # the card's bound, at which half of the normal ends
    assert stats.kstest(values, stats.halfnorm(scale=0.1).cdf).pvalue > LEVEL


@pytest.mark.parametrize(
    ("draw", "law"),
    [
        ({"distribution": "normal", "spread": 0.4}, stats.norm(25e6, 10e6)),
        ({"distribution": "lognormal", "spread": 0.4}, stats.lognorm(0.385253, scale=25e6)),
        ({"distribution": "uniform", "spread": 0.8}, stats.uniform(5e6, 40e6)),
    ],
)
def test_bounds_cut_and_do_not_gather(draw, law):
    """Between the bounds the distribution keeps its form; no value sits at a bound."""
    low, high = 20e6, 42e6
    values = drawn(block({"r3": {**draw, "low": "20 Mohm", "high": "42 Mohm"}}))["r3"]
    assert values.min() > low
    assert values.max() < high
    share = law.cdf(high) - law.cdf(low)
    assert stats.kstest(values, lambda x: (law.cdf(x) - law.cdf(low)) / share).pvalue > LEVEL


def test_the_card_says_the_distribution_where_the_scenario_does_not():
    linear = marginals_of(block({"r3": {"spread": 0.1}}), DEVICE, OWN)
    assert linear["r3"].kind == "normal"
    memristor = find_device("mose2")
    found = marginals_of(block({"i0": {"spread": 0.1}}), memristor, memristor.defaults)
    assert memristor.card.parameters["i0"].scale == "log"
    assert found["i0"].kind == "lognormal"


def test_each_device_has_a_course_of_its_own_from_cycle_to_cycle():
    """As docs/scenarios.md has it: `cycle_seed` is drawn, which is 1 by itself."""
    memristor = find_device("mose2")
    course = {"cycle_seed": {"distribution": "uniform", "half_width": 1}}
    found = draw_matrix(block(course), np.arange(MANY), memristor, memristor.defaults)[1].ravel()
    assert stats.kstest(found, stats.uniform(0, 2).cdf).pvalue > LEVEL


VARIED = {
    "r3": {"spread": 0.1},
    "r1": {"distribution": "lognormal", "spread": 0.2},
    "c": {"distribution": "uniform", "spread": 0.1},
}


@given(st.permutations(list(VARIED)), st.integers(0, 2**70))
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_keys_changes_nothing(order, seed):
    first = drawn(block(VARIED, 50, seed))
    again = drawn(block({name: VARIED[name] for name in order}, 50, seed))
    alone = drawn(block({order[0]: VARIED[order[0]]}, 50, seed))
    assert all((first[name] == again[name]).all() for name in VARIED)
    assert (alone[order[0]] == first[order[0]]).all()


@given(st.lists(st.integers(0, 999), min_size=1, max_size=20), st.integers(1, 999))
@settings(max_examples=30, deadline=None)
def test_a_draw_is_its_number_whatever_is_drawn_besides(numbers, runs):
    whole = drawn(block(VARIED, 1000))
    some = drawn(block(VARIED, 1000), numbers=np.array(numbers))
    fewer = drawn(block(VARIED, runs))
    for name in VARIED:
        assert (some[name] == whole[name][numbers]).all()
        assert (fewer[name] == whole[name][:runs]).all()


def test_one_by_one_and_as_a_matrix():
    monte_carlo = block(VARIED, 2500)
    whole, each = drawn(monte_carlo), Drawn(monte_carlo)
    for number in (0, 1023, 1024, 2499, 7):
        assert each.at(number, DEVICE, OWN) == {name: whole[name][number] for name in VARIED}
    other = each.at(7, DEVICE, {**OWN, "r3": 50e6})
    assert other["r3"] == pytest.approx(2 * whole["r3"][7])


@pytest.mark.parametrize("far", [1, 50, 100_000])
def test_a_draw_is_the_same_among_neighbours_and_among_far_ones(far):
    """Between far places of its stream nothing is made, which is another way to the same words."""
    monte_carlo, numbers = block(VARIED, 10_000_000), np.array([7, 5, 7, 6, 40]) * far
    together = drawn(monte_carlo, numbers=numbers)
    for place, number in enumerate(numbers.tolist()):
        near = drawn(monte_carlo, numbers=np.arange(number, number + 3))
        assert all(near[name][0] == together[name][place] for name in VARIED)


def test_streams_are_independent():
    parameters = {name: {"distribution": "normal", "spread": 0.1} for name in ("r1", "r2", "r3")}
    columns = [drawn(block(parameters, seed=seed))[name] for seed in (0, 1) for name in parameters]
    columns += [np.roll(columns[0], 1)]
    matrix = np.corrcoef(columns) - np.eye(len(columns))
    assert np.abs(matrix).max() < 5 / math.sqrt(MANY)


CORRELATIONS = [[1, 0.8, -0.3], [0.8, 1, 0.1], [-0.3, 0.1, 1]]
NAMES = ["r1", "r3", "c"]


def test_correlations_are_recovered_with_the_marginals():
    kinds = {"r1": "lognormal", "r3": "normal", "c": "lognormal"}
    parameters = {name: {"distribution": kinds[name], "spread": 0.1} for name in NAMES}
    both = {"parameters": NAMES, "correlations": CORRELATIONS}
    values = drawn(block(parameters, correlated=both))
    gauss = [values[n] if kinds[n] == "normal" else np.log(values[n]) for n in NAMES]
    assert np.corrcoef(gauss) == pytest.approx(np.array(CORRELATIONS), abs=5 / math.sqrt(MANY))
    assert stats.kstest(values["r3"], stats.norm(25e6, 2.5e6).cdf).pvalue > LEVEL
    law = stats.lognorm(math.sqrt(math.log(1.01)), scale=6e6)
    assert stats.kstest(values["r1"], law.cdf).pvalue > LEVEL


def test_a_covariance_says_spreads_and_correlations():
    covariance = [[0.04, 0.012], [0.012, 0.01]]
    both = {"parameters": ["r1", "r3"], "covariance": covariance}
    logs = {name: {"distribution": "lognormal"} for name in ("r1", "r3")}
    values = drawn(block(logs, correlated=both))
    found = np.cov([np.log(values["r1"] / 6e6), np.log(values["r3"] / 25e6)])
    assert found == pytest.approx(np.array(covariance), rel=0.05)
    plain = drawn(block({}, correlated=both))  # by the card: normal
    found = np.cov([plain["r1"] / 6e6, plain["r3"] / 25e6])
    assert found == pytest.approx(np.array(covariance), rel=0.05)


@given(st.permutations(range(3)))
@settings(max_examples=6, deadline=None)
def test_the_order_of_a_matrix_changes_nothing(order):
    parameters = {name: {"spread": 0.1} for name in NAMES}
    first = drawn(
        block(parameters, 100, correlated={"parameters": NAMES, "correlations": CORRELATIONS})
    )
    turned = [[CORRELATIONS[i][j] for j in order] for i in order]
    names = [NAMES[i] for i in order]
    again = drawn(block(parameters, 100, correlated={"parameters": names, "correlations": turned}))
    assert all((first[name] == again[name]).all() for name in NAMES)


def test_perfect_correlation_is_one_number():
    parameters = {name: {"distribution": "normal", "spread": 0.1} for name in ("r1", "r3")}
    both = {"parameters": ["r1", "r3"], "correlations": [[1, 1], [1, 1]]}
    values = drawn(block(parameters, 1000, correlated=both))
    assert values["r1"] / 6e6 == pytest.approx(values["r3"] / 25e6, rel=1e-9)


def test_components_of_device_array_and_die_are_recovered():
    """Nested analysis of variance of the logarithm: 5 % of dies, 3 % of arrays, 2 % of devices."""
    devices, arrays, dies = 8, 5, 2000
    parts = {"spread": "2 %", "array": "3 %", "die": "5 %", "distribution": "lognormal"}
    shared = {"devices_per_array": devices, "arrays_per_die": arrays}
    values = np.log(drawn(block({"r3": parts}, devices * arrays * dies, **shared))["r3"])
    cube = values.reshape(dies, arrays, devices)
    within = cube.var(axis=2, ddof=1).mean()
    of_arrays = cube.mean(axis=2).var(axis=1, ddof=1).mean() - within / devices
    of_dies = cube.mean(axis=(1, 2)).var(ddof=1) - of_arrays / arrays - within / devices / arrays
    for found, spread, count in (
        (within, 0.02, dies * arrays * (devices - 1)),
        (of_arrays, 0.03, dies * (arrays - 1)),
        (of_dies, 0.05, dies),
    ):
        assert found == pytest.approx(math.log(1 + spread**2), rel=5 * math.sqrt(2 / count) + 0.01)


def test_devices_of_a_die_alone_share_all_but_their_own():
    shared = {"devices_per_array": 2, "arrays_per_die": 3}
    values = drawn(block({"r3": {"die": "5 %"}}, 12, **shared))["r3"]
    assert (values.reshape(2, 6) == values[[0, 6]][:, None]).all()
    assert values[0] != values[6]


def refused(tmp_path, text, *settings):
    with pytest.raises(InputError) as caught:
        expand(load(tmp_path, BASE + "[monte_carlo]\nruns = 4\n" + text, *settings))
    message = str(caught.value)
    assert "pair.toml" in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("parameters.reading.spread = 0.1", "parameters.reading.spread = 0.1: is a share of"),
        ('parameters.reading = { distribution = "lognormal", spread = 0.1 }', "one above 0"),
        ('parameters.reading = { distribution = "uniform", spread = 0.1 }', "accepted: half_width"),
        ("parameters.r3.spread = 1e200", "cut away"),
        ("parameters.r3.standard_deviation = inf", "cut away"),
        ('parameters.r3 = { spread = 0.1, low = "30 Mohm" }', "30 MΩ to 1 TΩ cut away 98%"),
        ('parameters.r3 = { spread = 0.1, low = "1 ohm" }', "out of the card's bounds"),
        ('parameters.r3 = { spread = 0.1, low = "26 Mohm", high = "24 Mohm" }', "low below high"),
        ('parameters.r3 = { spread = 0.1, low = "1 V" }', "accepted: a quantity in ohm"),
        ('parameters.r3.standard_deviation = "2 nA"', "accepted: a quantity in ohm"),
        ('parameters.r3.standard_deviation = "-1 Mohm"', "must be above 0"),
        ("parameters.r9.spread = 0.1", "has no such parameter"),
        ("parameters.r3.distribution = 'normal'", "r3: accepted: one of spread"),
        ("parameters.r3 = { spread = 0.1, half_width = 2 }", "accepted: one of the two"),
        ("parameters.r3.half_width = 2", "accepted with distribution = 'uniform'"),
        ("parameters.r3 = { distribution = 'uniform', standard_deviation = 1 }", "not of a unif"),
        ("parameters.r3 = { spread = 0.1, array = 0.1 }", "with monte_carlo.devices_per_array"),
        ("devices_per_array = 2\nparameters.r3 = { die = 0.1 }", "with monte_carlo.arrays_per_die"),
        ("arrays_per_die = 2\nparameters.r3.spread = 0.1", "accepted with devices_per_array"),
        ("correlated.parameters = ['r1']", "accepted: one of correlations, covariance, file"),
        ("correlated = { parameters = ['r1', 'r3'], covariance = [[1]] }", "2 rows of 2 numbers"),
        (
            "correlated = { parameters = ['r1', 'r3'], covariance = [[1, 0.5], [0.4, 1]] }",
            "is not symmetric: 0.5 in row 1, column 2, and 0.4",
        ),
        (
            "correlated = { parameters = ['r1', 'r3'], covariance = [[1, 2], [2, 1]] }",
            "not positive semidefinite",
        ),
        ("correlated = { parameters = ['r1'], covariance = [[0]] }", "a variance above 0"),
        ("correlated = { parameters = ['r1'], covariance = [[nan]] }", "finite numbers"),
        ("correlated = { parameters = ['r1'], covariance = [[true]] }", "covariance[0][0] = True"),
        ("correlated = { parameters = ['r1', 'r1'], covariance = [[1, 0], [0, 1]] }", "once"),
        ("correlated = { covariance = [[1]] }", "parameters: is missing"),
        ("correlated = { parameters = ['r1'], correlations = [[1]] }", "'r1' has no spread"),
        ("correlated = { parameters = ['r9'], covariance = [[0.01]] }", "has no such parameter"),
        (
            "correlated = { parameters = ['r1'], covariance = [[0.01]] }\nparameters.r1.spread = 1",
            "r1.spread: accepted: none, as monte_carlo.correlated says it",
        ),
        ("correlated.file = 'fit.json'", "there is no such file"),
        ("correlated.file = '../fit.json'", "a file in the folder of the scenario"),
        ("correlated.file = '/etc/passwd'", "a file in the folder of the scenario"),
        ("correlated.file = 'pair.toml'", "is no report of a fit"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path, text, words):
    assert words in refused(tmp_path, text)


def test_a_swept_centre_is_held_against_the_bounds_too(tmp_path):
    text = 'parameters.r3 = { spread = 0.1, high = "30 Mohm" }\n[sweep]\n"parameters.r3" = '
    message = refused(tmp_path, text + '["25 Mohm", "30 Mohm", "35 Mohm"]')
    assert "run parameters.r3 = 35 Mohm: monte_carlo.parameters.r3.spread = 0.1" in message


def test_a_covariance_lies_in_the_folder_of_its_scenario(tmp_path):
    outside, inside = tmp_path / "fit.json", tmp_path / "project"
    outside.write_text(json.dumps(report()))
    inside.mkdir()
    (inside / "fit.json").symlink_to(outside)
    text = "correlated = { file = 'fit.json', parameters = ['r1'] }"
    assert "accepted: a file in the folder of the scenario" in refused(inside, text)


def report():
    return {
        "parameters": [
            {"name": "r1", "relative_uncertainty": 0.2, "identified": True},
            {"name": "c", "relative_uncertainty": None, "identified": False},
            {"name": "r3", "relative_uncertainty": 0.1, "identified": True},
        ],
        "correlations": [[1, 0, 0.6], [0, 1, 0], [0.6, 0, 1]],
    }


def test_the_covariance_of_a_fit(tmp_path):
    (tmp_path / "calibration.json").write_text(json.dumps(report()))
    text = BASE + "[monte_carlo]\nruns = 9\n[monte_carlo.correlated]\nfile = 'calibration.json'\n"
    with pytest.raises(InputError, match="does not identify 'c'"):
        load(tmp_path, text)
    with pytest.raises(InputError, match="'r2' was not fitted"):
        load(tmp_path, text + "parameters = ['r2']")
    loaded = load(tmp_path, text + "parameters = ['r3', 'r1']")
    both = loaded.scenario.monte_carlo.correlated
    assert both.parameters == ["r3", "r1"]
    assert np.array(both.covariance) == pytest.approx(np.array([[0.01, 0.012], [0.012, 0.04]]))
    assert loaded.data["monte_carlo"]["correlated"]["covariance"]  # the resolved file is whole
    assert [set(run.parameters) for run in expand(loaded)] == [{"r1", "r3"}] * 9
