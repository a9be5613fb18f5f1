"""Finding, reading and changing scenarios."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenario_files import BASE, load

from optospice.errors import InputError
from optospice.scenario.load import (
    apply_setting,
    find_scenario_file,
    list_scenarios,
    load_scenario,
    set_dotted,
)


def test_every_packaged_scenario_loads():
    names = list_scenarios()
    assert "pbs/paired_pulse" in names
    for name in names:
        assert load_scenario(name).name == name


def test_a_scenario_by_path_and_by_name(tmp_path, monkeypatch):
    (tmp_path / "scenarios" / "own").mkdir(parents=True)
    (tmp_path / "scenarios" / "own" / "pair.toml").write_text(BASE)
    monkeypatch.chdir(tmp_path)
    assert load_scenario("own/pair").scenario.title == "a pair"
    assert find_scenario_file("scenarios/own/pair.toml")[0] == "own/pair"
    assert list_scenarios()[0] == "own/pair"
    (tmp_path / "other.toml").write_text(BASE)
    assert find_scenario_file(str(tmp_path / "other.toml"))[0] == "other"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("spike_rate", "did you mean 'pbs/spike_rate'"),
        ("pbs/paired_puls", "did you mean 'pbs/paired_pulse'"),
        ("nothing/like/it.toml", "there is no such file"),
        ("../scenarios/pbs/paired_pulse", "no such scenario"),
        ("", "no such scenario"),
    ],
)
def test_a_scenario_that_is_not_there(name, words):
    with pytest.raises(InputError, match=words):
        find_scenario_file(name)


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ('parameters.r3="30 Mohm"', ("parameters", "r3"), "30 Mohm"),
        ("parameters.r3 = 30 Mohm", ("parameters", "r3"), "30 Mohm"),
        ("protocol.count=5", ("protocol", "count"), 5),
        ("protocol.definitions.index=relative", ("protocol", "definitions", "index"), "relative"),
        ("temperature=300 K", ("temperature",), "300 K"),
        ('sweep.protocol.interval=["1 s", "2 s"]', ("sweep", "protocol.interval"), ["1 s", "2 s"]),
        ("sweep={}", ("sweep",), {}),
        ("title=a = b", ("title",), "a = b"),
        ("new.table.key=1.5", ("new", "table", "key"), 1.5),
    ],
)
def test_a_setting(setting, path, value):
    data = {"protocol": {"definitions": {}}, "sweep": {"protocol.width": ["1 s"]}}
    assert apply_setting(data, setting) == setting.partition("=")[0].strip()
    for key in path:
        data = data[key]
    assert data == value


@pytest.mark.parametrize("setting", ["parameters.r3", "=1", ".a=1", "a..b=1", "a.=1", "", " = 1"])
def test_a_setting_that_is_none(setting):
    with pytest.raises(InputError, match="accepted: KEY=VALUE"):
        apply_setting({}, setting)


def test_a_setting_through_something_that_is_no_table():
    with pytest.raises(InputError, match="'device' is not a table"):
        apply_setting({"device": "pbs_rc"}, "device.name=x")


@given(
    st.recursive(
        st.integers(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner), max_leaves=8
    ).filter(lambda data: isinstance(data, dict)),
    st.lists(st.sampled_from("xyz"), min_size=1, max_size=3),
)
def test_dotted_changes_leave_the_original_alone(data, path):
    before = repr(data)
    changed = set_dotted(data, {".".join(path): "new"})
    assert repr(data) == before
    for key in path:
        changed = changed[key]
    assert changed == "new"


def test_settings_change_the_scenario_and_are_remembered(tmp_path):
    loaded = load(tmp_path, BASE, "protocol.interval=3 s", "accuracy=fast", "parameters.r3=30 Mohm")
    assert loaded.scenario.protocol["interval"] == "3 s"
    assert loaded.scenario.accuracy == "fast"
    assert loaded.scenario.parameters == {"r1": "5 Mohm", "r3": "30 Mohm"}
    assert loaded.overrides == ("protocol.interval", "accuracy", "parameters.r3")


@pytest.mark.parametrize(
    ("settings", "holds"),
    [
        ((), True),
        (("accuracy=reference", "timeout=5 s"), True),
        (("protocol.interval=2 s",), False),
        (("accuracy=fast", "parameters.r1=6 Mohm"), False),
        (("temperature=310 K",), False),
    ],
)
def test_an_expectation_is_about_the_published_experiment(tmp_path, settings, holds):
    assert load(tmp_path, BASE, *settings).expectation_holds is holds


TARGET = """
[[targets]]
id = "T1"
metric = "paired_pulse_index"
published = "55 %"
tolerance = "1 point"
source = "a figure"
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BASE.replace("title", "titel"), "titel: unknown key; did you mean 'title'"),
        (BASE.replace('title = "a pair"', ""), "title: is missing"),
        (BASE.replace('device = "pbs_rc"', ""), "device: is missing"),
        (BASE + "[", "is not valid TOML"),
        ('accuracy = "standart"' + BASE, "did you mean 'standard'"),
        ("temperature = 300" + BASE, "temperature: 300 has no unit"),
        ('temperature = "-300 degC"' + BASE, "must be above 0 K"),
        ('timeout = "5 V"' + BASE, "is not a time"),
        (BASE + '[sweep]\nprotocl.width = ["1 s"]', "sweep"),
        (BASE + '[sweep]\n"widths" = ["1 s"]', "'widths' cannot be swept"),
        (BASE + '[sweep]\n"protocol.width" = []', "'protocol.width' has no values"),
        (BASE + TARGET + TARGET, "the id 'T1' stands twice"),
        (BASE + TARGET.replace('tolerance = "1 point"', ""), "published and tolerance belong"),
        (BASE + TARGET.replace('published = "55 %"', ""), "exactly one of published"),
        (BASE + TARGET + 'at_least = "5 %"', "not published and at_least"),
        (BASE + TARGET + 'where = { "protocol.width" = "1 s" }', "'protocol.width' is not swept"),
        (BASE + TARGET.replace("metric", "metrik"), "unknown key; did you mean 'metric'"),
        (BASE + TARGET.replace('source = "a figure"', ""), r"targets\[0\]\.source: is missing"),
        (
            BASE + TARGET + '[expectations.pbs_rc]\nmisses = ["T2"]\nreason = "why"',
            "'T2' is no target; accepted: T1",
        ),
        (BASE + '[monte_carlo]\nruns = 0\nparameters.r1.spread = "5 %"', r"monte_carlo\.runs = 0"),
        (BASE + "[monte_carlo]\nruns = 5\nparameters.r1.spread = -0.1", "must be above 0"),
        (BASE + "[monte_carlo]\nruns = 5\nparameters = {}", "carlo: parameters: accepted: at"),
        (
            BASE + '[[across]]\nmetric = "paired_pulse_relaxation_time"\nof = "x"\nover = "y"',
            "'y' is not swept",
        ),
    ],
)  # fmt: skip
def test_what_the_schema_refuses(tmp_path, text, words):
    with pytest.raises(InputError, match=words) as caught:
        load(tmp_path, text)
    assert "pair.toml" in str(caught.value)
    assert "\n" not in str(caught.value).replace("\\n", "")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("kickstart.csv", "optospice calibrate SCENARIO --free PARAM --data kickstart.csv"),
        ("diode.lib", "optospice adopt diode.lib SUBCKT"),
        ("notes", "is no scenario; accepted: a scenario's name or a .toml file"),
        ("folder", "is a folder"),
    ],
)
def test_a_file_that_is_no_scenario_is_answered_with_what_it_is_for(
    tmp_path, monkeypatch, name, words
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    for file in ("kickstart.csv", "diode.lib", "notes"):
        (tmp_path / file).write_text("x")
    with pytest.raises(InputError) as caught:
        load_scenario(name)
    assert words in str(caught.value)
    assert "there is no such scenario" not in str(caught.value)


@pytest.mark.parametrize("name", ["x" * 10_000, "x" * 10_000 + ".toml", "a\0b"])
def test_a_name_that_no_file_can_have(name):
    with pytest.raises(InputError, match="there is no such") as caught:
        load_scenario(name)
    assert len(str(caught.value)) < 3_000
