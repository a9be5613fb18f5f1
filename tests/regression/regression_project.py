"""A project of its own with one device and one scenario, and the real command run in it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli_project import CARD, LIBRARY

from optospice.cli import main

SCENARIO = """title = "Two pulses"
device = "synapse"
accuracy = "standard"

[protocol]
name = "paired_pulse"
readout = "1 V"
wavelength = "740 nm"
irradiance = "1 mW/cm^2"
width = "10 ms"
interval = "20 ms"
delay = "5 ms"
tail = "10 ms"

[sweep]
"protocol.interval" = ["20 ms", "30 ms", "40 ms"]

[[targets]]
id = "T1"
metric = "paired_pulse_index"
where = { "protocol.interval" = "20 ms" }
published = "100 %"
tolerance = "1 point"
source = "Fig. 1"
"""


@dataclass
class Project:
    """A folder, and the command line in it."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    @property
    def scenario(self) -> Path:
        return self.folder / "scenarios" / "lab" / "pairs.toml"

    @property
    def golden(self) -> Path:
        return self.scenario.with_name("pairs.golden.json")

    @property
    def points(self) -> Path:
        return self.golden.with_suffix(".parquet")

    def change(self, old: str, new: str, file: Path | None = None) -> None:
        target = file or self.scenario
        text = target.read_text()
        assert old in text
        target.write_text(text.replace(old, new))

    def regress(self, *arguments: str) -> tuple[int, str]:
        """Run `optospice regress` and give its exit code and what it prints."""
        command = ["optospice", "regress", *arguments, "--workers", "2"]
        self.monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self.capture.readouterr()
        return int(ended.value.code or 0), out + err


def write_project(folder: Path) -> None:
    devices, scenarios = folder / "netlists" / "devices", folder / "scenarios" / "lab"
    devices.mkdir(parents=True)
    scenarios.mkdir(parents=True)
    (devices / "synapse.lib").write_text(LIBRARY)
    (devices / "synapse.toml").write_text(CARD)
    (scenarios / "pairs.toml").write_text(SCENARIO)
