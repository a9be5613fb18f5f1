"""From a scenario to its runs."""

from __future__ import annotations

import pytest
from scenario_files import BASE, load

from optospice.errors import InputError
from optospice.scenario.expand import expand, only_run
from optospice.scenario.load import load_scenario

TARGET = """
[[targets]]
id = "T1"
metric = "paired_pulse_index"
where = { "protocol.interval" = "%s" }
published = "55 %%"
tolerance = "1 point"
source = "a figure"
"""


def sweep(*lines):
    return BASE + "[sweep]\n" + "\n".join(lines) + "\n"


def test_one_run_without_a_sweep(tmp_path):
    [run] = expand(load(tmp_path))
    assert run.id == "0001"
    assert run.point == {}
    assert run.parameters == {"r1": 5e6}
    assert run.temperature == 300.15
    assert run.profile.name == "standard"
    assert run.draw is None
    assert "r1=5000000.0" in run.testbench().netlist()


def test_the_last_key_varies_fastest(tmp_path):
    axes = (
        '"protocol.interval" = ["1 s", "2 s"]',
        '"parameters.r3" = ["20 Mohm", 30e6, "40 Mohm"]',
    )
    runs = expand(load(tmp_path, sweep(*axes)))
    assert [(run.point["protocol.interval"], run.parameters["r3"]) for run in runs] == [
        ("1 s", 20e6), ("1 s", 30e6), ("1 s", 40e6), ("2 s", 20e6), ("2 s", 30e6), ("2 s", 40e6),
    ]  # fmt: skip
    assert [run.id for run in runs] == [f"{n:04d}" for n in range(1, 7)]
    assert [run.protocol.interval for run in runs] == [1.0] * 3 + [2.0] * 3
    assert all(run.parameters["r1"] == 5e6 for run in runs)


def test_temperature_accuracy_and_device_may_be_swept(tmp_path):
    axes = ('temperature = ["20 degC", "300 K"]', 'accuracy = ["fast", "reference"]')
    runs = expand(load(tmp_path, sweep(*axes, 'device = ["pbs_trap"]')))
    assert [run.temperature for run in runs] == pytest.approx([293.15, 293.15, 300, 300])
    assert [run.profile.name for run in runs] == ["fast", "reference"] * 2


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('start = "1 s", stop = "3 s", count = 5', [1.0, 1.5, 2.0, 2.5, 3.0]),
        ('start = "3 s", stop = "1 s", count = 3', [3.0, 2.0, 1.0]),
        ('start = "1 s", stop = "100 s", count = 3, spacing = "log"', [1.0, 10.0, 100.0]),
        ('start = "100 ms", stop = "100 ms", count = 1', [0.1]),
        ('start = "0.1 s", stop = "0.7 s", count = 7', [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]),
    ],
)
def test_a_range(tmp_path, text, values):
    runs = expand(load(tmp_path, f'{BASE}[sweep]\n"protocol.interval" = {{ {text} }}'))
    assert [run.protocol.interval for run in runs] == pytest.approx(values, rel=1e-11)
    assert all(
        len(str(run.point["protocol.interval"])) < 10 for run in runs
    )  # no 0.30000000000000004


def test_a_range_of_bare_numbers(tmp_path):
    runs = expand(
        load(
            tmp_path, f'{BASE}[sweep]\n"parameters.reading" = {{ start = 0, stop = 1, count = 3 }}'
        )
    )
    assert [run.parameters["reading"] for run in runs] == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("spelled", ["1 s", "1000 ms", "1.0 s", "1e3 ms"])
def test_a_target_names_its_run_in_any_unit(tmp_path, spelled):
    text = sweep('"protocol.interval" = ["1 s", "2 s"]')
    assert len(expand(load(tmp_path, text + TARGET % spelled))) == 2


@pytest.mark.parametrize("spelled", ["1.1 s", "1 V", "1", "one second"])
def test_a_target_without_a_run(tmp_path, spelled):
    text = sweep('"protocol.interval" = ["1 s", "2 s"]')
    with pytest.raises(InputError, match="does not take this value; accepted: 1 s, 2 s"):
        expand(load(tmp_path, text + TARGET % spelled))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            sweep('"protocol.interval" = { start = "1 s", stop = "2 ms", count = 2 }'),
            "same unit",
        ),
        (
            sweep(
                '"protocol.interval" = { start = "0 s", stop = "2 s", count = 2, spacing = "log" }'
            ),
            "accepted: start and stop both above 0",
        ),
        (sweep('"protocol.intervall" = ["1 s"]'), "did you mean 'interval'"),
        (sweep('"protocol.interval" = ["1 V"]'), "is not a time"),
        (sweep('"parameters.r9" = ["1 ohm"]'), "has no such parameter"),
        (sweep('"parameters.r3" = ["1 ohm"]'), "run parameters.r3 = 1 ohm: .* bounds"),
        (sweep('temperature = ["1 V"]'), "sweep.temperature"),
        (sweep('temperature = ["-5 K"]'), "must be above 0 K"),
        (sweep('accuracy = ["exact"]'), "there is no such profile"),
        (sweep('device = ["pbs_cr"]'), "there is no such device"),
        (BASE.replace("pbs_rc", "pbs_cr"), "there is no such device"),
        (BASE.replace('"paired_pulse"', '"pair"'), "there is no such protocol"),
        (BASE.replace('name = "paired_pulse"\n', ""), "protocol.name: is missing"),
        (BASE.replace("width", "widht"), "unknown key; did you mean 'width'"),
        (BASE.replace("5 Mohm", "5 s"), "parameters.r1"),
        (BASE.replace('interval = "1 s"', 'interval = "-1 s"'), "overlap"),
        (
            BASE + '[[targets]]\nid = "T"\nmetric = "undershot"\nat_least = "1 nA"\nsource = "a"',
            "does not give it",
        ),
        (BASE + "[monte_carlo]\nruns = 2\nparameters.r9.spread = 0.1", "has no such parameter"),
    ],
)  # fmt: skip
def test_what_does_not_fit(tmp_path, text, words):
    with pytest.raises(InputError, match=words) as caught:
        expand(load(tmp_path, text))
    assert "pair.toml" in str(caught.value)


def test_every_point_has_its_draws(tmp_path):
    text = sweep('"protocol.interval" = ["1 s", "2 s"]', "[monte_carlo]", "runs = 3")
    runs = expand(load(tmp_path, text + "parameters.r3.spread = 0.1"))
    assert [run.draw for run in runs] == [0, 1, 2] * 2
    assert [run.id for run in runs] == [f"{n:04d}" for n in range(1, 7)]
    first, second = ([run.parameters["r3"] for run in runs[at : at + 3]] for at in (0, 3))
    assert first == second  # the same devices at each point
    assert len(set(first)) == 3


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("closed_loop/light_adaptation", 'controller.total="1e30 s"'),
        ("closed_loop/inhibition", 'controller.total="1e30 s"'),
        ("pbs/single_pulse", 'protocol.tail="1e10 s"'),
    ],
)
def test_a_run_of_ages_is_refused(name, setting):
    with pytest.raises(InputError, match=r"would simulate 1e\+\d\d s; accepted: up to 1e\+09 s"):
        expand(load_scenario(name, [setting]))


def test_one_draw_of_many_decides_no_claim_about_all(tmp_path):
    file = tmp_path / "draws.toml"
    file.write_text(
        """
title = "t"
device = "pbs_rc"
[protocol]
name = "single_pulse"
irradiance = "1 mW/cm^2"
wavelength = "740 nm"
width = "1 s"
[monte_carlo]
runs = 3
parameters.r3.spread = 0.1
[[targets]]
id = "T"
metric = "dark_current"
at_least = "1 nA"
source = "a test"
"""
    )
    loaded = load_scenario(str(file))
    cut, run = only_run(loaded, expand(loaded), "0002")
    assert run.id == "0002"
    assert not cut.scenario.targets
    alone = load_scenario(str(file), ["monte_carlo.runs=1"])
    assert only_run(alone, expand(alone), "0001")[0].scenario.targets
