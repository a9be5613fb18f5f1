"""A shape follows the values of its axis, however they are written and in whatever order."""

from __future__ import annotations

import itertools
import json
import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenario_files import BASE, load

from optospice.device import find_device
from optospice.errors import InputError
from optospice.metrics.value import MetricValue
from optospice.regression.golden import golden_file
from optospice.report.numbers import claim_text, number_of
from optospice.scenario.across import take_across
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.scenario.order import swept_number
from optospice.scenario.schema import Across, Scenario
from optospice.scenario.verdict import Observation, judge_targets
from optospice.sweep.record import RunRecord

#: A card with a parameter in Mohm, of which bare numbers are.
PARAMETERS = {"r3": find_device("pbs_rc").card.parameters["r3"].model_copy(update={"unit": "Mohm"})}
CURRENT = "dark_current"


def judged(shape, key, pairs, order=(), parameters=PARAMETERS):
    """Hold a shape against swept values, each with the current that it gave [nA]."""
    scenario = Scenario.model_validate(
        {
            "title": "t",
            "device": "pbs_rc",
            "protocol": {"name": "paired_pulse"},
            "sweep": {key: list(dict.fromkeys(value for value, _ in pairs))},
            "targets": [
                {
                    "id": "T", "source": "a figure", "metric": CURRENT, "shape": shape,
                    "over": key, "order": list(order),
                }
            ],
        }
    )  # fmt: skip
    observations = [
        Observation(
            "pbs_rc", {key: value}, {CURRENT: MetricValue(1e-9 * number, "A", "d")}, parameters
        )
        for value, number in pairs
    ]
    [verdict] = judge_targets(scenario, observations)
    return verdict


@pytest.mark.parametrize(
    "pairs", list(itertools.permutations([("740 nm", 1), ("0.55 um", 2), ("450 nm", 3)]))
)
def test_a_response_that_falls_with_wavelength_falls_in_any_order(pairs):
    falls = judged("decreasing", "protocol.wavelength", pairs)
    assert falls.met
    assert falls.shown == "3 → 2 → 1"
    assert claim_text(falls.target) == falls.published == "decreasing with wavelength"
    assert not judged("increasing", "protocol.wavelength", pairs).met


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=8), st.randoms())
def test_the_order_in_the_file_changes_nothing(values, random_order: random.Random):
    pairs = [(f"{n} s", value) for n, value in enumerate(values, 1)]
    shuffled = random_order.sample(pairs, len(pairs))
    for shape in ("increasing", "decreasing", "constant"):
        first = judged(shape, "protocol.interval", pairs)
        second = judged(shape, "protocol.interval", shuffled)
        assert (first.met, first.shown) == (second.met, second.shown)


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("protocol.width", ["900 us", "1 ms", "0.1 s", "2 s"]),
        ("temperature", ["-10 degC", "270 K", "0 degC", "300 K"]),
        ("protocol.depth", [-0.5, "10 %", 0.2, "3"]),
        ("parameters.r3", ["20 Mohm", 25, "30e6 ohm", 35.0]),
        ("protocol.delay", ["-150 ms", "-0.1 s", "0 s", "25 ms"]),
    ],
)
def test_units_and_bare_numbers_are_read_by_one_rule(key, values):
    """Numbers of a parameter are in the card's unit, all others without one."""
    pairs = [(value, number) for number, value in enumerate(values, 1)]
    for order in itertools.permutations(pairs):
        assert judged("increasing", key, order).met
        assert not judged("decreasing", key, order).met


def test_one_value_written_twice_is_one_place():
    """Two draws at 0.3 ms and one at 300 us: their median counts, once."""
    pairs = [("1 ms", 9.0), ("300 us", 3.0), ("0.3 ms", 1.0), ("0.3 ms", 2.0)]
    assert judged("increasing", "protocol.width", pairs).shown == "2 → 9"


def test_names_stand_in_the_stated_order():
    pairs = [("reference", 3), ("fast", 1), ("standard", 2)]
    order = ["fast", "standard", "reference"]
    rises = judged("increasing", "accuracy", pairs, order)
    assert rises.met
    assert rises.shown == "1 → 2 → 3"
    assert claim_text(rises.target) == rises.published
    assert rises.published == "increasing with accuracy (fast, standard, reference)"
    assert not judged("increasing", "accuracy", pairs, order[::-1]).met
    assert judged("decreasing", "accuracy", pairs, order[::-1]).met


def test_what_is_constant_needs_no_order():
    assert judged("constant", "accuracy", [("standard", 1), ("fast", 1.001)]).met
    assert not judged("constant", "accuracy", [("standard", 1), ("fast", 2)]).met


def test_a_fit_takes_bare_numbers_in_the_unit_of_the_card():
    """1 - 0.4 exp(-r/25 Mohm) against a parameter, half of whose values are bare."""
    across = Across(
        metric="paired_pulse_relaxation_time", of="paired_pulse_index", over="parameters.r3"
    )
    ohms = np.array([1.0, 5.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0])
    found = take_across(
        across,
        [
            Observation(
                "pbs_rc",
                {"parameters.r3": r if n % 2 else f"{1000 * r} kohm"},
                {"paired_pulse_index": MetricValue(1 - 0.4 * math.exp(-r / 25), "1", "ratio")},
                PARAMETERS,
            )
            for n, r in enumerate(ohms.tolist())
        ],
    )
    assert found.value == pytest.approx(25e6, rel=1e-3)


def test_tables_figures_and_verdicts_read_a_swept_value_alike(tmp_path):
    """The first value gives the unit of a figure's axis, the card that of a bare number."""
    key = "parameters.r3"
    runs = expand(load(tmp_path, f'{BASE}[sweep]\n"{key}" = ["20 Mohm", 30e6, "25000 kohm"]\n'))
    records = [RunRecord(run, "ok") for run in runs]
    expected = [20e6, 30e6, 25e6]
    for record, ohms in zip(records, expected, strict=True):
        value, parameters = record.run.point[key], record.run.device.card.parameters
        assert swept_number(key, value, parameters) == (pytest.approx(ohms), "ohm")
        assert number_of(key, value, "Mohm", record) == pytest.approx(1e-6 * ohms)
    assert math.isnan(number_of("accuracy", "fast", "1", records[0]))
    assert math.isnan(number_of(key, "1 V", "Mohm", records[0]))


SHAPE = """
[[targets]]
id = "T1"
metric = "paired_pulse_index"
shape = "{shape}"
over = "{over}"
{order}
source = "a figure"
"""


@pytest.mark.parametrize(
    ("over", "values", "shape", "order", "words"),
    [
        ("accuracy", ["fast", "standard"], "increasing", "",
         ("order: is missing", "accuracy", "'fast', 'standard'", "order = [...]")),
        ("protocol.definitions.index", ["ratio", "relative"], "decreasing", "",
         ("order: is missing", "protocol.definitions.index", "'ratio'")),
        ("accuracy", ["fast", "standard"], "increasing", 'order = ["fast", "standrad"]',
         ("order: 'standard', which accuracy takes, is missing",)),
        ("protocol.interval", ["1 s", "2 s"], "increasing", 'order = ["2 s", "1 s"]',
         ("order: the values of protocol.interval are numbers",)),
        ("device", ["pbs_rc", "pbs_rc"], "increasing", 'order = ["pbs_rc"]',
         ("over = 'device'", "a verdict of its own")),
        ("accuracy", ["fast", "standard"], "increasing", 'order = ["fast", "fast"]',
         ("order = ['fast', 'fast']", "every value once")),
        ("accuracy", ["fast", "standard"], "constant", 'order = ["fast", "standard"]',
         ("order belongs to a shape that is increasing or decreasing",)),
    ],
)  # fmt: skip
def test_an_axis_without_an_order_is_refused_before_anything_runs(
    tmp_path, over, values, shape, order, words
):
    sweep = f'[sweep]\n"{over}" = {values}\n'
    target = SHAPE.format(shape=shape, over=over, order=order)
    with pytest.raises(InputError) as refused:
        expand(load(tmp_path, BASE + "[protocol.definitions]\n" + sweep + target))
    message = str(refused.value)
    assert message.count("\n") == 0
    for word in ("pair.toml", "targets[0]", *words):
        assert word in message


def test_a_stated_order_may_hold_more_than_a_shorter_sweep_takes(tmp_path):
    target = SHAPE.format(
        shape="increasing", over="accuracy", order='order = ["fast", "standard", "reference"]'
    )
    assert len(expand(load(tmp_path, f'{BASE}[sweep]\naccuracy = ["standard", "fast"]\n{target}')))


def test_a_fit_over_names_is_refused_before_anything_runs(tmp_path):
    text = f"""{BASE}
[sweep]
accuracy = ["fast", "standard"]
[[across]]
metric = "paired_pulse_relaxation_time"
of = "paired_pulse_index"
over = "accuracy"
"""
    with pytest.raises(InputError, match=r"across\[0\]\.over = 'accuracy': its values are names"):
        expand(load(tmp_path, text))


@pytest.mark.parametrize("name", ["wavelength", "colour_trains"])
def test_the_packaged_claims_about_colour_hold_in_any_order_of_their_runs(name):
    """The stored numbers of both scenarios, which list 740 nm first."""
    loaded = load_scenario(f"pbs/{name}")
    stored = json.loads(golden_file(loaded.file).read_text())["devices"]["pbs_trap"]
    [target] = loaded.scenario.targets
    column = stored["metrics"][target.metric]
    observations = [
        Observation("pbs_trap", point, {target.metric: MetricValue(value, column["unit"], "")})
        for point, value in zip(stored["runs"].values(), column["values"], strict=True)
    ]
    for order in itertools.permutations(observations):
        [verdict] = judge_targets(loaded.scenario, order)
        assert verdict.met
