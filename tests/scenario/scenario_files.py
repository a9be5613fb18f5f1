"""A scenario to change, for the tests of loading, expanding and judging."""

from __future__ import annotations

from pathlib import Path

from optospice.scenario.load import LoadedScenario, load_scenario

BASE = """
title = "a pair"
device = "pbs_rc"

[parameters]
r1 = "5 Mohm"

[protocol]
name = "paired_pulse"
readout = "1 V"
wavelength = "740 nm"
irradiance = "1.22 mW/cm^2"
width = "10 s"
interval = "1 s"
"""


def load(folder: Path, text: str = BASE, *settings: str) -> LoadedScenario:
    """Write a scenario and load it."""
    file = folder / "pair.toml"
    file.write_text(text)
    return load_scenario(str(file), settings)
