"""Memristor models as they are published: what adopt and check say; the same, robust."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from optospice.authoring.adopt import adopt_subcircuit
from optospice.conformance import Drive, check_device

HERE = Path(__file__).parent
ROBUST = sorted(file.stem for file in (HERE / "robust").glob("*.lib"))

#: What adopt says of each: rule and line.
ADOPTED = {
    "biolek": {("integrator", 7), ("initial_condition", 7), ("missing_function", 12)},
    "biolek_u": {("integrator", 4), ("initial_condition", 4), ("hard_switch", 8)},
    "joglekar": {("initial_condition", 5), ("state_capacitor", 5)},
    "vteam": {("hard_switch", 4), ("power", 4), ("hard_switch", 5), ("integrator", 7)},
    "yakopcic": {
        ("missing_function", 9), ("hard_switch", 9), ("unbounded", 9), ("unbounded", 12),
        ("exposed_state", 14), ("left_out", 15),
    },
    "pershin_di_ventra": {("hard_switch", 4), ("integrator", 5), ("initial_condition", 5)},
    "mss": {("unbounded", 4), ("state_capacitor", 5)},
}  # fmt: skip
#: What check says of each: check and words of an error.
CHECKED = {
    "biolek": {("operating_point", "no such function 'stp'")},
    "biolek_u": {("states", "state 'x' is 2 at the operating point"), ("parameters", "'rinit'")},
    "joglekar": {("operating_point", "singular"), ("parameters", "'x0'"), ("parameters", "'uv'")},
    "vteam": {
        ("operating_point", "singular"), ("transient", "Timestep too small"),
        ("equilibrium", "w moves"), ("parameters", "'winit'"),
    },
    "yakopcic": {("operating_point", "no such function 'if'")},
    "pershin_di_ventra": {
        ("operating_point", "singular"), ("states", "state 'x' is 0"), ("transient", "clamped"),
        ("parameters", "'rinit'"),
    },
    "mss": set(),  # a rate form from the start
}  # fmt: skip
VOLTAGES = {"pershin_di_ventra": 6.0}
RANGES = {"pershin_di_ventra": (1e3, 1e4), "vteam": (0, 3)}


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ADOPTED)
def test_a_published_model(own_folder, pool, name):
    told = adopt_subcircuit(HERE / f"{name}.lib", name)
    for rule, line in ADOPTED[name]:
        assert any(f"{name}.lib:{line}: {rule}: " in text for text in told), (rule, line, told)
    if name in RANGES:  # what the user fills in
        low, high = RANGES[name]
        card = own_folder / "netlists" / "devices" / f"{name}.toml"
        text = card.read_text().replace("minimum = 0.0", f"minimum = {low}")
        card.write_text(text.replace("maximum = 1.0", f"maximum = {high}"))
    found = check_device(name, pool, Drive(VOLTAGES.get(name, 1.0)))
    errors = [finding for finding in found if finding.severity == "error"]
    for check, words in CHECKED[name]:
        assert any(f.check == check and words in f.seen for f in errors), (check, words, errors)
    assert bool(errors) == bool(CHECKED[name])


def test_there_are_all_of_them():
    files = {file.stem for file in HERE.glob("*.lib")}
    assert files == ADOPTED.keys() == CHECKED.keys()
    assert len(ROBUST) == 3


@pytest.mark.parametrize("name", ROBUST)
def test_the_robust_form(own_folder, pool, name):
    devices = own_folder / "netlists" / "devices"
    devices.mkdir(parents=True)
    for suffix in (".lib", ".toml"):
        shutil.copy(HERE / "robust" / f"{name}{suffix}", devices)
    assert check_device(name, pool, Drive(1.0)) == []
