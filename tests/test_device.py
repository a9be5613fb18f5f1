"""Devices: a subcircuit and its card, which must agree."""

from __future__ import annotations

import os

import pytest

from optospice.device import find_device, list_devices, load_device
from optospice.errors import InputError
from optospice.stimulus import Signal
from optospice.testbench import Testbench
from own_form import own_form
from probe_device import PROBE_CARD, PROBE_LIB, write_device


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Every test writes its devices into a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(own_folder, library=PROBE_LIB, card=PROBE_CARD):
    return load_device(write_device(own_folder, "probe", library, card))


def test_the_packaged_device_is_found():
    device = find_device("pbs_rc")
    assert [terminal.name for terminal in device.card.terminals] == ["p", "n", "light"]
    assert device.drive_terminal.name == "p"
    assert [terminal.name for terminal in device.terminals("optical")] == ["light"]
    # Fig. 5c of the paper
    published = {"r1": 6e6, "r2": 6e6, "r3": 25e6, "c": 200e-9, "v_ac": 6}
    for name, value in published.items():
        assert device.defaults[name] == value
        assert device.card.parameters[name].origin == "published"
    # printed for other figures: that the 6 V belong to it is not
    assert device.defaults["irradiance_ref"] == 1.22
    assert device.card.parameters["irradiance_ref"].origin == "assumed"


def test_every_listed_device_loads():
    for name in list_devices():
        device = find_device(name)
        assert device.resolve({}) == dict(device.defaults)


def test_the_users_own_device_comes_first(own_folder):
    library, card = own_form("pbs_rc")
    write_device(own_folder, "pbs_rc", library.replace("r3=25000000.0", "r3=30e6"), card)
    write_device(own_folder, "aaa", PROBE_LIB.replace("probe", "aaa"), PROBE_CARD)
    assert find_device("pbs_rc").defaults["r3"] == 30e6
    listed = list_devices()
    assert listed[:2] == ["aaa", "pbs_rc"]
    assert listed.count("pbs_rc") == 1


def test_an_edited_device_is_read_again(own_folder):
    file = write_device(own_folder, "probe", PROBE_LIB, PROBE_CARD)
    assert load_device(file).defaults["r"] == 1
    file.write_text(PROBE_LIB.replace("r=1", "r=2"))
    os.utime(file, ns=(1, 1))
    assert load_device(file).defaults["r"] == 2


def test_an_edited_cell_is_read_again(own_folder):
    library = PROBE_LIB.replace("Rload p n {r} tc1={tc1}", "Xload p n cell") + ".include cell.lib\n"
    file = write_device(own_folder, "probe", library, PROBE_CARD)
    cell = file.with_name("cell.lib")
    cell.write_text(".subckt cell a b\nRcell a b 1\n.ends\n")
    assert "Rcell a b 1\n" in load_device(file).text
    cell.write_text(".subckt cell a b\nRcell a b 2\n.ends\n")
    os.utime(cell, ns=(1, 1))
    assert "Rcell a b 2\n" in load_device(file).text


@pytest.mark.parametrize("name", ["pbs_cr", "nothing", "../devices/pbs_rc", "", ".", "/etc/passwd"])
def test_a_device_that_is_not_there(name):
    with pytest.raises(InputError, match="there is no such device; "):
        find_device(name)


def test_a_near_name_is_offered():
    with pytest.raises(InputError, match=r"here: device = 'pbs_rk': .* did you mean 'pbs_rc'"):
        find_device("pbs_rk", "here")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "p"', 'name = "q"', r"terminals \['q', 'n', 'light'\] disagree with probe\.lib"),
        ("[parameters.r]", "[parameters.rr]", "parameter 'r' of probe.lib is not in the card"),
        (
            'bounds = ["1 mohm", "1 Gohm"]',
            'bounds = ["2 ohm", "3 ohm"]',
            "exclude the default 1 ohm",
        ),
        ('bounds = ["1 mohm", "1 Gohm"]', 'bounds = ["3 ohm", "2 ohm"]', "the first must be below"),
        ('bounds = ["1 mohm", "1 Gohm"]', 'bounds = ["1 mV", "1 Gohm"]', "is not a resistance"),
        ('bounds = ["1 mohm", "1 Gohm"]', "bounds = [1, 2]", "has no unit"),
        ('role = "drive"', 'role = "ground"', "one needs role = 'drive'"),
        ('role = "drive"', "", "an electrical terminal has a role"),
        ('role = "drive"', 'role = "drive"\nwavelength = "any"', "and no wavelength"),
        ('role = "drive"', 'role = "driven"', "did you mean 'drive'"),
        ('wavelength = "any"', "", "an optical terminal has a wavelength"),
        ('wavelength = "any"', 'wavelength = "740 V"', "is not a length"),
        ('wavelength = "any"', 'wavelength = "any"\nrole = "drive"', "and no role"),
        ('kind = "optical"', 'kind = "optic"', "did you mean 'optical'"),
        ('origin = "assumed"', 'origin = "guessed"', "not accepted"),
        ('source = "a test"', 'source = ""', "source"),
        ('source = "a test"', "", r"parameters\.r\.source: is missing"),
        ('source = "a test"', 'source = "a"\nsorce = "b"', "unknown key; did you mean 'source'"),
        ('source = "a test"', 'source = "a"\ninterval = ["1 ohm", "2 s"]', "is not a resistance"),
        ('title = "1 ohm, and a look at the light"', "", "title: is missing"),
        ("title =", "titel =", "did you mean 'title'"),
        ("title =", "title ==", "is not valid TOML"),
        ('unit = "ohm"', 'unit = "oom"', "is not a quantity in oom"),
    ],
)
def test_a_card_that_does_not_agree(own_folder, old, new, words):
    assert old in PROBE_CARD
    card = PROBE_CARD.replace(old, new, 1)
    with pytest.raises(InputError, match=words) as caught:
        load(own_folder, card=card)
    assert "probe.toml" in str(caught.value)


def test_a_card_with_a_parameter_too_many(own_folder):
    library = PROBE_LIB.replace(" tc1=0", "").replace("{tc1}", "0")
    with pytest.raises(InputError, match=r"\[parameters\.tc1\] is not a parameter of probe\.lib"):
        load(own_folder, library=library)


def test_terminals_in_another_order(own_folder):
    with pytest.raises(InputError, match="in this order"):
        load(own_folder, library=PROBE_LIB.replace("p n light", "n p light"))


def test_a_library_without_card_or_subcircuit(own_folder):
    with pytest.raises(InputError, match=r"probe\.toml: there is no such file"):
        load(own_folder, card=None)
    with pytest.raises(InputError, match=r"no \.subckt named 'probe'; the file defines: prob"):
        load(own_folder, library=PROBE_LIB.replace(".subckt probe", ".subckt prob"))


def test_parameters_are_resolved():
    device = find_device("pbs_rc")
    values = device.resolve({"r3": "30 Mohm", "c": 1e-7, "reading": 1})
    assert values == {**device.defaults, "r3": 30e6, "c": 1e-7, "reading": 1.0}
    assert device.defaults["r3"] == 25e6


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (
            {"r4": "1 ohm"},
            r"parameters\.r4: device 'pbs_rc' has no such parameter; accepted: c, irr",
        ),
        ({"r3": "30"}, r"parameters\.r3: '30' has no unit; write a resistance"),
        ({"r3": "30 nF"}, "is not a resistance"),
        ({"r3": "1 ohm"}, r"out of bounds; accepted: 1 kohm to 1 Tohm"),
        ({"r3": 1e13}, "out of bounds"),
        ({"r3": float("nan")}, "out of bounds"),
        ({"reading": 1.5}, "out of bounds; accepted: 0 to 1"),
        ({"r3": True}, "is not a resistance"),
        ({"r3": None}, "is not a resistance"),
    ],
)
def test_parameters_that_are_refused(overrides, words):
    with pytest.raises(InputError, match=words) as caught:
        find_device("pbs_rc").resolve(overrides, "a.toml")
    assert str(caught.value).startswith("a.toml: parameters.")


def test_a_value_on_the_bound_is_accepted():
    device = find_device("pbs_rc")
    assert device.resolve({"r3": "1 kohm"})["r3"] == 1e3
    assert device.resolve({"reading": 0})["reading"] == 0


def test_light_of_a_colour(own_folder):
    second = '[[terminals]]\nname = "red"\nkind = "optical"\nwavelength = "740 nm"\n\n'
    card = PROBE_CARD.replace('wavelength = "any"', 'wavelength = "532 nm"')
    card = card.replace("[parameters.r]", second + "[parameters.r]")
    library = PROBE_LIB.replace("p n light", "p n light red")
    device = load(own_folder, library, card)
    assert device.optical_terminal(532e-9).name == "light"
    assert device.optical_terminal(740.4e-9).name == "red"
    with pytest.raises(InputError, match=r"650 nm is not covered .*; accepted: 532 nm, 740 nm"):
        device.optical_terminal(650e-9)
    with pytest.raises(InputError, match=r"640 nm is none of .*450 nm, 550 nm, 740 nm"):
        find_device("pbs_rc").optical_terminal(640e-9)


def test_a_device_without_light(own_folder):
    card = PROBE_CARD.replace(
        '[[terminals]]\nname = "light"\nkind = "optical"\nwavelength = "any"\n', ""
    )
    library = PROBE_LIB.replace("p n light params", "p n params").replace("light 0", "0 0")
    device = load(own_folder, library, card)
    with pytest.raises(InputError, match="has no optical terminal"):
        device.optical_terminal(740e-9)


def test_names_that_differ_in_case_only_still_simulate(own_folder, simulate):
    """ngspice folds case, so a card in capitals names the same terminals."""
    card = PROBE_CARD.replace('name = "p"', 'name = "P"')
    device = load(own_folder, card=card)
    waves = simulate(Testbench(device, {"P": Signal(2.0)}, 1.0))
    assert waves["i(P)"][-1] == pytest.approx(2.0)
