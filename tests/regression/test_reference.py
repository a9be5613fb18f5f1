"""The committed reference and JSON Schemas are what the command writes."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import pytest

from optospice.cli import main
from optospice.metrics import METRICS
from optospice.protocols import PROTOCOLS
from optospice.reference.page import CARD_TABLES, SCENARIO_TABLES
from optospice.reference.schemas import meanings, reachable, ready_controllers

ROOT = Path(__file__).parents[2]
KINDS = ("card", "family", "parameter_set", "scenario")
WRITTEN = ("reference.md", *(f"schema/{kind}.schema.json" for kind in KINDS))


def test_the_committed_files_are_what_the_command_writes(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["optospice", "reference", "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert len(capsys.readouterr().out.splitlines()) == len(WRITTEN)
    for name in WRITTEN:
        committed = (ROOT / "docs" / name).read_text()
        assert committed == (tmp_path / name).read_text(), f"{name}: run `optospice reference`"


def test_every_key_of_cards_and_scenarios_has_a_meaning():
    for model in reachable([*CARD_TABLES, *SCENARIO_TABLES, *PROTOCOLS.values()]):
        said = meanings(model)
        missing = [key for key in model.model_fields if key != "name" and not said.get(key)]
        assert not missing, (model.__name__, missing)


def test_every_protocol_controller_and_metric_is_in_it():
    page = (ROOT / "docs" / "reference.md").read_text()
    for name in [*PROTOCOLS, *ready_controllers(), *METRICS]:
        assert f"`{name}`" in page


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("parameter_set", "netlists/devices/*.toml"),
        ("family", "netlists/families/*.toml"),
        ("scenario", "scenarios/**/*.toml"),
    ],
)
def test_packaged_files_are_valid(kind, pattern):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((ROOT / "docs" / "schema" / f"{kind}.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    for file in ROOT.glob(pattern):
        data = tomllib.loads(file.read_text())
        assert not [error.message for error in validator.iter_errors(data)], file
        assert list(validator.iter_errors({**data, "titel": "x"})), file
