"""Controllers in scenarios: they sweep and report like all others; code never comes from text."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from optospice.cli import main
from optospice.cosim.registry import controllers
from optospice.errors import InputError
from optospice.ngspice.pool import Pool
from optospice.regression.golden import golden_file
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario, validate
from optospice.sweep.local import run_scenario


def run(pool: Pool, name: str, *settings: str):
    loaded = load_scenario(f"closed_loop/{name}", settings)
    result = run_scenario(loaded, expand(loaded), pool)
    assert not result.failed, result.failed[0].message
    return result


def metric(record, name):
    return record.metrics[name].value


def test_light_adaptation_holds_the_current(pool):
    result = run(pool, "light_adaptation")
    assert all(verdict.as_expected for verdict in result.verdicts)
    (record,) = result.records
    assert metric(record, "held_current") == pytest.approx(40e-9, rel=1e-3)
    assert metric(record, "hold_error") < 5e-3
    # the step does get through, at the instant: a sampled regulator cannot know
    assert metric(record, "step_deviation") > 0.2
    waves = record.waveforms
    assert waves.at("i(p)", 89.0) == pytest.approx(40e-9, rel=0.01)  # and is regulated away
    assert waves.at("e(light)", 5.0) == 0.0
    assert "regulator.level" in waves.signals


def test_without_its_regulator_the_current_is_not_held(pool):
    result = run(pool, "light_adaptation", "controller.integral=0 mW/cm^2")
    (record,) = result.records
    assert metric(record, "hold_error") > 0.2


def test_write_verify_reaches_its_levels(pool):
    result = run(pool, "write_verify", "monte_carlo.runs=4")
    assert len(result.records) == 20
    for record in result.records:
        assert metric(record, "level_reached") == 1
        assert abs(metric(record, "relative_error")) <= 0.005
        assert metric(record, "largest_pulse") <= 4.5
    pulses = [metric(record, "pulses_needed") for record in result.records]
    assert np.mean(pulses[:4]) < np.mean(pulses[-4:])  # the further, the more
    assert len(set(pulses[:4])) > 1  # devices differ


def test_write_verify_gives_up_when_it_may_not_go_on(pool):
    result = run(
        pool, "write_verify", "monte_carlo.runs=1", "controller.most_pulses=3",
        'sweep.controller.target=["3.6 nS"]',
    )  # fmt: skip
    (record,) = result.records
    assert metric(record, "level_reached") == 0
    assert record.metrics["pulses_needed"].is_missing


def test_a_reflex_leaves_the_published_incubation_times(pool):
    """Withdrawn after 0.5 … 2 s and not touched before: Fig. 5e of the MoSe2 paper."""
    result = run(pool, "nociceptor_reflex", "controller.touches=0")
    found = [metric(record, "incubation_time") for record in result.records]
    np.testing.assert_allclose(found, [27.0, 21.0, 13.0, 10.0], atol=1.0)


def test_a_nociceptor_is_sensitised_by_its_injury(pool):
    result = run(pool, "nociceptor_reflex")
    for record in result.records:
        reaction = float(str(record.run.point["controller.reaction"]).split()[0])
        assert metric(record, "pain_before") == 0
        assert metric(record, "pain_delay") < 1e-3
        assert metric(record, "injury_time") == pytest.approx(reaction, abs=1e-4)
    incubation = [metric(record, "incubation_time") for record in result.records]
    assert all(np.diff(incubation) < 0)


def scenario(controller: dict[str, object], **more: object):
    data = {"title": "t", "device": "pbs_trap", "controller": controller, **more}
    return validate("t", Path("t.toml"), data)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("os:system", "no such controller"),
        ("optospice.cosim.controllers.light_adaptation:LightAdaptation", "no such controller"),
        ("light_adaption", "did you mean 'light_adaptation'"),
    ],
)
def test_a_scenario_names_no_code(name, message):
    with pytest.raises(InputError, match=f"controller.name = {name!r}: .*{message}"):
        expand(scenario({"name": name}))


def test_wrong_keys_are_named():
    with pytest.raises(InputError, match=r"t.toml: controller.gian: unknown key"):
        expand(scenario({"name": "light_adaptation", "gian": 1}))
    with pytest.raises(InputError, match="protocol and controller: give one of the two"):
        scenario({"name": "light_adaptation"}, protocol={"name": "single_pulse"})
    with pytest.raises(InputError, match=r"there is no \[protocol\] in this scenario"):
        scenario({"name": "light_adaptation"}, sweep={"protocol.width": ["1 s"]})


@pytest.mark.parametrize(
    ("name", "target", "words"),
    [
        ("write_verify", 'metric = "programmed_conductance"\nat_least = "3 V"',
         ("at_least = '3 V'", "a conductance such as")),
        ("write_verify", 'metric = "programming_time"\npublished = "3 s"\ntolerance = "1 V"',
         ("tolerance = '1 V'", "does not fit a value in 's'")),
        ("light_adaptation", 'metric = "lamp_change"\nat_most = 3', ("at_most = 3", "no unit")),
        ("nociceptor_reflex", 'metric = "incubation_time"\nat_most = "3 mA"',
         ("at_most = '3 mA'", "a time such as")),
        ("spike_pairs", 'metric = "weight_change"\nat_most = "3 nS"', ("at_most = '3 nS'",)),
        ("inhibition", 'metric = "rate_alone"\nat_most = "3 V"',
         ("at_most = '3 V'", "a frequency")),
        ("pavlov", 'metric = "response_after"\nat_most = "much"', ("at_most = 'much'",)),
    ],
)  # fmt: skip
def test_a_target_in_a_wrong_unit_is_refused_before_the_run(
    name, target, words, tmp_path, monkeypatch, capsys
):
    packaged = load_scenario(f"closed_loop/{name}").file.read_text()
    head = packaged.partition("[[targets]]")[0]
    text = f'{head}\n[[targets]]\nid = "wrong"\n{target}\nsource = "a test"\n'
    monkeypatch.chdir(tmp_path)
    Path("own.toml").write_text(text)
    monkeypatch.setattr("sys.argv", ["optospice", "run", "own.toml", "--workers", "1"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    for word in ("own.toml: targets[0]", *words):
        assert word in told
    assert [file.name for file in Path().iterdir()] == ["own.toml"]


@pytest.mark.parametrize(
    "name", ["inhibition", "light_adaptation", "nociceptor_reflex", "pavlov", "spike_pairs",
             "write_verify"]
)  # fmt: skip
def test_the_declared_units_are_those_of_the_metrics(name):
    """As the stored runs have them."""
    file = golden_file(load_scenario(f"closed_loop/{name}").file)
    kind = controllers()[name]
    for device in json.loads(file.read_text())["devices"].values():
        assert device["metrics"].keys() == kind.metric_units.keys()
        for metric_name, column in device["metrics"].items():
            assert column["unit"] == kind.metric_units[metric_name]


def test_a_metric_that_is_declared_without_a_unit_ends_in_no_traceback(pool, monkeypatch):
    from loops import Misbehaving

    declared = [Declared("misbehaving", Misbehaving)]
    monkeypatch.setattr("optospice.cosim.registry.entry_points", lambda group: declared)
    controllers.cache_clear()
    targets = [
        {"id": "wrong", "metric": "done", "at_least": "0.5 V", "source": "a test"},
        {"id": "right", "metric": "done", "at_least": 0.5, "source": "a test"},
    ]
    try:
        assert Misbehaving.measures == ("done",)
        loaded = scenario({"name": "misbehaving", "way": "fine"}, targets=targets)
        wrong, right = run_scenario(loaded, expand(loaded), pool).verdicts
        broken = [{**targets[0], "at_least": "half"}]
        loaded = scenario({"name": "misbehaving", "way": "fine"}, targets=broken)
        with pytest.raises(InputError, match=r"t.toml: targets\[0\].at_least = 'half'"):
            expand(loaded)
    finally:
        controllers.cache_clear()
    assert right.met
    assert not wrong.met
    assert wrong.shown == "none"
    assert "done: '0.5 V' is not a number" in wrong.note
    assert (wrong.si_unit, wrong.claimed_si) == ("V", 0.5)


def test_a_controller_in_a_worker_takes_only_its_own_run_down(pool, monkeypatch):
    from loops import Misbehaving

    declared = [Declared("misbehaving", Misbehaving)]
    monkeypatch.setattr("optospice.cosim.registry.entry_points", lambda group: declared)
    controllers.cache_clear()
    ways = ["fine", "raises", "hangs", "dies", "not finite", "past", "fine"]
    try:
        loaded = scenario(
            {"name": "misbehaving", "way": "fine", "patience": "0.3 s"},
            sweep={"controller.way": ways},
        )
        records = run_scenario(loaded, expand(loaded), pool).records
    finally:
        controllers.cache_clear()
    told = {record.run.point["controller.way"]: record.message for record in records}
    assert [record.status for record in records] == ["ok", *["failed"] * 5, "ok"]
    assert "ZeroDivisionError" in told["raises"]
    assert "loops.py" in told["raises"]
    assert "gave no answer within 0.3 s" in told["hangs"]
    assert "the simulator process died" in told["dies"]
    assert "must be a finite number" in told["not finite"]
    assert "lies in the past" in told["past"]


class Declared:
    """What an installed package could declare."""

    def __init__(self, name: str, kind: object) -> None:
        self.name, self.value, self._kind = name, f"package:{name}", kind

    def load(self) -> object:
        return self._kind


def test_entry_points_add_controllers_and_replace_none(monkeypatch):
    ready = controllers()["light_adaptation"]

    class Mine(ready):
        pass

    def declare(*entries):
        monkeypatch.setattr("optospice.cosim.registry.entry_points", lambda group: entries)
        controllers.cache_clear()

    try:
        declare(Declared("mine", Mine), Declared("light_adaptation", Mine))
        assert controllers()["mine"] is Mine
        assert controllers()["light_adaptation"] is ready
        declare(Declared("mine", dict))
        with pytest.raises(InputError, match="is no class derived from"):
            controllers()
    finally:
        controllers.cache_clear()


def test_inhibition_slows_a_neuron(pool):
    result = run(pool, "inhibition", "sweep.controller.gain=[0, 0.02]", "controller.total=9 s")
    for record in result.records:
        alone = metric(record, "rate_alone")
        assert alone == pytest.approx(metric(record, "rate_in_closed_form"), rel=1e-3)
    free, inhibited = (metric(record, "rate_change") for record in result.records)
    assert abs(free) < 1e-3
    assert inhibited < -0.05


def test_a_light_is_conditioned_and_extinguished(pool):
    result = run(pool, "pavlov")
    (record,) = result.records
    threshold = 12.5e-9
    assert metric(record, "response_before") < threshold < metric(record, "conditioned_response")
    assert metric(record, "unconditioned_response") > threshold
    assert 2 <= metric(record, "pairs_needed") <= 20
    assert 1 <= metric(record, "trials_to_extinction") <= 20
    assert metric(record, "response_after") < threshold


def test_lights_alone_condition_nothing(pool):
    result = run(pool, "pavlov", "controller.voltage=1 mV", "controller.most_trials=5")
    (record,) = result.records
    assert record.metrics["pairs_needed"].is_missing
    before, after = metric(record, "response_before"), metric(record, "conditioned_response")
    assert after == pytest.approx(before, rel=0.02)


def test_spike_pairs_write_by_their_order_and_distance(pool):
    result = run(pool, "spike_pairs", "controller.pairs=4")
    delays = [metric(record, "spike_delay") for record in result.records]
    wanted = [-0.15, -0.1, -0.06, -0.04, -0.025, 0.025, 0.04, 0.06, 0.1, 0.15]
    np.testing.assert_allclose(delays, wanted, atol=1e-5)
    change = np.array([metric(record, "weight_change") for record in result.records])
    assert all(change[:5] < 0)
    assert all(change[5:] > 0)
    assert all(np.diff(change[:5]) < 0)  # the nearer, the more
    assert all(np.diff(change[5:]) < 0)
    assert all(metric(record, "spike_pairs") == 4 for record in result.records)
