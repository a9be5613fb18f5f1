"""A golden that moved names the default that moved; an update takes patterns."""

from __future__ import annotations

import json

import pytest

from optospice.errors import InputError
from optospice.regression.cases import matching
from optospice.regression.golden import golden_file, read_golden
from optospice.regression.settings import moved_settings, settings_of
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario

NAME = "lab/pairs"


def test_a_red_golden_names_the_default_that_moved(project):
    project.regress("--update", NAME)
    project.change("gain=1e-6", "gain=1.05e-6", project.folder / "netlists/devices/synapse.lib")
    code, told = project.regress(NAME)
    assert code == 1
    (line,) = [line for line in told.splitlines() if "gain" in line]
    assert line.split(None, 1)[0] == "moved"
    assert "golden: since it was written: gain 1e-06" in line
    assert "→ 1.05e-06" in line
    project.change('tail = "10 ms"', 'tail = "9 ms"')
    assert "; protocol.tail 10 ms → 9 ms" in project.regress(NAME)[1]


def test_a_default_that_moves_no_number_is_told_and_is_no_failure(project):
    project.regress("--update", NAME)
    project.change("gain=1e-6", "gain=1.00001e-6", project.folder / "netlists/devices/synapse.lib")
    code, told = project.regress(NAME)
    assert code == 0
    assert "warning golden: since it was written: gain" in " ".join(told.split())
    before = json.loads(project.golden.read_text())["devices"]["synapse"]
    code, told = project.regress("--update", NAME)
    assert "its settings are those of today, no number changed" in told
    after = json.loads(project.golden.read_text())["devices"]["synapse"]
    assert after.pop("settings") != before.pop("settings")
    assert after == before
    assert "gain" not in project.regress(NAME)[1]


def test_a_golden_without_settings_is_read_and_gets_them_with_its_numbers(project):
    project.regress("--update", NAME)
    text = project.golden.read_text()
    start, end = text.index('   "settings"'), text.index('   "runs"')
    project.golden.write_text(text[:start] + text[end:])
    points = project.points.read_bytes()
    code, told = project.regress(NAME)
    assert code == 0
    assert "since it was written" not in told
    assert "no number changed" in project.regress("--update", NAME)[1]
    assert project.golden.read_text() == text
    assert project.points.read_bytes() == points


def test_an_update_takes_patterns(project):
    other = project.scenario.with_name("more.toml")
    other.write_text(project.scenario.read_text().replace("Two pulses", "Again"))
    apart = project.folder / "scenarios" / "apart.toml"
    apart.write_text(project.scenario.read_text())
    assert matching(["lab/*"], [], packaged=False) == ["lab/more", "lab/pairs"]
    assert matching(["*pairs", "apart", "lab/p?irs"], [], packaged=False) == ["lab/pairs", "apart"]
    assert matching(["*"], ["apart"], packaged=False) == ["apart"]
    code, told = project.regress("--update", "lab/*")
    assert code == 0, told
    assert golden_file(other).is_file()
    assert project.golden.is_file()
    assert not golden_file(apart).exists()


def test_a_pattern_without_a_scenario_is_refused(project):
    with pytest.raises(
        InputError, match=r"--update 'pbs/\*': matches no scenario; accepted: .*lab"
    ):
        matching(["pbs/*"], [], packaged=False)
    code, told = project.regress("--update", "nothing*")
    assert code == 2
    assert "Traceback" not in told


def test_settings_leave_out_what_the_runs_do_not_share(project):
    runs = expand(load_scenario(NAME))
    settings = settings_of(runs)
    assert settings["protocol.width"] == "10 ms"
    assert settings["protocol.tail"] == "10 ms"
    assert "protocol.interval" not in settings  # it is swept
    assert settings["accuracy"] == "standard"
    drawn = '[monte_carlo]\nruns = 2\n[monte_carlo.parameters.gain]\nspread = "5 %"\n'
    project.scenario.write_text(project.scenario.read_text() + drawn)
    assert "parameters.gain" in settings
    assert "parameters.gain" not in settings_of(expand(load_scenario(NAME)))


def test_what_only_one_side_has_is_no_news():
    then = {"parameters.lifetime": "5 s", "protocol.gone": "1", "accuracy": "standard"}
    now = {"parameters.lifetime": "4 s", "protocol.new": "2", "accuracy": "standard"}
    assert moved_settings(then, now) == "lifetime 5 s → 4 s"
    assert moved_settings({}, now) == ""
    many = {f"parameters.p{number}": "1 s" for number in range(9)}
    text = moved_settings(many, dict.fromkeys(many, "2 s"))
    assert text.endswith("; and 3 more")


def test_the_packaged_goldens_hold_the_settings_of_today():
    golden = read_golden(golden_file(load_scenario("pbs/single_pulse").file))
    assert golden is not None
    own = golden.devices["pbs_rc"].settings
    assert own == settings_of(expand(load_scenario("pbs/single_pulse")))
    assert own["parameters.r3"] == "25 MΩ"
