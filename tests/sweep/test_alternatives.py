"""Other readings of a claim: simulated once each, judged like the claim, refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from optospice.cli.app import app
from optospice.errors import InputError
from optospice.ngspice.pool import Pool
from optospice.scenario.alternatives import Alternative
from optospice.scenario.expand import expand
from optospice.scenario.load import LoadedScenario, load_scenario
from optospice.sweep.alternatives import Choice, try_alternatives
from optospice.sweep.local import run_scenario

SCENARIO = """title = "Pulses"
device = "pbs_rc"

[protocol]
name = "paired_pulse"
readout = "1 V"
irradiance = "1.22 mW/cm^2"
wavelength = "740 nm"
width = "10 s"
interval = "1 s"

[protocol.definitions]
amplitude = "raw"

[sweep]
"protocol.interval" = ["1 s", "2 s"]

[[targets]]
id = "first"
metric = "paired_pulse_index"
where = {{ "protocol.interval" = "1 s" }}
published = "65.5 %"
tolerance = "1 point"
source = "closed form"

{0}
"""
AMPLITUDE = """[[targets.alternatives]]
reading = "amplitude"
key = "protocol.definitions.amplitude"
values = ["step"]

[[targets.alternatives]]
reading = "which pair"
name = "2 s apart"
where = { "protocol.interval" = "2 s" }
"""


def loaded(folder: Path, text: str) -> LoadedScenario:
    file = folder / "pulses.toml"
    file.write_text(SCENARIO.format(text))
    return load_scenario(str(file))


def tried(one: LoadedScenario) -> list[Choice]:
    with Pool(workers=1) as pool:
        verdicts = run_scenario(one, expand(one), pool).verdicts
        return try_alternatives(one, verdicts, pool)


def test_every_choice_is_judged_as_the_claim_is(tmp_path: Path) -> None:
    choices = tried(loaded(tmp_path, AMPLITUDE))
    told = [(one.reading, one.name, one.is_chosen) for one in choices]
    assert told == [
        ("amplitude", "raw", True),
        ("amplitude", "step", False),
        ("which pair", "as judged", True),
        ("which pair", "2 s apart", False),
    ]
    raw, step, again, later = (one.verdict for one in choices)
    assert raw is again
    assert raw is not None
    assert step is not None
    assert later is not None
    assert (raw.met, step.met, later.met) == (True, False, False)
    # the step at an onset is that of the electrodes' resistances alone
    assert step.simulated == pytest.approx(100.0, abs=0.2)
    # tau = 1.6216 s: what is lost of the first peak recovers exponentially
    assert (100 - later.simulated) / (100 - raw.simulated) == pytest.approx(0.5398, rel=0.01)


def test_the_command_prints_and_writes_the_readings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loaded(tmp_path, AMPLITUDE)
    arguments = ["run", "pulses.toml", "--out", "out", "--alternatives"]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0
    assert "which pair" in shown.output
    frame = pd.read_csv(tmp_path / "out" / "alternatives.csv")
    assert list(frame["choice"]) == ["raw", "step", "as judged", "2 s apart"]
    assert frame["simulated"][1] == pytest.approx(1.0, abs=2e-3)
    again = CliRunner().invoke(app, [*arguments, "--json"])
    document = json.loads(again.stdout)
    assert [one["met"] for one in document["alternatives"]] == [True, False, True, False]
    CliRunner().invoke(app, arguments[:-1])
    assert not (tmp_path / "out" / "alternatives.csv").exists()


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("protocol.wdith", "wdith"),
        ("protocol.interval", "is swept"),
        ("parameters.r9", "r9"),
    ],
)
def test_a_key_that_is_wrong_is_named(tmp_path: Path, key: str, words: str) -> None:
    text = f'[[targets.alternatives]]\nreading = "key"\nkey = "{key}"\nvalues = ["3 s"]\n'
    with pytest.raises(InputError, match=rf"targets\[0\]\.alternatives\[0\].*{words}"):
        tried(loaded(tmp_path, text))


@pytest.mark.parametrize(
    "wrong",
    [
        {"reading": "x"},
        {"reading": "x", "key": "protocol.width"},
        {"reading": "x", "values": [1]},
        {"reading": "x", "key": "protocol.width", "values": [1], "name": "both"},
        {"reading": "x", "name": "nothing set"},
        {"reading": "x", "key": "protocol.width", "values": [1, 1]},
    ],
)
def test_an_alternative_has_one_form(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Alternative.model_validate(wrong)
