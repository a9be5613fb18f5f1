"""Families and parameter sets: one topology, many devices, every value in one place."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

import optospice
from optospice import netlist, units
from optospice.authoring.new import new_parameter_set
from optospice.device import find_device, find_family, list_devices, list_families
from optospice.errors import InputError
from optospice.library import packaged_folder
from optospice.separation import separated
from own_form import own_form, write_own_form
from probe_device import PROBE_CARD, PROBE_LIB, write_device

FAMILY_LIB = """* leaky: a conductance that the light raises, through a cell of its own
.include ../cells/smooth.lib
.func half(x) {0.5*(x)}
.subckt leak a b params: g=1
Bleak a b I=2*half(({g})*V(a,b))
.ends leak
.subckt leaky p n light params:
+ dark=1e-9   ; in siemens
* a comment within the head
+ gain=1e-6 shape=1
Xdark p n leak g={dark}
Blight p n I=({gain})*V(light)*V(p,n)*({shape})
Rlight light 0 1e6
.ends
"""
FAMILY = """
title = "A conductance that the light raises"
passive = true

[[terminals]]
name = "p"
kind = "electrical"
role = "drive"

[[terminals]]
name = "n"
kind = "electrical"
role = "ground"

[[terminals]]
name = "light"
kind = "optical"
wavelength = "any"

[parameters.dark]
unit = "S"
meaning = "dark conductance"
bounds = ["1 pS", "1 mS"]
scale = "log"

[parameters.gain]
unit = "1"
meaning = "conductance [S] per mW/cm^2"
bounds = [0, 1]

[parameters.shape]
unit = "1"
meaning = "factor"
bounds = [0, 2]
"""
SET = """
family = "leaky"
title = "A device of this family"
citations = ["someone2026"]
family_defaults = ["shape"]

[values]
dark = {value = "20 nS", origin = "published", source = "Fig. 1"}


[values.gain]
value = 3e-6
origin = "fitted"
source = "Fig. 2"
interval = [2e-6, 4e-6]
bounds = [1e-9, 1e-3]

[terminals.light]
wavelength = "532 nm"
"""


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """An own project with one family and one set of it, `glow`."""
    monkeypatch.chdir(tmp_path)
    for folder in ("families", "devices"):
        (tmp_path / "netlists" / folder).mkdir(parents=True)
    (tmp_path / "netlists/families/leaky.lib").write_text(FAMILY_LIB)
    (tmp_path / "netlists/families/leaky.toml").write_text(FAMILY)
    (tmp_path / "netlists/devices/glow.toml").write_text(SET)
    return tmp_path


def current(device, **stimuli) -> float:
    waves = optospice.simulate(device, duration="1 s", **stimuli)
    return float(waves.current[-1])


def test_a_set_is_a_device_with_its_own_values(project):
    device = find_device("glow")
    assert device.family == "leaky"
    assert dict(device.defaults) == {"dark": 20e-9, "gain": 3e-6, "shape": 1.0}
    card = device.card
    assert card.title == "A device of this family"
    assert card.passive
    assert [t.name for t in card.terminals] == ["p", "n", "light"]
    assert card.terminals[2].wavelength == 532e-9
    gain = card.parameters["gain"]
    assert (gain.origin, gain.source, gain.limits) == ("fitted", "Fig. 2", (1e-9, 1e-3))
    assert gain.interval == (2e-6, 4e-6)
    assert card.parameters["dark"].scale == "log"
    assert card.parameters["shape"].origin == "assumed"
    assert card.parameters["shape"].source == "default of family leaky"
    assert device.card_file == project / "netlists/devices/glow.toml"


def test_it_simulates_with_the_values_of_the_set(project):
    device = find_device("glow")
    assert current(device, p="2 V") == pytest.approx(2 * 20e-9, rel=1e-4)
    # 1 V on the light's node is 1 mW/cm^2
    lit = current(device, p="2 V", light="5 mW/cm^2")
    assert lit == pytest.approx(2 * (20e-9 + 3e-6 * 5), rel=1e-4)


def test_a_new_set_is_one_file_and_runs(tmp_path, monkeypatch):
    """The packaged family with one value of its own, and nothing else."""
    monkeypatch.chdir(tmp_path)
    text = (packaged_folder() / "netlists/devices/pbs_rc.toml").read_text()
    assert text.count('value = "25 Mohm"') == 1
    (tmp_path / "netlists/devices").mkdir(parents=True)
    (tmp_path / "netlists/devices/mine.toml").write_text(
        text.replace('value = "25 Mohm"', 'value = "88 Mohm"')
    )
    assert list_devices()[0] == "mine"
    assert current(find_device("mine"), p="1 V") == pytest.approx(1e-8, rel=1e-4)
    assert current(find_device("pbs_rc"), p="1 V") == pytest.approx(1 / 37e6, rel=1e-4)


def test_two_sets_of_one_family_in_one_circuit_keep_their_values(project):
    other = SET.replace('"20 nS"', '"70 nS"').replace("3e-6", "5e-6")
    (project / "netlists/devices/dim.toml").write_text(other)
    text = (
        "two\n.include glow.lib\n.include dim.lib\nV1 p 0 1\nV2 q 0 1\n"
        "X1 p 0 0 glow\nX2 q 0 0 dim\n"
    )
    waves = optospice.simulate_circuit(text, duration="1 s", signals=["i(x1.p)", "i(x2.p)"])
    assert waves["i(x1.p)"][-1] == pytest.approx(20e-9, rel=1e-4)
    assert waves["i(x2.p)"][-1] == pytest.approx(70e-9, rel=1e-4)
    texts = separated([(name, find_device(name).text) for name in ("glow", "dim")])
    assert {one.subcircuit for one in texts} == {"glow", "dim"}
    assert netlist.find_subcircuit(texts[1].text, "dim").parameters["dark"] == 70e-9


def test_every_packaged_device_is_a_set_and_its_family_runs_by_itself():
    folder = packaged_folder() / "netlists"
    assert not list((folder / "devices").glob("*.lib"))
    used = {find_device(file.stem).family for file in (folder / "devices").glob("*.toml")}
    assert used == set(list_families()) == {f.stem for f in (folder / "families").glob("*.toml")}


def test_where_a_number_comes_from_stands_in_one_place():
    """No header of a library repeats an origin or a source."""
    for file in (packaged_folder() / "netlists" / "families").glob("*.lib"):
        text = file.read_text().lower()
        for word in ("published", "fitted", "fig.", "doi", "et al"):
            assert word not in text, (file, word)


def test_a_device_with_its_own_library_is_a_family_of_one_set(project):
    write_device(project, "probe", PROBE_LIB, PROBE_CARD)
    (project / "netlists/devices/thin.toml").write_text(
        'family = "probe"\ntitle = "thin"\nfamily_defaults = ["tc1"]\n'
        '[values.r]\nvalue = "4 ohm"\norigin = "assumed"\nsource = "a test"\n'
    )
    assert find_device("probe").family == ""
    assert find_device("thin").family == "probe"
    assert current(find_device("thin"), p="2 V") == pytest.approx(0.5, rel=1e-6)
    assert current(find_device("probe"), p="2 V") == pytest.approx(2.0, rel=1e-6)


def test_the_own_form_gives_the_same_device(project):
    for name in ("pbs_rc", "pbs_trap", "mose2"):
        packaged = find_device(name)
        write_own_form(project, name)
        own = find_device(name)
        assert (own.family, own.file.parent.name) == ("", "devices")
        assert own.text == packaged.text
        assert own.defaults == packaged.defaults
        plain = {
            key: parameter.model_copy(update={"value": None})
            for key, parameter in own.card.parameters.items()
        }
        assert own.card.model_copy(update={"parameters": plain}) == packaged.card


def test_an_edited_set_or_family_is_read_again(project):
    assert find_device("glow").defaults["dark"] == 20e-9
    file = project / "netlists/devices/glow.toml"
    file.write_text(SET.replace('"20 nS"', '"21 nS"'))
    assert find_device("glow").defaults["dark"] == 21e-9
    card = project / "netlists/families/leaky.toml"
    card.write_text(FAMILY.replace('"1 mS"', '"2 mS"'))
    assert find_device("glow").card.parameters["dark"].limits[1] == 2e-3


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('family = "leaky"', 'family = "leeky"', "no such family; did you mean 'leaky'"),
        ('family = "leaky"', "", "no such file beside the card glow.toml; accepted: the .lib, or"),
        ('title = "A device', 'titel = "A device', "titel: unknown key; did you mean 'title'"),
        ('family_defaults = ["shape"]', "", r"values\.shape: is missing; accepted: .*'shape' in f"),
        ('["shape"]', '["shape", "gain"]', "'gain' is given twice"),
        ('["shape"]', '["shape", "shape"]', "'shape' is given twice"),
        ('["shape"]', '["shap"]', "family_defaults: 'shap' is no parameter .* mean 'shape'"),
        ("dark = {", "drak = {", "values: 'drak' is no parameter .* did you mean 'dark'"),
        ('"20 nS"', '"20 nF"', r"values\.dark\.value: '20 nF' is not a"),
        ('"20 nS"', "20", r"values\.dark\.value: .*has no unit"),
        ('"20 nS"', '"20 S"', r"values\.dark\.value = '20 S' is out of bounds; accepted: 1 pS to"),
        ("value = 3e-6", "value = 2e-3", "out of bounds; accepted: 1e-09 to 0.001"),
        ("[1e-9, 1e-3]", "[1e-9, 2]", r"values\.gain\.bounds = .* are wider than those of family"),
        ("[1e-9, 1e-3]", "[1e-3, 1e-9]", "the first must be below the second"),
        ("[2e-6, 4e-6]", '["2 s", 4e-6]', r"values\.gain"),
        ('origin = "fitted"', 'origin = "guess"', "origin = 'guess': not accepted"),
        (', source = "Fig. 1"', "", r"values\.dark\.source: is missing"),
        ("[terminals.light]", "[terminals.p]", "is no optical terminal of family 'leaky'"),
        ('wavelength = "532 nm"', 'role = "drive"', "light.role: belongs to the family"),
        ('wavelength = "532 nm"', 'wavelength = "532 V"', r"terminals\.light.*is not a length"),
    ],
)
def test_a_set_that_does_not_fit_its_family(project, old, new, words):
    assert SET.count(old) == 1
    (project / "netlists/devices/glow.toml").write_text(SET.replace(old, new))
    with pytest.raises(InputError, match=words) as caught:
        find_device("glow")
    assert "glow.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[parameters.shape]", "[parameters.shap]", r"parameter 'shape' of leaky\.lib is not in"),
        ("bounds = [0, 2]", "bounds = [2, 3]", r"exclude the default 1 1 of leaky\.lib"),
        ('scale = "log"', 'origin = "assumed"', "origin: unknown key"),
        ('name = "n"', 'name = "m"', r"terminals \['p', 'm', 'light'\] disagree"),
    ],
)
def test_a_family_whose_files_disagree(project, old, new, words):
    (project / "netlists/families/leaky.toml").write_text(FAMILY.replace(old, new))
    with pytest.raises(InputError, match=words) as caught:
        find_device("glow")
    assert "leaky.toml" in str(caught.value)


def test_a_set_beside_a_library_of_its_name(project):
    (project / "netlists/devices/glow.lib").write_text(FAMILY_LIB.replace("leaky", "glow"))
    with pytest.raises(InputError, match=r"glow\.toml: family: there is a glow\.lib beside it"):
        find_device("glow")


def test_sets_that_lead_to_each_other_end(project):
    """A library that includes a set of which it is the family."""
    library, card = own_form("pbs_rc", "round")
    devices = project / "netlists/devices"
    (devices / "round.lib").write_text(f".include again.lib\n{library}")
    (devices / "round.toml").write_text(card)
    text = (packaged_folder() / "netlists/devices/pbs_rc.toml").read_text()
    (devices / "again.toml").write_text(text.replace('"photovoltage_rc"', '"round"'))
    with pytest.raises(InputError, match=r"again\.lib: there is no such file"):
        find_device("round")


def test_a_set_may_not_lie_outside(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.toml"
    outside.write_text(SET)
    (project / "netlists/devices/glow.toml").unlink()
    (project / "netlists/devices/glow.toml").symlink_to(outside)
    with pytest.raises(InputError, match="outside the netlist folders"):
        find_device("glow")
    with pytest.raises(InputError):
        optospice.simulate_circuit(
            "t\n.include glow.lib\nV1 p 0 1\nX1 p 0 0 glow\n", duration="1 s", signals=["i(v1)"]
        )


def test_a_family_is_one_subcircuit_that_plain_ngspice_runs(tmp_path):
    """At the defaults of the family; the photovoltage is off in the dark."""
    family = find_family("photovoltage_rc")
    total = sum(family.subcircuit.parameters[name] for name in ("r1", "r2", "r3"))
    deck = tmp_path / "deck.cir"
    deck.write_text(
        f"deck\n.include {family.file}\nV1 p 0 1\nX1 p 0 0 photovoltage_rc\n"
        ".op\n.print op i(v1)\n.end\n"
    )
    done = subprocess.run(["ngspice", "-b", deck], capture_output=True, text=True, check=True)
    told = float(done.stdout.split("v1#branch")[1].split()[0])
    assert told == pytest.approx(-1 / total, rel=1e-4)


@pytest.mark.parametrize("name", ["pbs_rc", "pbs_trap", "mose2"])
def test_values_are_those_that_the_set_spells(name):
    import tomllib

    device = find_device(name)
    data = tomllib.loads(device.card_file.read_text())
    for key, given in data["values"].items():
        unit = device.card.parameters[key].unit
        assert device.defaults[key] == units.parse(given["value"], unit)
    assert np.isfinite(list(device.defaults.values())).all()


@pytest.mark.parametrize("family", list_families())
def test_a_new_set_begins_with_the_defaults_of_its_family(tmp_path, monkeypatch, family):
    monkeypatch.chdir(tmp_path)
    told = new_parameter_set("mine", family)
    assert told[0] == "wrote netlists/devices/mine.toml"
    assert [file.name for file in tmp_path.rglob("*.*")] == ["mine.toml"]
    device = find_device("mine")
    assert device.family == family
    assert dict(device.defaults) == dict(find_family(family).subcircuit.parameters)
    assert {one.origin for one in device.card.parameters.values()} == {"assumed"}
    assert np.isfinite(current(device, **{device.drive_terminal.name: "1 V"}))
    # the range that it proposes is one, once it is taken in
    file = tmp_path / "netlists/devices/mine.toml"
    file.write_text(file.read_text().replace("# [valid]", "[valid]").replace("\n# ", "\n"))
    proposed = find_device("mine").card.valid.voltage
    assert proposed[device.drive_terminal.name] == (0.0, 1.0)


def test_a_new_set_that_cannot_be(project):
    with pytest.raises(InputError, match="there is one of this name"):
        new_parameter_set("glow", "leaky")
    with pytest.raises(InputError, match="no such family; did you mean 'leaky'"):
        new_parameter_set("more", "leeky")
    with pytest.raises(InputError, match="accepted: a small letter"):
        new_parameter_set("../more", "leaky")
