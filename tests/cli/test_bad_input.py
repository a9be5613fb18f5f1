"""Bad input: one sentence naming file, key, value and what is accepted; exit 2; nothing written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_project import CARD, LIBRARY, Project, edit, make_project

FILE = "scenarios/own/pairs.toml"
CARD_FILE = "netlists/devices/synapse.toml"
LIB_FILE = "netlists/devices/synapse.lib"
TIMES = '["20 ms", "30 ms", "40 ms"]'
MONTE_CARLO = "[monte_carlo]\nruns = 2\n[monte_carlo.parameters.r]\nspread = 0.05\n[[across]]"


@pytest.fixture
def project(tmp_path, monkeypatch, capsys) -> Project:
    return make_project(tmp_path, monkeypatch, capsys)


def check(project: Project, arguments: list[str], words: tuple[str, ...]) -> None:
    """One sentence with these words, exit 2, and no new file."""
    before = project.files()
    outcome = project(*arguments)
    assert outcome.code == 2, outcome
    assert outcome.out == ""
    assert outcome.err.startswith("optospice: "), outcome.err
    assert outcome.err.count("\n") == 1, outcome.err
    for word in words:
        assert word in outcome.err, (word, outcome.err)
    assert "Traceback" not in outcome.err
    assert project.files() == before


def test_the_project_itself_is_good(project):
    outcome = project("run", "own/pairs", "--workers", "1")
    assert outcome.code == 0, outcome


# (id, what stands in the scenario, what is written instead, words of the message)
SCENARIO_CASES = [
    # unknown keys, at every level
    ("key", 'title = "Pulse pairs"', 'title = "P"\ntemprature = "27 degC"',
     ("temprature: unknown key", "did you mean 'temperature'?")),
    ("key-protocol", "interval =", "intervall =",
     ("protocol.intervall: unknown key", "did you mean 'interval'")),
    ("key-definitions", "index =", "indx =",
     ("protocol.definitions.indx: unknown key", "did you mean 'index'?")),
    ("key-target", "tolerance =", "tolerence =",
     ("targets[0].tolerence: unknown key", "did you mean 'tolerance'?")),
    ("key-across", "of =", "off =", ("across[0].off: unknown key", "did you mean 'of'")),
    ("key-range", TIMES, '{ start = "20 ms", stop = "40 ms", cout = 3 }',
     ("sweep.protocol.interval", "cout: unknown key", "did you mean 'count'?")),
    ("key-expectations", "misses =", "mises =",
     ("expectations.synapse.mises: unknown key", "did you mean 'misses'?")),
    ("key-figure", 'title = "Pulse pairs (Fig. 1)"', 'titel = "P"',
     ("figure.titel: unknown key", "did you mean 'title'?")),
    ("key-monte-carlo", "[[across]]", MONTE_CARLO.replace("runs = 2", "runs = 2\nseeds = 1"),
     ("monte_carlo.seeds: unknown key", "did you mean 'seed'?")),
    ("key-draw", "[[across]]", MONTE_CARLO.replace("spread", "spred"),
     ("monte_carlo.parameters.r.spred: unknown key", "did you mean 'spread'?")),
    ("missing-key", 'title = "Pulse pairs"\n', "", ("title: is missing",)),
    ("missing-protocol-name", 'name = "paired_pulse"\n', "", ("protocol.name: is missing",)),
    ("missing-width", 'width = "10 ms"\n', "", ("protocol.width: is missing",)),
    # unknown names
    ("device", 'device = "synapse"', 'device = "synaps"',
     ("device = 'synaps'", "did you mean 'synapse'?")),
    ("protocol", 'name = "paired_pulse"', 'name = "paired_puls"',
     ("protocol.name = 'paired_puls'", "did you mean 'paired_pulse'")),
    ("metric", 'metric = "paired_pulse_index"', 'metric = "paired_puls_index"',
     ("targets[0].metric = 'paired_puls_index'", "did you mean 'paired_pulse_index'")),
    ("metric-of-another-protocol", 'metric = "paired_pulse_index"', 'metric = "undershoot"',
     ("targets[0].metric = 'undershoot'", "accepted: ", "paired_pulse_index")),
    ("metric-across", "paired_pulse_relaxation_time", "paired_pulse_relax_time",
     ("across[0].metric = 'paired_pulse_relax_time'", "did you mean 'paired_pulse_relaxation")),
    ("definition-across", 'of = "paired_pulse_index"',
     'of = "paired_pulse_index"\ndefinition = "recovry"',
     ("across[0].definition = 'recovry'", "did you mean 'recovery'")),
    ("metric-not-across", 'metric = "paired_pulse_relaxation_time"', 'metric = "undershoot"',
     ("across[0].metric = 'undershoot'", "accepted: ", "paired_pulse_relaxation_time")),
    ("of", 'of = "paired_pulse_index"', 'of = "paired_pulse"',
     ("across[0].of = 'paired_pulse'", "did you mean 'paired_pulse_index'")),
    ("profile", 'accuracy = "standard"', 'accuracy = "standart"',
     ("accuracy", "'standart'", "did you mean 'standard'?")),
    ("definition", 'index = "ratio"', 'index = "ration"',
     ("protocol.definitions.index = 'ration'", "did you mean 'ratio'")),
    # units and dimensions
    ("wrong-dimension", 'width = "10 ms"', 'width = "10 mV"',
     ("protocol.width", "'10 mV' is not a time such as '10 s'")),
    ("unknown-unit", 'width = "10 ms"', 'width = "10 sx"',
     ("protocol.width", "'10 sx' is not a time such as '10 s'")),
    ("missing-unit", 'width = "10 ms"', "width = 10",
     ("protocol.width", "10 has no unit", "a time such as '10 s'")),
    ("no-number", 'width = "10 ms"', 'width = "ten ms"',
     ("protocol.width", "'ten ms' is not a time such as '10 s'")),
    ("boolean", 'width = "10 ms"', "width = true", ("protocol.width", "True is not a time")),
    ("not-finite", 'width = "10 ms"', 'width = "1e999 s"',
     ("protocol.width", "'1e999 s' is not a finite number")),
    ("wrong-light", 'irradiance = "1 mW/cm^2"', 'irradiance = "1 mW"',
     ("protocol.irradiance", "'1 mW' is not an irradiance such as '1.22 mW/cm^2'")),
    ("temperature-below-zero", 'temperature = "27 degC"', 'temperature = "-300 degC"',
     ("temperature", "must be above 0 K")),
    ("timeout-zero", 'accuracy = "standard"', 'accuracy = "standard"\ntimeout = "0 s"',
     ("timeout", "must be above 0 s")),
    # pulses
    ("negative-width", 'width = "10 ms"', 'width = "-10 ms"',
     ("protocol", "width = -0.01 s", "must be above 0 s")),
    ("zero-width", 'width = "10 ms"', 'width = "0 s"', ("width = 0 s", "must be above 0 s")),
    ("rise-too-long", 'width = "10 ms"', 'width = "10 ms"\nrise = "10 ms"',
     ("rise = 0.01 s", "must be shorter than the width of 0.01 s")),
    ("negative-fall", 'width = "10 ms"', 'width = "10 ms"\nfall = "-1 us"',
     ("fall = -1e-06 s", "must be above 0 s")),
    ("negative-delay", 'delay = "5 ms"', 'delay = "-5 ms"', ("delay = -0.005 s", "must be above")),
    ("interval-zero", TIMES, '["0 s"]',
     ("interval = 0 s", "the pulses overlap", "accepted: ")),
    ("interval-shorter-than-the-edge", 'width = "10 ms"', 'width = "10 ms"\nfall = "25 ms"',
     ("interval = 0.02 s", "the pulses overlap", "0.035 s")),
    ("irradiance-and-voltage", 'width = "10 ms"', 'width = "10 ms"\nvoltage = "2 V"',
     ("protocol", "irradiance and voltage: give one of the two")),
    ("no-stimulus", 'wavelength = "740 nm"\nirradiance = "1 mW/cm^2"\n', "",
     ("protocol", "irradiance and voltage: give one of the two")),
    ("no-wavelength", 'wavelength = "740 nm"\n', "",
     ("protocol", "irradiance and wavelength belong together")),
    ("negative-irradiance", 'irradiance = "1 mW/cm^2"', 'irradiance = "-1 mW/cm^2"',
     ("irradiance = -10 W/m^2", "must not be below 0")),
    ("wavelength-not-covered", 'wavelength = "740 nm"', 'wavelength = "550 nm"',
     ("device 'synapse'", "wavelength 550 nm is not covered", "accepted: 740 nm")),
    # parameters
    ("parameter-out-of-bounds", 'r = "2 Mohm"', 'r = "2 Tohm"',
     ("parameters.r = '2 Tohm' is out of bounds", "accepted: 1 kohm to 1 Gohm")),
    ("parameter-no-number", 'r = "2 Mohm"', "r = true",
     ("parameters.r", "True", "accepted: text with a unit, or a number")),
    ("parameter-wrong-unit", 'r = "2 Mohm"', 'r = "2 uF"',
     ("parameters.r", "'2 uF' is not a resistance")),
    ("unknown-parameter", 'r = "2 Mohm"', 'gian = "2 Mohm"',
     ("parameters.gian", "did you mean 'gain'?")),
    ("unknown-parameter-in-sweep", "[sweep]\n", '[sweep]\n"parameters.gian" = [1, 2]\n',
     ("parameters.gian", "did you mean 'gain'?")),
    ("parameter-out-of-bounds-in-sweep", "[sweep]\n", '[sweep]\n"parameters.gain" = [0.5, 2]\n',
     ("parameters.gain = 2 is out of bounds", "accepted: 0 to 1")),
    ("unknown-parameter-in-monte-carlo", "[[across]]", MONTE_CARLO.replace("eters.r", "eters.cc"),
     ("monte_carlo.parameters.cc", "did you mean 'c'?")),
    ("spread-zero", "[[across]]", MONTE_CARLO.replace("0.05", '"0 %"'),
     ("monte_carlo.parameters.r.spread", "must be above 0")),
    ("no-runs", "[[across]]", MONTE_CARLO.replace("runs = 2", "runs = 0"),
     ("monte_carlo.runs = 0", "greater than or equal to 1")),
    # sweeps
    ("empty-sweep", TIMES, "[]", ("sweep", "'protocol.interval' has no values", "at least one")),
    ("swept-title", "[sweep]\n", '[sweep]\ntitle = ["a", "b"]\n',
     ("sweep", "'title' cannot be swept", "parameters.NAME")),
    ("swept-devices", "[sweep]\n", '[sweep]\ndevices = ["synapse"]\n',
     ("sweep", "'devices' cannot be swept", "did you mean 'device'?")),
    ("swept-key-of-protocol", "[sweep]\n", '[sweep]\n"protocol.intervall" = ["1 s"]\n',
     ("protocol.intervall: unknown key", "did you mean 'interval'")),
    ("swept-wrong-unit", TIMES, '["20 ms", "30 mV"]',
     ("protocol.interval", "'30 mV' is not a time such as '10 s'")),
    ("swept-device", "[sweep]\n", '[sweep]\ndevice = ["synapse", "synaps"]\n',
     ("device = 'synaps'", "did you mean 'synapse'?")),
    ("swept-accuracy", "[sweep]\n", '[sweep]\naccuracy = ["standard", "fats"]\n',
     ("accuracy", "'fats'", "did you mean 'fast'?")),
    ("swept-temperature", "[sweep]\n", '[sweep]\ntemperature = ["27 degC", "-300 degC"]\n',
     ("temperature", "-300 degC", "must be above 0 K")),
    ("range-units", TIMES, '{ start = "20 ms", stop = "1 s", count = 3 }',
     ("sweep.protocol.interval", "need the same unit", "'ms'", "'s'")),
    ("range-log-through-zero", TIMES,
     '{ start = "0 ms", stop = "40 ms", count = 3, spacing = "log" }',
     ("sweep.protocol.interval", "spacing = 'log' from '0 ms'", "start and stop both above 0")),
    ("range-count-zero", TIMES, '{ start = "20 ms", stop = "40 ms", count = 0 }',
     ("sweep.protocol.interval", "count = 0", "greater than or equal to 1")),
    ("range-without-stop", TIMES, '{ start = "20 ms", count = 3 }',
     ("sweep.protocol.interval.stop: is missing",)),
    ("swept-scalar", TIMES, '"20 ms"', ("sweep.protocol.interval", "'20 ms'", "list")),
    ("over-not-swept", 'over = "protocol.interval"', 'over = "protocol.width"',
     ("across", "'protocol.width' is not swept", "protocol.interval")),
    # targets and expectations
    ("where-not-swept", '{ "protocol.interval" = "20 ms" }', '{ "protocol.width" = "20 ms" }',
     ("'T1'", "'protocol.width' is not swept", "protocol.interval")),
    ("where-no-such-value", '"protocol.interval" = "20 ms" }', '"protocol.interval" = "25 ms" }',
     ("targets[0].where", "protocol.interval", "'25 ms'", "accepted: 20 ms, 30 ms, 40 ms")),
    ("published-wrong-unit", 'published = "100 %"', 'published = "100 nJ"',
     ("targets[0].published", "'100 nJ'", "a number such as 0.5 or '50 %'")),
    ("published-no-number", 'published = "100 %"', 'published = "about 1"',
     ("targets[0].published", "'about 1'")),
    ("points-for-a-time", 'metric = "paired_pulse_index"\nwhere = { "protocol.interval" = "20 ms" }'
     '\npublished = "100 %"', 'metric = "paired_pulse_relaxation_time"\npublished = "10 s"',
     ("targets[0].tolerance", "'1 point'", "points are for values in %")),
    ("tolerance-wrong-unit", 'tolerance = "1 point"', 'tolerance = "1 nJ"',
     ("targets[0].tolerance", "'1 nJ'", "accepted: ")),
    ("tolerance-negative", 'tolerance = "1 point"', 'tolerance = "-1 %"',
     ("targets[0].tolerance", "'-1 %'", "must not be below 0")),
    ("bound-wrong-unit", 'published = "100 %"\ntolerance = "1 point"', 'at_least = "10 s"',
     ("targets[0].at_least", "'10 s'", "a number such as 0.5 or '50 %'")),
    ("no-tolerance", 'tolerance = "1 point"\n', "",
     ("targets[0]", "published and tolerance belong together")),
    ("two-claims", 'tolerance = "1 point"', 'tolerance = "1 point"\nat_least = "90 %"',
     ("targets[0]", "exactly one of published, shape, at_least, at_most")),
    ("shape", 'shape = "constant"', 'shape = "constnt"',
     ("targets[1].shape = 'constnt'", "did you mean 'constant'?")),
    ("same-id", 'id = "T2"', 'id = "T1"', ("targets", "the id 'T1' stands twice")),
    ("expected-miss-of-no-target", "misses = []", 'misses = ["T3"]',
     ("expectations.synapse.misses", "'T3' is no target", "accepted: T1, T2")),
    ("no-reason", 'reason = "it meets both"', 'reason = ""', ("expectations.synapse.reason",)),
    ("expectation-of-no-device", "[expectations.synapse]", "[expectations.synaps]",
     ("expectations.synaps", "did you mean 'synapse'?")),
    # what is no table, and TOML itself
    ("protocol-no-table", "[protocol]\n", 'protocol = "paired_pulse"\n[other]\n', (": ",)),
    ("toml-syntax", 'device = "synapse"', "device = synapse",
     ("is not valid TOML", "line 2")),
    ("toml-twice", 'device = "synapse"', 'device = "synapse"\ndevice = "pbs_rc"',
     ("is not valid TOML", "line 3")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [case[1:] for case in SCENARIO_CASES],
    ids=[case[0] for case in SCENARIO_CASES],
)
def test_scenario(project, old, new, words):
    edit(project.scenario, old, new)
    check(project, ["run", "own/pairs", "--workers", "1"], (FILE, *words))


TRAIN = """title = "A train"
device = "synapse"
[protocol]
name = "pulse_train"
wavelength = "740 nm"
irradiance = "1 mW/cm^2"
width = "10 ms"
count = 5
"""
TRAIN_CASES = [
    ("period", 'period = "10 ms"', ("period = 0.01 s", "the pulses overlap", "0.010001 s")),
    ("frequency", 'frequency = "200 Hz"', ("frequency = 200 Hz", "the pulses overlap")),
    ("negative-frequency", 'frequency = "-1 Hz"', ("frequency = -1 Hz", "must be above 0 Hz")),
    ("zero-frequency", 'frequency = "0 Hz"', ("frequency = 0 Hz", "must be above 0 Hz")),
    ("zero-period", 'period = "0 s"', ("period = 0 s", "the pulses overlap")),
    ("no-timing", "", ("frequency, period and interval", "one of the three", "none")),
    ("two-timings", 'period = "1 s"\ninterval = "1 s"', ("one of the three", "period, interval")),
    ("one-pulse", 'period = "1 s"\n[sweep]\n"protocol.count" = [1]', ("protocol.count = 1",)),
]


@pytest.mark.parametrize(
    ("timing", "words"), [case[1:] for case in TRAIN_CASES], ids=[case[0] for case in TRAIN_CASES]
)
def test_train(project, timing, words):
    project.scenario.write_text(TRAIN + timing + "\n")
    check(project, ["run", "own/pairs", "--workers", "1"], (FILE, "protocol", *words))


# (id, arguments after `run`, words)
ARGUMENT_CASES = [
    ("unknown-scenario", ["own/pears"], ("'own/pears'", "did you mean 'own/pairs'?")),
    ("scenario-without-folder", ["pairs"], ("'pairs'", "did you mean 'own/pairs'?")),
    ("nothing-near", ["zzz"], ("'zzz'", "accepted: ", "own/pairs")),
    ("missing-file", ["scenarios/none.toml"], ("scenarios/none.toml: there is no such file",)),
    ("folder", ["folder.toml"], ("folder.toml", "is a folder", "accepted: ")),
    ("binary", ["binary.toml"], ("binary.toml: is not UTF-8 text (byte 4)",)),
    ("empty-file", ["empty.toml"], ("empty.toml", "title: is missing")),
    ("second-scenario", ["own/pairs", "own/pears"], ("'own/pears'", "did you mean 'own/pairs'?")),
    ("same-scenario-twice", ["own/pairs", "own/pairs"], ("own/pairs", "each scenario once")),
    ("set-without-equals", ["own/pairs", "--set", "parameters.r"],
     ("--set 'parameters.r'", "accepted: KEY=VALUE")),
    ("set-empty-key", ["own/pairs", "--set", "=1"], ("--set '=1'", "accepted: KEY=VALUE")),
    ("set-empty-part", ["own/pairs", "--set", "parameters..r=1"],
     ("--set 'parameters..r=1'", "accepted: KEY=VALUE")),
    ("set-through-value", ["own/pairs", "--set", "device.name=x"],
     ("--set 'device.name=x'", "'device' is not a table")),
    ("set-table-to-value", ["own/pairs", "--set", "protocol=1"], ("protocol = 1",)),
    ("set-unknown-parameter", ["own/pairs", "--set", "parameters.gian=1"],
     ("parameters.gian", "did you mean 'gain'?")),
    ("set-out-of-bounds", ["own/pairs", "--set", "parameters.gain=2"],
     ("parameters.gain = 2 is out of bounds", "accepted: 0 to 1")),
    ("set-unknown-key", ["own/pairs", "--set", "acuracy=fast"],
     ("acuracy: unknown key", "did you mean 'accuracy'?")),
    ("set-unknown-device", ["own/pairs", "--set", "device=synaps"],
     ("device = 'synaps'", "did you mean 'synapse'?")),
    ("set-wrong-unit", ["own/pairs", "--set", "protocol.width=5 V"],
     ("protocol.width", "'5 V' is not a time")),
    ("set-target", ["own/pairs", "--set", "targets.0.tolerance=5 %"],
     ("--set 'targets.0.tolerance=5 %'", "'targets' is not a table")),
    ("unknown-run", ["own/pairs", "--run", "0009"], ("--run '0009'", "0001 to 0003")),
    ("run-without-zeros", ["own/pairs", "--run", "x"], ("--run 'x'", "0001 to 0003")),
    ("out-is-a-file", ["own/pairs", "--out", "notes.txt"], ("notes.txt", "folder")),
    ("out-under-a-file", ["own/pairs", "--out", "notes.txt/here"],
     ("notes.txt/here", "cannot be written")),
    ("out-with-foreign-files", ["own/pairs", "--out", "foreign"], ("foreign", "accepted: ")),
    ("out-is-the-project", ["own/pairs", "--out", "."], ("accepted: ",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [case[1:] for case in ARGUMENT_CASES],
    ids=[case[0] for case in ARGUMENT_CASES],
)
def test_arguments(project, arguments, words):
    (project.folder / "notes.txt").write_text("mine\n")
    (project.folder / "foreign").mkdir()
    (project.folder / "foreign" / "thesis.tex").write_text("mine\n")
    (project.folder / "folder.toml").mkdir()
    (project.folder / "binary.toml").write_bytes(b"a = \xff\xfe\x00")
    (project.folder / "empty.toml").write_text("")
    check(project, ["run", *arguments, "--workers", "1"], words)


def without_parameter(text: str, name: str) -> str:
    """The card without one of its ``[parameters.…]`` tables."""
    tables = text.split("\n\n")
    return "\n\n".join(t for t in tables if not t.startswith(f"[parameters.{name}]"))


# (id, the .lib, the card, words); None: the file is not there
DEVICE_CASES = [
    ("card-key", LIBRARY, CARD.replace("title =", "titel ="),
     (CARD_FILE, "titel: unknown key", "did you mean 'title'?")),
    ("card-key-terminal", LIBRARY, CARD.replace("role =", "rol ="),
     (CARD_FILE, "terminals[0].rol: unknown key", "did you mean 'role'?")),
    ("card-key-parameter", LIBRARY, CARD.replace("origin =", "orign ="),
     (CARD_FILE, "parameters.r.orign: unknown key", "did you mean 'origin'?")),
    ("card-key-state", LIBRARY, CARD + "\n[states.trap]\nnode='trap'\nmeaning='t'\nmaximun=1\n",
     (CARD_FILE, "states.trap.maximun: unknown key", "did you mean 'maximum'")),
    ("card-origin", LIBRARY, CARD.replace('"assumed"', '"assumd"', 1),
     (CARD_FILE, "parameters.r.origin = 'assumd'", "did you mean 'assumed'?")),
    ("card-kind", LIBRARY, CARD.replace('"optical"', '"optic"'),
     (CARD_FILE, "terminals[2].kind = 'optic'", "did you mean 'optical'?")),
    ("card-bounds-unit", LIBRARY, CARD.replace('"1 Gohm"', '"1 GF"'),
     (CARD_FILE, "parameters.r", "'1 GF' is not a resistance")),
    ("card-bounds-order", LIBRARY, CARD.replace("[0, 1]", "[1, 0]"),
     (CARD_FILE, "parameters.gain", "the first must be below the second")),
    ("card-bounds-exclude-default", LIBRARY, CARD.replace('"1 kohm"', '"2 Mohm"'),
     (CARD_FILE, "[parameters.r]", "exclude the default 1e+06 ohm of synapse.lib")),
    ("card-syntax", LIBRARY, CARD.replace("[[terminals]]", "[[terminals]", 1),
     (CARD_FILE, "is not valid TOML", "line 3")),
    ("card-terminal-order", LIBRARY.replace("p n light params", "n p light params"), CARD,
     (CARD_FILE, "['p', 'n', 'light']", "synapse.lib", "['n', 'p', 'light'] in this order")),
    ("card-misses-parameter", LIBRARY, without_parameter(CARD, "c"),
     (CARD_FILE, "'c' of synapse.lib is not in the card", "[parameters.c]")),
    ("card-surplus-parameter", LIBRARY.replace(" c=1e-8", "").replace("{c}", "1e-8"), CARD,
     (CARD_FILE, "[parameters.c] is not a parameter of synapse.lib", "accepted: gain, r")),
    ("card-without-drive", LIBRARY, CARD.replace('"drive"', '"ground"'),
     (CARD_FILE, "terminals: one needs role = 'drive'")),
    ("lib-without-card", LIBRARY, None, (CARD_FILE, "there is no such file")),
    ("card-without-lib", None, CARD, (LIB_FILE, "no such file beside the card synapse.toml")),
    ("card-binary", LIBRARY, "title = '\udcff'", (CARD_FILE, "is not UTF-8 text (byte 9)")),
    ("lib-without-subckt", LIBRARY.replace("synapse p", "other p"), CARD,
     (LIB_FILE, "no .subckt named 'synapse'", "the file defines: other")),
    ("lib-default-no-number", LIBRARY.replace("r=1e6", "r={2*3}"), CARD,
     (LIB_FILE, "r={2*3}", "accepted: a plain number as default")),
    ("lib-control", LIBRARY + ".control\nshell touch owned\n.endc\n", CARD,
     (LIB_FILE, "'.control'", ".control may not stand in a device library", "accepted: .ends")),
    ("lib-control-hidden", LIBRARY + ".subckt x a\n+ b\n.CoNtRoL\nrun\n.endc\n", CARD,
     (LIB_FILE, ".control may not stand in a device library")),
    ("lib-file-source", LIBRARY.replace("Rdark p n {r}", "Adark p n x file=/etc/passwd"), CARD,
     (LIB_FILE, "'Adark p n x file=/etc/passwd'", "accepted: ")),
    ("include-outside", LIBRARY + ".include ../../../secret.lib\n", CARD,
     ("synapse.lib", "secret.lib", "lies outside the netlist folders", "accepted: ")),
    ("include-absolute", LIBRARY + ".include /etc/passwd\n", CARD,
     (LIB_FILE, "/etc/passwd", "accepted: a path relative to this file")),
    ("include-missing", LIBRARY + ".include ../cells/none.lib\n", CARD,
     ("cells/none.lib", "there is no such file")),
    ("include-loop-link", LIBRARY + ".include link.lib\n", CARD,
     ("synapse.lib", "link.lib", "lies outside the netlist folders")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("library", "card", "words"),
    [case[1:] for case in DEVICE_CASES],
    ids=[case[0] for case in DEVICE_CASES],
)
def test_device(project, library, card, words):
    (project.folder.parent / "secret.lib").write_text(".subckt secret a b\n.ends\n")
    project.library.with_name("link.lib").symlink_to(project.folder.parent / "secret.lib")
    for file, text in ((project.library, library), (project.card, card)):
        if text is None:
            file.unlink()
        else:
            file.write_bytes(text.encode("utf-8", "surrogateescape"))
    check(project, ["run", "own/pairs", "--workers", "1"], words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "synaps"], ("show 'synaps'", "did you mean 'synapse'?")),
        (["show", "pairs"], ("show 'pairs'", "did you mean 'own/pairs'?")),
        (["show", "none.toml"], ("none.toml: there is no such file",)),
        (["list", "device"], ("list 'device'", "did you mean 'devices'?")),
        (
            ["list", "everything"],
            ("accepted: controllers, devices, metrics, protocols, scenarios",),
        ),
    ],
    ids=" ".join,
)
def test_show_and_list(project, arguments, words):
    check(project, arguments, words)


def test_list_names_what_cannot_be_read_and_shows_the_rest(project):
    edit(project.card, "title =", "titel =")
    edit(project.scenario, "title =", "titel =")
    outcome = project("list")
    assert outcome.code == 0
    for words in ("cannot be read", "titel", "pbs_rc", "pbs/paired_pulse"):
        assert words in outcome.out


def test_nothing_is_written_where_nothing_may_be_written(project):
    locked = project.folder / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    if os.access(locked, os.W_OK):  # root may write anywhere: a file system that nobody may change
        locked = Path("/proc/optospice")
    check(project, ["run", "own/pairs", "--out", f"{locked}/here", "--workers", "1"],
          (str(locked), "cannot be written"))  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], ("Missing argument", "SCENARIO", "optospice run --help")),
        (["run", "own/pairs", "--oot", "x"], ("No such option: --oot", "--out")),
        (["run", "own/pairs", "--set"], ("Option '--set' requires an argument",)),
        (["run", "own/pairs", "--workers", "-1"], ("'--workers'", "greater than or equal to 0")),
        (["run", "own/pairs", "--workers", "many"], ("'--workers'", "integer")),
        (["rum", "own/pairs"], ("No such command 'rum'", "Did you mean 'run'?")),
        (["show"], ("Missing argument", "optospice show --help")),
        (["list", "devices", "more"], ("unexpected extra argument", "more")),
    ],
    ids=" ".join,
)
def test_usage(project, arguments, words):
    before = project.files()
    outcome = project(*arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    read = " ".join(outcome.err.replace("│", " ").split())
    for word in words:
        assert word in read
    assert "Traceback" not in outcome.err
    assert project.files() == before


def spoil_nothing(_: Project) -> None:
    """Leave the project as it is."""


@pytest.mark.parametrize(
    ("spoil", "arguments", "words"),
    [
        (spoil_nothing, ["own/pears"], ("'own/pears'", "did you mean 'own/pairs'?")),
        (
            lambda p: edit(p.scenario, '"10 ms"', '"10 mV"'),
            ["own/pairs"],
            ("protocol.width", "10 mV"),
        ),
        (lambda p: edit(p.card, "title", "titel"), ["own/pairs", "--json"], ("titel", "'title'")),
        (spoil_nothing, ["own/pairs", "--set", "x"], ("--set 'x'", "KEY=VALUE")),
    ],
    ids=["name", "unit", "card", "set"],
)
def test_in_a_process_of_its_own(
    project, spoil: Callable[[Project], None], arguments: list[str], words: tuple[str, ...]
):
    spoil(project)
    before = project.files()
    ended = subprocess.run(
        [sys.executable, "-c", "from optospice.cli import main; main()", "run", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    for word in words:
        assert word in ended.stderr
    assert project.files() == before
